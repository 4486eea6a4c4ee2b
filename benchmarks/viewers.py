"""One stream to a hundred viewers: a feed, which encodes each value once, beside a queue and an encoding for each.

Both are what goes on before the sockets: from the stream to bytes of server-sent events in the hands of each viewer's
task. The peer is as one would write it, its queues bounded; it has no resuming and no signs of life.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from time import process_time
from typing import Any, Final

from reactivex.subject import Subject

from benchmarks.harness import Contender, Row, Scale, race
from rxconvo import Append, DiffBatch, Message
from rxconvo.integrations.web import Feed
from rxconvo.integrations.web.encoding import to_json
from rxconvo.model import Home

__all__ = ["measure"]

_SIZES: Final = {Scale.FULL: (100, 500, 7), Scale.QUICK: (100, 200, 3), Scale.TINY: (3, 5, 1)}
"""Viewers, values a round, rounds."""

_ENOUGH: Final = 1_000
"""Values that may wait for a viewer."""

Batch = DiffBatch[Any]


async def measure(scale: Scale) -> list[Row]:
    """Compare them."""
    viewers, amount, rounds = _SIZES[scale]
    batches = [DiffBatch((Append((_message(number),)),)) for number in range(amount)]
    timings = await race(
        rounds,
        {"a feed": _contender(_with_feed, viewers, batches), "one each": _contender(_with_queues, viewers, batches)},
    )
    what = f"a message to {viewers} viewers, from stream to bytes"
    return [timings.row(what, "a feed", "one each", peer="a queue and an encoding each")]


class _Watcher:
    """Counts what one viewer gets."""

    def __init__(self, amount: int) -> None:
        self.bytes = 0
        self._left = amount
        self.done = asyncio.Event()

    def take(self, piece: bytes) -> None:
        """Count the messages in a piece."""
        self.bytes += len(piece)
        self._left -= piece.count(b"\ndata: ") + piece.startswith(b"data: ")
        if not self._left:
            self.done.set()


Watching = Callable[[Subject[Batch], _Watcher], Coroutine[None, None, None]]


def _contender(start: Callable[[Subject[Batch]], Watching], viewers: int, batches: list[Batch]) -> Contender:
    async def take() -> float:
        source = Subject[Batch]()
        watch = start(source)
        watchers = [_Watcher(len(batches)) for _ in range(viewers)]
        tasks = [asyncio.ensure_future(watch(source, watcher)) for watcher in watchers]
        await asyncio.sleep(0)
        before = process_time()
        for batch in batches:
            source.on_next(batch)
            await asyncio.sleep(0)
        for watcher in watchers:
            await watcher.done.wait()
        seconds = process_time() - before
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert len({watcher.bytes // 1000 for watcher in watchers}) == 1
        return seconds / len(batches)

    return take


def _with_feed(source: Subject[Batch]) -> Watching:
    feed = Feed(source, linger=0)

    async def watch(_: Subject[Batch], watcher: _Watcher) -> None:
        async for piece in feed.events():
            watcher.take(piece)

    return watch


def _with_queues(_: Subject[Batch]) -> Watching:
    async def watch(source: Subject[Batch], watcher: _Watcher) -> None:
        queue: asyncio.Queue[Batch] = asyncio.Queue(_ENOUGH)
        with source.subscribe(queue.put_nowait):
            while True:
                watcher.take(b"data: %b\n\n" % to_json(await queue.get()))

    return watch


def _message(number: int) -> Message:
    return Message(
        f"IM{number:032}",
        number,
        author="ada",
        body=f"number {number} of what is said at lunch, as long as messages are",
        date_created_iso="2026-01-31T12:00:00.000Z",
        date_updated_iso="2026-01-31T12:00:00.000Z",
        participant_sid=f"MB{number:032}",
        home=Home("CH" + "0" * 32),
    )
