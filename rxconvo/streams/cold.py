"""Cold Observables: each subscription is one attempt at a mutation or query."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxconvo.errors import OutcomeUnknownError, RejectedError
from rxconvo.streams.chains import LoopObservable
from rxconvo.streams.context import Context
from rxconvo.types import Ids

__all__ = ["Cold"]

T = TypeVar("T")

_ATTEMPTS: set[asyncio.Task[None]] = set()
"""The attempts that run. A loop does not hold its tasks, and nobody has to hold a subscription."""


class Cold(LoopObservable[T]):
    """A mutation or query. Each subscription, and each `await`, is one attempt; it disposes by cancelling.

    An attempt that was not answered may have been applied all the same. So the next one resumes it under the same id,
    and the service applies it at most once: that makes `retry` safe. Once answered, the next subscription is a new
    mutation, and so is one made while another runs.

    *Emits* exactly one value, then completes.

    Args:
        perform: Makes one attempt under the mutation id it is given. A value or `RejectedError` is an answer; anything
            else, its cancellation too, is none.
        ids: Where mutation ids come from.
        context: The client's scheduler, and where faults of observers go.
        name: What reports call it.
    """

    __slots__ = ("_ids", "_perform", "_unanswered")

    def __init__(self, perform: Callable[[str], Awaitable[T]], *, ids: Ids, context: Context, name: str) -> None:
        super().__init__(context, name)
        self._perform = perform
        self._ids = ids
        self._unanswered: deque[str] = deque()

    def __await__(self) -> Generator[Any, None, T]:
        """Make one attempt, in the awaiting task.

        Raises:
            RxconvoError: Why there is no value.
        """
        return self._attempt().__await__()

    def _subscribe_core(self, observer: ObserverBase[T], scheduler: SchedulerBase | None = None) -> DisposableBase:
        task = self._context.scheduler.loop.create_task(self._attempt_for(observer), name=self.name)
        _ATTEMPTS.add(task)
        task.add_done_callback(_ATTEMPTS.discard)
        return Disposable(lambda: _cancel(task))

    async def _attempt_for(self, observer: ObserverBase[T]) -> None:
        try:
            value = await self._attempt()
        except asyncio.CancelledError:
            # By dispose, and then nobody listens any more; or with the whole loop, and then it is told.
            observer.on_error(self._cancelled())
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
            observer.on_error(error)
        else:
            observer.on_next(value)
            observer.on_completed()

    async def _attempt(self) -> T:
        mutation_id = self._unanswered.popleft() if self._unanswered else self._ids()
        try:
            return await self._perform(mutation_id)
        except RejectedError:
            raise
        except BaseException as error:
            self._unanswered.append(mutation_id)
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and not task.cancelling():
                raise self._cancelled() from error  # what it waited for was cancelled, not the one who waits
            raise

    def _cancelled(self) -> OutcomeUnknownError:
        return OutcomeUnknownError(f"{self.name} was cancelled before it was answered")


def _cancel(task: asyncio.Task[None]) -> None:
    """Cancel an attempt, unless it is itself what disposes, delivering its value."""
    if task is not asyncio.current_task(task.get_loop()):
        task.cancel()
