"""Who has read what."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Final

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.errors import ClosedError
from rxconvo.model import Discontinuity, Participant, ParticipantEvent, ParticipantLeft, ReadReceipts
from rxconvo.operators._asking import Asking
from rxconvo.operators._stage import Stage, staged
from rxconvo.streams.scheduler import current_scheduler
from rxconvo.types import Identity

__all__ = ["read_receipts"]

_MOST: Final = 1000
"""As many as a conversation may have participants; of who is more nothing is kept."""


def read_receipts(
    roster: Iterable[Participant] | Observable[Iterable[Participant]] = (),
    *,
    exclude: Identity | Collection[Identity] | None = None,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[ParticipantEvent]], Observable[ReadReceipts]]:
    """Emit how far everybody has read, whenever that changes: `receipts.read_by(7)` is who has read message 7.

    With a roster in which Ada has read up to message 1 (`b`, `a`: Bob, Ada read up to 2, `B`: Bob leaves):

        people:    -b--a-B-|
        receipts:  12--3-4-|      1 {ada: 1}, 2 {ada: 1, bob: 2}, 3 {ada: 2, bob: 2}, 4 {ada: 2}
        people:    -b-b-#
        receipts:  12---#
        people:    -b--a-B-
        receipts:  12-!           disposed

    Example:
        import asyncio
        from rxconvo import Service
        from rxconvo.operators import read_receipts

        async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
            lunch = await ada.create_conversation()
            await lunch.join()
            await lunch.add("bob")
            receipts = read_receipts(lunch.get_participants(), exclude="ada")
            lunch.participants.pipe(receipts).subscribe(lambda now: print(sorted(now.read_by(0))))
            await lunch.send_message("pizza?")
            await asyncio.sleep(1)  # -> []
            await (await bob.get_conversation_by_sid(lunch.sid)).advance_last_read_message_index(0)
            await asyncio.sleep(1)  # -> ['bob']

    Args:
        roster: The participants at first; or what asks for them, such as `conversation.get_participants()`. It is asked
            when the stream is subscribed, what arrives meanwhile is not lost, and after a `Discontinuity` it is asked
            again. A roster that cannot be asked is taken as it is, and goes on to be what it was then.
        exclude: An identity, or several, never to be in it, for example the own user.
        scheduler: For repeating the query; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for the stream `participants` of one conversation.

    Emits:
        What is known once there is a roster; then each time that this is different. Who has read nothing is not in it,
        nor is who has no identity. Horizons may also move back. It completes with the source. At most 1,000 people are
        kept.

    Errors:
        Those of the source, and of a query that is refused. One whose outcome is unknown is repeated, as the connection
        may be lost, after 1 second, then 2, up to 30. So is one with a `SyncError`, as the roster may just have been
        opened anew; if it is refused again, that is an error.
    """
    excluded = frozenset((exclude,) if isinstance(exclude, str) else exclude or ())

    def start(stage: Stage[ReadReceipts], source: Observable[ParticipantEvent], given: SchedulerBase | None) -> None:
        readers = _Readers(excluded)
        if not isinstance(roster, Observable):
            stage.follow(source, readers.take, given, completed=stage.finish)
            stage.run(partial(readers.answered, roster))
            return

        query: Observable[Iterable[Participant]] = roster

        def answered(people: Iterable[Participant]) -> None:
            stage.run(partial(readers.answered, people))

        def failed(error: Exception) -> None:
            if not isinstance(error, ClosedError):  # then the conversation is gone: the source completes
                stage.fail(error)

        def take(event: ParticipantEvent) -> Iterable[ReadReceipts]:
            if isinstance(event, Discontinuity):
                readers.ask_again()
                asking.ask(query)
            return readers.take(event)

        asking = Asking[Iterable[Participant]](scheduler or given or current_scheduler(), answered, failed)
        stage.own(asking)
        stage.follow(source, take, given, completed=stage.finish)
        if not stage.ended:
            asking.ask(query)

    return staged(start)


class _Readers:
    """How far everybody has read, of one subscription. What events tell goes before a roster that was asked for."""

    def __init__(self, excluded: frozenset[Identity]) -> None:
        self._excluded = excluded
        self._known: dict[Identity, int] = {}
        self._order: list[tuple[int, Identity]] = []
        self._horizons: list[int] = []  # the same, apart: what is emitted is a plain copy
        self._identities: list[Identity] = []
        self._told: dict[Identity, int | None] | None = {}  # by events since the roster was asked; None if it is not
        self._shown: ReadReceipts | None = None

    def ask_again(self) -> None:
        """Take that the roster is asked anew."""
        self._told = {}

    def answered(self, people: Iterable[Participant]) -> Iterable[ReadReceipts]:
        """Take the roster."""
        now: dict[Identity, int | None] = {
            person.identity: person.last_read_message_index for person in people if person.identity is not None
        }
        now.update(self._told or {})
        self._told = None
        for known in (self._known, self._order, self._horizons, self._identities):
            known.clear()
        for identity, horizon in now.items():
            self._put(identity, horizon)
        return self._news()

    def take(self, event: ParticipantEvent) -> Iterable[ReadReceipts]:
        """Take what happened to a participant."""
        if isinstance(event, Discontinuity) or event.participant.identity is None:
            return ()
        identity = event.participant.identity
        horizon = None if isinstance(event, ParticipantLeft) else event.participant.last_read_message_index
        if self._told is not None:
            self._told[identity] = horizon
        self._put(identity, horizon)
        return self._news()

    def _put(self, identity: Identity, horizon: int | None) -> None:
        before = self._known.pop(identity, None)
        if before is not None:
            place = bisect_left(self._order, (before, identity))
            del self._order[place], self._horizons[place], self._identities[place]
        if horizon is not None and identity not in self._excluded and len(self._known) < _MOST:
            place = bisect_left(self._order, (horizon, identity))
            self._known[identity] = horizon
            self._order.insert(place, (horizon, identity))
            self._horizons.insert(place, horizon)
            self._identities.insert(place, identity)

    def _news(self) -> Iterable[ReadReceipts]:
        if self._shown is None and self._told is not None:
            return ()  # there is no roster yet
        now = ReadReceipts(tuple(self._horizons), tuple(self._identities))
        if now == self._shown:
            return ()
        self._shown = now
        return (now,)
