"""Uploads from browsers: forms with a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.server.limits import Limits
from rxconvo.server.media.forms import read_form
from rxconvo.server.options import ServerOptions
from rxconvo.server.refusals import Refusal
from tests.server.media.conftest import PNG, in_pieces

if TYPE_CHECKING:
    from tests.server.media.conftest import Desk

BOUNDARY = "----WebKitFormBoundaryabc123"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def field(content: bytes, disposition: str = 'name="file"; filename="a.png"', *headers: str) -> bytes:
    head = "\r\n".join([f"Content-Disposition: form-data; {disposition}", *headers]).encode()
    return b"--" + BOUNDARY.encode() + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


def form(*fields: bytes, end: bool = True) -> bytes:
    return b"".join(fields) + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


NOTE = field(b"not a file", 'name="note"')
FILE = field(PNG, 'name="file"; filename="a.png"', "Content-Type: image/png")


async def read(body: bytes, *, step: int | None = None, content_type: str = TYPE) -> tuple[str | None, str, bytes]:
    """Read a form in pieces of one size."""
    step = step or len(body) or 1
    file = await read_form(content_type, in_pieces([body[at : at + step] for at in range(0, len(body), step)]))
    return file.content_type, file.filename, b"".join([piece async for piece in file.body])


@pytest.mark.parametrize("step", [1, 2, 3, 17, None])
@pytest.mark.parametrize("body", [form(FILE), form(NOTE, FILE), form(FILE, NOTE), form(NOTE, NOTE, FILE, NOTE, NOTE)])
async def test_the_file_of_a_form_is_read(body: bytes, step: int | None) -> None:
    assert await read(body, step=step) == ("image/png", "a.png", PNG)


@given(
    content=st.lists(st.sampled_from([b"\r", b"\n", b"-", b"\r\n--", b"\r\n--" + BOUNDARY.encode()[:-1], b"x"])),
    step=st.integers(1, 40),
)
async def test_any_bytes_but_the_separator_are_content(content: list[bytes], step: int) -> None:
    whole = b"".join(content)
    assert await read(form(NOTE, field(whole), NOTE), step=step) == (None, "a.png", whole)


async def test_what_is_before_and_after_a_form_does_not_count() -> None:
    assert (await read(b"preamble\r\n" + form(FILE) + b"epilogue"))[2] == PNG
    blanks = form(FILE).replace(f"{BOUNDARY}\r".encode(), f"{BOUNDARY}  \r".encode())
    assert (await read(blanks))[2] == PNG


@pytest.mark.parametrize(
    "disposition, name",
    [
        ('name="f"; filename="a b;c.txt"', "a b;c.txt"),
        ('name="f"; filename="%22q%22.txt"', '"q".txt'),
        (r'name="f"; filename="a\"b"', 'a"b'),
        (r'name="f"; filename="C:\dir\ü.txt"', r"C:\dir\ü.txt"),
        ("name=f; filename=plain", "plain"),
        ('name="f"; filename="100%.txt"', "100%.txt"),
        ('name="filename=x"; filename="y"', "y"),
        ('name="f"; filename=""', ""),
    ],
)
async def test_the_name_of_the_file_is_found(disposition: str, name: str) -> None:
    assert (await read(form(field(PNG, disposition))))[1] == name


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--",
        form(),
        form(NOTE),
        form(FILE, FILE),
        form(FILE, NOTE, FILE),
        form(FILE, end=False),
        form(FILE)[:-4],
        form(FILE)[:60],
        form(field(b"x", 'name="a"; filename')),
        form(field(b"x", 'name="a"').replace(b"form-data", b"attachment; filename=x")),
        b"\r\n".join([b"--" + BOUNDARY.encode(), b"", b"no headers"]),
        form(*[NOTE] * 101, FILE),
        form(field(b"x", "name=a; filename=b", "X-Long: " + "x" * 20_000)),
    ],
)
@pytest.mark.parametrize("step", [5, None])
async def test_what_is_no_form_with_one_file_is_refused(body: bytes, step: int | None) -> None:
    with pytest.raises(Refusal) as caught:
        await read(body, step=step)
    assert (caught.value.status, caught.value.message.split(" must")[0]) == (400, "the form")


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        f"multipart/form-data; boundary={'b' * 201}",
        'multipart/form-data; boundary="ü"',
    ],
)
async def test_a_form_needs_a_boundary(content_type: str) -> None:
    with pytest.raises(Refusal) as caught:
        await read(form(FILE), content_type=content_type)
    assert caught.value.message.startswith("Content-Type")


async def test_fields_beside_the_file_are_bounded() -> None:
    large = field(bytes(70_000), 'name="note"')
    for body in (form(large, FILE), form(FILE, large), b"x" * 70_000 + form(FILE)):
        with pytest.raises(Refusal) as caught:
            await read(body, step=1000)
        assert caught.value.status == 413


async def test_a_form_becomes_an_upload(desk: Desk) -> None:
    resource = await desk.upload(form(NOTE, FILE), content_type=TYPE)
    assert (resource["filename"], resource["content_type"], resource["size"]) == ("a.png", "image/png", len(PNG))
    assert (await desk.content(resource["sid"])).content == PNG


async def test_the_query_names_the_file_before_the_form_does(desk: Desk) -> None:
    hostile = field(PNG, r'name="f"; filename="..\..\x.png"')
    assert (await desk.upload(form(hostile), content_type=TYPE))["filename"] == "x.png"
    assert (await desk.upload(form(hostile), content_type=TYPE, filename="y.png"))["filename"] == "y.png"


@pytest.mark.parametrize("body", [form(FILE, FILE), form(FILE, end=False), form(FILE)[:-6]])
async def test_a_form_that_goes_wrong_after_its_file_leaves_nothing(desk: Desk, body: bytes) -> None:
    assert (await desk.post(body, content_type=TYPE)).status == 400
    assert await desk.usage() == 0


class TestSizes:
    """What counts is the file."""

    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(attachment=1000))

    async def test_the_file_may_be_as_large_as_any(self, desk: Desk) -> None:
        body = form(NOTE, field(bytes(1000)))
        assert (await desk.upload(body, content_type=TYPE, length=len(body)))["size"] == 1000

    async def test_but_no_larger(self, desk: Desk) -> None:
        body = form(field(bytes(1001)))
        assert (await desk.post(body, content_type=TYPE, length=len(body))).status == 413
        assert await desk.usage() == 0
