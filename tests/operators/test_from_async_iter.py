"""What an iterator returns is emitted, no sooner than it is asked for, and it is closed in every case."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.abc import DisposableBase

from rxconvo.errors import AbortError
from rxconvo.operators import from_async_iter, to_async_iter
from rxconvo.testing import VirtualLoop, advance, settle
from tests.operators.timing import Row, length_of, returning


async def test_the_diagrams_of_the_docstring(diagrams: Callable[..., list[str]]) -> None:
    rows = diagrams(from_async_iter)
    for returned, emitted in zip(rows[::2], rows[1::2], strict=True):
        row = Row()
        subscription = row.watch(from_async_iter(partial(returning, returned)))
        await advance(length_of(emitted) - 0.5)
        subscription.dispose()
        await advance(10.0)
        assert str(row) == emitted.partition("!")[0].rstrip("-")


class Numbers:
    """Numbers without end, without ever waiting.

    Attributes:
        returned: How many there were.
        closed: Whether it is closed.
    """

    def __init__(self, last: int = 10**9) -> None:
        self.last = last
        self.returned = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[int]:
        try:
            while self.returned < self.last:
                self.returned += 1
                yield self.returned
        finally:
            self.closed = True


async def test_the_loop_is_left_to_others() -> None:
    numbers = Numbers()
    seen: list[int] = []
    subscription = from_async_iter(numbers).subscribe(seen.append)
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(seen) <= 5
    subscription.dispose()
    await settle()
    assert numbers.closed


async def test_no_more_is_asked_for_than_is_wanted() -> None:
    numbers = Numbers()
    assert await from_async_iter(numbers).pipe(ops.take(3), ops.to_list()) == [1, 2, 3]
    await settle()
    assert (numbers.returned, numbers.closed) == (3, True)


async def test_each_subscription_iterates_for_itself() -> None:
    made = from_async_iter(lambda: Numbers(2))
    assert await made.pipe(ops.to_list()) == [1, 2]
    assert await made.pipe(ops.to_list()) == [1, 2]


@pytest.mark.parametrize("source", [lambda: 1, lambda: 1 / 0])
async def test_what_cannot_be_iterated_over(source: AsyncIterable[int]) -> None:
    errors: list[Exception] = []
    from_async_iter(source).subscribe(on_error=errors.append)
    await settle()
    assert isinstance(errors[0], TypeError | ZeroDivisionError)


async def test_cancelled_from_within() -> None:
    async def cancelled() -> AsyncIterator[int]:
        yield 1
        raise asyncio.CancelledError

    errors: list[Exception] = []
    from_async_iter(cancelled).subscribe(on_error=errors.append)
    await settle()
    assert isinstance(errors[0], AbortError)


async def test_there_and_back() -> None:
    assert [value async for value in from_async_iter(lambda: Numbers(5)).pipe(to_async_iter())] == [1, 2, 3, 4, 5]


@given(st.text(alphabet="ab-", max_size=8), st.floats(0.0, 10.0))
def test_disposed_at_any_time_it_is_closed(row: str, at: float) -> None:
    closed: list[bool] = []

    async def watched() -> AsyncIterator[str]:
        try:
            async for value in returning(row):
                yield value
        finally:
            closed.append(True)

    async def run() -> None:
        seen: list[str] = []
        subscription = from_async_iter(watched).subscribe(seen.append)
        await advance(at)
        subscription.dispose()
        before = list(seen)
        await advance(20.0)
        assert seen == before
        assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())
    assert closed == [True]


def test_it_may_be_disposed_when_its_loop_is_gone() -> None:
    ends: list[str] = []

    async def run() -> DisposableBase:
        iterated = from_async_iter(returning("a-b"))
        subscription = iterated.subscribe(on_error=lambda error: ends.append(type(error).__name__))
        await advance(1.0)
        return subscription

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        subscription = runner.run(run())
    subscription.dispose()
    assert ends == ["AbortError"]
