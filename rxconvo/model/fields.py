"""Fields that are kept as they came and read on access: JSON and dates.

A value may be decoded thousands of times a second and its attributes and dates be looked at never; and what is parsed
anew for each reader cannot be changed under another one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import orjson

from rxconvo.types import JSON

__all__ = ["EMPTY_OBJECT", "attributes_text", "parse_date", "parse_json", "same_instant", "same_json"]

EMPTY_OBJECT: Final = "{}"
"""What absent and malformed attributes count as."""

_USUAL: Final = len("2026-01-31T12:00:00.000Z")


def parse_json(text: str) -> JSON:
    """Parse attributes; malformed JSON counts as an empty object.

    Source: Conversations, requests in general (attributes).
    """
    try:
        value: JSON = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value


def attributes_text(value: object) -> str:
    """Return the text that attributes are kept as: they come as JSON text, or as the value itself.

    Absent ones count as an empty object, and so do those that cannot be written as JSON again (nested too deeply).
    """
    if isinstance(value, str):
        return value
    if value is None:
        return EMPTY_OBJECT
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return EMPTY_OBJECT


def same_json(one: str, other: str) -> bool:
    """Tell whether two JSON texts mean the same, whatever the order of members and the white space."""
    return one == other or _same_value(parse_json(one), parse_json(other))


def parse_date(text: str | None) -> datetime | None:
    """Parse an ISO 8601 date into an aware one, UTC; what is no date counts as none."""
    if text is None:
        return None
    try:
        date = datetime.fromisoformat(text)
        return date.astimezone(UTC) if date.tzinfo is not None else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def same_instant(one: str | None, other: str | None) -> bool:
    """Tell whether two dates are the same instant, however they are written."""
    if one == other:
        return True
    if one is not None and other is not None and len(one) == len(other) == _USUAL and one[-1] == other[-1] == "Z":
        return False  # both are written in the usual way, so different texts are different instants
    return parse_date(one) == parse_date(other)


def _same_value(one: JSON, other: JSON) -> bool:
    """Compare as JSON does: `true` is not `1`. Without recursion, since hostile JSON nests deeply."""
    pending = [(one, other)]
    while pending:
        left, right = pending.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            pending.extend((value, right[key]) for key, value in left.items())
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            pending.extend(zip(left, right, strict=True))
        elif left != right or isinstance(left, bool) is not isinstance(right, bool):
            return False
    return True
