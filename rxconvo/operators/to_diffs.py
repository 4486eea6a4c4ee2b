"""From lists to what changes in them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from reactivex import Observable

from rxconvo.model import DiffBatch
from rxconvo.operators._arguments import check_callable
from rxconvo.operators._edits import Edits
from rxconvo.operators._stage import folding

__all__ = ["to_diffs"]

T = TypeVar("T")


def to_diffs(
    key: Callable[[Any], Hashable] | None = None, *, eq: Callable[[Any, Any], bool] = operator.eq
) -> Callable[[Observable[Sequence[T]]], Observable[DiffBatch[T]]]:
    """Emit what changes from each list to the next.

    `apply_diffs` makes the lists of it again. With `a` [1], `b` [1, 2], `c` [2]:

        lists:  -a-b-c-c-|
        diffs:  -r-s-t-n-|      r Reset((1,)), s Append((2,)), t Remove(0), n nothing
        lists:  -a-b#
        diffs:  -r-s#
        lists:  -a-b-
        diffs:  -r!      ! disposed

    Example:
        import reactivex
        from rxconvo.operators import to_diffs

        reactivex.of([1, 2], [1, 2, 3]).pipe(to_diffs()).subscribe(print)
        # -> DiffBatch(diffs=(Reset(values=(1, 2)),))
        # -> DiffBatch(diffs=(Append(values=(3,)),))

    Args:
        key: Tells which values of two lists are the same thing; what it returns is hashable. By default the value
            itself. What is the same thing and at its place is not touched, or set where it is not equal.
        eq: Tells whether two values of the same thing are equal.

    Returns:
        An operator for lists.

    Emits:
        One batch for each list: first a `Reset` with all of it; then as few changes as lead from one to the next, which
        are none where both are equal. It completes with the source. Nothing is kept but the last list.

    Errors:
        Those of the source, and what *key* and *eq* raise: `TypeError` where a key is not hashable.

    Raises:
        ArgumentError: An argument is not of its type.
    """
    check_callable("key", key, optional=True)
    check_callable("eq", eq)

    def make() -> Callable[[Sequence[Any]], tuple[DiffBatch[Any]]]:
        edits = Edits[Any]()
        edits.reset(())

        def take(values: Sequence[Any]) -> tuple[DiffBatch[Any]]:
            edits.replace(values, key or _itself, eq)
            return (edits.take(),)

        return take

    return folding(make)


def _itself(value: object) -> Hashable:
    return value
