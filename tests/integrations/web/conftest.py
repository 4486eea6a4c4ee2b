"""Handlers on a port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

Serve = Callable[..., Awaitable[str]]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, for at most ten seconds of real time."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody tells when a viewer has left
            await asyncio.sleep(0.005)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Return what serves a handler at an address, to the end of the test."""
    runners: list[web.AppRunner] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
        app = web.Application()
        app.router.add_get("/", handler)
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client
