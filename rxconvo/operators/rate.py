"""How many values a second there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.operators._arguments import check_scheduler, check_seconds
from rxconvo.operators._sliding import Sliding, steps_of
from rxconvo.operators._timed import timed

__all__ = ["rate"]


def rate(
    window: float, *, slide: float | None = None, scheduler: SchedulerBase | None = None
) -> Callable[[Observable[Any]], Observable[float]]:
    """Emit how many values a second came within the last *window* seconds, every *slide* seconds.

    It falls to 0 by itself when nothing comes any more, and then rests. With one mark a second, `window=4` and
    `slide=2`:

        values:  --aa-a--------a--|
        rates:   x---y-z-t-x-----t|      x 0.0, y 0.5, z 0.75, t 0.25
        values:  -a#
        rates:   x-#
        values:  -a---
        rates:   x--t!      ! disposed

    Example:
        import reactivex
        from reactivex.testing import TestScheduler
        from rxconvo.operators import rate

        clock = TestScheduler()
        messages = reactivex.Subject()
        messages.pipe(rate(10.0, scheduler=clock)).subscribe(print)  # -> 0.0
        messages.on_next("hello")
        messages.on_next("bye")
        clock.advance_by(1.0)  # -> 0.2

    Args:
        window: Seconds that are looked back.
        slide: Seconds between two emissions: *window* divided by a whole number, at most 1,000; by default 10.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable.

    Emits:
        At once 0.0; then a number every *slide* seconds, from the first value on, as long as something is in the
        window, and one more 0.0. When the source completes, the number with what came since the last one comes first.
        What is kept is one count for each *slide* of the window.

    Errors:
        Those of the source, at once.

    Time:
        By arrival. All subscriptions of a scheduler share one timer, which is gone when nothing is in the window.

    Raises:
        ArgumentError: `window` or `slide` is not positive, or `slide` does not divide `window`, or an argument is not
            of its type.
    """
    check_scheduler(scheduler)
    step = check_seconds("window", window) / 10 if slide is None else slide
    steps = steps_of(window, step, "window")
    return timed(scheduler, lambda observer, own: _Rate(observer, own, window, step, steps))


class _Rate(Sliding[Any, None, float]):
    """One subscription."""

    __slots__ = ("_window",)

    def __init__(
        self, observer: ObserverBase[float], scheduler: SchedulerBase, window: float, slide: float, steps: int
    ) -> None:
        self._window = window
        super().__init__(observer, scheduler, slide=slide, steps=steps, max_keys=1)

    def key(self, value: object) -> None:
        return None

    def result(self) -> float:
        return self.totals.get(None, 0) / self._window
