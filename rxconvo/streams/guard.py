"""The guard at the end of a chain: what its observer raises ends that chain and nothing else."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from reactivex.abc import DisposableBase, ObserverBase
from reactivex.typing import OnCompleted, OnError, OnNext

from rxconvo.streams.context import ISOLATED, Context

__all__ = ["Guard", "callbacks", "ignore"]

T = TypeVar("T")


def ignore(_: object = None) -> None:
    """Do nothing, with a value or without."""


def callbacks(
    on_next: ObserverBase[T] | OnNext[T] | None, on_error: OnError | None, on_completed: OnCompleted | None
) -> tuple[OnNext[T], OnError | None, OnCompleted | None]:
    """Return the three callbacks of what was handed to `subscribe`: an observer, or callables."""
    given: Any = on_next
    if hasattr(given, "on_next"):
        return given.on_next, given.on_error, given.on_completed
    return ignore if given is None else given, on_error, on_completed


class Guard(DisposableBase, Generic[T]):
    """Stands between a chain and its observer, and is the subscription that the observer's owner gets.

    Args:
        context: Where faults go.
        name: The stream that the chain begins with.
        on_next: As for `subscribe`.
        on_error: As for `subscribe`; without it, an error is reported.
        on_completed: As for `subscribe`.
    """

    __slots__ = ("_attached", "_context", "_ended", "_name", "_on_completed", "_on_error", "_on_next", "_subscription")

    def __init__(
        self,
        context: Context,
        name: str,
        on_next: OnNext[T],
        on_error: OnError | None,
        on_completed: OnCompleted | None,
    ) -> None:
        self._context = context
        self._name = name
        self._on_next = on_next
        self._on_error = on_error
        self._on_completed = on_completed
        self._subscription: DisposableBase | None = None
        self._attached = False
        self._ended = False

    def __repr__(self) -> str:
        return f"<Subscription to {self._name}{', ended' if self._ended else ''}>"

    def attach(self, subscription: DisposableBase) -> None:
        """Take over the chain's subscription."""
        self._attached = True
        if self._ended:
            subscription.dispose()
        else:
            self._subscription = subscription

    def on_next(self, value: T) -> None:
        """Hand over a value."""
        try:
            self._on_next(value)
        except ISOLATED as error:
            self.fail(error)

    def on_error(self, error: Exception) -> None:
        """Hand over an error, or report it where there is no handler.

        Raises:
            Exception: *error* itself, where there is no handler and the chain fails while it is being subscribed: the
                one who subscribes is the one to tell.
        """
        on_error = self._on_error
        ended = self._end()
        if ended:
            return
        if on_error is not None:
            try:
                on_error(error)
            except ISOLATED as raised:
                self._context.unhandled(self._name, raised)
        elif self._attached:
            self._context.unhandled(self._name, error)
        else:
            raise error

    def on_completed(self) -> None:
        """Hand over the completion."""
        on_completed = self._on_completed
        if self._end() or on_completed is None:
            return
        try:
            on_completed()
        except ISOLATED as raised:
            self._context.unhandled(self._name, raised)

    def fail(self, cause: BaseException) -> None:
        """End the chain because something in it raised *cause*."""
        on_error, subscription = self._on_error, self._subscription
        self._end()
        self._context.failed(self._name, cause, on_error)
        if subscription is not None:
            subscription.dispose()

    def dispose(self) -> None:
        """Release the chain; the observer gets nothing any more, at once."""
        subscription = self._subscription
        self._end()
        if subscription is not None:
            subscription.dispose()

    def _end(self) -> bool:
        """Let go of everything. Return whether that was done before."""
        ended, self._ended = self._ended, True
        self._on_next = ignore
        self._on_error = self._on_completed = self._subscription = None
        return ended
