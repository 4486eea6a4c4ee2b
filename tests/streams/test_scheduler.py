from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import reactivex
from reactivex.disposable import Disposable

from rxconvo.streams import LoopScheduler, current_scheduler
from rxconvo.testing import EPOCH, advance, settle, virtual_loop_factory


def loop_time() -> float:
    return asyncio.get_running_loop().time()


async def test_now_is_aware_and_follows_the_clock_of_the_loop() -> None:
    scheduler = current_scheduler()
    start = scheduler.now
    assert start.tzinfo is UTC
    await advance(3600.0)
    assert scheduler.now - start == timedelta(hours=1)


async def test_now_starts_at_the_time_of_day_that_it_is_given() -> None:
    await advance(5.0)
    asked = 0

    def wall() -> datetime:
        nonlocal asked
        asked += 1
        return EPOCH + timedelta(seconds=5)

    scheduler = current_scheduler(wall=wall)
    assert scheduler.now == EPOCH + timedelta(seconds=5)
    await advance(1.5)
    assert scheduler.now == EPOCH + timedelta(seconds=6.5)
    assert current_scheduler(wall=wall) is scheduler
    assert asked == 1


async def test_a_loop_has_one_scheduler() -> None:
    scheduler = current_scheduler()
    assert current_scheduler() is scheduler
    assert scheduler.loop is asyncio.get_running_loop()


def test_without_a_running_loop_there_is_none() -> None:
    with pytest.raises(RuntimeError):
        current_scheduler()


def test_schedulers_keep_no_loop_alive() -> None:
    async def main() -> weakref.ref[asyncio.AbstractEventLoop]:
        current_scheduler().schedule(lambda *_: None)
        return weakref.ref(asyncio.get_running_loop())

    with asyncio.Runner(loop_factory=virtual_loop_factory) as runner:
        loop = runner.run(main())
    del runner
    gc.collect()
    assert loop() is None


async def test_an_action_runs_at_once_with_its_state() -> None:
    seen: list[tuple[object, object]] = []

    def action(scheduler: object, state: object = None) -> None:
        seen.append((scheduler, state))

    scheduler = current_scheduler()
    scheduler.schedule(action, "state")
    assert seen == [(scheduler, "state")]


async def test_an_action_that_is_scheduled_by_another_runs_after_it() -> None:
    seen: list[str] = []
    scheduler = current_scheduler()

    def outer(*_: object) -> None:
        inner = scheduler.schedule(lambda *_: seen.append("cancelled"))
        scheduler.schedule(lambda *_: seen.append("inner"))
        inner.dispose()
        seen.append("outer")

    scheduler.schedule(outer)
    assert seen == ["outer", "inner"]


@pytest.mark.parametrize("duetime", [2.5, timedelta(seconds=2.5)])
async def test_an_action_runs_after_a_while(duetime: float | timedelta) -> None:
    seen: list[float] = []
    current_scheduler().schedule_relative(duetime, lambda *_: seen.append(loop_time()))
    await advance(10.0)
    assert seen == [2.5]


@pytest.mark.parametrize("duetime", [0, -3.0, timedelta(seconds=-1)])
async def test_an_action_that_is_due_runs_in_the_next_round(duetime: float | timedelta) -> None:
    seen: list[float] = []
    current_scheduler().schedule_relative(duetime, lambda *_: seen.append(loop_time()))
    assert not seen
    await settle()
    assert seen == [0.0]


async def test_an_action_runs_at_a_time() -> None:
    scheduler = LoopScheduler(asyncio.get_running_loop(), epoch=EPOCH)
    seen: list[tuple[str, float]] = []
    scheduler.schedule_absolute(scheduler.now + timedelta(seconds=4), lambda *_: seen.append(("datetime", loop_time())))
    scheduler.schedule_absolute(EPOCH.timestamp() + 7.0, lambda *_: seen.append(("float", loop_time())))
    scheduler.schedule_absolute(EPOCH - timedelta(days=1), lambda *_: seen.append(("past", loop_time())))
    await advance(10.0)
    assert seen == [("past", 0.0), ("datetime", 4.0), ("float", 7.0)]


async def test_a_periodic_action_runs_until_it_is_disposed() -> None:
    ticks: list[tuple[float, int]] = []

    def action(count: int | None = None) -> int:
        ticks.append((loop_time(), count or 0))
        return (count or 0) + 1

    ticking = current_scheduler().schedule_periodic(2.0, action, 0)
    await advance(7.0)
    ticking.dispose()
    await advance(7.0)
    assert ticks == [(2.0, 0), (4.0, 1), (6.0, 2)]


@pytest.mark.parametrize("delay", [0.0, 1.0])
async def test_disposing_cancels(delay: float) -> None:
    seen: list[object] = []
    scheduled = current_scheduler().schedule_relative(delay, lambda *_: seen.append(1))
    scheduled.dispose()
    scheduled.dispose()
    await advance(5.0)
    assert not seen


async def test_disposing_disposes_what_the_action_returned() -> None:
    inner = Disposable()
    scheduled = current_scheduler().schedule_relative(0.0, lambda *_: inner)
    await settle()
    assert not inner.is_disposed
    scheduled.dispose()
    assert inner.is_disposed


async def test_what_an_action_returns_that_disposed_itself_is_disposed() -> None:
    inner = Disposable()

    def action(*_: object) -> Disposable:
        scheduled.dispose()
        return inner

    scheduled = current_scheduler().schedule_relative(1.0, action)
    await advance(1.0)
    assert inner.is_disposed


async def test_what_an_action_raises_goes_where_it_was_run_from() -> None:
    contexts: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: contexts.append(context))

    def action(*_: object) -> None:
        raise ValueError("boom")

    current_scheduler().schedule_relative(1.0, action)
    with pytest.raises(ValueError, match="boom"):
        current_scheduler().schedule(action)
    await advance(1.0)
    assert [str(context["exception"]) for context in contexts] == ["boom"]


async def test_a_guarded_scheduler_hands_over_what_an_action_raises() -> None:
    errors: list[Exception] = []
    scheduler = current_scheduler()
    guarded = scheduler.guarded(errors.append)
    error = ValueError("boom")

    def action(*_: object) -> None:
        raise error

    guarded.schedule(action)
    guarded.schedule_relative(1.0, action)
    await advance(1.0)
    assert errors == [error, error]
    assert guarded.now == scheduler.now


async def test_stock_sources_run_on_it_without_threads() -> None:
    threads = threading.active_count()
    seen: list[tuple[float, int]] = []
    with reactivex.interval(0.5).subscribe(
        lambda tick: seen.append((loop_time(), tick)), scheduler=current_scheduler()
    ):
        await advance(2.0)
    assert threading.active_count() == threads
    assert seen == [(0.5, 0), (1.0, 1), (1.5, 2), (2.0, 3)]
