"""Feeds to browsers as server-sent events, by aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

from aiohttp import web
from reactivex import Observable

from rxconvo.errors import ClosedError, TooManyViewersError
from rxconvo.integrations.web.feed import Feed
from rxconvo.integrations.web.messages import EVENT_STREAM_HEADERS
from rxconvo.operators._arguments import check_seconds

__all__ = ["Handler", "Source", "feed_of", "is_gone", "last_event_id", "send_events", "sse", "unavailable"]

Source: TypeAlias = Feed | Observable[Any] | Mapping[str, Observable[Any]]
"""A feed, or what one is made of."""

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Answers the requests of a route."""

_RETRY_AFTER: Final = "5"


def sse(
    source: Source, *, headers: Mapping[str, str] | None = None, stall_timeout: float = 30.0
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Make a handler that sends a stream to browsers as server-sent events.

    All requests share one feed. A page follows it with `new EventSource(address)`, and finds what is written in
    `event.data` with `JSON.parse`.

    Example:
        from aiohttp import web
        from rxconvo import Service
        from rxconvo.integrations.web import sse

        async with Service() as service, service.client("ada") as ada:
            app = web.Application()
            app.router.add_get("/messages", sse(ada.messages))

    Args:
        source: An Observable, several by the names of their topics, or a `Feed` with settings of its own.
        headers: Headers of the answer in addition.
        stall_timeout: Seconds within which a viewer has to take what is sent; one that does not is cut off, and may
            come back.

    Returns:
        The handler, for `GET`. Who may watch is for a middleware to decide.

    Raises:
        ArgumentError: There is no feed in *source*, or the timeout is not positive.
    """
    check_seconds("stall_timeout", stall_timeout)
    feed = feed_of(source)

    async def handle(request: web.Request) -> web.StreamResponse:
        return await send_events(request, feed, headers=headers, stall_timeout=stall_timeout)

    return handle


async def send_events(
    request: web.BaseRequest, feed: Feed, *, headers: Mapping[str, str] | None = None, stall_timeout: float = 30.0
) -> web.StreamResponse:
    """Answer a request with a feed, to the end of either: for handlers that choose the feed by the request.

    Args:
        request: The request; it may say in `Last-Event-ID` or the parameter `last_event_id` where it was.
        feed: The feed.
        headers: As for `sse`.
        stall_timeout: As for `sse`.

    Returns:
        What the handler has to return: 503 where there are too many viewers or the feed was closed, 204 for who comes
        back after the end, so that an `EventSource` stays away.
    """
    last = last_event_id(request)
    if feed.is_over(last):
        return web.Response(status=204, headers=headers)
    response = web.StreamResponse(headers={**EVENT_STREAM_HEADERS, **(headers or {})})
    if request.method == "HEAD":
        return response
    try:
        events = feed.events(last, gone=lambda: is_gone(request))
    except (TooManyViewersError, ClosedError) as error:
        return unavailable(error, headers)
    try:
        await response.prepare(request)
        async for piece in events:
            async with asyncio.timeout(stall_timeout):
                await response.write(piece)
        if not is_gone(request):
            async with asyncio.timeout(stall_timeout):
                await response.write_eof()
    except (ConnectionError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()  # a close would wait for who takes nothing
    finally:
        await events.aclose()
    return response


def feed_of(source: Source) -> Feed:
    """Return a feed of a source, itself if it is one."""
    return source if isinstance(source, Feed) else Feed(source)


def last_event_id(request: web.BaseRequest) -> str | None:
    """Return what a viewer says that its last message was."""
    return request.headers.get("Last-Event-ID") or request.query.get("last_event_id") or None


def is_gone(request: web.BaseRequest) -> bool:
    """Tell whether the connection of a request is lost."""
    return request.transport is None or request.transport.is_closing()


def unavailable(error: Exception, headers: Mapping[str, str] | None) -> web.Response:
    """Answer that a feed cannot be watched now."""
    return web.json_response(
        {"error": str(error)}, status=503, headers={"Retry-After": _RETRY_AFTER, **(headers or {})}
    )
