"""One more typing event, where very many indicators are armed already.

What is counted is what an operator does with an event that it is handed, of a conversation by chance. The event itself
is always the same: where it comes from it has just been made, and so is at hand. Beside the indicator stands
`ops.debounce`, which is what one would begin to build one with, and a method that does nothing, one of as many objects,
which no operator can be cheaper than.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from time import process_time
from typing import Any, Final

from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable
from reactivex.scheduler.eventloop import AsyncIOScheduler

from benchmarks.budgets import BUDGETS
from benchmarks.harness import Contender, Row, Scale, race
from benchmarks.limit import LIMIT, limit_of
from rxconvo import Participant, TypingStarted
from rxconvo import operators as chat

__all__ = ["Armed", "debouncers", "indicators", "measure"]

_SIZES: Final = {Scale.FULL: (10_000, 5_000, 7), Scale.QUICK: (5_000, 5_000, 3), Scale.TINY: (5, 20, 1)}
"""Conversations, events a round, rounds."""

_DEBOUNCE: Final = 0.3
_PATIENCE: Final = 30.0
_LONG: Final = 600.0
"""Seconds in which nobody is taken to have stopped while it is measured: else, where a round takes long, an event would
find that out, and begin anew."""

_OURS, _PEER, _LEAST = "ours", "ops.debounce", "an empty method"
_EVENT: Final = TypingStarted(Participant("MB1", "bob"))


class _Source(Observable[Any]):
    """Hands events to the operator behind it, and does nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.send: Callable[[Any], None]

    def subscribe(self, on_next: Any = None, *_rest: Any, **_options: Any) -> DisposableBase:
        """Keep what takes the events."""
        self.send = on_next
        return Disposable()


class Armed:
    """So many conversations in which somebody types, each with an operator of its own that waits.

    Args:
        conversations: How many.
        operator: Makes the operator.
    """

    def __init__(
        self, conversations: int, operator: Callable[[], Callable[[Observable[Any]], Observable[Any]]]
    ) -> None:
        self.shown = 0
        self._sources = [_Source() for _ in range(conversations)]
        self._subscriptions = [source.pipe(operator()).subscribe(self._show) for source in self._sources]
        self._chance = Random(1)

    def arm(self) -> None:
        """Let somebody type in each conversation."""
        for source in self._sources:
            source.send(_EVENT)

    async def wait_until_shown(self) -> None:
        """Wait until each operator has let that through."""
        async with asyncio.timeout(_PATIENCE):
            while self.shown < len(self._sources):  # noqa: ASYNC110 - nothing is measured meanwhile
                await asyncio.sleep(0.01)

    def contender(self, amount: int) -> Contender:
        """Return what takes so many events and tells the seconds of each."""

        async def take() -> float:
            await asyncio.sleep(0)  # what is due is done now
            operators = [source.send for source in self._chance.choices(self._sources, k=amount)]
            start = process_time()
            _send_to_all(operators)
            return (process_time() - start) / amount

        return take

    def dispose(self) -> None:
        """End everything."""
        for subscription in self._subscriptions:
            subscription.dispose()

    def _show(self, _shown: object) -> None:
        self.shown += 1


def indicators(conversations: int) -> Armed:
    """Return ours."""
    return Armed(conversations, lambda: chat.typing_indicator(timeout=_LONG))


def debouncers(conversations: int) -> Armed:
    """Return the peer's."""
    scheduler = AsyncIOScheduler(asyncio.get_running_loop())
    return Armed(conversations, lambda: ops.debounce(_DEBOUNCE, scheduler=scheduler))


class _Idle:
    """An operator that does nothing."""

    __slots__ = ()

    def on_next(self, value: object) -> None:
        """Take a value."""


def idlers(conversations: int) -> Armed:
    """Return what does nothing."""

    def operator(source: Observable[Any]) -> Observable[Any]:
        def subscribe(_observer: ObserverBase[Any], _scheduler: SchedulerBase | None = None) -> DisposableBase:
            return source.subscribe(_Idle().on_next)

        return Observable(subscribe)

    return Armed(conversations, lambda: operator)


async def measure(scale: Scale) -> list[Row]:
    """Measure it."""
    conversations, amount, rounds = _SIZES[scale]
    armed = {_OURS: indicators(conversations), _PEER: debouncers(conversations)}
    for each in armed.values():
        each.arm()
    for each in armed.values():
        await each.wait_until_shown()
    armed[_LEAST] = idlers(conversations)
    timings = await race(rounds, {LIMIT: limit_of(), **{name: each.contender(amount) for name, each in armed.items()}})
    for each in armed.values():
        each.dispose()
    what = f"typing event, {conversations:,} indicators armed"
    return [
        timings.row(what, _OURS, LIMIT, budget=BUDGETS["typing event"]),
        timings.row(what, _OURS, _LEAST),
        timings.row(what, _OURS, _PEER),
    ]


def _send_to_all(operators: Sequence[Callable[[Any], None]]) -> None:
    for send in operators:
        send(_EVENT)
