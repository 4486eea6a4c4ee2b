"""What only a websocket has: handshakes, other people's frames, silence."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from rxconvo.errors import ArgumentError, ConnectionError
from rxconvo.transport.websocket import WebSocketConnector, WebSocketTransport, serve_websocket

pytestmark = pytest.mark.real_time

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(answer: Answer) -> AsyncIterator[str]:
    done: list[asyncio.Task[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        done.append(task)
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    if done:
        await asyncio.wait(done)


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    await reader.read()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


def handing_over(accepted: asyncio.Queue[WebSocketTransport], **options: Any) -> Handler:
    async def serve(transport: WebSocketTransport) -> None:
        accepted.put_nowait(transport)
        while True:
            try:
                transport.write(await transport.receive())
            except ConnectionError:
                return

    async def handle(request: web.Request) -> web.StreamResponse:
        return await serve_websocket(request, serve, **options)

    return handle


@pytest.mark.parametrize("url", ["", "http://127.0.0.1/", "ws://", "ws:///path", "ws://[", "/v3/wsconnect"])
def test_the_url_must_be_that_of_a_websocket(url: str) -> None:
    with pytest.raises(ArgumentError, match="url"):
        WebSocketConnector(url)


async def test_a_refused_connection(unused_tcp_port: int) -> None:
    with pytest.raises(ConnectionError, match="no connection to ws://") as caught:
        await WebSocketConnector(f"ws://127.0.0.1:{unused_tcp_port}/").connect()
    assert not caught.value.terminal
    assert caught.value.http_status_code is None


async def test_a_refused_handshake_shows_its_status() -> None:
    async def teapot(request: web.Request) -> web.StreamResponse:
        return web.Response(status=418)

    async with serving(teapot) as url:
        with pytest.raises(ConnectionError, match="418") as caught:
            await WebSocketConnector(url).connect()
    assert caught.value.http_status_code == 418


@pytest.mark.parametrize("answer", [garbage, hang_up])
async def test_a_server_that_is_none(answer: Answer) -> None:
    async with raw_server(answer) as url:
        with pytest.raises(ConnectionError, match="no connection"):
            await WebSocketConnector(url).connect()


async def test_the_handshake_has_a_time_limit() -> None:
    async with raw_server(silence) as url:
        with pytest.raises(ConnectionError, match=r"within 0\.05 s"):
            await WebSocketConnector(url, handshake_timeout=0.05).connect()


async def test_connecting_can_be_cancelled() -> None:
    async with raw_server(silence) as url:
        connecting = asyncio.create_task(WebSocketConnector(url).connect())
        for _ in range(5):
            await asyncio.sleep(0)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting


async def test_text_is_dropped_and_pings_are_answered() -> None:
    accepted: asyncio.Queue[WebSocketTransport] = asyncio.Queue()
    async with (
        serving(handing_over(accepted)) as url,
        aiohttp.ClientSession() as session,
        session.ws_connect(url, autoping=False) as plain,
    ):
        await plain.send_str("text")
        await plain.ping(b"there?")
        await plain.send_bytes(b"binary")
        pong = await plain.receive()
        assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"there?")
        assert await plain.receive_bytes() == b"binary"


async def test_text_is_dropped_and_pings_are_answered_by_the_client() -> None:
    async def talk(request: web.Request) -> web.StreamResponse:
        plain = web.WebSocketResponse(autoping=False)
        await plain.prepare(request)
        await plain.send_str("text")
        await plain.ping(b"there?")
        await plain.send_bytes(b"binary")
        pong = await plain.receive()
        await plain.send_bytes(pong.data)
        await plain.close(code=4001, message=b"enough")
        return plain

    async with serving(talk) as url:
        client = await WebSocketConnector(url).connect()
        assert list(await client.receive()) == [b"binary"]
        assert list(await client.receive()) == [b"there?"]
        with pytest.raises(ConnectionError, match="code 4001"):
            await client.receive()
        await client.close()


async def test_a_plain_client_sees_the_code_of_a_close() -> None:
    accepted: asyncio.Queue[WebSocketTransport] = asyncio.Queue()
    async with serving(handing_over(accepted)) as url, aiohttp.ClientSession() as session:
        plain = await session.ws_connect(url)
        transport = await accepted.get()
        transport.write([b"last words"])
        closing = asyncio.create_task(transport.close(4002))
        assert await plain.receive_bytes() == b"last words"
        await plain.receive()
        assert plain.close_code == 4002
        await closing


async def test_a_close_frame_without_a_code() -> None:
    async def talk(request: web.Request) -> web.StreamResponse:
        plain = web.WebSocketResponse(autoclose=False)
        await plain.prepare(request)
        await plain.send_frame(b"", aiohttp.WSMsgType.CLOSE)
        await plain.receive()
        return plain

    async with serving(talk) as url:
        client = await WebSocketConnector(url).connect()
        with pytest.raises(ConnectionError, match="code 1005"):
            await client.receive()
        await client.close()


async def test_silence_ends_the_connection_on_the_client() -> None:
    done = asyncio.Event()

    async def fall_silent(request: web.Request) -> web.StreamResponse:
        plain = web.WebSocketResponse(autoping=False)
        await plain.prepare(request)
        await done.wait()
        return plain

    async with serving(fall_silent) as url:
        client = await WebSocketConnector(url, heartbeat=0.02).connect()
        with pytest.raises(ConnectionError, match="lost"):
            await client.receive()
        await client.close()
        done.set()


async def test_silence_ends_the_connection_on_the_server() -> None:
    accepted: asyncio.Queue[WebSocketTransport] = asyncio.Queue()
    async with (
        serving(handing_over(accepted, heartbeat=0.02)) as url,
        aiohttp.ClientSession() as session,
        session.ws_connect(url, autoping=False) as plain,
    ):
        transport = await accepted.get()
        while "lost" not in repr(transport):
            await plain.receive()


async def test_an_idle_connection_is_kept_by_pings() -> None:
    accepted: asyncio.Queue[WebSocketTransport] = asyncio.Queue()
    async with serving(handing_over(accepted, heartbeat=0.02)) as url:
        client = await WebSocketConnector(url, heartbeat=0.02).connect()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.receive(), 0.2)
        client.write([b"still there"])
        assert list(await client.receive()) == [b"still there"]
        await client.close()


async def test_a_server_that_fails_cuts_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(transport: WebSocketTransport) -> None:
        raise LookupError("a bug of the service")

    async def handle(request: web.Request) -> web.StreamResponse:
        return await serve_websocket(request, fail)

    async with serving(handle) as url:
        client = await WebSocketConnector(url).connect()
        with pytest.raises(ConnectionError):
            await client.receive()
    assert "a bug of the service" in caplog.text


async def test_what_is_no_websocket_gets_an_answer() -> None:
    accepted: asyncio.Queue[WebSocketTransport] = asyncio.Queue()
    async with (
        serving(handing_over(accepted)) as url,
        aiohttp.ClientSession() as session,
        session.get(url.replace("ws:", "http:")) as response,
    ):
        assert response.status == 400


async def test_headers_are_sent_with_the_handshake() -> None:
    seen: list[str | None] = []

    async def look(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("X-Test"))
        return web.Response(status=403)

    async with serving(look) as url:
        with pytest.raises(ConnectionError):
            await WebSocketConnector(url, headers={"X-Test": "yes"}).connect()
    assert seen == ["yes"]
    assert repr(WebSocketConnector("ws://localhost/x")) == "WebSocketConnector('ws://localhost/x')"


async def test_a_dropped_connection_leaves_nothing() -> None:
    accepted: asyncio.Queue[WebSocketTransport] = asyncio.Queue()
    async with serving(handing_over(accepted)) as url:
        for _ in range(3):
            client = await WebSocketConnector(url).connect()  # nobody ever reads it
            server = await accepted.get()
            server.write([b"unread"])
            server.abort()
            await server.close()
            await client.close()
        del client, server
        gc.collect()


async def test_several_messages_are_one_write() -> None:
    accepted: asyncio.Queue[WebSocketTransport] = asyncio.Queue()
    async with serving(handing_over(accepted)) as url:
        client = await WebSocketConnector(url).connect()
        writes: list[bytes] = []
        real = client._wire

        class Counting:
            def write(self, data: bytes) -> None:
                writes.append(data)
                real.write(data)

            def __getattr__(self, name: str) -> Any:
                return getattr(real, name)

        client._wire = Counting()  # type: ignore[assignment]
        client.write([b"a", b"b", b"c"])
        taken = 0
        while taken < 3:
            taken += len(await client.receive())
        assert len(writes) == 1
        await client.close()
