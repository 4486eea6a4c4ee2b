"""Server-sent events over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from reactivex.subject import BehaviorSubject, Subject

from rxconvo import Append, DiffBatch, Reset
from rxconvo.errors import ArgumentError
from rxconvo.integrations.web import Feed, send_events, sse, ws
from tests.integrations.web.conftest import Serve, until
from tests.integrations.web.streams import EventSource, Page

pytestmark = [pytest.mark.real_time, pytest.mark.e2e]


async def read(response: aiohttp.ClientResponse, parser: EventSource, done: Callable[[], bool]) -> None:
    """Read until something is so, or to the end."""
    async with asyncio.timeout(10):
        while not done() and (piece := await response.content.readany()):
            parser.feed(piece)


async def test_a_stream_gets_to_a_browser(serve: Serve, http: aiohttp.ClientSession) -> None:
    source = Subject[DiffBatch[str]]()
    feed = Feed({"rows": source}, linger=0)
    url = await serve(sse(feed, headers={"X-Own": "1"}))
    body = "a\r\nb\0\u2028</script>"
    async with http.get(url) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Own"] == "1"
        parser, page = EventSource(), Page()
        source.on_next(DiffBatch((Reset((body,)),)))
        source.on_next(DiffBatch((Append(("sushi!",)),)))
        await read(response, parser, lambda: len(parser.events) == 2)
        for event in parser.events:
            page.take(event.type, json.loads(event.data), event.last_event_id)
        assert page.lists == {"rows": (body, "sushi!")}
    source.on_next(DiffBatch((Append(("ramen",)),)))
    await until(lambda: not feed.viewers)
    feed.close()


@pytest.mark.parametrize("where", ["header", "parameter"])
async def test_it_goes_on_where_it_was(serve: Serve, http: aiohttp.ClientSession, where: str) -> None:
    source = Subject[int]()
    feed = Feed(source, first="nothing")
    url = await serve(sse(feed))
    seen: list[int] = []
    last: str | None = None
    for here, away in ((1, 2), (3, 4), (5, 6)):
        headers = {"Last-Event-ID": last} if last and where == "header" else {}
        params = {"last_event_id": last} if last and where == "parameter" else {}
        parser = EventSource()
        async with http.get(url, headers=headers, params=params) as response:
            source.on_next(here)
            await read(response, parser, lambda: str(here) in [event.data for event in parser.events])  # noqa: B023
        last = parser.last_event_id
        seen += [int(event.data) for event in parser.events]
        source.on_next(away)
    assert seen == [1, 2, 3, 4, 5]
    feed.close()


async def test_who_hangs_up_is_let_go_though_nothing_is_said(serve: Serve, http: aiohttp.ClientSession) -> None:
    source = Subject[int]()
    feed = Feed(source, linger=0, heartbeat=1000)
    url = await serve(sse(feed))
    async with http.get(url) as response:
        await response.content.readany()
        assert feed.viewers == 1
        response.close()
    await until(lambda: not feed.viewers and not source.observers)


async def test_who_takes_nothing_is_cut_off(serve: Serve) -> None:
    source = Subject[str]()
    feed = Feed(source, first="nothing", linger=0, kept_bytes=2**20)
    url = await serve(sse(feed, stall_timeout=0.2))
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await until(lambda: feed.viewers == 1)
    async with asyncio.timeout(10):
        while feed.viewers:
            source.on_next("x" * 100_000)
            await asyncio.sleep(0.001)
        end = b""
        with suppress(ConnectionError):
            while piece := await reader.read(2**20):
                end = (end + piece)[-5:]
    assert end != b"0\r\n\r\n"  # cut, not ended: an end would wait for somebody to take it
    writer.close()
    feed.close()


async def test_the_end_is_told_and_stays_the_end(serve: Serve, http: aiohttp.ClientSession) -> None:
    source = Subject[int]()
    feed = Feed(source)
    url = await serve(sse(feed))
    parser = EventSource()
    async with http.get(url) as response:
        source.on_next(1)
        source.on_completed()
        await read(response, parser, lambda: False)
    assert [event.type for event in parser.events] == ["message", "end"]
    async with http.get(url, headers={"Last-Event-ID": parser.last_event_id}) as response:
        assert response.status == 204


async def test_no_room(serve: Serve, http: aiohttp.ClientSession) -> None:
    feed = Feed(Subject[int](), max_viewers=1, linger=0)
    url = await serve(sse(feed))
    async with http.get(url):
        async with http.get(url) as response:
            assert response.status == 503
            assert response.headers["Retry-After"] == "5"
            assert await response.json() == {"error": "1 viewers watch already"}
        feed.close()
    async with http.get(url) as response:
        assert response.status == 503


async def test_to_ask_for_the_head_is_not_to_watch(serve: Serve, http: aiohttp.ClientSession) -> None:
    source = Subject[int]()
    url = await serve(sse(source))
    async with http.head(url) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream"
    assert not source.observers


@pytest.mark.parametrize("value", ["x" * 4000, "%00%0a%0d", "é", "0000000000000000-1"])
async def test_hostile_ids(serve: Serve, http: aiohttp.ClientSession, value: str) -> None:
    feed = Feed(BehaviorSubject(7))
    url = await serve(sse(feed))
    async with http.get(f"{url}?last_event_id={value}") as response:
        parser = EventSource()
        await read(response, parser, lambda: bool(parser.events))
        assert json.loads(parser.events[-1].data) == 7
        assert value not in response.headers
    feed.close()


async def test_a_feed_chosen_by_the_request(serve: Serve, http: aiohttp.ClientSession) -> None:
    feeds = {name: Feed(BehaviorSubject(name)) for name in ("a", "b")}

    async def handle(request: web.Request) -> web.StreamResponse:
        return await send_events(request, feeds[request.query["name"]])

    url = await serve(handle)
    for name, feed in feeds.items():
        async with http.get(url, params={"name": name}) as response:
            parser = EventSource()
            parser.feed(await response.content.readuntil(b"\n\n"))
            parser.feed(await response.content.readuntil(b"\n\n"))
            assert [json.loads(event.data) for event in parser.events] == [name]
        feed.close()


@pytest.mark.parametrize("source", [None, [], "rows"])
async def test_what_is_no_stream(source: Any) -> None:
    with pytest.raises(ArgumentError, match="source must be"):
        sse(source)


@pytest.mark.parametrize("make", [sse, ws])
async def test_a_timeout_is_positive(make: Any) -> None:
    with pytest.raises(ArgumentError, match="stall_timeout must be"):
        make(Subject[int](), stall_timeout=0)
