"""From what changes in lists to the lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from rxconvo.model import DiffBatch
from rxconvo.model.diffs import apply
from rxconvo.operators._arguments import check_batch
from rxconvo.operators._stage import folding

__all__ = ["apply_diffs"]

T = TypeVar("T")


def apply_diffs() -> Callable[[Observable[DiffBatch[T]]], Observable[tuple[T, ...]]]:
    """Emit the list that each batch of diffs makes of the one before.

    The inverse of `to_diffs`. With `r` Reset((1,)), `s` Append((2,)), `t` Remove(0):

        diffs:  -r-s-t-|
        lists:  -a-b-c-|      a (1,), b (1, 2), c (2,)
        diffs:  -r-s#
        lists:  -a-b#
        diffs:  -r-s-
        lists:  -a!      ! disposed

    Example:
        import reactivex
        from rxconvo import Append, DiffBatch, Reset, Set
        from rxconvo.operators import apply_diffs

        batches = [DiffBatch((Reset((1, 2)),)), DiffBatch((Append((3,)), Set(0, 7)))]
        reactivex.from_(batches).pipe(apply_diffs()).subscribe(print)
        # -> (1, 2)
        # -> (7, 2, 3)

    Returns:
        An operator for batches of diffs. The list before the first one is empty.

    Emits:
        One tuple for each batch, none of which ever changes; it completes with the source.

    Errors:
        Those of the source; `ArgumentError` where a batch does not fit the list, and for what is no batch.
    """

    def make() -> Callable[[DiffBatch[Any]], tuple[tuple[Any, ...]]]:
        values: tuple[Any, ...] = ()

        def take(batch: DiffBatch[Any]) -> tuple[tuple[Any, ...]]:
            nonlocal values
            values = apply(values, check_batch(batch))
            return (values,)

        return take

    return folding(make)
