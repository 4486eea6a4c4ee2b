"""One who watches a feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final, Self

from rxconvo.integrations.web.broadcast import Broadcast, Counts, Gone
from rxconvo.integrations.web.messages import WebMessage

__all__ = ["EventStream", "Viewer"]

_AT_ONCE: Final = 64 * 1024
"""Bytes after which a viewer takes no more at once: what waits in its own name is so much and one message."""

_ALIVE: Final = b":\n\n"


class Viewer(AsyncIterator[list[WebMessage]]):
    """The messages of a feed for one who watches: some at a time, and none as a sign of life. Made by `Feed.view`.

    It ends with the feed, with `close`, and when nobody holds it any more. It is for one consumer.

    Args:
        broadcast: What it reads.
        cursor: Where it is in that.
        counts: How many messages of each topic it has had.
        pending: What it gets first.
        gone: Tells whether whom it stands for has gone.
        left: Called once, when it ends.
    """

    __slots__ = ("_broadcast", "_counts", "_cursor", "_gone", "_left", "_pending", "_waiter")

    def __init__(
        self,
        broadcast: Broadcast,
        cursor: int,
        counts: Counts,
        pending: list[WebMessage],
        *,
        gone: Gone | None,
        left: Callable[[Broadcast], None],
    ) -> None:
        self._broadcast = broadcast
        self._cursor = cursor
        self._counts = list(counts)
        self._pending = pending
        self._gone = gone
        self._left: Callable[[Broadcast], None] | None = left
        self._waiter: asyncio.Future[bool] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[WebMessage]:
        """Return what there is, as soon as there is something, or nothing when it is time for a sign of life.

        Raises:
            StopAsyncIteration: The feed has ended, or this has.
            RuntimeError: Another consumer is waiting already.
        """
        if self._waiter is not None:
            raise RuntimeError("another consumer is waiting for the next messages of this viewer")
        while self._left is not None:
            messages = self._take()
            if messages:
                return messages
            if self._broadcast.closed or (self._gone is not None and self._gone()):
                break
            self._waiter = waiter = self._broadcast.waiter(self._gone)
            try:
                news = await waiter
            finally:
                self._waiter = None
                if waiter.cancelled():
                    self._broadcast.forget(waiter)
            if not news and self._left is not None:
                return []
        self.close()
        raise StopAsyncIteration

    def close(self) -> None:
        """End. May be called again."""
        left, self._left = self._left, None
        if left is None:
            return
        self._pending = []
        if self._waiter is not None and not self._waiter.done():
            self._broadcast.forget(self._waiter)
            self._waiter.set_result(True)
        left(self._broadcast)

    async def aclose(self) -> None:
        """End, as `close` does."""
        self.close()

    def __del__(self) -> None:
        self.close()

    def _take(self) -> list[WebMessage]:
        """Return what can be had now, and be there."""
        if self._pending:
            pending, self._pending = self._pending, []
            return pending
        broadcast = self._broadcast
        if self._cursor == broadcast.seq:
            return []
        newer = broadcast.since(self._cursor)
        if newer is None:
            return self._catch_up()
        taken: list[WebMessage] = []
        size = 0
        for message in newer:
            self._counts[message.topic] = message.nth
            self._cursor = message.seq
            taken.append(message)
            size += len(message.data)
            if size >= _AT_ONCE:
                break
        return taken

    def _catch_up(self) -> list[WebMessage]:
        broadcast = self._broadcast
        messages = [*broadcast.gaps(self._counts), *broadcast.snapshots(self._cursor), WebMessage(broadcast.id)]
        if broadcast.last is not None:
            messages[-1] = broadcast.last
        self._cursor = broadcast.seq
        self._counts = list(broadcast.counts)
        return messages


class EventStream(AsyncIterator[bytes]):
    """What a viewer gets, as server-sent events. Made by `Feed.events`.

    It ends as a `Viewer` does, and, as a generator, with whoever is cancelled while waiting for it: a web server that
    finds its client gone.
    """

    __slots__ = ("_viewer",)

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes, which end with an event; a comment where there is nothing to tell for long.

        Raises:
            StopAsyncIteration: The feed has ended, or this was closed.
        """
        try:
            messages = await anext(self._viewer)
        except asyncio.CancelledError:
            self._viewer.close()
            raise
        if len(messages) == 1:
            return messages[0].sse  # the same bytes for all
        return b"".join(message.sse for message in messages) or _ALIVE

    async def aclose(self) -> None:
        """End. May be called again."""
        self._viewer.close()
