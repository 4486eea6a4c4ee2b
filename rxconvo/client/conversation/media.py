"""What the media of a conversation's messages ask their conversation for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rxconvo.client import media_queries
from rxconvo.client.attachments import file_path
from rxconvo.client.conversation.core import ConversationCore
from rxconvo.model import limits

if TYPE_CHECKING:
    from rxconvo.client.transfers import Download
    from rxconvo.model import ContentData, Media, Message
    from rxconvo.streams import Cold
    from rxconvo.types import FilePath, Sid

__all__ = ["MediaConcern"]


class MediaConcern(ConversationCore):
    """Addresses and contents of media."""

    __slots__ = ()

    def get_media_temporary_url(self, media: Media) -> Cold[str | None]:
        """Ask for an address of a media's content; `Media.get_content_temporary_url` calls this.

        Args:
            media: Which.

        Returns:
            Cold; emits the address, or None where the service gives none.
        """
        return media_queries.temporary_url(self._context, media)

    def download_media(self, media: Media, path: FilePath) -> Download:
        """Write a media's content to a file; `Media.download` calls this.

        Args:
            media: Which.
            path: The file.

        Returns:
            Cold; emits how far it has come, and completes when the file is there.

        Raises:
            ArgumentError: The path is none.
        """
        return media_queries.download(self._context, media, file_path(path))

    def read_media(self, media: Media, max_size: int) -> Cold[bytes]:
        """Read a media's content into memory; `Media.read` calls this.

        Args:
            media: Which.
            max_size: Bytes that it may have, at least its size.

        Returns:
            Cold; emits the content.

        Raises:
            ArgumentError: The media is larger than *max_size*, or that is no size.
        """
        return media_queries.read(self._context, media, max_size)

    def get_temporary_content_urls(self, sids: Sequence[Sid]) -> Cold[dict[Sid, str]]:
        """Ask for addresses of the contents of several media; messages call this.

        Args:
            sids: Which, at least one.

        Returns:
            Cold; emits the addresses by sid. A media that the service gives none for is left out.

        Raises:
            ArgumentError: The sids are none, or something else.
        """
        return media_queries.temporary_urls(self._context, limits.check_media_sids(sids))

    def attach_temporary_urls(self, media: Sequence[Media]) -> Cold[list[Media]]:
        """Ask for several media anew, with addresses of their contents; `Message.attach_temporary_urls_for` calls this.

        Args:
            media: Which, at least one.

        Returns:
            Cold; emits them in the same order.

        Raises:
            ArgumentError: The media are none, or something else.
        """
        limits.media_sids(media)
        return media_queries.fresh_media(self._context, tuple(media))

    def get_message_content_data(self, message: Message) -> Cold[ContentData | None]:
        """Read the content of a rich message; `Message.get_content_data` calls this.

        Args:
            message: Which.

        Returns:
            Cold; emits the content, or None where the message was not made from a template.
        """
        return media_queries.content_data(self._context, message)
