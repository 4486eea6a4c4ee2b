"""A list in another order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from rxconvo.model import DiffBatch
from rxconvo.operators._arguments import check_callable
from rxconvo.operators._live import Entry, View, live

__all__ = ["live_sort"]

T = TypeVar("T")


def live_sort(
    order: Callable[[Any], Any] | Observable[Callable[[Any], Any]],
) -> Callable[[Observable[DiffBatch[T]]], Observable[DiffBatch[T]]]:
    """Sort a list that tells its changes.

    With numbers as they are (`r` Reset((3, 1)), `s` Append((2,)), `t` Remove(0)):

        diffs:   -r-s-t-|
        sorted:  -x-y-z-|      x Reset((1, 3)), y Insert(1, 2), z Truncate(2)
        diffs:   -r-#
        sorted:  -x-#
        diffs:   -r-s-
        sorted:  -x!      ! disposed

    Example:
        import reactivex
        from rxconvo.operators import apply_diffs, live_sort, to_diffs

        lists = reactivex.of(["bean", "a"], ["bean", "a", "pod"])
        lists.pipe(to_diffs(), live_sort(len), apply_diffs()).subscribe(print)
        # -> ('a', 'bean')
        # -> ('a', 'pod', 'bean')

    Args:
        order: Returns what a value is sorted by, as the `key` of `sorted`; or a stream of such functions, each of which
            sorts the whole list from then on. That stream may complete.

    Returns:
        An operator for batches of diffs, as from `timeline` and `to_diffs`.

    Emits:
        First the sorted list, as a `Reset`, when there is both a batch and an order; then a batch for each batch and
        each order that changes it. What is alike stays in the order of the source. It completes with the source.

    Errors:
        Those of the source and of the stream of orders, what an order raises, `TypeError` where values cannot be
        compared, and `ArgumentError` for a batch that does not fit.

    Raises:
        ArgumentError: An argument is not of its type.
    """
    return live(_Sort, order)


class _Sort(View[Callable[[Any], Any]]):
    __slots__ = ()

    def check(self, parameter: Callable[[Any], Any]) -> Callable[[Any], Any]:
        check_callable("order", parameter)
        return parameter

    def chosen(self) -> list[Entry]:
        for entry in self.entries:
            entry.rank = self.parameter(entry.value)
        return sorted(self.entries, key=_rank)

    def inserted(self, index: int, entry: Entry) -> None:
        entry.rank = self.parameter(entry.value)
        self._insert_sorted(index, entry)

    def removed(self, index: int, entry: Entry) -> None:
        self.made.remove(self._find(entry))

    def replaced(self, index: int, entry: Entry) -> None:
        made, at = self.made.values, self._find(entry)
        entry.rank = self.parameter(entry.value)
        after_the_one_before = at == 0 or made[at - 1].rank < entry.rank
        if after_the_one_before and (at == len(made) - 1 or entry.rank < made[at + 1].rank):
            self.made.set(at, entry)
        else:
            self.made.remove(at)
            self._insert_sorted(index, entry)

    def _insert_sorted(self, index: int, entry: Entry) -> None:
        made = self.made.values
        first = bisect_left(made, entry.rank, key=_rank)
        last = bisect_right(made, entry.rank, lo=first, key=_rank)
        if first < last:  # among those that are alike, by their places in the source
            is_last = index == len(self.entries) - 1
            first = last if is_last else bisect_left(made, index, lo=first, hi=last, key=self.entries.index)
        self.made.insert(first, entry)

    def _find(self, entry: Entry) -> int:
        made = self.made.values
        return made.index(entry, bisect_left(made, entry.rank, key=_rank))


def _rank(entry: Entry) -> Any:
    return entry.rank
