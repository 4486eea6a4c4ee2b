"""The part of a list that fulfils a condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from rxconvo.model import DiffBatch
from rxconvo.operators._arguments import check_callable
from rxconvo.operators._live import Entry, View, live

__all__ = ["live_filter"]

T = TypeVar("T")


def live_filter(
    predicate: Callable[[Any], object] | Observable[Callable[[Any], object]],
) -> Callable[[Observable[DiffBatch[T]]], Observable[DiffBatch[T]]]:
    """Keep what fulfils a condition in a list that tells its changes.

    With the condition to be even (`r` Reset((1, 2)), `s` Append((3,)), `t` Insert(0, 4)):

        diffs:  -r-s-t-|
        kept:   -x---y-|      x Reset((2,)), y Insert(0, 4)
        diffs:  -r-#
        kept:   -x-#
        diffs:  -r-t-
        kept:   -x!      ! disposed

    Example:
        import reactivex
        from rxconvo.operators import apply_diffs, live_filter, to_diffs

        short = live_filter(lambda word: len(word) < 4)
        reactivex.of(["a", "bean"], ["a", "bean", "pod"]).pipe(to_diffs(), short, apply_diffs()).subscribe(print)
        # -> ('a',)
        # -> ('a', 'pod')

    Args:
        predicate: Tells whether a value is kept; or a stream of such functions, each of which applies to the whole list
            from then on. That stream may complete.

    Returns:
        An operator for batches of diffs, as from `timeline` and `to_diffs`.

    Emits:
        First the list that is kept, as a `Reset`, when there is both a batch and a predicate; then a batch for each
        batch and each predicate that changes it. It completes with the source. All values of the source's list are
        held, as another predicate may want them.

    Errors:
        Those of the source and of the stream of predicates, what a predicate raises, and `ArgumentError` for a batch
        that does not fit.

    Raises:
        ArgumentError: An argument is not of its type.
    """
    return live(_Filter, predicate)


class _Filter(View[Callable[[Any], object]]):
    __slots__ = ("_flags",)

    _flags: bytearray  # for each entry, 1 if it is kept

    def check(self, parameter: Callable[[Any], object]) -> Callable[[Any], object]:
        check_callable("predicate", parameter)
        return parameter

    def chosen(self) -> list[Entry]:
        self._flags = bytearray(bool(self.parameter(entry.value)) for entry in self.entries)
        return [entry for entry, kept in zip(self.entries, self._flags, strict=True) if kept]

    def inserted(self, index: int, entry: Entry) -> None:
        kept = bool(self.parameter(entry.value))
        self._flags.insert(index, kept)
        if kept:
            self.made.insert(self._place(index), entry)

    def removed(self, index: int, entry: Entry) -> None:
        if self._flags.pop(index):
            self.made.remove(self._place(index))

    def replaced(self, index: int, entry: Entry) -> None:
        before, kept = self._flags[index], bool(self.parameter(entry.value))
        self._flags[index] = kept
        if before and kept:
            self.made.set(self._place(index), entry)
        elif before:
            self.made.remove(self._place(index))
        elif kept:
            self.made.insert(self._place(index), entry)

    def _place(self, index: int) -> int:
        return self._flags.count(1, 0, index)
