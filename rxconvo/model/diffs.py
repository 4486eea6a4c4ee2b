"""How lists change: a few kinds of diffs, and batches of them that belong together. Frozen and pure.

The diffs of a batch are applied one after the other; each index is as of then. Where it is not known what has changed,
a `Reset` says what the list is now.
"""

# The values are the application's own, and it may let them refer to what holds these: so, unlike all other values of
# the model, these are visited by the collector.

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Generic, TypeAlias, TypeVar

from msgspec import Struct

from rxconvo.display import Card, Displayed, Line, listed
from rxconvo.errors import ArgumentError

__all__ = [
    "Append",
    "CaughtUp",
    "Diff",
    "DiffBatch",
    "Insert",
    "ListEvent",
    "Remove",
    "Reset",
    "Set",
    "Truncate",
    "apply",
    "check_place",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_SHOWN: Final = 20
"""Diffs of a batch that are shown."""


class Append(Struct, Displayed, Generic[T_co], frozen=True):
    """Values were added at the end.

    Attributes:
        values: The values, at least one.
    """

    values: tuple[T_co, ...]


class Insert(Struct, Displayed, Generic[T_co], frozen=True):
    """A value was added before another.

    Attributes:
        index: Its place.
        value: The value.
    """

    index: int
    value: T_co


class Set(Struct, Displayed, Generic[T_co], frozen=True):
    """A value took the place of another.

    Attributes:
        index: Its place.
        value: The new value.
    """

    index: int
    value: T_co


class Remove(Struct, Displayed, frozen=True):
    """A value was removed.

    Attributes:
        index: Where it was.
    """

    index: int


class Truncate(Struct, Displayed, frozen=True):
    """Values were removed at the end.

    Attributes:
        length: How many are left.
    """

    length: int


class Reset(Struct, Displayed, Generic[T_co], frozen=True):
    """The list is known anew: what it was before does not count.

    It is the first that an observer of a list gets, and what it gets where changes may have been missed.

    Attributes:
        values: All that is in the list.
    """

    values: tuple[T_co, ...]


Diff: TypeAlias = Append[T] | Insert[T] | Set[T] | Remove | Truncate | Reset[T]
"""One change of a list."""


class DiffBatch(Struct, Displayed, Generic[T_co], frozen=True):
    """Changes of a list that happened together: only after the last of them is the list what it was or shall be.

    Attributes:
        diffs: The changes, in order; none, if the list was said again as it was.
    """

    diffs: tuple[Append[T_co] | Insert[T_co] | Set[T_co] | Remove | Truncate | Reset[T_co], ...]

    def __card__(self) -> Card:
        lines = [line for diff in self.diffs[:_SHOWN] for line in _lines(diff)]
        hidden = len(self.diffs) - _SHOWN
        more = (Line(None, more=hidden),) if hidden > 0 else ()
        return Card("Diff batch", note=(f"diffs: {len(self.diffs):,}",), lines=(*lines, *more), tone="changed")


class CaughtUp(Struct, Displayed, frozen=True):
    """All that was there has been told; from here on, things are told as they happen.

    Attributes:
        last: Key of the newest that was there, or None where nothing was.
    """

    last: object = None


ListEvent: TypeAlias = Reset[T] | CaughtUp
"""What streams of events carry in addition where history was joined to them."""


def apply(values: Iterable[T], batch: DiffBatch[T]) -> tuple[T, ...]:
    """Return what a batch makes of a list.

    Args:
        values: The list before.
        batch: The changes.

    Raises:
        ArgumentError: A place is outside the list: the batch belongs to another one.
    """
    made = list(values)
    for diff in batch.diffs:
        match diff:
            case Append():
                made += diff.values
            case Insert():
                made.insert(check_place(diff.index, len(made)), diff.value)
            case Set():
                made[check_place(diff.index, len(made) - 1)] = diff.value
            case Remove():
                del made[check_place(diff.index, len(made) - 1)]
            case Truncate():
                del made[check_place(diff.length, len(made)) :]
            case Reset():
                made[:] = diff.values
    return tuple(made)


def check_place(index: int, last: int) -> int:
    """Return a place in a list.

    Raises:
        ArgumentError: It is none from 0 to *last*.
    """
    if not 0 <= index <= last:
        raise ArgumentError("batch", f"one of this list: its places end at {last}", index)
    return index


def _lines(diff: Diff[Any]) -> tuple[Line, ...]:
    """Return how a diff is shown."""
    match diff:
        case Append():
            return listed(diff.values, "+")
        case Insert():
            return (Line(diff.value, f"+ {diff.index}"),)
        case Set():
            return (Line(diff.value, f"= {diff.index}"),)
        case Remove():
            return (Line("removed", f"\N{MINUS SIGN} {diff.index}"),)
        case Truncate():
            return (Line(f"all from here on are removed: {diff.length:,} are left", f"\N{MINUS SIGN} {diff.length}"),)
        case Reset():
            return (Line(f"the list is now, of {len(diff.values):,}:", "\N{IDENTICAL TO}"), *listed(diff.values))
