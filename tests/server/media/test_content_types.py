"""What browsers are told that a file is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.server.media.content_types import (
    OCTETS,
    essence_of,
    parameter_of,
    parse_type,
    served_type_of,
)

GENUINE = {
    "image/png": b"\x89PNG\r\n\x1a\n....",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "image/bmp": b"BM",
    "image/avif": b"\x00\x00\x00\x20ftypavif",
    "image/heic": b"\x00\x00\x00\x18ftypheic",
    "image/tiff": b"II*\x00",
    "audio/mpeg": b"ID3\x04",
    "audio/ogg": b"OggS",
    "audio/wav": b"RIFF\x0a\x00\x00\x00WAVEfmt ",
    "audio/amr": b"#!AMR\n",
    "video/mp4": b"\x00\x00\x00\x18ftypmp42",
    "video/webm": b"\x1a\x45\xdf\xa3",
    "video/ogg": b"OggS",
    "application/gzip": b"\x1f\x8b\x08",
    "application/pdf": b"%PDF-1.7",
    "application/rtf": rb"{\rtf1",
    "application/zip": b"PK\x03\x04",
}
HOSTILE = [
    b"<!doctype html><script>alert(1)</script>",
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    b"<?xml version='1.0'?><html/>",
    b"alert(1)",
    b"",
    b"\n\x89PNG\r\n\x1a\n",
]


@pytest.mark.parametrize("declared, head", GENUINE.items())
def test_what_is_what_it_says_is_told_so(declared: str, head: bytes) -> None:
    assert served_type_of(declared, head) == declared
    assert served_type_of(declared.upper(), head) == declared.upper()


@pytest.mark.parametrize("declared", GENUINE)
@pytest.mark.parametrize("head", HOSTILE)
def test_what_is_not_what_it_says_is_just_bytes(declared: str, head: bytes) -> None:
    assert served_type_of(declared, head) == OCTETS


@pytest.mark.parametrize(
    "declared",
    [
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "application/xhtml+xml",
        "image/svg+xml",
        "image/x+xml",
        "text/xml",
        "application/xml",
        "application/atom+xml",
        "text/javascript",
        "application/javascript",
        "application/ecmascript",
        "text/css",
        "application/wasm",
        "application/x-shockwave-flash",
        "multipart/x-mixed-replace",
        "message/rfc822",
        "application/octet-stream",
        "application/x-vnd.com.twilio.rich.text",
        "chemical/x-pdb",
    ],
)
@pytest.mark.parametrize("head", [*HOSTILE, *GENUINE.values()])
def test_what_a_browser_could_run_or_nobody_knows_is_just_bytes(declared: str, head: bytes) -> None:
    assert served_type_of(declared, head) == OCTETS


@pytest.mark.parametrize("declared", ["text/plain; charset=utf-8", "text/csv", "application/json", "audio/x-new"])
def test_what_has_no_mark_and_does_no_harm_is_told_as_declared(declared: str) -> None:
    for head in HOSTILE:
        assert served_type_of(declared, head) == declared


@pytest.mark.parametrize(
    "declared",
    ["image/png", " image/png ", 'text/plain; charset="utf-8"', "a/b;c=d ; e=f", "a/b;", 'a/b; c="\\""', "A.1+b/C-d_e"],
)
def test_content_types_are_recognized(declared: str) -> None:
    assert parse_type(declared) == declared.strip()


@pytest.mark.parametrize(
    "declared",
    [
        "",
        "image",
        "image/",
        "/png",
        "image/png/x",
        "image png",
        "a/b; c",
        "a/b; c=",
        "a/b\r\nX: y",
        "a/b;\n c=d",
        "a/b\v;c=d",
        "a/b; c=d\r;",
        "a/b; c=d\x00",
        'a/b; c="',
        'a/b; c="\r"',
        "a/b; c=ü",
        "<script>/x",
        "a/" + "b" * 254,
    ],
)
def test_other_texts_are_none(declared: str) -> None:
    assert parse_type(declared) is None


@given(st.text(max_size=300))
def test_what_is_accepted_can_stand_in_a_header(declared: str) -> None:
    accepted = parse_type(declared)
    assert accepted is None or (accepted.isascii() and accepted.isprintable() and "/" in accepted)


@pytest.mark.parametrize(
    "value, expected",
    [
        ("multipart/form-data; boundary=abc", "abc"),
        ('multipart/form-data; BOUNDARY="a b"', "a b"),
        ("multipart/form-data", None),
        ("multipart/form-data; xboundary=abc", None),
        ('form-data; name="boundary=x"; boundary=y', "y"),
        (r'x; boundary="a\"b\\c\d"', r'a"b\c\d'),
    ],
)
def test_parameters_are_found(value: str, expected: str | None) -> None:
    assert parameter_of(value, "boundary") == expected


def test_many_blanks_do_not_keep_the_service() -> None:
    started = time.perf_counter()
    assert parameter_of(f"form-data; name=x{' ' * 100_000}y; boundary=z", "boundary") == "z"
    assert time.perf_counter() - started < 2.0, "this takes a millisecond, or a quarter of a minute"


def test_the_essence_is_without_parameters() -> None:
    assert essence_of(" Text/HTML ; charset=utf-8") == "text/html"
