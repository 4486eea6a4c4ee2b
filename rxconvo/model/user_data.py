"""The items of a user's info map: reading them, and telling what differs from the user that is held.

Source: Conversations, users and reachability (info map); update reasons (user).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from rxconvo.model.decoding import text_of
from rxconvo.model.fields import attributes_text, same_json
from rxconvo.model.user import User

__all__ = ["merge_user"]


def merge_user(before: User, key: str, data: Mapping[str, Any]) -> tuple[User, tuple[str, ...]]:
    """Apply one item of the info map; keys that are not known are skipped.

    Returns:
        The user now, and the names of what differs, in the order of the SDK.
    """
    if key == "friendlyName":
        name = text_of(data.get("value"))
        if name == before.friendly_name:
            return before, ()
        return replace(before, friendly_name=name), ("friendlyName",)
    if key == "attributes":
        attributes = attributes_text(data.get("value"))
        if same_json(attributes, before.attributes_json):
            return before, ()
        return replace(before, attributes_json=attributes), ("attributes",)
    if key != "reachability":
        return before, ()
    reasons: list[str] = []
    online, notifiable = _flag(data.get("online")), _flag(data.get("notifiable"))
    if online is not before.is_online:
        reasons.append("reachabilityOnline")
    if notifiable is not before.is_notifiable:
        reasons.append("reachabilityNotifiable")
    return replace(before, is_online=online, is_notifiable=notifiable), tuple(reasons)


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
