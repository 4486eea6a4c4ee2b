"""What operators check of their arguments."""

from __future__ import annotations

from rxconvo.errors import ArgumentError

__all__ = ["check_number"]


def check_number(field: str, value: object, least: int = 1) -> int:
    """Return a number of things.

    Raises:
        ArgumentError: It is no integer, or less than *least*.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ArgumentError(field, f"an integer, {least} or more", value)
    return value
