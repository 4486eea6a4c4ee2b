"""What the readers of item data have in common: one error for what cannot be read, and lenient numbers and dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec
import orjson

from rxconvo.errors import PayloadError

__all__ = ["date_text", "decode_object", "integer", "reader", "text_of"]

S = TypeVar("S", bound=msgspec.Struct)


def reader(kind: type[S]) -> Callable[[msgspec.Raw], S]:
    """Make a function that reads item data into a struct of the wire's shape.

    Args:
        kind: The struct. Names it does not have are skipped.

    Returns:
        The function; it raises `PayloadError` for all that cannot be read.
    """
    decode = msgspec.json.Decoder(kind).decode

    def read(data: msgspec.Raw) -> S:
        try:
            return decode(data)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise PayloadError(f"{kind.__name__.strip('_')}: {error}") from error

    return read


def decode_object(data: msgspec.Raw) -> Mapping[str, Any]:
    """Read item data whose order of members matters.

    Raises:
        PayloadError: They are no JSON object.
    """
    try:
        value: Any = orjson.loads(bytes(data))
    except orjson.JSONDecodeError as error:
        raise PayloadError(str(error)) from error
    if not isinstance(value, dict):
        raise PayloadError(f"expected an object, got {type(value).__name__}")
    return cast("dict[str, Any]", value)


def integer(value: object) -> int | None:
    """Read a number that may have come as text; None for everything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) < 20 and value.removeprefix("-").isdecimal():
        return int(value)
    return None


def date_text(value: object) -> str | None:
    """Read a date: ISO 8601 text, or milliseconds since 1970; None for everything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
        except (ValueError, OverflowError, OSError):
            return None
    return None


def text_of(value: object) -> str | None:
    """Return a text, or None for everything that is none."""
    return value if isinstance(value, str) else None
