"""Cold Observables: each subscription is one attempt at a mutation or query."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, Self, TypeVar

from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxconvo.errors import ArgumentError, OutcomeUnknownError, RejectedError
from rxconvo.model.limits import check_mutation_id
from rxconvo.streams.attempts import Followers, MutationAttempt
from rxconvo.streams.chains import LoopObservable
from rxconvo.streams.context import Context
from rxconvo.types import Ids, Sid

__all__ = ["Cold"]

T = TypeVar("T")

_ATTEMPTS: set[asyncio.Task[None]] = set()
"""The attempts that run. A loop does not hold its tasks, and nobody has to hold a subscription."""


class _Attempt:
    """One attempt.

    Attributes:
        mutation_id: Its id.
        is_admitted: It, or the one that it resumes, may have sent something.
        number: Which one at this mutation it is, from 1; 0 for one that was made elsewhere.
        is_resumed: It resumes another one.
    """

    __slots__ = ("is_admitted", "is_resumed", "mutation_id", "number")

    def __init__(self, mutation_id: str, *, is_admitted: bool, number: int = 1, is_resumed: bool = False) -> None:
        self.mutation_id = mutation_id
        self.is_admitted = is_admitted
        self.number = number
        self.is_resumed = is_resumed


class Cold(LoopObservable[T]):
    """A mutation or query. Each subscription, and each `await`, is one attempt; it disposes by cancelling.

    An attempt that was not answered may have been applied all the same. So the next one resumes it under the same id,
    and the service applies it at most once: that makes `retry` safe. Once answered, the next subscription is a new
    mutation, and so is one made while another runs.

    *Emits* exactly one value, then completes.

    Args:
        perform: Makes one attempt under the mutation id it is given. A value or `RejectedError` is an answer; anything
            else, its cancellation too, is none.
        admit: Awaited before *perform*, unless the attempt resumes an earlier one. What it raises ends the attempt:
            nothing was sent, and nothing is to be resumed.
        ids: Where mutation ids come from.
        context: The client's scheduler, and where faults of observers go.
        name: What reports call it.
        followers: Who follows the attempts; None for a query.
        conversation_sid: The conversation that it is about, for these.
    """

    __slots__ = ("_admit", "_conversation_sid", "_followers", "_ids", "_perform", "_running", "_unanswered")

    def __init__(
        self,
        perform: Callable[[str], Awaitable[T]],
        *,
        admit: Callable[[], Awaitable[None]] | None = None,
        ids: Ids,
        context: Context,
        name: str,
        followers: Followers | None = None,
        conversation_sid: Sid | None = None,
    ) -> None:
        super().__init__(context, name)
        self._followers = followers
        self._conversation_sid = conversation_sid
        self._perform = perform
        self._admit = admit
        self._ids = ids
        self._running: set[_Attempt] = set()
        self._unanswered: deque[_Attempt] = deque()

    def __await__(self) -> Generator[Any, None, T]:
        """Make one attempt, in the awaiting task.

        Raises:
            RxconvoError: Why there is no value.
        """
        return self._followed(self._begin()).__await__()

    def resume(self, mutation_id: str) -> Self:
        """Have the next attempt resume a mutation that was begun elsewhere, such as before a restart.

        Args:
            mutation_id: Its id, 1 to 128 printable ASCII characters. The service knows what came of it for a day.

        Returns:
            This.

        Raises:
            ArgumentError: The id is none.
        """
        self._unanswered.append(_Attempt(check_mutation_id(mutation_id), is_admitted=True, number=0))
        return self

    def retry(self, retry_count: int | None = None) -> LoopObservable[T]:
        """Try again at once where an attempt fails: resumed under the same id where nobody has answered.

        An attempt that was refused (`RejectedError`) is tried anew, too; `operators.retry_mutation` does not do that,
        and waits between attempts.

        Args:
            retry_count: How many attempts there may be, the first included; None for no end.

        Returns:
            Cold; emits the value of the first attempt that has one, or fails with the error of the last.

        Raises:
            ArgumentError: The count is no integer, or less than 1.
        """
        count: Any = retry_count
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
            raise ArgumentError("retry_count", "an integer, 1 or more, or None", retry_count)
        return self.pipe(ops.retry(retry_count))

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

    async def _attempt_for(self, observer: ObserverBase[T], attempt: _Attempt) -> None:
        try:
            value = await self._followed(attempt)
        except asyncio.CancelledError:
            # By dispose, and then nobody listens any more; or with the whole loop, and then it is told.
            observer.on_error(self._cancelled())
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
            observer.on_error(error)
        else:
            observer.on_next(value)
            observer.on_completed()

    def _begin(self) -> _Attempt:
        """Begin an attempt: under the id of one that was not answered, or a new one."""
        if self._unanswered:
            before = self._unanswered.popleft()
            attempt = _Attempt(before.mutation_id, is_admitted=True, number=before.number + 1, is_resumed=True)
        else:
            attempt = _Attempt(self._ids(), is_admitted=self._admit is None)
        self._running.add(attempt)
        return attempt

    def _leave(self, attempt: _Attempt) -> None:
        """Leave the id of an attempt to the next one, which may begin before this one has been cancelled."""
        if attempt in self._running:
            self._running.remove(attempt)
            if attempt.is_admitted:
                self._unanswered.append(attempt)

    def _followed(self, attempt: _Attempt) -> Coroutine[Any, Any, T]:
        """Return an attempt, which is told to those who follow it, if anybody does."""
        if not self._followers:
            return self._attempt(attempt)
        told = MutationAttempt(
            self.name, attempt.mutation_id, attempt.number, attempt.is_resumed, self._conversation_sid
        )
        return self._followers.follow(told, partial(self._attempt, attempt))

    async def _attempt(self, attempt: _Attempt) -> T:
        try:
            if self._admit is not None and not attempt.is_admitted:
                await self._admit()
                attempt.is_admitted = True
            return await self._perform(attempt.mutation_id)
        except RejectedError:
            raise
        except BaseException as error:
            self._leave(attempt)
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and not task.cancelling():
                raise self._cancelled() from error  # what it waited for was cancelled, not the one who waits
            raise
        finally:
            self._running.discard(attempt)

    def _cancelled(self) -> OutcomeUnknownError:
        return OutcomeUnknownError(f"{self.name} was cancelled before it was answered")
