"""Websocket frames, the outgoing half: what aiohttp would send one write a message, made ready for one write a batch.

Source: RFC 6455, sections 5.2 (frames), 5.3 (masking) and 5.5.1 (close).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from struct import Struct
from typing import Final

__all__ = ["close_frame", "message_frames"]

_FINAL: Final = 0x80
_MASKED: Final = 0x80
_BINARY: Final = 0x2
_CLOSE: Final = 0x8

_SHORT: Final = Struct(">BB").pack
_MEDIUM: Final = Struct(">BBH").pack
_LONG: Final = Struct(">BBQ").pack
_CODE: Final = Struct(">H").pack


def message_frames(messages: Iterable[bytes], *, masked: bool) -> bytes:
    """Encode each message as one unfragmented binary frame.

    Args:
        messages: Payloads, in order.
        masked: Whether to mask, as clients must and servers must not.

    Returns:
        The frames, joined.
    """
    if masked:
        return b"".join([_masked(_BINARY, message) for message in messages])
    parts: list[bytes] = []
    for message in messages:
        parts += (_header(_BINARY, len(message), 0), message)
    return b"".join(parts)


def close_frame(code: int, *, masked: bool) -> bytes:
    """Encode a close frame.

    Args:
        code: 1000 to 4999.
        masked: Whether to mask, as clients must and servers must not.
    """
    return _masked(_CLOSE, _CODE(code)) if masked else _header(_CLOSE, 2, 0) + _CODE(code)


def _header(opcode: int, length: int, mask_bit: int) -> bytes:
    if length < 126:
        return _SHORT(_FINAL | opcode, mask_bit | length)
    if length < 65536:
        return _MEDIUM(_FINAL | opcode, mask_bit | 126, length)
    return _LONG(_FINAL | opcode, mask_bit | 127, length)


def _masked(opcode: int, payload: bytes) -> bytes:
    mask, length = os.urandom(4), len(payload)
    # One exclusive or over the whole payload, as an integer: linear, and much faster than a loop over the bytes.
    key = (mask * (length // 4 + 1))[:length]
    body = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
    return _header(opcode, length, _MASKED) + mask + body
