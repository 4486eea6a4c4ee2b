"""Values that arguments must not have, by what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "NOT_CALLABLE",
    "NOT_TEXT",
    "bytes_of_json",
    "choice",
    "index",
    "json",
    "nested",
    "sequence",
    "text",
]

Bad = dict[str, Any]


class Thing:
    """Something that nothing knows what to do with."""


NOT_TEXT: Bad = {
    "None": None,
    "a number": 7,
    "a truth": True,
    "a float": 1.5,
    "NaN": float("nan"),
    "bytes": b"x",
    "a list": ["x"],
    "a mapping": {"x": "y"},
    "a thing": Thing(),
    "half a surrogate": "\ud800",
}

NOT_CALLABLE: Bad = {"None": None, "a text": "x", "a number": 7, "a list": []}


def without(values: Mapping[str, Any], *names: str) -> Bad:
    """Leave some out."""
    return {name: value for name, value in values.items() if name not in names}


def text(*, least: int = 0, most: int | None = None, optional: bool = False) -> Bad:
    """Return what is no text of so many characters."""
    values = without(NOT_TEXT, "None") if optional else dict(NOT_TEXT)
    if least:
        values["an empty text"] = ""
    if most is not None:
        values["a text that is too long"] = "x" * (most + 1)
    return values


def choice(*near: str) -> Bad:
    """Return what is none of a few words."""
    return {**without(NOT_TEXT, "half a surrogate"), "an empty text": "", **{f'"{word}"': word for word in near}}


def index(*, least: int = 0, most: int, optional: bool = False) -> Bad:
    """Return what is no whole number in a range."""
    values: Bad = {
        "None": None,
        "one too low": least - 1,
        "one too high": most + 1,
        "a truth": True,
        "a float": 1.0,
        "NaN": float("nan"),
        "infinity": float("inf"),
        "a text": "1",
        "a list": [1],
        "a thing": Thing(),
    }
    return without(values, "None") if optional else values


def nested(depth: int) -> list[Any]:
    """Nest lists so deep."""
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def bytes_of_json(size: int) -> str:
    """Return what is so many bytes of JSON."""
    return "x" * (size - 2)


def json(size: int) -> Bad:
    """Return what is no JSON of so many bytes."""
    ring: list[Any] = []
    ring.append(ring)
    wheel: dict[str, Any] = {}
    wheel["again"] = {"and": [wheel]}
    return {
        "a text that is too long": bytes_of_json(size + 1),
        "characters of many bytes that are too long": "é" * (size // 2),
        "a list that holds itself": ring,
        "a mapping that holds itself": wheel,
        "too deep": nested(65),
        "deeper than anything can follow": nested(100_000),
        "NaN": float("nan"),
        "infinity": {"deep": [1, -float("inf")]},
        "a set": {1, 2},
        "bytes": b"x",
        "an array of bytes": bytearray(b"x"),
        "a complex number": 1j,
        "a thing": {"deep": Thing()},
        "a class": Thing,
        "a date": datetime(2026, 1, 1, tzinfo=UTC),
        "an iterator": iter(()),
        "a key that is a number": {1: "x"},
        "a key that is None": {None: "x"},
        "a number that no reader keeps": 2**64,
        "half a surrogate": "\ud800",
        "half a surrogate in a key": {"\ud800": 1},
    }


def sequence(**items: Any) -> Bad:
    """Return what is no non-empty sequence of something; of items that are wrong, too."""
    values: Bad = {
        "None": None,
        "none": [],
        "an empty text": "",
        "a text": "ME1",
        "bytes": b"ME1",
        "a number": 7,
        "a set": {"ME1"},
        "a thing": Thing(),
        "an iterator": iter(("ME1",)),
    }
    return values | {f"a list of {name}": [item] for name, item in items.items()}
