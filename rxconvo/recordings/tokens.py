"""Frames without what would let somebody else in: that is never kept, however raw a recording is."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from rxconvo.errors import FramingError
from rxconvo.wire import Init, Packet, Reply, Request, Update, decode, encode

__all__ = ["REMOVED", "without_secrets", "without_secrets_in", "without_secrets_in_text"]

REMOVED: Final = "removed"
"""Stands for a token."""

_REGISTRATIONS: Final = "/v1/registrations"  # their bodies hold the tokens of devices

_ADDRESS: Final = re.compile(r"\b([a-z]+://)(?:[^\s/@?#]*@)?([^\s?#]*)(?:[?#]\S*)?")


def without_secrets(packet: Packet) -> Packet:
    """Return a packet without tokens: the very same where there is none in it."""
    match packet:
        case Init():
            return replace(packet, token=REMOVED, continuation_token=packet.continuation_token and REMOVED)
        case Update():
            return replace(packet, token=REMOVED)
        case Reply(continuation_token=str()):
            return replace(packet, continuation_token=REMOVED)
        case Request() if packet.http_request.path.startswith(_REGISTRATIONS) and packet.payload:
            return replace(packet, payload=b"{}")
        case _:
            return packet


def without_secrets_in_text(text: str) -> str:
    """Return a text for people without what may be secret in the addresses it tells: passwords and parameters."""
    return _ADDRESS.sub(r"\1\2", text)


def without_secrets_in(message: bytes) -> bytes:
    """Return a frame without tokens; one that has none, or is no packet, stays as it is."""
    try:
        packet = decode(message)
    except FramingError:
        return message
    cleaned = without_secrets(packet)
    return message if cleaned is packet else encode(cleaned)
