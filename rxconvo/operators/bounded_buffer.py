"""Values at a pace that their consumer can keep, only so many of them waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Generic, TypeVar

from reactivex import Observable
from reactivex.abc import SchedulerBase
from reactivex.disposable import SerialDisposable

from rxconvo.errors import SlowConsumerError
from rxconvo.operators._arguments import check_number, check_scheduler, check_seconds, check_text
from rxconvo.operators._stage import Stage, staged
from rxconvo.streams.backlog import Backlog, Overflow, check_overflow
from rxconvo.streams.meters import meters_of
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["bounded_buffer"]

T = TypeVar("T")


def bounded_buffer(
    maxsize: int,
    overflow: Overflow = "error",
    *,
    every: float = 0.0,
    name: str | None = None,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Emit values no faster than their consumer wants, and let no more than so many wait.

    With `every=3` and room for one that waits, under `drop_oldest`, `drop_newest`, `error` and `disconnect`, and under
    `error` where the source itself fails or it is disposed:

        values:   -abc------|
        emitted:  -a--c-----|
        values:   -abc------|
        emitted:  -a--b-----|
        values:   -abc------|
        emitted:  -a--b--#
        values:   -abc------|
        emitted:  -a--b--|
        values:   -ab#
        emitted:  -a--b--#
        values:   -ab---
        emitted:  -a-!               disposed

    `observe_on` and `zip` with an interval keep all that comes too fast, without a bound.

    Example:
        import asyncio
        import reactivex
        from rxconvo.operators import bounded_buffer

        reactivex.range(1000).pipe(bounded_buffer(2, "drop_oldest")).subscribe(print)
        await asyncio.sleep(1)
        # -> 998
        # -> 999

    Args:
        maxsize: How many values may wait.
        overflow: What becomes of one more: `error`, `disconnect`, `drop_oldest`, `drop_newest`, or, for diffs of lists,
            `reset`, which replaces all that wait by the list as it is.
        every: Seconds from one value to the next, at least; with 0, one in each round of the loop, so that a burst
            holds up nobody.
        name: Where `client.inspect()` shows what was dropped: under the name of a `probe`.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for anything; with `reset`, for `DiffBatch`.

    Emits:
        Each value that was not dropped, in order; it completes when the source has, after those that wait and a pause.

    Errors:
        Those of the source, and with `error` a `SlowConsumerError`, after those that wait and a pause.

    Time:
        At most one timer a subscription. Dispose forgets what waits.

    Raises:
        ArgumentError: `maxsize` is less than 1, `every` is negative or not finite, or there is no such `overflow`, or
            an argument is not of its type.
    """
    if name is not None:
        check_text("name", name, "a name")
    check_scheduler(scheduler)
    check_number("maxsize", maxsize)
    check_overflow("overflow", overflow)
    check_seconds("every", every, zero=True)

    def start(stage: Stage[T], source: Observable[T], scheduler_: SchedulerBase | None) -> None:
        clock = scheduler or scheduler_ or current_scheduler()
        buffer = _Buffer(stage, Backlog[T](maxsize, overflow), every, clock, name)
        buffer.follow(source, scheduler_)

    return staged(start)


class _Buffer(Generic[T]):
    """What waits of one subscription. While a pause runs, values wait; without one, they pass."""

    def __init__(
        self, stage: Stage[T], backlog: Backlog[T], every: float, scheduler: SchedulerBase, name: str | None
    ) -> None:
        self._stage = stage
        self._backlog = backlog
        self._every = every
        self._scheduler = scheduler
        self._pausing = False
        self._end: Callable[[], None] | None = None
        self._pause = SerialDisposable()
        self._source = SerialDisposable()
        self._meters = None if name is None else meters_of(scheduler)
        self._name = name or ""
        stage.own(self._pause)
        stage.own(self._source)

    def follow(self, source: Observable[T], scheduler: SchedulerBase | None) -> None:
        """Subscribe the source."""
        stage = self._stage
        self._source.disposable = source.subscribe(
            lambda value: stage.run(partial(self._take, value)),
            lambda error: stage.run(partial(self._last, partial(stage.fail, error))),
            lambda: stage.run(partial(self._last, stage.finish)),
            scheduler=scheduler,
        )

    def _take(self, value: T) -> Iterable[T]:
        if self._end is not None:
            return ()
        backlog = self._backlog
        dropped = backlog.dropped
        if not backlog.put(value):
            self._source.dispose()
            if self._meters is not None:
                self._meters[self._name].drops += 1
            stage = self._stage
            error = partial(stage.fail, SlowConsumerError(backlog.limit))
            return self._last(error if backlog.overflow == "error" else stage.finish)
        if self._meters is not None:
            self._meters[self._name].drops += backlog.dropped - dropped
        if self._every and not self._pausing:
            self._wait()
            return (backlog.take(),)
        self._wait()
        return ()

    def _last(self, end: Callable[[], None]) -> Iterable[T]:
        if self._end is None:
            self._end = end
            if not self._pausing:
                end()
        return ()

    def _wait(self) -> None:
        if not self._pausing:
            self._pausing = True
            self._pause.disposable = self._scheduler.schedule_relative(self._every, self._paused)

    def _paused(self, _scheduler: SchedulerBase, _state: Any = None) -> None:
        self._stage.run(self._next)

    def _next(self) -> Iterable[T]:
        self._pausing = False
        backlog = self._backlog
        if backlog.items:
            value = backlog.take()
            if self._every or backlog.items:
                self._wait()
            elif self._end is not None:
                self._end()
            return (value,)
        if self._end is not None:
            self._end()
        return ()
