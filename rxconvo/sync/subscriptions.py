"""Which objects are wanted, which the service has granted, and the requests that close the gap.

What is wanted is collected for a moment, then everything goes out in batches, establishing before cancelling. Each
object of a batch waits for its own answer, known by the batch's correlation id; silence asks again. What an answer
means for the object is in `standing`.

An object that is wanted again before the end of its earlier subscription is confirmed waits for that end, and until
then takes no events. A cancel so never hits a new subscription. Nor does the old one's stream run into the replay of
the new one, which would hide that an item was added: the replay tells of an item once, and by its last change.
Source: Sync, subscriptions.
"""

from __future__ import annotations

from itertools import islice
from typing import Final, Generic, TypeVar

from rxconvo.errors import PayloadError
from rxconvo.sync.decoding import SubscriptionTerms, decode_terms
from rxconvo.sync.replica import Kind, Replica
from rxconvo.sync.requests import Composer, SyncRequest
from rxconvo.sync.standing import Signal, Standing
from rxconvo.sync.timers import Timers
from rxconvo.types import Sid

__all__ = ["Batch", "Subscriptions"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable

MAX_POSTS: Final = 4
"""How many requests may be in flight."""

FIRST_BATCH_SIZE: Final = 100
"""Objects a request, until the service says another number."""

ESTIMATED_DELIVERY: Final = 10.0
"""Seconds to wait for the notifications, where the service names none."""

LONGEST_DELIVERY: Final = 120.0
"""Seconds to wait for them at most."""

CANCEL_PATIENCE: Final = 1.0
"""Seconds after which an accepted cancel counts as done, if no notification says so."""

SHORTEST_LIFE: Final = 1.0
"""Seconds that subscriptions are left alone at least."""

FIRST_DELAY: Final = 0.1
LONGEST_DELAY: Final = 120.0
"""Seconds before a failed request is repeated; doubling from the one to the other."""


class Batch(Generic[O]):
    """One request for subscriptions, from its sending until its last object is answered.

    Attributes:
        correlation: Its id in the notifications.
        unanswered: The objects asked for that wait for their answer.
        cancels: The objects to be cancelled that wait for theirs; a batch has either these or those.
        in_flight: Whether the request itself waits for its reply.
    """

    __slots__ = ("cancels", "correlation", "in_flight", "unanswered")

    def __init__(self, correlation: int, unanswered: dict[Sid, Replica[O]], cancels: dict[Sid, Kind]) -> None:
        self.correlation = correlation
        self.unanswered = unanswered
        self.cancels = cancels
        self.in_flight = True

    @property
    def live(self) -> bool:
        """Whether an object waits for its answer."""
        return bool(self.unanswered or self.cancels)


class Subscriptions(Generic[O]):
    """Decides what to ask for, and when. Knows nothing of what the objects hold.

    Args:
        composer: Writes the requests down.
        collect: Seconds to wait for more to be wanted before asking.
    """

    def __init__(self, composer: Composer, *, collect: float) -> None:
        self._composer = composer
        self._collect = collect
        self._wanted: dict[Sid, Replica[O]] = {}
        self._waiting: dict[Sid, Replica[O]] = {}
        self._cancels: dict[Sid, Kind] = {}
        self._asked: dict[Sid, int] = {}  # correlation id of the last request, for each wanted object asked for
        self._ending: dict[Sid, Replica[O] | None] = {}  # earlier subscriptions, and who waits for their end
        self._retried: set[Sid] = set()
        self._batches: dict[int, Batch[O]] = {}
        self._silence: Timers[Batch[O]] = Timers()
        self._correlation = 0
        self._posts = 0
        self._failures = 0
        self._batch_size = FIRST_BATCH_SIZE
        self._ready = False  # collected long enough: `take` makes requests
        self._due: float | None = None  # when it will be
        self._expiry: float | None = None
        self._renewal = False
        self._now = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing is to be asked, and no answer is awaited."""
        return not (self._waiting or self._cancels or self._batches)

    def want(self, replica: Replica[O], sid: Sid, now: float, *, at_once: bool = False) -> None:
        """Ask for a subscription from the replica's last event on.

        Args:
            replica: The object.
            sid: Its sid.
            now: Seconds of the caller's clock.
            at_once: Whether to do without collecting: nothing else is to be expected.
        """
        replica.move(Signal.WANT)
        self._wanted[sid] = replica
        if sid in self._ending:
            self._ending[sid] = replica
            replica.muted = True
            return
        self._waiting[sid] = replica
        self._schedule(now, 0.0 if at_once else self._collect)

    def release(self, replica: Replica[O], sid: Sid, *, cancel: bool) -> None:
        """Give an object up.

        Args:
            replica: The object.
            sid: Its sid.
            cancel: Whether the service may still hold the subscription and is to be told.
        """
        replica.move(Signal.END)
        self._wanted.pop(sid, None)
        self._waiting.pop(sid, None)
        if sid in self._ending:
            self._ending[sid] = None
        asked = self._asked.pop(sid, None)
        if asked is None:
            return
        batch = self._batches.get(asked)
        if batch is not None and batch.unanswered.pop(sid, None) is not None:
            self._forget_if_answered(batch)
        if cancel:
            self._ending[sid] = None
            self._cancels[sid] = replica.kind
            self._schedule(self._now, self._collect)

    def lost(self) -> None:
        """Forget everything that was a matter between us and the service on the lost connection."""
        for replica in self._wanted.values():
            replica.move(Signal.END)
            replica.muted = False
        for batch in self._batches.values():
            batch.in_flight = False
        for pending in (self._wanted, self._waiting, self._cancels, self._asked, self._ending, self._batches):
            pending.clear()
        self._retried.clear()
        self._silence.clear()
        self._posts = self._failures = 0
        self._ready = self._renewal = False
        self._due = self._expiry = None

    # ---- out

    def take(self) -> list[SyncRequest]:
        """Take the requests to send now."""
        requests: list[SyncRequest] = []
        while self._ready and self._posts < MAX_POSTS:
            if self._waiting:
                requests.append(self._establish())
            elif self._cancels:
                requests.append(self._cancel())
            else:
                self._ready = False
                continue
            self._posts += 1
        return requests

    def _establish(self) -> SyncRequest:
        sids = list(islice(self._waiting, self._batch_size))
        batch = self._batch({sid: self._waiting.pop(sid) for sid in sids}, {})
        for sid, replica in batch.unanswered.items():
            replica.move(Signal.SEND)
            self._asked[sid] = batch.correlation
        renewal, self._renewal = self._renewal, False
        return self._composer.establish(
            batch.unanswered,
            correlation=batch.correlation,
            retried=len(self._retried.intersection(sids)),
            renewal=renewal,
            job=batch,
        )

    def _cancel(self) -> SyncRequest:
        sids = list(islice(self._cancels, self._batch_size))
        batch = self._batch({}, {sid: self._cancels.pop(sid) for sid in sids})
        retried = len(self._retried.intersection(sids))
        return self._composer.cancel(batch.cancels, correlation=batch.correlation, retried=retried, job=batch)

    def _batch(self, replicas: dict[Sid, Replica[O]], cancels: dict[Sid, Kind]) -> Batch[O]:
        self._correlation += 1
        batch = self._batches[self._correlation] = Batch(self._correlation, replicas, cancels)
        return batch

    # ---- in: what becomes of a request

    def replied(self, batch: Batch[O], status: int, payload: bytes, now: float) -> None:
        """Take the service's word on a request; its objects are answered by notifications."""
        if not batch.in_flight:
            return
        if not 200 <= status < 300:
            self.failed(batch, now)
            return
        self._flown(batch)
        self._failures = 0
        terms = _terms(payload)
        if terms.max_batch_size is not None:
            self._batch_size = max(1, terms.max_batch_size)
        if terms.ttl_in_s is not None and terms.ttl_in_s > 0 and self._expiry is None:
            self._expiry = now + max(terms.ttl_in_s, SHORTEST_LIFE)
        delivery = (terms.estimated_delivery_in_ms or 0.0) / 1000
        longest = CANCEL_PATIENCE if batch.cancels else LONGEST_DELIVERY
        self._silence.set(now + min(delivery if delivery > 0 else ESTIMATED_DELIVERY, longest), batch)
        self._forget_if_answered(batch)

    def failed(self, batch: Batch[O], now: float) -> None:
        """Repeat a request that was refused or got lost, after a while."""
        if not batch.in_flight:
            return
        self._flown(batch)
        delay = min(FIRST_DELAY * 2**self._failures, LONGEST_DELAY)
        self._failures = min(self._failures + 1, 20)
        self._cancels = {**batch.cancels, **self._cancels}
        self._retried.update(batch.cancels)
        batch.cancels.clear()
        self._ask_again(batch)
        self._ready = False
        self._due = now + delay

    # ---- in: what becomes of an object

    def answered(self, correlation: int | None, sid: Sid, signal: Signal, now: float) -> Replica[O] | None:
        """Take the service's answer about one object.

        Args:
            correlation: As in the notification.
            sid: The object.
            signal: `COMPLETE`, `INTERRUPT` (it is asked for again), or `END` (it was refused, and is given up).
            now: Seconds of the caller's clock.

        Returns:
            The object; None if nobody waits for this answer.
        """
        batch = self._batches.get(correlation or 0)
        replica = batch.unanswered.pop(sid, None) if batch is not None else None
        if batch is None or replica is None:
            return None
        self._forget_if_answered(batch)
        self._retried.discard(sid)
        replica.move(signal)
        if signal is Signal.INTERRUPT:
            self._waiting[sid] = replica
            self._schedule(now, self._collect)
        elif signal is Signal.END:
            del self._wanted[sid], self._asked[sid]
        return replica

    def canceled(self, correlation: int | None, sid: Sid, now: float) -> None:
        """Take the service's word that it sends no more events of an object."""
        batch = self._batches.get(correlation or 0)
        if batch is not None and batch.cancels.pop(sid, None) is not None:
            self._forget_if_answered(batch)
            self._ended(sid, now)

    def _ended(self, sid: Sid, now: float) -> None:
        """Let whoever waits for the end of a subscription ask for the next one."""
        self._retried.discard(sid)
        replica = self._ending.pop(sid, None)
        if replica is not None:
            replica.muted = False
            self._waiting[sid] = replica
            self._schedule(now, self._collect)

    # ---- time

    def next_deadline(self) -> float | None:
        """Tell when `advance` should be called next, or None."""
        deadlines = [due for due in (self._due, self._expiry, self._silence.next_deadline()) if due is not None]
        return min(deadlines, default=None)

    def advance(self, now: float) -> None:
        """Do what is due."""
        self._now = now
        for batch in self._silence.take_due(now):
            self._silent(batch, now)
        if self._expiry is not None and now >= self._expiry:
            self._expire(now)
        if self._due is not None and now >= self._due:
            self._due = None
            self._ready = True

    def _expire(self, now: float) -> None:
        self._expiry = None
        self._renewal = True
        for sid, replica in self._wanted.items():
            replica.move(Signal.EXPIRE)
            if replica.standing is Standing.EXPIRED:
                self._waiting[sid] = replica
        self._schedule(now, self._collect)

    def _schedule(self, now: float, delay: float) -> None:
        if not self._ready and self._due is None:
            self._due = now + delay

    # ---- batches

    def _silent(self, batch: Batch[O], now: float) -> None:
        for sid in batch.cancels:
            self._ended(sid, now)
        batch.cancels.clear()
        self._ask_again(batch)
        self._schedule(now, self._collect)

    def _ask_again(self, batch: Batch[O]) -> None:
        for sid, replica in batch.unanswered.items():
            replica.move(Signal.UNANSWERED)
            self._waiting[sid] = replica
            self._retried.add(sid)
        batch.unanswered.clear()
        self._forget_if_answered(batch)

    def _flown(self, batch: Batch[O]) -> None:
        batch.in_flight = False
        self._posts -= 1

    def _forget_if_answered(self, batch: Batch[O]) -> None:
        if not batch.in_flight and not batch.live:
            self._batches.pop(batch.correlation, None)


def _terms(payload: bytes) -> SubscriptionTerms:
    """Read the terms; what cannot be read leaves them as they are, since the notifications are what counts."""
    try:
        return decode_terms(payload)
    except PayloadError:
        return SubscriptionTerms()
