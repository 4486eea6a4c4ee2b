"""Values in the order of their numbers, as far as they come in time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.operators import in_order
from rxconvo.operators._deadlines import deadlines_of
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

NUMBERS = {str(number): number for number in range(10)}


def itself(number: int) -> int:
    return number


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(NUMBERS)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    values, expected, *rows = diagrams(in_order)
    operator = in_order(itself, 3, first=1)
    at = float(expected.index("x"))
    marbles = make_marbles(NUMBERS)
    played = marbles.play(operator, values)
    assert [each for each in played if each[0] != at] == marbles.expect(expected.replace("x", "-"))
    assert [each for each in played if each[0] == at] == [(at, "N", 4), (at, "N", 5)]
    assert marbles.left == [values.index("|")]
    play_cases(lambda: make_marbles(NUMBERS), operator, rows)


@pytest.mark.parametrize(
    "values,expected,options",
    [
        pytest.param("-1-2-3-|", "-1-2-3-|", {"first": 1}, id="in order"),
        pytest.param("-1-3----|", "-1----3-|", {"first": 1}, id="a gap that stays"),
        pytest.param("-1-3#", "-1--#", {"first": 1}, id="an error does not wait"),
        pytest.param("-1-3----2|", "-1----3--|", {"first": 1, "late": "drop"}, id="too late, dropped"),
        pytest.param("-5-----6-", "----5--6-", {}, id="the first one waits for those before"),
        pytest.param("-1-1-", "-1-1-", {"first": 1}, id="twice"),
        pytest.param("-1-1-", "-1---", {"first": 1, "late": "drop"}, id="twice, dropped"),
    ],
)
def test_others(marbles: Marbles, values: str, expected: str, options: dict[str, Any]) -> None:
    assert marbles.play(in_order(itself, 3, **options), values) == marbles.expect(expected)


def emitted(*numbers: int, **options: Any) -> list[Any]:
    """Return what is emitted at once, a bar, and what comes at the end."""
    seen: list[Any] = []
    source: Subject[int] = Subject()
    source.pipe(in_order(itself, 1.0, scheduler=TestScheduler(), **options)).subscribe(seen.append)
    for number in numbers:
        source.on_next(number)
    seen.append("|")
    source.on_completed()
    return seen


def test_what_is_missing_lets_the_others_go() -> None:
    assert emitted(2, 3, 1, 4, first=1) == [1, 2, 3, 4, "|"]


def test_what_waits_comes_at_the_end() -> None:
    assert emitted(5, 3, 4) == ["|", 3, 4, 5]


def test_no_more_wait_than_may() -> None:
    assert emitted(9, 7, 5, 3, first=1, max_pending=2) == [5, 3, "|", 7, 9]


def test_bad_arguments() -> None:
    for delay in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="max_delay"):
            in_order(itself, delay)
    with pytest.raises(ArgumentError, match="max_pending"):
        in_order(itself, 1.0, max_pending=0)
    with pytest.raises(ArgumentError, match="late"):
        in_order(itself, 1.0, late="later")  # type: ignore[arg-type]


async def test_by_default_the_clock_is_the_running_loop_s() -> None:
    seen: list[int] = []
    reactivex.of(2, 1).pipe(in_order(itself, 1.0)).subscribe(seen.append)
    assert seen == [1, 2]


ARRIVALS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), max_size=25)


class TestLaws:
    @given(ARRIVALS, st.none() | st.just(0), st.integers(1, 5), st.sampled_from(["pass", "drop"]))
    def test_ascending_or_complete(
        self, arrivals: list[tuple[int, int]], first: int | None, most: int, late: Any
    ) -> None:
        scheduler = TestScheduler()
        source: Subject[int] = Subject()
        seen: list[int] = []
        operator = in_order(itself, 4.0, first=first, max_pending=most, late=late, scheduler=scheduler)
        source.pipe(operator).subscribe(seen.append)
        for count, (number, pause) in enumerate(arrivals, 1):
            source.on_next(number)
            scheduler.advance_by(pause)
            assert count - len(seen) <= most or late == "drop"
        scheduler.advance_by(4.0)
        assert len(deadlines_of(scheduler)) == 0
        if late == "drop":
            assert seen == sorted(set(seen))
        else:
            assert sorted(seen) == sorted(number for number, _ in arrivals)

    @given(st.permutations(range(10)), st.data())
    def test_what_comes_in_time_is_sorted(self, numbers: list[int], data: st.DataObject) -> None:
        scheduler = TestScheduler()
        source: Subject[int] = Subject()
        seen: list[int] = []
        source.pipe(in_order(itself, 100.0, first=0, scheduler=scheduler)).subscribe(seen.append)
        for number in numbers:
            source.on_next(number)
            scheduler.advance_by(data.draw(st.integers(0, 9)))
        assert seen == list(range(10))
        assert len(deadlines_of(scheduler)) == 0

    @given(ARRIVALS, st.integers(0, 25))
    def test_disposed_at_any_moment_it_leaves_nothing(self, arrivals: list[tuple[int, int]], last: int) -> None:
        scheduler = TestScheduler()
        source: Subject[int] = Subject()
        seen: list[int] = []
        subscription = source.pipe(in_order(itself, 4.0, scheduler=scheduler)).subscribe(seen.append)
        for number, pause in arrivals[:last]:
            source.on_next(number)
            scheduler.advance_by(pause)
        subscription.dispose()
        count = len(seen)
        assert (source.observers, len(deadlines_of(scheduler))) == ([], 0)
        scheduler.advance_by(10.0)
        assert len(seen) == count
