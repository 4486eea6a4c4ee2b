"""Ports whose peers have to come to the point, for the service as for the dashboard.

By itself, aiohttp waits for ever for the rest of a head; one that is broken, it repeats in its answer and in the log,
with the token in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

__all__ = ["HttpHandler", "PunctualConnection", "PunctualServer"]

HttpHandler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
"""Answers one HTTP request."""

_LOG_FORMAT = "%a %t %s %Tf"  # whoever puts a token into a URL does not find it in the log
_IDLE = 75.0


class PunctualServer(web.Server):
    """What makes the connections of a port.

    Args:
        handler: Answers the requests.
        header_timeout: Seconds from the connection to the end of the first HTTP head. Between two requests, and until
            the end of the next head, there may be 75.
        request_factory: Makes the requests, where they are no plain ones.
    """

    def __init__(self, handler: HttpHandler, *, header_timeout: float, request_factory: Any = None) -> None:
        self.header_timeout = header_timeout

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            if isinstance(request.protocol, PunctualConnection):
                request.protocol.head_is_there()
            return await handler(request)

        super().__init__(answer, request_factory=request_factory)

    def __call__(self) -> PunctualConnection:
        """Make the handler of a new connection."""
        return PunctualConnection(self, loop=self._loop)


class PunctualConnection(RequestHandler):
    """A connection that is given up when its first head does not come in time.

    Args:
        server: What made it.
        loop: Where it runs.
    """

    __slots__ = ("_deadline", "_header_timeout")

    def __init__(self, server: PunctualServer, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log_format=_LOG_FORMAT,
            auto_decompress=False,
            keepalive_timeout=_IDLE,
            lingering_time=0.0,
        )
        self._header_timeout = server.header_timeout
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to wait for the head."""
        super().connection_made(transport)
        self._deadline = self._loop.call_later(self._header_timeout, self._too_late)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop to wait."""
        self.head_is_there()
        super().connection_lost(exc)

    def head_is_there(self) -> None:
        """Stop to wait."""
        if self._deadline is not None:
            self._deadline.cancel()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP without repeating it, neither there nor in the log: it may hold a token."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        self.logger.debug("no HTTP from %s", request.remote)
        response = web.Response(status=status, headers={"Server": "rxconvo"})
        response.force_close()
        return response

    def _too_late(self) -> None:
        if self.transport is not None:
            self.transport.abort()
