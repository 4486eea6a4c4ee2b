"""One service and its clients over lines that can fail, in process in virtual time or over real sockets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Literal, Self, TypeVar

import rxconvo
from rxconvo.testing import seeded_ids, virtual_loop_factory
from tests.laws.network import Line, MemoryLine, SocketLine

T = TypeVar("T")
Kind = Literal["memory", "websocket"]

DEADLINE = 10.0
"""Seconds, for anything that is waited for."""

QUICK = rxconvo.BackoffPolicy(minimum=0.02, maximum=0.1)


class Log(list[Any]):
    """What an observer was told, in order. It is the observer."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[asyncio.Future[None]] = []

    def __call__(self, value: object) -> None:
        self.append(value)
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def of(self, *kinds: type) -> list[Any]:
        return [value for value in self if isinstance(value, kinds)]

    async def until(self, holds: Callable[[Self], bool]) -> None:
        """Wait until what was told is so."""
        async with asyncio.timeout(DEADLINE):
            while not holds(self):
                waiter = asyncio.get_running_loop().create_future()
                self._waiting.append(waiter)
                await waiter


class World:
    """A service, and who talks through it.

    Args:
        kind: What clients and service are connected by.
        url: Where the service keeps everything.
        seed: Of all chance and ids.
        options: The service's settings.

    Attributes:
        lines: The line of each client, by its name.
        skew: What everybody's time of day is ahead of the loop's.
    """

    def __init__(
        self,
        kind: Kind = "memory",
        *,
        url: str = "memory:laws",
        seed: int = 0,
        options: rxconvo.ServerOptions | None = None,
    ) -> None:
        self.kind = kind
        self.url = url
        self.options = options
        self.seed = seed
        self.chance = random.Random(seed)
        self.skew = timedelta(0)
        self.lines: dict[str, Line] = {}
        self._starts = self._visits = 0
        self.service = self._make_service()
        self._port = 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._stack.aclose()
        await self.service.close()

    async def client(self, identity: str, *, line: str | None = None, **options: Any) -> rxconvo.Client:
        """Connect a client over a line of its own, named after its identity unless told otherwise."""
        name = line or identity
        client, self.lines[name] = await self._stack.enter_async_context(self.visitor(identity, name=name, **options))
        return client

    @asynccontextmanager
    async def visitor(
        self, identity: str, *, name: str | None = None, refusing: bool = False, **options: Any
    ) -> AsyncGenerator[tuple[rxconvo.Client, Line]]:
        """Connect a client for a while, over a line of its own."""
        line: MemoryLine | SocketLine
        self._visits += 1
        if self.kind == "memory":
            line = MemoryLine(self.url, self.environment(name or f"visitor {self._visits}"))
            await line.start()
            connecting = line.client(identity, options=rxconvo.ClientOptions(**options))
        else:
            line = SocketLine(self.listener.url)
            await line.start()
            options = {"backoff": QUICK, "linger": 0.02, **options}
            connecting = rxconvo.connect(line.url, token=self._minting(identity), **options)
        line.refusing = refusing
        try:
            async with connecting as client:
                yield client, line
        finally:
            await line.close()

    def environment(self, name: str) -> rxconvo.Environment:
        chance = random.Random(f"{self.seed} {name}")
        time_of_day = rxconvo.Environment().wall
        return rxconvo.Environment(
            ids=seeded_ids(f"{self.seed} {name}"), chance=chance.random, wall=lambda: time_of_day() + self.skew
        )

    async def talk(self, *clients: rxconvo.Client) -> list[rxconvo.Conversation]:
        """Create a conversation of all these clients; returns each one's handle of it."""
        first, *others = clients
        created = await first.create_conversation(friendly_name="laws")
        await created.join()
        handles = [created]
        for other in others:
            await created.add(other.identity)
            handles.append(await other.get_conversation_by_sid(created.sid))
        return handles

    def memory_line(self, name: str) -> MemoryLine:
        line = self.lines[name]
        assert isinstance(line, MemoryLine)
        return line

    async def restart(self, between: Callable[[], object] = lambda: None) -> None:
        """Stop the service, whoever is connected, and start it again on the same address."""
        for line in self.lines.values():
            line.refusing = True
            if isinstance(line, MemoryLine):
                await line.close()
        await self.service.close()
        between()
        self.service = self._make_service()
        await self._start()
        for line in self.lines.values():
            if isinstance(line, MemoryLine):
                await line.start()
            line.refusing = False

    async def _start(self) -> None:
        await self.service.start()
        if self.kind == "websocket":
            self.listener = await self.service.listen(port=self._port)
            self._port = self.listener.port

    def _make_service(self) -> rxconvo.Service:
        self._starts += 1
        return rxconvo.Service(self.url, options=self.options, environment=self.environment(f"service {self._starts}"))

    def _minting(self, identity: str) -> Callable[[], Awaitable[str]]:
        async def mint() -> str:
            return self.service.token(identity)

        return mint


def run(scenario: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run something on a virtual loop of its own."""
    with asyncio.Runner(loop_factory=virtual_loop_factory) as runner:
        return runner.run(scenario())
