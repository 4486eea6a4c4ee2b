"""Counts by key over a window."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.operators import rate, windowed_count
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


MARKS: dict[str, Any] = {
    "a": "a",
    "b": "b",
    "0": {},
    "x": {"a": 2},
    "y": {"a": 2, "b": 1},
    "z": {"b": 1},
    "w": {"a": 1},
}


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(MARKS)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(MARKS), windowed_count(4, slide=2, by=str), diagrams(windowed_count))


def test_by_default_windows_follow_one_another(marbles: Marbles) -> None:
    values, counts = "-aab------", "0----y---0"
    assert marbles.play(windowed_count(4, by=str), values) == marbles.expect(counts)


def test_an_error_comes_at_once(marbles: Marbles) -> None:
    assert marbles.play(windowed_count(4, by=str), "-a#") == marbles.expect("0-#")


def test_what_came_since_the_last_counts_is_told_before_completion(marbles: Marbles) -> None:
    assert marbles.play(windowed_count(4, by=str), "-aa|") == [(0.0, "N", {}), (3.0, "N", {"a": 2}), (3.0, "C", None)]


def test_what_the_key_raises_ends_it() -> None:
    source: Subject[object] = Subject()
    errors: list[Exception] = []

    def by(_: object) -> str:
        raise LookupError("mine")

    source.pipe(windowed_count(4.0, by=by, scheduler=TestScheduler())).subscribe(on_error=errors.append)
    source.on_next(1)
    assert [repr(error) for error in errors] == ["LookupError('mine')"]
    assert source.observers == []


def test_mappings_stay_as_they_are_and_cannot_be_changed() -> None:
    scheduler = TestScheduler()
    source: Subject[str] = Subject()
    shown: list[Any] = []
    with source.pipe(windowed_count(4.0, by=str, slide=1.0, scheduler=scheduler)).subscribe(shown.append):
        source.on_next("a")
        scheduler.advance_by(1.5)
        source.on_next("a")
        scheduler.advance_by(1.5)
    assert shown == [{}, {"a": 1}, {"a": 2}, {"a": 2}]
    with pytest.raises(TypeError):
        shown[1]["a"] = 7


def test_there_are_never_more_keys_than_allowed() -> None:
    scheduler = TestScheduler()
    source: Subject[int] = Subject()
    shown: list[Mapping[int, int]] = []
    with source.pipe(windowed_count(4.0, by=int, max_keys=2, scheduler=scheduler)).subscribe(shown.append):
        for value in (1, 2, 3, 1, 3):
            source.on_next(value)
        scheduler.advance_by(10.0)
        source.on_next(3)
        scheduler.advance_by(5.0)
    assert shown == [{}, {1: 2, 2: 1}, {}, {3: 1}]


def test_bad_arguments() -> None:
    for size in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="size"):
            windowed_count(size, by=str)
    with pytest.raises(ArgumentError, match="slide"):
        windowed_count(10.0, by=str, slide=3.0)
    with pytest.raises(ArgumentError, match="max_keys"):
        windowed_count(10.0, by=str, max_keys=0)


@given(steps=st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.75, 1.5, 7.25]), st.sampled_from("abc")), max_size=30))
def test_it_counts_as_a_plain_counter_and_adds_up_to_the_rate(steps: list[tuple[float, str]]) -> None:
    scheduler = TestScheduler()
    source: Subject[str] = Subject()
    came: list[tuple[float, str]] = []
    counts: list[tuple[float, Mapping[str, int]]] = []
    rates: list[float] = []
    source.pipe(windowed_count(4.0, by=str, slide=1.0, scheduler=scheduler)).subscribe(
        lambda value: counts.append((scheduler.to_seconds(scheduler.now), value))
    )
    source.pipe(rate(4.0, slide=1.0, scheduler=scheduler)).subscribe(rates.append)
    for pause, value in steps:
        scheduler.advance_by(pause + 0.01)
        came.append((scheduler.to_seconds(scheduler.now), value))
        source.on_next(value)
    scheduler.advance_by(30.0)
    for at, count in counts:
        assert count == Counter(value for arrival, value in came if at - 4.0 - 1e-9 <= arrival < at - 1e-9)
    assert [sum(count.values()) / 4.0 for _, count in counts] == rates
