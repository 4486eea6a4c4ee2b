"""Lenient numbers, dates and texts; one error for what cannot be read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rxconvo.errors import PayloadError
from rxconvo.model.decoding import date_text, decode_object, integer, reader, text_of

DEEP = b"[" * 100_000 + b"]" * 100_000


class _Shoe(msgspec.Struct, rename="camel"):
    shoe_size: int
    maker: str | None = None
    laces: Any = None


read_shoe = reader(_Shoe)


class TestReader:
    def test_names_are_the_wires_and_others_are_skipped(self) -> None:
        assert read_shoe(msgspec.Raw(b'{"heel":[1],"shoeSize":40,"maker":null}')) == _Shoe(40)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b'{"shoeSize":"40"}',
            b'{"shoeSize":40',
            b'{"shoeSize":40,"maker":"\xff"}',
            b'{"shoeSize":40,"laces":' + DEEP + b"}",
            b'{"shoeSize":40,"heel":' + DEEP + b"}",
            b'{"shoeSize":40,"laces":1e999}',
        ],
    )
    def test_whatever_cannot_be_read_is_one_error_that_names_the_shape(self, data: bytes) -> None:
        with pytest.raises(PayloadError, match=r"^Shoe: ") as caught:
            read_shoe(msgspec.Raw(data))
        assert caught.value.__cause__ is not None


class TestDecodeObject:
    def test_members_keep_their_order(self) -> None:
        assert list(decode_object(msgspec.Raw(b'{"b":1,"a":{"c":2}}')).items()) == [("b", 1), ("a", {"c": 2})]

    @pytest.mark.parametrize(
        "data", [b"", b"null", b"[]", b'"{}"', b"7", b"{", b'{"a":"\xff"}', b'{"a":' + DEEP + b"}"]
    )
    def test_whatever_is_no_object_is_an_error(self, data: bytes) -> None:
        with pytest.raises(PayloadError):
            decode_object(msgspec.Raw(data))


@pytest.mark.parametrize(
    "value,number",
    [
        (7, 7),
        (-1, -1),
        (0, 0),
        (7.0, 7),
        ("7", 7),
        ("-7", -7),
        ("007", 7),
        (7.5, None),
        (True, None),
        (None, None),
        ("", None),
        ("-", None),
        ("--7", None),
        ("7.0", None),
        (" 7", None),
        ("7e2", None),
        ("²", None),
        ("9" * 5000, None),
        (float("inf"), None),
        (float("nan"), None),
        ([7], None),
        (msgspec.UNSET, None),
    ],
)
def test_numbers_may_come_as_text(value: object, number: int | None) -> None:
    assert integer(value) == number


@pytest.mark.parametrize(
    "value,text",
    [
        ("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z"),
        ("soon", "soon"),
        (1769860800000, "2026-01-31T12:00:00.000+00:00"),
        (1769860800000.5, "2026-01-31T12:00:00.000+00:00"),
        (0, "1970-01-01T00:00:00.000+00:00"),
        (1e300, None),
        (10**400, None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ({}, None),
    ],
)
def test_dates_may_come_as_milliseconds(value: object, text: str | None) -> None:
    assert date_text(value) == text


@pytest.mark.parametrize("value,text", [("a", "a"), ("", ""), (None, None), (7, None), (["a"], None)])
def test_only_text_is_text(value: object, text: str | None) -> None:
    assert text_of(value) == text
