"""Coming and going of observers, and awaiting a single event.

The stream is that of a conversation's messages, with all that opens and closes with its first and last observer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from time import process_time
from typing import Any, Final

from reactivex import Observable, Subject
from reactivex import operators as ops

from benchmarks.budgets import BUDGETS
from benchmarks.harness import Contender, Row, Scale, race
from benchmarks.limit import LIMIT, limit_of
from benchmarks.upstream import Upstream, client_of, conversation_sid
from rxconvo import HotStream, MessageStream

__all__ = ["measure"]

_SIZES: Final = {Scale.FULL: (10_000, 5_000, 9), Scale.QUICK: (10_000, 1_000, 3), Scale.TINY: (10, 20, 1)}
"""Other observers, repetitions a round, rounds."""


async def measure(scale: Scale) -> list[Row]:
    """Measure both."""
    others, amount, rounds = _SIZES[scale]
    async with await client_of(Upstream(3)) as client:
        streams: list[MessageStream] = []
        for number in range(3):
            conversation = client.find_conversation(conversation_sid(number))
            assert conversation is not None
            await conversation.messages.opened
            streams.append(conversation.messages)
        alone, crowded, awaited = streams
        rows: list[Row] = []
        for stream, crowd in ((alone, 0), (crowded, others)):
            rows += await _subscribe(stream, crowd, amount, rounds)
        return [*rows, *await _await(awaited, amount, rounds)]


async def _subscribe(stream: MessageStream, others: int, amount: int, rounds: int) -> list[Row]:
    subject: Subject[Any] = Subject()
    crowd = [source.subscribe(_ignore) for source in (stream, subject) for _ in range(others)]
    timings = await race(
        rounds,
        {
            LIMIT: limit_of(),
            "ours": _come_and_go(stream, amount, stream.push),
            "Subject": _come_and_go(subject, amount if not others else max(1, amount // 50), subject.on_next),
        },
    )
    assert len(stream.observers) == len(subject.observers) == others
    for subscription in crowd:
        subscription.dispose()
    what = f"subscribe and dispose, {others:,} others"
    return [
        timings.row(what, "ours", LIMIT, budget=BUDGETS["subscribe"]),
        timings.row(what, "ours", "Subject"),
    ]


def _come_and_go(source: Observable[Any], amount: int, push: Callable[[Any], None]) -> Contender:
    """Return what subscribes and disposes so often and tells the seconds of each."""

    async def run() -> float:
        seen: list[object] = []
        start = process_time()
        for _ in range(amount):
            source.subscribe(seen.append).dispose()
        seconds = process_time() - start
        with source.subscribe(seen.append):
            push("one")
        push("another")
        assert seen == ["one"]
        return seconds / amount

    return run


async def _await(stream: HotStream[Any], amount: int, rounds: int) -> list[Row]:
    loop = asyncio.get_running_loop()
    subject: Subject[Any] = Subject()

    async def ours() -> float:
        start = process_time()
        for number in range(amount):
            loop.call_soon(stream.push, number)
            got = await stream.next()
            assert got == number
        return (process_time() - start) / amount

    async def future() -> float:
        start = process_time()
        for number in range(amount):
            waiter: asyncio.Future[int] = loop.create_future()
            loop.call_soon(waiter.set_result, number)
            got = await waiter
            assert got == number
        return (process_time() - start) / amount

    async def first() -> float:
        start = process_time()
        for number in range(amount):
            loop.call_soon(partial(subject.on_next, number))
            got = await subject.pipe(ops.first())
            assert got == number
        return (process_time() - start) / amount

    timings = await race(rounds, {"ours": ours, "a future": future, "ops.first()": first})
    return [
        timings.row("await next()", "ours", "a future", budget=BUDGETS["next"]),
        timings.row("await next()", "ours", "ops.first()"),
    ]


def _ignore(_value: object) -> None:
    pass
