"""A mean in which the past counts less and less."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.operators import ewma
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

NUMBERS = st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0, 60.0, 1e6]), st.floats(-1e6, 1e6)), max_size=30)


MARKS: dict[str, Any] = {"a": 0.0, "b": 6.0, "c": 11.0, "x": 4.0, "y": 8.0, "n": math.nan, "i": math.inf}


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(MARKS)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(MARKS), ewma(2), diagrams(ewma))


def test_what_is_no_number_is_left_out(marbles: Marbles) -> None:
    assert marbles.play(ewma(2), "-anbi-#") == marbles.expect("-a-x--#")


def test_disposing_ends_it(marbles: Marbles) -> None:
    assert marbles.play(ewma(2), "-a-b-c", until=4.0) == marbles.expect("-a-x")
    assert marbles.left == [4.0]


def test_its_scheduler_goes_before_that_of_subscribe() -> None:
    mine, other = TestScheduler(), TestScheduler()
    source: Subject[float] = Subject()
    shown: list[float] = []
    with source.pipe(ewma(2.0, scheduler=mine)).subscribe(shown.append, scheduler=other):
        source.on_next(0.0)
        other.advance_by(100.0)
        mine.advance_by(2.0)
        source.on_next(6.0)
    assert shown == [0.0, 4.0]


async def test_by_default_the_running_loop_s_clock_counts() -> None:
    source: Subject[float] = Subject()
    shown: list[float] = []
    with source.pipe(ewma(2.0)).subscribe(shown.append), source.pipe(ewma(1e9)).subscribe():
        source.on_next(0.0)
        await asyncio.sleep(2.0)
        source.on_next(6.0)
    assert shown == [0.0, 4.0]


def test_bad_arguments() -> None:
    for half_life in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="half_life"):
            ewma(half_life)


@given(NUMBERS)
def test_it_is_the_weighted_mean_of_all(numbers: list[tuple[float, float]]) -> None:
    scheduler = TestScheduler()
    source: Subject[float] = Subject()
    shown: list[float] = []
    source.pipe(ewma(10.0, scheduler=scheduler)).subscribe(shown.append)
    came: list[tuple[float, float]] = []
    for pause, number in numbers:
        if pause:
            scheduler.advance_by(pause)
        now = scheduler.to_seconds(scheduler.now)
        came.append((now, number))
        source.on_next(number)
        weights = [0.5 ** ((now - at) / 10.0) for at, _ in came]
        plain = sum(weight * each for weight, (_, each) in zip(weights, came, strict=True)) / sum(weights)
        assert shown[-1] == pytest.approx(plain, rel=1e-9, abs=1e-6)
        slack = 1e-6
        assert min(each for _, each in came) - slack <= shown[-1] <= max(each for _, each in came) + slack
    assert len(shown) == len(numbers)
