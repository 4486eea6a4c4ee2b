"""What shows itself: the one place where values, events and handles get what notebooks look for."""

from __future__ import annotations

from typing import cast

from msgspec import Struct

from rxconvo.display.cards import Card
from rxconvo.display.describing import describe

__all__ = ["Displayed"]


class Displayed:
    """Something that shows itself as the last value of a notebook's cell."""

    __slots__ = ()

    def __card__(self) -> Card:
        """Return what is worth showing; by itself, all that it holds."""
        return describe(cast("Struct", self))

    def _repr_html_(self) -> str:
        from rxconvo.display.html import to_html  # noqa: PLC0415 - who shows nothing need not load it

        return to_html(self)
