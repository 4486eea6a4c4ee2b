"""What holds for every operator that waits: each is released whole, whenever and however it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable, compose
from reactivex import operators as ops
from reactivex.disposable import Disposable
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import operators as chat
from rxconvo.model import Append, DiffBatch, User, UserSubscribed
from rxconvo.operators._deadlines import deadlines_of
from rxconvo.operators._timed import Timer
from rxconvo.streams.scheduler import current_scheduler

Operator = Callable[[Observable[Any]], Observable[Any]]


@dataclass(frozen=True)
class Case:
    """An operator that waits, and values for it."""

    make: Callable[..., Operator]
    values: tuple[Any, ...] = (1, 2, 3)


def counted(group: Observable[Any]) -> Observable[int]:
    return group.pipe(ops.count())


def odd(value: int) -> bool:
    return value % 2 == 1


def half(value: int) -> int:
    return value // 2


def online(identity: str) -> UserSubscribed:
    return UserSubscribed(User(identity, is_online=True))


def offline(identity: str) -> UserSubscribed:
    return UserSubscribed(User(identity, is_online=False))


CASES: dict[str, Case] = {
    "audit": Case(lambda **options: chat.audit(2.0, **options)),
    "conflate": Case(lambda **options: chat.conflate(0.5, **options)),
    "conflate, of diffs": Case(
        lambda **options: chat.conflate(0.5, **options), tuple(DiffBatch((Append((value,)),)) for value in range(3))
    ),
    "rate": Case(lambda **options: chat.rate(4.0, **options)),
    "windowed_count": Case(lambda **options: chat.windowed_count(4.0, by=str, slide=2.0, **options)),
    "presence": Case(
        lambda **options: chat.presence(2.0, away_after=3.0, **options), (online("ada"), offline("ada"), online("bob"))
    ),
    "sla": Case(lambda **options: chat.sla(2.0, 1.0, answerer=odd, by=half, **options), (2, 4, 5, 3)),
    "sessionize": Case(lambda **options: chat.sessionize(2.0, by=str, **options)),
    "thread_by": Case(lambda **options: compose(chat.thread_by(str, idle=2.0, **options), ops.flat_map(counted))),
    "debounce": Case(lambda **options: chat.debounce(2.0, **options)),
    "debounce, all of it": Case(lambda **options: chat.debounce(2.0, leading=True, max_wait=3.0, **options)),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@dataclass
class Play:
    """A subscription on a clock of its own."""

    case: Case

    def __post_init__(self) -> None:
        self.scheduler = TestScheduler()
        self.deadlines = deadlines_of(self.scheduler)
        self.source: Subject[Any] = Subject()
        self.shown: list[Any] = []
        self.react: Callable[[], None] = lambda: None
        self.subscription = self.source.pipe(self.case.make(scheduler=self.scheduler)).subscribe(
            self._show, lambda error: self.shown.append(repr(error)), lambda: self.shown.append("completed")
        )

    def _show(self, value: Any) -> None:
        self.shown.append(value)
        self.react()

    def feed(self, steps: list[tuple[float, int]]) -> None:
        for pause, which in steps:
            self.scheduler.advance_by(pause)
            self.source.on_next(self.case.values[which % len(self.case.values)])

    def assert_released(self) -> None:
        assert self.source.observers == []
        assert len(self.deadlines) == 0
        before = len(self.shown)
        self.source.on_next(self.case.values[0])
        self.scheduler.advance_by(1000.0)
        assert len(self.shown) == before


STEPS = st.lists(st.tuples(st.sampled_from([0.0, 0.25, 1.0, 2.0, 3.0, 10.0]), st.integers(0, 5)), max_size=12)


@pytest.mark.parametrize("name", CASES)
class TestItIsReleased:
    @given(steps=STEPS, rest=st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0, 50.0]))
    def test_when_disposed_at_any_tick(self, name: str, steps: list[tuple[float, int]], rest: float) -> None:
        play = Play(CASES[name])
        play.feed(steps)
        play.scheduler.advance_by(rest)
        play.subscription.dispose()
        play.assert_released()

    @given(steps=STEPS, at=st.integers(1, 6))
    def test_when_disposed_from_within(self, name: str, steps: list[tuple[float, int]], at: int) -> None:
        play = Play(CASES[name])
        at += len(play.shown)  # some tell something at once

        def end() -> None:
            if len(play.shown) >= at:
                play.subscription.dispose()

        play.react = end
        play.feed(steps)
        play.scheduler.advance_by(100.0)
        if len(play.shown) >= at:
            assert len(play.shown) == at
            play.assert_released()
        play.subscription.dispose()
        play.assert_released()

    @given(steps=STEPS)
    def test_by_an_error_which_comes_at_once(self, name: str, steps: list[tuple[float, int]]) -> None:
        play = Play(CASES[name])
        play.feed(steps)
        before = list(play.shown)
        play.source.on_error(LookupError("broken"))
        assert play.shown == [*before, "LookupError('broken')"]
        play.assert_released()

    @given(steps=STEPS, disposes=st.booleans())
    def test_by_completion(self, name: str, steps: list[tuple[float, int]], disposes: bool) -> None:
        play = Play(CASES[name])
        play.feed(steps)
        if disposes:
            play.react = play.subscription.dispose
        before = len(play.shown)
        play.source.on_completed()
        assert play.shown.count("completed") + disposes * (len(play.shown) > before + 1) <= 1
        assert play.shown[-1] == "completed" or disposes
        play.assert_released()

    @given(steps=STEPS, rest=st.sampled_from([0.0, 1.0, 5.0]))
    def test_also_when_values_come_from_within(self, name: str, steps: list[tuple[float, int]], rest: float) -> None:
        play = Play(CASES[name])
        left = 5

        def more() -> None:
            nonlocal left
            if left:
                left -= 1
                play.source.on_next(play.case.values[left % len(play.case.values)])

        play.react = more
        play.feed(steps)
        play.scheduler.advance_by(rest)
        play.source.on_completed()
        assert play.shown[-1] == "completed"
        play.assert_released()


def test_two_subscriptions_know_nothing_of_each_other(case: Case) -> None:
    scheduler = TestScheduler()
    source: Subject[Any] = Subject()
    operated = source.pipe(case.make(scheduler=scheduler))
    both: tuple[list[str], list[str]] = ([], [])
    with (
        operated.subscribe(lambda value: both[0].append(repr(value))),
        operated.subscribe(lambda value: both[1].append(repr(value))),
    ):
        for value in case.values * 2:
            source.on_next(value)
            scheduler.advance_by(0.75)
            operated.subscribe().dispose()
        scheduler.advance_by(50.0)
    assert both[0] == both[1]
    assert both[0]


def test_its_scheduler_goes_before_that_of_subscribe(case: Case) -> None:
    mine, other = TestScheduler(), TestScheduler()
    source: Subject[Any] = Subject()
    shown: list[Any] = []
    with source.pipe(case.make(scheduler=mine)).subscribe(shown.append, scheduler=other):
        source.on_next(case.values[0])
        source.on_next(case.values[1])
        assert len(deadlines_of(other)) == 0
        assert len(deadlines_of(mine)) >= 1
    with source.pipe(case.make()).subscribe(shown.append, scheduler=other):
        source.on_next(case.values[0])
        source.on_next(case.values[1])
        assert len(deadlines_of(other)) >= 1


def test_the_scheduler_of_subscribe_is_handed_on(case: Case) -> None:
    handed: list[object] = []
    other = TestScheduler()

    def subscribe(_: object, scheduler: object = None) -> Disposable:
        handed.append(scheduler)
        return Disposable()

    Observable[Any](subscribe).pipe(case.make(scheduler=TestScheduler())).subscribe(scheduler=other).dispose()
    assert handed == [other]


async def test_by_default_the_running_loop_s_clock_counts_and_there_is_no_thread(case: Case) -> None:
    threads = threading.active_count()
    source: Subject[Any] = Subject()
    shown: list[Any] = []
    with source.pipe(case.make()).subscribe(shown.append):
        source.on_next(case.values[0])
        source.on_next(case.values[1])
        before = len(shown)
        await asyncio.sleep(100.0)
        assert len(shown) > before
    assert threading.active_count() == threads


async def test_a_hundred_cost_one_timer(case: Case) -> None:
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []
    real = loop.call_at

    def call_at(when: float, *args: Any, **options: Any) -> asyncio.TimerHandle:
        timers.append(real(when, *args, **options))
        return timers[-1]

    loop.call_at = call_at  # type: ignore[assignment,method-assign]
    scheduler = current_scheduler()
    source: Subject[Any] = Subject()
    operated = source.pipe(case.make(scheduler=scheduler))
    subscriptions = [operated.subscribe() for _ in range(100)]
    source.on_next(case.values[0])
    source.on_next(case.values[1])
    assert sum(not timer.cancelled() for timer in timers) == 1
    assert len(timers) <= 2
    for subscription in subscriptions:
        subscription.dispose()
    del loop.call_at


async def test_an_observer_that_raises_is_reported_and_harms_no_other(case: Case) -> None:
    faults: list[Exception] = []
    source: Subject[Any] = Subject()
    operated = source.pipe(case.make())
    shown: list[Any] = []
    begun = False

    def fail(_: object) -> None:
        if begun:
            raise LookupError("mine")

    with (
        operated.subscribe(shown.append),
        operated.subscribe(fail, scheduler=current_scheduler().guarded(faults.append)),
    ):
        source.on_next(case.values[0])
        source.on_next(case.values[1])
        before, begun = len(shown), True
        await asyncio.sleep(100.0)
    assert len(shown) > before
    assert faults
    assert {repr(fault) for fault in faults} == {"LookupError('mine')"}


async def test_an_observer_that_raises_does_not_lock_it(case: Case) -> None:
    faults: list[Exception] = []
    source: Subject[Any] = Subject()
    shown: list[Any] = []
    raises = False

    def fail(value: Any) -> None:
        shown.append(value)
        if raises:
            raise LookupError("mine")

    with source.pipe(case.make()).subscribe(fail, scheduler=current_scheduler().guarded(faults.append)):
        raises = True
        for value in case.values:
            try:
                source.on_next(value)
            except LookupError as error:
                faults.append(error)
            await asyncio.sleep(4.0)
        assert faults
        raises = False
        del shown[:]
        for value in case.values:
            source.on_next(value)
            await asyncio.sleep(4.0)
        assert shown


def test_a_source_that_ends_while_it_is_subscribed(case: Case) -> None:
    ended: list[str] = []
    scheduler = TestScheduler()
    reactivex.of(*case.values).pipe(case.make(scheduler=scheduler)).subscribe(
        lambda _: None, on_completed=lambda: ended.append("completed")
    )
    assert ended == ["completed"]
    assert len(deadlines_of(scheduler)) == 0


def test_a_timer_is_one_of_its_scheduler_s_and_gone_when_disposed() -> None:
    scheduler = TestScheduler()
    called: list[float] = []
    timer = Timer(scheduler, called.append)
    deadlines = deadlines_of(scheduler)
    timer.arm(3.0)
    scheduler.advance_by(5.0)
    assert (called, len(deadlines)) == ([3.0], 0)
    timer.arm(9.0)
    timer.disarm()
    assert len(deadlines) == 0
    timer.arm(10.0)
    assert len(deadlines) == 1
    timer.dispose()
    assert len(deadlines) == 0
    timer.arm(11.0)
    scheduler.advance_by(50.0)
    assert (called, len(deadlines)) == ([3.0], 0)


KEYED: dict[str, Callable[[Callable[[Any], str]], Operator]] = {
    "sessionize": lambda key: chat.sessionize(2.0, by=key),
    "sla": lambda key: chat.sla(2.0, answerer=odd, by=key),
    "in_order": lambda key: chat.in_order(lambda value: len(key(value)), 2.0),
    "latest_by": lambda key: chat.latest_by(key, ttl=2.0),
    "windowed_count": lambda key: chat.windowed_count(2.0, by=key),
    "thread_by": lambda key: chat.thread_by(key, idle=2.0),
}


@pytest.mark.parametrize("name", KEYED)
def test_nothing_waits_when_it_is_disposed_by_what_it_asks(name: str) -> None:
    scheduler = TestScheduler()
    source: Subject[int] = Subject()

    def key(value: int) -> str:
        subscription.dispose()
        return str(value)

    subscription = source.pipe(KEYED[name](key)).subscribe(scheduler=scheduler)
    source.on_next(2)
    assert source.observers == []
    assert len(deadlines_of(scheduler)) == 0
