"""Websockets over real sockets."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import aiohttp
import pytest
from reactivex.subject import BehaviorSubject, Subject

from rxconvo.errors import ArgumentError
from rxconvo.integrations.web import Feed, ws
from tests.integrations.web.conftest import Serve, until
from tests.integrations.web.streams import Page

pytestmark = [pytest.mark.real_time, pytest.mark.e2e]


async def take(socket: aiohttp.ClientWebSocketResponse, page: Page, *, messages: int) -> None:
    """Take some messages, and the positions between them."""
    async with asyncio.timeout(10):
        while messages:
            said = await socket.receive_json()
            page.take(said.get("event", ""), said.get("data"), said.get("id"))
            messages -= "event" in said


async def test_a_stream_gets_to_a_browser_and_goes_on_where_it_was(serve: Serve, http: aiohttp.ClientSession) -> None:
    source = Subject[Any]()
    feed = Feed({"said": source}, first="nothing", linger=5)
    url = await serve(ws(feed))
    page = Page()
    async with http.ws_connect(url) as socket:
        source.on_next("a\r\n\0\u2028")
        await take(socket, page, messages=1)
    await until(lambda: not feed.viewers)
    source.on_next("b")
    async with http.ws_connect(url, params={"last_event_id": page.last_event_id or ""}) as socket:
        source.on_next("c")
        await take(socket, page, messages=2)
    assert page.happened == {"said": ["a\r\n\0\u2028", "b", "c"]}
    assert page.missed == {}
    feed.close()


@pytest.mark.parametrize("end, code", [("completed", 1000), ("error", 1011), ("closed", 1001)])
async def test_how_it_ends(
    serve: Serve, http: aiohttp.ClientSession, end: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    source = Subject[int]()
    feed = Feed(source)
    async with http.ws_connect(await serve(ws(feed))) as socket:
        assert "id" in await socket.receive_json()
        match end:
            case "completed":
                source.on_completed()
            case "error":
                source.on_error(ValueError())
            case _:
                feed.close()
        if end != "closed":
            assert (await socket.receive_json())["event"] == ("end" if end == "completed" else "error")
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == code
    feed.close()


async def test_who_hangs_up_is_let_go(serve: Serve, http: aiohttp.ClientSession) -> None:
    source = Subject[int]()
    feed = Feed(source, linger=0)
    url = await serve(ws(feed))
    async with http.ws_connect(url):
        await until(lambda: feed.viewers == 1)
    await until(lambda: not feed.viewers and not source.observers)


async def test_who_says_goodbye_is_let_go_without_a_look(
    serve: Serve, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By `sys.modules`: in the package, the module's name is the function's.
    monkeypatch.setattr(sys.modules["rxconvo.integrations.web.ws"], "is_gone", lambda _: False)
    feed = Feed(Subject[int](), linger=0, heartbeat=1000)
    async with http.ws_connect(await serve(ws(feed))):
        await until(lambda: feed.viewers == 1)
    await until(lambda: not feed.viewers)
    feed.close()


async def test_what_a_viewer_says_is_ignored_and_what_is_too_long_ends_it(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    source = BehaviorSubject(1)
    feed = Feed(source)
    async with http.ws_connect(await serve(ws(feed))) as socket:
        page = Page()
        await socket.send_str("hello")
        source.on_next(2)
        await take(socket, page, messages=1)
        await socket.send_str("x" * 2000)
        async with asyncio.timeout(10):
            while (await socket.receive()).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                pass
    await until(lambda: not feed.viewers)
    feed.close()


@pytest.mark.parametrize(
    "origin, status",
    [
        (None, 101),
        ("http://{host}", 101),
        ("https://friend.example", 101),
        ("https://evil.example", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
async def test_pages_of_other_origins_are_refused(
    serve: Serve, http: aiohttp.ClientSession, origin: str | None, status: int
) -> None:
    feed = Feed(Subject[int](), linger=0)
    url = await serve(ws(feed, origins=["https://friend.example"]))
    headers = {} if origin is None else {"Origin": origin.replace("{host}", url.split("/")[2])}
    if status == 101:
        async with http.ws_connect(url, headers=headers):
            pass
        await until(lambda: not feed.viewers)
    else:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(url, headers=headers)
        assert caught.value.status == status
        assert feed.viewers == 0
    feed.close()


async def test_no_room(serve: Serve, http: aiohttp.ClientSession) -> None:
    feed = Feed(Subject[int](), max_viewers=1, linger=0)
    url = await serve(ws(feed))
    async with http.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(url)
        assert caught.value.status == 503
    feed.close()


async def test_a_request_that_is_for_no_websocket(serve: Serve, http: aiohttp.ClientSession) -> None:
    feed = Feed(Subject[int](), linger=0)
    async with http.get(await serve(ws(feed))) as response:
        assert response.status == 400
    await until(lambda: not feed.viewers)
    feed.close()


def test_origins_are_several() -> None:
    with pytest.raises(ArgumentError, match="origins must be"):
        ws(Subject[int](), origins="https://friend.example")
