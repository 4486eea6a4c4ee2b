"""The embedded service as an object."""

from __future__ import annotations

import asyncio

from rxconvo.server.auth import Authority
from rxconvo.server.broker import Broker
from rxconvo.server.call import Service, date_of
from rxconvo.server.control import Control
from rxconvo.server.core import Core
from rxconvo.server.keys import Keys
from rxconvo.server.media import MediaService
from rxconvo.server.options import ServerOptions
from rxconvo.server.rates import Rates
from rxconvo.server.router import Router
from rxconvo.server.routes import ROUTES
from rxconvo.server.session import Session
from rxconvo.server.storage.base import Store
from rxconvo.server.urls import IN_PROCESS, Urls
from rxconvo.transport.base import Transport
from rxconvo.transport.http import HttpExchange
from rxconvo.types import Clock, Identity, Ids, WallClock
from rxconvo.wire import Status

__all__ = ["Server"]


class Server:
    """The service: whoever brings a transport is served.

    It starts no thread, opens no socket and reads no clock but those it is given. The store is the caller's, who opens
    it before and closes it after the server.

    Args:
        store: Where everything is kept.
        clock: Seconds of a monotonic clock, the loop's.
        wall: The time of day.
        ids: Makes sids and packet ids; called on the store's thread, too.
        keys: Whose tokens are accepted.
        options: Settings; None for the defaults.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        wall: WallClock,
        ids: Ids,
        keys: Keys,
        options: ServerOptions | None = None,
    ) -> None:
        options = options or ServerOptions()
        self._keys = keys
        self._options = options
        self._core = Core(
            service=Service(keys=keys, options=options, urls=Urls(keys, options), ids=ids, started=date_of(wall())),
            store=store,
            router=Router(ROUTES, service_sid=keys.service_sid),
            broker=Broker(),
            authority=Authority(keys, wall=wall, ids=ids),
            rates=Rates(options.limits, clock),
            clock=clock,
            wall=wall,
        )
        self._media = MediaService(self._core)
        self._control = Control(self._core, self._dismiss)
        self._sessions: dict[Session, asyncio.Future[None]] = {}  # done when the session is gone
        self._closed = False

    def __repr__(self) -> str:
        return f"<Server {self._keys.service_sid} connections={self.connections}>"

    @property
    def options(self) -> ServerOptions:
        """The settings."""
        return self._options

    @property
    def http(self) -> HttpExchange:
        """What answers plain HTTP requests: the media service."""
        return self._media

    @property
    def control(self) -> Control:
        """What brings about what no client can: delivery, states of conversations, ends of connections."""
        return self._control

    @property
    def connections(self) -> int:
        """How many connections are there, those before their init included."""
        return len(self._sessions)

    @property
    def subscriptions(self) -> int:
        """How many subscriptions stand, over all connections."""
        return self._core.broker.subscriptions

    def mint(self, identity: Identity, ttl: float = 3600.0) -> str:
        """Issue an access token.

        Args:
            identity: The user it is for: 1 to 256 characters, no control characters.
            ttl: Seconds until it ends: more than 0, at most 24 hours.

        Raises:
            ArgumentError: One of them is not so.
        """
        return self._core.authority.mint(identity, ttl)

    async def serve(self, transport: Transport, *, origin: str = IN_PROCESS) -> None:
        """Serve one connection to its end, and close it.

        Args:
            transport: An open connection; it is nobody else's from now on.
            origin: How its client has reached the service: `http://HOST:PORT`, from which it will ask for media.
        """
        if self._closed:
            await transport.close(1001)
            return
        session = Session(self._core, transport, origin=origin)
        gone = self._sessions[session] = asyncio.get_running_loop().create_future()
        try:
            await session.run()
        finally:
            del self._sessions[session]
            gone.set_result(None)

    def _dismiss(self, identity: Identity, status: Status, payload: bytes) -> int:
        """Send a `close` packet to the sessions of an identity, and return to how many."""
        sessions = [session for session in self._sessions if session.identity == identity]
        for session in sessions:
            session.dismiss(status, payload)
        return len(sessions)

    async def close(self) -> None:
        """Close all connections and wait until they are gone. New ones are closed at once. May be called again."""
        self._closed = True
        sessions = dict(self._sessions)
        for session in sessions:
            session.end(1001)
        if sessions:
            await asyncio.wait(sessions.values())
