"""Where a client begins: who it is, and where everything is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.server.call import ok
from rxconvo.server.people import ensure_user
from rxconvo.server.router import Route
from rxconvo.server.storage.records import Purpose

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call
    from rxconvo.server.storage.base import Transaction

__all__ = ["ROUTES"]


def _read(tx: Transaction, call: Call) -> Answer:
    """Answer the Configuration. Source: Conversations, configuration."""
    user = ensure_user(tx, call, call.identity)
    urls, limits = call.service.urls, call.service.options.limits
    media = urls.media(call.origin)
    return ok(
        {
            "identity": call.identity,
            "url": f"{urls.api}/Configuration",
            "options": {
                "consumption_report_interval": "PT1S",
                "user_infos_to_subscribe": 100,
                "reachability_enabled": True,
                "http_cache_interval": call.service.options.http_cache_interval,
                "my_conversations_page_size": limits.page_items,
                "media_attachments_count_limit": limits.attachments,
                "media_attachment_size_limit_in_mb": limits.attachment // 2**20,
                "media_attachments_total_size_limit_in_mb": limits.attachments_total // 2**20,
                "email_histories_allowed_mime_types": list(limits.email_types),
                "email_bodies_allowed_mime_types": list(limits.email_types),
            },
            "sync_objects": {
                "my_conversations": Purpose.CHANNELS.unique_name(call.identity),
                "my_user_info": Purpose.USER_INFO.unique_name(user.sid),
            },
            "links": {
                "my_conversations": urls.user_conversations(user.sid),
                "conversations": urls.conversations,
                "users": urls.users,
                "current_user": urls.user(user.sid),
                "typing": urls.typing,
                "media_service": media,
                "media_set_service": f"{media}Set",
                "messages_receipts": f"{urls.conversations}/%s/Messages/%s/Receipts",
            },
        }
    )


ROUTES = (Route("GET", "/Client/v2/Configuration", _read),)
