"""Whose clock counts, for every operator that has one: its argument's, else that of `subscribe`, else the loop's."""

from __future__ import annotations

import threading
from datetime import datetime
from functools import partial
from inspect import signature
from typing import Any

import pytest
import reactivex
from reactivex.abc import DisposableBase, ScheduledAction
from reactivex.scheduler import ImmediateScheduler
from reactivex.testing import TestScheduler
from reactivex.typing import AbsoluteTime, RelativeTime

from rxconvo import operators as chat
from rxconvo.testing import advance
from tests.operators.test_release import CASES, Make, Scene

ALONE: dict[str, tuple[Make, list[Any]]] = {
    **CASES,
    "optimistic": (
        lambda _: (
            lambda _: reactivex.just(2, ImmediateScheduler.singleton()).pipe(chat.optimistic("mine", reactivex.never()))
        ),
        [1],
    ),
    "retry_mutation": (lambda scene: lambda _: scene.query(2).pipe(chat.retry_mutation(chance=lambda: 0.5)), [1]),
}
"""The cases of disposal, without stock operators that wait for the scheduler of `subscribe` themselves."""

TIMED = [name for name in CASES if "scheduler" in signature(getattr(chat, name)).parameters]

STEPS = [0.3, 1.1, 0.7, 2.3, 5.1, 0.3, 1.9, 40.3]
"""Seconds between values; what operators wait for is never due together with one of these."""


class Clock(TestScheduler):
    """A scheduler that knows whether anybody has looked at it, or waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.used = False
        self._advancing = False

    @property
    def now(self) -> datetime:
        self.used |= not self._advancing
        return super().now

    def advance_by(self, time: RelativeTime) -> None:
        self._advancing = True  # in which it looks at itself
        super().advance_by(time)
        self._advancing = False

    def schedule_relative(
        self, duetime: RelativeTime, action: ScheduledAction[Any], state: Any = None
    ) -> DisposableBase:
        self.used = True
        return super().schedule_relative(duetime, action, state)

    def schedule_absolute(
        self, duetime: AbsoluteTime, action: ScheduledAction[Any], state: Any = None
    ) -> DisposableBase:
        self.used = True
        return super().schedule_absolute(duetime, action, state)


@pytest.fixture(params=TIMED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Play:
    """A subscription of an operator, fed with what its case has."""

    def __init__(self, name: str, scheduler: TestScheduler | None) -> None:
        make, self.values = ALONE[name]
        self.scene = Scene()
        self.seen: list[str] = []
        self.subscription = self.scene.source.pipe(make(self.scene)).subscribe(
            lambda value: self.seen.append(f"{type(value).__name__} {value}"),
            lambda error: self.seen.append(repr(error)),
            scheduler=scheduler,
        )

    def feed(self, number: int) -> None:
        self.scene.source.on_next(self.values[number % len(self.values)])


def given(monkeypatch: pytest.MonkeyPatch, name: str, scheduler: TestScheduler) -> None:
    """Give an operator a scheduler wherever its case makes one."""
    monkeypatch.setattr(chat, name, partial(getattr(chat, name), scheduler=scheduler))


def run(name: str, scheduler: TestScheduler, *others: TestScheduler) -> list[str]:
    """Play a case in steps, with its clocks at the same pace."""
    playing = Play(name, scheduler)
    clocks = [*(others or (scheduler,)), playing.scene.scheduler]
    for number, pause in enumerate(STEPS):
        playing.feed(number)
        for _ in range(round(pause * 10)):
            for clock in clocks:
                clock.advance_by(0.1)
    playing.subscription.dispose()
    return playing.seen


def test_that_of_subscribe_counts_where_there_is_no_argument(name: str) -> None:
    clock = Clock()
    run(name, clock)
    assert clock.used


def test_the_argument_goes_before_that_of_subscribe(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = Clock(), Clock()
    given(monkeypatch, name, mine)
    seen = run(name, other, mine)
    assert mine.used
    assert not other.used
    monkeypatch.undo()
    assert run(name, Clock()) == seen


async def test_else_it_is_that_of_the_running_loop_and_there_is_no_thread(name: str) -> None:
    threads = threading.active_count()
    playing = Play(name, None)
    for number, pause in enumerate(STEPS):
        playing.feed(number)
        for _ in range(round(pause * 10)):
            await advance(0.1)
            playing.scene.scheduler.advance_by(0.1)
    assert threading.active_count() == threads
    playing.subscription.dispose()
    assert plain(playing.seen) == plain(run(name, TestScheduler()))


def plain(seen: list[str]) -> list[str]:
    """Leave out what depends on when the clock began."""
    return [text.partition(" ")[0] for text in seen]
