"""How many people of each kind take part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar, overload

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.model import Participant, ParticipantEvent
from rxconvo.operators._arguments import check_callable
from rxconvo.operators._roster import MOST, People, Roster, of_people
from rxconvo.types import Sid

__all__ = ["occupancy"]

K = TypeVar("K", bound=Hashable)

_Occupancy: TypeAlias = Callable[[Observable[ParticipantEvent]], Observable[Mapping[K, int]]]


@overload
def occupancy(roster: Roster = (), *, scheduler: SchedulerBase | None = None) -> _Occupancy[str]: ...
@overload
def occupancy(
    roster: Roster = (), *, by: Callable[[Participant], K], scheduler: SchedulerBase | None = None
) -> _Occupancy[K]: ...
def occupancy(
    roster: Roster = (),
    *,
    by: Callable[[Participant], Hashable] | None = None,
    scheduler: SchedulerBase | None = None,
) -> _Occupancy[Any]:
    """Emit how many participants there are of each kind, for example by SMS and by chat, whenever that changes.

    With an empty roster (`a`, `s`: Ada joins by chat, somebody by SMS; `A`: Ada leaves):

        people:     -a-s-A--|
        occupancy:  0x-y-z--|      0 {}, x {chat: 1}, y {chat: 1, sms: 1}, z {sms: 1}
        people:     -a-#
        occupancy:  0x-#
        people:     -a-s-
        occupancy:  0x!      ! disposed

    Example:
        from rxconvo import Service
        from rxconvo.operators import occupancy

        async with Service() as service, service.client("ada") as ada:
            lunch = await ada.create_conversation()
            await lunch.join()
            counts = lunch.participants.pipe(occupancy(lunch.get_participants()))
            counts.subscribe(lambda count: print(dict(count)))
            await lunch.add("bob")
            # -> {'chat': 1}
            # -> {'chat': 2}

    Args:
        roster: The participants at first; or what asks for them, such as `conversation.get_participants()`. It is asked
            when the stream is subscribed, what arrives meanwhile is not lost, and after a `Discontinuity` it is asked
            again. A roster that cannot be asked is taken as it is, and goes on to be what it was then.
        by: Returns the kind of a participant; by default its `type`: `chat`, `sms`, `whatsapp`, `email`.
        scheduler: For repeating the query; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for the stream `participants` of one conversation.

    Emits:
        Mappings from kind to number, once there is a roster, then each time that this is different; each new and not to
        be changed. Kinds of which there is nobody are not in it. It completes with the source. At most 1,000 people are
        counted.

    Errors:
        Those of the source, what *by* raises, and those of a query that is refused. One whose outcome is unknown is
        repeated, as the connection may be lost, after 1 second, then 2, up to 30. So is one with a `SyncError`, as the
        roster may just have been opened anew; if it is refused again, that is an error. A roster of something else is
        an `ArgumentError`.

    Raises:
        ArgumentError: `roster` has something that is no participant, or an argument is not of its type.
    """
    check_callable("by", by, optional=True)
    return of_people(lambda: _Kinds(by or _type_of), roster, scheduler)


def _type_of(participant: Participant) -> str:
    return participant.type


class _Kinds(People[Sid, Mapping[Hashable, int]]):
    """How many there are of each kind, of one subscription."""

    def __init__(self, kind_of: Callable[[Participant], Hashable]) -> None:
        super().__init__()
        self._kind_of = kind_of
        self._kinds: dict[Sid, Hashable] = {}
        self._counts: Counter[Hashable] = Counter()

    def key(self, participant: Participant) -> Sid:
        return participant.sid

    def put(self, key: Sid, participant: Participant | None) -> None:
        kind = None if participant is None else self._kind_of(participant)
        if key in self._kinds:
            self._counts[self._kinds.pop(key)] -= 1
        if participant is not None and len(self._kinds) < MOST:
            self._kinds[key] = kind
            self._counts[kind] += 1

    def clear(self) -> None:
        self._kinds.clear()
        self._counts.clear()

    def seen(self) -> Mapping[Hashable, int]:
        return MappingProxyType({kind: count for kind, count in self._counts.items() if count})
