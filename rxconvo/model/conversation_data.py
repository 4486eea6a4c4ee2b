"""The document of a conversation and its item among one's conversations: reading them, and telling what differs.

Both are merged into one `ConversationState`. Only members that are present count, and reasons come in their order.
Source: Conversations, my conversations; conversation (document data); update reasons (conversation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from rxconvo.model.conversation import ConversationState, LastMessage, Lifecycle
from rxconvo.model.decoding import date_text, integer, members_of
from rxconvo.model.fields import attributes_text, same_instant, same_json

__all__ = ["JOINED", "NOT_PARTICIPATING", "merge_channel", "merge_document", "text_of"]

JOINED: Final = "joined"
NOT_PARTICIPATING: Final = "notParticipating"


class _Member(msgspec.Struct, frozen=True):
    """How one member of the data becomes a field of the state.

    Attributes:
        field: Name of the field.
        reason: The SDK's name of it.
        read: Makes the field's value of the member's.
        same: Compares the value held and the new one.
    """

    field: str
    reason: str
    read: Callable[[Any], Any]
    same: Callable[[Any, Any], bool]


def text_of(value: object) -> str | None:
    """Return a text, or None for everything that is none."""
    return value if isinstance(value, str) else None


def _creator(value: object) -> str:
    return value if isinstance(value, str) else ""


def _last_message(value: object) -> LastMessage | None:
    members = members_of(value) or {}
    index = integer(members.get("index"))
    return None if index is None else LastMessage(index, date_text(members.get("timestamp")))


def _lifecycle(value: object) -> Lifecycle | None:
    members = members_of(value) or {}
    current = text_of(members.get("current"))
    return None if current is None else Lifecycle(current, date_text(members.get("dateUpdated")))


def _same_last_message(held: LastMessage | None, new: LastMessage | None) -> bool:
    if held is None or new is None:
        return held is new
    return held.index == new.index and same_instant(held.date_created_iso, new.date_created_iso)


def _same_lifecycle(held: Lifecycle | None, new: Lifecycle | None) -> bool:
    """Compare as the SDK does: dates count as equal."""
    return (held and held.current) == (new and new.current)


def _equal(held: object, new: object) -> bool:
    return held == new


_DOCUMENT: Final = {
    "friendlyName": _Member("friendly_name", "friendlyName", text_of, _equal),
    "uniqueName": _Member("unique_name", "uniqueName", text_of, _equal),
    "attributes": _Member("attributes_json", "attributes", attributes_text, same_json),
    "bindings": _Member("bindings_json", "bindings", attributes_text, same_json),
    "createdBy": _Member("created_by", "createdBy", _creator, _equal),
    "dateCreated": _Member("date_created_iso", "dateCreated", date_text, same_instant),
    "dateUpdated": _Member("date_updated_iso", "dateUpdated", date_text, same_instant),
    "state": _Member("state", "state", _lifecycle, _same_lifecycle),
    "lastMessage": _Member("last_message", "lastMessage", _last_message, _same_last_message),
}

_CHANNEL: Final = {
    "lastConsumedMessageIndex": _Member("last_read_message_index", "lastReadMessageIndex", integer, _equal),
    "notificationLevel": _Member("notification_level", "notificationLevel", text_of, _equal),
}


def merge_document(before: ConversationState, data: Mapping[str, Any]) -> tuple[ConversationState, tuple[str, ...]]:
    """Apply the data of the document.

    Returns:
        The state now, and the names of what differs.
    """
    return _merged(before, data, _DOCUMENT)


def merge_channel(before: ConversationState, data: Mapping[str, Any]) -> tuple[ConversationState, tuple[str, ...]]:
    """Apply the data of the item among one's conversations, but for the status.

    Returns:
        The state now, and the names of what differs.
    """
    return _merged(before, data, _CHANNEL)


def _merged(
    before: ConversationState, data: Mapping[str, Any], members: Mapping[str, _Member]
) -> tuple[ConversationState, tuple[str, ...]]:
    news: dict[str, Any] = {}
    reasons: list[str] = []
    for name, value in data.items():
        member = members.get(name)
        if member is None:
            continue
        new = member.read(value)
        if not member.same(getattr(before, member.field), new):
            news[member.field] = new
            reasons.append(member.reason)
    return (msgspec.structs.replace(before, **news) if reasons else before), tuple(reasons)
