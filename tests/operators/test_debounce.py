"""Bursts, by lodash's rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.operators import debounce
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles({mark: mark for mark in "abcdefgh"})


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles({mark: mark for mark in "abcdefgh"}), debounce(3, max_wait=5), diagrams(debounce))


@pytest.mark.parametrize(
    "options, values, emitted",
    [
        pytest.param({}, "-a----bc-----", "---a-----c---", id="the last of each"),
        pytest.param({}, "-a-a-a-a-----", "---------a---", id="what comes in the last moment goes on with it"),
        pytest.param(
            {"leading": True}, "-a----bc-----", "-a----b--c---", id="the first, and the last if it is another"
        ),
        pytest.param({"leading": True, "trailing": False}, "-ab---cd-----", "-a----c------", id="the first alone"),
        pytest.param({}, "-a#", "--#", id="an error drops what waits"),
        pytest.param({"leading": True, "trailing": False}, "-ab|", "-a-|", id="completion lets nothing through"),
        pytest.param(
            {"leading": True, "trailing": False, "max_wait": 4}, "-abcdefgh----", "-a---e-------", id="the first, again"
        ),
        pytest.param({"max_wait": 4}, "-abcd-efgh---", "-----d----h--", id="a burst without end"),
    ],
)
def test_diagrams(marbles: Marbles, options: dict[str, Any], values: str, emitted: str) -> None:
    assert marbles.play(debounce(2, **options), values) == marbles.expect(emitted)


def test_what_waits_comes_before_completion(marbles: Marbles) -> None:
    assert marbles.play(debounce(2), "-a|") == [(2.0, "N", "a"), (2.0, "C", None)]


@pytest.mark.parametrize("ours", [True, False])
def test_that_of_reactivex_is_silent_as_long_as_a_burst_goes_on(marbles: Marbles, *, ours: bool) -> None:
    operator = debounce(2, max_wait=4) if ours else ops.debounce(2, scheduler=marbles.scheduler)
    assert bool(marbles.play(operator, "-abcdefghabcd|", until=12.0)) is ours


def test_bad_arguments() -> None:
    for t in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="t must be"):
            debounce(t)
    for max_wait in (0.5, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="max_wait"):
            debounce(1.0, max_wait=max_wait)
    with pytest.raises(ArgumentError, match="trailing"):
        debounce(1.0, trailing=False)


class Lodash:
    """The algorithm of lodash 4.17, with `wait` and `maxWait` in seconds and a timer that is polled."""

    def __init__(self, wait: float, *, leading: bool, trailing: bool, max_wait: float | None) -> None:
        self.wait, self.leading, self.trailing, self.max_wait = wait, leading, trailing, max_wait
        self.last_args: int | None = None
        self.last_call: float | None = None
        self.last_invoke = 0.0
        self.timer: float | None = None
        self.emitted: list[tuple[float, int]] = []

    def invoke(self, now: float) -> None:
        assert self.last_args is not None
        self.emitted.append((now, self.last_args))
        self.last_args, self.last_invoke = None, now

    def should_invoke(self, now: float) -> bool:
        return (
            self.last_call is None
            or now - self.last_call >= self.wait
            or (self.max_wait is not None and now - self.last_invoke >= self.max_wait)
        )

    def call(self, now: float, value: int) -> None:
        invoking = self.should_invoke(now)
        self.last_args, self.last_call = value, now
        if invoking:
            if self.timer is None:
                self.last_invoke = now
                self.timer = now + self.wait
                if self.leading:
                    self.invoke(now)
                return
            if self.max_wait is not None:
                self.timer = now + self.wait
                self.invoke(now)
                return
        if self.timer is None:
            self.timer = now + self.wait

    def poll(self, now: float) -> None:
        while self.timer is not None and self.timer <= now:
            at = self.timer
            assert self.last_call is not None
            if self.should_invoke(at):
                self.timer = None
                if self.trailing and self.last_args is not None:
                    self.invoke(at)
                self.last_args = None
            else:
                remaining = self.wait - (at - self.last_call)
                if self.max_wait is not None:
                    remaining = min(remaining, self.max_wait - (at - self.last_invoke))
                self.timer = at + remaining


@settings(max_examples=400)
@given(
    edges=st.sampled_from([(False, True), (True, True), (True, False)]),
    waits=st.sampled_from([(2.0, None), (2.0, 2.0), (2.0, 3.0), (1.5, 4.0)]),
    pauses=st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 4.0, 6.0]), max_size=30),
)
def test_it_does_as_lodash(edges: tuple[bool, bool], waits: tuple[float, float | None], pauses: list[float]) -> None:
    leading, trailing = edges
    wait, max_wait = waits
    lodash = Lodash(wait, leading=leading, trailing=trailing, max_wait=max_wait)
    scheduler = TestScheduler()
    source: Subject[int] = Subject()
    emitted: list[tuple[float, int]] = []
    operator = debounce(wait, leading=leading, trailing=trailing, max_wait=max_wait, scheduler=scheduler)
    source.pipe(operator).subscribe(lambda value: emitted.append((scheduler.to_seconds(scheduler.now), value)))
    now = 0.0
    for number, pause in enumerate([0.125, *pauses]):
        if pause:
            scheduler.advance_by(pause)
            now += pause
            lodash.poll(now)
        source.on_next(number)
        lodash.call(now, number)
    scheduler.advance_by(20.0)
    lodash.poll(now + 20.0)
    assert emitted == lodash.emitted
    assert not trailing or emitted[-1][1] == len(pauses)
