"""A roster and what happens to it, joined: for operators over the participants of one conversation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.errors import ClosedError
from rxconvo.model import Discontinuity, Participant, ParticipantEvent, ParticipantLeft
from rxconvo.operators._arguments import check_iterable, check_kind, check_scheduler, checked
from rxconvo.operators._asking import Asking
from rxconvo.operators._stage import Stage, staged

__all__ = ["MOST", "People", "Roster", "of_people"]

B = TypeVar("B")
K = TypeVar("K", bound=Hashable)

MOST: Final = 1000
"""As many as a conversation may have participants; of who is more nothing is kept."""

Roster: TypeAlias = Iterable[Participant] | Observable[Iterable[Participant]]
"""The participants at first, or what asks for them."""


class People(ABC, Generic[K, B]):
    """Who is there, of one subscription. What events tell goes before a roster that was asked for."""

    def __init__(self) -> None:
        self._told: dict[K, Participant | None] | None = {}  # since the roster was asked; None if it is not
        self._shown: B | None = None

    @abstractmethod
    def key(self, participant: Participant) -> K | None:
        """Return what a participant is known by; None for one who does not matter."""

    @abstractmethod
    def put(self, key: K, participant: Participant | None) -> None:
        """Take what a participant is now; None: gone, or never there."""

    @abstractmethod
    def clear(self) -> None:
        """Know nobody."""

    @abstractmethod
    def seen(self) -> B:
        """Return what is to be told of them."""

    def ask_again(self) -> None:
        """Take that the roster is asked anew."""
        self._told = {}

    def answered(self, participants: Iterable[Participant]) -> Iterable[B]:
        """Take the roster."""
        now: dict[K, Participant | None] = {}
        for participant in participants:
            if (key := self.key(participant)) is not None:
                now[key] = participant
        now.update(self._told or {})
        self._told = None
        self.clear()
        for name, known in now.items():
            self.put(name, known)
        return self._news()

    def take(self, event: ParticipantEvent) -> Iterable[B]:
        """Take what happened to a participant."""
        if isinstance(event, Discontinuity) or (key := self.key(event.participant)) is None:
            return ()
        participant = None if isinstance(event, ParticipantLeft) else event.participant
        if self._told is not None and (key in self._told or len(self._told) < MOST):
            self._told[key] = participant
        self.put(key, participant)
        return self._news()

    def _news(self) -> Iterable[B]:
        if self._shown is None and self._told is not None:
            return ()  # there is no roster yet
        now = self.seen()
        if now == self._shown:
            return ()
        self._shown = now
        return (now,)


def _participants(roster: Iterable[Participant]) -> tuple[Participant, ...]:
    """Return who is in a roster.

    Raises:
        ArgumentError: Something that is no participant.
    """
    check_iterable("roster", roster, "an iterable of participants, or an Observable of one")
    return checked("roster", roster, _check_participant)


def _check_participant(field: str, value: object) -> None:
    check_kind(field, value, Participant, "an iterable of participants alone")


def of_people(
    make: Callable[[], People[Any, B]], roster: Roster, scheduler: SchedulerBase | None
) -> Callable[[Observable[ParticipantEvent]], Observable[B]]:
    """Return an operator for the stream `participants` of one conversation.

    Args:
        make: Makes what a subscription knows of them.
        roster: The participants at first, or what asks for them: asked with the subscription and after a gap.
        scheduler: For repeating the query; by default that given to `subscribe`, else the running loop's.

    Raises:
        ArgumentError: There is no such roster, or it is no scheduler.
    """
    check_scheduler(scheduler)
    known = () if isinstance(roster, Observable) else _participants(roster)

    def start(stage: Stage[B], source: Observable[ParticipantEvent], given: SchedulerBase | None) -> None:
        people = make()
        if not isinstance(roster, Observable):
            stage.follow(source, people.take, given, completed=stage.finish)
            stage.run(partial(people.answered, known))
            return

        query: Observable[Iterable[Participant]] = roster

        def answered(participants: Iterable[Participant]) -> None:
            stage.run(lambda: people.answered(_participants(participants)))

        def failed(error: Exception) -> None:
            if not isinstance(error, ClosedError):  # then the conversation is gone: the source completes
                stage.fail(error)

        def take(event: ParticipantEvent) -> Iterable[B]:
            if isinstance(event, Discontinuity):
                people.ask_again()
                asking.ask(query)
            return people.take(event)

        asking = Asking[Iterable[Participant]](scheduler or given, answered, failed)
        stage.own(asking)
        stage.follow(source, take, given, completed=stage.finish)
        if not stage.ended:
            asking.ask(query)

    return staged(start)
