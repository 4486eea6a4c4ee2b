"""The values of an Observable, by `async for`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reactivex import Observable

from rxconvo.operators._arguments import check_number
from rxconvo.streams.aiter import Iteration, iterate
from rxconvo.streams.backlog import Overflow, check_overflow

__all__ = ["to_async_iter"]

T = TypeVar("T")


def to_async_iter(maxsize: int = 1000, overflow: Overflow = "error") -> Callable[[Observable[T]], Iteration[T]]:
    """Iterate over the values of an Observable, with a bound on how many may wait for the one who iterates.

    With a consumer that takes 3 seconds for each, and room for one that waits: under `drop_oldest`, `drop_newest`,
    `error` and `disconnect`:

        values:  -abc------|
        taken:   -a--c-----|
        values:  -abc------|
        taken:   -a--b-----|
        values:  -abc------|
        taken:   -a--b--#
        values:  -abc------|
        taken:   -a--b--|
        values:  -ab#
        taken:   -a--b--#
        values:  -ab-
        taken:   -a-!                closed

    Example:
        from rxconvo import Service
        from rxconvo.operators import to_async_iter

        async with Service() as service, service.client("ada") as ada:
            lunch = await (await ada.create_conversation()).join()
            messages = lunch.messages.added.pipe(to_async_iter(maxsize=100))
            await lunch.send_message("pizza?")
            async for message in messages:
                print(message.body)  # -> pizza?
                break

    Args:
        maxsize: How many values may wait.
        overflow: What becomes of one more: `error`, `disconnect`, `drop_oldest`, `drop_newest`, or, for diffs of lists,
            `reset`, which replaces all that wait by the list as it is.

    Returns:
        Makes an asynchronous iterator of an Observable, for one consumer. It subscribes at once, so that nothing is
        missed; it unsubscribes at the end, with `aclose`, and when nobody holds it any more, as after `break`.

    Emits:
        The iterator returns each value that was not dropped, and ends when the Observable completes.

    Errors:
        The iterator raises those of the Observable, and with `error` a `SlowConsumerError`, after the values that wait.

    Time:
        None.

    Raises:
        ArgumentError: `maxsize` is less than 1, or there is no such `overflow`.
    """
    check_number("maxsize", maxsize)
    check_overflow("overflow", overflow)
    return lambda source: iterate(source, limit=maxsize, overflow=overflow)
