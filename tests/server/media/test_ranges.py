"""Which bytes a request asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.server.media.ranges import UNSATISFIABLE, part_of


@pytest.mark.parametrize(
    "header, expected",
    [
        ("bytes=0-4", range(5)),
        ("bytes=5-5", range(5, 6)),
        ("bytes=5-", range(5, 10)),
        ("bytes=5-999", range(5, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-999", range(10)),
        (" Bytes=0-0 ", range(1)),
    ],
)
def test_a_part_is_found(header: str, expected: range) -> None:
    assert part_of(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=999999999999999999-", "bytes=-0"])
def test_what_is_beyond_the_end_is_nothing(header: str) -> None:
    assert part_of(header, 10) is UNSATISFIABLE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=-",
        "bytes=4-2",
        "bytes=0-1,3-4",
        "bytes=0-1,0-1,0-1",
        "items=0-4",
        "bytes=a-b",
        "bytes 0-4",
        "bytes=--5",
        "bytes=+1-2",
        "bytes=٣-",
        "bytes=0-" + "9" * 400,
    ],
)
def test_the_rest_asks_for_the_whole(header: str | None) -> None:
    assert part_of(header, 10) is None


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 10))
def test_a_part_is_within_the_whole(first: int, last: int, size: int) -> None:
    part = part_of(f"bytes={first}-{last}", size)
    if part is not None:
        assert list(part) == [position for position in range(first, last + 1) if position < size]
