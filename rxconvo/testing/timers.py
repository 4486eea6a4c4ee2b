"""Event loops that know which of their timers are pending.

asyncio keeps its timers to itself. A `RecordingLoop` writes down each one as it is made, through the public `call_at`
that all the others (`call_later`, `sleep`, `timeout`, …) come down to.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import selectors
import weakref
from collections.abc import Callable
from contextvars import Context
from typing import TypeVarTuple

__all__ = ["PendingTimers", "RealLoop", "RecordingLoop"]

_Args = TypeVarTuple("_Args")

_ROOM = 1024  # fewer than these are not worth a sweep


class PendingTimers:
    """The timers of one loop, earliest first. It keeps none of them alive: the loop does, until they are done."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, weakref.ref[asyncio.TimerHandle]]] = []
        self._made = 0
        self._sweep_at = _ROOM

    def add(self, timer: asyncio.TimerHandle) -> None:
        """Remember a timer that was just made."""
        self._made += 1  # orders timers of the same instant, as references would not
        heapq.heappush(self._heap, (timer.when(), self._made, weakref.ref(timer)))
        if len(self._heap) > self._sweep_at:
            self._heap = [entry for entry in self._heap if _pending(entry[2]())]
            heapq.heapify(self._heap)
            self._sweep_at = 2 * len(self._heap) + _ROOM  # so that a sweep costs O(1) a timer

    def earliest(self) -> float | None:
        """Return when the next timer fires, or None if none is pending."""
        while self._heap:
            when, _, timer = self._heap[0]
            if _pending(timer()):
                return when
            heapq.heappop(self._heap)
        return None

    def drop_due(self, now: float, resolution: float) -> float:
        """Forget the timers that a loop fires at *now*, and tell which time it is for them.

        asyncio fires a timer up to one clock resolution early, and at a time so large that adding the resolution
        changes nothing, never. Virtual time must have neither: code that compares its deadline with the clock would
        find itself too early and arm the same timer again, forever.

        Args:
            now: Time of the loop, seconds.
            resolution: Resolution of the loop's clock, seconds.

        Returns:
            *now*, or as little later as makes every dropped timer both due and fired.
        """
        while (when := self.earliest()) is not None and (when <= now or when < now + resolution):
            now = max(now, when)
            if when >= now + resolution:
                now = math.nextafter(now, math.inf)
            heapq.heappop(self._heap)
        return now

    def after(self, now: float) -> list[asyncio.TimerHandle]:
        """Return the timers pending at *now*, earliest first."""
        timers = [entry[2]() for entry in sorted(self._heap) if entry[0] > now]
        return [timer for timer in timers if timer is not None and not timer.cancelled()]


def _pending(timer: asyncio.TimerHandle | None) -> bool:
    """Tell whether a timer is neither fired and forgotten nor cancelled."""
    return timer is not None and not timer.cancelled()


class RecordingLoop(asyncio.SelectorEventLoop):
    """The stock selector loop, except that it can tell its pending timers.

    Args:
        selector: As for `asyncio.SelectorEventLoop`.
    """

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        self._pending_timers = PendingTimers()
        super().__init__(selector)

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Args], object],
        *args: *_Args,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call *callback* at *when*, seconds of this loop's clock, and remember the timer until then."""
        timer = super().call_at(when, callback, *args, context=context)
        self._pending_timers.add(timer)
        return timer

    def timers(self) -> list[asyncio.TimerHandle]:
        """Return the timers that will still fire, earliest first."""
        return self._pending_timers.after(self.time())


class RealLoop(RecordingLoop):
    """A recording loop on real time: the counterpart of a `VirtualLoop`."""
