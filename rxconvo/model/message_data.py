"""The item of a message in its list: reading it, and telling what differs from the message that is held.

Source: Conversations, messages (list item); update reasons (message).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rxconvo.model.decoding import integer, reader
from rxconvo.model.fields import attributes_text, same_instant, same_json
from rxconvo.model.home import Home
from rxconvo.model.media import Media
from rxconvo.model.message import Message, MessageActions
from rxconvo.model.receipts import AggregatedDeliveryReceipt

__all__ = ["MessageItem", "merge_message", "new_message", "read_message"]


class _MediaItem(msgspec.Struct, gc=False, rename="camel"):
    sid: str
    category: str | None = None
    filename: str | None = None
    content_type: str | None = None
    size: Any = None


class MessageItem(msgspec.Struct, gc=False, rename="camel"):
    """The data of a message's item, as they come. Every field but the sid may be absent or null."""

    sid: str
    type: str | None = None
    author: str | None = None
    text: str | None = None
    subject: str | None = None
    content_sid: str | None = None
    attributes: Any = None
    timestamp: str | None = None
    date_updated: str | None = None
    last_updated_by: str | None = None
    member_sid: str | None = None
    medias: list[_MediaItem] | None = None
    media: _MediaItem | None = None
    delivery: dict[str, Any] | None = None
    channel_metadata: Any = None


read_message: Final = reader(MessageItem)
"""Read the data of a message's item; raises `PayloadError`."""


def new_message(item: MessageItem, index: int, home: Home[MessageActions]) -> Message:
    """Make a message of its item."""
    attributes = item.attributes
    return Message(
        item.sid,
        index,
        item.author,
        item.text,
        item.subject,
        item.content_sid,
        attributes if type(attributes) is str else attributes_text(attributes),
        item.timestamp,
        item.date_updated,
        item.last_updated_by,
        item.type or "text",
        item.member_sid,
        _medias(item, home) if item.medias or item.media else (),
        _receipt(item.delivery) if item.delivery else None,
        item.channel_metadata is True,
        home,
    )


def merge_message(before: Message, item: MessageItem) -> tuple[Message, tuple[str, ...]]:
    """Apply an update to a message.

    What an update leaves out stays, but attributes and media, which are emptied.

    Returns:
        The message now, and the names of what differs, in the order of the SDK.
    """
    is_flagged = item.channel_metadata is True and not before.has_channel_metadata
    news: dict[str, Any] = {"has_channel_metadata": True} if is_flagged else {}  # for which the SDK has no reason
    reasons: list[str] = []
    if item.text is not None and item.text != before.body:
        news["body"] = item.text
        reasons.append("body")
    if item.subject and item.subject != before.subject:
        news["subject"] = item.subject
        reasons.append("subject")
    if item.last_updated_by and item.last_updated_by != before.last_updated_by:
        news["last_updated_by"] = item.last_updated_by
        reasons.append("lastUpdatedBy")
    if item.author and item.author != before.author:
        news["author"] = item.author
        reasons.append("author")
    if item.date_updated and not same_instant(item.date_updated, before.date_updated_iso):
        news["date_updated_iso"] = item.date_updated
        reasons.append("dateUpdated")
    if item.timestamp and not same_instant(item.timestamp, before.date_created_iso):
        news["date_created_iso"] = item.timestamp
        reasons.append("dateCreated")
    attributes = attributes_text(item.attributes)
    if not same_json(attributes, before.attributes_json):
        news["attributes_json"] = attributes
        reasons.append("attributes")
    receipt = _receipt(item.delivery) if item.delivery else None
    if receipt is not None and receipt != before.aggregated_delivery_receipt:
        news["aggregated_delivery_receipt"] = receipt
        reasons.append("deliveryReceipt")
    medias = _medias(item, before.home) if item.medias or item.media else ()
    if medias != before.medias:
        news["medias"] = medias
        reasons.append("media")
    return (msgspec.structs.replace(before, **news) if news else before), tuple(reasons)


def _medias(item: MessageItem, home: Home[MessageActions]) -> tuple[Media, ...]:
    """Read what is attached; a lone `media` is the older form of `medias`."""
    medias = item.medias if item.medias is not None else [item.media] if item.media is not None else []
    return tuple(
        Media(
            media.sid,
            media.category or "media",
            media.filename,
            media.content_type or "application/octet-stream",
            integer(media.size) or 0,
            home=home,
        )
        for media in medias
    )


def _receipt(delivery: dict[str, Any]) -> AggregatedDeliveryReceipt | None:
    """Read a delivery receipt; it counts only if all six figures are there.

    Source: Conversations, delivery receipts (aggregated).
    """
    amounts = [delivery.get(name) for name in ("sent", "delivered", "read", "undelivered", "failed")]
    total = integer(delivery.get("total"))
    texts = [amount for amount in amounts if isinstance(amount, str) and amount]
    return AggregatedDeliveryReceipt(total, *texts) if total and len(texts) == len(amounts) else None
