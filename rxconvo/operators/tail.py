"""The end of a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reactivex import Observable

from rxconvo.model import DiffBatch
from rxconvo.operators._arguments import check_number
from rxconvo.operators._live import Entry, View, live

__all__ = ["tail"]

T = TypeVar("T")


def tail(count: int | Observable[int]) -> Callable[[Observable[DiffBatch[T]]], Observable[DiffBatch[T]]]:
    """Keep the last values of a list that tells its changes.

    With `count=2` (`r` Reset((1, 2, 3)), `s` Append((4,)), `t` Remove(0)):

        diffs:  -r-s-t-|
        last:   -x-y---|      x Reset((2, 3)), y Remove(0) Append((4,))
        diffs:  -r-#
        last:   -x-#
        diffs:  -r-s-
        last:   -x!      ! disposed

    Example:
        import reactivex
        from rxconvo.operators import apply_diffs, tail, to_diffs

        reactivex.of("abc", "abcd").pipe(to_diffs(), tail(2), apply_diffs()).subscribe(print)
        # -> ('b', 'c')
        # -> ('c', 'd')

    Args:
        count: How many, 0 or more; or a stream of such numbers, so that a list can be shown bit by bit. That stream may
            complete.

    Returns:
        An operator for batches of diffs, as from `timeline` and `to_diffs`.

    Emits:
        First the end of the list, as a `Reset`, when there is both a batch and a number; then a batch for each batch
        and each number that changes it. It completes with the source. All values of the source's list are held, as they
        may come into the end.

    Raises:
        ArgumentError: `count` is no integer, or negative.

    Errors:
        Those of the source and of the stream of numbers; `ArgumentError` for a number of that stream, and for a batch
        that does not fit.
    """
    return live(_Tail, count)


class _Tail(View[int]):
    __slots__ = ()

    def check(self, parameter: int) -> int:
        return check_number("count", parameter, 0)

    def chosen(self) -> list[Entry]:
        return self.entries[max(0, len(self.entries) - self.parameter) :]

    def inserted(self, index: int, entry: Entry) -> None:
        first = len(self.entries) - 1 - len(self.made)  # where the end began before
        if len(self.made) < self.parameter:
            self.made.insert(index, entry)
        elif index > first:
            self.made.remove(0)
            self.made.insert(index - first - 1, entry)

    def removed(self, index: int, entry: Entry) -> None:
        first = len(self.entries) + 1 - len(self.made)
        if index >= first:
            self.made.remove(index - first)
            if first:
                self.made.insert(0, self.entries[first - 1])

    def replaced(self, index: int, entry: Entry) -> None:
        first = len(self.entries) - len(self.made)
        if index >= first:
            self.made.set(index - first, entry)
