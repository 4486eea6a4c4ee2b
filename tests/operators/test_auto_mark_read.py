"""What is marked as read, when, and what is left when nobody looks."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import Service
from rxconvo.errors import ArgumentError, OutcomeUnknownError, RejectedError
from rxconvo.model import MarkedRead
from rxconvo.operators import auto_mark_read
from rxconvo.operators._deadlines import deadlines_of
from rxconvo.testing import advance
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

LOST = OutcomeUnknownError("lost")
REFUSED = RejectedError(403, None, "no")


@dataclass
class Marker:
    """A conversation whose horizon can be moved.

    Attributes:
        last_read_message_index: The horizon.
        answers: What the next attempts are answered with, at once; None is no error. When there is no more, they wait.
        made: The mutations, by what they ask for.
        attempts: The attempts, by the number of their mutation.
        waiting: Those that were not answered yet, with what answers them.
    """

    last_read_message_index: int | None = None
    answers: deque[Exception | None] | None = None
    made: list[int] = field(default_factory=list[int])
    attempts: list[int] = field(default_factory=list[int])
    waiting: list[Callable[[Exception | None], None]] = field(default_factory=list[Callable[[Exception | None], None]])

    def advance_last_read_message_index(self, index: int) -> Observable[int | None]:
        number = len(self.made)
        self.made.append(index)

        def subscribe(observer: ObserverBase[int | None], _: SchedulerBase | None = None) -> DisposableBase:
            def answer(error: Exception | None) -> None:
                if error is None:
                    self.last_read_message_index = max(index, self.last_read_message_index or 0)
                    observer.on_next(0)
                    observer.on_completed()
                else:
                    observer.on_error(error)

            self.attempts.append(number)
            self.waiting.append(answer)
            if self.answers is None or self.answers:
                self.answer(self.answers.popleft() if self.answers else None)
            return Disposable(lambda: self.waiting.remove(answer) if answer in self.waiting else None)

        return Observable(subscribe)

    def answer(self, error: Exception | None = None) -> None:
        if self.waiting:
            self.waiting.pop()(error)


@dataclass
class View:
    """A view whose newest message is marked as read, and what comes of it."""

    marker: Marker = field(default_factory=Marker)
    delay: float = 1.0
    scheduler: TestScheduler = field(default_factory=TestScheduler)
    source: Subject[int] = field(default_factory=Subject[int])
    seen: list[object] = field(default_factory=list[object])

    def __post_init__(self) -> None:
        operator = auto_mark_read(self.marker, delay=self.delay, scheduler=self.scheduler)
        self.subscription = self.source.pipe(operator).subscribe(
            self.seen.append, self.seen.append, lambda: self.seen.append("|")
        )

    def show(self, *indices: int, wait: float = 0.0) -> list[int]:
        """Show messages, and wait. Return what was sent until then."""
        for index in indices:
            self.source.on_next(index)
        if wait:
            self.scheduler.advance_by(wait)
        return self.marker.made

    @property
    def released(self) -> bool:
        return not (self.source.observers or self.marker.waiting or len(deadlines_of(self.scheduler)))


def later() -> Marker:
    return Marker(answers=deque())


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    marked = {mark: MarkedRead(index, 0) for mark, index in {"a": 3, "b": 5, "c": 1}.items()}
    values = {**{str(index): index for index in range(6)}, **marked}

    def compose(seen: Observable[int]) -> Observable[MarkedRead]:
        return seen.pipe(auto_mark_read(Marker(), delay=2))

    play_cases(lambda: make_marbles(values), compose, diagrams(auto_mark_read))


def test_bad_arguments() -> None:
    for delay in (-1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="delay"):
            auto_mark_read(Marker(), delay=delay)


class TestWhatIsSent:
    def test_the_highest_of_those_gathered(self) -> None:
        view = View()
        assert view.show(2, 5, 3, wait=0.9) == []
        assert view.show(4, wait=0.1) == [5]
        assert view.seen == [MarkedRead(5, 0)]

    def test_scrolling_on_and_on_does_not_put_it_off(self) -> None:
        view = View()
        assert [list(view.show(index, wait=0.4)) for index in range(6)][-1] == [2, 5]

    def test_nothing_that_is_not_news(self) -> None:
        view = View(Marker(3))
        assert view.show(3, wait=2) == []
        assert view.show(5, 4, -1, wait=2) == [5]
        assert view.show(4, 5, wait=2) == [5]

    def test_nothing_that_another_device_has_read_meanwhile(self) -> None:
        view = View()
        view.show(3)
        view.marker.last_read_message_index = 7
        assert view.show(wait=2) == []
        assert view.show(8, wait=2) == [8]

    def test_a_horizon_that_was_moved_back_stays_there(self) -> None:
        view = View()
        view.show(3, wait=2)
        view.marker.last_read_message_index = None
        assert view.show(2, 3, wait=2) == [3]
        assert view.show(4, wait=2) == [3, 4]

    def test_without_delay_at_once(self) -> None:
        view = View(later(), delay=0)
        assert view.show(1) == [1]
        assert view.show(2, 4, 3) == [1]
        view.marker.answer()
        assert view.marker.made == [1, 4]

    def test_one_at_a_time(self) -> None:
        view = View(later())
        assert view.show(1, wait=1) == [1]
        assert view.show(2, 4, wait=5) == [1]
        view.marker.answer()
        assert view.marker.made == [1, 4]

    def test_after_an_answer_the_delay_goes_on(self) -> None:
        view = View(later())
        view.show(1, wait=1)
        view.show(2, wait=0.5)
        view.marker.answer()
        assert view.show(wait=0.4) == [1]
        assert view.show(wait=0.1) == [1, 2]


class TestFailures:
    def test_naively_the_first_one_ends_all(self) -> None:
        marker = Marker(answers=deque([LOST]))
        source: Subject[int] = Subject()
        errors: list[Exception] = []
        source.pipe(ops.flat_map(marker.advance_last_read_message_index)).subscribe(on_error=errors.append)
        source.on_next(1)
        source.on_next(2)
        assert (errors, marker.made) == ([LOST], [1])

    def test_what_is_not_answered_is_resumed_until_it_is(self) -> None:
        view = View(Marker(answers=deque([LOST] * 7)))
        view.show(1, wait=1)
        view.show(4, 9)
        for delay, attempts in ((0.9, 1), (0.1, 2), (2, 3), (4, 4), (8, 5), (16, 6), (30, 7), (29.9, 7)):
            view.scheduler.advance_by(delay)
            assert len(view.marker.attempts) == attempts
        assert view.marker.made == [1]
        view.marker.answers = None
        view.scheduler.advance_by(0.1)
        assert view.seen == [MarkedRead(1, 0), MarkedRead(9, 0)]
        assert view.marker.attempts == [0] * 8 + [1]

    def test_what_is_refused_is_told_and_not_sent_again(self) -> None:
        view = View(Marker(answers=deque([REFUSED])))
        view.show(1, wait=1)
        view.marker.answers = None
        assert view.show(1, wait=5) == [1]
        view.show(2, wait=1)
        assert view.seen == [MarkedRead(1, None, REFUSED), MarkedRead(2, 0)]

    def test_what_is_raised_at_the_call_is_told_as_well(self) -> None:
        class Broken(Marker):
            def advance_last_read_message_index(self, index: int) -> Observable[int | None]:
                raise LookupError(index)

        view = View(Broken())
        view.show(1, wait=2)
        (marked,) = view.seen
        assert isinstance(marked, MarkedRead)
        assert isinstance(marked.error, LookupError)


class TestTheEnd:
    def test_what_was_seen_is_marked_first(self) -> None:
        view = View(later())
        view.show(3)
        view.source.on_completed()
        assert (view.marker.made, view.seen) == ([3], [])
        view.marker.answer()
        assert (view.seen, view.released) == ([MarkedRead(3, 0), "|"], True)

    def test_also_what_was_seen_while_another_was_under_way(self) -> None:
        view = View(later())
        view.show(3, wait=1)
        view.show(5)
        view.source.on_completed()
        view.marker.answer(LOST)
        view.scheduler.advance_by(1)
        view.marker.answer()
        view.marker.answer(REFUSED)
        assert view.seen == [MarkedRead(3, 0), MarkedRead(5, None, REFUSED), "|"]

    def test_an_error_waits_for_nothing(self) -> None:
        view = View(later())
        view.show(3, wait=1)
        view.show(5)
        error = LookupError()
        view.source.on_error(error)
        view.scheduler.advance_by(50)
        assert (view.seen, view.released, view.marker.made) == ([error], True, [3])

    def test_a_source_that_ends_while_it_is_subscribed(self) -> None:
        seen: list[object] = []
        reactivex.of(1, 3, 2).pipe(auto_mark_read(Marker(), scheduler=TestScheduler())).subscribe(
            seen.append, on_completed=lambda: seen.append("|")
        )
        assert seen == [MarkedRead(3, 0), "|"]

    def test_from_within(self) -> None:
        marker = Marker()
        source: Subject[int] = Subject()
        seen: list[int] = []

        def answer(marked: MarkedRead) -> None:
            if marked.index == 1:
                source.on_next(2)
            else:
                source.on_next(3)
                subscription.dispose()
            seen.append(marked.index)

        operator = auto_mark_read(marker, delay=0, scheduler=TestScheduler())
        subscription = source.pipe(operator).subscribe(answer)
        source.on_next(1)
        assert (seen, marker.made, source.observers) == ([1, 2], [1, 2], [])

    def test_two_observers_mark_for_themselves(self) -> None:
        marker = later()
        source: Subject[int] = Subject()
        marks = source.pipe(auto_mark_read(marker, delay=0, scheduler=TestScheduler()))
        with marks.subscribe(), marks.subscribe():
            source.on_next(1)
            assert marker.made == [1, 1]
        assert (marker.waiting, source.observers) == ([], [])


@given(st.data())
def test_the_horizon_only_rises_and_ends_where_was_looked(data: st.DataObject) -> None:
    view = View(later(), delay=data.draw(st.sampled_from([0.0, 1.0, 3.0])))
    shown: list[int] = []

    def show() -> None:
        shown.append(data.draw(st.integers(-1, 20)))
        view.show(shown[-1])

    steps: dict[str, Callable[[], object]] = {
        "show": show,
        "wait": lambda: view.scheduler.advance_by(1.0),
        "answer": view.marker.answer,
        "lose": lambda: view.marker.answer(LOST),
    }
    for name in data.draw(st.lists(st.sampled_from(list(steps)), max_size=40)):
        steps[name]()
        assert len(view.marker.waiting) <= 1
    assert view.marker.made == sorted(set(view.marker.made))
    if data.draw(st.booleans()):
        seen, made = list(view.seen), list(view.marker.made)
        view.subscription.dispose()
        assert view.released
        assert (view.show(30, wait=100), view.seen) == (made, seen)
        return
    view.marker.answers = None
    view.marker.answer()
    view.scheduler.advance_by(100.0)
    highest = max(shown, default=-1)
    assert view.marker.last_read_message_index == (highest if highest >= 0 else None)
    assert [marked.index for marked in view.seen if isinstance(marked, MarkedRead)] == view.marker.made


async def test_with_clients() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await ada.create_conversation()
        await lunch.join()
        for body in "abc":
            await lunch.send_message(body)
        source: Subject[int] = Subject()
        seen: list[MarkedRead] = []
        source.pipe(auto_mark_read(lunch)).subscribe(seen.append)
        for index in (0, 1, 0):
            source.on_next(index)
        await advance(2.0)
        assert (seen, lunch.last_read_message_index) == ([MarkedRead(1, 1)], 1)
        source.on_next(2)
        source.on_completed()
        await advance(1.0)
        assert (seen, lunch.last_read_message_index) == ([MarkedRead(1, 1), MarkedRead(2, 0)], 2)
