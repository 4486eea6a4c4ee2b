"""How many people of each kind take part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar, overload

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.errors import ClosedError
from rxconvo.model import Discontinuity, Participant, ParticipantEvent, ParticipantLeft
from rxconvo.operators._asking import Asking
from rxconvo.operators._stage import Stage, staged
from rxconvo.streams.scheduler import current_scheduler
from rxconvo.types import Sid

__all__ = ["occupancy"]

K = TypeVar("K", bound=Hashable)

_MOST: Final = 1000
"""As many as a conversation may have participants; who is more is not counted."""

_Roster: TypeAlias = Iterable[Participant] | Observable[Iterable[Participant]]
_Occupancy: TypeAlias = Callable[[Observable[ParticipantEvent]], Observable[Mapping[K, int]]]


@overload
def occupancy(roster: _Roster = (), *, scheduler: SchedulerBase | None = None) -> _Occupancy[str]: ...
@overload
def occupancy(
    roster: _Roster = (), *, by: Callable[[Participant], K], scheduler: SchedulerBase | None = None
) -> _Occupancy[K]: ...
def occupancy(
    roster: _Roster = (),
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
        roster may just have been opened anew; if it is refused again, that is an error.
    """
    kind_of: Callable[[Participant], Hashable] = by or _type_of

    def start(
        stage: Stage[Mapping[Hashable, int]], source: Observable[ParticipantEvent], given: SchedulerBase | None
    ) -> None:
        people = _People(kind_of)
        if not isinstance(roster, Observable):
            stage.follow(source, people.take, given, completed=stage.finish)
            stage.run(partial(people.answered, roster))
            return

        query: Observable[Iterable[Participant]] = roster

        def answered(participants: Iterable[Participant]) -> None:
            stage.run(partial(people.answered, participants))

        def failed(error: Exception) -> None:
            if not isinstance(error, ClosedError):  # then the conversation is gone: the source completes
                stage.fail(error)

        def take(event: ParticipantEvent) -> Iterable[Mapping[Hashable, int]]:
            if isinstance(event, Discontinuity):
                people.ask_again()
                asking.ask(query)
            return people.take(event)

        asking = Asking[Iterable[Participant]](scheduler or given or current_scheduler(), answered, failed)
        stage.own(asking)
        stage.follow(source, take, given, completed=stage.finish)
        if not stage.ended:
            asking.ask(query)

    return staged(start)


def _type_of(participant: Participant) -> str:
    return participant.type


class _People:
    """Who is there, of one subscription. What events tell goes before a roster that was asked for."""

    def __init__(self, kind_of: Callable[[Participant], Hashable]) -> None:
        self._kind_of = kind_of
        self._kinds: dict[Sid, Hashable] = {}
        self._counts: Counter[Hashable] = Counter()
        self._told: dict[Sid, Participant | None] | None = {}  # since the roster was asked; None if it is not
        self._shown: dict[Hashable, int] | None = None

    def ask_again(self) -> None:
        """Take that the roster is asked anew."""
        self._told = {}

    def answered(self, participants: Iterable[Participant]) -> Iterable[Mapping[Hashable, int]]:
        """Take the roster."""
        now: dict[Sid, Participant | None] = {participant.sid: participant for participant in participants}
        now.update(self._told or {})
        self._told = None
        self._kinds.clear()
        self._counts.clear()
        for sid, participant in now.items():
            self._put(sid, participant)
        return self._news()

    def take(self, event: ParticipantEvent) -> Iterable[Mapping[Hashable, int]]:
        """Take what happened to a participant."""
        if isinstance(event, Discontinuity):
            return ()
        sid = event.participant.sid
        participant = None if isinstance(event, ParticipantLeft) else event.participant
        if self._told is not None and (sid in self._told or len(self._told) < _MOST):
            self._told[sid] = participant
        self._put(sid, participant)
        return self._news()

    def _put(self, sid: Sid, participant: Participant | None) -> None:
        kind = None if participant is None else self._kind_of(participant)
        if sid in self._kinds:
            self._counts[self._kinds.pop(sid)] -= 1
        if participant is not None and len(self._kinds) < _MOST:
            self._kinds[sid] = kind
            self._counts[kind] += 1

    def _news(self) -> Iterable[Mapping[Hashable, int]]:
        if self._shown is None and self._told is not None:
            return ()  # there is no roster yet
        now = dict(+self._counts)
        if now == self._shown:
            return ()
        self._shown = now
        return (MappingProxyType(now),)
