"""Stretches of conversation, as they go on and end."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.model import Session
from rxconvo.operators._arguments import check_callable, check_number, check_scheduler, check_seconds
from rxconvo.operators._of_messages import At, By, conversation_of, dates
from rxconvo.operators._stage import Stage, staged
from rxconvo.operators._timed import Timer
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["sessionize"]

T = TypeVar("T")


def sessionize(
    gap: float,
    *,
    by: By[T] | None = None,
    at: At[T] | None = None,
    max_items: int = 1000,
    max_keys: int = 10_000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[Session[T]]]:
    """Emit sessions: values of one conversation without a pause of more than *gap* seconds between them.

    An open session is emitted with each value that it gets, and once more when it is closed. With one mark a second,
    `gap=3`, and letters as their own keys:

        values:    -aa-b-----a---|
        sessions:  -xy-tY-T--x--X|      x a, y a a, t b: open; X, Y, T: closed
        values:    -aa#
        sessions:  -xy#
        values:    -aa---
        sessions:  -xy-!      ! disposed

    Example:
        import reactivex
        from reactivex.testing import TestScheduler
        from rxconvo.operators import sessionize

        clock = TestScheduler()
        authors = reactivex.Subject()
        sessions = authors.pipe(sessionize(60.0, by=str, scheduler=clock))
        sessions.subscribe(lambda session: print(session.key, session.count, "open" if session.open else "closed"))
        authors.on_next("ada")  # -> ada 1 open
        authors.on_next("ada")  # -> ada 2 open
        clock.advance_by(60.0)  # -> ada 2 closed

    Args:
        gap: Seconds of a pause that belongs to a session still.
        by: Returns what the values of a session have in common; by default their `conversation_sid`.
        at: Returns when a value was made; by default its `date_created`.
        max_items: How many values a session holds; of more, it holds the newest, but counts all.
        max_keys: How many sessions are open at a time; before there are more, the one that got nothing for longest is
            closed.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable of messages, or of anything else with *by*.

    Emits:
        Each value is in exactly one session that is closed, and before that in each open one of the same start. When
        the source completes, all that are open are closed, then it completes.

    Errors:
        Those of the source, and what *by* and *at* raise, at once.

    Time:
        What belongs together is told by the values' own dates, so that history makes the sessions that it was. A value
        without a date is of the time of its arrival, by what `now` of the scheduler is. When nobody writes, a session
        is closed by arrival: *gap* seconds after its last value came. A value dated more than *gap* before the start
        of the open session comes too late for any, and is a closed session by itself. All sessions share one timer,
        which is gone when none is open.

    Raises:
        ArgumentError: `gap` is not positive, or `max_items` or `max_keys` is below 1, or an argument is not of its
            type.
    """
    check_callable("by", by, optional=True)
    check_callable("at", at, optional=True)
    check_scheduler(scheduler)
    check_seconds("gap", gap)
    check_number("max_items", max_items)
    check_number("max_keys", max_keys)

    def start(stage: Stage[Session[T]], source: Observable[T], given: SchedulerBase | None) -> None:
        own = scheduler or given or current_scheduler()
        timer = Timer(own, lambda now: stage.run(partial(sessions.expire, now)))
        sessions = _Sessions(
            timer, gap, by=by or conversation_of, date=dates(at, own), max_items=max_items, max_keys=max_keys
        )
        stage.own(timer)
        stage.follow(source, sessions.take, given, completed=lambda: stage.finish(sessions.close))

    return staged(start)


class _Open(Generic[T]):
    """A session that is open."""

    __slots__ = ("count", "end", "items", "start", "until")

    def __init__(self, date: datetime) -> None:
        self.start = self.end = date
        self.items: tuple[T, ...] = ()
        self.count = 0
        self.until = 0.0  # when it is closed if nothing comes

    def take(self, value: T, date: datetime, max_items: int) -> None:
        """Take a value."""
        self.start = min(self.start, date)
        self.end = max(self.end, date)
        self.items = (*self.items[1 - max_items if max_items > 1 else len(self.items) :], value)
        self.count += 1

    def session(self, key: Hashable, *, is_open: bool) -> Session[T]:
        """Return it as it is."""
        return Session(key, self.start, self.end, self.items, self.count, is_open)


class _Sessions(Generic[T]):
    """The sessions of one subscription."""

    def __init__(
        self,
        timer: Timer,
        gap: float,
        *,
        by: By[T],
        date: Callable[[T], datetime],
        max_items: int,
        max_keys: int,
    ) -> None:
        self._timer = timer
        self._gap = gap
        self._pause = timedelta(seconds=gap)
        self._by = by
        self._date = date
        self._max_items = max_items
        self._max_keys = max_keys
        self._open: OrderedDict[Hashable, _Open[T]] = OrderedDict()  # first the one that got nothing for longest

    def take(self, value: T) -> Iterable[Session[T]]:
        """Take a value."""
        key, date = self._by(value), self._date(value)
        current = self._open.get(key)
        if current is not None and date - current.end > self._pause:
            yield current.session(key, is_open=False)
            current = None
        elif current is not None and current.start - date > self._pause:
            yield Session(key, date, date, (value,), 1, open=False)
            return
        if current is None:
            current = self._open[key] = _Open(date)
        current.take(value, date, self._max_items)
        current.until = self._timer.clock() + self._gap
        self._open.move_to_end(key)
        if len(self._open) > self._max_keys:
            silent, closed = self._open.popitem(last=False)
            yield closed.session(silent, is_open=False)
        self._wait()
        yield current.session(key, is_open=True)

    def expire(self, now: float) -> Iterable[Session[T]]:
        """Close the first session, if its time has come: one at a time, whatever an observer raises."""
        first = next(iter(self._open.values()), None)
        closed: tuple[Session[T], ...] = ()
        if first is not None and first.until <= now:
            key, _ = self._open.popitem(last=False)
            closed = (first.session(key, is_open=False),)
        self._wait()
        return closed

    def close(self) -> Iterable[Session[T]]:
        """Close all sessions."""
        return [each.session(key, is_open=False) for key, each in self._open.items()]

    def _wait(self) -> None:
        if self._open:
            self._timer.arm(next(iter(self._open.values())).until)
