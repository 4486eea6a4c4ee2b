"""What is worth showing of a value that says nothing in particular: its fields, and first whom they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from rxconvo.display.cards import Card, Change, Fact, card_of, listed

__all__ = ["describe"]

_TONES: Final = {
    "Added": "new",
    "Joined": "new",
    "Started": "new",
    "Subscribed": "new",
    "Echoed": "new",
    "Updated": "changed",
    "Removed": "gone",
    "Left": "gone",
    "Ended": "gone",
    "Unsubscribed": "gone",
    "Discontinuity": "alarm",
    "Expired": "alarm",
    "Failed": "alarm",
    "Pending": "plain",
    "Sent": "plain",
    "Up": "plain",
    "Read": "plain",
    "Expire": "plain",
}
"""What happened says so by the last word of its name."""

_WORDS: Final = re.compile(r"[A-Z][a-z]+")
_NOTHING: Final[tuple[object, ...]] = ("", (), "{}")
_LINKS: Final = ("home", "topic")


def describe(
    value: Struct,
    *,
    title: str | None = None,
    text: str | None = None,
    note: tuple[object, ...] = (),
    said: tuple[str, ...] = (),
) -> Card:
    """Return what is worth showing of a value, by its fields.

    A value that has a field for another that shows itself is about that one: it has its title, text and note. One with
    `before` and `after` is about what is now, and tells what is different.

    Args:
        value: The value.
        title: Who it is about.
        text: What it says.
        note: What is small beside that.
        said: The fields that these were made of.
    """
    words = _WORDS.findall(type(value).__name__)
    kind = " ".join(words).capitalize()
    tone = _TONES.get(words[-1], "")
    fields = {name: getattr(value, name) for name in value.__struct_fields__ if name not in (*said, *_LINKS)}
    if title is not None:
        return Card(kind, title, text, note, tuple(_facts(value, fields)), tone=tone)
    changes: tuple[Change, ...] = ()
    if "after" in fields:
        before = fields.pop("before")
        after = fields["after"]
        fields.pop("reasons")  # the names of what differs
        changes = () if before is None else tuple(_changes(before, after))
    subject = next((name for name, field in fields.items() if card_of(field) is not None), None)
    about = Card("") if subject is None else card_of(fields.pop(subject)) or Card("")
    many = next((name for name, field in fields.items() if isinstance(field, tuple) and field), None)
    lines = () if many is None else listed(fields.pop(many))
    sid = getattr(value, "conversation_sid", None)
    if (
        sid
        and "conversation_sid" not in fields
        and not any(isinstance(fact.value, str) and fact.value == sid for fact in about.facts)
    ):
        fields["conversation_sid"] = sid
    facts = (*_facts(value, fields), *(fact for fact in about.facts if not changes))
    return Card(kind, about.title, about.text, about.note, facts, changes, lines, tone)


def _facts(value: Struct, fields: dict[str, Any]) -> Iterator[Fact]:
    for name, field in fields.items():
        if field is not None and not (isinstance(field, str | tuple) and field in _NOTHING):
            yield _fact(value, name)


def _changes(before: Struct, after: Struct) -> Iterator[Change]:
    for name in after.__struct_fields__:
        if name not in _LINKS and getattr(before, name) != getattr(after, name):
            called, value = _fact(after, name)
            yield Change(called, _fact(before, name).value, value)


def _fact(value: Struct, name: str) -> Fact:
    """Return a field by its name for people; of a date that is kept as text, the date."""
    if name.endswith("_iso"):
        name = name.removesuffix("_iso")
        return Fact(name.replace("_", " "), getattr(value, name, None))
    return Fact(name.removesuffix("_json").replace("_", " "), getattr(value, name, None))
