"""Downloads as cold Observables: how far they have come, then completion."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxconvo.errors import OutcomeUnknownError
from rxconvo.model import TransferProgress
from rxconvo.streams import LoopObservable
from rxconvo.streams.context import Context

__all__ = ["Download", "Emit"]

Emit: TypeAlias = Callable[[TransferProgress], None]
"""Gets how far a transfer has come."""

_RUNNING: set[asyncio.Task[None]] = set()
"""The downloads that run. A loop does not hold its tasks, and nobody has to hold a subscription."""


class Download(LoopObservable[TransferProgress]):
    """A download. Each subscription makes it anew; disposing it breaks it off, and leaves nothing behind.

    *Emits* how far it has come, at least once, then completes. Awaited, it gives the last of these.

    Args:
        perform: Downloads once, and hands over how far it has come.
        context: The client's scheduler, and where faults of observers go.
        name: What reports call it.
    """

    __slots__ = ("_perform",)

    def __init__(self, perform: Callable[[Emit], Awaitable[None]], *, context: Context, name: str) -> None:
        super().__init__(context, name)
        self._perform = perform

    def _subscribe_core(
        self, observer: ObserverBase[TransferProgress], scheduler: SchedulerBase | None = None
    ) -> DisposableBase:
        done = False

        async def run() -> None:
            nonlocal done
            try:
                await self._perform(observer.on_next)
            except asyncio.CancelledError:
                # By dispose, and then nobody listens any more; or with the whole loop, and then it is told.
                observer.on_error(OutcomeUnknownError(f"{self.name} was cancelled"))
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
                done = True
                observer.on_error(error)
            else:
                done = True
                observer.on_completed()

        task = self._context.scheduler.loop.create_task(run(), name=self.name)
        _RUNNING.add(task)
        task.add_done_callback(_RUNNING.discard)

        def dispose() -> None:
            if not done:
                task.cancel()

        return Disposable(dispose)
