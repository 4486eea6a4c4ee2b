"""The port, by whoever sends it what no browser would."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest

from tests.integrations.dashboard.conftest import Site

pytestmark = [pytest.mark.e2e]

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]

HOST = b"Host: 127.0.0.1\r\n"


@pytest.fixture
async def wire(site: Site) -> AsyncGenerator[Callable[[bytes], Awaitable[Wire]]]:
    """Open connections on which something was said."""
    writers: list[asyncio.StreamWriter] = []

    async def say(said: bytes) -> Wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.listener.port)
        writers.append(writer)
        writer.write(said)
        return reader, writer

    yield say
    for writer in writers:
        writer.transport.abort()


Say = Callable[[bytes], Awaitable[Wire]]


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """Read to the end, however it ends."""
    got = b""
    try:
        while piece := await reader.read(65536):
            got += piece
    except ConnectionError:
        pass
    return got


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\n" + HOST + b"X: "])
async def test_a_head_that_does_not_come_ends_the_connection(wire: Say, said: bytes) -> None:
    started = asyncio.get_running_loop().time()
    reader, _ = await wire(said)
    assert await rest_of(reader) == b""
    assert 9 < asyncio.get_running_loop().time() - started < 12


async def test_neither_does_it_wait_for_ever_for_another_one(wire: Say) -> None:
    started = asyncio.get_running_loop().time()
    reader, writer = await wire(b"GET /assets/sse.js HTTP/1.1\r\n" + HOST + b"\r\n")
    assert b" 200 " in await head_of(reader)
    writer.write(b"GET / HTTP/1.1\r\nX: ")
    await rest_of(reader)
    assert 60 < asyncio.get_running_loop().time() - started < 90


async def test_a_stream_is_in_no_hurry(site: Site) -> None:
    loop = asyncio.get_running_loop()
    async with site.http.get(site.listener.url + "api/overview", headers=site.bearer("ada")) as response:
        end = loop.time() + 200
        while loop.time() < end:
            assert await response.content.readline()


async def test_a_body_that_does_not_come_ends_the_connection(site: Site, wire: Say) -> None:
    head = f"POST /api/conversations HTTP/1.1\r\nAuthorization: {site.bearer('ada')['Authorization']}\r\n".encode()
    reader, _ = await wire(head + HOST + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    answered = await rest_of(reader)
    assert answered.startswith(b"HTTP/1.1 408 ")
    assert answered.endswith(b'{"error":"This has not come to its end."}')


BROKEN = {
    "a control character": b"Authorization: Bearer SECRET\x00\r\n",
    "two lengths": b"Authorization: Bearer SECRET\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
    "a length and chunks": b"Authorization: Bearer SECRET\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "a strange length": b"Authorization: Bearer SECRET\r\nContent-Length: +5\r\n",
    "strange chunks": b"Authorization: Bearer SECRET\r\nTransfer-Encoding: xchunked\r\n",
    "a space before the colon": b"Authorization : Bearer SECRET\r\n",
    "a name of spaces": b"Authorization: Bearer SECRET\r\n   : x\r\n",
    "much of it": b"Authorization: Bearer SECRET\r\nX: " + b"x" * 70_000 + b"\r\n",
    "many of them": b"Authorization: Bearer SECRET\r\n" + b"X: x\r\n" * 1_000,
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_no_http_is_answered_once_and_not_repeated(
    wire: Say, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    smuggled = b"GET /assets/sse.js HTTP/1.1\r\n" + HOST + b"\r\n"
    with caplog.at_level(logging.DEBUG):
        reader, _ = await wire(b"POST / HTTP/1.1\r\n" + HOST + BROKEN[what] + b"\r\n0\r\n\r\n" + smuggled)
        answered = await rest_of(reader)
    assert answered.partition(b" ")[2].startswith(b"400 Bad Request\r\n")
    assert answered.endswith(b"\r\n\r\n")
    assert answered.count(b"HTTP/1.") == 1
    assert b"aiohttp" not in answered
    assert b"SECRET" not in answered
    assert "SECRET" not in caplog.text
