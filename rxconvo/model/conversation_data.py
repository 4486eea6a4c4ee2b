"""The document of a conversation and its item among one's conversations: reading them, and telling what differs.

Both are merged into one `ConversationState`. Only members that are present count, and reasons come in their order.
Source: Conversations, my conversations; conversation (document data); update reasons (conversation).
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from rxconvo.model.conversation import ConversationState, LastMessage, Lifecycle
from rxconvo.model.decoding import date_text, decode_object, integer, reader, text_of
from rxconvo.model.fields import attributes_text, same_instant, same_json

__all__ = ["JOINED", "NOT_PARTICIPATING", "DocumentItem", "merge_channel", "merge_document", "read_document"]

JOINED: Final = "joined"
NOT_PARTICIPATING: Final = "notParticipating"


_REASONS: Final = {
    "friendly_name": "friendlyName",
    "unique_name": "uniqueName",
    "created_by": "createdBy",
    "date_created_iso": "dateCreated",
    "date_updated_iso": "dateUpdated",
    "attributes_json": "attributes",
    "bindings_json": "bindings",
    "state": "state",
    "last_message": "lastMessage",
}
"""The SDK's names of the fields that come from the document."""


class _LastMessageItem(msgspec.Struct, gc=False):
    index: Any = None
    timestamp: Any = None


class _LifecycleItem(msgspec.Struct, gc=False, rename="camel"):
    current: str | None = None
    date_updated: Any = None


class DocumentItem(msgspec.Struct, gc=False, rename="camel"):
    """The data of a conversation's document, as they come. Every member may be absent."""

    messages: Any = None
    roster: Any = None
    friendly_name: str | UnsetType | None = UNSET
    unique_name: str | UnsetType | None = UNSET
    attributes: Any = UNSET
    bindings: Any = UNSET
    created_by: str | UnsetType | None = UNSET
    date_created: Any = UNSET
    date_updated: Any = UNSET
    state: _LifecycleItem | UnsetType | None = UNSET
    last_message: _LastMessageItem | UnsetType | None = UNSET


read_document: Final = reader(DocumentItem)
"""Read the data of a conversation's document; raises `PayloadError`."""


def merge_document(
    before: ConversationState, item: DocumentItem, data: msgspec.Raw
) -> tuple[ConversationState, tuple[str, ...]]:
    """Apply the data of the document.

    Args:
        before: What is held.
        item: The data.
        data: The same as they came, for the order of the members.

    Returns:
        The state now, and the names of what differs.

    Raises:
        PayloadError: Members that mean nothing to us cannot be read.
    """
    news: dict[str, Any] = {}
    _compare_texts(before, item, news)
    _compare_dates(before, item, news)
    _compare_structures(before, item, news)
    if not news:
        return before, ()
    reasons = [_REASONS[field] for field in news]
    if len(reasons) > 1:
        members = list(decode_object(data))
        reasons.sort(key=members.index)
    return replace(before, **news), tuple(reasons)


def _compare_texts(before: ConversationState, item: DocumentItem, news: dict[str, Any]) -> None:
    if item.friendly_name is not UNSET and item.friendly_name != before.friendly_name:
        news["friendly_name"] = item.friendly_name
    if item.unique_name is not UNSET and item.unique_name != before.unique_name:
        news["unique_name"] = item.unique_name
    if item.created_by is not UNSET and (item.created_by or "") != before.created_by:
        news["created_by"] = intern(item.created_by or "")  # few people create many conversations


def _compare_dates(before: ConversationState, item: DocumentItem, news: dict[str, Any]) -> None:
    if item.date_created is not UNSET and item.date_created != before.date_created_iso:
        date_created = date_text(item.date_created)
        if not same_instant(date_created, before.date_created_iso):
            news["date_created_iso"] = date_created
    if item.date_updated is not UNSET and item.date_updated != before.date_updated_iso:
        date_updated = date_text(item.date_updated)
        if not same_instant(date_updated, before.date_updated_iso):
            news["date_updated_iso"] = date_updated


def _compare_structures(before: ConversationState, item: DocumentItem, news: dict[str, Any]) -> None:
    if item.attributes is not UNSET and item.attributes != before.attributes_json:
        attributes = attributes_text(item.attributes)
        if not same_json(attributes, before.attributes_json):
            news["attributes_json"] = attributes
    if item.bindings is not UNSET:
        bindings = attributes_text(item.bindings)
        if not same_json(bindings, before.bindings_json):
            news["bindings_json"] = bindings
    if item.state is not UNSET:
        current = item.state.current if item.state is not None else None
        if current != (before.state.current if before.state is not None else None):  # its date does not count
            news["state"] = _lifecycle(item.state)
    if item.last_message is not UNSET:
        last_message = _last_message(item.last_message)
        if not _same_last_message(before.last_message, last_message):
            news["last_message"] = last_message


def merge_channel(before: ConversationState, data: Mapping[str, Any]) -> tuple[ConversationState, tuple[str, ...]]:
    """Apply the data of the item among one's conversations, but for the status.

    Returns:
        The state now, and the names of what differs.
    """
    news: dict[str, Any] = {}
    reasons: list[str] = []
    for member, value in data.items():
        if member == "lastConsumedMessageIndex":
            index = integer(value)
            if index != before.last_read_message_index:
                news["last_read_message_index"] = index
                reasons.append("lastReadMessageIndex")
        elif member == "notificationLevel":
            level = intern(text_of(value) or "default")
            if level != before.notification_level:
                news["notification_level"] = level
                reasons.append("notificationLevel")
    return (replace(before, **news) if reasons else before), tuple(reasons)


def _last_message(item: _LastMessageItem | None) -> LastMessage | None:
    index = integer(item.index) if item is not None else None
    return None if item is None or index is None else LastMessage(index, date_text(item.timestamp))


def _same_last_message(held: LastMessage | None, new: LastMessage | None) -> bool:
    if held is None or new is None:
        return held is new
    return held.index == new.index and same_instant(held.date_created_iso, new.date_created_iso)


def _lifecycle(item: _LifecycleItem | None) -> Lifecycle | None:
    current = item.current if item is not None else None
    return None if item is None or current is None else Lifecycle(intern(current), date_text(item.date_updated))
