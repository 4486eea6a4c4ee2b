"""Lists that tell what is done to them, and what leads from one list to another. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from rxconvo.model import Append, Diff, DiffBatch, Insert, Remove, Reset, Set, Truncate

__all__ = ["Edits", "changes"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


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
    old, new = _numbered(before, key), _numbered(after, key)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    places = {name: start + place for place, name in enumerate(old[start : len(old) - end])}
    found = [places[name] for name in new[start : len(new) - end] if name in places]
    staying = {*range(start), *_longest_ascending(found), *range(len(old) - end, len(old))}
    yield from _removals(len(old), staying)
    kept = iter(sorted(staying))
    stay = {old[place] for place in staying}
    length = len(staying)
    for index, name in enumerate(new):
        if name in stay:
            if not eq(before[next(kept)], after[index]):
                yield Set(index, after[index])
        elif index >= length:  # nothing that stays is behind it
            yield Append(tuple(after[index:]))
            return
        else:
            yield Insert(index, after[index])
            length += 1


def _numbered(values: Sequence[T], key: Callable[[T], K]) -> list[tuple[K, int]]:
    """Return the keys, those that are repeated told apart."""
    seen: dict[K, int] = {}
    names: list[tuple[K, int]] = []
    for value in values:
        name = key(value)
        seen[name] = number = seen.get(name, -1) + 1
        names.append((name, number))
    return names


def _removals(length: int, staying: set[int]) -> Iterator[Truncate | Remove]:
    """Yield what leaves nothing but some places: from the end, so that each is still where it was."""
    rest = max(staying, default=-1) + 1
    if rest < length:
        yield Truncate(rest)
    for place in reversed(range(rest)):
        if place not in staying:
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
