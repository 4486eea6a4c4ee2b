"""A dashboard on a port, before a service in process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Self

import aiohttp
import orjson
import pytest

from rxconvo import Service
from rxconvo.integrations.dashboard import DashboardListener, Desk, dashboard, listen_dashboard
from rxconvo.integrations.web import WebMessage
from tests.integrations.dashboard.doors import Door

Answer = tuple[int, dict[str, str], bytes]


class Site:
    """A dashboard, and somebody who asks it."""

    def __init__(self, door: Door, listener: DashboardListener, http: aiohttp.ClientSession) -> None:
        self.door = door
        self.service = door.service
        self.listener = listener
        self.http = http

    def bearer(self, identity: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.service.token(identity)}"}

    async def ask(self, method: str, path: Any, *, headers: dict[str, str] | None = None, **body: Any) -> Answer:
        url = path if not isinstance(path, str) else self.listener.url.rstrip("/") + path
        async with self.http.request(method, url, headers=headers, allow_redirects=False, **body) as response:
            return response.status, dict(response.headers), await response.read()

    async def post(self, path: str, fields: object, identity: str = "ada") -> tuple[int, Any]:
        status, _, body = await self.ask("POST", path, headers=self.bearer(identity), json=fields)
        return status, orjson.loads(body)


class Events:
    """Reads server-sent events."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> WebMessage:
        """Read one that has data."""
        found: dict[bytes, bytes] = {}
        while line := await self._response.content.readline():
            name, _, value = line.rstrip(b"\n").partition(b": ")
            if name:
                found[name] = value
            elif b"data" in found:
                return WebMessage(found.get(b"id", b"").decode(), found[b"event"].decode(), found[b"data"])
            else:
                found.clear()
        raise StopAsyncIteration

    async def of(self, topic: str, until: Callable[[Any], object] = lambda _: True) -> Any:
        """Read on to a value of a topic."""
        async for message in self:
            if message.event == topic and until(data := orjson.loads(message.data)):
                return data
        raise AssertionError(f"there is no such {topic}")


@pytest.fixture
async def open_site() -> AsyncGenerator[Callable[..., Awaitable[Site]]]:
    """Return what opens a dashboard with some settings, to the end of the test."""
    listeners: list[DashboardListener] = []
    async with Service() as service, aiohttp.ClientSession(auto_decompress=False, read_bufsize=2**22) as http:

        async def start(**options: Any) -> Site:
            door = Door(service)
            listeners.append(await listen_dashboard(dashboard(door, desk=Desk(grace=0.0), **options)))
            return Site(door, listeners[-1], http)

        yield start
        for listener in listeners:
            await listener.close()


@pytest.fixture
async def site(open_site: Callable[..., Awaitable[Site]]) -> Site:
    return await open_site()
