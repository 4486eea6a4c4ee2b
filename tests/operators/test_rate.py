"""Values a second."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.operators import rate
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


MARKS: dict[str, Any] = {"a": "a", "x": 0.0, "y": 0.5, "z": 0.75, "t": 0.25}


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(MARKS)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(MARKS), rate(4, slide=2), diagrams(rate))


def test_an_error_comes_at_once(marbles: Marbles) -> None:
    assert marbles.play(rate(4, slide=2), "-a#") == marbles.expect("x-#")


def test_what_came_since_the_last_number_is_told_before_completion(marbles: Marbles) -> None:
    assert marbles.play(rate(4, slide=2), "-a|") == [(0.0, "N", 0.0), (2.0, "N", 0.25), (2.0, "C", None)]


def test_by_default_it_is_told_ten_times_a_window() -> None:
    scheduler = TestScheduler()
    source: Subject[int] = Subject()
    shown: list[float] = []
    with source.pipe(rate(10.0, scheduler=scheduler)).subscribe(shown.append):
        source.on_next(1)
        scheduler.advance_by(100.0)
    assert shown == [0.0, *[0.1] * 10, 0.0]


def test_bad_arguments() -> None:
    for window in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="window"):
            rate(window, slide=1.0)
    for slide in (0.0, -1.0, math.nan, math.inf, 3.0, 7.0, 0.005):
        with pytest.raises(ArgumentError, match="slide"):
            rate(10.0, slide=slide)


@given(
    pauses=st.lists(st.sampled_from([0.0, 0.25, 0.75, 1.5, 2.5, 7.25]), min_size=1, max_size=30),
    shape=st.sampled_from([(4.0, 1.0), (4.0, 2.0), (3.0, 3.0), (2.0, 0.5)]),
)
def test_each_number_is_that_of_the_values_in_the_window(pauses: list[float], shape: tuple[float, float]) -> None:
    window, slide = shape
    scheduler = TestScheduler()
    source: Subject[int] = Subject()
    came: list[float] = []
    emitted: list[tuple[float, float]] = []
    source.pipe(rate(window, slide=slide, scheduler=scheduler)).subscribe(
        lambda value: emitted.append((scheduler.to_seconds(scheduler.now), value))
    )
    for pause in pauses:
        scheduler.advance_by(pause + 0.01)  # never at the same time as a step
        came.append(scheduler.to_seconds(scheduler.now))
        source.on_next(0)
    scheduler.advance_by(30.0)
    assert emitted[0] == (0.0, 0.0)
    for at, value in emitted[1:]:
        inside = [arrival for arrival in came if at - window - 1e-9 <= arrival < at - 1e-9]
        assert value == len(inside) / window
    assert emitted[-1][1] == 0.0
    assert sum(value for _, value in emitted) * slide == pytest.approx(len(came))  # each counts once a step
