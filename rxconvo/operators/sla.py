"""How conversations stand against what was promised."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from msgspec.structs import replace
from reactivex import Observable
from reactivex.abc import DisposableBase, SchedulerBase

from rxconvo.model import SlaState
from rxconvo.operators._arguments import (
    check_callable,
    check_number,
    check_observable,
    check_range,
    check_scheduler,
    check_seconds,
)
from rxconvo.operators._deadlines import Deadline, deadlines_of
from rxconvo.operators._of_messages import By, Who, author_of, conversation_of, sides
from rxconvo.operators._stage import Stage, staged
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["sla"]

T = TypeVar("T")


def sla(
    first: float,
    next: float | None = None,
    *,
    answerer: Who[T],
    asker: Who[T] | None = None,
    warn: float = 0.8,
    hours: Callable[[datetime, float], datetime] | None = None,
    closed: Observable[Hashable] | None = None,
    by: By[T] | None = None,
    max_keys: int = 10_000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[SlaState]]:
    """Emit for each conversation whether an answer is due, when it is, and when time runs out or has run out.

    A message of the asker that nobody has answered yet starts the clock; what it says while it waits changes nothing,
    an answer ends it. With one mark a second, `first=8`, `next=4` and `warn=0.75` (`a`: the asker, `b`: the answerer):

        messages:  -a-b---a-----b--a-b--|
        states:    -x-o---x--wB-o--x-o--|      o ok, x ok and an answer is due, w warn, B breach
        messages:  -a-#
        states:    -x-#
        messages:  -a----
        states:    -x-!      ! disposed

    Example:
        import reactivex
        from rxconvo import Message
        from rxconvo.operators import sla
        from reactivex.testing import TestScheduler

        clock = TestScheduler()
        messages = reactivex.Subject()
        promise = sla(first=600.0, next=3600.0, answerer={"bob", "eve"}, scheduler=clock)
        messages.pipe(promise).subscribe(lambda state: print(state.status, state.due_at and f"{state.due_at:%H:%M}"))
        messages.on_next(Message("IM1", 0, author="ada"))  # -> ok 00:10
        clock.advance_by(600.0)
        # -> warn 00:10
        # -> breach 00:10
        messages.on_next(Message("IM2", 1, author="eve"))  # -> ok None

    Args:
        first: Seconds within which the first question of a conversation is to be answered.
        next: Seconds for those after the first answer; by default as many.
        answerer: An identity, several, or what tells whether a message is an answer.
        asker: An identity, several, or what tells whether a message is a question; None is everybody who does not
            answer. Who is both answers if somebody waits, and else asks.
        warn: The part of that time after which the status is `warn`, more than 0 and less than 1.
        hours: Returns when so many seconds will have passed after a date, in hours that count; an `OpeningHours` does.
            By default all hours count.
        closed: Emits the keys of conversations that are closed: nothing is due there any more, and who answered is
            forgotten. Its completion changes nothing.
        by: Returns which conversation a message belongs to; by default its `conversation_sid`.
        max_keys: How many conversations are kept in mind; of more, the one in which nobody has written for longest is
            forgotten, with its clock.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable of messages, as `messages.added` of a conversation or client.

    Emits:
        States, of each conversation none twice in a row. `owner` is who answered last. It completes with its source;
        what is due then is not told any more.

    Errors:
        Those of the source and of *closed*, and what *asker*, *answerer*, *by* and *hours* raise, at once.

    Time:
        By arrival: the clock starts when a question is heard of, not when it was written, so that messages read from
        history start it now. `due_at` is on the scale of the scheduler's `now`, which is the time of day for the
        schedulers of a client. All conversations share one timer, which is gone when nothing will run out.

    Raises:
        ArgumentError: `first` or `next` is not positive, `warn` is not between 0 and 1, or `max_keys` is below 1, or an
            argument is not of its type.
    """
    check_callable("hours", hours, optional=True)
    check_callable("by", by, optional=True)
    check_observable("closed", closed, optional=True)
    check_scheduler(scheduler)
    check_seconds("first", first)
    following = first if next is None else check_seconds("next", next)
    check_range("warn", warn, 0, 1, "more than 0 and less than 1")
    check_number("max_keys", max_keys)
    asks, answers = sides(asker, answerer)

    def start(stage: Stage[SlaState], source: Observable[T], given: SchedulerBase | None) -> None:
        desk = _Desk(
            stage,
            scheduler or given or current_scheduler(),
            promised=(first, following),
            warn=warn,
            hours=hours or _later,
            by=by or conversation_of,
            asks=asks,
            answers=answers,
            max_keys=max_keys,
        )
        stage.own(desk)
        if closed is not None:
            stage.follow(closed, desk.close, given)
        stage.follow(source, desk.take, given, completed=stage.finish)

    return staged(start)


def _later(start: datetime, seconds: float) -> datetime:
    return start + timedelta(seconds=seconds)


class _Case(Deadline):
    """One conversation."""

    __slots__ = ("answered", "desk", "state")

    def __init__(self, desk: _Desk[Any], state: SlaState) -> None:
        super().__init__()
        self.desk = desk
        self.state = state  # the one told last
        self.answered = False

    @property
    def scheduler(self) -> SchedulerBase:
        return self.desk.scheduler

    def due(self, now: float) -> None:
        self.desk.time(self)


class _Desk(DisposableBase, Generic[T]):
    """One subscription."""

    __slots__ = (
        "_answers",
        "_asks",
        "_by",
        "_cases",
        "_deadlines",
        "_hours",
        "_max_keys",
        "_promised",
        "_stage",
        "_warn",
        "scheduler",
    )

    def __init__(
        self,
        stage: Stage[SlaState],
        scheduler: SchedulerBase,
        *,
        promised: tuple[float, float],
        warn: float,
        hours: Callable[[datetime, float], datetime],
        by: By[T],
        asks: Callable[[T], bool],
        answers: Callable[[T], bool],
        max_keys: int,
    ) -> None:
        self.scheduler = scheduler
        self._stage = stage
        self._deadlines = deadlines_of(scheduler)
        self._promised = promised  # seconds for the first answer, and for the next ones
        self._warn = warn
        self._hours = hours
        self._by = by
        self._asks = asks
        self._answers = answers
        self._max_keys = max_keys
        self._cases: OrderedDict[Hashable, _Case] = OrderedDict()  # first the one that has been silent for longest

    def take(self, value: T) -> Iterable[SlaState]:
        """Take a message."""
        key = self._by(value)
        case = self._cases.get(key)
        if case is not None:
            self._cases.move_to_end(key)
        before = None if case is None else case.state
        if (before is None or before.due_at is None) and self._asks(value):
            start, seconds = self.scheduler.now, self._promised[case is not None and case.answered]
            warn_at = self._hours(start, seconds * self._warn)
            state = SlaState(key, "ok", self._hours(start, seconds), None if before is None else before.owner)
            case = self._keep(case, state)
            self._wake(case, warn_at)
        elif self._answers(value):
            state = SlaState(key, "ok", None, author_of(value))
            case = self._keep(case, state)
            case.answered = True
            self._deadlines.disarm(case)
        else:
            return ()
        return (state,) if state != before else ()

    def close(self, key: Hashable) -> Iterable[SlaState]:
        """Take that a conversation is closed."""
        case = self._cases.pop(key, None)
        if case is None:
            return ()
        self._deadlines.disarm(case)
        state = SlaState(key, "ok")
        return (state,) if case.state != state else ()

    def time(self, case: _Case) -> None:
        """Take that a case is due."""
        self._stage.run(self._due, case)

    def dispose(self) -> None:
        """Let go of all cases."""
        for case in self._cases.values():
            self._deadlines.disarm(case)
        self._cases.clear()

    def _due(self, case: _Case) -> Iterable[SlaState]:
        state = case.state
        if state.due_at is None or self._cases.get(state.key) is not case:
            return ()  # it was answered, closed or forgotten in the same moment
        warns = state.status == "ok"
        if warns:
            self._wake(case, state.due_at)
        case.state = replace(state, status="warn" if warns else "breach")
        return (case.state,)

    def _wake(self, case: _Case, at: datetime) -> None:
        """Let a case be due at a date."""
        if not self._stage.ended:
            wait = (at - self.scheduler.now).total_seconds()
            self._deadlines.arm(case, self._deadlines.clock() + wait)

    def _keep(self, case: _Case | None, state: SlaState) -> _Case:
        """Let the state of a case be the one told last. One that is new takes the place of the most silent one."""
        if case is not None:
            case.state = state
            return case
        if len(self._cases) >= self._max_keys:
            self._deadlines.disarm(self._cases.popitem(last=False)[1])
        case = self._cases[state.key] = _Case(self, state)
        return case
