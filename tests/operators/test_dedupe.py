"""Each thing once, quickly, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.operators import dedupe
from rxconvo.operators._deadlines import deadlines_of
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles({"a": 1, "b": 2}), dedupe(window=4), diagrams(dedupe))


@pytest.mark.parametrize("values,once", [("-a-ba#", "-a-b-#"), ("---|", "---|"), ("-a---a", "-a---a")])
def test_others(make_marbles: type[Marbles], values: str, once: str) -> None:
    marbles = make_marbles({"a": 1, "b": 2})
    assert marbles.play(dedupe(window=4), values) == marbles.expect(once)


def passed(values: list[Any], **options: Any) -> list[Any]:
    seen: list[Any] = []
    reactivex.from_(values).pipe(dedupe(**options)).subscribe(seen.append)
    return seen


def test_key() -> None:
    assert passed(["a", "A", "b"], key=str.lower) == ["a", "b"]


def test_what_was_emitted_first_is_forgotten_first() -> None:
    assert passed([1, 2, 1, 3, 1], max_keys=2) == [1, 2, 3, 1]


def test_bad_arguments() -> None:
    for window in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="window"):
            dedupe(window=window)
    with pytest.raises(ArgumentError, match="max_keys"):
        dedupe(max_keys=0)


def test_a_key_that_is_not_hashable_is_an_error() -> None:
    source: Subject[Any] = Subject()
    errors: list[Exception] = []
    source.pipe(dedupe()).subscribe(on_error=errors.append)
    source.on_next([])
    assert ([type(error) for error in errors], source.observers) == ([TypeError], [])


async def test_by_default_the_clock_is_the_running_loop_s() -> None:
    seen: list[int] = []
    reactivex.of(1, 1).pipe(dedupe(window=1.0)).subscribe(seen.append)
    assert seen == [1]


STEPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=30)


@given(STEPS, st.integers(1, 4), st.none() | st.integers(1, 5))
def test_twice_is_as_good_as_once(steps: list[tuple[int, int]], max_keys: int, window: int | None) -> None:
    scheduler = TestScheduler()
    source: Subject[int] = Subject()
    once, twice = list[int](), list[int]()
    operator = dedupe(max_keys=max_keys, window=window, scheduler=scheduler)
    source.pipe(operator).subscribe(once.append)
    source.pipe(operator, operator).subscribe(twice.append)
    for value, pause in steps:
        source.on_next(value)
        scheduler.advance_by(pause)
    assert once == twice
    assert len(deadlines_of(scheduler)) == 0


@given(st.lists(st.integers(0, 9)))
def test_with_room_it_is_distinct(values: list[int]) -> None:
    assert passed(values) == list(dict.fromkeys(values))


def test_it_looks_at_none_of_those_before_where_the_naive_way_looks_at_all() -> None:
    class Counted:
        compared = 0

        def __init__(self, number: int) -> None:
            self.number = number

        def __eq__(self, other: object) -> bool:
            Counted.compared += 1
            return isinstance(other, Counted) and self.number == other.number

        def __hash__(self) -> int:
            return self.number

    values = reactivex.from_([Counted(number) for number in range(200)])
    values.pipe(dedupe()).subscribe()
    assert Counted.compared == 0
    values.pipe(ops.distinct()).subscribe()
    assert Counted.compared == 200 * 199 / 2
