"""Feeds to browsers over a websocket, by aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, WSMsgType, web

from rxconvo.errors import ArgumentError, ClosedError, TooManyViewersError
from rxconvo.integrations.web.feed import Feed
from rxconvo.integrations.web.sse import Source, feed_of, is_gone, last_event_id, unavailable
from rxconvo.integrations.web.viewer import Viewer
from rxconvo.operators._arguments import check_seconds

__all__ = ["send_messages", "ws"]

_MOST_READ: Final = 1024
"""Bytes of the longest message that is taken from a viewer, who has nothing to say."""

_CLOSE_TIMEOUT: Final = 3.0

_CLOSE_CODES: Final = {"end": WSCloseCode.OK, "error": WSCloseCode.INTERNAL_ERROR}


def ws(
    source: Source,
    *,
    origins: Collection[str] = (),
    headers: Mapping[str, str] | None = None,
    stall_timeout: float = 30.0,
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Make a handler that sends a stream to browsers over websockets.

    Each message is a text, `{"id": …, "event": topic, "data": …}`. One with an id alone says where the feed is. To go
    on after a lost connection, connect with the parameter `last_event_id`: that of the last message that had one.

    Example:
        from aiohttp import web
        from rxconvo import Service
        from rxconvo.integrations.web import ws

        async with Service() as service, service.client("ada") as ada:
            app = web.Application()
            app.router.add_get("/messages", ws(ada.messages))

    Args:
        source: As for `sse`.
        origins: Origins, as browsers send them, whose pages may connect besides those of the same host; `*` is all.
        headers: As for `sse`.
        stall_timeout: As for `sse`.

    Returns:
        The handler, for `GET`. Who may watch is for a middleware to decide.

    Raises:
        ArgumentError: There is no feed in *source*, *origins* is a text, or the timeout is not positive.
    """
    check_seconds("stall_timeout", stall_timeout)
    if isinstance(origins, str):
        raise ArgumentError("origins", "several origins such as http://localhost:3000", origins)
    feed = feed_of(source)
    allowed = frozenset(origins)

    async def handle(request: web.Request) -> web.StreamResponse:
        return await send_messages(request, feed, origins=allowed, headers=headers, stall_timeout=stall_timeout)

    return handle


async def send_messages(
    request: web.BaseRequest,
    feed: Feed,
    *,
    origins: Collection[str] = (),
    headers: Mapping[str, str] | None = None,
    stall_timeout: float = 30.0,
) -> web.StreamResponse:
    """Answer a request with a feed over a websocket, to the end of either.

    Args:
        request: The request.
        feed: The feed.
        origins: As for `ws`.
        headers: As for `sse`.
        stall_timeout: As for `sse`.

    Returns:
        What the handler has to return: 403 to pages of other origins, 503 where there are too many viewers or the feed
        was closed. The close code is 1000 after `end`, 1011 after `error`, 1001 when the feed was closed.
    """
    if not _allows(request, origins):
        return web.json_response({"error": "pages of this origin may not connect"}, status=403, headers=headers)
    try:
        viewer = feed.view(last_event_id(request), gone=lambda: is_gone(request))
    except (TooManyViewersError, ClosedError) as error:
        return unavailable(error, headers)
    socket = web.WebSocketResponse(
        heartbeat=feed.heartbeat, compress=False, max_msg_size=_MOST_READ, timeout=_CLOSE_TIMEOUT
    )
    socket.headers.update(headers or {})
    reading: asyncio.Task[None] | None = None
    try:
        await socket.prepare(request)
        reading = asyncio.get_running_loop().create_task(_read(socket, viewer))
        code = await _write(socket, viewer, stall_timeout)
        await socket.close(code=code)
    except (ConnectionError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()
    finally:
        viewer.close()
        if reading is not None:
            reading.cancel()
            await asyncio.wait((reading,))
    return socket


async def _write(socket: web.WebSocketResponse, viewer: Viewer, stall_timeout: float) -> WSCloseCode:
    """Send what the viewer gets, to its end. Return how to close."""
    event = ""
    async for messages in viewer:
        for message in messages:
            async with asyncio.timeout(stall_timeout):
                await socket.send_frame(message.text, WSMsgType.TEXT)
            event = message.event
    return _CLOSE_CODES.get(event, WSCloseCode.GOING_AWAY)


async def _read(socket: web.WebSocketResponse, viewer: Viewer) -> None:
    """Let pings be answered and the close be seen; whatever the viewer says besides, it says to nobody."""
    async for _ in socket:
        pass
    viewer.close()


def _allows(request: web.BaseRequest, origins: Collection[str]) -> bool:
    """Tell whether the page that asks may. Browsers let any page open a websocket anywhere, with the user's cookies."""
    origin = request.headers.get("Origin")
    if origin is None or origin in origins or "*" in origins:
        return True
    try:
        return urlsplit(origin).netloc.lower() == request.host.lower() != ""
    except ValueError:
        return False
