"""Which keys of a list or map are known, be there an item or not: pages show stretches of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from rxconvo.sync import Key

__all__ = ["END", "START", "Bound", "Coverage", "bound", "page_stretch"]

Bound: TypeAlias = tuple[int, Key]
"""A key, or an end of all keys, so that they can be compared."""

START: Final[Bound] = (0, 0)
END: Final[Bound] = (2, 0)


def bound(key: Key) -> Bound:
    """Return a key as a bound."""
    return 1, key


class Coverage:
    """Stretches of keys, both ends included; those that touch are one."""

    __slots__ = ("_stretches",)

    def __init__(self) -> None:
        self._stretches: list[tuple[Bound, Bound]] = []

    def clear(self) -> None:
        """Know nothing any more."""
        self._stretches.clear()

    def add(self, first: Bound, last: Bound) -> None:
        """Take that all keys from *first* to *last* are known."""
        kept: list[tuple[Bound, Bound]] = []
        for low, high in self._stretches:
            below = high < first and not _adjacent(high, first)
            above = last < low and not _adjacent(last, low)
            if below or above:
                kept.append((low, high))
            else:
                first, last = min(first, low), max(last, high)
        self._stretches = sorted([*kept, (first, last)])

    def around(self, key: Bound) -> tuple[Bound, Bound] | None:
        """Return the stretch that a key is in, or None."""
        return next(((low, high) for low, high in self._stretches if low <= key <= high), None)

    @property
    def newest(self) -> tuple[Bound, Bound] | None:
        """The stretch up to the end, or None."""
        return self.around(END)


def _adjacent(low: Bound, high: Bound) -> bool:
    """Tell whether there is no key between two, as between two indices that follow each other."""
    return low[0] == high[0] == 1 and isinstance(low[1], int) and isinstance(high[1], int) and high[1] == low[1] + 1


def page_stretch(keys: Iterable[Key], start: Key | None, *, descending: bool, has_more: bool) -> tuple[Bound, Bound]:
    """Return the stretch that a page shows.

    Args:
        keys: Those of its items.
        start: Where it was asked from, which is included; None: the end that its order begins with.
        descending: Whether that is the last key.
        has_more: Whether there are items after it, in its order.
    """
    bounds = sorted(map(bound, keys))
    if descending:
        last = END if start is None else bound(start)
        return (bounds[0] if bounds and has_more else START), last
    first = START if start is None else bound(start)
    return first, (bounds[-1] if bounds and has_more else END)
