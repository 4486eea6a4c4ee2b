"""The newest value, every so often."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar, cast

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.operators._arguments import check_scheduler, check_seconds
from rxconvo.operators._timed import Timed, timed

__all__ = ["audit"]

T = TypeVar("T")

_NOTHING: Final = object()


def audit(t: float, *, scheduler: SchedulerBase | None = None) -> Callable[[Observable[T]], Observable[T]]:
    """Emit the newest value, *t* seconds after the first one since the last emission.

    The last value of all is never lost, which `ops.throttle_first` cannot promise; and while values keep coming they
    show every *t* seconds, which `ops.debounce` does not. With one mark a second and `t=3`:

        values:   -ab-----c-d---f----|
        emitted:  ----b------d-----f-|
        values:   -ab#
        emitted:  ---#
        values:   -ab----c--
        emitted:  ----b----!      ! disposed

    Example:
        import reactivex
        from reactivex.testing import TestScheduler
        from rxconvo.operators import audit

        clock = TestScheduler()
        scores = reactivex.Subject()
        scores.pipe(audit(1.0, scheduler=clock)).subscribe(print)
        scores.on_next(1)
        scores.on_next(2)
        clock.advance_by(1.0)  # -> 2

    Args:
        t: Seconds.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable.

    Emits:
        Values of the source, two of them never less than *t* seconds apart, but for the last: when the source
        completes, the value that waits comes at once, then completion. At most one value is kept.

    Errors:
        Those of the source, at once; the value that waits is dropped.

    Time:
        By arrival. All subscriptions of a scheduler share one timer, which is gone when no value waits.

    Raises:
        ArgumentError: `t` is not positive, or not finite, or an argument is not of its type.
    """
    check_scheduler(scheduler)
    check_seconds("t", t)
    return timed(scheduler, lambda observer, own: _Audit(observer, own, t))


class _Audit(Timed[T, T]):
    """One subscription."""

    __slots__ = ("_t", "_value")

    def __init__(self, observer: ObserverBase[T], scheduler: SchedulerBase, t: float) -> None:
        super().__init__(observer, scheduler)
        self._t = t
        self._value: T | object = _NOTHING

    def on_next(self, value: T) -> None:
        first = self._value is _NOTHING
        self._value = value
        if first:
            self.arm(self.clock() + self._t)

    def due(self, now: float) -> None:
        values = self.last()
        self._value = _NOTHING
        for value in values:
            if self.observer is not None:
                self.observer.on_next(value)

    def last(self) -> Iterable[T]:
        return () if self._value is _NOTHING else (cast("T", self._value),)

    def forget(self) -> None:
        self._value = _NOTHING
