"""What a client says of itself, beside the events of its conversations."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from rxconvo.display import Displayed

__all__ = ["TokenAboutToExpire", "TokenEvent", "TokenExpired"]


class TokenAboutToExpire(msgspec.Struct, Displayed, frozen=True):
    """The access token ends soon. A client that was given an async callable asks it for the next one by itself."""


class TokenExpired(msgspec.Struct, Displayed, frozen=True):
    """The service refused an access token because it has ended."""


TokenEvent: TypeAlias = "TokenAboutToExpire | TokenExpired"
"""What the stream `tokens` carries."""
