"""The recipe of the documentation, as it stands there, in an application."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import rxconvo
from rxconvo.testing import advance, settle
from tests.integrations.web.streams import EventSource


@pytest.fixture(scope="module")
def recipe(root: Path) -> str:
    text = (root / "docs" / "dashboard.md").read_text(encoding="utf-8")
    section = text.partition("\n## Starlette and FastAPI\n")[2]
    (block,) = re.findall(r"^```python\n(.*?)^```$", section.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.fixture
def app(recipe: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "recipe"}
    exec(recipe, namespace)  # noqa: S102 - our own documentation
    return namespace["app"]


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        yield client


async def test_events_arrive_and_go_on_where_they_were(app: Any) -> None:
    async with rxconvo.connect("memory:kitchen", identity="ada") as ada, running(app) as http:
        feed = app.state.feed
        lunch = await ada.create_conversation()
        await lunch.add("desk")
        await lunch.join()
        asking = asyncio.ensure_future(http.get("/events"))
        await advance(1)
        assert feed.viewers == 1
        await lunch.send_message("pizza?")
        await lunch.send_message("a\r\n\u2028b")
        await settle()
        feed.close()  # what ends a response that is being collected
        response = await asking
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-store"
        parser = EventSource()
        parser.feed(response.content)
        events = [(event.type, json.loads(event.data)) for event in parser.events]
        assert ("state", "connected") in events
        assert [data["body"] for type_, data in events if type_ == "messages"] == ["pizza?", "a\r\n\u2028b"]


async def test_a_viewer_that_disconnects_leaves_nothing(app: Any) -> None:
    """As a server tells it: `http.disconnect`."""
    hung_up = asyncio.Event()
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.1"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/events",
        "raw_path": b"/events",
        "query_string": b"",
        "headers": [(b"last-event-id", b"\xff\x00 hostile")],
        "client": None,
        "server": ("x", 80),
        "root_path": "",
    }
    async with running(app):
        serving = asyncio.ensure_future(app(scope, receive, send))
        await settle()
        assert app.state.feed.viewers == 1
        assert sent[0]["status"] == 200
        hung_up.set()
        await serving
        await advance(0)
        assert app.state.feed.viewers == 0


async def test_no_room(app: Any) -> None:
    async with running(app) as http:
        app.state.feed._max_viewers = 0
        response = await http.get("/events")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
