"""The scheduler of an event loop: everything on that loop, by that loop's clock, and no thread ever.

reactivex brings schedulers for asyncio, but their `now` is the wall clock, which a virtual loop cannot turn, and they
put off what is to be done at once: on them, `merge` subscribes its sources in the loop's next round, and `start_with`
its source later still. What those sources emit until then is lost. Here only what takes time takes time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from weakref import WeakValueDictionary

from reactivex.abc import DisposableBase
from reactivex.scheduler import CurrentThreadScheduler
from reactivex.scheduler.periodicscheduler import PeriodicScheduler
from reactivex.typing import AbsoluteTime, RelativeTime, ScheduledAction

from rxconvo.types import WallClock

__all__ = ["LoopScheduler", "current_scheduler"]

S = TypeVar("S")

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LoopScheduler(PeriodicScheduler):
    """A reactivex scheduler that runs everything on one event loop, by the clock of that loop.

    Args:
        loop: The loop. Its own thread is the only one that may use this scheduler.
        epoch: What `now` is when the loop's clock shows 0.
        failed: Gets what an action raises; None lets the loop's exception handler have it.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        epoch: datetime = _UNIX_EPOCH,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        super().__init__()
        self.loop = loop
        self._epoch = epoch
        self._failed = failed

    @property
    def now(self) -> datetime:
        """The time: aware, UTC, and exactly as fast as the loop's clock."""
        return self._epoch + timedelta(seconds=self.loop.time())

    def guarded(self, failed: Callable[[Exception], None]) -> LoopScheduler:
        """Return a scheduler of the same loop and clock that hands over what its actions raise.

        Args:
            failed: Gets the exception, on the loop.
        """
        return LoopScheduler(self.loop, epoch=self._epoch, failed=failed)

    def schedule(self, action: ScheduledAction[S], state: S | None = None) -> DisposableBase:
        """Run an action at once; if one runs already, or an Observable is being subscribed, right after that.

        That is what reactivex's operators do by default, too. `schedule_relative` with 0 is the loop's next round.

        Args:
            action: Gets this scheduler and *state*; may return a disposable.
            state: What to hand to it.

        Returns:
            Cancels the action, and disposes what it returned.
        """
        return CurrentThreadScheduler.singleton().schedule(lambda _, state: self._invoke(action, state), state)

    def schedule_relative(
        self, duetime: RelativeTime, action: ScheduledAction[S], state: S | None = None
    ) -> DisposableBase:
        """Run an action after a while.

        Args:
            duetime: Seconds or a timedelta from now; what is not positive is the loop's next round.
            action: Gets this scheduler and *state*; may return a disposable.
            state: What to hand to it.

        Returns:
            Cancels the action, and disposes what it returned.
        """
        return self._schedule_at(self.loop.time() + self.to_seconds(duetime), action, state)

    def schedule_absolute(
        self, duetime: AbsoluteTime, action: ScheduledAction[S], state: S | None = None
    ) -> DisposableBase:
        """Run an action at a time on the scale of `now`.

        Args:
            duetime: An aware datetime, or seconds since 1970; what is not ahead is the loop's next round.
            action: Gets this scheduler and *state*; may return a disposable.
            state: What to hand to it.

        Returns:
            Cancels the action, and disposes what it returned.
        """
        return self._schedule_at((self.to_datetime(duetime) - self._epoch).total_seconds(), action, state)

    def _schedule_at(self, when: float, action: ScheduledAction[S], state: S | None) -> DisposableBase:
        scheduled = _Scheduled()

        def run() -> None:
            scheduled.ran(self._invoke(action, state))

        due = when <= self.loop.time()
        scheduled.handle = self.loop.call_soon(run) if due else self.loop.call_at(when, run)
        return scheduled

    def _invoke(self, action: ScheduledAction[S], state: S | None) -> DisposableBase | None:
        try:
            return action(self, state)
        except Exception as error:
            if self._failed is None:
                raise
            self._failed(error)
            return None


class _Scheduled(DisposableBase):
    """One scheduled action: cancels it, and disposes what it returned."""

    __slots__ = ("_disposed", "_inner", "handle")

    handle: asyncio.Handle

    def __init__(self) -> None:
        self._disposed = False
        self._inner: DisposableBase | None = None

    def ran(self, inner: DisposableBase | None) -> None:
        """Take over what the action returned."""
        if inner is None:
            return
        if self._disposed:
            inner.dispose()
        else:
            self._inner = inner

    def dispose(self) -> None:
        """Cancel the action; dispose what it returned."""
        self._disposed = True
        self.handle.cancel()
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.dispose()


_SCHEDULERS: WeakValueDictionary[int, LoopScheduler] = WeakValueDictionary()


def current_scheduler(*, wall: WallClock | None = None) -> LoopScheduler:
    """Return the scheduler of the running loop: the same one as long as anybody holds it.

    Args:
        wall: Read once, if the scheduler is made now, so that `now` starts at the time of day. Without it, `now` is
            as if the loop's clock had started with the year 1970.

    Raises:
        RuntimeError: No event loop is running.
    """
    loop = asyncio.get_running_loop()
    # By id: a scheduler holds its loop, so a key that is a reference, even a weak one, would keep both forever.
    scheduler = _SCHEDULERS.get(id(loop))
    if scheduler is None:
        epoch = _UNIX_EPOCH if wall is None else wall() - timedelta(seconds=loop.time())
        scheduler = _SCHEDULERS[id(loop)] = LoopScheduler(loop, epoch=epoch)
    return scheduler
