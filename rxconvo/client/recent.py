"""What was asked for recently, up to a limit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from rxconvo.types import Sid

__all__ = ["Recent"]

V = TypeVar("V")


class Recent(Generic[V]):
    """Values by conversation and message; the least recently used are forgotten first.

    Args:
        limit: So many are kept.
    """

    __slots__ = ("_held", "_limit")

    def __init__(self, limit: int) -> None:
        self._held: OrderedDict[tuple[Sid, Sid], V] = OrderedDict()
        self._limit = limit

    def __contains__(self, key: tuple[Sid, Sid]) -> bool:
        """Tell whether there is a value."""
        return key in self._held

    def get(self, key: tuple[Sid, Sid]) -> V:
        """Return a value, which counts as used.

        Raises:
            KeyError: There is none.
        """
        self._held.move_to_end(key)
        return self._held[key]

    def put(self, key: tuple[Sid, Sid], value: V) -> None:
        """Keep a value."""
        self._held[key] = value
        self._held.move_to_end(key)
        if len(self._held) > self._limit:
            self._held.popitem(last=False)
