"""No more values a second than somebody can use, and nothing lost of lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any, Final, TypeVar, cast

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.model import Diff, DiffBatch, Reset
from rxconvo.operators._arguments import check_number, check_range, check_scheduler
from rxconvo.operators._timed import Timed, timed

__all__ = ["conflate"]

T = TypeVar("T")

_NOTHING: Final = object()


def conflate(
    max_hz: float, *, max_diffs: int = 1000, scheduler: SchedulerBase | None = None
) -> Callable[[Observable[T]], Observable[T]]:
    """Emit at most *max_hz* values a second: batches of diffs merged, of all else the newest.

    To drop a batch of diffs, as `ops.sample` and `ops.throttle_first` do, makes every list that is made of the others
    a wrong one. With one mark a second and `max_hz=0.25`:

        batches:  -a-bc----d---|
        emitted:  -a---m---d---|      m is b and c
        batches:  -ab#
        emitted:  -a-#
        batches:  -ab---
        emitted:  -a-!      ! disposed

    Example:
        import reactivex
        from reactivex.testing import TestScheduler
        from rxconvo import Append, DiffBatch, Remove
        from rxconvo.operators import conflate

        clock = TestScheduler()
        batches = reactivex.Subject()
        batches.pipe(conflate(10.0, scheduler=clock)).subscribe(lambda batch: print(len(batch.diffs)))
        batches.on_next(DiffBatch((Append(("pizza?",)),)))  # -> 1
        batches.on_next(DiffBatch((Append(("sushi!",)),)))
        batches.on_next(DiffBatch((Remove(0),)))
        clock.advance_by(0.1)  # -> 2

    Args:
        max_hz: Values a second.
        max_diffs: How many diffs may wait; when there are more, they are emitted before their time.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for Observables of `DiffBatch`, as `timeline` makes, and for any other of which the newest value is
        all that matters.

    Emits:
        A value at once, if the last one was emitted long enough ago; else what has come by then, when it is. Applied
        to the list, each batch makes it what it is at that moment; what comes before a `Reset` is left out. When the
        source completes, what waits comes first. Where batches and other values are mixed, a batch that waits does not
        wait for the other value.

    Errors:
        Those of the source, at once; what waits is dropped.

    Time:
        By arrival. All subscriptions of a scheduler share one timer, which is gone when nothing waits.

    Raises:
        ArgumentError: `max_hz` is not positive, or `max_diffs` is below 1, or an argument is not of its type.
    """
    check_scheduler(scheduler)
    check_range("max_hz", max_hz, 0, inf, "more than 0")
    check_number("max_diffs", max_diffs)
    return timed(scheduler, lambda observer, own: _Conflate(observer, own, 1.0 / max_hz, max_diffs))


class _Conflate(Timed[T, T]):
    """One subscription."""

    __slots__ = ("_diffs", "_free", "_max_diffs", "_period", "_value")

    def __init__(self, observer: ObserverBase[T], scheduler: SchedulerBase, period: float, max_diffs: int) -> None:
        super().__init__(observer, scheduler)
        self._period = period
        self._max_diffs = max_diffs
        self._free = -inf  # when the next one may be emitted
        self._value: T | object = _NOTHING  # what waits, if it is no batch
        self._diffs: list[Diff[Any]] | None = None  # what waits, if it is one

    def on_next(self, value: T) -> None:
        waits = self._diffs is not None or self._value is not _NOTHING
        if not waits and self._free <= self.clock():
            self._let(value)
            return
        if not waits:
            self.arm(self._free)
        if not isinstance(value, DiffBatch):
            batches = tuple(self.last()) if self._diffs is not None else ()
            self._diffs = None
            self._value = value
            for batch in batches:
                self._let(batch)
            return
        self._value = _NOTHING
        self._merge(cast("DiffBatch[Any]", value).diffs)
        if self._diffs is not None and len(self._diffs) > self._max_diffs:
            self._let_all()

    def due(self, now: float) -> None:
        if self._free > now and (self._diffs is not None or self._value is not _NOTHING):
            self.arm(self._free)  # something was emitted before its time
        else:
            self._let_all()

    def last(self) -> Iterable[T]:
        if self._diffs is not None:
            return (cast("T", DiffBatch(tuple(self._diffs))),)
        return () if self._value is _NOTHING else (cast("T", self._value),)

    def forget(self) -> None:
        self._value = _NOTHING
        self._diffs = None

    def _merge(self, diffs: tuple[Diff[Any], ...]) -> None:
        resets = [place for place, diff in enumerate(diffs) if isinstance(diff, Reset)]
        if self._diffs is None or resets:
            self._diffs = list(diffs[resets[-1] if resets else 0 :])
        else:
            self._diffs += diffs

    def _let_all(self) -> None:
        values = tuple(self.last())
        self.forget()
        for value in values:
            self._let(value)

    def _let(self, value: T) -> None:
        self._free = self.clock() + self._period
        if self.observer is not None:
            self.observer.on_next(value)
