"""Bringing replicas up, keeping them up, letting them go.

    want ──▶ descriptor ──▶ subscription ──▶ items, by pages          the way up, each step answered before the next
      lost ──▶ connected ──▶ subscription from the last event on      what was missed is replayed, nothing is fetched
    what cannot be known any more ──▶ descriptor (by name) ──▶ ...    the same way up again, after a `Discontinued`

Read anew on a standing subscription, an object goes on taking its events, so that nothing is missed a second time.
Source: Sync, open an object, subscriptions, reconnect, errors of Sync requests.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from rxconvo.errors import LocalProtocolError, PayloadError, SyncError
from rxconvo.sync.changes import Change, Discontinued, Established, Loaded, ObjectFailed, ObjectRemoved
from rxconvo.sync.decoding import Descriptor, EstablishedEvent, Refusal, decode_refusal
from rxconvo.sync.fetching import Fetch, Fetches
from rxconvo.sync.opening import read_descriptor, take_descriptor
from rxconvo.sync.reading import Portion, background_query, read_page, take_items
from rxconvo.sync.registry import Registry
from rxconvo.sync.replica import Kind, Replica, Since
from rxconvo.sync.requests import Composer, Purpose, SyncRequest
from rxconvo.sync.subscriptions import Subscriptions

__all__ = ["MAX_INTERRUPTIONS", "Keeper", "read_refusal"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable

MAX_INTERRUPTIONS: Final = 3
"""How often a replay may be interrupted before the object is read anew instead."""


class Keeper(Generic[O]):
    """Takes each replica from one step to the next.

    Args:
        composer: Writes requests down.
        collect: Seconds to collect wishes for subscriptions before asking.

    Attributes:
        registry: The replicas.
        fetches: The reads of descriptors and pages.
        subscriptions: What is asked for and granted.
    """

    def __init__(self, composer: Composer, *, collect: float) -> None:
        self._composer = composer
        self.registry: Registry[O] = Registry()
        self.fetches: Fetches[O] = Fetches(self._compose)
        self.subscriptions: Subscriptions[O] = Subscriptions(composer, collect=collect)

    # ---- wishes

    def want(
        self, name: str, kind: Kind, owner: O, *, read_items: bool, include_items: bool, since: int | Since
    ) -> Replica[O]:
        """Hold the object of that name; see `Session.want`."""
        replica = self.registry.find(name)
        if replica is None:
            replica = Replica(name, kind, owner, read_items=read_items, include_items=include_items, since=since)
            self.registry.add(replica)
            self.fetches.submit(replica, Purpose.OPEN)
            return replica
        if replica.kind is not kind:
            raise LocalProtocolError(f"{name} is a {replica.kind.value}, not a {kind.value}")
        if read_items and not replica.read_items:
            replica.read_items = True
            if replica.established:
                self._read_if_wanted(replica)
        return replica

    def drop(self, replica: Replica[O], *, cancel: bool) -> None:
        """Let a replica go. Again does nothing.

        Args:
            replica: The object.
            cancel: Whether the service may still hold its subscription and is to be told.
        """
        if replica.dropped:
            return
        replica.dropped = True
        self.fetches.withdraw(replica)
        if replica.sid is not None:
            self.subscriptions.release(replica, replica.sid, cancel=cancel)
        self.registry.remove(replica)

    # ---- the connection

    def connected(self, now: float) -> None:
        """Ask for the subscription of every open object, from its last event on."""
        for replica in self.registry:
            if replica.sid is not None:
                self.subscriptions.want(replica, replica.sid, now, at_once=True)

    def start_over(self, reason: str) -> list[Change[O]]:
        """Open every open object anew, by name: its sid and its ids mean nothing any more."""
        changes: list[Change[O]] = []
        for replica in self.registry:
            if replica.sid is not None:
                self.registry.unbind(replica)
                changes.append(self.discontinue(replica, reason))
            elif replica.since is not Since.OPENING:
                replica.since = Since.UNKNOWN
        return changes

    def lost(self) -> None:
        """Prepare for the next connection."""
        self.fetches.lost()
        self.subscriptions.lost()

    # ---- news of an object

    def established(self, replica: Replica[O], event: EstablishedEvent) -> list[Change[O]]:
        """Take that the subscription of an object stands."""
        changes: list[Change[O]] = []
        reached = replica.last_event_id if event.last_event_id is None else event.last_event_id
        if reached < replica.last_event_id and replica.last_event_id > 0:  # 0 and -1 both are no event at all
            changes.append(self.discontinue(replica, "the service knows fewer events than we do"))
        replica.catch_up(reached)
        changes.append(Established(replica))
        changes += self._read_if_wanted(replica)
        return changes

    def interrupted(self, replica: Replica[O]) -> list[Change[O]]:
        """Take that a replay stopped half-way. It is asked for again from where it began, but not for ever."""
        replica.interruptions += 1
        if replica.interruptions < MAX_INTERRUPTIONS or replica.sid is None:
            return []
        self.subscriptions.release(replica, replica.sid, cancel=True)
        self.registry.unbind(replica)
        return [self.discontinue(replica, "there is no end to what was missed")]

    def discontinue(self, replica: Replica[O], reason: str) -> Change[O]:
        """Forget the items of an object, and read it anew."""
        replica.forget_all()
        self.fetches.submit(replica, Purpose.OPEN)
        return Discontinued(replica, reason)

    def refused(self, replica: Replica[O], refusal: Refusal) -> Change[O]:
        """Give an object up that cannot be had; status 404 says that there is none."""
        if refusal.status == 404:
            return self.removed(replica)
        self.drop(replica, cancel=True)
        return ObjectFailed(replica, SyncError(replica.name, refusal.status or 0, refusal.code, refusal.message or ""))

    def removed(self, replica: Replica[O]) -> Change[O]:
        """Let an object go that is gone."""
        self.drop(replica, cancel=False)
        return ObjectRemoved(replica)

    # ---- answers

    def fetched(
        self, fetch: Fetch[O], request: SyncRequest, status: int, payload: bytes, now: float
    ) -> list[Change[O]]:
        """Take the answer to a read."""
        if not self.fetches.landed(fetch, request):
            return []
        replica = fetch.replica
        if not 200 <= status < 300:
            if (status == 429 or status >= 500) and self.fetches.repeat(fetch, now):
                return []
            return [self.refused(replica, read_refusal(status, payload))]
        try:
            return self._took(fetch, payload, now)
        except PayloadError as error:
            if not fetch.unreadable and self.fetches.repeat(fetch, now):
                fetch.unreadable = True
                return []
            return [self.refused(replica, Refusal(status, None, str(error)))]

    def not_fetched(self, fetch: Fetch[O], request: SyncRequest, now: float) -> None:
        """Take that a read will not be answered: nobody has refused it, so it is never given up."""
        if self.fetches.landed(fetch, request):
            self.fetches.repeat(fetch, now, patience=None)

    def _took(self, fetch: Fetch[O], payload: bytes, now: float) -> list[Change[O]]:
        """Read the answer, and only if that succeeds change anything."""
        replica = fetch.replica
        if fetch.purpose is Purpose.OPEN:
            descriptor = read_descriptor(replica.kind, payload)
            self.fetches.finish(fetch)
            return self._opened(replica, descriptor, now)
        portion = read_page(replica.kind, payload)
        self.fetches.finish(fetch)
        return self._read(replica, portion)

    def _opened(self, replica: Replica[O], descriptor: Descriptor, now: float) -> list[Change[O]]:
        changes: list[Change[O]] = []
        sid = descriptor.sid
        other = self.registry.by_sid.get(sid, replica)
        if other is not replica:
            return [self.refused(replica, Refusal(message=f"it is open already, as {other.name}"))]
        if replica.sid is not None and replica.sid != sid:
            self.subscriptions.release(replica, replica.sid, cancel=True)
            self.registry.unbind(replica)
            replica.forget_all()
            changes.append(Discontinued(replica, "there is another object under its name"))
        fresh = replica.sid is None
        if fresh and not replica.begin(descriptor.last_event_id):
            changes.append(Discontinued(replica, "it may have changed before it could be opened"))
        self.registry.bind(replica, sid, descriptor.unique_name)
        changes += take_descriptor(replica, descriptor)
        if fresh:
            self.subscriptions.want(replica, sid, now)
        elif replica.established:
            changes += self._read_if_wanted(replica)
        return changes

    def _read(self, replica: Replica[O], portion: Portion) -> list[Change[O]]:
        changes = take_items(replica, portion.items)
        if not portion.has_more or not portion.items:
            replica.loaded = True
            return [*changes, Loaded(replica)]
        cursor = portion.items[-1].key
        if cursor == replica.cursor:
            return [*changes, self.refused(replica, Refusal(message="its pages do not advance"))]
        replica.cursor = cursor
        self.fetches.submit(replica, Purpose.READ)
        return changes

    def _read_if_wanted(self, replica: Replica[O]) -> list[Change[O]]:
        """Go on to the items of an object whose subscription stands, unless it is being opened or read."""
        if not replica.wants_items or replica in self.fetches:
            return []
        if replica.items_came:
            replica.loaded = True
            return [Loaded(replica)]
        self.fetches.submit(replica, Purpose.READ)
        return []

    def _compose(self, fetch: Fetch[O]) -> SyncRequest:
        if fetch.purpose is Purpose.OPEN:
            return self._composer.open(fetch.replica, fetch)
        return self._composer.items(fetch.replica, background_query(fetch.replica.cursor), Purpose.READ, fetch)


def read_refusal(status: int, payload: bytes) -> Refusal:
    """Read why something was refused; the status of the reply counts, not that of the body."""
    try:
        body = decode_refusal(payload)
    except PayloadError:
        body = Refusal()
    return Refusal(status, body.code, body.message)
