"""What streams do, counted: who observes them, how much comes, how late, what is lost, and what failed last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import exp
from typing import Final
from weakref import WeakValueDictionary

from msgspec import Struct
from reactivex.abc import SchedulerBase

from rxconvo.display import Displayed
from rxconvo.streams.scheduler import LoopScheduler

__all__ = ["Meter", "Meters", "StreamReport", "meters_of"]

_SECONDS: Final = 10.0
"""About how far back a rate looks."""

_MOST: Final = 1000
"""Meters that are kept of what nobody observes any more."""


class StreamReport(Struct, Displayed, frozen=True):
    """What a stream did.

    Attributes:
        name: What it is called.
        subscribers: How many observe it now.
        items: How many values it has carried, as far as they were counted; None of a view, which counts none.
        rate: Values a second: of a probe in about the last 10 seconds, of a stream since the report before this one,
            where there was one.
        lag: Seconds from when the last value was made to when it was carried, by the scheduler's clock; None where
            that is not known.
        drops: How many values were dropped for want of room.
        last_error: The last error, as text; None where there was none.
    """

    name: str
    subscribers: int = 0
    items: int | None = 0
    rate: float | None = None
    lag: float | None = None
    drops: int = 0
    last_error: str | None = None


class Meter:
    """Counts what goes through something.

    Args:
        name: What it is called.
        clock: Seconds.

    Attributes:
        name: The same.
        subscribers: How many observe it now.
        items: How many values there were.
        lag: Seconds that the last value was late, or None.
        drops: How many values were dropped.
        last_error: The last error, as text.
    """

    __slots__ = ("_at", "_clock", "_rate", "drops", "items", "lag", "last_error", "name", "subscribers")

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self.name = name
        self.subscribers = 0
        self.items = 0
        self.lag: float | None = None
        self.drops = 0
        self.last_error: str | None = None
        self._clock = clock
        self._rate = 0.0
        self._at = clock()

    def count(self) -> None:
        """Count a value."""
        self.items += 1
        now = self._clock()
        self._rate = self._rate * exp((self._at - now) / _SECONDS) + 1 / _SECONDS
        self._at = now

    def failed(self, error: BaseException) -> None:
        """Remember an error: its text alone, as the error itself would keep alive what it came from."""
        self.last_error = f"{type(error).__name__}: {error}"

    def report(self) -> StreamReport:
        """Return what there was."""
        rate = self._rate * exp((self._at - self._clock()) / _SECONDS)
        return StreamReport(self.name, self.subscribers, self.items, rate, self.lag, self.drops, self.last_error)


class Meters:
    """The meters of one clock, by name.

    Args:
        clock: Seconds.
    """

    __slots__ = ("__weakref__", "_clock", "_meters")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._meters: dict[str, Meter] = {}

    def __getitem__(self, name: str) -> Meter:
        """Return the meter of a name, the same one each time. Of those not observed only 1,000 are kept, the newest."""
        meter = self._meters.get(name)
        if meter is None:
            if len(self._meters) >= _MOST:
                idle = next((known for known, meter in self._meters.items() if not meter.subscribers), None)
                if idle is not None:
                    del self._meters[idle]
            meter = self._meters[name] = Meter(name, self._clock)
        return meter

    def reports(self) -> tuple[StreamReport, ...]:
        """Return what there was, by name in the order of first use."""
        return tuple(meter.report() for meter in self._meters.values())


_KNOWN: WeakValueDictionary[int, Meters] = WeakValueDictionary()


def meters_of(scheduler: SchedulerBase) -> Meters:
    """Return the meters of a scheduler, which all its users share: the same ones as long as anybody holds them.

    Args:
        scheduler: For a `LoopScheduler`, they are those of its loop.
    """
    # By id: they hold the clock, so a key that is a reference, even a weak one, would keep both forever.
    loop = scheduler.loop if isinstance(scheduler, LoopScheduler) else None
    owner: asyncio.AbstractEventLoop | SchedulerBase = scheduler if loop is None else loop
    known = _KNOWN.get(id(owner))
    if known is None:
        clock = (lambda: scheduler.to_seconds(scheduler.now)) if loop is None else loop.time
        known = _KNOWN[id(owner)] = Meters(clock)
    return known
