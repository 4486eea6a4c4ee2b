"""The clock of a recording, as an event loop: what a client does in time, it does in the recording's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

__all__ = ["RecordedLoop"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_MOMENT: Final = 0.1
"""Seconds that the clock creeps on for something while it stands."""


class _Timer(asyncio.TimerHandle):
    """A timer that its loop lets ring."""

    def ring(self) -> None:
        """Call what was to be called, unless that was cancelled."""
        if not self.cancelled():
            self._run()


class RecordedLoop(asyncio.AbstractEventLoop):
    """An event loop whose clock is moved by hand. Everything but time is the affair of the loop that really runs.

    While the clock stands, what is due at once or in a moment still happens, in the next round of the real loop, and
    the clock creeps on to it: so a client can open what somebody wants to look at. It has what a client makes use of,
    and no more: who runs it is the real loop.

    Args:
        real: The loop that runs.
        start: What the clock shows, seconds.

    Attributes:
        standing: Whether the clock stands, rather than being on its way to the next thing.
    """

    def __init__(self, real: asyncio.AbstractEventLoop, start: float) -> None:
        self._real = real
        self._now = start
        self._timers: list[tuple[float, int, _Timer]] = []
        self._serial = count()
        self.standing = True

    def __repr__(self) -> str:
        return f"<RecordedLoop at {self._now:g} s>"

    def time(self) -> float:
        """Return what the clock shows, seconds."""
        return self._now

    def next_due(self) -> float | None:
        """Return when the next timer is due, or None."""
        while self._timers and self._timers[0][2].cancelled():
            heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def move(self, now: float, *, due: float | None = None) -> bool:
        """Set the clock, and let ring what is due.

        Args:
            now: What it shows then; it does not go back.
            due: What rings is due at this time or before; none does where it is not given.

        Returns:
            Whether anything rang.
        """
        self._now = max(self._now, now)
        rang = False
        while due is not None and (when := self.next_due()) is not None and when <= due:
            self._now = max(self._now, when)
            heappop(self._timers)[2].ring()
            rang = True
        return rang

    # -- time --------------------------------------------------------------------------------------------------------

    def call_at(
        self, when: float, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call something at a time of this clock. See `asyncio.loop.call_at`."""
        timer = _Timer(when, callback, args, self, context)
        if when <= self._now:
            self._real.call_soon(timer.ring)
        else:
            heappush(self._timers, (when, next(self._serial), timer))
            if self.standing and when <= self._now + _MOMENT:
                self._real.call_soon(self._creep)
        return timer

    def call_later(
        self, delay: float, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call something after a while on this clock. See `asyncio.loop.call_later`."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Do nothing: what is cancelled is dropped when its time has come, and most are soon."""

    def _creep(self) -> None:
        due = self.next_due()
        if self.standing and due is not None and due <= self._now + _MOMENT:
            self.move(due, due=due)

    # -- everything else ---------------------------------------------------------------------------------------------

    def call_soon(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Call something in the next round. See `asyncio.loop.call_soon`."""
        return self._real.call_soon(callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        """Make a future. See `asyncio.loop.create_future`."""
        return self._real.create_future()

    def create_task(self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:
        """Make a task. See `asyncio.loop.create_task`."""
        return self._real.create_task(coro, **options)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Report a fault. See `asyncio.loop.call_exception_handler`."""
        self._real.call_exception_handler(context)

    def get_debug(self) -> bool:
        """Tell whether asyncio checks more than usual."""
        return self._real.get_debug()

    def is_running(self) -> bool:
        """Tell whether the real loop runs."""
        return self._real.is_running()

    def is_closed(self) -> bool:
        """Tell whether the real loop is closed."""
        return self._real.is_closed()
