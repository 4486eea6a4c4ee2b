"""Operators that wait, in very many conversations: one more value, where all of them wait already.

Beside ours stands what `reactivex` has that comes nearest. `debounce` is piped onto each conversation; `thread_by` and
`sla` hear of all of them, and keep a deadline for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from time import process_time
from typing import Any, Final

from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable
from reactivex.scheduler.eventloop import AsyncIOScheduler

from benchmarks.budgets import BUDGETS
from benchmarks.harness import Contender, Row, Scale, race
from benchmarks.limit import LIMIT, limit_of
from benchmarks.typing_events import Armed
from rxconvo import Message
from rxconvo import operators as chat
from rxconvo.model import Home

__all__ = ["measure"]

_SIZES: Final = {Scale.FULL: (10_000, 5_000, 7), Scale.QUICK: (5_000, 5_000, 3), Scale.TINY: (5, 20, 1)}
"""Conversations, values a round, rounds."""

_LONG: Final = 600.0
"""Seconds in which nothing is over while it is measured."""

Operator = Callable[[Observable[Any]], Observable[Any]]


class _Source(Observable[Any]):
    """Hands messages to the operator behind it, and does nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.send: Callable[[Any], None]

    def subscribe(self, on_next: Any = None, *_rest: Any, **_options: Any) -> DisposableBase:
        """Keep what takes the messages."""
        self.send = on_next
        return Disposable()


class _Keyed:
    """One operator that hears of all conversations, and waits for something in each."""

    def __init__(self, messages: Sequence[Message], operator: Operator) -> None:
        self._messages = messages
        self._source = _Source()
        self._subscription = self._source.pipe(operator).subscribe(lambda _: None)
        self._chance = Random(1)
        self._send_all(messages)

    def contender(self, amount: int) -> Contender:
        """Return what takes so many messages and tells the seconds of each."""

        async def take() -> float:
            await asyncio.sleep(0)
            messages = self._chance.choices(self._messages, k=amount)
            start = process_time()
            self._send_all(messages)
            return (process_time() - start) / amount

        return take

    def dispose(self) -> None:
        """End everything."""
        self._subscription.dispose()

    def _send_all(self, messages: Sequence[Message]) -> None:
        send = self._source.send
        for message in messages:
            send(message)


async def measure(scale: Scale) -> list[Row]:
    """Measure it."""
    conversations, amount, rounds = _SIZES[scale]
    scheduler = AsyncIOScheduler(asyncio.get_running_loop())
    messages = [
        Message(f"IM{number}", number, author="ada", home=Home(f"CH{number}")) for number in range(conversations)
    ]
    piped: dict[str, Armed | _Keyed] = {
        "debounce": _armed(conversations, lambda: chat.debounce(_LONG)),
        "ops.debounce": _armed(conversations, lambda: ops.debounce(_LONG, scheduler=scheduler)),
    }
    keyed: dict[str, Armed | _Keyed] = {
        "thread_by": _Keyed(messages, chat.thread_by(_sid_of, idle=_LONG, max_groups=conversations)),
        "ops.group_by_until": _Keyed(
            messages,
            ops.group_by_until(_sid_of, None, lambda group: group.pipe(ops.debounce(_LONG, scheduler=scheduler))),
        ),
        "sla": _Keyed(messages, chat.sla(_LONG, answerer="bob", max_keys=conversations)),
    }
    contenders = {name: each.contender(amount) for name, each in (piped | keyed).items()}
    timings = await race(rounds, {LIMIT: limit_of(), **contenders})
    for each in (piped | keyed).values():
        each.dispose()
    return [
        timings.row(f"value, {conversations:,} debounced", "debounce", LIMIT, budget=BUDGETS["typing event"]),
        timings.row(f"value, {conversations:,} debounced", "debounce", "ops.debounce"),
        timings.row(f"message, {conversations:,} threads", "thread_by", LIMIT),
        timings.row(f"message, {conversations:,} threads", "thread_by", "ops.group_by_until"),
        timings.row(f"message, {conversations:,} answers due", "sla", LIMIT),
    ]


def _armed(conversations: int, operator: Callable[[], Operator]) -> Armed:
    armed = Armed(conversations, operator)
    armed.arm()
    return armed


def _sid_of(message: Message) -> str:
    return message.home.sid
