"""The frames, read back by a reader made for the purpose."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from rxconvo.transport.framing import close_frame, message_frames


def frames(data: bytes) -> Iterator[tuple[int, bool, bytes]]:
    """Yield (opcode, whether masked, payload) of each frame, as RFC 6455 has it."""
    while data:
        assert data[0] & 0xF0 == 0x80, "one final frame a message, no extensions"
        opcode, masked, length, at = data[0] & 0x0F, bool(data[1] & 0x80), data[1] & 0x7F, 2
        if length >= 126:
            size = 2 if length == 126 else 8
            length, at = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
            assert length >= (126 if size == 2 else 65536), "the shortest form that holds the length"
        mask = b""
        if masked:
            mask, at = data[at : at + 4], at + 4
        payload = data[at : at + length]
        assert len(payload) == length
        if masked:
            payload = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
        yield opcode, masked, payload
        data = data[at + length :]


@given(st.lists(st.binary(max_size=300)), st.booleans())
def test_messages_come_back(messages: list[bytes], masked: bool) -> None:
    assert list(frames(message_frames(messages, masked=masked))) == [(2, masked, message) for message in messages]


@given(st.sampled_from([0, 1, 125, 126, 127, 65535, 65536, 65537]), st.booleans())
def test_every_form_of_the_length(length: int, masked: bool) -> None:
    message = bytes(n % 251 for n in range(length))
    assert list(frames(message_frames([message], masked=masked))) == [(2, masked, message)]


@given(st.integers(1000, 4999), st.booleans())
def test_close_frames(code: int, masked: bool) -> None:
    assert list(frames(close_frame(code, masked=masked))) == [(8, masked, code.to_bytes(2, "big"))]


def test_masks_differ() -> None:
    assert len({message_frames([b"the same"], masked=True) for _ in range(10)}) == 10
