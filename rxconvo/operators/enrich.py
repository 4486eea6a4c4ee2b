"""Something asynchronous done with every value, only so many at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Generic, Literal, TypeAlias, TypeVar

from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable

from rxconvo.errors import AbortError, SlowConsumerError
from rxconvo.model import Enriched
from rxconvo.operators._arguments import (
    check_callable,
    check_choice,
    check_flag,
    check_number,
    check_scheduler,
    check_seconds,
)
from rxconvo.operators._stage import Stage, staged
from rxconvo.operators._timed import Timer
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["enrich"]

T = TypeVar("T")
R = TypeVar("R")

_OnError: TypeAlias = Literal["pass", "drop", "raise"]


def enrich(
    fn: Callable[[T], Awaitable[R] | Observable[R]],
    *,
    max_concurrent: int = 4,
    ordered: bool = True,
    timeout: float | None = None,
    on_error: _OnError = "pass",
    max_waiting: int = 1000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[Enriched[T, R]]]:
    """Find out something about every value, for example its language or mood, by a coroutine or an Observable.

    With two at a time, of which `a` and `b` take 2 seconds and `c` takes 3, and `b` fails (`B`); `c` begins with the
    end of `a`:

        values:    -abc-----|
        enriched:  ---AB-C--|
        values:    -a#
        enriched:  --#
        values:    -ab--
        enriched:  --!               disposed

    `flat_map` with a coroutine function raises a `TypeError`; with a future of it, it takes any number at a time, in
    the order in which they end, and the first failure ends everything.

    Example:
        import asyncio
        from rxconvo import Message, Service
        from rxconvo.operators import enrich

        async def mood(message: Message) -> str:
            await asyncio.sleep(0.1)
            return "happy" if "!" in (message.body or "") else "neutral"

        async with Service() as service, service.client("ada") as ada:
            lunch = await (await ada.create_conversation()).join()
            lunch.messages.added.pipe(enrich(mood)).subscribe(lambda enriched: print(enriched.result))
            await lunch.send_message("pizza!")
            await asyncio.sleep(1)  # -> happy

    Args:
        fn: Begins it: returns an awaitable, or an Observable whose first value is the result.
        max_concurrent: How many may be under way.
        ordered: Whether results come in the order of the values; else as they are there.
        timeout: Seconds after which one is given up, with a `TimeoutError`; None for no limit.
        on_error: What becomes of a failure: a value like any other, nothing, or the end with that error.
        max_waiting: How many values may be kept: those that wait, are under way, or have a result that waits for its
            turn. One more fails at once, ahead of its turn, with a `SlowConsumerError`.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for anything.

    Emits:
        `Enriched` for each value. It completes when the source has and nothing is under way any more.

    Errors:
        Those of the source, at once; with `on_error="raise"` that of a value. What is under way then is cancelled, as
        it is by dispose.

    Time:
        Timers only for *timeout*, all of which share that of the scheduler. Awaitables run on the running loop.

    Raises:
        ArgumentError: A number is less than 1, `timeout` is not positive or not finite, or there is no such `on_error`,
            or an argument is not of its type.
    """
    check_callable("fn", fn)
    check_flag("ordered", ordered)
    check_scheduler(scheduler)
    check_number("max_concurrent", max_concurrent)
    check_number("max_waiting", max_waiting)
    if timeout is not None:
        check_seconds("timeout", timeout)
    check_choice("on_error", on_error, ("pass", "drop", "raise"))

    def start(stage: Stage[Enriched[T, R]], source: Observable[T], scheduler_: SchedulerBase | None) -> None:
        works = _Works(
            stage,
            fn,
            scheduler or scheduler_ or current_scheduler(),
            max_concurrent=max_concurrent,
            ordered=ordered,
            timeout=timeout,
            on_error=on_error,
            max_waiting=max_waiting,
        )
        stage.own(works)
        stage.follow(source, works.take, scheduler_, completed=works.end)

    return staged(start)


class _Work(Generic[T, R]):
    """What is done for one value.

    Attributes:
        value: The value.
        outcome: What came of it, None until then.
        running: Releases what is under way, None before and after.
    """

    __slots__ = ("outcome", "running", "value")

    def __init__(self, value: T) -> None:
        self.value = value
        self.outcome: Enriched[T, R] | None = None
        self.running: DisposableBase | None = None

    def stop(self) -> None:
        """Release what is under way."""
        running, self.running = self.running, None
        if running is not None:
            running.dispose()


class _Works(DisposableBase, Generic[T, R]):
    """What one subscription does."""

    def __init__(
        self,
        stage: Stage[Enriched[T, R]],
        fn: Callable[[T], Awaitable[R] | Observable[R]],
        scheduler: SchedulerBase,
        *,
        max_concurrent: int,
        ordered: bool,
        timeout: float | None,
        on_error: _OnError,
        max_waiting: int,
    ) -> None:
        self._stage = stage
        self._fn = fn
        self._scheduler = scheduler
        self._max_concurrent = max_concurrent
        self._ordered = ordered
        self._timeout = timeout
        self._on_error = on_error
        self._max_waiting = max_waiting
        self._waiting: deque[_Work[T, R]] = deque()
        self._begun: dict[
            _Work[T, R], None
        ] = {}  # in the order of the values; those with an outcome wait for their turn
        self._under_way = 0
        self._ending = False

    def take(self, value: T) -> Iterable[Enriched[T, R]]:
        """Take a value."""
        if len(self._waiting) + len(self._begun) >= self._max_waiting:
            return self._told(Enriched(value, None, SlowConsumerError(self._max_waiting)))
        self._waiting.append(_Work(value))
        self._begin_more()
        return ()

    def end(self) -> None:
        """Take that there will be no more values."""
        self._ending = True
        self._stage.run(self._end)

    def dispose(self) -> None:
        """Cancel what is under way, and forget the rest."""
        self._waiting.clear()
        begun, self._begun = self._begun, {}
        for work in begun:
            work.stop()

    def _begin_more(self) -> None:
        """Begin what may be under way now, one after the other, as each may have its outcome at once."""
        if self._waiting and self._under_way < self._max_concurrent:
            self._stage.run(self._begin)

    def _begin(self) -> Iterable[Enriched[T, R]]:
        if self._waiting and self._under_way < self._max_concurrent:
            work = self._waiting.popleft()
            self._begun[work] = None
            self._under_way += 1
            self._begin_more()
            self._start(work)
        return ()

    def _end(self) -> Iterable[Enriched[T, R]]:
        """End if nothing is left to be done."""
        if self._ending and not self._begun and not self._waiting:
            self._stage.finish()
        return ()

    def _start(self, work: _Work[T, R]) -> None:
        succeeded = partial(self._end_of, work, None)
        failed = partial(self._end_of, work)
        try:
            made = self._fn(work.value)
            begun = (
                made.pipe(ops.first()).subscribe(succeeded, failed, scheduler=self._scheduler)
                if isinstance(made, Observable)
                else _await(made, succeeded, failed)
            )
        except Exception as error:  # noqa: BLE001 - it is a value
            failed(error)
            return
        if work.outcome is not None or self._stage.ended:
            begun.dispose()
            return
        work.running = begun
        if self._timeout is not None:
            timer = Timer(self._scheduler, lambda _: failed(TimeoutError()))
            timer.arm(timer.clock() + self._timeout)
            work.running = CompositeDisposable(begun, timer)

    def _end_of(self, work: _Work[T, R], error: Exception | None, result: R | None = None) -> None:
        if work.outcome is None and not self._stage.ended:
            work.outcome = Enriched(work.value, result, error)
            work.stop()
            self._stage.run(partial(self._collect, work))

    def _collect(self, ended: _Work[T, R]) -> Iterable[Enriched[T, R]]:
        """Return what is to be emitted now that something has ended, and have the next begun."""
        self._under_way -= 1
        self._begin_more()
        if self._ending:
            self._stage.run(self._end)
        for work in tuple(self._begun) if self._ordered else (ended,):
            if work.outcome is None:
                return
            del self._begun[work]
            yield from self._told(work.outcome)

    def _told(self, outcome: Enriched[T, R]) -> Iterable[Enriched[T, R]]:
        if outcome.error is None or self._on_error == "pass":
            return (outcome,)
        if self._on_error == "raise":
            raise outcome.error
        return ()


def _await(made: Awaitable[R], succeeded: Callable[[R], None], failed: Callable[[Exception], None]) -> DisposableBase:
    future = asyncio.ensure_future(made)

    def done(future: asyncio.Future[R]) -> None:
        if future.cancelled():
            failed(AbortError("it was cancelled"))
        elif (error := future.exception()) is None:
            succeeded(future.result())
        elif isinstance(error, Exception):
            failed(error)

    def cancel() -> None:
        future.cancel()

    future.add_done_callback(done)
    return Disposable(cancel)
