"""What comes out of order, put in order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from heapq import heappop, heappush
from math import inf
from typing import Any, Generic, Literal, TypeVar

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.operators._arguments import check_callable, check_choice, check_number, check_scheduler, check_seconds
from rxconvo.operators._stage import Stage, staged
from rxconvo.operators._timed import Timer
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["in_order"]

T = TypeVar("T")


def in_order(
    key: Callable[[Any], int],
    max_delay: float,
    *,
    first: int | None = None,
    max_pending: int = 1000,
    late: Literal["pass", "drop"] = "pass",
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Emit values in the order of their numbers, if those that are missing come soon.

    A value waits while one before it is missing, but no longer than *max_delay*. With one mark a second, `first=1` and
    `max_delay=3`:

        values:  -1-3----2--5-4-|
        sorted:  -1----3-2----x-|      x 4, then 5
        values:  -1-3#
        sorted:  -1--#
        values:  -1-3---
        sorted:  -1--!      ! disposed

    Example:
        import reactivex
        from reactivex.testing import TestScheduler
        from rxconvo.operators import in_order

        clock = TestScheduler()
        numbers = reactivex.Subject()
        numbers.pipe(in_order(int, 1.0, first=1, scheduler=clock)).subscribe(print)
        numbers.on_next(2)
        numbers.on_next(1)
        # -> 1
        # -> 2
        numbers.on_next(4)
        clock.advance_by(1.0)  # -> 4

    Args:
        key: Returns the number of a value: that of the next one is greater by 1.
        max_delay: Seconds that a value waits at most for those before it. Then it is emitted, after all with lower
            numbers that wait.
        first: The number that everything begins with. Where none is given, the first value waits, too.
        max_pending: Values that wait at most; where there are more, the one with the lowest number waits no longer.
        late: What becomes of a value that comes when its turn is over: `pass`, at once, or `drop`.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable.

    Emits:
        The values of the source, with *late* `drop` ascending, with `pass` each of them. When the source completes,
        what waits comes in order, then completion.

    Raises:
        ArgumentError: `max_delay` is not positive, or `max_pending` is not, or `late` is something else, or an argument
            is not of its type.

    Errors:
        Those of the source, at once, without what waits; and what *key* raises.

    Time:
        By arrival. All subscriptions of a scheduler share one timer, which is gone when nothing waits.
    """
    check_callable("key", key)
    if first is not None:
        check_number("first", first, None)
    check_scheduler(scheduler)
    check_seconds("max_delay", max_delay)
    check_number("max_pending", max_pending)
    check_choice("late", late, ("pass", "drop"))

    def start(stage: Stage[T], source: Observable[T], scheduler_: SchedulerBase | None) -> None:
        timer = Timer(scheduler or scheduler_ or current_scheduler(), lambda now: stage.run(partial(queue.expire, now)))
        queue: _Queue[T] = _Queue(key, max_delay, first, max_pending, timer, drop=late == "drop")
        stage.own(timer)
        stage.follow(source, queue.take, scheduler_, completed=lambda: stage.finish(queue.flush))

    return staged(start)


class _Queue(Generic[T]):
    """What waits in one subscription."""

    def __init__(
        self,
        key: Callable[[T], int],
        max_delay: float,
        first: int | None,
        max_pending: int,
        timer: Timer,
        *,
        drop: bool,
    ) -> None:
        self._key = key
        self._max_delay = max_delay
        self._next: float = -inf if first is None else first  # whose turn it is
        self._max_pending = max_pending
        self._timer = timer
        self._drop = drop
        self._came = 0
        self._waiting: list[tuple[int, int, T]] = []  # heap: number, when it came, value
        self._until: OrderedDict[int, tuple[float, int]] = OrderedDict()  # by when it came: until when, its number

    def take(self, value: T) -> Iterator[T]:
        """Take a value."""
        number = self._key(value)
        if number < self._next:
            if not self._drop:
                yield value
            return
        self._came += 1
        heappush(self._waiting, (number, self._came, value))
        self._until[self._came] = self._timer.clock() + self._max_delay, number
        yield from self._release(self._waiting[0][0] if len(self._waiting) > self._max_pending else -inf)

    def expire(self, now: float) -> Iterator[T]:
        """Let go of what has waited long enough, and of what is before that."""
        yield from self._release(max((number for until, number in self._until.values() if until <= now), default=-inf))

    def flush(self) -> Iterator[T]:
        """Let go of everything."""
        yield from self._release(inf)

    def _release(self, last: float) -> Iterator[T]:
        """Let go of what is up to a number, and of what follows without a gap."""
        while self._waiting and self._waiting[0][0] <= max(last, self._next):
            number, came, value = heappop(self._waiting)
            del self._until[came]
            if number >= self._next or not self._drop:
                yield value
            self._next = max(self._next, number + 1)
        if self._until:
            self._timer.arm(next(iter(self._until.values()))[0])
        else:
            self._timer.disarm()
