"""An event loop on virtual time: nothing waits, and an hour passes as soon as nothing else is left to do.

Only public seams of asyncio are used. The loop has its own `time()`, and a selector that never waits. When asyncio
asks it to wait, everything that could happen at this instant has happened; it then moves the clock to the next timer.
So a test is exact and instant: after `await asyncio.sleep(3600)` it is 3600.0 s later, to the bit.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Never

from rxconvo.errors import ArgumentError, RxconvoError
from rxconvo.testing.describe import describe_task
from rxconvo.testing.timers import RecordingLoop

__all__ = ["EPOCH", "DeadlockError", "VirtualLoop", "VirtualTimeError", "advance", "settle", "virtual_loop_factory"]

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
"""The time of day when a virtual loop is made."""

_RESOLUTION = time.get_clock_info("monotonic").resolution  # the one asyncio uses
_KEPT_WAITS = 100_000
_PATIENCE = 100_000  # jumps; clients renew their tokens for ever, so there is always something to wait for


class DeadlockError(RxconvoError):
    """Nothing can happen any more on a virtual loop: no timer is pending and nothing is ready. Or it never ends."""


class VirtualTimeError(RxconvoError, RuntimeError):
    """What was asked for cannot be had on virtual time, or can be had only there."""


class _Selector(selectors.DefaultSelector):
    """Polls the descriptors; where it should wait, it tells its owner and returns.

    Args:
        idle: Called where nothing can happen until time passes.
        polled: Called at the end of every poll.
    """

    def __init__(self, idle: Callable[[], None], polled: Callable[[], None]) -> None:
        super().__init__()
        self._idle = idle
        self._polled = polled

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and (timeout is None or timeout > 0):
            self._idle()
        self._polled()
        return ready


class VirtualLoop(RecordingLoop):
    """A selector event loop whose time jumps to the next timer when nothing is ready.

    Time starts at 0.0 and moves only while the loop is idle, so it never depends on the speed of the machine. Every
    timer fires exactly at its own time. Descriptors are polled, so pairs of connected sockets within the process
    work; but no virtual time passes for what another process or thread does, so such tests belong on real time.

    Raises:
        DeadlockError: From whatever runs the loop, when nothing can happen any more; or when time has jumped a
            hundred thousand times, since what is waited for will hardly happen, although clients go on for ever.
        VirtualTimeError: From `run_in_executor` and what uses it (`asyncio.to_thread`, `getaddrinfo`): virtual time
            cannot wait for a thread.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._jumps = 0
        self._waits: deque[float] = deque(maxlen=_KEPT_WAITS)
        self._settling: deque[asyncio.Future[None]] = deque()
        super().__init__(_Selector(self._idle, self._polled))

    def time(self) -> float:
        """Return the virtual time, seconds since the loop was made."""
        return self._now

    def wall(self) -> datetime:
        """Return the virtual time of day: aware, UTC, `EPOCH` when the loop was made. A `WallClock`."""
        return EPOCH + timedelta(seconds=self._now)

    @property
    def waits(self) -> list[float]:
        """The jumps that time has made so far, seconds each; the last 100,000 of them."""
        return list(self._waits)

    async def settle(self) -> None:
        """Wait until all that can happen at this instant has happened. No time passes.

        Several at once resume one by one, each when what its predecessor caused has happened, too.
        """
        settled = self.create_future()
        self._settling.append(settled)
        await settled

    async def advance(self, seconds: float) -> None:
        """Let virtual time pass, and wait until all that is due by then has happened.

        Args:
            seconds: How far, at least 0.

        Raises:
            ArgumentError: *seconds* is negative or not finite.
        """
        if not 0 <= seconds < math.inf:
            raise ArgumentError("seconds", "a finite number, at least 0", seconds)
        await asyncio.sleep(seconds)
        await self.settle()

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: object) -> Never:
        """Refuse: virtual time cannot wait for a thread.

        Raises:
            VirtualTimeError: Always.
        """
        raise VirtualTimeError(
            f"virtual time cannot wait for {getattr(func, '__qualname__', func)} in another thread: "
            "hand in an executor that works inline, or run the test on real time (@pytest.mark.real_time)"
        )

    def _idle(self) -> None:
        """Resume the first that waits for quiet; if none does, go to the next timer."""
        while self._settling:
            settled = self._settling.popleft()
            if not settled.done():
                settled.set_result(None)
                return
        when = self._pending_timers.earliest()
        if when is None or when == math.inf:
            raise DeadlockError(f"at {self._now} s no timer is pending and nothing is ready; waiting:{self._waiting()}")
        self._jumps += 1
        if self._jumps > _PATIENCE:
            raise DeadlockError(f"after {_PATIENCE} jumps, at {self._now} s, there still wait:{self._waiting()}")
        self._waits.append(when - self._now)
        self._now = when

    def _waiting(self) -> str:
        tasks = sorted(describe_task(task) for task in asyncio.all_tasks(self))
        return "".join(f"\n  {task}" for task in tasks) or " no task"

    def _polled(self) -> None:
        self._now = self._pending_timers.drop_due(self._now, _RESOLUTION)


def virtual_loop_factory() -> VirtualLoop:
    """Make a virtual loop, for example for `asyncio.Runner(loop_factory=virtual_loop_factory)`.

    Returns:
        A new loop, its time 0.0.
    """
    return VirtualLoop()


async def settle() -> None:
    """Wait until all that can happen at this instant of virtual time has happened.

    Raises:
        VirtualTimeError: The running loop is no `VirtualLoop`.
    """
    await _running_virtual_loop().settle()


async def advance(seconds: float) -> None:
    """Let virtual time pass, and wait until all that is due by then has happened.

    Args:
        seconds: How far, at least 0.

    Raises:
        ArgumentError: *seconds* is negative or not finite.
        VirtualTimeError: The running loop is no `VirtualLoop`.
    """
    await _running_virtual_loop().advance(seconds)


def _running_virtual_loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise VirtualTimeError(f"time passes by itself on a {type(loop).__name__}; only a VirtualLoop can be moved")
    return loop
