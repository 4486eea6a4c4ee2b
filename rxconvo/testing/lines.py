"""Lines between clients and a service that can be cut, held, delayed, and made to lose what is sent on them.

A line outlives the connections that are made over it. Whatever is said to it holds for the connection that is there now
and for those to come. Ways other than `up` and `down`, and figures that make no sense, are an `ArgumentError`.
"""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args
from urllib.parse import SplitResult, urlsplit

from rxconvo.client.service import Service
from rxconvo.errors import ConnectionError
from rxconvo.operators._arguments import check_choice, check_number, check_seconds
from rxconvo.transport import MAX_BUFFERED, Transport, pair

__all__ = ["Line", "MemoryLine", "SocketLine", "Way"]

Way: TypeAlias = Literal["up", "down"]
"""A direction: `up` is from the client to the service."""

_CHUNK = 64 * 1024


@dataclass
class _Gate:
    """What is wrong with one direction of a line.

    Attributes:
        passed: Bytes that have passed so far, on all connections.
        frames: Messages that have come so far, likewise; on sockets whatever was read at once.
        held: Whether nothing passes for now.
        swallowed: Whether what comes is lost.
        delay: Seconds by which what comes is late.
        size: Bytes (in process: messages) that are passed on at a time; 0 is as they come.
        rations: Bytes after which the connection ends; then those for the next one, and so on.
        holds: Seconds for which a message is kept, and those behind it, by its number.
        doubled: Numbers of messages that are passed on twice.
    """

    passed: int = 0
    frames: int = 0
    held: bool = False
    swallowed: bool = False
    delay: float = 0.0
    size: int = 0
    rations: list[int] = field(default_factory=list[int])
    holds: dict[int, float] = field(default_factory=dict[int, float])
    doubled: set[int] = field(default_factory=set[int])

    @property
    def open(self) -> bool:
        """Whether everything passes just as it comes."""
        return not (
            self.held or self.swallowed or self.delay or self.size or self.rations or self.holds or self.doubled
        )


@dataclass
class _Stream:
    """One direction of one connection.

    Attributes:
        way: Which.
        read: Gives what comes next; nothing at the end.
        write: Sends it on.
        end: Says that nothing more comes; what was sent on can still be read.
        whole: Whether pieces are messages, of which nothing arrives unless all does.
    """

    way: Way
    read: Callable[[], Awaitable[Sequence[bytes]]]
    write: Callable[[Sequence[bytes]], object]
    end: Callable[[], Awaitable[object]]
    whole: bool


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
        self._refusals = 0
        self.lost = asyncio.Event()
        self._gates: dict[Way, _Gate] = {"up": _Gate(), "down": _Gate()}
        self._waiting: list[asyncio.Future[None]] = []
        self._pumps: set[asyncio.Task[None]] = set()

    def passed(self, way: Way) -> int:
        """Return how many bytes have passed one way, on all connections: messages in process, the stream on sockets."""
        return self._gate(way).passed

    def hold(self, *ways: Way) -> None:
        """Let nothing pass these ways, or none, from now on; what comes next is kept."""
        for way in ways or self._gates:
            self._gate(way).held = True

    def swallow(self, *ways: Way) -> None:
        """Lose what is sent these ways, or any, from now on, without a word to either end: the line is half open."""
        for way in ways or self._gates:
            self._gate(way).swallowed = True

    def release(self) -> None:
        """Let everything pass again, first what was kept."""
        for gate in self._gates.values():
            gate.held = gate.swallowed = False
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _gate(self, way: Way) -> _Gate:
        check_choice("way", way, get_args(Way))
        return self._gates[way]

    @contextmanager
    def refused(self) -> Generator[None]:
        """Let no connection be made within the block, whatever other blocks do."""
        self._refusals += 1
        try:
            yield
        finally:
            self._refusals -= 1

    @property
    def _refuses(self) -> bool:
        return self.refusing or self._refusals > 0

    def mend(self) -> None:
        """Have nothing be wrong any more."""
        self.refusing = False
        for gate in self._gates.values():
            gate.delay, gate.size = 0.0, 0
            gate.rations.clear()
            gate.holds.clear()
            gate.doubled.clear()
        self.release()

    def cut(self) -> None:
        """End the connection, and what was kept with it. The next one may follow."""
        self._break()
        self.release()

    def cut_after(self, *amounts: int, way: Way = "down") -> None:
        """End the connection when so many more bytes have passed, then the next one likewise, and so on.

        A message that the cut goes through is lost: in process altogether, on sockets its beginning arrives.

        Args:
            amounts: Bytes, for one connection after the other.
            way: Whose bytes are counted.

        Raises:
            ArgumentError: One of them is negative, or there is no such way.
        """
        for amount in amounts:
            check_number("amounts", amount, 0)
        self._gate(way).rations += amounts

    def delay(self, seconds: float, *ways: Way) -> None:
        """Have all that is sent these ways come later, in order; what is sent meanwhile comes with it.

        Args:
            seconds: By how much; 0 ends it.
            ways: Which ways; both unless told otherwise.

        Raises:
            ArgumentError: *seconds* is negative or not finite, or there is no such way.
        """
        check_seconds("seconds", seconds, zero=True)
        for way in ways or self._gates:
            self._gate(way).delay = seconds

    def slice(self, size: int, *ways: Way) -> None:
        """Pass things on in small pieces, each of which can be read before the next one comes.

        Args:
            size: How much at a time, bytes on sockets and messages in process; 0 ends it.
            ways: Which ways; both unless told otherwise.

        Raises:
            ArgumentError: *size* is negative, or there is no such way.
        """
        check_number("size", size, 0)
        for way in ways or self._gates:
            self._gate(way).size = size

    def _break(self) -> None:
        """End the connection, whatever is under way."""

    def _carry(self, *streams: _Stream) -> None:
        self.connections += 1
        for stream in streams:
            task = asyncio.get_running_loop().create_task(self._pump(stream))
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _pump(self, stream: _Stream) -> None:
        gate = self._gates[stream.way]
        try:
            while pieces := await stream.read():
                if gate.open:
                    gate.frames += len(pieces)
                    gate.passed += sum(map(len, pieces))
                    stream.write(pieces)
                elif not await self._squeeze(stream, gate, pieces):
                    break
        except builtins.ConnectionError:
            pass  # as good as the end
        await stream.end()

    async def _squeeze(self, stream: _Stream, gate: _Gate, pieces: Sequence[bytes]) -> bool:
        """Pass something on as far as it gets; tell whether the connection lives."""
        if gate.delay:
            await asyncio.sleep(gate.delay)
        ready: list[bytes] = []
        for piece in pieces:
            number, gate.frames = gate.frames, gate.frames + 1
            if kept := gate.holds.pop(number, 0.0):
                if not self._send(stream, gate, ready):
                    return False
                await asyncio.sleep(kept)
            ready += [piece] * (2 if number in gate.doubled else 1)
            gate.doubled.discard(number)
        while gate.held:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
        if gate.swallowed:
            self.lost.set()
            return True
        if not gate.size:
            return self._send(stream, gate, ready)
        for slice_ in _sliced(ready, gate.size, whole=stream.whole):
            if not self._send(stream, gate, slice_):
                return False
            await asyncio.sleep(0)
        return True

    @staticmethod
    def _send(stream: _Stream, gate: _Gate, pieces: list[bytes]) -> bool:
        """Write pieces until the connection is to end, and forget them; tell whether it lives."""
        sent: list[bytes] = []
        lives = True
        for piece in pieces:
            if not gate.rations or len(piece) < gate.rations[0]:
                if gate.rations:
                    gate.rations[0] -= len(piece)
                sent.append(piece)
                continue
            rest = gate.rations.pop(0)
            if rest == len(piece) or (rest and not stream.whole):
                sent.append(piece[:rest])
            lives = False
            break
        gate.passed += sum(map(len, sent))
        if sent:
            stream.write(sent)
        pieces.clear()
        return lives


def _sliced(pieces: Sequence[bytes], size: int, *, whole: bool) -> list[list[bytes]]:
    """Divide messages into groups, or a stream into small chunks."""
    if whole:
        return [list(pieces[start : start + size]) for start in range(0, len(pieces), size)]
    stream = b"".join(pieces)
    return [[stream[start : start + size]] for start in range(0, len(stream), size)]


class MemoryLine(Line):
    """A line in process: the service as one client reaches it. It knows messages, and can look into what passes.

    Args:
        service: The service.

    Attributes:
        sent: What the client has sent, message by message.
        received: What was sent to it.
        rewrite: What becomes of each message on its way down; None is nothing.
        taps: Called with each message that is handed to the client.
        max_buffered: Bytes that the next connection takes from the client before it must be read.
    """

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self.rewrite: Callable[[bytes], Iterable[bytes]] | None = None
        self.taps: list[Callable[[bytes], object]] = []
        self.max_buffered = MAX_BUFFERED
        self._service = service
        self._ends: list[Transport] = []

    async def connect(self) -> Transport:
        """Open a connection to the service. Clients call this: a line is a connector.

        Raises:
            ConnectionError: The line refuses.
            ClosedError: The service is not running.
        """
        if self._refuses:
            raise ConnectionError("the line is down")
        near, here = pair(max_buffered=self.max_buffered)
        there = await self._service.connect()
        self._ends = [here, there]
        self._carry(
            _Stream("up", here.receive, lambda messages: self._lift(there, messages), there.close, whole=True),
            _Stream("down", there.receive, lambda messages: self._drop(here, messages), here.close, whole=True),
        )
        return near

    async def close(self) -> None:
        """End the connection and wait until nothing is under way. The line can be used again."""
        self.cut()
        if self._pumps:
            await asyncio.wait(self._pumps)

    def inject(self, *messages: bytes) -> None:
        """Have the client receive something that the service never sent.

        Args:
            messages: Encoded packets.
        """
        self._drop(self._ends[0], messages)

    def duplicate(self, way: Way, frame: int = 0) -> None:
        """Pass a message on twice.

        Args:
            way: Which way it goes.
            frame: How many messages come before it, from now on.
        """
        gate = self._gate(way)
        gate.doubled.add(gate.frames + frame)

    def hold_frame(self, way: Way, frame: int, seconds: float) -> None:
        """Keep a message for a while, and all that come behind it.

        Args:
            way: Which way it goes.
            frame: How many messages come before it, from now on.
            seconds: For how long.
        """
        gate = self._gate(way)
        gate.holds[gate.frames + frame] = seconds

    def _lift(self, there: Transport, messages: Sequence[bytes]) -> None:
        self.sent += messages
        there.write(messages)

    def _drop(self, here: Transport, messages: Sequence[bytes]) -> None:
        if self.rewrite is not None:
            messages = [new for message in messages for new in self.rewrite(message)]
        self.received += messages
        for tap in self.taps:
            for message in messages:
                tap(message)
        here.write(messages)

    def _break(self) -> None:
        for end in self._ends:
            end.abort()


class SocketLine(Line):
    """A line of real sockets: a small proxy on loopback, which knows bytes and nothing of what they mean.

    Args:
        upstream: The `ws://` URL of the service.
    """

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self._upstream: SplitResult = urlsplit(upstream)
        self._server: asyncio.Server | None = None
        self._ends: list[asyncio.StreamWriter] = []
        self._port = 0

    @property
    def url(self) -> str:
        """The `ws://` URL that leads over this line. It stays the same."""
        return self._upstream._replace(netloc=f"127.0.0.1:{self._port}").geturl()

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop to listen, end the connection, and wait until nothing is under way."""
        if self._server is not None:
            self._server.close()
        self.cut()
        if self._pumps:
            await asyncio.wait(self._pumps)
        if self._server is not None:
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        self._ends = [writer, there_writer]
        self._carry(
            _Stream("up", lambda: _read(reader), there_writer.writelines, lambda: _closed(there_writer), whole=False),
            _Stream("down", lambda: _read(there_reader), writer.writelines, lambda: _closed(writer), whole=False),
        )

    def _break(self) -> None:
        for writer in self._ends:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Sequence[bytes]:
    chunk = await reader.read(_CHUNK)
    return [chunk] if chunk else []


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
