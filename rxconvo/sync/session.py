"""Our copies of the service's objects, from the first wish to the last event: the seam of this layer.

Payloads, statuses and the time go in; changes and requests come out. The caller sends the requests, tells what became
of each, and calls `advance` at `next_deadline`.
Source: Sync; guide for implementers, a client of one's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Generic, Literal, TypeVar, cast

import msgspec

from rxconvo.errors import ArgumentError, LocalProtocolError, PayloadError
from rxconvo.sync.changes import Change, TypingNotified
from rxconvo.sync.decoding import (
    DocumentRemoved,
    ListRemoved,
    MapRemoved,
    Refusal,
    SubscriptionCanceled,
    SubscriptionEstablished,
    SubscriptionFailed,
    decode_notification,
    decode_typing,
    salvage,
)
from rxconvo.sync.delivering import Delivery, Handler
from rxconvo.sync.fetching import Fetch
from rxconvo.sync.keeping import Keeper, read_refusal
from rxconvo.sync.reading import Lookup, Page, background_query, item_query, page_query, read_page
from rxconvo.sync.replica import Key, Kind, Replica, Since
from rxconvo.sync.requests import Composer, Purpose, SyncRequest
from rxconvo.sync.standing import Signal
from rxconvo.sync.subscriptions import Batch
from rxconvo.types import Ids

__all__ = ["Session"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable

_ORDERED: Final = "twilio.sync.event"
_UNORDERED: Final = ("com.twilio.rtd.cds.document", "com.twilio.rtd.cds.list", "com.twilio.rtd.cds.map")
"""The message types of Sync. The older ones do not keep the order of an object's events."""

_TYPING: Final = "twilio.ipmsg.typing_indicator"


class Session(Generic[O]):
    """All objects that one client holds copies of.

    Args:
        request_ids: Where the ids of requests come from.
        collect: Seconds to collect wishes for subscriptions before asking.
        host: Host of the Sync requests; on our socket just a field of the packet.
    """

    def __init__(self, *, request_ids: Ids, collect: float = 0.02, host: str = "cds.us1.twilio.com") -> None:
        self._composer = Composer(host=host, request_ids=request_ids)
        self._keeper: Keeper[O] = Keeper(self._composer, collect=collect)
        self._by_sid = self._keeper.registry.by_sid
        self._fetches = self._keeper.fetches
        self._subscriptions = self._keeper.subscriptions
        self._online = False
        self._connection = 0
        unordered = self._table(ordered=False)
        self._tables = {_ORDERED: self._table(ordered=True), **dict.fromkeys(_UNORDERED, unordered)}

    def _table(self, *, ordered: bool) -> dict[type, Handler[O]]:
        return {
            **Delivery(self._by_sid, ordered=ordered).handlers(),
            ListRemoved: self._object_removed,
            MapRemoved: self._object_removed,
            DocumentRemoved: self._object_removed,
            SubscriptionEstablished: self._established,
            SubscriptionCanceled: self._canceled,
            SubscriptionFailed: self._refused,
        }

    def __repr__(self) -> str:
        return f"<Session of {len(self._keeper.registry)} objects, {'online' if self._online else 'offline'}>"

    @property
    def idle(self) -> bool:
        """Whether nothing is outstanding: no read, no subscription, no answer."""
        return self._fetches.idle and self._subscriptions.idle

    @property
    def replicas(self) -> tuple[Replica[O], ...]:
        """All objects that are held, opened or not."""
        return tuple(self._keeper.registry)

    # ---- wishes

    def want(
        self,
        name: str,
        kind: Kind,
        owner: O,
        *,
        read_items: bool = False,
        include_items: bool = False,
        since: int | Since = Since.OPENING,
    ) -> Replica[O]:
        """Open an object, subscribe it, and keep it until it is released or gone.

        Args:
            name: Its unique name or sid.
            kind: What it holds.
            owner: Comes back with every change. A replica that is there already keeps its own.
            read_items: Read all items once the subscription stands.
            include_items: Ask for them with the descriptor; if they do not come with it, they are read as above.
            since: The event after which its changes are to be said. Where that is not known, or means nothing to the
                service, a `Discontinued` tells so, unless nothing has happened at all.

        Returns:
            The replica of that name, new or not. Who wants it twice counts the uses.

        Raises:
            ArgumentError: The name is empty.
            LocalProtocolError: There is one of that name and of another kind.
        """
        if not name:
            raise ArgumentError("name", "a unique name or sid", name)
        return self._keeper.want(name, kind, owner, read_items=read_items, include_items=include_items, since=since)

    def release(self, replica: Replica[O]) -> None:
        """Give an object up: its subscription is cancelled, its events are dropped. Again does nothing."""
        self._keeper.drop(replica, cancel=True)

    def forget(self, replica: Replica[O], keys: Iterable[Key]) -> None:
        """Forget items that are not kept any more; they are news when they are read again."""
        replica.forget(keys)

    # ---- the connection

    def connected(self, now: float, *, epoch_changed: bool = False) -> list[Change[O]]:
        """Take the news that a connection is there.

        Args:
            now: Seconds of the caller's clock.
            epoch_changed: Whether the service has another store than before: ids and sids mean nothing any more.
        """
        if self._online:
            self.lost()
        self._online = True
        self._connection += 1
        changes = self._keeper.start_over("the service has another store") if epoch_changed else []
        self._keeper.connected(now)
        self._subscriptions.advance(now)
        return changes

    def lost(self) -> None:
        """Take the news that the connection is gone: no subscription stands, what was asked will not be answered."""
        self._online = False
        self._keeper.lost()

    # ---- in

    def receive(self, message_type: str, payload: bytes, now: float) -> list[Change[O]]:
        """Take a notification.

        Args:
            message_type: Its type; one that means nothing to us changes nothing.
            payload: JSON text. The data in the changes are views of it.
            now: Seconds of the caller's clock.

        Returns:
            What it changes. An unreadable event of an object gives a `Discontinued`, and the object is read anew.

        Raises:
            PayloadError: It cannot be read, and no object can be told, or its object is in doubt already. Nothing has
                changed.
        """
        table = self._tables.get(message_type)
        if table is None:
            if message_type != _TYPING:
                return []
            typing = decode_typing(payload)
            return [TypingNotified(typing.channel_sid, typing.identity, typing.typing_timeout)]
        try:
            notification = decode_notification(payload)
        except PayloadError as error:
            return self._receive_unreadable(payload, error, table, now)
        return table[type(notification)](notification, now)

    def replied(self, request: SyncRequest, status: int, payload: bytes, now: float) -> list[Change[O]]:
        """Take the answer to a request.

        Args:
            request: As it was taken.
            status: HTTP status.
            payload: The body, JSON text.
            now: Seconds of the caller's clock.
        """
        changes: list[Change[O]] = []
        job = request.job
        if isinstance(job, Fetch):
            changes = self._keeper.fetched(cast("Fetch[O]", job), request, status, payload, now)
        elif isinstance(job, Batch):
            self._subscriptions.replied(cast("Batch[O]", job), status, payload, now)
        elif isinstance(job, Lookup):
            changes = self._looked_up(cast("Lookup[O]", job), status, payload)
        self._subscriptions.advance(now)
        return changes

    def failed(self, request: SyncRequest, now: float) -> None:
        """Take the news that a request will not be answered. It is repeated, unless it came from `page` or `item`."""
        job = request.job
        if isinstance(job, Fetch):
            self._keeper.not_fetched(cast("Fetch[O]", job), request, now)
        elif isinstance(job, Batch):
            self._subscriptions.failed(cast("Batch[O]", job), now)

    # ---- out

    def take_requests(self) -> list[SyncRequest]:
        """Take the requests to send now, each once. None while there is no connection."""
        if not self._online:
            return []
        return [*self._fetches.take(), *self._subscriptions.take()]

    def page(self, replica: Replica[O], *, start: Key | None, order: Literal["asc", "desc"], size: int) -> SyncRequest:
        """Compose the request for a page of items. Its answer goes to `replied`, then `page_result` has the page.

        Args:
            replica: A list or map whose subscription stands.
            start: Key of the first item, which need not exist; None: the end that *order* begins with.
            order: Ascending or descending.
            size: Items at most; the service may give fewer.

        Raises:
            ArgumentError: The size is not positive.
            LocalProtocolError: The object has no items, or its subscription does not stand.
        """
        if size < 1:
            raise ArgumentError("size", "at least 1", size)
        return self._look_up(replica, page_query(start, order, size), Purpose.PAGE)

    def item(self, replica: Replica[O], key: Key) -> SyncRequest:
        """Compose the request for one item. Otherwise as `page`; the page is empty if there is no such item."""
        return self._look_up(replica, item_query(replica.kind, key), Purpose.ITEM)

    def description(self, replica: Replica[O]) -> SyncRequest:
        """Compose the request for the descriptor of an object. Its answer is the caller's; it changes nothing here.

        It names the object by its sid, unlike one that opens it, as far as the descriptor tells its name then.
        """
        request = self._composer.open(replica, None)
        if replica.sid is None or replica.unique_name != replica.name:
            return request
        path = f"{request.path.rpartition('/')[0]}/{replica.sid}"
        return msgspec.structs.replace(request, path=path)

    def contents(self, replica: Replica[O], *, after: Key | None) -> SyncRequest:
        """Compose the request for the next page of all items of an opened object, otherwise as `description`.

        Args:
            replica: A list or map.
            after: Key of the last item of the page before, which comes again; None for the first page.
        """
        return self._composer.items(replica, background_query(after), Purpose.READ, None)

    def page_result(self, request: SyncRequest) -> Page:
        """Give the page that answered a request of `page` or `item`.

        Raises:
            SyncError: It was refused, cannot be read, or came too late to mean anything.
            LocalProtocolError: It was not answered, or is no such request.
        """
        job = request.job
        if not isinstance(job, Lookup):
            raise LocalProtocolError(f"a request to {request.purpose.value} has no page")
        return cast("Lookup[O]", job).result()

    # ---- time

    def next_deadline(self) -> float | None:
        """Tell when `advance` should be called next, in seconds of the caller's clock; None: no need."""
        if not self._online:
            return None
        deadlines = [self._fetches.next_deadline(), self._subscriptions.next_deadline()]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def advance(self, now: float) -> list[Change[O]]:
        """Do what is due; `take_requests` may have something after it."""
        if self._online:
            self._fetches.advance(now)
            self._subscriptions.advance(now)
        return []

    # ---- notifications

    def _receive_unreadable(
        self, payload: bytes, error: PayloadError, table: dict[type, Handler[O]], now: float
    ) -> list[Change[O]]:
        found = salvage(payload, error)
        changes: list[Change[O]] = []
        for notification in found.readable:
            changes += table[type(notification)](notification, now)
        doubtful = [replica for sid in found.doubtful if (replica := self._by_sid.get(sid)) is not None]
        for replica in doubtful:
            if not replica.doubted:
                changes.append(self._keeper.discontinue(replica, f"an event could not be read ({error})"))
                replica.doubted = True
        if doubtful and not changes:
            raise error  # its object was read anew for that already: not again, but it is not to pass in silence
        return changes

    def _object_removed(self, notification: ListRemoved | MapRemoved | DocumentRemoved, _now: float) -> list[Change[O]]:
        return [
            self._keeper.removed(replica)
            for event in notification.each
            if (replica := self._by_sid.get(event.sid)) is not None
        ]

    def _established(self, notification: SubscriptionEstablished, now: float) -> list[Change[O]]:
        changes: list[Change[O]] = []
        for event in notification.each:
            signal = Signal.COMPLETE if event.replay_status in {None, "completed"} else Signal.INTERRUPT
            replica = self._subscriptions.answered(notification.correlation_id, event.sid, signal, now)
            if replica is None:
                continue
            if signal is Signal.COMPLETE:
                changes += self._keeper.established(replica, event)
            else:
                changes += self._keeper.interrupted(replica)
        return changes

    def _canceled(self, notification: SubscriptionCanceled, now: float) -> list[Change[O]]:
        for event in notification.each:
            self._subscriptions.canceled(notification.correlation_id, event.sid, now)
        return []

    def _refused(self, notification: SubscriptionFailed, now: float) -> list[Change[O]]:
        changes: list[Change[O]] = []
        for event in notification.each:
            replica = self._subscriptions.answered(notification.correlation_id, event.sid, Signal.END, now)
            if replica is not None:
                changes.append(self._keeper.refused(replica, event.error or Refusal()))
        return changes

    # ---- pages that somebody asked for

    def _look_up(self, replica: Replica[O], query: dict[str, str], purpose: Purpose) -> SyncRequest:
        if replica.kind is Kind.DOCUMENT:
            raise LocalProtocolError(f"{replica.name} is a document, it has no items")
        if not replica.established:
            raise LocalProtocolError(f"{replica.name} is not established: a page could overtake an event")
        return self._composer.items(replica, query, purpose, Lookup(replica, self._connection))

    def _looked_up(self, lookup: Lookup[O], status: int, payload: bytes) -> list[Change[O]]:
        replica = lookup.replica
        current = (replica.generation, self._connection)
        if replica.dropped or (lookup.generation, lookup.connection) != current:
            lookup.fail(status, None, "the answer came too late to mean anything")
            return []
        if not 200 <= status < 300:
            refusal = read_refusal(status, payload)
            lookup.fail(status, refusal.code, refusal.message or "")
            return []
        try:
            return lookup.take(read_page(replica.kind, payload))
        except PayloadError as error:
            lookup.fail(status, None, str(error))
            return []
