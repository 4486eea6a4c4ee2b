"""How many values of each kind came lately."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import TypeVar

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.operators._arguments import check_callable, check_number, check_scheduler
from rxconvo.operators._sliding import Sliding, steps_of
from rxconvo.operators._timed import timed

__all__ = ["windowed_count"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def windowed_count(
    size: float,
    *,
    by: Callable[[T], K],
    slide: float | None = None,
    max_keys: int = 10_000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[Mapping[K, int]]]:
    """Emit how many values of each key came within the last *size* seconds, every *slide* seconds.

    Without *slide*, windows follow one another, and each value is counted in one of them. With one mark a second,
    `size=4`, `slide=2`, and letters as their own keys:

        values:  --aa-b-----a--|
        counts:  0---x-y-z-0--w|      0 {}, x {a: 2}, y {a: 2, b: 1}, z {b: 1}, w {a: 1}
        values:  -a#
        counts:  0-#
        values:  -a---
        counts:  0--w!      ! disposed

    Example:
        import reactivex
        from reactivex.testing import TestScheduler
        from rxconvo.operators import windowed_count

        clock = TestScheduler()
        authors = reactivex.Subject()
        counts = windowed_count(60.0, by=str.lower, scheduler=clock)
        authors.pipe(counts).subscribe(lambda count: print(dict(count)))  # -> {}
        for author in ("ada", "bob", "Ada"):
            authors.on_next(author)
        clock.advance_by(60.0)  # -> {'ada': 2, 'bob': 1}

    Args:
        size: Seconds that are looked back.
        by: Returns the key of a value.
        slide: Seconds between two emissions: *size* divided by a whole number, at most 1,000; by default *size*.
        max_keys: How many keys may be in the window at a time; values of further ones are not counted.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable.

    Emits:
        At once an empty mapping; then one every *slide* seconds, from the first value on, as long as something is in
        the window, and one more empty one. Each is new and cannot be changed; keys that count nothing are not in it.
        When the source completes, the counts with what came since the last ones come first.

    Errors:
        Those of the source, and what *by* raises, at once.

    Time:
        By arrival. All keys and all subscriptions of a scheduler share one timer, which is gone when nothing is in
        the window.

    Raises:
        ArgumentError: `size` or `slide` is not positive, or `slide` does not divide `size`; `max_keys` is below 1, or
            an argument is not of its type.
    """
    check_callable("by", by)
    check_scheduler(scheduler)
    step = size if slide is None else slide
    steps = steps_of(size, step, "size")
    check_number("max_keys", max_keys)
    return timed(
        scheduler, lambda observer, own: _WindowedCount(observer, own, by, slide=step, steps=steps, max_keys=max_keys)
    )


class _WindowedCount(Sliding[T, K, Mapping[K, int]]):
    """One subscription."""

    __slots__ = ("_by",)

    def __init__(
        self,
        observer: ObserverBase[Mapping[K, int]],
        scheduler: SchedulerBase,
        by: Callable[[T], K],
        *,
        slide: float,
        steps: int,
        max_keys: int,
    ) -> None:
        self._by = by
        super().__init__(observer, scheduler, slide=slide, steps=steps, max_keys=max_keys)

    def key(self, value: T) -> K:
        return self._by(value)

    def result(self) -> Mapping[K, int]:
        return MappingProxyType(self.totals.copy())
