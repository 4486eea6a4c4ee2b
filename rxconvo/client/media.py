"""Media as the client as a whole knows them: addresses of their contents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rxconvo.client import media_queries
from rxconvo.client.core import ClientCore
from rxconvo.model import limits

if TYPE_CHECKING:
    from rxconvo.model import Media
    from rxconvo.streams import Cold
    from rxconvo.types import Sid

__all__ = ["MediaConcern"]


class MediaConcern(ClientCore):
    """Addresses of the contents of media."""

    def get_temporary_content_urls_for_media(self, media: Sequence[Media]) -> Cold[dict[Sid, str]]:
        """Ask for addresses of the contents of media that need no token, for some minutes.

        Args:
            media: Which, at least one.

        Returns:
            Cold; emits the addresses by sid. A media that the service gives none for is left out.

        Raises:
            ArgumentError: The media are none, or something else.

        Errors:
            NotFoundError: One of them does not exist, or one may not see it.
        """
        return media_queries.temporary_urls(self._context, limits.media_sids(media))

    def get_temporary_content_urls_for_media_sids(self, sids: Sequence[Sid]) -> Cold[dict[Sid, str]]:
        """Ask the same for media known by their sids.

        Args:
            sids: Which, at least one.

        Returns:
            Cold; emits the addresses by sid. A media that the service gives none for is left out.

        Raises:
            ArgumentError: The sids are none, or something else.

        Errors:
            NotFoundError: One of them does not exist, or one may not see it.
        """
        return media_queries.temporary_urls(self._context, limits.check_media_sids(sids))
