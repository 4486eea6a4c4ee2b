"""One timer for any number of deadlines.

Operators that have to do something after a while, each of them for each conversation, would otherwise keep as many
timers, and a timer that is set anew for every event costs many times what the event does. Here a deadline is a place
in a bucket; only the buckets' own order, and the order within the one that is due next, are ever looked after. A
deadline that is put off is left where it is: its owner is asked when the old one comes, and then tells the new one.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from bisect import insort_left
from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from reactivex.abc import DisposableBase, SchedulerBase

from rxconvo.streams.scheduler import LoopScheduler

__all__ = ["Deadline", "Deadlines", "deadlines_of"]

_BUCKETS_PER_SECOND = 64.0
_EARLY = 1e-6
"""Seconds by which a timer may be early: schedulers count in microseconds, and floats round."""

_MOST_VOID = 1000
"""Void places that are left where they are, beside as many as there are deadlines."""


class Deadline(ABC):
    """Something that has to be done at a time.

    Attributes:
        when: The time it is in the queue for, seconds of the clock; infinity if it is in none. Not to be changed.
    """

    __slots__ = ("when",)

    def __init__(self) -> None:
        self.when: float = inf

    @property
    @abstractmethod
    def scheduler(self) -> SchedulerBase:
        """Gets what `due` raises, as if it had run it."""

    @abstractmethod
    def due(self, now: float) -> None:
        """Do it, or put it off by arming it again, later than *now*.

        Args:
            now: Seconds of the clock, not before the time it was armed for.
        """


_Entry: TypeAlias = tuple[float, Deadline]


def _latest_first(entry: _Entry) -> float:
    return -entry[0]  # so that the earliest is last, where it is cheap to remove


class Deadlines:
    """A queue of deadlines with one timer between them, on one clock.

    Args:
        clock: Seconds, never going back.
        call_at: Calls something at a time of that clock, and returns what cancels it.

    Attributes:
        clock: The same.
    """

    __slots__ = (
        "__weakref__",
        "_armed",
        "_buckets",
        "_call_at",
        "_cancel",
        "_next",
        "_order",
        "_running",
        "_soon",
        "_until",
        "_void",
        "clock",
    )

    def __init__(
        self, clock: Callable[[], float], call_at: Callable[[float, Callable[[], None]], Callable[[], None]]
    ) -> None:
        self.clock = clock
        self._call_at = call_at
        self._armed = 0
        self._void = 0  # how many places may have become void
        self._buckets: dict[int, list[Deadline]] = {}
        self._order: list[int] = []  # heap of the buckets' numbers
        self._soon: list[_Entry] = []  # what was in the earliest buckets, in order, latest first
        self._until = -1  # number of the last bucket that was taken into it
        self._next = inf  # when the timer fires
        self._cancel: Callable[[], None] | None = None
        self._running = False

    def __len__(self) -> int:
        """Count the deadlines."""
        return self._armed

    def arm(self, deadline: Deadline, when: float) -> None:
        """See to it that a deadline is due no later than at a time. Where it is armed for an earlier one, that stays.

        Args:
            deadline: What has to be done.
            when: Seconds of the clock; must be finite.
        """
        held = deadline.when
        if held <= when:
            return
        if held == inf:
            self._armed += 1
        else:
            self._leave()
        deadline.when = when
        number = int(when * _BUCKETS_PER_SECOND)
        if number <= self._until:
            insort_left(self._soon, (when, deadline), key=_latest_first)
        else:
            bucket = self._buckets.get(number)
            if bucket is None:
                self._buckets[number] = [deadline]
                heappush(self._order, number)
            else:
                bucket.append(deadline)
        if when < self._next and not self._running:
            self._set_timer(when)

    def disarm(self, deadline: Deadline) -> None:
        """Take a deadline out, if it is in. With the last one the timer goes, too."""
        if deadline.when != inf:
            deadline.when = inf  # its place is recognised as void when it comes up
            self._armed -= 1
            if self._armed or self._running:
                self._leave()
            else:
                self._clear()

    def _leave(self) -> None:
        """Take that a place has become void. They are swept out when they are more than those that are good."""
        self._void += 1
        if self._void <= self._armed + _MOST_VOID:
            return
        self._void = 0
        self._soon = [entry for entry in self._soon if entry[1].when == entry[0]]
        for number, bucket in list(self._buckets.items()):
            good = dict.fromkeys(deadline for deadline in bucket if _belongs(deadline, number))
            if good:
                self._buckets[number] = list(good)
            else:
                del self._buckets[number]
        self._order = sorted(self._buckets)

    def _set_timer(self, when: float) -> None:
        if self._cancel is not None:
            self._cancel()
        self._next = when
        self._cancel = self._call_at(when, self._run)

    def _clear(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        self._next = inf
        self._until = -1
        self._void = 0
        self._buckets.clear()
        self._order.clear()
        self._soon.clear()

    def _run(self) -> None:
        self._cancel = None
        self._next = inf
        self._running = True
        now = self.clock()
        try:
            while (when := self._earliest()) <= now + _EARLY:
                if not self._soon:
                    self._take_bucket()
                    continue
                deadline = self._soon.pop()[1]
                deadline.when = inf
                self._armed -= 1
                try:
                    deadline.due(max(now, when))
                except Exception as error:  # noqa: BLE001 - the others must not suffer
                    deadline.scheduler.schedule(_raise, error)
        finally:
            self._running = False
        if self._armed:
            self._set_timer(self._earliest())
        else:
            self._clear()

    def _earliest(self) -> float:
        """Return the first time for which something is armed; drop what is void before it."""
        while self._soon:
            when, deadline = self._soon[-1]
            if deadline.when == when:
                return when
            self._soon.pop()
        while self._order:
            number = self._order[0]
            times = [deadline.when for deadline in self._buckets[number] if _belongs(deadline, number)]
            if times:
                return min(times)
            del self._buckets[heappop(self._order)]
        return inf

    def _take_bucket(self) -> None:
        """Put the earliest bucket in order: its time has come."""
        number = self._until = heappop(self._order)
        bucket = [deadline for deadline in self._buckets.pop(number) if _belongs(deadline, number)]
        bucket.reverse()  # of two for the same time, the first to be armed is last, too
        self._soon = [(deadline.when, deadline) for deadline in bucket]
        self._soon.sort(key=_latest_first)


def _belongs(deadline: Deadline, number: int) -> bool:
    """Tell whether a place in a bucket is still good: the deadline may be disarmed, or armed for another time."""
    return deadline.when != inf and int(deadline.when * _BUCKETS_PER_SECOND) == number


def _raise(_scheduler: SchedulerBase, error: Exception | None) -> DisposableBase | None:
    raise error or AssertionError


_KNOWN: WeakValueDictionary[int, Deadlines] = WeakValueDictionary()


def deadlines_of(scheduler: SchedulerBase) -> Deadlines:
    """Return the queue of a scheduler, which all its users share: the same one as long as anybody holds it.

    Args:
        scheduler: For a `LoopScheduler`, the queue is that of its loop.
    """
    # By id: a queue holds its clock, so a key that is a reference, even a weak one, would keep both forever.
    owner = scheduler.loop if isinstance(scheduler, LoopScheduler) else scheduler
    known = _KNOWN.get(id(owner))
    if known is None:
        known = _of_loop(owner) if isinstance(owner, asyncio.AbstractEventLoop) else _of_scheduler(owner)
        _KNOWN[id(owner)] = known
    return known


def _of_loop(loop: asyncio.AbstractEventLoop) -> Deadlines:
    def call_at(when: float, call: Callable[[], None]) -> Callable[[], None]:
        return loop.call_at(when, call).cancel

    return Deadlines(loop.time, call_at)


def _of_scheduler(scheduler: SchedulerBase) -> Deadlines:
    def clock() -> float:
        return scheduler.to_seconds(scheduler.now)

    def call_at(when: float, call: Callable[[], None]) -> Callable[[], None]:
        def action(_scheduler: SchedulerBase, _state: Any = None) -> DisposableBase | None:
            call()
            return None

        return scheduler.schedule_absolute(when, action).dispose

    return Deadlines(clock, call_at)
