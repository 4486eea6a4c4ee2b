"""What waits for something until a deadline: requests for their reply, requests for the connection."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["Pending"]

T = TypeVar("T")


class Pending(Generic[T]):
    """Items by id, each with a deadline; the earliest deadline is always at hand.

    Deadlines mostly come in ascending order, because they are made of a clock and a fixed span. Then everything here
    takes constant time. An item out of order is allowed and costs a sort.

    All times are seconds of the caller's clock.
    """

    def __init__(self) -> None:
        self._items: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._latest = float("-inf")

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._items)

    def __contains__(self, item_id: str) -> bool:
        """Whether the item of this id waits."""
        return item_id in self._items

    def add(self, item_id: str, deadline: float, item: T) -> None:
        """Let *item* wait until *deadline*.

        Args:
            item_id: Its id; must not wait already.
            deadline: When `expire` gives it up.
            item: Anything.
        """
        self._items[item_id] = (deadline, item)
        if deadline < self._latest:
            self._items = OrderedDict(sorted(self._items.items(), key=_deadline))
        else:
            self._latest = deadline

    def pop(self, item_id: str) -> T | None:
        """Take one item out and return it, or None if it does not wait."""
        found = self._items.pop(item_id, None)
        return None if found is None else found[1]

    def expire(self, now: float) -> list[tuple[str, T]]:
        """Take out what has reached its deadline; return ids and items, the earliest first."""
        expired: list[tuple[str, T]] = []
        while self._items:
            item_id, (deadline, item) = next(iter(self._items.items()))
            if deadline > now:
                break
            del self._items[item_id]
            expired.append((item_id, item))
        return expired

    def clear(self) -> list[tuple[str, T]]:
        """Take everything out; return ids and items, the earliest deadline first."""
        cleared = [(item_id, item) for item_id, (_, item) in self._items.items()]
        self._items.clear()
        self._latest = float("-inf")
        return cleared

    def next_deadline(self) -> float | None:
        """Return the earliest deadline, or None if nothing waits."""
        return next(iter(self._items.values()))[0] if self._items else None


def _deadline(entry: tuple[str, tuple[float, T]]) -> float:
    return entry[1][0]
