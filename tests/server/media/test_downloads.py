"""How media are given out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rxconvo.server.options import ServerOptions
from rxconvo.testing import advance
from rxconvo.transport.http import PlainRequest
from tests.server.media.conftest import PNG

if TYPE_CHECKING:
    from tests.server.media.conftest import Desk, Got

TEXT = b"0123456789"


def is_harmless(got: Got) -> bool:
    headers = got.headers
    return (
        headers["content-disposition"].startswith("attachment")
        and headers["x-content-type-options"] == "nosniff"
        and headers["content-security-policy"] == "default-src 'none'; sandbox"
    )


@pytest.mark.parametrize(
    "content, declared, told",
    [
        (PNG, "image/png", "image/png"),
        (TEXT, "text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        (b"<script>alert(1)</script>", "image/png", "application/octet-stream"),
        (b"<script>alert(1)</script>", "text/html", "application/octet-stream"),
        (b"<svg onload='alert(1)'/>", "image/svg+xml", "application/octet-stream"),
        (b"alert(1)", "text/javascript", "application/octet-stream"),
        (b"<!doctype html>", "text/plain", "text/plain"),
    ],
)
async def test_downloads_do_no_harm(desk: Desk, content: bytes, declared: str, told: str) -> None:
    resource = await desk.upload(content, content_type=declared, filename="file")
    assert resource["content_type"] == declared
    for url, identity in ((resource["links"]["content"], "ada"), (resource["links"]["content_direct_temporary"], None)):
        got = await desk.ask("GET", url, identity=identity)
        assert (got.status, got.content, got.headers["content-type"]) == (200, content, told)
        assert got.headers["content-length"] == str(len(content))
        assert is_harmless(got)


class TestParts:
    """Parts of a media."""

    @pytest.mark.parametrize(
        "asked, status, content, told",
        [
            ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
            ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
            ("bytes=-1", 206, b"9", "bytes 9-9/10"),
            ("bytes=0-", 206, TEXT, "bytes 0-9/10"),
            ("bytes=10-", 416, b"", "bytes */10"),
            ("bytes=0-1,5-6", 200, TEXT, None),
            ("bytes=5-1", 200, TEXT, None),
            ("lines=1-2", 200, TEXT, None),
        ],
    )
    async def test_a_part_is_given_out(
        self, desk: Desk, asked: str, status: int, content: bytes, told: str | None
    ) -> None:
        resource = await desk.upload(TEXT)
        got = await desk.content(resource["sid"], range=asked)
        assert (got.status, got.content, got.headers.get("content-range")) == (status, content, told)
        assert got.headers["content-length"] == str(len(content))
        assert is_harmless(got)

    async def test_the_parts_of_a_large_one_are_its_own(self, desk: Desk) -> None:
        content = bytes(index % 251 for index in range(600_000))
        resource = await desk.upload(content)
        got = await desk.content(resource["sid"], range="bytes=262000-530000")
        assert got.content == content[262000:530001]

    async def test_a_part_of_something_else_is_not_asked_for(self, desk: Desk) -> None:
        resource = await desk.upload(TEXT)
        etag = (await desk.content(resource["sid"])).headers["etag"]
        same = await desk.content(resource["sid"], range="bytes=0-0", if_range=etag)
        other = await desk.content(resource["sid"], range="bytes=0-0", if_range='"other"')
        assert (same.status, other.status) == (206, 200)

    async def test_of_nothing_there_is_no_part(self, desk: Desk) -> None:
        resource = await desk.upload(b"")
        assert (await desk.content(resource["sid"], range="bytes=0-0")).status == 416
        assert (await desk.content(resource["sid"])).status == 200


class TestAddresses:
    """Addresses that need no token."""

    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(media_url_ttl=60.0)

    async def test_they_hold_for_a_while(self, desk: Desk) -> None:
        resource = await desk.upload(TEXT)
        url = resource["links"]["content_direct_temporary"]
        await advance(59.0)
        assert (await desk.ask("GET", url, identity=None)).content == TEXT
        await advance(2.0)
        got = await desk.ask("GET", url, identity=None)
        assert (got.status, got.code) == (403, 20403)
        fresh = (await desk.get(resource["sid"])).body["links"]["content_direct_temporary"]
        assert (await desk.ask("GET", fresh, identity=None)).content == TEXT

    async def test_a_token_does_not_mend_a_wrong_one(self, desk: Desk) -> None:
        resource = await desk.upload(TEXT)
        url = f"{resource['links']['content']}?Expires=9999999999&Signature={'0' * 64}"
        assert (await desk.ask("GET", url)).status == 403

    async def test_what_is_unknown_and_what_is_secret_are_refused_alike(self, desk: Desk) -> None:
        resource = await desk.upload(TEXT)
        query = f"?Expires=9999999999&Signature={'0' * 64}"
        known = await desk.ask("GET", resource["links"]["content"] + query, identity=None)
        unknown = await desk.ask("GET", f"{desk.path}/ME{'0' * 32}/Content{query}", identity=None)
        assert known == unknown

    async def test_they_are_for_reading_alone(self, desk: Desk) -> None:
        url = (await desk.upload(TEXT))["links"]["content_direct_temporary"]
        for method in ("POST", "PUT", "DELETE"):
            assert (await desk.ask(method, url, identity=None)).status == 405
        head = await desk.ask("HEAD", url, identity=None)
        assert (head.status, head.headers["content-length"]) == (200, "10")

    async def test_they_hold_in_process_whatever_a_proxy_is_asked_for(self, desk: Desk) -> None:
        desk.world.serve(ServerOptions(media_url="https://media.example/files"))
        resource = await desk.upload(TEXT)
        assert resource["url"].startswith(f"https://media.example/files{desk.path}/ME")
        assert (await desk.ask("GET", resource["url"])).status == 200
        address = resource["links"]["content_direct_temporary"]
        for url in (address, address.replace("/files", "")):
            assert (await desk.ask("GET", url, identity=None)).content == TEXT

    @pytest.mark.parametrize("origin", ["https://media.example", None])
    async def test_they_are_where_the_client_finds_the_service(self, desk: Desk, origin: str | None) -> None:
        world = desk.world
        world.serve(ServerOptions(media_url=origin))
        resource = await desk.upload(TEXT)
        assert resource["url"].startswith(f"{origin or 'http://here.example:8080'}{desk.path}/ME")
        configuration = (await (await world.peer("ada")).get("/Client/v2/Configuration")).body["links"]
        where = f"{origin or 'http://rxconvo.invalid'}{desk.path}"
        assert (configuration["media_service"], configuration["media_set_service"]) == (where, f"{where}Set")


async def test_who_stops_reading_keeps_nothing_open(desk: Desk) -> None:
    resource = await desk.upload(bytes(10**6))
    request = PlainRequest(method="GET", url=resource["links"]["content_direct_temporary"])
    async with desk.world.server.http.exchange(request) as answer:
        assert len(await anext(answer.body)) == 256 * 1024
    with pytest.raises(StopAsyncIteration):
        await anext(answer.body)


class TestSets:
    """Several at once."""

    async def test_each_is_described(self, desk: Desk) -> None:
        one, two = await desk.upload(b"1"), await desk.upload(b"22")
        got = await desk.find(two["sid"], one["sid"], two["sid"])
        assert got.status == 200
        assert [(each["code"], each["media_record"]["size"]) for each in got.body] == [(200, 2), (200, 1), (200, 2)]
        assert got.body[1]["media_record"] == (await desk.get(one["sid"])).body

    async def test_one_that_is_not_there_is_named(self, desk: Desk) -> None:
        one = await desk.upload(b"1")
        got = await desk.find(one["sid"], "ME0")
        assert got.body[1] == {"code": 404, "media_record": {"sid": "ME0"}}
        assert (await desk.find()).body == []

    @pytest.mark.parametrize(
        "body, status",
        [
            (b"", 400),
            (b"not json", 400),
            (b"[]", 400),
            (b"{}", 400),
            (b'{"command": "delete", "list": []}', 400),
            (b'{"command": "get"}', 400),
            (b'{"command": "get", "list": {}}', 400),
            (b'{"command": "get", "list": ["ME0"]}', 400),
            (b'{"command": "get", "list": [{"media_sid": 7}]}', 400),
            (b'{"command": "get", "list": [' + b'{"media_sid": "x"},' * 100 + b'{"media_sid": "x"}]}', 400),
            (b'{"command": "get", "list": [' + b" " * 70_000 + b"]}", 413),
            (b"[" * 10_000, 400),
        ],
    )
    async def test_what_is_no_request_is_refused(self, desk: Desk, body: bytes, status: int) -> None:
        assert (await desk.ask("POST", f"{desk.path}Set", body=body)).status == status
        assert (await desk.ask("GET", f"{desk.path}Set")).status == 405


async def test_a_media_that_is_damaged_ends_too_early_and_says_so(desk: Desk) -> None:
    resource = await desk.upload(TEXT)
    blobs = desk.world.store.blobs._blobs  # type: ignore[attr-defined]
    blobs[resource["sid"]] = bytearray(b"01234")
    with pytest.raises(ConnectionError):
        await desk.content(resource["sid"])
    del blobs[resource["sid"]]
    got = await desk.content(resource["sid"])
    assert (got.status, got.code) == (500, 20500)
