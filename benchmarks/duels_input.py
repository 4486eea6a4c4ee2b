"""What operators are given: values of many keys, by chance but always the same, in bursts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple

from reactivex.scheduler.eventloop import AsyncIOScheduler

from benchmarks.duel import PAUSE
from benchmarks.harness import Scale
from rxconvo.model import Home, Message, MessageAdded
from rxconvo.streams.scheduler import LoopScheduler

__all__ = [
    "KEYS",
    "SHORT",
    "TICK",
    "Event",
    "Size",
    "clock_scheduler",
    "events",
    "loop_scheduler",
    "message",
    "several_each",
    "size_of",
    "thread",
]

SHORT: Final = 0.5 * PAUSE
"""Seconds that are over before the next burst comes."""

TICK: Final = 0.4 * PAUSE
"""Seconds between two looks of a peer that looks by itself."""

KEYS: Final = 10
"""Of a thread."""

_EPOCH: Final = datetime(2026, 1, 31, tzinfo=UTC)
_SEVERAL: Final = 5


class Size(NamedTuple):
    """How much it is.

    Attributes:
        bursts: How many.
        burst: Values of each.
        keys: How many different ones.
        weighed: How many different ones where it is weighed what is kept of each.
    """

    bursts: int
    burst: int
    keys: int
    weighed: int

    @property
    def values(self) -> int:
        """All values."""
        return self.bursts * self.burst


_SIZES: Final = {
    Scale.FULL: Size(30, 100, 200, 1000),
    Scale.QUICK: Size(10, 100, 100, 500),
    Scale.TINY: Size(3, 6, 4, 10),
}


class Event(NamedTuple):
    """A value.

    Attributes:
        key: Its key.
        number: Which it is.
        date: When it is sent.
    """

    key: int
    number: int
    date: datetime


def size_of(scale: Scale) -> Size:
    """Return how much there is of everything."""
    return _SIZES[scale]


def events(size: Size) -> list[list[Event]]:
    """Return values, burst by burst."""
    chance = Random(1)
    return [
        [
            Event(chance.randrange(size.keys), burst * size.burst + place, _EPOCH + timedelta(seconds=burst * PAUSE))
            for place in range(size.burst)
        ]
        for burst in range(size.bursts)
    ]


def several_each(keys: int) -> Sequence[Event]:
    """Return several values for each of so many keys."""
    return [Event(key, key, _EPOCH) for _ in range(_SEVERAL) for key in range(keys)]


def thread(event: Event) -> int:
    """Return what several keys have in common, so that each has several values of a burst."""
    return event.key // KEYS


def message(number: int, home: Home[Any], body: str = "", author: str = "bob") -> MessageAdded:
    """Return that a message was sent."""
    return MessageAdded(Message(f"IM{number}", number, author=author, body=body, home=home))


def loop_scheduler() -> AsyncIOScheduler:
    """Return what a peer gets for its timers."""
    return AsyncIOScheduler(asyncio.get_running_loop())


def clock_scheduler() -> LoopScheduler:
    """Return what a peer gets that asks what time it is: the one above tells that of the wall, which stands still."""
    return LoopScheduler(asyncio.get_running_loop())
