"""What is worth showing of a value: said once, whoever shows it. Pure, and no HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, cast

__all__ = ["Card", "Change", "Fact", "Line", "card_of", "listed"]

_EACH_END: Final = 10
"""Values that are listed of the beginning, and of the end."""


class Fact(NamedTuple):
    """One property.

    Attributes:
        name: What it is called.
        value: What it is.
    """

    name: str
    value: object


class Change(NamedTuple):
    """One property that is another now.

    Attributes:
        name: What it is called.
        before: What it was.
        after: What it is.
    """

    name: str
    before: object
    after: object


class Line(NamedTuple):
    """One of several.

    Attributes:
        value: What it is.
        mark: What stands in front of it.
        more: How many stand for this line, that are not shown; it has no value then.
    """

    value: object
    mark: str = ""
    more: int = 0


class Card(NamedTuple):
    """What is worth showing of a value.

    Attributes:
        kind: What it is, in words.
        title: Who or what it is about.
        text: What it says.
        note: What is small beside that, as a number or a date.
        facts: Its other properties.
        changes: What is different now.
        lines: What it holds, as `listed` says it.
        tone: Of what happened, what it did: `new`, `changed`, `gone`, `alarm`, or `plain`. Empty for what is.
    """

    kind: str
    title: str = ""
    text: str | None = None
    note: tuple[object, ...] = ()
    facts: tuple[Fact, ...] = ()
    changes: tuple[Change, ...] = ()
    lines: tuple[Line, ...] = ()
    tone: str = ""


def card_of(value: object) -> Card | None:
    """Return what is worth showing of a value, or None where the value does not say."""
    say = getattr(type(value), "__card__", None)  # of the class: there are objects that have whatever one asks for
    return None if say is None else cast("Card", say(value))


def listed(values: Sequence[object], mark: str = "") -> tuple[Line, ...]:
    """Return lines for values, of many for the first and the last ones.

    Args:
        values: The values.
        mark: What stands in front of each.
    """
    hidden = len(values) - 2 * _EACH_END
    if hidden <= 1:
        return tuple(Line(value, mark) for value in values)
    first, last = values[:_EACH_END], values[-_EACH_END:]
    return (
        *(Line(value, mark) for value in first),
        Line(None, mark, hidden),
        *(Line(value, mark) for value in last),
    )
