"""The service on a port: websockets at one path and the root, media at some others, control where it is wanted."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections import Counter
from collections.abc import Collection
from functools import partial
from types import MappingProxyType
from typing import Final, cast
from urllib.parse import urlsplit

from aiohttp import web

from rxconvo.errors import ArgumentError
from rxconvo.server.app import Server
from rxconvo.server.control import is_loopback
from rxconvo.server.plain import answer_briefly, answer_plainly, origin_of
from rxconvo.transport.base import Transport
from rxconvo.transport.http import HttpExchange
from rxconvo.transport.punctual import PunctualConnection, PunctualServer
from rxconvo.transport.websocket import WebSocketTransport, serve_websocket

__all__ = ["CONTROL_PATH", "PATH", "Listener", "listen"]

PATH: Final = "/v3/wsconnect"
"""The path of the websocket, as official clients expect it."""

CONTROL_PATH: Final = "/control"
"""The path at which the service is controlled, where that is on."""

_HOST: Final = re.compile(r"[A-Za-z0-9._~-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_MEDIA_PATHS: Final = "/v1/Services/"
_CORS: Final = MappingProxyType(
    {
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "X-Twilio-Token, Content-Type",
        "access-control-max-age": "600",
    }
)

_BACKLOG = 1024
_GOING_AWAY = 1001


class Listener:
    """A port that is being listened on. Made by `listen`."""

    def __init__(self, gate: _Gate, runner: web.ServerRunner) -> None:
        self._gate = gate
        self._runner = runner

    def __repr__(self) -> str:
        return f"<Listener {self.url} connections={self.connections}>"

    @property
    def port(self) -> int:
        """The port, also where any free one was asked for; 0 once closed."""
        addresses = self._runner.addresses
        return int(addresses[0][1]) if addresses else 0

    @property
    def url(self) -> str:
        """Where clients connect to: `ws://HOST:PORT/v3/wsconnect`."""
        host = self._gate.host
        return f"ws://{f'[{host}]' if ':' in host else host}:{self.port}{PATH}"

    @property
    def connections(self) -> int:
        """How many websockets are open."""
        return len(self._gate.transports)

    async def close(self) -> None:
        """Stop listening and close the connections that came this way. The server goes on. May be called again."""
        for site in list(self._runner.sites):
            await site.stop()
        await asyncio.gather(*(transport.close(_GOING_AWAY) for transport in list(self._gate.transports)))
        await self._runner.cleanup()


async def listen(
    server: Server,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    control: HttpExchange | None = None,
    origins: Collection[str] = (),
    header_timeout: float = 10.0,
    heartbeat: float = 30.0,
    stall_timeout: float = 30.0,
    max_per_address: int | None = None,
) -> Listener:
    """Listen on a port.

    Args:
        server: What serves the connections.
        host: Address to bind.
        port: Port to bind, 0 for any that is free. One that a killed process held can be bound again at once.
        control: What answers requests to `/control`; None: nothing does.
        origins: Origins, as browsers send them, whose pages may connect besides those of the same host; `*` is all.
            Clients that are no browsers send none and may always connect: what counts is the token.
        header_timeout: Seconds from the connection to the end of the HTTP head.
        heartbeat: Seconds of silence until a websocket ping; one not answered within half of it ends the connection.
        stall_timeout: Seconds within which the peer has to send or take the next piece of a body.
        max_per_address: Connections from one address; None is any number.

    Returns:
        The open port. It has to be closed.

    Raises:
        ArgumentError: Control is offered, and the address is not one of this machine alone; or an origin is none.
        OSError: The address cannot be bound.
    """
    if control is not None and not is_loopback(host):
        raise ArgumentError("host", "a loopback address like 127.0.0.1, since control is offered", host)
    for origin in origins:
        if not _is_origin(origin):
            raise ArgumentError("origins", "origins such as http://localhost:3000, without a path, or *", origin)
    gate = _Gate(
        server,
        host,
        control=control,
        origins=frozenset(origins),
        heartbeat=heartbeat,
        stall_timeout=stall_timeout,
        max_per_address=max_per_address,
    )
    runner = web.ServerRunner(_WebServer(gate, header_timeout=header_timeout), shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=_BACKLOG, reuse_address=True).start()
    except BaseException:
        await runner.cleanup()
        raise
    return Listener(gate, runner)


class _Gate:
    """Who is let in, and who is there."""

    def __init__(
        self,
        server: Server,
        host: str,
        *,
        control: HttpExchange | None,
        origins: frozenset[str],
        heartbeat: float,
        stall_timeout: float,
        max_per_address: int | None,
    ) -> None:
        self.host = host
        self.max_per_address = max_per_address
        self.per_address: Counter[str] = Counter()
        self.transports: dict[Transport, None] = {}
        self._server = server
        self._control = control
        self._origins = origins
        self._heartbeat = heartbeat
        self._stall_timeout = stall_timeout

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request."""
        if _HOST.fullmatch(request.headers.get("Host", "")) is None:
            return await answer_briefly(request, 400)
        path = request.rel_url.raw_path
        exchange = self._exchange(path, request.remote or "")
        if exchange is None and not _asks_for_websocket(request, path):
            return await answer_briefly(request, 404)
        if not self._allows(request.headers.get("Origin"), request.headers.get("Host", "")):
            return await answer_briefly(request, 403)
        if exchange is None:
            return await serve_websocket(
                request,
                partial(self._serve, origin=origin_of(request)),
                heartbeat=self._heartbeat,
                max_message=self._server.options.max_message,
            )
        cors = _cors(request) if exchange is self._server.http else {}
        if request.method == "OPTIONS" and exchange is self._server.http:
            return await answer_briefly(request, 204, headers={**cors, **_CORS})
        return await answer_plainly(request, exchange, headers=cors, stall_timeout=self._stall_timeout)

    def _exchange(self, path: str, peer: str) -> HttpExchange | None:
        """Return what answers plain requests of a peer to a path, or None."""
        if path == CONTROL_PATH:
            return self._control if is_loopback(peer) else None
        return self._server.http if path.startswith(_MEDIA_PATHS) else None

    async def _serve(self, transport: WebSocketTransport, *, origin: str) -> None:
        self.transports[transport] = None
        try:
            await self._server.serve(transport, origin=origin)
        finally:
            del self.transports[transport]

    def _allows(self, origin: str | None, host: str) -> bool:
        """Tell whether a page of an origin may ask. Browsers do not find out before they open a websocket."""
        if origin is None or not self._origins.isdisjoint((origin, "*")):
            return True
        try:
            return urlsplit(origin).netloc.lower() == host.lower() != ""
        except ValueError:
            return False


class _Connection(PunctualConnection):
    """A connection that counts for its address."""

    __slots__ = ("_address", "_gate")

    def __init__(self, gate: _Gate, server: _WebServer, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(server, loop=loop)
        self._gate = gate
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, and end it if too many came from this address."""
        super().connection_made(transport)
        self._address = _address_of(transport.get_extra_info("peername"))
        self._gate.per_address[self._address] += 1
        limit = self._gate.max_per_address
        if limit is not None and self._gate.per_address[self._address] > limit:
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._gate.per_address[self._address] -= 1
        if self._gate.per_address[self._address] == 0:
            del self._gate.per_address[self._address]
        super().connection_lost(exc)


class _WebServer(PunctualServer):
    """Makes such connections."""

    def __init__(self, gate: _Gate, *, header_timeout: float) -> None:
        super().__init__(gate.answer, header_timeout=header_timeout)
        self._gate = gate

    def __call__(self) -> _Connection:
        """Make the handler of a new connection."""
        return _Connection(self._gate, self, loop=self._loop)


def _asks_for_websocket(request: web.BaseRequest, path: str) -> bool:
    """Tell whether a request is for the websocket: at its path, or an upgrade where a URL without a path leads to."""
    return path == PATH or (path == "/" and request.headers.get("Upgrade", "").lower() == "websocket")


def _is_origin(text: str) -> bool:
    """Tell whether browsers may send a text as an origin; `*` stands for all, `null` for pages without any."""
    if text in {"*", "null"}:
        return True
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}" == text.lower() and "@" not in text


def _cors(request: web.BaseRequest) -> dict[str, str]:
    """Tell a browser that the page which asks may read the answer."""
    origin = request.headers.get("Origin")
    if origin is None:
        return {"vary": "Origin"}
    exposed = "Content-Disposition, Content-Range"
    return {"access-control-allow-origin": origin, "access-control-expose-headers": exposed, "vary": "Origin"}


def _address_of(peer: object) -> str:
    """Return the address of a peer: of IPv6 the half that stands for one customer."""
    host = str(cast("tuple[object, ...]", peer)[0]) if isinstance(peer, tuple) and peer else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
