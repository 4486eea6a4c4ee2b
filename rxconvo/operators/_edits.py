"""Lists that tell what is done to them, and what leads from one list to another. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import compress, count
from operator import not_
from typing import Generic, TypeVar

from rxconvo.model import Append, Diff, DiffBatch, Insert, Remove, Reset, Set, Truncate

__all__ = ["Edits", "changes"]

T = TypeVar("T")


class Edits(Generic[T]):
    """A list that writes down what is done to it, as briefly as it can.

    Attributes:
        values: The list. Not to be changed directly.
    """

    __slots__ = ("_added", "_diffs", "values")

    def __init__(self) -> None:
        self.values: list[T] = []
        self._diffs: list[Diff[T]] = []
        self._added: list[T] = []  # what was put at the end after all those

    def __len__(self) -> int:
        return len(self.values)

    def insert(self, index: int, value: T) -> None:
        """Put a value before that at *index*, or at the end."""
        if index == len(self.values):
            self._added.append(value)
        else:
            self._note(Insert(index, value))
        self.values.insert(index, value)

    def append(self, values: Iterable[T]) -> None:
        """Put values at the end."""
        count = len(self.values)
        self.values += values
        self._added += self.values[count:]

    def set(self, index: int, value: T) -> None:
        """Replace the value at *index*."""
        self._note(Set(index, value))
        self.values[index] = value

    def remove(self, index: int) -> None:
        """Take out the value at *index*."""
        if index < len(self.values) - 1:
            self._note(Remove(index))
            del self.values[index]
        else:
            self.truncate(index)

    def truncate(self, length: int) -> None:
        """Take out all from the place *length* on."""
        surplus = len(self.values) - length
        if surplus <= 0:
            return
        del self.values[length:]
        new = len(self._added)
        del self._added[max(0, new - surplus) :]  # of what was only just put there, nobody need hear
        if surplus > new:
            if self._diffs and isinstance(self._diffs[-1], Truncate):
                self._diffs.pop()
            self._diffs.append(Truncate(length))

    def reset(self, values: Iterable[T]) -> None:
        """Become another list."""
        self.values[:] = values
        self._diffs[:] = (Reset(()),)
        self._added.clear()

    def replace(self, values: Sequence[T], key: Callable[[T], Hashable], eq: Callable[[T, T], bool]) -> None:
        """Become another list by single edits. See `changes`."""
        for diff in changes(self.values, values, key, eq):
            self._note(diff)
        self.values[:] = values

    def take(self) -> DiffBatch[T]:
        """Return what was done since this was asked last."""
        diffs, added = self._diffs, self._added
        self._diffs, self._added = [], []
        if diffs and isinstance(diffs[0], Reset):
            return DiffBatch((Reset(tuple(self.values)),))
        if added:
            diffs.append(Append(tuple(added)))
        return DiffBatch(tuple(diffs))

    def _note(self, diff: Diff[T]) -> None:
        if self._added:
            self._diffs.append(Append(tuple(self._added)))
            self._added.clear()
        self._diffs.append(diff)


def changes(
    before: Sequence[T], after: Sequence[T], key: Callable[[T], Hashable], eq: Callable[[T, T], bool]
) -> Iterator[Diff[T]]:
    """Yield what leads from one list to another, with as few values as possible touched.

    What both have, and in the same order, stays where it is; of several choices of that, a longest is taken. All else
    is removed, and inserted where it belongs. Of values with the same key, the first is taken for the first, and so on.

    Args:
        before: The list before.
        after: The list after.
        key: Tells which values are the same thing.
        eq: Tells whether two values of the same thing are equal.
    """
    old, new = _told_apart(list(map(key, before)), list(map(key, after)))
    start = _alike(old, new)
    end = min(_alike(reversed(old), reversed(new)), min(len(old), len(new)) - start)
    old_end, new_end = len(old) - end, len(new) - end
    places = {name: place for place, name in enumerate(old[start:old_end], start)}
    staying = _longest_ascending([places[name] for name in new[start:new_end] if name in places])
    yield from _removals(start, old_end, staying, cut=not end)
    yield from _unequal(before[:start], after, 0, eq)
    kept = iter(staying)
    stay = {old[place] for place in staying}
    length = start + len(staying) + end
    for index, name in enumerate(new[start:new_end], start):
        if name in stay:
            if not eq(before[next(kept)], after[index]):
                yield Set(index, after[index])
        elif index >= length:  # nothing that stays is behind it
            yield Append(tuple(after[index:]))
            return
        else:
            yield Insert(index, after[index])
            length += 1
    yield from _unequal(before[old_end:], after[new_end:], new_end, eq)


def _told_apart(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[Sequence[Hashable], Sequence[Hashable]]:
    """Return the keys, those that are repeated told apart by numbers."""
    if len(set(old)) == len(old) and len(set(new)) == len(new):
        return old, new
    return _numbered(old), _numbered(new)


def _numbered(keys: Iterable[Hashable]) -> Sequence[Hashable]:
    seen: dict[Hashable, int] = {}
    names: list[Hashable] = []
    for key in keys:
        seen[key] = number = seen.get(key, -1) + 1
        names.append((key, number))
    return names


def _alike(old: Iterable[object], new: Iterable[object]) -> int:
    """Return in how many places from the first on both have the same."""
    places = 0
    for one, other in zip(old, new, strict=False):
        if not (one is other or one == other):
            break
        places += 1
    return places


def _unequal(before: Sequence[T], after: Sequence[T], at: int, eq: Callable[[T, T], bool]) -> Iterator[Set[T]]:
    """Yield what is to be set of values that are at the same places in both. Most often that is nothing, of many."""
    for place in compress(count(), map(not_, map(eq, before, after))):
        yield Set(at + place, after[place])


def _removals(start: int, end: int, staying: Sequence[int], *, cut: bool) -> Iterator[Truncate | Remove]:
    """Yield what leaves nothing but some places: from the end, so that each is still where it was.

    Args:
        start: The first place that may be removed.
        end: That behind the last one.
        staying: Places between them that are not.
        cut: Whether nothing is behind them.
    """
    rest = max(staying, default=start - 1) + 1 if cut else end
    if rest < end:
        yield Truncate(rest)
    stay = set(staying)
    for place in reversed(range(start, rest)):
        if place not in stay:
            yield Remove(place)


def _longest_ascending(numbers: Sequence[int]) -> list[int]:
    """Return a longest ascending subsequence of different numbers."""
    ends: list[int] = []  # the least end of one of each length
    at: list[int] = []  # where that is
    before: list[int] = []  # where the one before it is
    for place, number in enumerate(numbers):
        length = bisect_left(ends, number)
        before.append(at[length - 1] if length else -1)
        ends[length : length + 1] = [number]
        at[length : length + 1] = [place]
    place = at[-1] if at else -1
    found: list[int] = []
    while place >= 0:
        found.append(numbers[place])
        place = before[place]
    return found[::-1]
