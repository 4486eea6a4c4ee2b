"""Who has read what."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.model import Participant, ParticipantEvent, ReadReceipts
from rxconvo.operators._arguments import identities
from rxconvo.operators._roster import MOST, People, Roster, of_people
from rxconvo.types import Identity

__all__ = ["read_receipts"]


def read_receipts(
    roster: Roster = (),
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
        opened anew; if it is refused again, that is an error. A roster of something else is an
        `ArgumentError`.

    Raises:
        ArgumentError: `roster` has something that is no participant, or an argument is not of its type.
    """
    excluded = identities("exclude", () if exclude is None else exclude)

    return of_people(lambda: _Readers(excluded), roster, scheduler)


class _Readers(People[Identity, ReadReceipts]):
    """How far everybody has read, of one subscription."""

    def __init__(self, excluded: frozenset[Identity]) -> None:
        super().__init__()
        self._excluded = excluded
        self._known: dict[Identity, int] = {}
        self._order: list[tuple[int, Identity]] = []
        self._horizons: list[int] = []  # the same, apart: what is emitted is a plain copy
        self._identities: list[Identity] = []

    def key(self, participant: Participant) -> Identity | None:
        return participant.identity

    def put(self, key: Identity, participant: Participant | None) -> None:
        horizon = None if participant is None else participant.last_read_message_index
        before = self._known.pop(key, None)
        if before is not None:
            place = bisect_left(self._order, (before, key))
            del self._order[place], self._horizons[place], self._identities[place]
        if horizon is not None and key not in self._excluded and len(self._known) < MOST:
            place = bisect_left(self._order, (horizon, key))
            self._known[key] = horizon
            self._order.insert(place, (horizon, key))
            self._horizons.insert(place, horizon)
            self._identities.insert(place, key)

    def clear(self) -> None:
        for known in (self._known, self._order, self._horizons, self._identities):
            known.clear()

    def seen(self) -> ReadReceipts:
        return ReadReceipts(tuple(self._horizons), tuple(self._identities))
