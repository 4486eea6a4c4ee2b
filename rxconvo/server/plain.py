"""Plain HTTP requests on a port: from aiohttp to an `HttpExchange` and back, piece by piece both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from aiohttp import HttpVersion11, web

from rxconvo.transport.http import HttpExchange, PlainRequest

__all__ = ["answer_plainly", "origin_of"]

_PIECE = 64 * 1024


async def answer_plainly(
    request: web.BaseRequest, exchange: HttpExchange, *, headers: Mapping[str, str], stall_timeout: float
) -> web.StreamResponse:
    """Have one request answered. The connection ends with the answer.

    Args:
        request: The request, its body unread.
        exchange: What answers.
        headers: To be added to the answer.
        stall_timeout: Seconds within which the other side has to send, or take, the next piece.

    Returns:
        What the request handler has to return.
    """
    body = _body(request, stall_timeout)
    asked = PlainRequest(
        method=request.method,
        url=f"{origin_of(request)}{request.rel_url.raw_path_qs}",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body if request.body_exists else None,
        length=request.content_length,
    )
    async with aclosing(body), exchange.exchange(asked) as answer:
        response = web.StreamResponse(
            status=answer.status, reason=answer.reason or None, headers={**answer.headers, **headers}
        )
        response.force_close()
        await response.prepare(request)
        try:
            if request.method != "HEAD":
                async for piece in answer.body:
                    async with asyncio.timeout(stall_timeout):
                        await response.write(piece)
            async with asyncio.timeout(stall_timeout):
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # a close would wait for the reader
            raise ConnectionError("the answer is not being read") from None
    return response


def origin_of(request: web.BaseRequest) -> str:
    """Return how the client reaches this port: `http://HOST:PORT`, or `https` where the transport itself is TLS."""
    return f"{request.scheme}://{request.host}"


async def _body(request: web.BaseRequest, stall_timeout: float) -> AsyncGenerator[bytes]:
    """Read a request's body; who waits to be asked for it is asked."""
    if request.version >= HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    while True:
        try:
            async with asyncio.timeout(stall_timeout):
                piece = await request.content.read(_PIECE)
        except TimeoutError:
            raise ConnectionError("the body has come to a halt") from None
        if not piece:
            return
        yield piece
