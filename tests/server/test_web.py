"""The service on a port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from rxconvo.errors import ArgumentError
from rxconvo.server.web import Listener, listen
from rxconvo.wire.codec import decode, encode
from rxconvo.wire.packets import HttpRequest, Init, Reply, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.server.conftest import World

pytestmark = [pytest.mark.real_time, pytest.mark.e2e]


@pytest.fixture
async def listener(world: World) -> AsyncIterator[Listener]:
    listener = await listen(world.server, header_timeout=0.2)
    yield listener
    await listener.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


async def test_a_client_is_served(world: World, listener: Listener, http: aiohttp.ClientSession) -> None:
    async with http.ws_connect(listener.url) as socket:
        await socket.send_bytes(encode(Init("TM1", world.server.mint("ada"))))
        welcome = decode(await socket.receive_bytes())
        assert isinstance(welcome, Reply)
        assert welcome.status.code == 200
        request = HttpRequest("host", "/Client/v2/Configuration", "GET")
        await socket.send_bytes(encode(Request("TM2", request)))
        answer = decode(await socket.receive_bytes())
        assert isinstance(answer, Reply)
        assert b'"identity":"ada"' in answer.payload
        assert listener.connections == 1


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
    world: World, http: aiohttp.ClientSession, origin: str | None, status: int
) -> None:
    listener = await listen(world.server, origins=["https://friend.example"])
    headers = {} if origin is None else {"Origin": origin.replace("{host}", f"127.0.0.1:{listener.port}")}
    try:
        if status == 101:
            async with http.ws_connect(listener.url, headers=headers):
                pass
        else:
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await http.ws_connect(listener.url, headers=headers)
            assert caught.value.status == status
    finally:
        await listener.close()


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "http://",
        "friend.example",
        "https://friend.example/",
        "HTTPS://friend.example",
        "https://u@a.example",
        "http://[",
    ],
)
async def test_what_no_browser_sends_is_no_origin(world: World, origin: str) -> None:
    with pytest.raises(ArgumentError, match="origins"):
        await listen(world.server, origins=["https://friend.example", origin])


async def test_other_paths_are_not_found(listener: Listener, http: aiohttp.ClientSession) -> None:
    async with http.get(listener.url.replace("ws://", "http://").replace("wsconnect", "elsewhere")) as response:
        assert response.status == 404
        assert response.headers["Connection"] == "close"


async def test_a_url_without_a_path_leads_to_the_websocket(
    world: World, listener: Listener, http: aiohttp.ClientSession
) -> None:
    root = listener.url.removesuffix("/v3/wsconnect")
    async with http.ws_connect(root) as socket:
        await socket.send_bytes(encode(Init("TM1", world.server.mint("ada"))))
        welcome = decode(await socket.receive_bytes())
        assert isinstance(welcome, Reply)
        assert welcome.status.code == 200
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await http.ws_connect(root, headers={"Origin": "https://evil.example"})
    assert caught.value.status == 403
    async with http.get(f"http://127.0.0.1:{listener.port}/") as response:
        assert response.status == 404, "no upgrade, no page"


async def test_compression_is_not_offered(listener: Listener, http: aiohttp.ClientSession) -> None:
    async with http.ws_connect(listener.url, compress=15) as socket:
        assert socket.compress == 0


async def test_a_message_too_long_ends_the_connection(listener: Listener, http: aiohttp.ClientSession) -> None:
    async with http.ws_connect(listener.url) as socket:
        await socket.send_bytes(bytes(256 * 1024 + 1))
        await socket.receive()
        assert socket.close_code == 1009


@pytest.mark.parametrize("head", [b"", b"GET /v3/wsconnect HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_head_that_does_not_come_in_time_ends_the_connection(listener: Listener, head: bytes) -> None:
    assert await _read_all(listener, head) == b""


async def test_a_connection_with_its_head_is_not_hurried(
    world: World, listener: Listener, http: aiohttp.ClientSession
) -> None:
    async with http.ws_connect(listener.url) as socket:
        await _read_all(listener, b"")  # came later, and its time is up
        await socket.send_bytes(encode(Init("TM1", world.server.mint("ada"))))
        assert isinstance(decode(await socket.receive_bytes()), Reply)


async def _read_all(listener: Listener, head: bytes) -> bytes:
    """Send the beginning of a request and read to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(head)
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_connections_from_one_address_are_counted(world: World, http: aiohttp.ClientSession) -> None:
    listener = await listen(world.server, max_per_address=1)
    try:
        async with http.ws_connect(listener.url):
            with pytest.raises(aiohttp.ClientError):
                await http.ws_connect(listener.url)
        async with http.ws_connect(listener.url):
            pass
    finally:
        await listener.close()


async def test_the_port_can_be_bound_again_at_once(world: World, http: aiohttp.ClientSession) -> None:
    first = await listen(world.server)
    port = first.port
    async with http.ws_connect(first.url) as socket:
        closing = asyncio.create_task(first.close())
        await socket.receive()
        await closing
    second = await listen(world.server, port=port)
    assert second.port == port
    await second.close()
    await second.close()


async def test_closing_says_so_to_clients(world: World, http: aiohttp.ClientSession) -> None:
    listener = await listen(world.server)
    async with http.ws_connect(listener.url, autoclose=True) as socket:
        await socket.send_bytes(encode(Init("TM1", world.server.mint("ada"))))
        await socket.receive_bytes()
        closing = asyncio.create_task(listener.close())
        await socket.receive()
        assert socket.close_code == 1001
        await closing
