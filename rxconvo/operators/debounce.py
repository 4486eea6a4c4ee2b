"""One value for a burst of them: its first, its last, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Final, TypeVar, cast

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.errors import ArgumentError
from rxconvo.operators._arguments import check_flag, check_scheduler, check_seconds
from rxconvo.operators._timed import Timed, timed

__all__ = ["debounce"]

T = TypeVar("T")

_NOTHING: Final = object()


def debounce(
    t: float,
    *,
    leading: bool = False,
    trailing: bool = True,
    max_wait: float | None = None,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Emit one value for each burst: its first (`leading`), its last (`trailing`), or both.

    A burst is over when nothing came for *t* seconds. While it goes on, *max_wait* lets its newest value through all
    the same, that long after the last one. The rules are those of `debounce` in lodash; with `max_wait=t` and
    `leading=True` it is lodash's `throttle`. With one mark a second, `t=3` and `max_wait=5`:

        values:   -ab----cd-ef-h----|
        emitted:  -----b------f---h-|
        values:   -ab#
        emitted:  ---#
        values:   -ab----c--
        emitted:  -----b---!      ! disposed

    Example:
        import reactivex
        from reactivex.testing import TestScheduler
        from rxconvo.operators import debounce

        clock = TestScheduler()
        keys = reactivex.Subject()
        keys.pipe(debounce(0.5, scheduler=clock)).subscribe(print)
        keys.on_next("h")
        keys.on_next("hi")
        clock.advance_by(1.0)  # -> hi

    Args:
        t: Seconds without a value that end a burst.
        leading: Whether the first value of a burst is emitted, at once.
        trailing: Whether the last value of a burst is emitted, when it is over. A value that was emitted as the first
            is not emitted again as the last.
        max_wait: Seconds between two values of one burst that goes on and on, at least *t*; None is no limit.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable.

    Emits:
        Values of the source. When it completes, the value that waits comes first, if it is `trailing`. At most one
        value is kept.

    Errors:
        Those of the source, at once; the value that waits is dropped.

    Time:
        By arrival. All subscriptions of a scheduler share one timer. A value that comes in the moment in which a burst
        would be over belongs to the burst.

    Raises:
        ArgumentError: `t` is not positive, `max_wait` is less than `t`, or neither edge is wanted, or an argument is
            not of its type.
    """
    check_flag("leading", leading)
    check_flag("trailing", trailing)
    check_scheduler(scheduler)
    check_seconds("t", t)
    if max_wait is not None and check_seconds("max_wait", max_wait) < t:
        raise ArgumentError("max_wait", f"at least t, which is {t} seconds", max_wait)
    if not leading and not trailing:
        raise ArgumentError("trailing", "True where leading is not", trailing)
    return timed(
        scheduler,
        lambda observer, own: _Debounce(
            observer, own, t, leading=leading, trailing=trailing, max_wait=inf if max_wait is None else max_wait
        ),
    )


class _Debounce(Timed[T, T]):
    """One subscription.

    It waits for the earlier of two moments: the burst is over, or has gone on for too long. Both only ever move away,
    so the deadline is looked at again when it comes up.
    """

    __slots__ = ("_came", "_leading", "_max_wait", "_t", "_trailing", "_until", "_value", "_waits")

    def __init__(
        self,
        observer: ObserverBase[T],
        scheduler: SchedulerBase,
        t: float,
        *,
        leading: bool,
        trailing: bool,
        max_wait: float,
    ) -> None:
        super().__init__(observer, scheduler)
        self._t = t
        self._leading = leading
        self._trailing = trailing
        self._max_wait = max_wait
        self._came = -inf  # when the last value did
        self._until = -inf if max_wait < inf else inf  # when a burst will have gone on for too long
        self._value: T | object = _NOTHING  # what waits
        self._waits = False

    def on_next(self, value: T) -> None:
        now = self.clock()
        if self._waits and now < self._until:
            self._came = now
            if self._trailing:
                self._value = value
            return
        begins = now >= min(self._until, self._came + self._t)
        waited, self._came, self._waits = self._waits, now, True
        if begins:
            self._until = now + self._max_wait
        self.arm(now + self._t)
        if begins and (waited or self._leading):
            self._let(value, now)
        elif self._trailing:
            self._value = value

    def due(self, now: float) -> None:
        until = min(self._came + self._t, self._until)
        if until > now:
            self.arm(until)
            return
        self._waits = False
        for value in self.last():
            self._let(value, now)

    def last(self) -> Iterable[T]:
        return () if self._value is _NOTHING else (cast("T", self._value),)

    def forget(self) -> None:
        self._value = _NOTHING

    def _let(self, value: T, now: float) -> None:
        self._until = now + self._max_wait
        self._value = _NOTHING
        if self.observer is not None:
            self.observer.on_next(value)
