"""The beginning of a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reactivex import Observable

from rxconvo.model import DiffBatch
from rxconvo.operators._arguments import check_number
from rxconvo.operators._live import Entry, View, live

__all__ = ["head"]

T = TypeVar("T")


def head(count: int | Observable[int]) -> Callable[[Observable[DiffBatch[T]]], Observable[DiffBatch[T]]]:
    """Keep the first values of a list that tells its changes.

    With `count=2` (`r` Reset((1, 2, 3)), `s` Append((4,)), `t` Remove(0)):

        diffs:  -r-s-t-|
        first:  -x---y-|      x Reset((1, 2)), y Remove(0) Append((3,))
        diffs:  -r-#
        first:  -x-#
        diffs:  -r-s-
        first:  -x!      ! disposed

    Example:
        import reactivex
        from rxconvo.operators import apply_diffs, head, to_diffs

        reactivex.of("abc", "xabc").pipe(to_diffs(), head(2), apply_diffs()).subscribe(print)
        # -> ('a', 'b')
        # -> ('x', 'a')

    Args:
        count: How many, 0 or more; or a stream of such numbers, so that a list can be shown bit by bit. That stream may
            complete.

    Returns:
        An operator for batches of diffs, as from `timeline` and `to_diffs`.

    Emits:
        First the beginning of the list, as a `Reset`, when there is both a batch and a number; then a batch for each
        batch and each number that changes it. It completes with the source. All values of the source's list are held,
        as they may come into the beginning.

    Raises:
        ArgumentError: `count` is no integer, or negative.

    Errors:
        Those of the source and of the stream of numbers; `ArgumentError` for a number of that stream, and for a batch
        that does not fit.
    """
    return live(_Head, count)


class _Head(View[int]):
    __slots__ = ()

    def check(self, parameter: int) -> int:
        return check_number("count", parameter, 0)

    def chosen(self) -> list[Entry]:
        return self.entries[: self.parameter]

    def inserted(self, index: int, entry: Entry) -> None:
        if index < self.parameter:
            self.made.truncate(self.parameter - 1)
            self.made.insert(index, entry)

    def removed(self, index: int, entry: Entry) -> None:
        if index < self.parameter:
            self.made.remove(index)
            self.made.append(self.entries[self.parameter - 1 : self.parameter])

    def replaced(self, index: int, entry: Entry) -> None:
        if index < self.parameter:
            self.made.set(index, entry)
