"""Operators for lists that tell their changes, and what comes nearest to each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from reactivex import Observable
from reactivex import operators as ops

from benchmarks.duel import Duel, Side, Sink, piped
from benchmarks.duels_input import Event, Size, events
from rxconvo import operators as chat
from rxconvo.model import Append, Diff, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.model.diffs import apply

__all__ = ["duels"]

_SHOWN: Final = 20
"""Values that are shown of a list."""

_MANY: Final = 7919
"""Makes numbers that seem to come by chance, also for RxJS, and none of them twice."""


def duels(size: Size) -> Iterable[Duel]:
    """Return them."""
    bursts = [[_change(event, 2 * size.keys) for event in burst] for burst in events(size)]
    yield _apply_diffs(bursts)
    yield _to_diffs(bursts[: len(bursts) // 3])
    yield from _views(bursts)


def _change(event: Event, length: int) -> DiffBatch[int]:
    """Return how a list begins that is at least half as long for ever, or what changes in it then."""
    value = _scattered(length + event.number)
    match event.number % 4:
        case 0 if event.number == 0:
            return DiffBatch((Reset(tuple(map(_scattered, range(length)))),))
        case 0:
            return DiffBatch((Remove(event.key),))
        case 2:
            return DiffBatch((Insert(event.key, value),))
        case _:
            return DiffBatch((Set(event.key, value),))


def _scattered(number: int) -> int:
    return number * _MANY % 10_000


def _lists(bursts: Sequence[Sequence[DiffBatch[int]]]) -> list[list[tuple[int, ...]]]:
    """Return the list after each change."""
    made: tuple[int, ...] = ()

    def step(batch: DiffBatch[int]) -> tuple[int, ...]:
        nonlocal made
        made = apply(made, batch)
        return made

    return [[step(batch) for batch in burst] for burst in bursts]


def _last(sink: Sink) -> list[int]:
    return list(sink.kept[-1])


def _applied(sink: Sink) -> list[int]:
    made: tuple[int, ...] = ()
    for batch in sink.kept:
        made = apply(made, batch)
    return list(made)


def _apply_diffs(bursts: Sequence[Sequence[DiffBatch[int]]]) -> Duel:
    last = _lists(bursts)[-1][-1]
    return Duel(
        ours=Side("apply_diffs", piped(chat.apply_diffs), _last, keep=1),
        theirs=Side("ops.scan, a new list", piped(lambda: ops.scan(_apply_all, [])), _last, keep=1),
        bursts=bursts,
        expected=list(last),
        rxjs="scan, a new array",
    )


def _apply_all(values: list[int], batch: DiffBatch[int]) -> list[int]:
    values = values.copy()
    for diff in batch.diffs:
        _apply(values, diff)
    return values


def _apply(values: list[int], diff: Diff[int]) -> None:
    match diff:
        case Set(at, value):
            values[at] = value
        case Insert(at, value):
            values.insert(at, value)
        case Remove(at):
            del values[at]
        case Append(more):
            values += more
        case Truncate(length):
            del values[length:]
        case Reset(all_values):
            values[:] = all_values


def _to_diffs(bursts: Sequence[Sequence[DiffBatch[int]]]) -> Duel:
    lists = _lists(bursts)
    return Duel(
        ours=Side("to_diffs", piped(chat.to_diffs), _applied),
        theirs=Side(
            "ops.pairwise, difflib",
            piped(lambda: ops.start_with(()), ops.pairwise, lambda: ops.map(_difference)),
            _applied,
        ),
        bursts=lists,
        expected=list(lists[-1][-1]),
    )


def _difference(pair: tuple[Sequence[int], Sequence[int]]) -> DiffBatch[int]:
    before, after = pair
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return DiffBatch(tuple(diff for change in reversed(changes) for diff in _edits(change, after)))


def _edits(change: tuple[str, int, int, int, int], after: Sequence[int]) -> Iterator[Diff[int]]:
    """Yield what changes a part of a list, of which all behind it has been changed already."""
    what, start, stop, first, last = change
    if what != "equal":
        for at in reversed(range(start, stop)):
            yield Remove(at)
        for value in reversed(after[first:last]):
            yield Insert(start, value)


def _views(bursts: Sequence[Sequence[DiffBatch[int]]]) -> Iterator[Duel]:
    """Yield what sees some of a list of numbers that changes here and there, and what sees all in order."""
    values = _lists(bursts)[-1][-1]
    views: Iterable[tuple[str, Callable[[], Any], Callable[[Sequence[int]], Iterable[int]], str]] = (
        ("live_filter", lambda: chat.live_filter(_is_even), lambda values: filter(_is_even, values), "filter"),
        ("live_sort", lambda: chat.live_sort(int), sorted, "sort"),
        ("head", lambda: chat.head(_SHOWN), lambda values: values[:_SHOWN], "slice"),
        ("tail", lambda: chat.tail(_SHOWN), lambda values: values[-_SHOWN:], "slice"),
    )
    for name, ours, recompute, in_javascript in views:
        yield Duel(
            ours=Side(name, piped(ours), _applied),
            theirs=Side(
                f"the list made anew, {len(values)} values", piped(chat.apply_diffs, _recomputing(recompute)), _last, 1
            ),
            bursts=bursts,
            expected=list(recompute(values)),
            rxjs=f"scan, {in_javascript}",
        )


def _recomputing(view: Callable[[Any], Iterable[int]]) -> Callable[[], Callable[[Observable[Any]], Observable[Any]]]:
    return lambda: ops.map(lambda values: tuple(view(values)))


def _is_even(number: int) -> bool:
    return number % 2 == 0
