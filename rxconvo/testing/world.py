"""A world for a test: one service, its clients and conversations, over lines that can fail.

In process everything runs on virtual time, and an hour passes in milliseconds. Over real aiohttp and real sockets of
this machine (`World("websocket")`) it does as well, on a `VirtualLoop`: the kernel hands over on loopback what was sent
before anybody asks for it. Only a store in a file that is to be made durable by its own thread wants real time.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypeVar, get_args

from rxconvo.client.client import Client
from rxconvo.client.environment import Environment
from rxconvo.client.options import BackoffPolicy, ClientOptions
from rxconvo.client.service import ServerOptions
from rxconvo.client.tokens import Tokens
from rxconvo.errors import ArgumentError, ClosedError
from rxconvo.model.limits import check_identity
from rxconvo.operators._arguments import check_choice, check_kind, check_number, check_seconds, check_text
from rxconvo.testing.ids import seeded_ids
from rxconvo.testing.kept import KeptService
from rxconvo.testing.leaks import LeakError, held, leaks_since
from rxconvo.testing.lines import Line, MemoryLine, SocketLine
from rxconvo.testing.loop import advance, virtual_loop_factory
from rxconvo.testing.marbles import Marbles, no_unplayed
from rxconvo.testing.observers import UnheardError, failures, no_observer_raises
from rxconvo.testing.unhandled import no_unhandled
from rxconvo.transport.websocket import WebSocketConnector

if TYPE_CHECKING:
    from types import TracebackType

    from reactivex.abc import ObservableBase

    from rxconvo.client.conversation import Conversation
    from rxconvo.server.web import Listener
    from rxconvo.streams import HotStream
    from rxconvo.testing.expectations import Expectation
    from rxconvo.types import Identity

__all__ = ["QUICK", "TOKEN_TTL", "Kind", "World", "run"]

T = TypeVar("T")

Kind: TypeAlias = Literal["memory", "websocket"]
"""What clients and service are connected by."""

TOKEN_TTL = timedelta(hours=1)
"""For how long the tokens of a world's clients hold."""

QUICK = BackoffPolicy(minimum=0.02, maximum=0.1)
"""Delays between connections for tests on real time: `await world.client("ada", backoff=QUICK)`, or `connect`'s."""

_OPENING = 1.0  # seconds in which sources open
_CLOSING = 5.0  # seconds after which what nobody observes is closed


class World:
    """A service, and who talks through it. All that is in it ends with its block.

    What diagrams say is explained in `Marbles`. What was said but not flushed is played at the end of the block. An
    observer that raises fails it, unless somebody observes that client's `errors`, or `observers_may_raise` says so.

    Example:
        from reactivex import operators as ops
        from rxconvo import operators as chat
        from rxconvo.testing import World

        async with World() as world:
            ada, bob = await world.clients("ada", "bob")
            mine, his = await world.talk(ada, bob)
            world.act("t 1h m", t=his.send_typing, m=lambda: his.send_message("hello"))
            bodies = mine.messages.added.pipe(ops.map(lambda message: message.body))
            world.expect(bodies).to_be("- 1h m", {"m": "hello"})

    Args:
        kind: What clients and service are connected by: `memory`, or `websocket` for real aiohttp on loopback.
        url: Where the service keeps everything: `memory:`, which here outlives a restart, or `sqlite:PATH`.
        seed: Of all chance and ids: the same seed, the same run.
        options: The service's settings.
        tick: Seconds that a mark of a diagram takes.

    Raises:
        ArgumentError: An argument is not what it must be.

    Attributes:
        service: The service.
        lines: The line of each client, by its name.
        identities: Whose each line is.
        chance: Chance for the test's own use.
        skew: What everybody's time of day is ahead of the loop's.
        forgetting: Called when the service has lost what it had, before it starts again.
    """

    listener: Listener
    """Where the service listens, if it does."""

    def __init__(
        self,
        kind: Kind = "memory",
        *,
        url: str = "memory:",
        seed: int = 0,
        options: ServerOptions | None = None,
        tick: float = 1.0,
    ) -> None:
        check_choice("kind", kind, get_args(Kind))
        check_text("url", url, "`memory:` or `sqlite:PATH`")
        if not url.startswith(("memory:", "sqlite:")):
            raise ArgumentError("url", "`memory:` or `sqlite:PATH`", url)
        check_number("seed", seed, None)
        if options is not None:
            check_kind("options", options, ServerOptions, "a ServerOptions")
        self.kind: Kind = kind
        self.seed = seed
        self.chance = random.Random(seed)
        self.skew = timedelta(0)
        self.lines: dict[str, Line] = {}
        self.identities: dict[str, Identity] = {}
        self.forgetting: list[Callable[[], object]] = []
        self._restarting = asyncio.Lock()
        self._tick = check_seconds("tick", tick)
        self._playing: Marbles | None = None
        self._clients: dict[Client, str] = {}
        self._visits = 0
        self._port = 0
        self._stack = AsyncExitStack()
        self.service = KeptService(url, options=options, environment=self.environment("service"))

    async def __aenter__(self) -> Self:
        """Start the service."""
        self._block = self._life()
        await self._block.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let happen what is still to happen, unless the block has raised; then shut everything down.

        Raises:
            MarbleError: Something was seen that was not expected, or the other way round.
            UnheardError: An observer has raised, and nobody has observed it.
        """
        await self._block.__aexit__(kind, error, trace)

    @asynccontextmanager
    async def _life(self) -> AsyncGenerator[None]:
        with no_observer_raises() as self._faults:
            try:
                await self._start()
                self._playing = Marbles(tick=self._tick)
                yield
                await self._play()
            finally:
                if self._playing is not None:
                    self._playing.drop()
                    self._playing = None
                await self._stack.aclose()
                await self.service.close()
                await self.service.forget()

    async def _play(self) -> None:
        if self._ensure_open().pending:
            await self.flush()

    async def verify(self) -> None:
        """Let happen what is still to happen, and fail for what an observer has raised. The world goes on.

        Raises:
            MarbleError: Something was seen that was not expected, or the other way round.
            UnheardError: An observer has raised, and nobody has observed it.
        """
        await self._play()
        faults = failures(self._faults)
        self._faults.clear()  # told once
        if faults:
            raise UnheardError(faults)

    def _ensure_open(self) -> Marbles:
        if self._playing is None:
            raise ClosedError("the world is not open: use `async with World() as world:`")
        return self._playing

    @property
    def now(self) -> float:
        """Seconds of the running loop's clock, as in a `History`."""
        return asyncio.get_running_loop().time()

    async def client(self, identity: Identity, *, line: str | None = None, **options: Any) -> Client:
        """Connect a client over a line of its own.

        Args:
            identity: The user.
            line: Name of the line, the identity unless told otherwise: for a second client of the same user.
            options: Fields of `ClientOptions`.

        Returns:
            The client, which is shut down with the world.

        Raises:
            ArgumentError: The identity is none, an option out of range, or there is a line of that name.
            ClosedError: The world is not open.
        """
        self._ensure_open()
        check_identity(identity)
        name = identity if line is None else line
        check_text("line", name, "a text that is not empty")
        if name in self.lines:
            raise ArgumentError("line", 'a name that is free, such as line="ada\'s phone" for a second client', name)
        self.identities[name] = identity
        client, self.lines[name] = await self._stack.enter_async_context(self.visitor(identity, name=name, **options))
        return client

    async def clients(self, *identities: Identity, **options: Any) -> list[Client]:
        """Connect some clients, one after the other.

        Args:
            identities: The users.
            options: Fields of `ClientOptions`, for each of them.

        Returns:
            The clients, in the same order.

        Raises:
            ArgumentError: An identity is none or named twice, or an option out of range.
            ClosedError: The world is not open.
        """
        return [await self.client(identity, **options) for identity in identities]

    @asynccontextmanager
    async def visitor(
        self,
        identity: Identity,
        *,
        name: str | None = None,
        prepare: Callable[[Line], object] = lambda _: None,
        **options: Any,
    ) -> AsyncGenerator[tuple[Client, Line]]:
        """Connect a client for the length of a block.

        Args:
            identity: The user.
            name: Of its line, where that matters: chance and ids depend on it.
            prepare: Gets its line before the first connection is made.
            options: Fields of `ClientOptions`.

        Returns:
            The client and its line.

        Raises:
            ArgumentError: The identity is none, or an option out of range.
            ClosedError: The world is not open.
        """
        self._ensure_open()
        check_identity(identity)
        self._visits += 1
        name = name or f"visitor {self._visits}"
        environment = self.environment(name)
        tokens = Tokens(self._minting(identity))
        line: MemoryLine | SocketLine
        if self.kind == "memory":
            line = MemoryLine(self.service)
            client = Client(line, tokens, ClientOptions(**options), environment, http=self.service)
        else:
            line = SocketLine(self.listener.url)
            await line.start()
            options = {"backoff": QUICK, "linger": 0.02, **options}
            client = Client(WebSocketConnector(line.url), tokens, ClientOptions(**options), environment)
        prepare(line)
        try:
            await client.start()
            self._clients[client] = name
            try:
                yield client, line
            finally:
                del self._clients[client]
                await client.shutdown()
        finally:
            await line.close()

    async def conversation(self, *clients: Client, friendly_name: str = "lunch") -> Conversation:
        """Create a conversation of all these clients.

        Args:
            clients: Whose it is; the first creates it.
            friendly_name: Its name.

        Returns:
            The first client's handle of it.
        """
        return (await self.talk(*clients, friendly_name=friendly_name))[0]

    async def talk(self, *clients: Client, friendly_name: str = "lunch") -> list[Conversation]:
        """Create a conversation of all these clients.

        Args:
            clients: Whose it is; the first creates it.
            friendly_name: Its name.

        Returns:
            Each client's handle of it, in the same order.
        """
        first, *others = clients
        created = await first.create_conversation(friendly_name=friendly_name)
        await created.join()
        handles = [created]
        for other in others:
            await created.add(other.identity)
            handles.append(await other.get_conversation_by_sid(created.sid))
        return handles

    # -- marbles -----------------------------------------------------------------------------------------------------

    def act(self, diagram: str, **acts: Callable[[], object]) -> None:
        """Have people do things, once `flush` is called. See `Marbles.act`.

        Args:
            diagram: When what: `t--m`.
            acts: What the names stand for: `t=his.send_typing`, `m=lambda: his.send_message("hello")`.

        Raises:
            ArgumentError: The diagram is none.
            KeyError: A name stands for nothing.
        """
        self._ensure_open().act(diagram, **acts)

    def expect(self, observable: ObservableBase[Any], span: str | None = None) -> Expectation:
        """Observe something, from now on or for a span. See `Marbles.expect`.

        Args:
            observable: A stream, or what is piped onto one.
            span: From when to when: `--^---!`.

        Returns:
            What must be seen is said to its `to_be`.

        Raises:
            ArgumentError: The span is none.
        """
        return self._ensure_open().expect(observable, span)

    async def flush(self, until: float | None = None) -> None:
        """Let everything happen, and compare what was seen with what was expected. See `Marbles.flush`.

        The start is a second from now: what was subscribed to is open by then.

        Args:
            until: Seconds that it takes; as long as the longest diagram unless said otherwise.

        Raises:
            MarbleError: Something was seen that was not expected, or the other way round.
        """
        await advance(_OPENING)
        await self._ensure_open().flush(until)

    # -- leaving nothing -----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def released(self) -> AsyncGenerator[None]:
        """Fail unless the block gives back all that it takes: observers, subscriptions in the service, tasks, timers.

        What observes a stream is named by it. At the end of a world all of it ends anyway.

        Raises:
            LeakError: On leaving the block, and a while later, if it left something behind.
        """
        before, observed, subscriptions = held(), self._observed(), self.service.server.subscriptions
        yield
        await advance(_CLOSING)
        kept = len(before.timers)
        leaks = [leak for leak in await leaks_since(before) if not leak.startswith("timer")]
        timers = [*held().timers.values()]  # those of the clients' own are other ones by now
        leaks += timers if len(timers) > kept else []
        more = self._observed() - observed
        leaks += [f"{count} observer{'' if count == 1 else 's'} of {name}" for name, count in more.items()]
        if self.service.server.subscriptions > subscriptions:
            leaks.append(f"{self.service.server.subscriptions - subscriptions} subscriptions in the service")
        if leaks:
            raise LeakError(leaks)

    def _observed(self) -> Counter[str]:
        """Count who observes each stream: a view's observers, and of the stream itself the others."""
        counts: Counter[str] = Counter()
        for client, line in self._clients.items():
            for report in client.inspect():
                counts[f"{report.name} (of {line})"] += report.subscribers
                topic, _, view = report.name.partition(".")
                if view and report.subscribers:
                    _, of, sid = view.partition(" of ")
                    counts[f"{topic}{of}{sid} (of {line})"] -= 1
        return counts

    def assert_released(self, *streams: HotStream[Any]) -> None:
        """Fail if somebody observes one of these.

        Args:
            streams: Streams of conversations or clients.

        Raises:
            LeakError: Somebody does.
        """
        if observed := [f"an observer of {stream!r}" for stream in streams if stream.observed]:
            raise LeakError(observed)

    def memory_line(self, name: str) -> MemoryLine:
        """Return a line as one that knows messages.

        Args:
            name: Its name.

        Raises:
            ArgumentError: There is none of that name.
            TypeError: It is one of sockets.
        """
        if name not in self.lines:
            raise ArgumentError("name", f"that of a line ({', '.join(map(repr, self.lines))})", name)
        line = self.lines[name]
        if not isinstance(line, MemoryLine):
            raise TypeError(f"the line of {name} is one of sockets, which knows no messages")
        return line

    def environment(self, name: str) -> Environment:
        """Make what somebody takes ids, chance and the time of day from: the same for the same seed and name.

        Args:
            name: Whose it is.
        """
        chance = random.Random(f"{self.seed} {name}")
        ids = seeded_ids(f"{self.seed} {name}")
        time_of_day = Environment().wall
        return Environment(
            ids=ids, secrets=lambda: ids() + ids(), chance=chance.random, wall=lambda: time_of_day() + self.skew
        )

    async def restart(
        self, between: Callable[[], object] = lambda: None, *, down: float = 0.0, forget: bool = False
    ) -> None:
        """Stop the service, whoever is connected, and start it again on the same address.

        Args:
            between: Called while it is stopped.
            down: Seconds for which it is stopped.
            forget: Whether a service in memory begins anew, instead of with what it had. Its conversations are gone
                then; their streams tell of a `Discontinuity`, and complete.

        Raises:
            ArgumentError: A service that keeps everything in a file cannot forget.
        """
        if forget and not self.service.url.startswith("memory:"):
            raise ArgumentError("forget", f"False, as what is kept in {self.service.url} is not forgotten", forget)
        async with self._restarting, AsyncExitStack() as stack:
            for line in self.lines.values():
                stack.enter_context(line.refused())
                if isinstance(line, MemoryLine):
                    await line.close()
            await self.service.close()
            if forget and await self.service.forget():
                for tell in self.forgetting:
                    tell()
            between()
            await asyncio.sleep(down)
            await self._start()

    async def _start(self) -> None:
        await self.service.start()
        if self.kind == "websocket":
            self.listener = await self.service.listen(port=self._port)
            self._port = self.listener.port

    def _minting(self, identity: Identity) -> Callable[[], Awaitable[str]]:
        async def mint() -> str:
            return self.service.token(identity, ttl=TOKEN_TTL.total_seconds())

        return mint


def run(scenario: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run something on a virtual loop of its own.

    Args:
        scenario: A coroutine function without arguments.

    Returns:
        What it returns.

    Raises:
        MarbleError: A diagram was not played, or nothing came of an expectation.
        UnheardError: An observer has raised, and nobody has observed it.
        UnhandledError: The loop was told of an exception.
    """
    with (
        asyncio.Runner(loop_factory=virtual_loop_factory) as runner,
        no_unhandled(runner.get_loop()),
        no_observer_raises(),
        no_unplayed(),
    ):
        return runner.run(scenario())
