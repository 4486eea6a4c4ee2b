"""Both ends of a connection within one process: no socket, no task, no clock, hence the same run every time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from rxconvo.errors import ConnectionError
from rxconvo.transport.base import HIGH_WATER, MAX_BUFFERED, MAX_MESSAGE

__all__ = ["MemoryTransport", "pair"]


class _Pipe:
    """One direction: what was written and not yet read, and who waits for it."""

    __slots__ = ("_messages", "_reader", "_writers", "ended", "size")

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        self._reader: asyncio.Future[None] | None = None
        self._writers: list[asyncio.Future[None]] = []
        self.size = 0
        self.ended: str | None = None

    def put(self, messages: Iterable[bytes]) -> None:
        before = len(self._messages)
        self._messages.extend(messages)
        self.size += sum(len(message) for message in self._messages[before:])
        if len(self._messages) > before:
            self._wake_reader()

    def end(self, reason: str, *, drop: bool) -> None:
        if drop:
            self._messages, self.size = [], 0
        if self.ended is None:
            self.ended = reason
        self._wake_reader()
        self._wake_writers()

    async def take(self) -> list[bytes]:
        while not self._messages:
            if self.ended is not None:
                raise ConnectionError(self.ended)
            if self._reader is not None:
                raise RuntimeError("another receive() of this transport is waiting")
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        taken, self._messages, self.size = self._messages, [], 0
        self._wake_writers()
        return taken

    async def below(self, mark: int) -> None:
        while self.size > mark and self.ended is None:
            writer = asyncio.get_running_loop().create_future()
            self._writers.append(writer)
            try:
                await writer
            finally:
                if writer in self._writers:
                    self._writers.remove(writer)

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _wake_writers(self) -> None:
        writers, self._writers = self._writers, []
        for writer in writers:
            if not writer.done():
                writer.set_result(None)


class MemoryTransport:
    """One end of a `pair`. Bytes count as buffered until the other end has read them."""

    __slots__ = ("_high_water", "_incoming", "_max_buffered", "_max_message", "_outgoing")

    def __init__(
        self, incoming: _Pipe, outgoing: _Pipe, *, max_message: int, high_water: int, max_buffered: int
    ) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._max_message = max_message
        self._high_water = high_water
        self._max_buffered = max_buffered

    def __repr__(self) -> str:
        return f"<MemoryTransport buffered={self.buffered} {self._incoming.ended or 'open'}>"

    @property
    def buffered(self) -> int:
        """Bytes written here that the other end has not read."""
        return self._outgoing.size

    async def receive(self) -> Sequence[bytes]:
        """Take all messages that have arrived since the last call, waiting for the first. See `Transport.receive`."""
        return await self._incoming.take()

    def write(self, messages: Iterable[bytes]) -> None:
        """Hand messages to the other end, which can read them at once. See `Transport.write`."""
        if self._outgoing.ended is not None:
            return
        messages = list(messages)
        for position, message in enumerate(messages):
            if len(message) > self._max_message:
                # As on a socket: what came before can be read, this message ends the connection.
                self._outgoing.put(messages[:position])
                self._outgoing.end(f"a message is longer than {self._max_message} bytes", drop=False)
                self._incoming.end("the peer refused a message that is too long", drop=False)
                return
        self._outgoing.put(messages)
        if self._outgoing.size > self._max_buffered:
            self._cut(f"more than {self._max_buffered} bytes waited for a peer that does not read")

    async def drain(self) -> None:
        """Wait until the other end has read enough. See `Transport.drain`."""
        await self._outgoing.below(self._high_water)

    async def close(self, code: int = 1000) -> None:
        """End both directions; what was written here can still be read. See `Transport.close`."""
        self._outgoing.end(f"the peer closed the connection (code {code})", drop=False)
        self._incoming.end("the connection was closed here", drop=True)

    def abort(self) -> None:
        """End both directions and drop what is unread. See `Transport.abort`."""
        self._cut("the connection was cut")

    def _cut(self, reason: str) -> None:
        self._outgoing.end(reason, drop=True)
        self._incoming.end(reason, drop=True)


def pair(
    *, max_message: int = MAX_MESSAGE, high_water: int = HIGH_WATER, max_buffered: int = MAX_BUFFERED
) -> tuple[MemoryTransport, MemoryTransport]:
    """Connect two ends in this process.

    Args:
        max_message: Longest message in bytes; a longer one ends the connection.
        high_water: `drain` waits while more bytes than this are unread.
        max_buffered: With more unread bytes than this the connection is cut.

    Returns:
        The two ends; what one writes the other reads.
    """
    there, back = _Pipe(), _Pipe()
    return (
        MemoryTransport(back, there, max_message=max_message, high_water=high_water, max_buffered=max_buffered),
        MemoryTransport(there, back, max_message=max_message, high_water=high_water, max_buffered=max_buffered),
    )
