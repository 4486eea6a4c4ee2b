"""What operators that wait are made of: a subscription that is itself the deadline it waits for, or a timer for one.

The former is one object a subscription, and does no more for a value than it must: such operators are piped onto
thousands of conversations, or hear of all of them. It emits one value at a time, and has done with it before. Where
several come at a time, or there is more to own, it is a `Stage` with a `Timer`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxconvo.operators._deadlines import Deadline, deadlines_of
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["Timed", "Timer", "timed"]

A = TypeVar("A")
B = TypeVar("B")


class Timed(Deadline, DisposableBase, Generic[A, B]):
    """One subscription. Its state is complete before it emits, as the observer may cause anything from within.

    Args:
        observer: Gets what is emitted.
        scheduler: Whose clock counts.

    Attributes:
        clock: Seconds of that clock.
        observer: Gets what is emitted; None when this has ended.
    """

    __slots__ = ("_deadlines", "_scheduler", "_source", "clock", "observer")

    def __init__(self, observer: ObserverBase[B], scheduler: SchedulerBase) -> None:
        super().__init__()
        self._scheduler = scheduler
        self.observer: ObserverBase[B] | None = observer
        self._source: DisposableBase | None = None
        self._deadlines = deadlines_of(scheduler)
        self.clock = self._deadlines.clock

    @property
    def scheduler(self) -> SchedulerBase:
        """Gets what `due` raises."""
        return self._scheduler

    @abstractmethod
    def on_next(self, value: A) -> None:
        """Take a value of the source."""

    def last(self) -> Iterable[B]:
        """Return what is emitted before completion."""
        return ()

    def forget(self) -> None:
        """Let go of all state: nothing will be emitted any more."""

    def attach(self, source: DisposableBase) -> None:
        """Take over the subscription of the source."""
        if self.observer is None:
            source.dispose()  # it has ended while it was being subscribed
        else:
            self._source = source

    def arm(self, when: float) -> None:
        """Be due at a time, or earlier, where it is armed for that; never again once this has ended."""
        if self.observer is not None:
            self._deadlines.arm(self, when)

    def on_error(self, error: Exception) -> None:
        """End with an error, at once."""
        observer = self.observer
        self.dispose()
        if observer is not None:
            observer.on_error(error)

    def on_completed(self) -> None:
        """Emit what is left, then complete."""
        values = tuple(self.last())
        self.forget()
        for value in values:
            if self.observer is not None:
                self.observer.on_next(value)
        observer = self.observer
        self.dispose()
        if observer is not None:
            observer.on_completed()

    def dispose(self) -> None:
        """Leave the source and let go of everything."""
        self.observer = None
        self.forget()
        self._deadlines.disarm(self)
        source, self._source = self._source, None
        if source is not None:
            source.dispose()


class Timer(Deadline, DisposableBase):
    """A deadline of a stage. It shares the one timer of its scheduler.

    Args:
        scheduler: Gets what *call* raises.
        call: Called with the seconds of the clock when it is due.
    """

    __slots__ = ("_call", "_deadlines", "_over", "_scheduler", "clock")

    def __init__(self, scheduler: SchedulerBase, call: Callable[[float], None]) -> None:
        super().__init__()
        self._scheduler = scheduler
        self._call = call
        self._deadlines = deadlines_of(scheduler)
        self._over = False
        self.clock = self._deadlines.clock

    @property
    def scheduler(self) -> SchedulerBase:
        """Gets what `due` raises."""
        return self._scheduler

    def arm(self, when: float) -> None:
        """Be due at a time, or earlier, where it is armed for that; never again once this is disposed."""
        if not self._over:
            self._deadlines.arm(self, when)

    def disarm(self) -> None:
        """Be not due, until it is armed again."""
        self._deadlines.disarm(self)

    def due(self, now: float) -> None:
        """Call what is to be called."""
        self._call(now)

    def dispose(self) -> None:
        """Be due no more."""
        self._over = True
        self._deadlines.disarm(self)


def timed(
    scheduler: SchedulerBase | None, make: Callable[[ObserverBase[B], SchedulerBase], Timed[A, B]]
) -> Callable[[Observable[A]], Observable[B]]:
    """Return an operator.

    Args:
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.
        make: Makes a subscription.
    """

    def operator(source: Observable[A]) -> Observable[B]:
        def subscribe(observer: ObserverBase[B], scheduler_: SchedulerBase | None = None) -> DisposableBase:
            made = make(observer, scheduler or scheduler_ or current_scheduler())
            made.attach(source.subscribe(made.on_next, made.on_error, made.on_completed, scheduler=scheduler_))
            return made

        return Observable(subscribe)

    return operator
