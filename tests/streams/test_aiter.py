from __future__ import annotations

import asyncio

import pytest
import reactivex
from reactivex.subject import Subject

from rxconvo.errors import SlowConsumerError
from rxconvo.streams import iterate
from rxconvo.testing import settle


async def test_it_is_subscribed_at_once(subject: Subject[int]) -> None:
    values = iterate(subject)
    subject.on_next(1)
    assert await anext(values) == 1


@pytest.fixture
def subject() -> Subject[int]:
    return Subject()


async def test_it_waits_for_values(subject: Subject[int]) -> None:
    values = iterate(subject)
    waiting = asyncio.create_task(anext(values))
    await settle()
    assert not waiting.done()
    subject.on_next(1)
    subject.on_next(2)
    assert await waiting == 1
    assert await anext(values) == 2


async def test_it_ends_after_the_last_value(subject: Subject[int]) -> None:
    values = iterate(subject)
    subject.on_next(1)
    subject.on_completed()
    assert [value async for value in values] == [1]
    with pytest.raises(StopAsyncIteration):
        await anext(values)


async def test_it_raises_the_error_once_after_the_last_value(subject: Subject[int]) -> None:
    values = iterate(subject)
    subject.on_next(1)
    subject.on_error(ValueError("boom"))
    assert await anext(values) == 1
    with pytest.raises(ValueError, match="boom"):
        await anext(values)
    with pytest.raises(StopAsyncIteration):
        await anext(values)


async def test_a_waiting_consumer_learns_of_the_end(subject: Subject[int]) -> None:
    values = iterate(subject)
    waiting = asyncio.create_task(anext(values, "end"))
    await settle()
    subject.on_completed()
    assert await waiting == "end"


async def test_what_completes_while_it_is_subscribed_is_fine() -> None:
    assert [value async for value in iterate(reactivex.of(1, 2))] == [1, 2]


async def test_too_many_values_end_it_and_the_consumer_is_told_after_those_kept(subject: Subject[int]) -> None:
    values = iterate(subject, limit=3)
    for value in range(10):
        subject.on_next(value)
    assert not subject.observers
    seen: list[int] = []
    with pytest.raises(SlowConsumerError) as caught:
        async for value in values:
            seen.append(value)  # noqa: PERF401 - what came before the error counts
    assert seen == [0, 1, 2]
    assert caught.value.limit == 3


async def test_too_many_values_while_it_is_subscribed() -> None:
    values = iterate(reactivex.range(1000), limit=1)
    assert await anext(values) == 0
    with pytest.raises(SlowConsumerError):
        await anext(values)


async def test_a_consumer_that_keeps_up_has_no_limit(subject: Subject[int]) -> None:
    values = iterate(subject, limit=1)
    for value in range(10):
        subject.on_next(value)
        assert await anext(values) == value


async def test_closing_unsubscribes(subject: Subject[int]) -> None:
    values = iterate(subject)
    subject.on_next(1)
    await values.aclose()
    await values.aclose()
    assert not subject.observers
    with pytest.raises(StopAsyncIteration):
        await anext(values)


async def test_forgetting_unsubscribes(subject: Subject[int]) -> None:
    async for _ in iterate(reactivex.merge(reactivex.of(1), subject)):
        break
    assert not subject.observers


async def test_cancelling_a_consumer_keeps_the_values(subject: Subject[int]) -> None:
    values = iterate(subject)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await anext(values)
    subject.on_next(1)
    assert await anext(values) == 1


async def test_there_is_one_consumer(subject: Subject[int]) -> None:
    values = iterate(subject)
    waiting = asyncio.create_task(anext(values))
    await settle()
    with pytest.raises(RuntimeError, match="another consumer"):
        await anext(values)
    subject.on_next(1)
    assert await waiting == 1
