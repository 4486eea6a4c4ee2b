"""Websockets by aiohttp, both sides of them.

aiohttp does the handshake, parses what comes in, answers pings and sends its own; three things are done here.

- *One wake-up, several messages.* aiohttp's `receive` gives one message a call and cannot be asked whether there are
  more. So one coroutine calls it again and again, and is run by hand inside whoever reads: it comes to a halt exactly
  when nothing is left to read.
- *One write, several messages.* The frames are made here and written to the socket's transport together.
- *The end.* The closing handshake has a time limit in every state, and each way to end leads to `connection_lost`,
  where all is let go.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, cast

import aiohttp
from aiohttp import web
from yarl import URL

from rxconvo.errors import ArgumentError, ConnectionError
from rxconvo.transport.base import HIGH_WATER, MAX_BUFFERED, MAX_MESSAGE
from rxconvo.transport.framing import close_frame, message_frames

__all__ = ["WebSocketConnector", "WebSocketTransport", "serve_websocket"]

_BINARY, _TEXT, _CLOSE = aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSE


class _ClientSocket(aiohttp.ClientWebSocketResponse):
    """aiohttp's client socket, which lets us have its asyncio transport."""

    def __init__(
        self,
        reader: Any,
        writer: Any,
        protocol: str | None,
        response: aiohttp.ClientResponse,
        *rest: Any,
        **options: Any,
    ) -> None:
        super().__init__(reader, writer, protocol, response, *rest, **options)
        connection = response.connection
        if connection is None or connection.transport is None:
            raise ConnectionError("the connection was lost during the handshake")
        self.wire: asyncio.Transport = connection.transport
        self.masked = True
        self.let_go: Callable[[], None] = response.close


class _ServerSocket(web.WebSocketResponse):
    """aiohttp's server socket, which never waits for the peer's close frame by itself."""

    wire: asyncio.Transport
    masked = False

    async def prepare(self, request: web.BaseRequest) -> Any:
        """Do the handshake."""
        payload_writer = await super().prepare(request)
        if request.transport is None:
            raise ConnectionError("the connection was lost during the handshake")
        self.wire = request.transport
        return payload_writer

    async def close(self, *, code: int = 1000, message: bytes = b"", drain: bool = False) -> bool:
        """Say so and hang up; `WebSocketTransport.close` is what gives the peer time."""
        if not self.wire.is_closing():
            self.wire.write(close_frame(code, masked=False))
            self.wire.close()
        return await super().close(code=code, message=message, drain=drain)

    def let_go(self) -> None:
        """Nothing: aiohttp lets go when the handler returns."""


class _Flow(asyncio.Protocol):
    """Stands between the socket's transport and aiohttp's protocol, to hear of flow control and of the end."""

    def __init__(self, inner: asyncio.Protocol, lost: Callable[[], None]) -> None:
        self._inner = inner
        self._lost = lost
        self._paused = False
        self._waiting: list[asyncio.Future[None]] = []

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._paused = True
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._paused = False
        self._inner.resume_writing()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._paused = False
        self._inner.connection_lost(exc)
        self._wake()
        self._lost()

    async def drained(self) -> None:
        while self._paused:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)


class WebSocketTransport:
    """One websocket, on either side. See `Transport` for what its methods promise."""

    __slots__ = (
        "_close_timeout",
        "_deadline",
        "_ended",
        "_flow",
        "_inbox",
        "_lost",
        "_max_buffered",
        "_pump",
        "_reading",
        "_socket",
        "_waits_for",
        "_wire",
    )

    def __init__(
        self, socket: _ClientSocket | _ServerSocket, *, high_water: int, max_buffered: int, close_timeout: float
    ) -> None:
        self._socket = socket
        self._wire = socket.wire
        self._max_buffered = max_buffered
        self._close_timeout = close_timeout
        self._inbox: list[bytes] = []
        self._ended: str | None = None
        self._reading = False
        self._pump: Coroutine[asyncio.Future[object], None, None] | None = self._read_all()
        self._waits_for: asyncio.Future[object] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flow = _Flow(cast("asyncio.Protocol", self._wire.get_protocol()), self._connection_lost)
        self._wire.set_protocol(self._flow)
        self._wire.set_write_buffer_limits(high=high_water)

    def __repr__(self) -> str:
        return f"<WebSocketTransport buffered={self.buffered} {self._ended or 'open'}>"

    @property
    def buffered(self) -> int:
        """Bytes written here that the kernel has not taken."""
        return self._wire.get_write_buffer_size()

    async def receive(self) -> Sequence[bytes]:
        """Take all messages that have arrived since the last call, waiting for the first. See `Transport.receive`."""
        if self._reading:
            raise RuntimeError("another receive() of this transport is waiting")
        self._run()
        self._reading = True
        try:
            while not self._inbox:
                if self._ended is not None:
                    raise ConnectionError(self._ended)
                await self._progress()
                self._run()
        finally:
            self._reading = False
        taken, self._inbox = self._inbox, []
        return taken

    def write(self, messages: Iterable[bytes]) -> None:
        """Send messages with one write to the socket. See `Transport.write`."""
        if self._ended is not None or self._wire.is_closing():
            return
        frames = message_frames(messages, masked=self._socket.masked)
        if frames:
            self._wire.write(frames)
            if self._wire.get_write_buffer_size() > self._max_buffered:
                self._cut(f"more than {self._max_buffered} bytes waited for a peer that does not read")

    async def drain(self) -> None:
        """Wait until the socket has taken enough. See `Transport.drain`."""
        await self._flow.drained()

    async def close(self, code: int = 1000) -> None:
        """Send a close frame, then wait for the peer's and for the end of the connection. See `Transport.close`."""
        if self._ended is None:
            self._end("the connection was closed here")
            if not self._wire.is_closing():
                self._wire.write(close_frame(code, masked=self._socket.masked))
        self._inbox.clear()
        self._hurry()
        while not self._lost.done():
            self._run()
            self._inbox.clear()
            # Not awaited directly: being cancelled here must not cancel what another reader waits for.
            await asyncio.wait([self._lost if self._waits_for is None else self._waits_for])

    def abort(self) -> None:
        """Cut the connection. See `Transport.abort`."""
        self._cut("the connection was cut")

    def _cut(self, reason: str) -> None:
        self._end(reason)
        self._inbox.clear()
        self._wire.abort()

    def _end(self, reason: str) -> None:
        if self._ended is None:
            self._ended = reason

    async def _progress(self) -> None:
        """Wait until the pump can go on."""
        if self._waits_for is None:
            return
        try:  # noqa: SIM105 - on the hot path, and `suppress` costs more
            await self._waits_for
        except Exception:  # noqa: BLE001, S110 - not ours to judge: the pump gets the same one from the same future
            pass

    def _run(self) -> None:
        """Run the pump until it has to wait, unless it still has to."""
        if self._pump is None or (self._waits_for is not None and not self._waits_for.done()):
            return
        try:
            future = self._pump.send(None)
        except StopIteration:
            self._pump = self._waits_for = None
            return
        # As a task does: it tells the future that who awaited it has been heard, or nobody else could await it.
        future._asyncio_future_blocking = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        self._waits_for = future

    async def _read_all(self) -> None:
        """Move messages to the inbox until the connection ends. Never a task: `_run` runs it."""
        while True:
            try:
                message = await self._socket.receive()
            except asyncio.CancelledError:  # of the reader, by way of the future that it waited for
                continue
            except Exception as error:  # noqa: BLE001 - whatever it was, the connection is of no more use
                self._end(f"the connection broke: {error!r}")
                self._wire.abort()
                return
            if message.type is _BINARY:
                self._inbox.append(message.data)
            elif message.type is not _TEXT:
                self._finish(message)
                return

    def _finish(self, message: aiohttp.WSMessage) -> None:
        """Let the last message that aiohttp gives end the connection."""
        if message.type is _CLOSE:
            if self._ended is None and not self._wire.is_closing():
                self._wire.write(close_frame(1000, masked=self._socket.masked))
            self._end(f"the peer closed the connection (code {message.data or 1005})")
        elif isinstance(message.data, aiohttp.WebSocketError):
            self._end(f"the peer broke the websocket protocol: {message.data}")
        else:
            self._end("the connection was lost")
            self._wire.abort()
        self._wire.close()
        self._hurry()

    def _hurry(self) -> None:
        """Cut the connection if it has not come to its end in time."""
        if self._deadline is None and not self._lost.done():
            self._deadline = asyncio.get_running_loop().call_later(self._close_timeout, self._wire.abort)

    def _connection_lost(self) -> None:
        self._lost.set_result(None)
        while self._pump is not None and (self._waits_for is None or self._waits_for.done()):
            self._run()
        self._end("the connection was lost")
        self._socket.let_go()
        if self._deadline is not None:
            self._deadline.cancel()


class WebSocketConnector:
    """Opens websockets to one address.

    Args:
        url: `ws://` or `wss://`.
        headers: Headers to add to the handshake.
        ssl_context: For `wss`; None for the system's authorities.
        handshake_timeout: Seconds for name look-up, connection and handshake together.
        heartbeat: Seconds of silence until a ping; without an answer within half of it the connection is over.
        close_timeout: Seconds that the peer has to answer a close.
        max_message: Longest message in bytes that is read; a longer one ends the connection.
        high_water: `drain` waits while more bytes than this are buffered.
        max_buffered: With more buffered bytes than this the connection is cut.

    Raises:
        ArgumentError: `url` is not that of a websocket.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        handshake_timeout: float = 10.0,
        heartbeat: float = 30.0,
        close_timeout: float = 3.0,
        max_message: int = MAX_MESSAGE,
        high_water: int = HIGH_WATER,
        max_buffered: int = MAX_BUFFERED,
    ) -> None:
        try:
            parsed = URL(url)
        except ValueError:
            parsed = URL()
        if parsed.scheme not in ("ws", "wss") or not parsed.host:
            raise ArgumentError("url", "a ws:// or wss:// URL with a host", url)
        self._url = parsed
        self._headers = headers
        self._ssl = ssl_context
        self._handshake_timeout = handshake_timeout
        self._heartbeat = heartbeat
        self._close_timeout = close_timeout
        self._max_message = max_message
        self._high_water = high_water
        self._max_buffered = max_buffered

    def __repr__(self) -> str:
        return f"WebSocketConnector({str(self._url)!r})"

    async def connect(self) -> WebSocketTransport:
        """Open a websocket.

        Returns:
            The open connection. Nothing but it needs closing.

        Raises:
            ConnectionError: Name look-up, connection or handshake failed, or took too long.
        """
        # One of each per connection, which then belong to nobody: there is nothing to close when the connection has
        # ended.
        connector = aiohttp.TCPConnector(force_close=True, resolver=aiohttp.ThreadedResolver())
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            ws_response_class=_ClientSocket,
        ) as client:
            try:
                async with asyncio.timeout(self._handshake_timeout):
                    socket = await client.ws_connect(
                        self._url,
                        headers=self._headers,
                        ssl=True if self._ssl is None else self._ssl,
                        heartbeat=self._heartbeat,
                        max_msg_size=self._max_message + 1,  # aiohttp refuses messages of this size already
                        compress=0,
                        autoclose=False,
                    )
            except aiohttp.WSServerHandshakeError as error:
                message = f"{self._url} refused the handshake: {error.message} (status {error.status})"
                raise ConnectionError(message, http_status_code=error.status) from error
            except TimeoutError as error:
                raise ConnectionError(f"no connection to {self._url} within {self._handshake_timeout} s") from error
            except (aiohttp.ClientError, OSError) as error:
                raise ConnectionError(f"no connection to {self._url}: {error}") from error
            client.detach()
        return WebSocketTransport(
            cast("_ClientSocket", socket),
            high_water=self._high_water,
            max_buffered=self._max_buffered,
            close_timeout=self._close_timeout,
        )


async def serve_websocket(
    request: web.BaseRequest,
    serve: Callable[[WebSocketTransport], Awaitable[None]],
    *,
    heartbeat: float = 30.0,
    close_timeout: float = 3.0,
    max_message: int = MAX_MESSAGE,
    high_water: int = HIGH_WATER,
    max_buffered: int = MAX_BUFFERED,
) -> web.StreamResponse:
    """Answer an aiohttp request with a websocket and serve it to its end.

    Args:
        request: A request for a websocket; anything else gets aiohttp's answer to that.
        serve: Called with the open connection, which is closed when it returns and cut when it raises.
        heartbeat: Seconds of silence until a ping; without an answer within half of it the connection is over.
        close_timeout: Seconds that the peer has to answer a close.
        max_message: Longest message in bytes that is read; a longer one ends the connection.
        high_water: `drain` waits while more bytes than this are buffered.
        max_buffered: With more buffered bytes than this the connection is cut.

    Returns:
        What the request handler has to return.
    """
    socket = _ServerSocket(compress=False, heartbeat=heartbeat, max_msg_size=max_message + 1, autoclose=False)
    await socket.prepare(request)
    transport = WebSocketTransport(
        socket, high_water=high_water, max_buffered=max_buffered, close_timeout=close_timeout
    )
    try:
        await serve(transport)
        await transport.close()
    finally:
        transport.abort()
    return socket
