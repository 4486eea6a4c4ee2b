"""A mean in which the past counts less and less."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.operators._arguments import check_scheduler, check_seconds
from rxconvo.operators._timed import Timed, timed

__all__ = ["ewma"]


def ewma(
    half_life: float, *, scheduler: SchedulerBase | None = None
) -> Callable[[Observable[float]], Observable[float]]:
    """Emit for each number the mean of all so far, in which one counts half as much after *half_life* seconds.

    Numbers are weighed by when they came, as often or seldom as they do: after a long silence a new one is nearly all
    that counts, and of those that come at the same time the order does not matter. With one mark a second and
    `half_life=2`:

        numbers:  -a-b-c-|      a 0.0, b 6.0, c 11.0
        means:    -a-x-y-|      x 4.0, y 8.0
        numbers:  -a-#
        means:    -a-#
        numbers:  -a-b-c
        means:    -a-x!      ! disposed

    Example:
        import reactivex
        from reactivex.testing import TestScheduler
        from rxconvo.operators import ewma

        clock = TestScheduler()
        seconds = reactivex.Subject()
        seconds.pipe(ewma(60.0, scheduler=clock)).subscribe(print)
        seconds.on_next(10.0)  # -> 10.0
        clock.advance_by(60.0)
        seconds.on_next(40.0)  # -> 30.0

    Args:
        half_life: Seconds after which a number counts half.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for Observables of numbers.

    Emits:
        A mean for each number; nothing for infinities and what is no number, which would spoil all means to come. Two
        numbers are kept.

    Errors:
        Those of the source, at once.

    Time:
        By arrival. There is no timer.

    Raises:
        ArgumentError: `half_life` is not positive, or not finite, or an argument is not of its type.
    """
    check_scheduler(scheduler)
    check_seconds("half_life", half_life)
    return timed(scheduler, lambda observer, own: _Ewma(observer, own, half_life))


class _Ewma(Timed[float, float]):
    """One subscription: the sum of all numbers and that of their weights, both as of the last one."""

    __slots__ = ("_half_life", "_since", "_sum", "_weight")

    def __init__(self, observer: ObserverBase[float], scheduler: SchedulerBase, half_life: float) -> None:
        super().__init__(observer, scheduler)
        self._half_life = half_life
        self._sum = self._weight = self._since = 0.0

    def on_next(self, value: float) -> None:
        if self.observer is None or not isfinite(value):
            return
        now = self.clock()
        left = 0.5 ** ((now - self._since) / self._half_life)
        self._since = now
        self._sum = self._sum * left + value
        self._weight = self._weight * left + 1.0
        self.observer.on_next(self._sum / self._weight)

    def due(self, now: float) -> None:
        """Do nothing: it never waits."""
