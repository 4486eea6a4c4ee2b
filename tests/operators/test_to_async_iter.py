"""Which values wait for the one who iterates, and which do not."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from typing import Any, cast, get_args

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject

from rxconvo.errors import ArgumentError, SlowConsumerError
from rxconvo.model import Append, DiffBatch, Reset
from rxconvo.model.diffs import apply
from rxconvo.operators import to_async_iter, to_diffs
from rxconvo.streams import Iteration, Overflow
from rxconvo.testing import advance, settle
from tests.operators.timing import BROKEN, Row, feed, length_of

POLICIES: list[Overflow] = ["drop_oldest", "drop_newest", "error", "disconnect", "error", "error"]


async def take(values: Iteration[str], row: Row) -> None:
    """Take a value every three seconds."""
    try:
        async for value in values:
            row.mark(value)
            await asyncio.sleep(3.0)
    except (SlowConsumerError, LookupError):
        row.mark("#")
    else:
        row.mark("|")


async def test_the_diagrams_of_the_docstring(diagrams: Callable[..., list[str]]) -> None:
    rows = diagrams(to_async_iter)
    for given_, taken, overflow in zip(rows[::2], rows[1::2], POLICIES, strict=True):
        row, subject = Row(), Subject[str]()
        feed(given_, subject)
        values = subject.pipe(to_async_iter(1, overflow))
        taking = asyncio.create_task(take(values, row))
        await advance(length_of(taken) - 0.5)
        shown = str(row)
        await values.aclose()
        assert subject.observers == []
        await taking
        assert shown == taken.partition("!")[0].rstrip("-")


def drain(values: Iteration[Any]) -> list[Any]:
    """Take what is there, in a loop of its own."""

    async def run() -> list[Any]:
        return [value async for value in values]

    with asyncio.Runner() as runner:
        return runner.run(run())


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 8), st.sampled_from(["drop_oldest", "drop_newest"]))
def test_what_is_dropped_is_at_one_end(values: list[int], limit: int, overflow: Overflow) -> None:
    taken = drain(reactivex.of(*values).pipe(to_async_iter(limit, overflow)))
    assert taken == (values[-limit:] if overflow == "drop_oldest" else values[:limit])


@given(
    lists=st.lists(st.lists(st.integers(0, 5), max_size=5, unique=True), max_size=12),
    taking=st.lists(st.booleans(), min_size=12, max_size=12),
    limit=st.integers(1, 3),
)
def test_diffs_give_the_same_list_however_slowly_they_are_taken(
    lists: list[list[int]], taking: list[bool], limit: int
) -> None:
    async def run() -> None:
        subject: Subject[list[int]] = Subject()
        batches = subject.pipe(to_diffs(), to_async_iter(limit, "reset"))
        held: tuple[int, ...] = ()
        for values, takes in zip(lists, taking, strict=False):
            subject.on_next(values)
            if takes and batches._buffer.backlog.items:
                held = apply(held, await anext(batches))
            assert len(batches._buffer.backlog.items) <= limit
        subject.on_completed()
        async for batch in batches:
            held = apply(held, batch)
        assert list(held) == (lists[-1] if lists else [])

    with asyncio.Runner() as runner:
        runner.run(run())


async def test_a_reset_takes_the_place_of_all_that_wait() -> None:
    batches = [DiffBatch((Append((number,)),)) for number in range(3)]
    values = reactivex.of(*batches).pipe(to_async_iter(2, "reset"))
    assert [batch async for batch in values] == [DiffBatch((Reset((0, 1, 2)),))]


async def test_reset_is_for_diffs() -> None:
    values = reactivex.of(1, 2, 3).pipe(to_async_iter(2, "reset"))
    with pytest.raises(ArgumentError, match="overflow"):
        [value async for value in values]


async def test_the_error_comes_after_what_waits() -> None:
    subject: Subject[int] = Subject()
    values = subject.pipe(to_async_iter())
    subject.on_next(1)
    subject.on_error(BROKEN)
    assert await anext(values) == 1
    with pytest.raises(LookupError):
        await anext(values)


async def test_whoever_is_cancelled_leaves() -> None:
    subject: Subject[int] = Subject()

    async def consume() -> None:
        async for _ in subject.pipe(to_async_iter()):
            pass

    consumer = asyncio.create_task(consume())
    await settle()
    assert len(subject.observers) == 1
    consumer.cancel()
    await settle()
    del consumer
    gc.collect()
    assert subject.observers == []


async def test_closed() -> None:
    subject: Subject[int] = Subject()
    values = subject.pipe(to_async_iter())
    subject.on_next(1)
    await values.aclose()
    assert subject.observers == []
    assert [value async for value in values] == []


@pytest.mark.parametrize("arguments", [{"maxsize": 0}, {"overflow": "block"}])
def test_bad_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        to_async_iter(**arguments)


def test_an_observable_cannot_be_iterated_over_without_it() -> None:
    with pytest.raises(TypeError):
        aiter(cast("AsyncIterator[int]", reactivex.of(1)))


def test_all_policies_are_tried() -> None:
    assert set(POLICIES) | {"reset"} == set(get_args(Overflow))
