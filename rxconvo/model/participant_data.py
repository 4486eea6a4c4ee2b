"""The item of a participant in the roster: reading it, and telling what differs from the participant that is held.

Source: Conversations, participants (map item); update reasons (participant).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rxconvo.errors import PayloadError
from rxconvo.model.decoding import date_text, integer, reader
from rxconvo.model.fields import attributes_text, same_instant, same_json
from rxconvo.model.home import Home
from rxconvo.model.participant import Participant, ParticipantActions
from rxconvo.types import Sid

__all__ = ["ParticipantItem", "merge_participant", "new_participant", "read_participant"]


class ParticipantItem(msgspec.Struct, gc=False, rename="camel"):
    """The data of a participant's item, as they come. Every field may be absent or null, but not identity and type."""

    identity: str | None = None
    type: str | None = None
    attributes: Any = None
    role_sid: str | None = None
    user_info: str | None = None
    date_created: str | None = None
    date_updated: str | None = None
    last_consumed_message_index: Any = msgspec.UNSET
    last_consumption_timestamp: Any = None
    bindings: Any = None


_read: Final = reader(ParticipantItem)


def read_participant(data: msgspec.Raw) -> ParticipantItem:
    """Read the data of a participant's item.

    Raises:
        PayloadError: They cannot be read, or tell neither who it is nor of which channel.
    """
    item = _read(data)
    if item.identity is None and item.type is None:
        raise PayloadError("ParticipantItem: neither identity nor type")
    return item


def new_participant(item: ParticipantItem, sid: Sid, home: Home[ParticipantActions]) -> Participant:
    """Make a participant of its item."""
    return Participant(
        sid=sid,
        identity=item.identity,
        type=item.type or "chat",
        attributes_json=attributes_text(item.attributes),
        date_created_iso=item.date_created,
        date_updated_iso=item.date_updated,
        role_sid=item.role_sid,
        last_read_message_index=integer(item.last_consumed_message_index),
        last_read_timestamp_iso=date_text(item.last_consumption_timestamp),
        bindings_json=attributes_text(item.bindings),
        user_info=item.user_info,
        home=home,
    )


def merge_participant(before: Participant, item: ParticipantItem) -> tuple[Participant, tuple[str, ...]]:
    """Apply an update to a participant. What an update leaves out stays.

    Returns:
        The participant now, and the names of what differs, in the order of the SDK.
    """
    news: dict[str, Any] = {}
    reasons: list[str] = []
    if item.attributes and not same_json(attributes := attributes_text(item.attributes), before.attributes_json):
        news["attributes_json"] = attributes
        reasons.append("attributes")
    if item.date_updated and not same_instant(item.date_updated, before.date_updated_iso):
        news["date_updated_iso"] = item.date_updated
        reasons.append("dateUpdated")
    if item.date_created and not same_instant(item.date_created, before.date_created_iso):
        news["date_created_iso"] = item.date_created
        reasons.append("dateCreated")
    if item.role_sid and item.role_sid != before.role_sid:
        news["role_sid"] = item.role_sid
        reasons.append("roleSid")
    index = integer(item.last_consumed_message_index)
    if (index is not None or item.last_consumed_message_index is None) and index != before.last_read_message_index:
        news["last_read_message_index"] = index
        reasons.append("lastReadMessageIndex")
    timestamp = date_text(item.last_consumption_timestamp)
    if timestamp and not same_instant(timestamp, before.last_read_timestamp_iso):
        news["last_read_timestamp_iso"] = timestamp
        reasons.append("lastReadTimestamp")
    if item.bindings and not same_json(bindings := attributes_text(item.bindings), before.bindings_json):
        news["bindings_json"] = bindings
        reasons.append("bindings")
    return (msgspec.structs.replace(before, **news) if reasons else before), tuple(reasons)
