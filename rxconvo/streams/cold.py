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

    __slots__ = ("_ids", "_perform", "_running", "_unanswered")

    def __init__(self, perform: Callable[[str], Awaitable[T]], *, ids: Ids, context: Context, name: str) -> None:
        super().__init__(context, name)
        self._perform = perform
        self._ids = ids
        self._running: dict[object, str] = {}
        self._unanswered: deque[str] = deque()

    def __await__(self) -> Generator[Any, None, T]:
        """Make one attempt, in the awaiting task.

        Raises:
            RxconvoError: Why there is no value.
        """
        return self._attempt(self._begin()).__await__()

    def _subscribe_core(self, observer: ObserverBase[T], scheduler: SchedulerBase | None = None) -> DisposableBase:
        attempt = self._begin()
        task = self._context.scheduler.loop.create_task(self._attempt_for(observer, attempt), name=self.name)
        _ATTEMPTS.add(task)
        task.add_done_callback(_ATTEMPTS.discard)

        def dispose() -> None:
            if task is not asyncio.current_task(task.get_loop()):  # it may dispose itself, delivering its value
                self._leave(attempt)
                task.cancel()

        return Disposable(dispose)

    async def _attempt_for(self, observer: ObserverBase[T], attempt: object) -> None:
        try:
            value = await self._attempt(attempt)
        except asyncio.CancelledError:
            # By dispose, and then nobody listens any more; or with the whole loop, and then it is told.
            observer.on_error(self._cancelled())
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
            observer.on_error(error)
        else:
            observer.on_next(value)
            observer.on_completed()

    def _begin(self) -> object:
        """Begin an attempt: take the id of one that was not answered, or a new one."""
        attempt = object()
        self._running[attempt] = self._unanswered.popleft() if self._unanswered else self._ids()
        return attempt

    def _leave(self, attempt: object) -> None:
        """Leave the id of an attempt to the next one, which may begin before this one has been cancelled."""
        mutation_id = self._running.pop(attempt, None)
        if mutation_id is not None:
            self._unanswered.append(mutation_id)

    async def _attempt(self, attempt: object) -> T:
        try:
            return await self._perform(self._running[attempt])
        except RejectedError:
            raise
        except BaseException as error:
            self._leave(attempt)
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and not task.cancelling():
                raise self._cancelled() from error  # what it waited for was cancelled, not the one who waits
            raise
        finally:
            self._running.pop(attempt, None)

    def _cancelled(self) -> OutcomeUnknownError:
        return OutcomeUnknownError(f"{self.name} was cancelled before it was answered")
