"""HTTP over real sockets: what is sent, what is read, how slow the other side may be, and what is left behind."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from rxconvo.errors import ConnectionError
from rxconvo.transport.http import PlainRequest
from rxconvo.transport.http_client import HttpClient

pytestmark = pytest.mark.real_time

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
DEADLINE = 10.0


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(answer: Raw) -> AsyncIterator[str]:
    running: list[asyncio.Task[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.append(task)
        try:
            with suppress(asyncio.CancelledError, builtins.ConnectionError):
                await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in running:
            task.cancel()
    if running:
        await asyncio.wait(running)


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(client: HttpClient, request: PlainRequest) -> bytes:
    async with client.exchange(request) as response:
        return b"".join([piece async for piece in response.body])


async def test_a_request_goes_out_as_it_is() -> None:
    seen: list[tuple[object, ...]] = []

    async def handler(request: web.Request) -> web.Response:
        names = ("X-Twilio-Token", "Content-Type", "Content-Length", "Transfer-Encoding", "Accept-Encoding")
        seen.append((request.method, request.raw_path, *(request.headers.get(name) for name in names)))
        seen.append((await request.read(),))
        return web.Response(status=201, reason="Made", text="done", headers={"X-Thing": "1"})

    async with serving(handler) as url:
        request = PlainRequest(
            method="POST",
            url=f"{url}/v1/M%C3%A9dia?Category=media&Filename=a+b%2F.txt",
            headers={"x-twilio-token": "t", "content-type": "text/plain"},
            body=pieces(b"hello ", b"world"),
            length=11,
        )
        async with HttpClient().exchange(request) as response:
            assert (response.status, response.reason, response.headers["x-thing"]) == (201, "Made", "1")
            assert b"".join([piece async for piece in response.body]) == b"done"
    assert seen == [
        ("POST", "/v1/M%C3%A9dia?Category=media&Filename=a+b%2F.txt", "t", "text/plain", "11", None, "identity"),
        (b"hello world",),
    ]


async def test_a_body_of_unknown_length_goes_out_in_chunks() -> None:
    seen: list[object] = []

    async def handler(request: web.Request) -> web.Response:
        seen.extend([request.headers.get("Content-Length"), request.headers.get("Transfer-Encoding")])
        seen.append(await request.read())
        return web.Response()

    async with serving(handler) as url:
        await read(HttpClient(), PlainRequest(method="POST", url=url, body=pieces(b"a" * 100_000, b"b")))
    assert seen == [None, "chunked", b"a" * 100_000 + b"b"]


async def test_a_request_without_a_body_says_nothing_of_one() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.method} {request.headers.get('Content-Type')} {request.can_read_body}")

    async with serving(handler) as url:
        assert await read(HttpClient(), PlainRequest(method="GET", url=url)) == b"GET None False"


async def test_redirects_are_not_followed() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with serving(handler) as url, HttpClient().exchange(PlainRequest(method="GET", url=url)) as response:
        assert (response.status, response.headers["location"]) == (302, "/elsewhere")


async def test_the_next_piece_is_read_when_the_connection_has_room_for_it() -> None:
    """Nobody reads: what was taken of the body is what fits into the buffers, however long the body is."""
    taken = 0
    stuck = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(2**20)

    async def nobody_reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        before = -1
        while before != taken:
            before = taken
            await asyncio.sleep(0.2)
        stuck.set()
        await asyncio.Event().wait()

    async with raw_server(nobody_reads) as url:
        task = asyncio.create_task(read(HttpClient(), PlainRequest(method="POST", url=url, body=endless())))
        async with asyncio.timeout(DEADLINE):
            await stuck.wait()
        assert 0 < taken < 64
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_an_answer_is_read_when_it_is_wanted() -> None:
    written = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(2**20))
            written += 1

    async with serving(handler) as url, HttpClient().exchange(PlainRequest(method="GET", url=url)) as response:
        first = await anext(response.body)
        assert 0 < len(first) <= 64 * 1024
        before = -1
        async with asyncio.timeout(DEADLINE):
            while before != written:
                before = written
                await asyncio.sleep(0.2)
        assert written < 64


async def test_an_answer_may_come_before_all_was_sent() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1000)
            await asyncio.sleep(0.001)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n")
        await reader.readexactly(100_000)  # it goes on sending
        writer.write(b"no")
        while await reader.read(65536):
            pass

    async with raw_server(refuse) as url:
        request = PlainRequest(method="POST", url=url, body=endless())
        async with asyncio.timeout(DEADLINE), HttpClient().exchange(request) as response:
            assert response.status == 413
            assert b"".join([piece async for piece in response.body]) == b"no"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ftp://127.0.0.1/", "http://", "nonsense", "http://[::1/"])
async def test_where_nobody_answers_there_is_an_error(url: str) -> None:
    with pytest.raises(ConnectionError):
        await read(HttpClient(), PlainRequest(method="GET", url=url))


async def test_a_connection_lost_before_the_head_is_an_error() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with raw_server(hang_up) as url:
        with pytest.raises(ConnectionError, match="no answer"):
            await read(HttpClient(), PlainRequest(method="GET", url=url))


async def test_an_answer_that_ends_too_early_is_an_error() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    async with raw_server(half) as url:
        with pytest.raises(ConnectionError, match="too early"):
            await read(HttpClient(), PlainRequest(method="GET", url=url))


async def test_silence_has_its_limits() -> None:
    client = HttpClient(silence=0.2, head_timeout=0.2)

    async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(0)
        await asyncio.Event().wait()

    async def stops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await asyncio.Event().wait()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    async with asyncio.timeout(DEADLINE):
        async with raw_server(quiet) as url:
            for request in (
                PlainRequest(method="GET", url=url),
                PlainRequest(method="POST", url=url, body=pieces(b"x"), length=1),
                PlainRequest(method="POST", url=url, body=slow(), length=2),
            ):
                with pytest.raises(ConnectionError, match="halt"):
                    await read(client, request)
        async with raw_server(stops) as url:
            with pytest.raises(ConnectionError, match="halt"):
                await read(client, PlainRequest(method="GET", url=url))


async def test_a_body_may_take_its_time_as_long_as_it_goes_on() -> None:
    async def steady() -> AsyncIterator[bytes]:
        for _ in range(6):
            await asyncio.sleep(0.1)
            yield b"x"

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async with serving(handler) as url:
        client = HttpClient(silence=0.3, head_timeout=5.0)
        assert await read(client, PlainRequest(method="POST", url=url, body=steady(), length=6)) == b"xxxxxx"


async def test_the_head_of_an_answer_has_a_time_limit_of_its_own() -> None:
    async def thinking(request: web.Request) -> web.Response:
        body = await request.read()
        await asyncio.sleep(0.5)
        return web.Response(body=body)

    client = HttpClient(silence=0.2, head_timeout=5.0)
    async with serving(thinking) as url:
        assert await read(client, PlainRequest(method="POST", url=url, body=pieces(b"x"), length=1)) == b"x"
        assert await read(client, PlainRequest(method="GET", url=url)) == b""


async def test_leaving_early_lets_go_of_the_connection() -> None:
    gone = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await reader.read()
        gone.set()

    async with raw_server(endless) as url:
        async with HttpClient().exchange(PlainRequest(method="GET", url=url)) as response:
            assert await anext(response.body) == b"half"
        async with asyncio.timeout(DEADLINE):
            await gone.wait()


async def test_what_the_user_of_an_answer_raises_is_not_changed() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text="x")

    async with serving(handler) as url:
        with pytest.raises(OSError, match="the disk is full") as raised:
            async with HttpClient().exchange(PlainRequest(method="GET", url=url)):
                raise OSError("the disk is full")
        assert not isinstance(raised.value, ConnectionError)
