"""Observables as asynchronous iterators, with a bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, Self, TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase

from rxconvo.errors import ArgumentError, SlowConsumerError
from rxconvo.streams.backlog import Backlog, Overflow

__all__ = ["Iteration", "iterate"]

T = TypeVar("T")


class _Buffer(Generic[T]):
    """Values between an Observable and an `Iteration`. Apart from it, so that it ends when its consumer forgets it."""

    __slots__ = ("backlog", "ended", "error", "subscription", "waiter")

    def __init__(self, limit: int, overflow: Overflow) -> None:
        self.backlog = Backlog[T](limit, overflow)
        self.ended = False
        self.error: Exception | None = None
        self.waiter: asyncio.Future[None] | None = None
        self.subscription: DisposableBase | None = None

    def attach(self, subscription: DisposableBase) -> None:
        """Take over the subscription; it may be over already."""
        if self.ended:
            subscription.dispose()
        else:
            self.subscription = subscription

    def put(self, value: T) -> None:
        """Keep a value, or end where there is no room and that is the policy."""
        try:
            kept = self.backlog.put(value)
        except ArgumentError as error:
            self.end(error)
            return
        if kept:
            self._wake()
        else:
            self.end(SlowConsumerError(self.backlog.limit) if self.backlog.overflow == "error" else None)

    def end(self, error: Exception | None = None) -> None:
        """End after the values that are kept."""
        if self.ended:
            return
        self.ended = True
        self.error = error
        subscription, self.subscription = self.subscription, None
        if subscription is not None:
            subscription.dispose()
        self._wake()

    def _wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Iteration(AsyncIterator[T]):
    """The values of one subscription, one by one. Made by `iterate`.

    It unsubscribes at the end, with `aclose`, and when nobody holds it any more, as after `break`. It is for one
    consumer.
    """

    __slots__ = ("_buffer",)

    def __init__(self, buffer: _Buffer[T]) -> None:
        self._buffer = buffer

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Return the next value.

        Raises:
            StopAsyncIteration: The Observable completed, or this was closed.
            SlowConsumerError: More values came than the limit allows, and those kept have been returned.
            RuntimeError: Another consumer is waiting already.
        """
        buffer = self._buffer
        if buffer.waiter is not None:
            raise RuntimeError("another consumer is waiting for the next value of this iteration")
        while not buffer.backlog.items:
            if buffer.ended:
                error, buffer.error = buffer.error, None
                raise error or StopAsyncIteration
            buffer.waiter = asyncio.get_running_loop().create_future()
            try:
                await buffer.waiter
            finally:
                buffer.waiter = None
        return buffer.backlog.take()

    async def aclose(self) -> None:
        """Unsubscribe and forget the values that are kept."""
        self._buffer.backlog.items.clear()
        self._buffer.end()

    def __del__(self) -> None:
        self._buffer.end()


def iterate(source: Observable[T], *, limit: int = 1000, overflow: Overflow = "error") -> Iteration[T]:
    """Subscribe to an Observable, to get its values by `async for`.

    Args:
        source: The Observable. It is subscribed now, so nothing that comes from now on is missed.
        limit: How many values may wait for the consumer.
        overflow: What becomes of one more. By default it ends the subscription, and the consumer gets those that wait
            and then `SlowConsumerError`.

    Returns:
        The values; raises what the Observable fails with, ends when it completes.
    """
    buffer = _Buffer[T](limit, overflow)
    iteration = Iteration(buffer)
    buffer.attach(source.subscribe(buffer.put, buffer.end, buffer.end))
    return iteration
