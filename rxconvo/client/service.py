"""The embedded service as an object: in process, over sockets, or both at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from rxconvo.client.client import Client
from rxconvo.client.connecting import Connecting
from rxconvo.client.environment import Environment
from rxconvo.client.options import ClientOptions
from rxconvo.client.tokens import Tokens
from rxconvo.errors import ClosedError, ConnectionError
from rxconvo.model import limits
from rxconvo.server import ServerOptions
from rxconvo.server.shared import acquire_engine
from rxconvo.server.web import listen

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from rxconvo.server import Control, Server
    from rxconvo.server.shared import EngineLease
    from rxconvo.server.web import Listener
    from rxconvo.transport import Transport
    from rxconvo.transport.http import PlainRequest, PlainResponse
    from rxconvo.types import Identity

__all__ = ["ServerOptions", "Service"]


class Service:
    """A Conversations service in this process.

    Example:
        from rxconvo import Service

        async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
            lunch = await ada.create_conversation(friendly_name="lunch")
            await lunch.add("bob")
            await bob.conversations.next()
            print((await bob.get_conversation_by_sid(lunch.sid)).friendly_name)  # -> lunch

    Services of one event loop that name the same store are one service; the settings are those of the first.

    Args:
        url: Where it keeps everything: `memory:` (nobody else's, gone at the end), `memory:NAME` or `sqlite:PATH`.
        options: Its settings.
        environment: Ids, secrets and the time of day.
    """

    def __init__(
        self, url: str = "memory:", *, options: ServerOptions | None = None, environment: Environment | None = None
    ) -> None:
        self.url = url
        self._options = options
        self._environment = environment or Environment()
        self._starting = asyncio.Lock()
        self._lease: EngineLease | None = None
        self._listeners: list[Listener] = []

    def __repr__(self) -> str:
        return f"<Service {self.url} {'stopped' if self._lease is None else f'{self.server.connections} connections'}>"

    async def start(self) -> Self:
        """Open the store and begin to serve. Entering the context does the same.

        Raises:
            ArgumentError: The URL names no store.
            StoreLockedError: Another process has the store.
            StoreError: The store cannot be used.
        """
        world = self._environment
        async with self._starting:
            if self._lease is None:
                self._lease = await acquire_engine(
                    self.url, options=self._options, ids=world.ids, secrets=world.secrets, wall=world.wall
                )
        return self

    async def close(self) -> None:
        """Stop listening, and close every connection and the store, unless others use them. May be called again."""
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            await listener.close()
        lease, self._lease = self._lease, None
        if lease is not None:
            await lease.release()

    async def __aenter__(self) -> Self:
        """Start, and return this service."""
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    @property
    def server(self) -> Server:
        """What serves.

        Raises:
            ClosedError: It was not started, or is closed.
        """
        return self._running.engine.server

    @property
    def control(self) -> Control:
        """What brings about what no client can: delivery, states of conversations, ends of connections.

        Example:
            from rxconvo import Service

            async with Service() as service, service.client("ada") as ada:
                lunch = await ada.create_conversation()
                print(await service.control("bindings", conversation=lunch.sid, bindings={}))  # -> {'bindings': {}}

        See `rxconvo.server.Control` for all commands; those of `POST /control` are the same.

        Raises:
            ClosedError: The service was not started, or is closed.
        """
        return self.server.control

    @property
    def _running(self) -> EngineLease:
        if self._lease is None:
            raise ClosedError("the service is not running")
        return self._lease

    def token(self, identity: Identity, *, ttl: float = 3600.0) -> str:
        """Issue an access token.

        Args:
            identity: The user it is for, 1 to 256 characters.
            ttl: Seconds until it expires, at most 24 hours.

        Raises:
            ArgumentError: One of them is out of range.
            ClosedError: The service is not running.
        """
        return self.server.mint(identity, ttl)

    def client(
        self,
        identity: Identity,
        *,
        options: ClientOptions | None = None,
        environment: Environment | None = None,
    ) -> Connecting:
        """Make a client of this service, in process.

        Args:
            identity: The user.
            options: The client's settings.
            environment: Where the client takes ids and chance from; the service's by default.

        Returns:
            What `connect` returns: await it, or enter it.

        Raises:
            ArgumentError: The identity is none.
        """
        limits.check_identity(identity)

        async def mint() -> str:
            return self.token(identity)

        async def start() -> Client:
            return await Client(
                self,
                Tokens(mint),
                options or ClientOptions(),
                environment or self._environment,
                http=self,
                upstream=self.url,
            ).start()

        return Connecting(start)

    async def connect(self) -> Transport:
        """Open a connection to the service, in process. Clients call this; a `Service` is a connector.

        Raises:
            ClosedError: The service is not running.
        """
        return self._running.engine.connect()

    def exchange(self, request: PlainRequest) -> AbstractAsyncContextManager[PlainResponse]:
        """Answer a request for media, in process. Clients call this; a `Service` is an `HttpExchange`, too.

        Raises:
            ConnectionError: The service is not running.
        """
        if self._lease is None:
            raise ConnectionError("the service is not running")
        return self.server.http.exchange(request)

    async def listen(
        self, host: str = "127.0.0.1", port: int = 0, *, origins: Collection[str] = (), control: bool = False
    ) -> Listener:
        """Serve websockets as well.

        Args:
            host: Address to listen on.
            port: Port; 0 takes a free one.
            origins: Origins, as browsers send them, whose pages may connect besides those of the same host; `*` is all.
            control: Whether to offer `POST /control` to programs on this machine; needs no token, see `control`.

        Returns:
            The listener, whose `url` clients connect to. It closes with the service.

        Raises:
            ArgumentError: Control is offered, and the host is not one of this machine alone; or an origin is none.
            ClosedError: The service is not running.
            OSError: The port cannot be had.
        """
        listener = await listen(self.server, host, port, origins=origins, control=self.control if control else None)
        self._listeners.append(listener)
        return listener
