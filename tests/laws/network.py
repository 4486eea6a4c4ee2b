"""Lines between clients and a service that can be cut, held, and made to lose what is sent on them."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar
from urllib.parse import SplitResult, urlsplit

import rxconvo
from rxconvo.transport import MAX_BUFFERED, Transport, pair

D = TypeVar("D", bytes, Sequence[bytes])
Direction = Literal["up", "down"]

_CHUNK = 64 * 1024


@dataclass
class _Way(Generic[D]):
    """One direction of one connection.

    Attributes:
        direction: Which.
        read: Gives what comes next, nothing at the end.
        write: Sends it on.
        end: Says that nothing more comes; what was sent on can still be read.
    """

    direction: Direction
    read: Callable[[], Awaitable[D]]
    write: Callable[[D], object]
    end: Callable[[], Awaitable[object]]


class Line:
    """What lies between one client and the service, and what is wrong with it.

    Attributes:
        refusing: Whether no connection can be made.
        connections: How many have been made.
        lost: Set once something was lost.
    """

    def __init__(self) -> None:
        self.refusing = False
        self.connections = 0
        self.lost = asyncio.Event()
        self._held: set[Direction] = set()
        self._swallowed: set[Direction] = set()
        self._rations: list[int] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._pumps: set[asyncio.Task[None]] = set()

    def hold(self, *directions: Direction) -> None:
        """Let nothing pass these ways from now on; what comes next is kept."""
        self._held.update(directions)

    def swallow(self, *directions: Direction) -> None:
        """Lose what is sent these ways from now on, without a word to either end."""
        self._swallowed.update(directions)

    def release(self) -> None:
        """Let everything pass again, first what was kept."""
        self._held.clear()
        self._swallowed.clear()
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def cut(self) -> None:
        """End the connection, and what was kept with it. The next one may follow."""
        self._break()
        self.release()

    def cut_after(self, *amounts: int) -> None:
        """End the connection when so much more has come down, then the next one likewise, and so on.

        Args:
            amounts: Messages in process, bytes on sockets.
        """
        self._rations += amounts

    def _break(self) -> None:
        """End the connection, whatever is under way."""

    def _carry(self, *ways: _Way[D]) -> None:
        self.connections += 1
        for way in ways:
            task = asyncio.get_running_loop().create_task(self._pump(way))
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _pump(self, way: _Way[D]) -> None:
        try:
            while data := await way.read():
                while way.direction in self._held:
                    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiting.append(waiter)
                    await waiter
                if way.direction in self._swallowed:
                    self.lost.set()
                    continue
                if way.direction == "up" or not self._rations:
                    way.write(data)
                elif len(data) < self._rations[0]:
                    self._rations[0] -= len(data)
                    way.write(data)
                else:
                    way.write(data[: self._rations.pop(0)])
                    break
        except builtins.ConnectionError:
            pass  # as good as the end
        await way.end()


class MemoryLine(Line, rxconvo.Service):
    """A line in process: the service as one client reaches it. It can look into what passes.

    Attributes:
        sent: What the client has sent, message by message.
        received: What was sent to it.
        rewrite: What becomes of each message on its way down.
        max_buffered: Bytes that the next connection takes from the client before it must be read.
    """

    def __init__(self, url: str, environment: rxconvo.Environment) -> None:
        Line.__init__(self)
        rxconvo.Service.__init__(self, url, environment=environment)
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self.rewrite: Callable[[bytes], Iterable[bytes]] = lambda message: (message,)
        self.max_buffered = MAX_BUFFERED
        self._ends: list[Transport] = []

    async def connect(self) -> Transport:
        if self.refusing:
            raise rxconvo.ConnectionError("the line is down")
        near, here = pair(max_buffered=self.max_buffered)
        there = await super().connect()
        self._ends = [here, there]
        self._carry(
            _Way("up", here.receive, lambda messages: self._lift(there, messages), there.close),
            _Way("down", there.receive, lambda messages: self._drop(here, messages), here.close),
        )
        return near

    def inject(self, *messages: bytes) -> None:
        """Have the client receive something that the service never sent."""
        self._drop(self._ends[0], messages)

    def _lift(self, there: Transport, messages: Sequence[bytes]) -> None:
        self.sent += messages
        there.write(messages)

    def _drop(self, here: Transport, messages: Sequence[bytes]) -> None:
        messages = [new for message in messages for new in self.rewrite(message)]
        self.received += messages
        here.write(messages)

    def _break(self) -> None:
        for end in self._ends:
            end.abort()


class SocketLine(Line):
    """A line of real sockets: a small proxy on loopback, which knows bytes and nothing of what they mean."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self._upstream: SplitResult = urlsplit(upstream)
        self._server: asyncio.Server | None = None
        self._ends: list[asyncio.StreamWriter] = []

    @property
    def url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return self._upstream._replace(netloc=f"127.0.0.1:{port}").geturl()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        if self._pumps:
            await asyncio.wait(self._pumps)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        self._ends = [writer, there_writer]
        self._carry(
            _Way("up", lambda: reader.read(_CHUNK), there_writer.write, lambda: _closed(there_writer)),
            _Way("down", lambda: there_reader.read(_CHUNK), writer.write, lambda: _closed(writer)),
        )

    def _break(self) -> None:
        for writer in self._ends:
            writer.transport.abort()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
