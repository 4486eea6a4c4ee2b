"""What comes of an upload, and that nothing comes of one that fails."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.errors import StoreError
from rxconvo.server.limits import Limits
from rxconvo.server.options import ServerOptions
from rxconvo.transport.http import PlainRequest
from tests.server.media.conftest import ORIGIN, PNG

if TYPE_CHECKING:
    from rxconvo.server.storage.blobs import MemoryBlobs
    from tests.server.media.conftest import Desk

SMALL = Limits(attachment=1000)


def blobs_of(desk: Desk) -> MemoryBlobs:
    blobs: MemoryBlobs = desk.world.store.blobs  # type: ignore[assignment]
    return blobs


async def nothing_is_left(desk: Desk) -> bool:
    return blobs_of(desk)._blobs == {} and await desk.usage() == 0 and await desk.blobs() == set()


async def test_an_upload_is_described_in_full(desk: Desk) -> None:
    got = await desk.post(category="media", filename="a note.txt")
    assert got.status == 201
    assert got.headers["content-type"] == "application/json"
    resource = got.body
    sid = resource["sid"]
    url = f"{ORIGIN}{desk.path}/{sid}"
    address, _, query = resource["links"].pop("content_direct_temporary").partition("?")
    assert address == f"{url}/Content"
    assert query.startswith("Expires=")
    assert re.fullmatch(r"ME[0-9a-f]{32}", sid)
    assert resource == {
        "sid": sid,
        "service_sid": desk.world.keys.service_sid,
        "channel_sid": None,
        "message_sid": None,
        "date_created": "2026-01-31T12:00:00.000Z",
        "date_upload_updated": "2026-01-31T12:00:00.000Z",
        "date_updated": "2026-01-31T12:00:00.000Z",
        "size": 12,
        "content_type": "text/plain",
        "filename": "a note.txt",
        "category": "media",
        "author": "ada",
        "is_multipart_upstream": False,
        "url": url,
        "links": {"content": f"{url}/Content"},
    }
    again = (await desk.get(sid)).body
    del again["links"]["content_direct_temporary"]
    assert again == resource


async def test_what_is_not_said_is_null_or_customary(desk: Desk) -> None:
    resource = await desk.upload(content_type=None)
    assert (resource["filename"], resource["category"], resource["content_type"]) == (
        None,
        "media",
        "application/octet-stream",
    )


async def test_an_upload_may_be_empty(desk: Desk) -> None:
    for body in (b"", None):
        resource = await desk.upload(body)
        assert resource["size"] == 0
        assert (await desk.content(resource["sid"])).content == b""


@pytest.mark.parametrize("size", [1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 700_000])
async def test_all_bytes_come_back_however_they_came(desk: Desk, size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    for step in (7919, size):
        resource = await desk.upload([content[start : start + step] for start in range(0, size, step)])
        assert resource["size"] == size
        assert (await desk.content(resource["sid"])).content == content


@pytest.mark.parametrize(
    "query, content_type, status, field",
    [
        ({"category": "other"}, "text/plain", 400, "Category"),
        ({"category": ""}, "text/plain", 400, "Category"),
        ({"filename": "x" * 257}, "text/plain", 400, "Filename"),
        ({}, "text", 400, "Content-Type"),
        ({}, "text/plain\r\nX-Evil: 1", 400, "Content-Type"),
        ({}, "text/plain; a=\x01", 400, "Content-Type"),
        ({}, "text/pläin", 400, "Content-Type"),
        ({}, "a/" + "b" * 300, 400, "Content-Type"),
        ({}, "multipart/form-data", 400, "Content-Type"),
        ({"category": "body"}, "image/png", 415, "Content-Type"),
        ({"category": "history"}, "application/json", 415, "Content-Type"),
    ],
)
async def test_what_is_no_upload_is_refused(
    desk: Desk, query: dict[str, Any], content_type: str, status: int, field: str
) -> None:
    got = await desk.post(content_type=content_type, **query)
    assert (got.status, got.body["message"].split()[0]) == (status, field)
    assert await nothing_is_left(desk)


@pytest.mark.parametrize("category", ["body", "history"])
@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "TEXT/HTML; charset=utf-8"])
async def test_parts_of_an_e_mail_are_texts(desk: Desk, category: str, content_type: str) -> None:
    resource = await desk.upload(content_type=content_type, category=category)
    assert (resource["category"], resource["content_type"]) == (category, content_type)


async def test_a_query_that_is_not_utf8_is_refused(desk: Desk) -> None:
    for query in ("Filename=%ff", "&".join(["a=1"] * 30)):
        got = await desk.ask("POST", f"{desk.path}?{query}", body=b"x")
        assert (got.status, got.code) == (400, 20400)


async def test_compressed_bodies_are_refused(desk: Desk) -> None:
    got = await desk.post(headers={"content-encoding": "gzip"})
    assert got.status == 415
    assert await nothing_is_left(desk)


class Endless:
    """A body that never ends, and tells how much of it was taken."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.taken += 100
            yield bytes(100)


class TestSizes:
    """No more is taken than is allowed, whatever the request says of its size."""

    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=SMALL)

    async def test_the_largest_is_taken(self, desk: Desk) -> None:
        assert (await desk.upload(bytes(1000)))["size"] == 1000

    async def test_one_that_says_it_is_too_large_is_not_even_read(self, desk: Desk) -> None:
        endless = Endless()
        got = await desk.post(endless, length=10**9)
        assert (got.status, endless.taken) == (413, 0)
        assert await nothing_is_left(desk)

    async def test_one_that_does_not_say_is_read_as_far_as_allowed(self, desk: Desk) -> None:
        endless = Endless()
        got = await desk.post(endless)
        assert got.status == 413
        assert endless.taken <= 300 * 1024  # one piece of those that are written
        assert await nothing_is_left(desk)

    @pytest.mark.parametrize("length", [11, 13])
    async def test_a_body_of_another_length_is_refused(self, desk: Desk, length: int) -> None:
        got = await desk.post(b"hello media!", length=length)
        assert got.status == 400
        assert await nothing_is_left(desk)


async def broken(error: BaseException) -> AsyncIterator[bytes]:
    yield bytes(300_000)
    raise error


@pytest.mark.parametrize("error", [ConnectionError("cut"), OSError("unreadable"), ZeroDivisionError()])
async def test_a_body_that_breaks_leaves_nothing_and_reaches_who_sent_it(desk: Desk, error: Exception) -> None:
    headers = {"x-twilio-token": desk.world.server.mint("ada")}
    request = PlainRequest(method="POST", url=f"{ORIGIN}{desk.path}", headers=headers, body=broken(error))
    with pytest.raises(type(error)) as caught:
        async with desk.world.server.http.exchange(request):
            pass
    assert caught.value is error
    assert await nothing_is_left(desk)


async def test_bytes_that_cannot_be_written_leave_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = blobs_of(desk)
    create = blobs.create

    async def create_full(sid: str) -> object:
        writer = await create(sid)

        async def write(piece: bytes) -> None:
            raise StoreError("media: no space left on device")

        monkeypatch.setattr(writer, "write", write)
        return writer

    monkeypatch.setattr(blobs, "create", create_full)
    got = await desk.post()
    assert (got.status, got.code) == (500, 20500)
    assert b"device" not in got.content
    monkeypatch.undo()
    assert await nothing_is_left(desk)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_uploads_are_posted(desk: Desk, method: str) -> None:
    assert (await desk.ask(method, desk.path)).status == 405


@pytest.mark.parametrize(
    "path",
    ["", "/", "/v1/Services/IS0/Media", "{path}/", "{path}x", "{path}/ME1/Content/x", "{path}/ME1/x", "{path}//"],
)
async def test_other_paths_are_not_found(desk: Desk, path: str) -> None:
    got = await desk.ask("GET", path.format(path=desk.path))
    assert (got.status, got.code) == (404, 20404)


async def test_names_of_files_do_no_harm(desk: Desk) -> None:
    names = {
        "../../etc/passwd": "passwd",
        "..\\..\\boot.ini": "boot.ini",
        "/abs/name": "name",
        "C:\\x\\y.txt": "y.txt",
        "..": None,
        ".": None,
        "": None,
        "a/": None,
        " ": None,
        "evil\r\nX-Header: 1": "evilX-Header: 1",
        "nul\0.txt": "nul.txt",
        "\u202egnp.exe": "gnp.exe",
        "naïve 😀.png": "naïve 😀.png",
        'quote".png': 'quote".png',
        "x" * 256: "x" * 256,
    }
    for name, kept in names.items():
        resource = await desk.upload(filename=name)
        assert resource["filename"] == kept
        got = await desk.content(resource["sid"])
        assert not {"\r", "\n", "\0"} & set(got.headers["content-disposition"])
    assert all(sid.startswith("ME") for sid in blobs_of(desk)._blobs)


async def test_sids_have_nothing_of_the_client(desk: Desk) -> None:
    sids = {(await desk.upload(PNG, content_type="image/png", filename="a.png"))["sid"] for _ in range(2)}
    assert len(sids) == 2
