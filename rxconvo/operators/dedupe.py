"""Each thing once, although it may come several times."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from math import inf
from typing import Any, TypeVar

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.operators._arguments import check_callable, check_number, check_scheduler, check_seconds
from rxconvo.operators._deadlines import deadlines_of
from rxconvo.operators._stage import Stage, staged
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["dedupe"]

T = TypeVar("T")


def dedupe(
    key: Callable[[Any], Hashable] | None = None,
    *,
    window: float | None = None,
    max_keys: int = 10_000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Leave out what was emitted before.

    Unlike `ops.distinct` it takes the same time for each value, however many there were, and its memory is bounded.
    With one mark a second and `window=4`:

        values:  -a-a-b-a--a|
        once:    -a---b-a---|
        values:  -a-a#
        once:    -a--#
        values:  -a-b-
        once:    -a!      ! disposed

    Example:
        import reactivex
        from rxconvo.operators import dedupe

        reactivex.of("apple", "APPLE", "bean").pipe(dedupe(str.lower)).subscribe(print)
        # -> apple
        # -> bean

    Args:
        key: Tells which values are the same thing; what it returns is hashable. By default the value itself.
        window: Seconds for which a thing is remembered after it was emitted; None is as long as there is room.
        max_keys: How many things are remembered; where there are more, the one that was emitted first is forgotten.
        scheduler: Whose clock counts for *window*; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable. To apply it twice is the same as once.

    Emits:
        Values of the source, at once. It completes with the source.

    Raises:
        ArgumentError: `window` is not positive, or `max_keys` is not, or an argument is not of its type.

    Errors:
        Those of the source, and what *key* raises: `TypeError` where a key is not hashable.

    Time:
        By arrival. It sets no timer.
    """
    check_callable("key", key, optional=True)
    check_scheduler(scheduler)
    if window is not None:
        check_seconds("window", window)
    check_number("max_keys", max_keys)

    def start(stage: Stage[T], source: Observable[T], scheduler_: SchedulerBase | None) -> None:
        queue = None if window is None else deadlines_of(scheduler or scheduler_ or current_scheduler())
        emitted: OrderedDict[Any, float] = OrderedDict()  # until when each is remembered; in the order of emission

        def until() -> float:
            """Forget what is over; return until when a thing is remembered that is emitted now."""
            if queue is None or window is None:
                return inf
            now = queue.clock()
            while emitted and next(iter(emitted.values())) <= now:
                emitted.popitem(last=False)
            return now + window

        def take(value: T) -> Iterable[T]:
            name = value if key is None else key(value)
            time = until()
            if name in emitted:
                return ()
            emitted[name] = time
            if len(emitted) > max_keys:
                emitted.popitem(last=False)
            return (value,)

        stage.follow(source, take, scheduler_, completed=stage.finish)

    return staged(start)
