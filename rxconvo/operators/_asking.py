"""Asking until there is an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, SchedulerBase
from reactivex.disposable import Disposable, SerialDisposable, SingleAssignmentDisposable

from rxconvo.errors import OutcomeUnknownError, SyncError
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["Asking"]

A = TypeVar("A")

_FIRST_DELAY: Final = 1.0
_LAST_DELAY: Final = 30.0
"""Seconds until what has no answer is repeated; doubled each time."""


class Asking(DisposableBase, Generic[A]):
    """One query or mutation at a time. Where its outcome is unknown it is subscribed again: the same one.

    So it is where a replicated object could not be read, as it may just have been opened anew; but where that was
    refused, only once.

    Args:
        scheduler: Tells when to repeat; by default the running loop's.
        answered: Gets the answer.
        failed: Gets any other failure.

    Attributes:
        busy: Whether something is asked.
    """

    __slots__ = ("_answered", "_delay", "_failed", "_refused", "_scheduler", "_subscription", "busy")

    def __init__(
        self, scheduler: SchedulerBase | None, answered: Callable[[A], None], failed: Callable[[Exception], None]
    ) -> None:
        self.busy = False
        self._scheduler = scheduler
        self._answered = answered
        self._failed = failed
        self._delay = _FIRST_DELAY
        self._refused = False
        self._subscription = SerialDisposable()

    def ask(self, query: Observable[A]) -> None:
        """Ask. What is asked already is given up."""
        self.busy = True
        self._delay = _FIRST_DELAY
        self._refused = False
        self._attempt(query)

    def give_up(self) -> None:
        """Wait for no answer any more."""
        self.busy = False
        self._subscription.disposable = Disposable()

    def dispose(self) -> None:
        """End; nothing is told any more."""
        self.busy = False
        self._subscription.dispose()

    def _attempt(self, query: Observable[A]) -> None:
        self._subscription.disposable = attempt = SingleAssignmentDisposable()

        def answered(answer: A) -> None:
            self.give_up()
            self._answered(answer)

        def failed(error: Exception) -> None:
            if self._is_worth_repeating(error):
                scheduler = self._scheduler or current_scheduler()
                self._subscription.disposable = scheduler.schedule_relative(self._delay, again)
                self._delay = min(2 * self._delay, _LAST_DELAY)
            else:
                self.give_up()
                self._failed(error)

        def again(_scheduler: SchedulerBase, _state: object = None) -> None:
            self._attempt(query)

        attempt.disposable = query.pipe(ops.first()).subscribe(answered, failed, scheduler=self._scheduler)

    def _is_worth_repeating(self, error: Exception) -> bool:
        if not isinstance(error, SyncError):
            return isinstance(error, OutcomeUnknownError)
        before, self._refused = self._refused, 400 <= error.status < 500 and error.status != 429
        return not (before and self._refused)
