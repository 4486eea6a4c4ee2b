"""What operators check of their arguments."""

from __future__ import annotations

from math import inf

from rxconvo.errors import ArgumentError

__all__ = ["check_kind", "check_number", "check_seconds"]


def check_kind(field: str, value: object, kind: type | tuple[type, ...], expected: str) -> None:
    """Check what an argument is an instance of.

    Raises:
        ArgumentError: It is none.
    """
    if not isinstance(value, kind):
        raise ArgumentError(field, expected, value)


def check_number(field: str, value: object, least: int = 1) -> int:
    """Return a number of things.

    Raises:
        ArgumentError: It is no integer, or less than *least*.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ArgumentError(field, f"an integer, {least} or more", value)
    return value


def check_seconds(field: str, value: object, *, zero: bool = False) -> float:
    """Return seconds.

    Raises:
        ArgumentError: They are no finite number above 0, or, with *zero*, of 0 or more.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and (0 < value < inf or (zero and value == 0)):
        return value
    raise ArgumentError(field, "0 seconds or more" if zero else "more than 0 seconds", value)
