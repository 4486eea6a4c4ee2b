"""Fewer values, and lists that are right all the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable, compose
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.model import Append, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.model.diffs import apply
from rxconvo.operators import conflate, to_diffs
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


def batch(*diffs: Any) -> DiffBatch[Any]:
    return DiffBatch(diffs)


B, C = Append(("b",)), Insert(0, "c")


MARKS: dict[str, Any] = {
    "a": batch(Append(("a",))),
    "b": batch(B),
    "c": batch(C),
    "d": batch(Truncate(0)),
    "m": batch(B, C),
    "r": batch(Remove(0), Reset(("x",)), C),
    "R": batch(Reset(("x",)), C),
    "s": batch(Reset(("x",)), C, B),
    "1": 1,
    "2": 2,
    "3": 3,
}


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(MARKS)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(MARKS), conflate(0.25), diagrams(conflate))


@pytest.mark.parametrize(
    "values, emitted",
    [
        pytest.param("-1-23-----", "-1---3----", id="of other values the newest"),
        pytest.param("-1-----23---", "-1-----2---3", id="the first at once"),
        pytest.param("-ab-r-----", "-a---R----", id="what is before a reset does not matter"),
        pytest.param("-ar-b-----", "-a---s----", id="what is after one does"),
        pytest.param("-ab1------", "-a-b---1--", id="a batch does not wait for another value"),
        pytest.param("-a1b------", "-a---b----", id="another value gives way to a batch"),
        pytest.param("-ab#", "-a-#", id="an error drops what waits"),
    ],
)
def test_diagrams(marbles: Marbles, values: str, emitted: str) -> None:
    assert marbles.play(conflate(0.25), values) == marbles.expect(emitted)


def test_what_waits_comes_before_completion(marbles: Marbles) -> None:
    emitted = marbles.play(conflate(0.25), "-abc|")
    assert emitted == [(1.0, "N", batch(Append(("a",)))), (4.0, "N", batch(B, C)), (4.0, "C", None)]


def test_when_too_much_waits_it_is_emitted_before_its_time() -> None:
    scheduler = TestScheduler()
    source: Subject[DiffBatch[int]] = Subject()
    shown: list[DiffBatch[int]] = []
    with source.pipe(conflate(0.1, max_diffs=10, scheduler=scheduler)).subscribe(shown.append):
        for number in range(100):
            source.on_next(batch(Append((number,))))
        assert [len(each.diffs) for each in shown] == [1, *[11] * 9]
        scheduler.advance_by(9.0)
        source.on_next(batch(Append((100,))))
        scheduler.advance_by(0.5)
        assert len(shown) == 10
        scheduler.advance_by(0.5)
        assert len(shown) == 11
    assert fold(shown)[-1] == tuple(range(101))


def fold(batches: Iterable[DiffBatch[Any]]) -> list[tuple[Any, ...]]:
    """Apply batches to an empty list, one after the other."""
    lists: list[tuple[Any, ...]] = [()]
    for each in batches:
        lists.append(apply(lists[-1], each))
    return lists


@pytest.mark.parametrize(
    "make, right",
    [
        pytest.param(lambda scheduler: ops.throttle_first(3.0, scheduler), False, id="throttle_first"),
        pytest.param(lambda scheduler: ops.sample(3.0, scheduler), False, id="sample"),
        pytest.param(lambda scheduler: conflate(1 / 3, scheduler=scheduler), True, id="ours"),
    ],
)
def test_to_drop_batches_makes_wrong_lists(
    make: Callable[[TestScheduler], Callable[[Observable[Any]], Observable[Any]]], *, right: bool
) -> None:
    scheduler = TestScheduler()
    source: Subject[DiffBatch[int]] = Subject()
    shown: list[DiffBatch[int]] = []
    with source.pipe(make(scheduler)).subscribe(shown.append):
        for number in range(7):
            source.on_next(batch(Append((number,))))
            scheduler.advance_by(1.0)
        scheduler.advance_by(5.0)
    assert (fold(shown)[-1] == tuple(range(7))) is right


def test_bad_arguments() -> None:
    for max_hz in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="max_hz"):
            conflate(max_hz)
    with pytest.raises(ArgumentError, match="max_hz"):
        conflate("1")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="max_diffs"):
        conflate(1.0, max_diffs=0)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.25, 1.0, 3.0]), st.lists(st.integers(0, 9), unique=True, max_size=6)),
        max_size=25,
    )
)
def test_at_any_moment_of_emission_the_list_is_right_and_there_are_not_too_many(
    steps: list[tuple[float, list[int]]],
) -> None:
    scheduler = TestScheduler()
    source: Subject[list[int]] = Subject()
    now: tuple[int, ...] = ()
    made: tuple[int, ...] = ()
    times: list[float] = []

    def take(merged: DiffBatch[int]) -> None:
        nonlocal made
        made = apply(made, merged)
        assert made == now
        times.append(scheduler.to_seconds(scheduler.now))

    operators = compose(to_diffs(), conflate(0.5, scheduler=scheduler))
    source.pipe(operators).subscribe(take)
    for pause, values in steps:
        if pause:
            scheduler.advance_by(pause)
        now = tuple(values)
        source.on_next(values)
    scheduler.advance_by(10.0)
    assert made == now
    assert all(later - earlier >= 2.0 for earlier, later in pairwise(times))


def test_each_kind_of_diff_is_kept() -> None:
    scheduler = TestScheduler()
    source: Subject[DiffBatch[int]] = Subject()
    shown: list[DiffBatch[int]] = []
    diffs = [Append((1, 2, 3)), Insert(1, 9), Set(0, 7), Remove(2), Truncate(2)]
    with source.pipe(conflate(1.0, scheduler=scheduler)).subscribe(shown.append):
        for diff in diffs:
            source.on_next(batch(diff))
        scheduler.advance_by(1.0)
    assert shown == [batch(diffs[0]), batch(*diffs[1:])]
    assert fold(shown)[-1] == (7, 9)
