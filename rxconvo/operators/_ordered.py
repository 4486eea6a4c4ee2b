"""A list of what is there, by events: in order, bounded, and telling its changes. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from rxconvo.model import CaughtUp, DiffBatch, Discontinuity, Reset
from rxconvo.operators._edits import Edits
from rxconvo.operators._items import Drop, Put, own_key_of, place_of, reading

__all__ = ["Ordered", "snapshots"]

R = TypeVar("R")


class Ordered:
    """A bounded list in order; of what is alike in it, what came first is first.

    Where it is full, the first of the list goes: the least in order.

    Args:
        key: Tells what an item is known by; of two with the same key, the later one takes the place of the other.
            None: what events know it by.
        order: What the list is sorted by; None: messages by their index, else as they came.
        limit: Items at most.
    """

    __slots__ = ("_arrived", "_edits", "_key", "_keys", "_limit", "_mapping", "_order", "_owners", "_places")

    def __init__(self, key: Callable[[Any], Hashable] | None, order: Callable[[Any], Any] | None, limit: int) -> None:
        self._key = key
        self._order = order or place_of
        self._limit = limit
        self._edits = Edits[Any]()
        self.clear()

    def clear(self) -> None:
        """Become empty."""
        self._edits.reset(())
        self._arrived = 0
        self._places: list[tuple[Any, int, Hashable]] = []  # of each item: its order, when it came, its key
        self._owners: dict[Hashable, tuple[Hashable, tuple[Any, int, Hashable]]] = {}  # by key: whose item, its place
        self._keys: dict[Hashable, Hashable] = {}  # by what events know an item by: its key
        self._mapping: dict[Hashable, Any] | None = None  # once it was asked for, until its order has changed

    @property
    def items(self) -> tuple[Any, ...]:
        """The list."""
        return tuple(self._edits.values)

    @property
    def mapping(self) -> dict[Hashable, Any]:
        """The list, by key: a copy, which is far less work than to make it anew."""
        if self._mapping is None:
            self._mapping = {place[2]: item for place, item in zip(self._places, self._edits.values, strict=True)}
        return self._mapping.copy()

    def tell(self, event: object) -> None:
        """Take what an event says. After a `Discontinuity` nothing is known, so the list is empty.

        Raises:
            ArgumentError: It is of another kind.
        """
        match reading(event):
            case Put() as put:
                self.put(put)
            case Drop() as drop:
                self.drop(drop)
            case Reset() as reset:
                self.reset(reset.values)
            case Discontinuity():
                self.clear()
            case _:
                pass

    def take(self) -> DiffBatch[Any]:
        """Return the changes since this was asked last."""
        return self._edits.take()

    def reset(self, items: Iterable[Any]) -> None:
        """Become a list of other items."""
        self.clear()
        for item in items:
            self.put(Put(own_key_of(item), item, new=True))

    def put(self, put: Put) -> None:
        """Take that an item has come, or changed. The change of one that is not in the list is none of its own."""
        own, item, new, handle = put
        known = own in self._keys
        if not known and not new:
            return
        key = own if self._key is None else self._key(item)
        if known and self._keys[own] != key:
            self.drop(Drop(own))
        owner = self._owners.get(key)
        if owner is None:
            self._arrived += 1
            self._insert(own, (self._order(item), self._arrived, key), item)
            return
        last_own, place = owner
        if last_own != own:
            del self._keys[last_own]
        moved = (self._order(item), place[1], key)
        at = self._at(place)
        if moved[0] == place[0]:
            self._own(own, moved)
            self._places[at] = moved
            if handle or item != self._edits.values[at]:
                self._edits.set(at, item)
                if self._mapping is not None:
                    self._mapping[key] = item
            return
        self._mapping = None
        del self._places[at]
        to = bisect_left(self._places, moved[:2], key=_rank)
        self._places.insert(to, moved)
        self._own(own, moved)
        if to == at:
            self._edits.set(at, item)
        else:
            self._edits.remove(at)
            self._edits.insert(to, item)

    def drop(self, drop: Drop) -> None:
        """Take that an item is gone."""
        if drop.key in self._keys:
            _, place = self._owners.pop(self._keys.pop(drop.key))
            self._remove(self._at(place))

    def _insert(self, own: Hashable, place: tuple[Any, int, Hashable], item: Any) -> None:
        at = bisect_left(self._places, place[:2], key=_rank)
        if len(self._places) == self._limit:
            if not at:
                return
            first, _ = self._owners.pop(self._places[0][2])
            del self._keys[first]
            self._remove(0)
            at -= 1
        if self._mapping is not None and at == len(self._places):
            self._mapping[place[2]] = item
        else:
            self._mapping = None
        self._places.insert(at, place)
        self._own(own, place)
        self._edits.insert(at, item)

    def _remove(self, at: int) -> None:
        if self._mapping is not None:
            del self._mapping[self._places[at][2]]
        del self._places[at]
        self._edits.remove(at)

    def _own(self, own: Hashable, place: tuple[Any, int, Hashable]) -> None:
        self._keys[own] = place[2]
        self._owners[place[2]] = own, place

    def _at(self, place: tuple[Any, int, Hashable]) -> int:
        return bisect_left(self._places, place[:2], key=_rank)


def _rank(place: tuple[Any, int, Hashable]) -> tuple[Any, int]:
    return place[:2]


def snapshots(ordered: Ordered, view: Callable[[Ordered], R]) -> Callable[[Any], tuple[()] | tuple[R]]:
    """Return what takes events, and gives a view of a list where that has changed.

    Args:
        ordered: The list.
        view: Makes what is to be seen of it.
    """
    ordered.take()
    shown: R | None = None

    def take(event: object) -> tuple[()] | tuple[R]:
        nonlocal shown
        anew = isinstance(event, Reset | Discontinuity)
        before = ordered.items if anew else ()
        ordered.tell(event)
        changed = bool(ordered.take().diffs)
        if anew:
            changed = ordered.items != before
        if not changed and not (shown is None and isinstance(event, Reset | CaughtUp)):
            return ()
        shown = view(ordered)
        return (shown,)

    return take
