"""What goes through a place of a chain, counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import SingleAssignmentDisposable

from rxconvo.operators._arguments import check_callable, check_scheduler, check_text
from rxconvo.streams.meters import Meters, meters_of
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["probe"]

T = TypeVar("T")


def probe(
    name: str, *, at: Callable[[T], datetime | None] | None = None, scheduler: SchedulerBase | None = None
) -> Callable[[Observable[T]], Observable[T]]:
    """Count what goes through this place of a chain, for `client.inspect()` to show.

    It changes nothing:

        values:   -a-b--c|
        emitted:  -a-b--c|
        values:   -a-b#
        emitted:  -a-b#
        values:   -a-b-c-
        emitted:  -a-b!              disposed

    Example:
        from rxconvo import Service
        from rxconvo.operators import probe

        async with Service() as service, service.client("ada") as ada:
            lunch = await (await ada.create_conversation()).join()
            lunch.messages.added.pipe(probe("lunch")).subscribe()
            await lunch.send_message("pizza?")
            for report in ada.inspect():
                if report.name == "lunch":
                    print(report.subscribers, report.items, report.drops, report.last_error)  # -> 1 1 0 None

    Args:
        name: What the report calls it. Probes of one name are counted together, and with a `bounded_buffer` of that
            name.
        at: Tells when a value was made, for its lag; by default its own `date_created`, or its message's.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's. All clients of a
            loop see the probes of that loop.

    Returns:
        An operator for anything.

    Emits:
        What the source emits. Nothing is kept but numbers, of 1,000 names; they last as long as a client of the loop,
        or anybody who subscribes a probe of it.

    Errors:
        Those of the source, and what *at* raises; their text is reported.

    Time:
        No timer. Dispose leaves the source, and is counted.

    Raises:
        ArgumentError: `name` is empty, or an argument is not of its type.
    """
    check_callable("at", at, optional=True)
    check_scheduler(scheduler)
    check_text("name", name, "a name")
    made_at = _made_at if at is None else at

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: ObserverBase[T], scheduler_: SchedulerBase | None = None) -> DisposableBase:
            clock = scheduler or scheduler_ or current_scheduler()
            probing = _Probe(observer, meters_of(clock), name, made_at, clock)
            probing.follow(source, scheduler_)
            return probing

        return Observable(subscribe)

    return operator


class _Probe(DisposableBase):
    """One subscription."""

    def __init__(
        self,
        observer: ObserverBase[Any],
        meters: Meters,
        name: str,
        made_at: Callable[[Any], datetime | None],
        scheduler: SchedulerBase,
    ) -> None:
        self._observer = observer
        self._meters = meters  # which nobody else may hold
        self._meter = meters[name]
        self._made_at = made_at
        self._scheduler = scheduler
        self._subscription = SingleAssignmentDisposable()
        self._live = True
        self._meter.subscribers += 1

    def follow(self, source: Observable[Any], scheduler: SchedulerBase | None) -> None:
        """Subscribe the source."""
        self._subscription.disposable = source.subscribe(
            self._on_next, self._on_error, self._on_completed, scheduler=scheduler
        )

    def dispose(self) -> None:
        """Leave the source."""
        if self._live:
            self._live = False
            self._meter.subscribers -= 1
        self._subscription.dispose()

    def _on_next(self, value: Any) -> None:
        meter = self._meter
        meter.count()
        try:
            made = self._made_at(value)
            if made is not None:
                meter.lag = (self._scheduler.now - made).total_seconds()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
            self._on_error(error)
            return
        try:
            self._observer.on_next(value)
        except Exception as error:
            meter.failed(error)
            raise

    def _on_error(self, error: Exception) -> None:
        self._meter.failed(error)
        self.dispose()
        self._observer.on_error(error)

    def _on_completed(self) -> None:
        self.dispose()
        self._observer.on_completed()


def _made_at(value: Any) -> datetime | None:
    """Return when a value was made, where it says so."""
    date = getattr(value, "date_created", None)
    if date is None:
        date = getattr(getattr(value, "message", None), "date_created", None)
    return date if isinstance(date, datetime) and date.tzinfo is not None else None
