"""Plain HTTP requests on a port: from aiohttp to an `HttpExchange` and back, piece by piece both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress

from aiohttp import HttpVersion11, web

from rxconvo.transport.http import HttpExchange, PlainRequest

__all__ = ["answer_briefly", "answer_plainly", "origin_of"]

_PIECE = 64 * 1024
_LINGER = 5.0


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
    try:
        async with aclosing(body), exchange.exchange(asked) as answer:
            response = web.StreamResponse(
                status=answer.status,
                reason=answer.reason or None,
                headers={"server": "rxconvo", **answer.headers, **headers},
            )
            response.force_close()
            await response.prepare(request)
            if request.method != "HEAD":
                async for piece in answer.body:
                    async with asyncio.timeout(stall_timeout):
                        await response.write(piece)
            async with asyncio.timeout(stall_timeout):
                await response.write_eof()
            await _linger(request)
    except (ConnectionError, TimeoutError):
        # Gone, or as good as gone. A close would wait for a reader, an answer for the rest of the body.
        if request.transport is not None:
            request.transport.abort()
        response = web.StreamResponse(status=408)
    return response


async def answer_briefly(
    request: web.BaseRequest, status: int, *, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Answer with nothing but a status, and end the connection.

    Args:
        request: The request, its body unread.
        status: HTTP status.
        headers: Headers of the answer.

    Returns:
        What the request handler has to return.
    """
    response = web.Response(status=status, headers=headers)
    response.force_close()
    await response.prepare(request)
    await response.write_eof()
    await _linger(request)
    return response


async def _linger(request: web.BaseRequest) -> None:
    """Take what is still being sent after the answer, for a while.

    Who closes while the other side is still sending resets the connection, and the answer is lost. aiohttp would see to
    that, too, but not notice that the other side has gone.
    """
    with suppress(TimeoutError, ConnectionError, web.RequestPayloadError):
        async with asyncio.timeout(_LINGER):
            while await request.content.readany():
                pass


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
        except web.RequestPayloadError as error:
            raise ConnectionError("the body is broken") from error
        if not piece:
            return
        yield piece
