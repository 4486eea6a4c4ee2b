"""Checks of what clients send: each gives the value back, or refuses it by the name of its field and the limit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeGuard

import orjson

from rxconvo.server.refusals import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from rxconvo.server.limits import Limits

__all__ = [
    "check_attributes",
    "check_json",
    "check_known",
    "check_size",
    "check_text",
    "check_value",
    "is_array",
    "is_object",
    "is_text",
]


def check_text(field: str, value: object, *, length: int, least: int = 0) -> str:
    """Check a text by its length in characters.

    Raises:
        Refusal: 400, naming the field and its limit.
    """
    if not is_text(value) or not least <= len(value) <= length:
        raise bad_request(field, f"text of {least} to {length} characters")
    return value


def check_size(field: str, value: object, *, size: int) -> str:
    """Check a text by its size in bytes of UTF-8.

    Raises:
        Refusal: 400, naming the field and its limit.
    """
    if not is_text(value) or len(value.encode()) > size:
        raise bad_request(field, f"text of at most {size} bytes")
    return value


def check_attributes(field: str, value: object, limits: Limits, *, size: int) -> str:
    """Check attributes: a text that is JSON. It is kept as it came.

    Raises:
        Refusal: 400, naming the field and its limit.
    """
    text = check_size(field, value, size=size)
    check_json(field, text.encode(), limits)
    return text


def check_json(field: str, document: bytes, limits: Limits) -> object:
    """Decode JSON, and refuse what is too deep or has too many members.

    Raises:
        Refusal: 400, naming the field.
    """
    value = _parsed(field, document)
    keys = 0
    level = [value]
    for depth in range(limits.json_depth + 1):
        inner: list[object] = []
        containers = 0
        for node in level:
            if is_object(node):
                containers += 1
                keys += len(node)
                inner.extend(node.values())
            elif is_array(node):
                containers += 1
                inner.extend(node)
        if containers == 0:
            return value
        if depth == limits.json_depth:
            raise bad_request(field, f"JSON nested at most {limits.json_depth} deep")
        if keys > limits.json_keys:
            raise bad_request(field, f"JSON with at most {limits.json_keys} members")
        level = inner
    return value


def check_known(value: Mapping[str, object], known: AbstractSet[str], *, within: str = "") -> None:
    """Refuse the fields of an object that nobody would look at: one that is misspelt, for example.

    Args:
        value: The object.
        known: The fields that it may have.
        within: What the object is called in refusals, where it is not the whole body.

    Raises:
        Refusal: 400, naming the field.
    """
    for name in sorted(value.keys() - known):
        expected = f"absent; the fields are {', '.join(sorted(known)) or 'none'}"
        raise bad_request(f"{within}.{name}" if within else name, expected)


def check_value(field: str, value: object, *, size: int) -> bytes:
    """Check decoded JSON by its size, and encode it. Halves of characters, which JSON can spell, cannot be stored.

    Raises:
        Refusal: 400, naming the field and its limit.
    """
    try:
        encoded = orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise bad_request(field, "JSON that is UTF-8") from None
    if len(encoded) > size:
        raise bad_request(field, f"JSON of at most {size} bytes")
    return encoded


def _parsed(field: str, document: bytes) -> object:
    """Decode JSON by the letter of RFC 8259, which allows what orjson does not: escapes of half a character."""
    try:
        return orjson.loads(document)
    except ValueError:
        pass
    try:
        return json.loads(document.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise bad_request(field, "well-formed JSON") from None


def _no_constant(name: str) -> object:
    """Refuse NaN and the infinities, which JSON does not have."""
    raise ValueError(name)


def is_text(value: object) -> TypeGuard[str]:
    """Tell whether something is text that can be stored: a string without lone surrogates."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Tell whether decoded JSON is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[object]]:
    """Tell whether decoded JSON is an array."""
    return isinstance(value, list)
