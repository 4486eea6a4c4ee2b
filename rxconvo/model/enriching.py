"""What is found out about a value, as a value. Frozen and pure."""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

from rxconvo.display import Displayed

__all__ = ["Enriched"]

T_co = TypeVar("T_co", covariant=True)
R_co = TypeVar("R_co", covariant=True)


class Enriched(Struct, Displayed, Generic[T_co, R_co], frozen=True):
    """A value, and what was found out about it.

    Attributes:
        value: The value.
        result: What was found out; None if that failed.
        error: Why it failed, or None.
    """

    value: T_co
    result: R_co | None = None
    error: Exception | None = None
