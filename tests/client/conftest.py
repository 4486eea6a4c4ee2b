"""A service in memory, clients on lines that can be cut, tapped and disturbed, and a far end without a service.

What goes over plain HTTP goes through a client's post office, which can be disturbed as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
import pytest

import rxconvo
from rxconvo.client.tokens import TokenProvider, Tokens
from rxconvo.errors import ConnectionError
from rxconvo.testing import seeded_ids
from rxconvo.transport import MAX_BUFFERED, Connector, MemoryTransport, Transport, pair
from rxconvo.transport.http import HttpExchange, PlainRequest, PlainResponse
from rxconvo.wire.codec import decode, encode
from rxconvo.wire.packets import Close, Init, Notification, Other, Packet, Reply, Request, Status

P = TypeVar("P", bound=Packet)

OK = Status(200, "OK")


def middle() -> float:
    """Return the chance that leaves a back-off delay as it is."""
    return 0.5


class Tap:
    """A client's end of a connection in memory; what passes goes through the hooks of its line."""

    def __init__(self, inner: MemoryTransport, line: Line) -> None:
        self.inner = inner
        self._line = line

    @property
    def buffered(self) -> int:
        return self.inner.buffered

    async def receive(self) -> Sequence[bytes]:
        while True:
            messages = await self.inner.receive()
            kept = [message for message in messages if self._line.hears(message)]
            if kept:
                self._line.reads.append(len(kept))
                return kept

    def write(self, messages: Iterable[bytes]) -> None:
        messages = list(messages)
        self._line.writes.append(len(messages))
        self.inner.write([message for message in messages if self._line.says(message)])

    def put(self, *messages: bytes) -> None:
        """Deliver messages as if the service had written them."""
        self.inner._incoming.put(messages)

    async def drain(self) -> None:
        await self.inner.drain()

    async def close(self, code: int = 1000) -> None:
        await self.inner.close(code)

    def abort(self) -> None:
        self.inner.abort()


class Line:
    """A connector that can be cut, tapped and disturbed.

    Attributes:
        up: Whether it can be connected; see `down`.
        delay: Seconds that connecting takes.
        attempts: When the client asked for a connection, by the loop's clock.
        opened: How many connections were made.
        sent: Every packet of the client so far, those withheld included.
        received: Every packet that reached the client so far.
        writes: How many packets each write of the client had.
        reads: How many packets each read of the client brought.
        replying: Given each packet of the client; what it returns comes back in the service's place, None lets it pass.
        passing: Given each packet of the service; tells whether it reaches the client.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._tap: Tap | None = None
        self.up = True
        self.delay = 0.0
        self.attempts: list[float] = []
        self.opened = 0
        self.sent: list[Packet] = []
        self.received: list[Packet] = []
        self.writes: list[int] = []
        self.reads: list[int] = []
        self.replying: Callable[[Packet], Iterable[Packet] | None] = lambda _: None
        self.passing: Callable[[Packet], bool] = lambda _: True

    async def connect(self) -> Transport:
        self.attempts.append(asyncio.get_running_loop().time())
        if self.delay:
            await asyncio.sleep(self.delay)
        if not self.up:
            raise ConnectionError("the line is down")
        inner = await self._connector.connect()
        assert isinstance(inner, MemoryTransport)
        self.opened += 1
        self._tap = Tap(inner, self)
        return self._tap

    # -- what a test does to it

    def cut(self) -> None:
        """Cut the connection: the client notices at once, and can connect again."""
        assert self._tap is not None
        self._tap.abort()

    def down(self) -> None:
        """Cut the connection and refuse new ones until `up` is True again."""
        self.up = False
        if self._tap is not None:
            self._tap.abort()

    def tell(self, *packets: Packet) -> None:
        """Deliver packets to the client as if the service had written them together."""
        self.tell_bytes(*map(encode, packets))

    def tell_bytes(self, *messages: bytes) -> None:
        """Deliver messages to the client as if the service had written them together."""
        assert self._tap is not None
        self._tap.put(*messages)

    # -- what a test asks it

    def sent_of(self, kind: type[P]) -> list[P]:
        """List the client's packets of one kind."""
        return [packet for packet in self.sent if isinstance(packet, kind)]

    def requests(self, method: str, ending: str = "") -> list[Request]:
        """List the client's requests of one method, of paths with that ending."""
        return [
            packet
            for packet in self.sent_of(Request)
            if packet.http_request.method == method and packet.http_request.path.endswith(ending)
        ]

    # -- for the tap

    def says(self, message: bytes) -> bool:
        """Note what the client says; tell whether the service may hear it."""
        packet = decode(message)
        self.sent.append(packet)
        answers = self.replying(packet)
        if answers is None:
            return True
        self.tell(*answers)
        return False

    def hears(self, message: bytes) -> bool:
        """Note what the service says; tell whether the client may hear it."""
        try:
            packet = decode(message)
        except rxconvo.ProtocolError:  # a test's own
            return True
        if not self.passing(packet):
            return False
        self.received.append(packet)
        return True


class PostOffice:
    """What carries a client's requests for media; it can be tapped and disturbed.

    Attributes:
        asked: Every request so far.
        bodies: What was read of their bodies, in the same order.
        begun: How many requests are under way.
        asking: Given each request before the service gets it; it may raise, or return an answer in the service's place.
        moving: Awaited with each piece, in either direction; it may raise, or take its time.
        answering: Given each answer of the service before the client gets it; it may raise.
    """

    def __init__(self, http: HttpExchange) -> None:
        self._http = http
        self.asked: list[PlainRequest] = []
        self.bodies: list[bytearray] = []
        self.begun = 0
        self.asking: Callable[[PlainRequest], PlainResponse | None] = lambda _: None
        self.moving: Callable[[bytes], Awaitable[None]] | None = None
        self.answering: Callable[[PlainResponse], None] = lambda _: None

    @asynccontextmanager
    async def exchange(self, request: PlainRequest) -> AsyncGenerator[PlainResponse]:
        self.asked.append(request)
        self.bodies.append(bytearray())
        if request.body is not None:
            request = replace(request, body=self._tapped(request.body, self.bodies[-1]))
        self.begun += 1
        try:
            answer = self.asking(request)
            if answer is not None:
                yield answer
                return
            async with self._http.exchange(request) as response:
                self.answering(response)
                yield replace(response, body=self._tapped(response.body, bytearray()))
        finally:
            self.begun -= 1

    async def _tapped(self, pieces: AsyncIterable[bytes], log: bytearray) -> AsyncGenerator[bytes]:
        async for piece in pieces:
            if self.moving is not None:
                await self.moving(piece)
            log += piece
            yield piece

    def requests(self) -> list[str]:
        """Name what was asked for so far: methods, and what is most telling of the addresses."""
        return [f"{request.method} {urlsplit(request.url).path.rpartition('/')[2][:8]}" for request in self.asked]


def plain_answer(status: int, body: bytes | object = b"", *, cut: bool = False) -> PlainResponse:
    """Make an answer: JSON, unless the body is bytes; cut, it ends too early."""

    async def pieces() -> AsyncGenerator[bytes]:
        yield body if isinstance(body, bytes) else orjson.dumps(body)
        if cut:
            raise ConnectionError("cut")

    return PlainResponse(status=status, reason="as it is", body=pieces())


class World:
    """One service, its clients, and the line and the post office of each."""

    def __init__(self, service: rxconvo.Service, stack: AsyncExitStack) -> None:
        self.service = service
        self.lines: dict[str, Line] = {}
        self.offices: dict[str, PostOffice] = {}
        self._stack = stack
        self._numbers = count(1)

    def line(self, identity: str) -> Line:
        """Return the line of an identity's clients."""
        if identity not in self.lines:
            self.lines[identity] = Line(self.service)
        return self.lines[identity]

    def post(self, identity: str) -> PostOffice:
        """Return the post office of an identity's clients."""
        if identity not in self.offices:
            self.offices[identity] = PostOffice(self.service)
        return self.offices[identity]

    def make(
        self,
        identity: str,
        *,
        token: str | TokenProvider | None = None,
        chance: Callable[[], float] = middle,
        **options: Any,
    ) -> rxconvo.Client:
        """Make a client on its line that is not started; it ends with the test."""

        async def mint() -> str:
            return self.service.token(identity)

        client = rxconvo.Client(
            self.line(identity),
            Tokens(token or mint),
            rxconvo.ClientOptions(**options),
            rxconvo.Environment(ids=seeded_ids(f"client {next(self._numbers)} of {identity}"), chance=chance),
            http=self.post(identity),
        )
        self._stack.push_async_callback(client.shutdown)
        return client

    async def client(self, identity: str, **options: Any) -> rxconvo.Client:
        """Start a client on its line; it ends with the test. Options as those of `make`."""
        return await self.make(identity, **options).start()


class FarEnd:
    """A connector without a service: a test speaks for it, packet by packet.

    Attributes:
        ends: The far ends of the connections made so far.
        log: What the client has said, as far as it was read.

    Args:
        max_buffered: A connection with more unread bytes than this is cut.
    """

    def __init__(self, *, max_buffered: int = MAX_BUFFERED) -> None:
        self._max_buffered = max_buffered
        self.ends: list[MemoryTransport] = []
        self.log: list[Packet] = []
        self._made = asyncio.Event()

    async def connect(self) -> Transport:
        near, far = pair(max_buffered=self._max_buffered)
        self.ends.append(far)
        self._made.set()
        return near

    async def accepted(self, count: int = 1) -> None:
        """Wait until *count* connections were made."""
        while len(self.ends) < count:
            self._made.clear()
            await self._made.wait()

    async def heard(self, kind: type[P]) -> P:
        """Return the next packet of a kind on the newest connection; the others before it are in the log."""
        while True:
            for position, packet in enumerate(self.log):
                if isinstance(packet, kind):
                    del self.log[: position + 1]
                    return packet
            self.log += map(decode, await self.ends[-1].receive())

    def say(self, *packets: Packet) -> None:
        """Write packets on the newest connection, together."""
        self.ends[-1].write(map(encode, packets))

    async def welcome(self, count: int = 1) -> Init:
        """Accept the `init` of the *count*th connection."""
        await self.accepted(count)
        init = await self.heard(Init)
        self.say(Reply(init.id, OK, continuation_token="continue", capabilities=["client_update"]))
        return init


def answer(request: Packet, status: int = 200, body: object = None, reason: str = "") -> Reply:
    """Answer a request over HTTP."""
    return Reply(request.id, OK, http_status=Status(status, reason), payload=orjson.dumps({} if body is None else body))


def refusal(packet: Packet, code: int, error_code: int | None = None, body: object = None) -> Reply:
    """Refuse a packet."""
    payload = b"" if body is None else orjson.dumps(body)
    return Reply(packet.id, Status(code, "REFUSED", error_code=error_code), payload=payload)


class Packets:
    """What a service says, ready made, for tests that cannot import this module."""

    answer = staticmethod(answer)
    plain_answer = staticmethod(plain_answer)
    refusal = staticmethod(refusal)

    @staticmethod
    def close(code: int, body: object = None) -> Close:
        return Close("close", Status(code, "CLOSE"), b"" if body is None else orjson.dumps(body))

    @staticmethod
    def ping(packet_id: str = "ping") -> Other:
        return Other(packet_id, "ping")

    @staticmethod
    def notification(
        payload: object, *, message_type: str = "twilio.sync.event", packet_id: str = "note"
    ) -> Notification:
        body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        return Notification(packet_id, message_type, payload=body)


@pytest.fixture
def packets() -> type[Packets]:
    return Packets


@pytest.fixture
async def service() -> AsyncGenerator[rxconvo.Service]:
    """An embedded service of this test's own."""
    environment = rxconvo.Environment(ids=seeded_ids("service"))
    async with rxconvo.Service(environment=environment) as service:
        yield service


@pytest.fixture
async def world(service: rxconvo.Service) -> AsyncGenerator[World]:
    """The service and its clients."""
    async with AsyncExitStack() as stack:
        yield World(service, stack)


@pytest.fixture
async def ada(world: World) -> rxconvo.Client:
    """A client of the service."""
    return await world.client("ada")


@pytest.fixture
async def bob(world: World) -> rxconvo.Client:
    """Another client of the service."""
    return await world.client("bob")


@pytest.fixture
def far_end(request: pytest.FixtureRequest) -> FarEnd:
    """An upstream that a test speaks for; its `max_buffered` as a parameter."""
    return FarEnd(max_buffered=getattr(request, "param", MAX_BUFFERED))
