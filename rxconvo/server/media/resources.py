"""Media as the service describes them: the resource, and what messages carry of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.server.resources import Fields

if TYPE_CHECKING:
    from rxconvo.server.call import Service
    from rxconvo.server.storage.records import StoredMedia

__all__ = ["media_item", "media_resource"]


def media_resource(service: Service, media: StoredMedia, *, origin: str, query: str) -> Fields:
    """Describe a media. Source: Media, upload.

    Args:
        service: Whose.
        media: Which.
        origin: How the client has reached the service.
        query: What allows to download it, see `Signer.query`.
    """
    url = f"{service.urls.media(origin)}/{media.sid}"
    return {
        "sid": media.sid,
        "service_sid": service.keys.service_sid,
        "channel_sid": media.conversation_sid,
        "message_sid": media.message_sid,
        "date_created": media.date_created,
        "date_upload_updated": media.date_created,
        "date_updated": media.date_updated,
        "size": media.size,
        "content_type": media.content_type,
        "filename": media.filename,
        "category": media.category,
        "author": media.author,
        "is_multipart_upstream": False,
        "url": url,
        "links": {"content": f"{url}/Content", "content_direct_temporary": f"{url}/Content?{query}"},
    }


def media_item(media: StoredMedia) -> Fields:
    """Describe a media as a part of a message's list item. Source: Conversations, messages, list item."""
    return {
        "sid": media.sid,
        "category": media.category,
        "filename": media.filename,
        "contentType": media.content_type,
        "size": media.size,
    }
