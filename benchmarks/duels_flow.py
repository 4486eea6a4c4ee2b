"""Operators that see to it that a consumer keeps up, and what comes nearest to each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import reactivex
from reactivex import operators as ops

from benchmarks.duel import Duel, Side, Sink, Source, piped
from benchmarks.duels_input import Event, Size, events, loop_scheduler
from rxconvo import operators as chat

__all__ = ["duels"]

_AT_A_TIME: Final = 4


def duels(size: Size) -> Iterable[Duel]:
    """Return them."""
    bursts = events(size)
    numbers = list(range(size.values))
    yield Duel(
        ours=Side(
            "enrich",
            piped(lambda: chat.enrich(_work, max_concurrent=_AT_A_TIME, ordered=False)),
            lambda sink: sorted(enriched.result for enriched in sink.kept),
        ),
        theirs=Side(
            "ops.merge of futures",
            piped(lambda: ops.map(_begun_later), lambda: ops.merge(max_concurrent=_AT_A_TIME)),
            lambda sink: sorted(sink.kept),
        ),
        bursts=bursts,
        expected=numbers,
        rxjs="mergeMap",
    )
    yield Duel(
        ours=Side("bounded_buffer", piped(lambda: chat.bounded_buffer(1000)), _numbers),
        theirs=Side("ops.observe_on, no bound", piped(lambda: ops.observe_on(loop_scheduler())), _numbers),
        bursts=bursts,
        expected=numbers,
        rxjs="observeOn, no bound",
    )
    yield Duel(
        ours=Side("to_async_iter", _iterated, _numbers),
        theirs=Side("asyncio.Queue, no bound", _queued, _numbers),
        bursts=bursts,
        expected=numbers,
    )
    yield Duel(
        ours=Side("probe", piped(lambda: chat.probe("here")), _numbers),
        theirs=Side("ops.do_action, a counter", piped(lambda: ops.do_action(_Counter().count)), _numbers),
        bursts=bursts,
        expected=numbers,
        rxjs="tap, a counter",
    )


class _Counter:
    number = 0

    def count(self, _value: object) -> None:
        self.number += 1


def _numbers(sink: Sink) -> list[int]:
    return [event.number for event in sink.kept]


async def _work(event: Event) -> int:
    await asyncio.sleep(0)
    return event.number


def _begun_later(event: Event) -> Any:
    return reactivex.defer(lambda _: reactivex.from_future(asyncio.ensure_future(_work(event))))


def _iterated(source: Source, sink: Sink) -> object:
    values = source.pipe(chat.to_async_iter())

    async def consume() -> None:
        async for value in values:
            sink.take(value)
        sink.end()

    return asyncio.get_running_loop().create_task(consume())


def _queued(source: Source, sink: Sink) -> object:
    """As one would write it, for `reactivex` has no asynchronous iterator."""
    queue: asyncio.Queue[Any] = asyncio.Queue()
    end = object()
    source.subscribe(queue.put_nowait, sink.fail, lambda: queue.put_nowait(end))

    async def consume() -> None:
        while (value := await queue.get()) is not end:
            sink.take(value)
        sink.end()

    return asyncio.get_running_loop().create_task(consume())
