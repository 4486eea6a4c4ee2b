"""Lists made of lists: by the diffs of one, kept up to date without making it anew."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar, cast

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.model import Append, Diff, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.model.diffs import check_place
from rxconvo.operators._arguments import check_batch
from rxconvo.operators._edits import Edits
from rxconvo.operators._stage import Stage, staged

__all__ = ["Entry", "View", "live"]

P = TypeVar("P")
T = TypeVar("T")


class Entry:
    """A place in a list, wherever it moves.

    Attributes:
        value: What is there.
        rank: What it is sorted by, where it is.
    """

    __slots__ = ("rank", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.rank: Any = None


class View(ABC, Generic[P]):
    """A list made of another one and of a parameter.

    Attributes:
        entries: The other list.
        made: What is made of it.
        parameter: The parameter.
    """

    __slots__ = ("_heard", "_known", "_shown", "entries", "made", "parameter")

    parameter: P

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.made = Edits[Entry]()
        self._heard = False  # whether the other list is known
        self._known = False  # whether the parameter is
        self._shown = False  # whether both were, so that edits count

    @abstractmethod
    def chosen(self) -> list[Entry]:
        """Make the list anew."""

    @abstractmethod
    def inserted(self, index: int, entry: Entry) -> None:
        """Take that an entry was put in at *index*."""

    @abstractmethod
    def removed(self, index: int, entry: Entry) -> None:
        """Take that an entry was taken out at *index*."""

    @abstractmethod
    def replaced(self, index: int, entry: Entry) -> None:
        """Take that the entry at *index* has another value."""

    def check(self, parameter: P) -> P:
        """Return a parameter.

        Raises:
            ArgumentError: It makes no sense.
        """
        return parameter

    def change(self, parameter: P) -> Iterable[DiffBatch[Any]]:
        """Take another parameter."""
        self.parameter = self.check(parameter)
        self._known = True
        if self._shown:
            self.made.replace(self.chosen(), id, operator.is_)
        return self._news()

    def take(self, batch: DiffBatch[Any]) -> Iterable[DiffBatch[Any]]:
        """Take what has changed in the other list.

        Raises:
            ArgumentError: It is no batch.
        """
        check_batch(batch)
        self._heard = True
        for diff in batch.diffs:
            self._apply(diff)
        return self._news()

    def _apply(self, diff: Diff[Any]) -> None:
        match diff:
            case Append():
                for value in diff.values:
                    self._insert(len(self.entries), value)
            case Insert():
                self._insert(check_place(diff.index, len(self.entries)), diff.value)
            case Set():
                self._set(check_place(diff.index, len(self.entries) - 1), diff.value)
            case Remove():
                self._remove(check_place(diff.index, len(self.entries) - 1))
            case Truncate():
                for index in reversed(range(check_place(diff.length, len(self.entries)), len(self.entries))):
                    self._remove(index)
            case Reset():
                self.entries[:] = map(Entry, diff.values)
                if self._shown:
                    self.made.reset(self.chosen())

    def _insert(self, index: int, value: Any) -> None:
        entry = Entry(value)
        self.entries.insert(index, entry)
        if self._shown:
            self.inserted(index, entry)

    def _set(self, index: int, value: Any) -> None:
        entry = self.entries[index]
        entry.value = value
        if self._shown:
            self.replaced(index, entry)

    def _remove(self, index: int) -> None:
        entry = self.entries.pop(index)
        if self._shown:
            self.removed(index, entry)

    def _news(self) -> Iterable[DiffBatch[Any]]:
        if not self._shown:
            if not (self._heard and self._known):
                return ()
            self._shown = True
            self.made.reset(self.chosen())
        diffs = tuple(map(_of_values, self.made.take().diffs))
        return (DiffBatch(diffs),) if diffs else ()


def _of_values(diff: Diff[Entry]) -> Diff[Any]:
    match diff:
        case Append():
            return Append(tuple(entry.value for entry in diff.values))
        case Insert():
            return Insert(diff.index, diff.value.value)
        case Set():
            return Set(diff.index, diff.value.value)
        case Reset():
            return Reset(tuple(entry.value for entry in diff.values))
        case _:
            return diff


def live(
    make: Callable[[], View[P]], parameter: P | Observable[P]
) -> Callable[[Observable[DiffBatch[T]]], Observable[DiffBatch[T]]]:
    """Return an operator for batches of diffs.

    Args:
        make: Makes the view of a subscription.
        parameter: Its parameter, or a stream of those; that may end.

    Raises:
        ArgumentError: The parameter makes no sense.
    """
    if not isinstance(parameter, Observable):
        make().check(parameter)

    def start(stage: Stage[DiffBatch[T]], source: Observable[DiffBatch[T]], scheduler: SchedulerBase | None) -> None:
        view = make()
        if isinstance(parameter, Observable):
            stage.follow(cast("Observable[P]", parameter), view.change, scheduler)
        else:
            view.change(parameter)
        stage.follow(source, view.take, scheduler, completed=stage.finish)

    return staged(start)
