"""Both kinds of transport behind one fixture, so that one suite holds for both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from rxconvo.transport import Transport, pair
from rxconvo.transport.websocket import WebSocketConnector, WebSocketTransport, serve_websocket

Ends = tuple[Transport, Transport]
Connect = Callable[..., Awaitable[Ends]]


class Listener:
    """A real aiohttp server on 127.0.0.1 that hands out the server's ends."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.accepted: asyncio.Queue[WebSocketTransport] = asyncio.Queue()
        self.closing = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v3/wsconnect"

    async def serve(self, transport: WebSocketTransport) -> None:
        self.accepted.put_nowait(transport)
        await self.closing.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return await serve_websocket(request, self.serve, **self.options)


@asynccontextmanager
async def listening(**options: Any) -> AsyncIterator[Listener]:
    listener = Listener(**options)
    app = web.Application()
    app.router.add_get("/v3/wsconnect", listener.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        listener.port = runner.addresses[0][1]
        yield listener
    finally:
        listener.closing.set()
        await runner.cleanup()


@pytest.fixture(params=["memory", pytest.param("websocket", marks=pytest.mark.real_time)])
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Make a connection: `await connect(max_message=…, …)` gives (client's end, server's end)."""
    async with AsyncExitStack() as stack:

        async def in_process(**options: Any) -> Ends:
            ends = pair(**options)
            stack.push_async_callback(ends[0].close)
            stack.push_async_callback(ends[1].close)
            return ends

        async def over_a_socket(**options: Any) -> Ends:
            listener = await stack.enter_async_context(listening(close_timeout=0.2, **options))
            client = await WebSocketConnector(listener.url, close_timeout=0.2, **options).connect()
            stack.push_async_callback(client.close)
            return client, await listener.accepted.get()

        yield in_process if request.param == "memory" else over_a_socket
