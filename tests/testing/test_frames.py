"""Recorded frames are there for users, too, and are frames."""

from __future__ import annotations

import pytest

from rxconvo.errors import ArgumentError
from rxconvo.testing.frames import names, recorded
from rxconvo.wire import decode


@pytest.mark.parametrize("name", names())
def test_each_frame_can_be_read(name: str) -> None:
    frames = recorded(name)
    assert [frame.at for frame in frames] == sorted(frame.at for frame in frames)
    for frame in frames:
        assert decode(frame.encode()).id == frame.header["id"]


def test_what_is_not_recorded_is_refused() -> None:
    assert len(names()) == 23
    with pytest.raises(ArgumentError, match="name"):
        recorded("24-nothing")
