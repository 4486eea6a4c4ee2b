"""Media on a port: what only sockets can do, and what they can do wrong."""

from __future__ import annotations

import asyncio
import io
import logging
import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from rxconvo.server import ServerOptions
from rxconvo.server.limits import Limits
from rxconvo.server.storage.sqlite import open_store
from rxconvo.server.web import Listener, listen
from rxconvo.testing.ids import seeded_ids
from rxconvo.transport.http import PlainRequest, PlainResponse
from rxconvo.wire.codec import decode, encode
from rxconvo.wire.packets import HttpRequest, Init, Reply, Request

if TYPE_CHECKING:
    from tests.server.conftest import World

pytestmark = [pytest.mark.real_time, pytest.mark.e2e]

FRIEND = "https://friend.example"
MB = 2**20


class Port:
    """A service on file, on a port."""

    def __init__(self, world: World, listener: Listener, http: aiohttp.ClientSession, files: Path) -> None:
        self.world = world
        self.listener = listener
        self.http = http
        self.files = files
        self.origin = f"http://127.0.0.1:{listener.port}"
        self.path = f"/v1/Services/{world.keys.service_sid}/Media"
        self.media = f"{self.origin}{self.path}"

    def headers(self, **more: str) -> dict[str, str]:
        return {"X-Twilio-Token": self.world.server.mint("ada"), "Content-Type": "text/plain", **more}

    async def upload(self, body: Any = b"hello media!") -> dict[str, Any]:
        async with self.http.post(self.media, data=body, headers=self.headers()) as answer:
            assert answer.status == 201, await answer.text()
            resource: dict[str, Any] = await answer.json()
            return resource

    def names(self) -> list[str]:
        return [path.name for path in self.files.iterdir()] if self.files.exists() else []

    async def is_clean(self) -> None:
        """Wait until no upload is under way, and none has left anything."""
        room = self.world.server._media._uploads._room
        await until(lambda: not self.names() and not room._uploads)
        assert await self.world.store.run(lambda tx: tx.media_usage(), lambda usage: usage) == 0

    @asynccontextmanager
    async def raw(self, head: str, *pieces: bytes) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Send a request byte by byte."""
        lines = [head, f"Host: 127.0.0.1:{self.listener.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers().items()]
        async with self.connection() as (reader, writer):
            writer.write("\r\n".join([*lines, "", ""]).encode())
            writer.writelines(pieces)
            yield reader, writer

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that no event tells of."""
    async with asyncio.timeout(5.0):
        while not condition():  # noqa: ASYNC110 - as it says
            await asyncio.sleep(0.01)


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
async def port(tmp_path: Path, make_world: type[World], limits: Limits) -> AsyncIterator[Port]:
    async with AsyncExitStack() as stack:
        store = await open_store(f"sqlite:{tmp_path / 'store.db'}", ids=seeded_ids(), at="2026-01-31T12:00:00.000Z")
        stack.push_async_callback(store.close)
        world = make_world(store, ServerOptions(limits=limits))
        stack.push_async_callback(world.close)
        listener = await listen(world.server, origins=[FRIEND], stall_timeout=0.3)
        stack.push_async_callback(listener.close)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Port(world, listener, http, tmp_path / "store.db.media")


async def test_a_client_is_told_where_media_are_and_finds_them_there(port: Port) -> None:
    async with port.http.ws_connect(port.listener.url.replace("127.0.0.1", "localhost")) as socket:
        await socket.send_bytes(encode(Init("TM1", port.world.server.mint("ada"))))
        await socket.receive_bytes()
        await socket.send_bytes(encode(Request("TM2", HttpRequest("host", "/Client/v2/Configuration", "GET"))))
        reply = decode(await socket.receive_bytes())
        assert isinstance(reply, Reply)
        assert f'"media_service":"http://localhost:{port.listener.port}{port.path}"'.encode() in reply.payload
    resource = await port.upload(b"hello")
    assert resource["url"].startswith(port.media)
    assert port.names() == [resource["sid"]]
    async with port.http.get(resource["links"]["content_direct_temporary"]) as answer:
        assert (answer.status, await answer.read()) == (200, b"hello")
        assert answer.headers["Connection"] == "close"
    async with port.http.head(resource["links"]["content"], headers=port.headers()) as answer:
        assert (answer.status, answer.headers["Content-Length"], await answer.read()) == (200, "5", b"")


async def test_a_browser_s_form_is_taken(port: Port) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("file", b"\x89PNG\r\n\x1a\n", filename="a b.png", content_type="image/png")
    headers = port.headers()
    del headers["Content-Type"]
    async with port.http.post(port.media, data=form, headers=headers) as answer:
        resource = await answer.json()
    assert (resource["filename"], resource["content_type"], resource["size"]) == ("a b.png", "image/png", 8)


class TestOrigins:
    """Which pages may use the media service."""

    async def test_a_page_may_ask_what_it_may(self, port: Port) -> None:
        asked = {"Origin": FRIEND, "Access-Control-Request-Method": "POST"}
        async with port.http.options(f"{port.media}?Category=media", headers=asked) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
            assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
            assert answer.headers["Access-Control-Allow-Headers"] == "X-Twilio-Token, Content-Type"
            assert answer.headers["Vary"] == "Origin"

    @pytest.mark.parametrize("origin", [FRIEND, "http://127.0.0.1:{port}"])
    async def test_a_friend_s_page_may_read_answers_also_refusals(self, port: Port, origin: str) -> None:
        origin = origin.replace("{port}", str(port.listener.port))
        async with port.http.post(port.media, data=b"x", headers=port.headers(Origin=origin)) as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (201, origin)
        async with port.http.get(f"{port.media}/ME0", headers={"Origin": origin}) as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (401, origin)

    @pytest.mark.parametrize("method", ["OPTIONS", "POST", "GET"])
    async def test_another_page_may_nothing(self, port: Port, method: str) -> None:
        headers = port.headers(Origin="https://evil.example")
        async with port.http.request(method, port.media, headers=headers, data=b"x") as answer:
            assert answer.status == 403
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert port.names() == []

    async def test_who_is_no_browser_is_allowed_nothing_in_particular(self, port: Port) -> None:
        async with port.http.options(port.media) as answer:
            assert answer.status == 204
            assert "Access-Control-Allow-Origin" not in answer.headers


class Echo:
    """Answers with what it is asked."""

    @asynccontextmanager
    async def exchange(self, request: PlainRequest) -> AsyncGenerator[PlainResponse]:
        async def body() -> AsyncIterator[bytes]:
            yield f"{request.method} {request.url}".encode()
            if request.body is not None:
                async for piece in request.body:
                    yield piece

        yield PlainResponse(status=200, headers={"x-echo": "yes"}, body=body())


async def test_control_is_there_if_it_is_wanted(port: Port) -> None:
    async with port.http.post(f"{port.origin}/control", data=b"{}") as answer:
        assert answer.status == 404
    listener = await listen(port.world.server, control=Echo())
    url = f"http://127.0.0.1:{listener.port}/control"
    try:
        async with port.http.post(url, data=b"{}") as answer:
            assert (answer.status, answer.headers["X-Echo"]) == (200, "yes")
            assert await answer.read() == f"POST {url}{{}}".encode()
        for origin in ("https://evil.example", "null"):
            async with port.http.post(url, data=b"{}", headers={"Origin": origin}) as answer:
                assert answer.status == 403
        async with port.http.get(f"{url}/x") as answer:
            assert answer.status == 404
    finally:
        await listener.close()


@pytest.mark.parametrize("host", ["", "a b", 'x"y', "a/b", "user@host", "[::1", "x:port", "é"])
async def test_addresses_are_not_made_of_anything(port: Port, host: str) -> None:
    async with port.connection() as (reader, writer):
        writer.write(f"GET {port.path}/ME0 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert (await reader.read()).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("host", ["[::1]:80", "localhost", "chat.example:8080", "10.0.0.1"])
async def test_addresses_are_as_the_client_reached_the_service(port: Port, host: str) -> None:
    async with port.http.post(port.media, data=b"x", headers=port.headers(Host=host)) as answer:
        assert (await answer.json())["url"].startswith(f"http://{host}{port.path}/ME")


class TestBrokenOnes:
    """Uploads that come to no good end."""

    @pytest.mark.parametrize(
        "head, sent",
        [
            ("Content-Length: 1000000", bytes(500_000)),
            ("Transfer-Encoding: chunked", b"7a120\r\n" + bytes(500_000) + b"\r\n"),
            ("Transfer-Encoding: chunked", b"7a120\r\n" + bytes(300_000)),
        ],
    )
    @pytest.mark.parametrize("abort", [True, False])
    async def test_one_that_is_cut_leaves_nothing(self, port: Port, head: str, sent: bytes, abort: bool) -> None:
        async with port.raw(f"POST {port.path} HTTP/1.1\r\n{head}", sent) as (_, writer):
            await until(port.names)
            if abort:
                writer.transport.abort()
        await port.is_clean()

    async def test_one_that_comes_to_a_halt_is_given_up(self, port: Port) -> None:
        async with port.raw(f"POST {port.path} HTTP/1.1\r\nContent-Length: 1000", b"x") as (reader, _):
            assert await reader.read() == b""
        await port.is_clean()

    async def test_one_whose_chunks_are_none_is_given_up(self, port: Port) -> None:
        async with port.raw(f"POST {port.path} HTTP/1.1\r\nTransfer-Encoding: chunked", b"nonsense\r\n") as (reader, _):
            assert b"201" not in await reader.read()
        await port.is_clean()

    async def test_one_that_is_under_way_when_the_port_is_closed_is_given_up(self, port: Port) -> None:
        async with port.raw(f"POST {port.path} HTTP/1.1\r\nContent-Length: 1000000", bytes(500_000)):
            await until(port.names)
            await port.listener.close()
        await port.is_clean()

    async def test_who_waits_to_be_asked_is_not_asked_for_what_is_refused(self, port: Port) -> None:
        head = f"POST {port.path} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {10**9}"
        async with port.raw(head) as (reader, _):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413")

    async def test_who_waits_to_be_asked_is_asked(self, port: Port) -> None:
        head = f"POST {port.path} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1"
        async with port.raw(head) as (reader, writer):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"x")
            assert (await reader.readline()).startswith(b"HTTP/1.1 201")

    async def test_who_does_not_read_is_dropped(self, port: Port) -> None:
        resource = await port.upload(io.BytesIO(bytes(32 * MB)))
        query = resource["links"]["content_direct_temporary"].removeprefix(port.origin)
        async with port.raw(f"GET {query} HTTP/1.1") as (_, writer):
            await until(lambda: not port.listener._gate.per_address)
            writer.transport.abort()


class TestSmallLimits:
    """Too much is refused while it comes."""

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(attachment=300_000)

    @pytest.mark.parametrize("said", [True, False])
    async def test_too_large_a_body(self, port: Port, said: bool) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield bytes(10_000)

        body = bytes(10**6) if said else pieces()
        async with port.http.post(port.media, data=body, headers=port.headers()) as answer:
            assert (answer.status, (await answer.json())["code"]) == (413, 20413)
        await port.is_clean()


async def test_memory_does_not_grow_with_the_size(port: Port) -> None:
    size = 64 * MB
    piece = bytes(MB)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // len(piece)):
            yield piece

    await port.upload(b"warm")
    tracemalloc.start()
    try:
        resource = await port.upload(pieces())
        received = 0
        async with port.http.get(resource["links"]["content_direct_temporary"]) as answer:
            async for part in answer.content.iter_chunked(MB):
                received += len(part)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert resource["size"] == received == size
    assert peak < 12 * MB, f"{peak / MB:.1f} MB, both sides together"


@pytest.mark.parametrize(
    "broken", ["GET /{token}\x7f HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX-Twilio-Token: {token}\x00\r\n"]
)
async def test_what_is_no_http_is_not_repeated(port: Port, caplog: pytest.LogCaptureFixture, broken: str) -> None:
    caplog.set_level(logging.DEBUG)
    token = port.world.server.mint("ada")
    async with port.connection() as (reader, writer):
        writer.write(f"{broken.format(token=token)}\r\n".encode())
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.0 400 ")
    assert b"eyJ" not in answer
    assert "no HTTP from" in caplog.text
    assert "eyJ" not in caplog.text


async def test_logs_have_no_secrets(port: Port, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    resource = await port.upload()
    address = resource["links"]["content_direct_temporary"]
    async with port.http.get(address) as answer:
        await answer.read()
    async with port.http.get(f"{resource['links']['content']}?token={port.world.server.mint('ada')}") as answer:
        assert answer.status == 401
    assert "aiohttp.access" in {record.name for record in caplog.records}
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "eyJ" not in text
    assert address.partition("Signature=")[2] not in text
