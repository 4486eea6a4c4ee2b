"""What is attached to a message."""

from __future__ import annotations

from msgspec import Struct

from rxconvo.types import Sid

__all__ = ["Media"]


class Media(Struct, frozen=True, gc=False):
    """One attachment of a message.

    Attributes:
        sid: The attachment's sid.
        category: `media`, `body` or `history` (the latter two of e-mails).
        filename: Name of the file, or None.
        content_type: MIME type.
        size: Bytes.

    Source: Conversations, list item.
    """

    sid: Sid
    category: str = "media"
    filename: str | None = None
    content_type: str = "application/octet-stream"
    size: int = 0
