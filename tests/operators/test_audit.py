"""The newest value, every so often."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.operators import audit
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles({mark: mark for mark in "abcdef"})


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles({mark: mark for mark in "abcdef"}), audit(3), diagrams(audit))


def test_an_error_drops_what_waits(marbles: Marbles) -> None:
    assert marbles.play(audit(3), "-a#") == marbles.expect("--#")


def test_what_waits_comes_before_completion(marbles: Marbles) -> None:
    assert marbles.play(audit(3), "-ab|") == [(3.0, "N", "b"), (3.0, "C", None)]


@pytest.mark.parametrize(
    "name, emitted",
    [
        pytest.param("throttle_first", "-a--d----------|", id="throttling loses the last value"),
        pytest.param("debounce", "---------f-----|", id="debouncing is silent meanwhile"),
        pytest.param("audit", "----d---f------|", id="ours does neither"),
    ],
)
def test_what_reactivex_has_does_less(marbles: Marbles, name: str, emitted: str) -> None:
    operator = (audit if name == "audit" else getattr(ops, name))(3, scheduler=marbles.scheduler)
    assert marbles.play(operator, "-abcdef--------|") == marbles.expect(emitted)


def test_bad_arguments() -> None:
    for t in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="t must be"):
            audit(t)


@given(st.lists(st.sampled_from([0.0, 0.25, 1.0, 2.0, 3.0, 5.0]), min_size=1, max_size=30))
def test_it_is_calm_late_by_no_more_than_t_and_ends_with_the_last(pauses: list[float]) -> None:
    scheduler = TestScheduler()
    source: Subject[int] = Subject()
    came: list[float] = []
    emitted: list[tuple[float, int]] = []
    source.pipe(audit(2.0, scheduler=scheduler)).subscribe(
        lambda value: emitted.append((scheduler.to_seconds(scheduler.now), value))
    )
    for pause in pauses:
        if pause:
            scheduler.advance_by(pause)
        came.append(scheduler.to_seconds(scheduler.now))
        source.on_next(len(came) - 1)
    scheduler.advance_by(20.0)
    assert emitted[-1][1] == len(came) - 1
    assert all(later - earlier >= 2.0 for (earlier, _), (later, _) in pairwise(emitted))
    for at, value in emitted:
        assert value == max(
            number for number, arrival in enumerate(came) if arrival < at or (arrival == at and number <= value)
        )
        assert came[value] <= at <= came[value] + 2.0
