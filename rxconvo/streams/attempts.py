"""Attempts at mutations, for whoever follows them: for traces, for example."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from msgspec import Struct
from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable

from rxconvo.display import Displayed
from rxconvo.streams.context import ISOLATED, Context
from rxconvo.types import Sid

__all__ = ["Followers", "MutationAttempt", "MutationObserver"]

T = TypeVar("T")


class MutationAttempt(Struct, Displayed, frozen=True):
    """One attempt at a mutation.

    Attributes:
        name: The method: `send_message`, for example.
        mutation_id: The mutation's id, the same for all attempts at it.
        number: Which attempt of this process it is, from 1.
        resumed: Whether it resumes an attempt that was not answered, of this process or of another one.
        conversation_sid: The conversation; None where it is about none.
    """

    name: str
    mutation_id: str
    number: int = 1
    resumed: bool = False
    conversation_sid: Sid | None = None


MutationObserver: TypeAlias = Callable[[MutationAttempt], Callable[[BaseException | None], object]]
"""Gets an attempt as it begins, and returns what gets its end: None once it has a value, else why it has none.

Both are called where the mutation was awaited or subscribed to: in the context (`contextvars`) of whoever did.
"""


class Followers:
    """Who follows the attempts of one client. False where nobody does.

    Args:
        context: Where it is reported what they raise.
    """

    __slots__ = ("_context", "_observers")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._observers: dict[object, MutationObserver] = {}

    def __bool__(self) -> bool:
        return bool(self._observers)

    def add(self, observer: MutationObserver) -> DisposableBase:
        """Have an observer follow the attempts that begin from now on, until the result is disposed."""
        key = object()
        self._observers[key] = observer

        def leave() -> None:
            self._observers.pop(key, None)

        return Disposable(leave)

    async def follow(self, attempt: MutationAttempt, perform: Callable[[], Awaitable[T]]) -> T:
        """Make an attempt, and tell all observers of it. What they raise is reported; the attempt never fails of it."""
        ends = [end for observe in tuple(self._observers.values()) if (end := self._begin(observe, attempt))]
        try:
            value = await perform()
        except BaseException as error:
            self._end(attempt, ends, error)
            raise
        self._end(attempt, ends, None)
        return value

    def _begin(
        self, observe: MutationObserver, attempt: MutationAttempt
    ) -> Callable[[BaseException | None], object] | None:
        try:
            return observe(attempt)
        except ISOLATED as error:
            self._context.unhandled(attempt.name, error)
            return None

    def _end(
        self,
        attempt: MutationAttempt,
        ends: list[Callable[[BaseException | None], object]],
        error: BaseException | None,
    ) -> None:
        for end in reversed(ends):  # as blocks within each other end
            try:
                end(error)
            except ISOLATED as raised:
                self._context.unhandled(attempt.name, raised)
