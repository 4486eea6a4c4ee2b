"""What is attached to a message, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import Struct

from rxconvo.display import Card, Displayed, describe
from rxconvo.model.home import Home, Outcome, Transfer
from rxconvo.types import FilePath, Sid

__all__ = ["MAX_READ", "Media", "MediaActions", "TransferProgress"]

MAX_READ: Final = 16 * 2**20
"""Bytes that `Media.read` takes into memory, unless it is told otherwise."""


class TransferProgress(Struct, Displayed, frozen=True, gc=False):
    """How far an upload or a download has come.

    Attributes:
        transferred: Bytes of this part so far: read, or, of an upload, taken by the connection.
        total: Bytes of this part, or None where that is not known beforehand.
        part: Which part of the message it is, from 0.
        parts: How many parts there are.
    """

    transferred: int
    total: int | None
    part: int = 0
    parts: int = 1


class MediaActions(Protocol):
    """What a `Media` asks of its conversation."""

    def get_media_temporary_url(self, media: Media, /) -> Outcome[str | None]:
        """Ask for the address of a media's content."""
        ...

    def download_media(self, media: Media, path: FilePath, /) -> Transfer[TransferProgress]:
        """Write a media's content to a file."""
        ...

    def read_media(self, media: Media, max_size: int, /) -> Outcome[bytes]:
        """Read a media's content into memory."""
        ...

    def get_temporary_content_urls(self, sids: Sequence[Sid], /) -> Outcome[dict[Sid, str]]:
        """Ask for the addresses of several media's contents."""
        ...

    def attach_temporary_urls(self, media: Sequence[Media], /) -> Outcome[list[Media]]:
        """Ask for several media anew, with the addresses of their contents."""
        ...


_NOWHERE: Home[MediaActions] = Home()


class Media(Struct, Displayed, frozen=True, gc=False, repr_omit_defaults=True):
    """One attachment of a message.

    Attributes:
        sid: The attachment's sid.
        category: `media`, `body` or `history` (the latter two of e-mails).
        filename: Name of the file, or None. Whoever sent it chose it: it is no safe path.
        content_type: MIME type.
        size: Bytes.
        temporary_url: Where its content was to be had for some minutes, if it was read for that; see
            `Message.attach_temporary_urls_for`.
        home: Weak link to the conversation.

    Source: Conversations, list item; media.
    """

    sid: Sid
    category: str = "media"
    filename: str | None = None
    content_type: str = "application/octet-stream"
    size: int = 0
    temporary_url: str | None = None
    home: Home[MediaActions] = _NOWHERE

    def __card__(self) -> Card:
        size = f"{self.size:,} bytes"
        return describe(
            self,
            title=self.filename or "",
            note=(self.content_type, size),
            said=("filename", "content_type", "size", "temporary_url"),
        )

    def get_content_temporary_url(self) -> Outcome[str | None]:
        """Ask for an address of the content that needs no token, for some minutes. Each one is new.

        Returns:
            Cold; emits the address, or None where the service gives none.

        Raises:
            DetachedError: The conversation or the client is gone.

        Errors:
            NotFoundError: There is no such media, or none that one may see.
        """
        return self.home.get().get_media_temporary_url(self)

    def download(self, path: FilePath) -> Transfer[TransferProgress]:
        """Write the content to a file, piece by piece.

        The file appears, or a former one is replaced, when all of it is there; until then the pieces go to a hidden
        file beside it, which a failure or a dispose removes.

        Args:
            path: The file.

        Returns:
            Cold; emits how far it has come with each piece, and completes when the file is there. Awaited, it gives the
            last of these. Each subscription downloads anew.

        Raises:
            ArgumentError: The path is none.
            DetachedError: The conversation or the client is gone.

        Errors:
            NotFoundError: There is no such media, or none that one may see.
            OSError: The file cannot be written.
        """
        return self.home.get().download_media(self, path)

    def read(self, max_size: int = MAX_READ) -> Outcome[bytes]:
        """Read the content into memory.

        Args:
            max_size: Bytes that it may have, at least its size.

        Returns:
            Cold; emits the content.

        Raises:
            ArgumentError: The media is larger than *max_size*, or that is no size.
            DetachedError: The conversation or the client is gone.

        Errors:
            NotFoundError: There is no such media, or none that one may see.
            PayloadError: More came than *max_size*.
        """
        return self.home.get().read_media(self, max_size)
