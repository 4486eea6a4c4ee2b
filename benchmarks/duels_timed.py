"""Operators that let time pass, and what comes nearest to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from benchmarks.duel import PAUSE, Duel, Side, Sink, piped
from benchmarks.duels_input import (
    KEYS,
    SHORT,
    TICK,
    Event,
    Size,
    clock_scheduler,
    events,
    loop_scheduler,
    several_each,
    thread,
)
from rxconvo import operators as chat
from rxconvo.model import Append, DiffBatch
from rxconvo.model.diffs import apply

__all__ = ["duels"]

_PARTS: Final = 1000
"""Of a number, that have to be the same."""


def duels(size: Size) -> Iterable[Duel]:
    """Return them."""
    bursts = events(size)
    kept = [event._replace(key=event.key * KEYS) for event in several_each(size.weighed)]
    last_of_each = [burst[-1].number for burst in bursts]
    per_thread = Counter(thread(event) for burst in bursts for event in burst)
    visits = sorted(visit for burst in bursts for visit in Counter(map(thread, burst)).values())
    yield Duel(
        ours=Side("debounce", piped(lambda: chat.debounce(SHORT)), _numbers),
        theirs=Side("ops.debounce", piped(lambda: ops.debounce(SHORT, loop_scheduler())), _numbers),
        bursts=bursts,
        expected=last_of_each,
        rxjs="debounceTime",
    )
    yield Duel(
        ours=Side("audit", piped(lambda: chat.audit(SHORT)), _numbers),
        theirs=Side("ops.sample", piped(lambda: ops.sample(TICK, loop_scheduler())), _numbers),
        bursts=bursts,
        expected=last_of_each,
        rxjs="auditTime",
    )
    yield Duel(
        ours=Side("conflate, diffs", piped(lambda: chat.conflate(1 / SHORT)), _list),
        theirs=Side("ops.sample", piped(lambda: ops.sample(TICK, loop_scheduler())), _list),
        bursts=[[DiffBatch((Append((event.number,)),)) for event in burst] for burst in bursts],
        expected=tuple(range(size.values)),
        flaw=lambda made: f"{1 - len(made) / size.values:.0%} lost",
    )
    yield Duel(
        ours=Side("in_order", piped(lambda: chat.in_order(_number, SHORT)), _numbers),
        theirs=Side(
            "ops.buffer_with_time, sorted",
            piped(
                lambda: ops.buffer_with_time(SHORT, scheduler=loop_scheduler()),
                lambda: ops.flat_map(lambda buffer: reactivex.from_iterable(sorted(buffer, key=_number))),
            ),
            _numbers,
        ),
        bursts=[_swapped(burst) for burst in bursts],
        expected=list(range(size.values)),
        rxjs="bufferTime, sorted",
    )
    yield Duel(
        ours=Side("rate", piped(lambda: chat.rate(2 * PAUSE, slide=SHORT)), _all_rates),
        theirs=Side(
            "ops.buffer_with_time",
            piped(
                lambda: ops.buffer_with_time(2 * PAUSE, SHORT, loop_scheduler()),
                lambda: ops.map(lambda buffer: len(buffer) / (2 * PAUSE)),
            ),
            _all_rates,
        ),
        bursts=bursts,
        expected=size.values,
        rxjs="bufferTime",
    )
    yield Duel(
        ours=Side("ewma", piped(lambda: ops.map(_number), lambda: chat.ewma(2 * PAUSE)), _means, keep=1),
        theirs=Side(
            "ops.timestamp, ops.scan",
            piped(
                lambda: ops.map(_number),
                lambda: ops.timestamp(clock_scheduler()),
                lambda: ops.scan(_weighted, _Weighted()),
                lambda: ops.map(lambda weighted: weighted.sum / weighted.weight),
            ),
            _means,
            keep=1,
        ),
        bursts=bursts,
        expected=[size.values, _mean(bursts)],
        rxjs="timestamp, scan",
    )
    yield Duel(
        ours=Side("windowed_count", piped(lambda: chat.windowed_count(SHORT, by=thread)), _all_counts),
        theirs=Side(
            "ops.buffer_with_time, Counter",
            piped(
                lambda: ops.buffer_with_time(SHORT, scheduler=loop_scheduler()),
                lambda: ops.map(lambda buffer: Counter(map(thread, buffer))),
            ),
            _all_counts,
        ),
        bursts=bursts,
        expected=sorted(map(list, per_thread.items())),
        weighed=kept,
        keys=size.weighed,
        rxjs="bufferTime, a count",
    )
    yield Duel(
        ours=Side(
            "sessionize",
            piped(lambda: chat.sessionize(SHORT, by=thread, at=_date)),
            lambda sink: sorted(session.count for session in sink.kept if not session.open),
        ),
        theirs=Side(
            "ops.group_by_until, ops.scan",
            piped(_until_silent, lambda: ops.flat_map(_growing)),
            lambda sink: sorted(len(items) for items, is_open in sink.kept if not is_open),
        ),
        bursts=bursts,
        expected=visits,
        weighed=kept,
        keys=size.weighed,
        rxjs="groupBy, scan",
    )
    yield Duel(
        ours=Side("thread_by", piped(lambda: chat.thread_by(thread, idle=SHORT), _counted), _sorted),
        theirs=Side("ops.group_by_until", piped(_until_silent, _counted), _sorted),
        bursts=bursts,
        expected=visits,
        weighed=kept,
        keys=size.weighed,
        rxjs="groupBy",
    )


def _number(event: Event) -> int:
    return event.number


class _Weighted(NamedTuple):
    """The sum of numbers and that of their weights, as of the last one."""

    sum: float = 0.0
    weight: float = 0.0
    since: datetime | None = None


def _weighted(so_far: _Weighted, stamped: Any) -> _Weighted:
    passed = 0.0 if so_far.since is None else (stamped.timestamp - so_far.since).total_seconds()
    left = 0.5 ** (passed / (2 * PAUSE))
    return _Weighted(so_far.sum * left + stamped.value, so_far.weight * left + 1.0, stamped.timestamp)


def _means(sink: Sink) -> list[int]:
    mean: float = sink.kept[-1]
    return [sink.count, round(mean * _PARTS)]


def _mean(bursts: Sequence[Sequence[Event]]) -> int:
    """Return the mean where a burst counts half as much after two others."""
    weights = [(0.5 ** ((len(bursts) - 1 - at) / 2), burst) for at, burst in enumerate(bursts)]
    total: float = sum(weight * sum(event.number for event in burst) for weight, burst in weights)
    weight_of_all: float = sum(weight * len(burst) for weight, burst in weights)
    return round(_PARTS * total / weight_of_all)


def _swapped(burst: Sequence[Event]) -> list[Event]:
    """Return the values of a burst, but the first, two and two in the wrong order."""
    return [burst[0], *(event for at in range(1, len(burst), 2) for event in reversed(burst[at : at + 2]))]


def _date(event: Event) -> Any:
    return event.date


def _until_silent() -> Any:
    """Return what makes groups that end when nothing has come for a while."""
    silence: Callable[[Observable[Any]], Observable[Any]] = ops.debounce(SHORT, loop_scheduler())
    return ops.group_by_until(thread, None, silence)


def _counted() -> Any:
    count: Callable[[Observable[Any]], Observable[int]] = ops.count()
    return ops.flat_map(count)


def _longer(items: tuple[Event, ...], event: Event) -> tuple[Event, ...]:
    return (*items, event)


def _growing(group: Any) -> Any:
    """Return the values of a group so far with each of them, and once more when it ends."""
    return group.pipe(
        ops.scan(_longer, tuple[Event, ...]()),
        ops.publish(
            lambda items: reactivex.merge(
                items.pipe(ops.map(lambda made: (made, True))),
                items.pipe(ops.last(), ops.map(lambda made: (made, False))),
            )
        ),
    )


def _numbers(sink: Sink) -> list[int]:
    return [event.number for event in sink.kept]


def _sorted(sink: Sink) -> list[int]:
    return sorted(sink.kept)


def _list(sink: Sink) -> tuple[int, ...]:
    made: tuple[int, ...] = ()
    for batch in sink.kept:
        made = apply(made, batch)
    return made


def _all_rates(sink: Sink) -> int:
    """Return how many values were counted: each in as many rates as the window has steps."""
    rates: Iterable[float] = sink.kept
    return round(sum(rates) * SHORT)


def _all_counts(sink: Sink) -> list[list[int]]:
    totals = Counter[int]()
    for counts in sink.kept:
        totals.update(counts)
    return sorted(map(list, totals.items()))
