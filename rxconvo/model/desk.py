"""What a service desk looks at: conversations in stretches, how long answers take, and when they are due. Pure."""

# Sessions and samples hold the application's own values, which may refer to what holds these: so, unlike most values of
# the model, they are visited by the collector.

from __future__ import annotations

from collections.abc import Collection, Hashable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Generic, TypeVar

from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.errors import ArgumentError
from rxconvo.types import Identity

__all__ = ["OpeningHours", "ResponseSample", "Session", "SlaState"]

T_co = TypeVar("T_co", covariant=True)


class Session(Struct, Displayed, Generic[T_co], frozen=True):
    """Values that came without a long pause between them, as far as they have come.

    Attributes:
        key: What they have in common: the conversation, if nothing else was asked for.
        start: Date of the earliest, aware.
        end: Date of the latest, aware.
        items: The values, in the order in which they came; the newest ones, if there are very many.
        count: How many there are.
        open: Whether more may come.
    """

    key: Hashable
    start: datetime
    end: datetime
    items: tuple[T_co, ...]
    count: int
    open: bool


class ResponseSample(Struct, Displayed, Generic[T_co], frozen=True):
    """A question and its answer.

    Attributes:
        key: What they have in common: the conversation, if nothing else was asked for.
        question: The first message that was unanswered.
        answer: The message that answered it.
        asked_at: When that was asked, aware.
        answered_at: When it was answered, aware.
    """

    key: Hashable
    question: T_co
    answer: T_co
    asked_at: datetime
    answered_at: datetime

    @property
    def seconds(self) -> float:
        """Seconds from question to answer."""
        return (self.answered_at - self.asked_at).total_seconds()


class SlaState(Struct, Displayed, frozen=True):
    """How a conversation stands against what was promised.

    Attributes:
        key: The conversation, if nothing else was asked for.
        status: `ok`, `warn` (little time is left) or `breach` (an answer is overdue).
        due_at: When an answer is due, aware; None while none is.
        owner: Who answered last; None where nobody has.
    """

    key: Hashable
    status: str
    due_at: datetime | None = None
    owner: Identity | None = None


class OpeningHours:
    """The hours in which time counts: the same on each day that is open.

    Example:
        from datetime import UTC, datetime, time
        from rxconvo.model import OpeningHours

        hours = OpeningHours(time(9), time(17))
        friday = datetime(2024, 3, 1, 16, 30, tzinfo=UTC)
        print(hours(friday, 3600.0))  # -> 2024-03-04 09:30:00+00:00

    Args:
        opens: When it opens, by the clock on the wall.
        closes: When it closes, later on the same day.
        days: Days of the week, Monday is 0.
        zone: Where that clock hangs.
        holidays: Days on which it does not open.

    Raises:
        ArgumentError: It closes before it opens, or *days* has none, or one that is no day of the week.
    """

    __slots__ = ("_closes", "_days", "_holidays", "_opens", "_zone")

    def __init__(
        self,
        opens: time,
        closes: time,
        *,
        days: Collection[int] = range(5),
        zone: tzinfo = UTC,
        holidays: Collection[date] = (),
    ) -> None:
        if closes <= opens:
            raise ArgumentError("closes", f"after {opens}", closes)
        if not days or not set(days) <= set(range(7)):
            raise ArgumentError("days", "at least one day from 0 to 6", list(days))
        self._opens = opens
        self._closes = closes
        self._days = frozenset(days)
        self._zone = zone
        self._holidays = frozenset(holidays)

    def __call__(self, start: datetime, seconds: float) -> datetime:
        """Return when so much open time has passed.

        Args:
            start: From when on, aware.
            seconds: How much.

        Returns:
            A date in UTC.
        """
        left = timedelta(seconds=seconds)
        day = start.astimezone(self._zone).date()
        while True:
            if day.weekday() in self._days and day not in self._holidays:
                begin = max(self._at(day, self._opens), start)
                end = self._at(day, self._closes)
                if left <= end - begin:
                    return (begin + left).astimezone(UTC)
                left -= max(end - begin, timedelta(0))
            day += timedelta(days=1)

    def _at(self, day: date, clock: time) -> datetime:
        # In UTC: differences of dates in the same zone leave out its changes to and from summer time.
        return datetime.combine(day, clock, self._zone).astimezone(UTC)
