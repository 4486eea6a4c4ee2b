"""The newest value of each key, for a while."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.operators import latest_by
from rxconvo.operators._deadlines import deadlines_of
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

VALUES: dict[str, Any] = {
    "a": "a1",
    "A": "a2",
    "b": "b1",
    "1": {"a": "a1"},
    "2": {"a": "a1", "b": "b1"},
    "3": {"b": "b1", "a": "a2"},
    "4": {"a": "a2"},
    "5": {},
}


def letter(value: str) -> str:
    return value[0]


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(VALUES)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(VALUES), latest_by(letter, ttl=5), diagrams(latest_by))


@pytest.mark.parametrize(
    "values,latest",
    [
        pytest.param("---|", "---|", id="nothing"),
        pytest.param("-a-b-A-#", "-1-2-3-#", id="error"),
        pytest.param("-a-a-a------", "-1--------5-", id="the same keeps it alive"),
        pytest.param("-a--|", "-1--|", id="completion does not wait"),
    ],
)
def test_others(marbles: Marbles, values: str, latest: str) -> None:
    assert marbles.play(latest_by(letter, ttl=5), values) == marbles.expect(latest)


def test_without_an_end() -> None:
    seen: list[Any] = []
    reactivex.of("a1", "b1", "a2", "c1").pipe(latest_by(letter, max_keys=2)).subscribe(seen.append)
    assert seen == [{"a": "a1"}, {"a": "a1", "b": "b1"}, {"b": "b1", "a": "a2"}, {"a": "a2", "c": "c1"}]
    assert [list(one) for one in seen[2:]] == [["b", "a"], ["a", "c"]]
    with pytest.raises(TypeError):
        seen[0]["x"] = 1


def test_bad_arguments() -> None:
    for ttl in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="ttl"):
            latest_by(letter, ttl=ttl)
    with pytest.raises(ArgumentError, match="max_keys"):
        latest_by(letter, max_keys=0)


def test_a_key_that_fails_is_an_error_and_nothing_is_left() -> None:
    scheduler = TestScheduler()
    source: Subject[str] = Subject()
    errors: list[Exception] = []
    source.pipe(latest_by(letter, ttl=5, scheduler=scheduler)).subscribe(on_error=errors.append)
    source.on_next("a1")
    source.on_next("")
    assert [type(error) for error in errors] == [IndexError]
    assert (source.observers, len(deadlines_of(scheduler))) == ([], 0)


def test_the_operator_s_scheduler_goes_before_that_of_subscribe() -> None:
    mine, other = TestScheduler(), TestScheduler()
    source: Subject[str] = Subject()
    seen: list[Mapping[str, str]] = []
    source.pipe(latest_by(letter, ttl=5, scheduler=mine)).subscribe(seen.append, scheduler=other)
    source.on_next("a1")
    other.advance_by(10.0)
    assert seen == [{"a": "a1"}]
    mine.advance_by(5.0)
    assert seen == [{"a": "a1"}, {}]


async def test_by_default_it_is_the_running_loop_s() -> None:
    source: Subject[str] = Subject()
    with source.pipe(latest_by(letter, ttl=5)).subscribe():
        source.on_next("a1")


@given(
    st.lists(st.tuples(st.sampled_from(["a1", "a2", "b1", "b2", "c1"]), st.integers(0, 4)), max_size=20),
    st.integers(1, 3),
    st.integers(0, 20),
)
def test_it_is_what_a_plain_model_says(steps: list[tuple[str, int]], max_keys: int, last: int) -> None:
    scheduler = TestScheduler()
    source: Subject[str] = Subject()
    seen: list[Mapping[str, str]] = []
    subscription = source.pipe(latest_by(letter, ttl=3.5, max_keys=max_keys, scheduler=scheduler)).subscribe(
        seen.append
    )
    came: dict[str, tuple[float, str]] = {}
    now = 0.0
    for value, pause in steps:
        source.on_next(value)
        came.pop(value[0], None)
        came[value[0]] = now, value
        came = dict(list(came.items())[-max_keys:])
        scheduler.advance_by(pause)
        now += pause
        came = {key: (at, one) for key, (at, one) in came.items() if at + 3.5 > now}
        assert seen[-1] == {key: one for key, (_, one) in came.items()}
        assert all(len(each) <= max_keys for each in seen)
        if len(seen) > last:
            break
    subscription.dispose()
    assert (source.observers, len(deadlines_of(scheduler))) == ([], 0)
