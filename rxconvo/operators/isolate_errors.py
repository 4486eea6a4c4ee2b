"""Streams that survive a value that cannot be handled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable

from rxconvo.operators._arguments import check_callable

__all__ = ["isolate_errors"]

T = TypeVar("T")


def isolate_errors(sink: Callable[[Exception], object]) -> Callable[[Observable[T]], Observable[T]]:
    """Hand an error to a sink instead of ending with it, and go on with the next value.

    It stands behind what may fail, and what stands before it is subscribed anew then: on a hot stream, that loses the
    value that could not be handled and nothing else. With a `map` before it that fails for `b`:

        values:   -a-b-c-|
        emitted:  -a---c-|
        errors:   ---x----
        values:   -a-b-c-
        emitted:  -a--!              disposed
        errors:   ---x-

    Without it the first such value ends the chain; and in a `merge`, those of all others with it.

    Example:
        import json
        import reactivex
        from reactivex import operators as ops
        from rxconvo.operators import isolate_errors

        texts = reactivex.Subject()
        read = texts.pipe(ops.map(json.loads), isolate_errors(lambda error: print(type(error).__name__)))
        read.subscribe(print)
        texts.on_next("[1]")  # -> [1]
        texts.on_next("oops")  # -> JSONDecodeError
        texts.on_next("2")  # -> 2

    Args:
        sink: Gets each error, before anything goes on.

    Returns:
        An operator for hot streams, and chains on them. A cold source begins anew after an error.

    Emits:
        What the source emits; it completes with it. Nothing is kept. Operators before it that have a state, such as
        `scan`, begin anew after an error.

    Errors:
        One that comes while the source is being subscribed: the source is broken, not a value. What *sink* raises.
        (What observers behind it raise is theirs: on streams of a client it is reported, and ends them.)

    Time:
        None. Dispose leaves the source.

    Raises:
        ArgumentError: An argument is not of its type.
    """
    check_callable("sink", sink)

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: ObserverBase[T], scheduler: SchedulerBase | None = None) -> DisposableBase:
            isolated = _Isolated(source, observer, sink, scheduler)
            isolated.begin()
            return isolated

        return Observable(subscribe)

    return operator


class _Isolated(DisposableBase, Generic[T]):
    """One subscription."""

    def __init__(
        self,
        source: Observable[T],
        observer: ObserverBase[T],
        sink: Callable[[Exception], object],
        scheduler: SchedulerBase | None,
    ) -> None:
        self._source = source
        self._observer = observer
        self._sink = sink
        self._scheduler = scheduler
        self._subscribing = False
        self._subscription = SerialDisposable()

    def begin(self) -> None:
        """Subscribe the source."""
        self._subscription.disposable = subscription = SingleAssignmentDisposable()
        self._subscribing = True
        observer = self._observer
        subscription.disposable = self._source.subscribe(
            observer.on_next, self._failed, observer.on_completed, scheduler=self._scheduler
        )
        self._subscribing = False

    def dispose(self) -> None:
        """Leave the source."""
        self._subscription.dispose()

    def _failed(self, error: Exception) -> None:
        if self._subscribing:
            self._observer.on_error(error)
            return
        try:
            self._sink(error)
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is the observer's
            self._observer.on_error(raised)
            return
        if not self._subscription.is_disposed:
            self.begin()
