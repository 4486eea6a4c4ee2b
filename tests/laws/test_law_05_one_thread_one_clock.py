"""Everything happens on the client's loop and by its clock, also what stock operators do on our streams."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import reactivex
from reactivex import operators as ops
from reactivex.scheduler import ThreadPoolScheduler, VirtualTimeScheduler

import rxconvo
from rxconvo.testing import EPOCH, Log, World, advance

Chain = Callable[[reactivex.Observable[Any]], reactivex.Observable[Any]]


class Watch:
    """Notes at what time of the loop, and on which thread, an observer is told of something."""

    def __init__(self) -> None:
        self.log = Log()
        self.threads: set[int] = set()
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()

    def __call__(self, value: object) -> None:
        self.threads.add(threading.get_ident())
        index = value.message.index if isinstance(value, rxconvo.MessageAdded) else value
        self.log((round(self._loop.time() - self._start, 6), index))


def index_of(event: Any) -> Any:
    return event.message.index


def interval_of(timed: Any) -> Any:
    return timed.interval.total_seconds()


def age_of(stamped: Any) -> Any:
    return stamped.timestamp - EPOCH


INDEX = ops.map(index_of)
COUNT = ops.map(len)

# Messages 0, 1 and 2 are sent at 0.0, 0.4 and 2.0 seconds; six seconds are observed.
TIMED: dict[str, tuple[Chain, list[tuple[float, object]]]] = {
    "debounce": (lambda stream: stream.pipe(ops.debounce(0.5), INDEX), [(0.9, 1), (2.5, 2)]),
    "throttle_first": (lambda stream: stream.pipe(ops.throttle_first(1.0), INDEX), [(0.0, 0), (2.0, 2)]),
    "throttle_with_timeout": (
        lambda stream: stream.pipe(ops.throttle_with_timeout(0.5), INDEX),
        [(0.9, 1), (2.5, 2)],
    ),
    "sample": (lambda stream: stream.pipe(ops.sample(0.9), INDEX), [(0.9, 1), (2.7, 2)]),
    "delay": (lambda stream: stream.pipe(ops.delay(1.0), INDEX), [(1.0, 0), (1.4, 1), (3.0, 2)]),
    "timeout": (
        lambda stream: stream.pipe(ops.timeout(1.0), INDEX, ops.catch(reactivex.just("late"))),
        [(0.0, 0), (0.4, 1), (1.4, "late")],
    ),
    "buffer_with_time": (
        lambda stream: stream.pipe(ops.buffer_with_time(1.0), COUNT, ops.filter(bool)),
        [(1.0, 2), (3.0, 1)],
    ),
    "time_interval": (
        lambda stream: stream.pipe(ops.time_interval(), ops.map(interval_of)),
        [(0.0, 0.0), (0.4, 0.4), (2.0, 1.6)],
    ),
    "fluent": (lambda stream: stream.debounce(0.5).pipe(INDEX), [(0.9, 1), (2.5, 2)]),
    "a combination": (
        lambda stream: stream.pipe(ops.combine_latest(reactivex.never()), ops.merge(stream), ops.debounce(0.5), INDEX),
        [(0.9, 1), (2.5, 2)],
    ),
    "a function of reactivex, and our scheduler": (
        lambda stream: reactivex.merge(stream, reactivex.never()).pipe(
            ops.debounce(0.5, scheduler=rxconvo.current_scheduler()), INDEX
        ),
        [(0.9, 1), (2.5, 2)],
    ),
    "a merge": (lambda stream: stream.merge(reactivex.never()).pipe(ops.debounce(0.5), INDEX), [(0.9, 1), (2.5, 2)]),
    "a view": (
        lambda stream: stream.added.pipe(ops.debounce(0.5), ops.map(lambda message: message.index)),  # type: ignore[attr-defined]
        [(0.9, 1), (2.5, 2)],
    ),
}


async def timed(chain: Chain) -> Watch:
    """Observe a chain while three messages are sent."""
    async with World() as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        await mine.messages.opened
        watch = Watch()
        with chain(mine.messages).subscribe(watch):
            await mine.send_message("0")
            await advance(0.4)
            await mine.send_message("1")
            await advance(1.6)
            await mine.send_message("2")
            await advance(4.0)
        return watch


async def violations(name: str) -> list[str]:
    """Tell what a chain does at another time, on another thread, or with one."""
    threads = threading.active_count()
    chain, expected = TIMED[name]
    watch = await timed(chain)
    found = [] if watch.log == expected else [f"{name} gives {watch.log}"]
    if threading.active_count() != threads:
        found.append(f"{name} has started a thread")
    if watch.threads - {threading.get_ident()}:
        found.append(f"{name} was heard on another thread")
    return found


@pytest.mark.parametrize("name", TIMED)
async def test_stock_operators_keep_to_the_loop_and_to_virtual_time(name: str) -> None:
    assert await violations(name) == []


async def test_timestamps_are_of_the_loops_clock() -> None:
    watch = await timed(lambda stream: stream.pipe(ops.timestamp(), ops.map(age_of)))
    stamps = [stamp for _, stamp in watch.log]
    assert [stamp - stamps[0] for stamp in stamps] == [timedelta(seconds=each) for each in (0.0, 0.4, 2.0)]
    assert stamps[0] < timedelta(hours=1)  # not the wall clock's


async def test_the_scheduler_is_the_operators_else_that_of_subscribe_else_the_loops() -> None:
    async with World() as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        of_operator, of_subscribe = VirtualTimeScheduler(), VirtualTimeScheduler()
        logs = [Log() for _ in range(3)]
        with (
            mine.messages.pipe(ops.delay(1.0, scheduler=of_operator)).subscribe(logs[0], scheduler=of_subscribe),
            mine.messages.pipe(ops.delay(1.0)).subscribe(logs[1], scheduler=of_subscribe),
            mine.messages.pipe(ops.delay(1.0)).subscribe(logs[2]),
        ):
            await mine.send_message("hello")
            await advance(2.0)
            assert list(map(len, logs)) == [0, 0, 1]
            of_subscribe.advance_by(2.0)
            assert list(map(len, logs)) == [0, 1, 1]
            of_operator.advance_by(2.0)
            assert list(map(len, logs)) == [1, 1, 1]


async def test_the_loops_scheduler_shows_the_loops_time() -> None:
    async with World() as world:
        await world.client("ada")
        scheduler = rxconvo.current_scheduler()
        assert scheduler is rxconvo.current_scheduler()
        before = scheduler.now
        await advance(3600.0)
        assert scheduler.now - before == timedelta(hours=1)


async def test_nothing_starts_a_thread_or_is_heard_on_another(world: World) -> None:
    threads = threading.active_count()
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    watch, typing = Watch(), Watch()
    mine.messages.pipe(ops.debounce(0.01), ops.observe_on(rxconvo.current_scheduler())).subscribe(watch)
    mine.typing.subscribe(typing)
    await mine.typing.opened
    await mine.messages.opened
    await his.send_typing()
    await typing.log.until(lambda log: log != [])
    await his.send_message("hello")
    await watch.log.until(lambda log: log != [])
    assert watch.threads | typing.threads == {threading.get_ident()}
    assert threading.active_count() == threads


async def test_the_wall_clock_is_of_no_interest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typing ends, requests time out and connections are retried by the loop's clock alone."""
    async with World() as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        log = Log()
        mine.typing.subscribe(log)
        await mine.typing.opened
        ada.errors.subscribe()  # or they are logged, with the time of day
        for clock in ("time", "monotonic", "perf_counter"):
            monkeypatch.setattr(time, clock, _broken)
        await his.send_typing()
        await log.until(lambda log: log != [])
        await advance(10.0)
        assert [type(event) for event in log] == [rxconvo.TypingStarted, rxconvo.TypingEnded]
        world.lines["ada"].cut()
        await mine.send_message("hello").retry(2)
        monkeypatch.undo()


def _broken() -> float:
    raise AssertionError("somebody has looked at a clock")


def test_the_check_knows_a_thread_when_there_is_one() -> None:
    with ThreadPoolScheduler(1).executor as pool:
        before = threading.active_count()
        pool.submit(threading.get_ident).result()
        assert threading.active_count() == before + 1
