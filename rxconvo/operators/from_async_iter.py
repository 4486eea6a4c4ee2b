"""The values of an asynchronous iterator, as an Observable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable
from typing import Any, TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxconvo.errors import AbortError
from rxconvo.operators._arguments import check_kind

__all__ = ["from_async_iter"]

T = TypeVar("T")

_RUNNING: set[asyncio.Task[None]] = set()
"""A loop does not hold its tasks, and nobody has to hold a subscription."""


def from_async_iter(source: AsyncIterable[T] | Callable[[], AsyncIterable[T]]) -> Observable[T]:
    """Emit what an asynchronous iterator returns.

    The next value is only asked for when its observers are done with the one before:

        returned:  -a-b--c|
        emitted:   -a-b--c|
        returned:  -a-b#
        emitted:   -a-b#
        returned:  -a-b--c
        emitted:   -a-b-!            disposed

    Example:
        import asyncio
        from collections.abc import AsyncIterator
        from rxconvo.operators import from_async_iter

        async def countdown() -> AsyncIterator[int]:
            for number in (2, 1):
                yield number
                await asyncio.sleep(1)

        from_async_iter(countdown).subscribe(print)
        await asyncio.sleep(3)
        # -> 2
        # -> 1

    Args:
        source: What makes an asynchronous iterable, called for each subscription; or one that is iterated over anew, as
            far as it can be.

    Returns:
        Cold. Each subscription is a task on the running loop.

    Emits:
        Each value, no more than one in each round of the loop, so that a source which always has more leaves room for
        others. It keeps none.

    Errors:
        What the iterator raises, or *source* where it makes none. An `AbortError` where what it waits for is cancelled.

    Time:
        None. Dispose cancels the task, and closes a generator.

    Raises:
        ArgumentError: An argument is not of its type.
    """
    if not callable(source):
        check_kind("source", source, AsyncIterable, "an asynchronous iterable, or a callable that makes one")

    def subscribe(observer: ObserverBase[T], _scheduler: SchedulerBase | None = None) -> DisposableBase:
        iterating = _Iterating(observer)
        task = asyncio.get_running_loop().create_task(iterating.run(source), name="from_async_iter")
        _RUNNING.add(task)
        task.add_done_callback(_RUNNING.discard)

        def dispose() -> None:
            iterating.disposed = True
            if task is not asyncio.current_task(task.get_loop()):  # it may be disposed by what it emits
                task.cancel()

        return Disposable(dispose)

    return Observable(subscribe)


class _Iterating:
    """One subscription."""

    def __init__(self, observer: ObserverBase[Any]) -> None:
        self.disposed = False
        self._observer = observer

    async def run(self, source: AsyncIterable[T] | Callable[[], AsyncIterable[T]]) -> None:
        """Emit all values."""
        observer = self._observer
        try:
            iterator = aiter(source() if callable(source) else source)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
            observer.on_error(error)
            return
        try:
            while not self.disposed:
                try:
                    value = await anext(iterator)
                except StopAsyncIteration:
                    observer.on_completed()
                    return
                except asyncio.CancelledError:
                    # By dispose, and then nobody listens any more; or with the loop, or what it waited for.
                    observer.on_error(AbortError("the iteration was cancelled"))
                    raise
                except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
                    observer.on_error(error)
                    return
                observer.on_next(value)
                await asyncio.sleep(0)
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()
