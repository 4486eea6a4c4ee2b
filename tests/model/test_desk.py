"""Open hours, across nights, weekends and the ends of summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.errors import ArgumentError
from rxconvo.model import OpeningHours, ResponseSample

MONDAY = datetime(2024, 3, 4, tzinfo=UTC)
OFFICE = OpeningHours(time(9), time(17))


class Berlin(tzinfo):
    """Two hours ahead of UTC from 31 March 2024, one hour before."""

    def utcoffset(self, dt: datetime | None) -> timedelta:
        return timedelta(hours=1 if dt is None or dt.replace(tzinfo=None) < datetime(2024, 3, 31, 2) else 2)  # noqa: DTZ001

    def dst(self, dt: datetime | None) -> timedelta:
        return self.utcoffset(dt) - timedelta(hours=1)

    def tzname(self, dt: datetime | None) -> str:
        return "CE(S)T"


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    "start, seconds, due",
    [
        pytest.param(hours(10), 3600, hours(11), id="while it is open"),
        pytest.param(hours(10), 7 * 3600, hours(17), id="until it closes"),
        pytest.param(hours(3), 3600, hours(10), id="before it opens"),
        pytest.param(hours(16.5), 3600, hours(24 + 9.5), id="overnight"),
        pytest.param(hours(17), 1, hours(24 + 9) + timedelta(seconds=1), id="just closed"),
        pytest.param(hours(4 * 24 + 16), 2 * 3600, hours(7 * 24 + 10), id="over the weekend"),
        pytest.param(hours(0), 40 * 3600, hours(4 * 24 + 17), id="a whole week"),
    ],
)
def test_open_time_counts_and_no_other(start: timedelta, seconds: float, due: timedelta) -> None:
    assert OFFICE(MONDAY + start, seconds) == MONDAY + due


def test_it_does_not_open_on_holidays_and_opens_on_other_days_where_told() -> None:
    closed = OpeningHours(time(9), time(17), days=(0, 5), holidays=[date(2024, 3, 9)])
    assert closed(MONDAY + hours(16), 2 * 3600) == MONDAY + hours(7 * 24 + 10)


def test_the_clock_hangs_somewhere() -> None:
    tokyo = OpeningHours(time(9), time(17), zone=timezone(hours(9)))
    assert tokyo(MONDAY, 3600) == MONDAY + hours(1)
    assert tokyo(MONDAY + hours(8), 60) == MONDAY + hours(24) + timedelta(minutes=1)


def test_summer_time_does_not_make_a_day_longer() -> None:
    berlin = OpeningHours(time(0), time(12), days=range(7), zone=Berlin())
    sunday = datetime(2024, 3, 30, 23, tzinfo=UTC)  # midnight there; at two it is three
    assert berlin(sunday, 11 * 3600) == sunday + hours(11)
    assert berlin(sunday, 11 * 3600 + 1) == sunday + hours(23) + timedelta(seconds=1)


@given(st.integers(0, 14 * 24 * 60), st.integers(0, 60 * 60))
def test_it_agrees_with_counting_minutes(start: int, minutes: int) -> None:
    due = OFFICE(MONDAY + timedelta(minutes=start), 60.0 * minutes)
    left = minutes
    for minute in count(start):
        at = MONDAY + timedelta(minutes=minute)
        is_open = at.weekday() < 5 and 9 <= at.hour < 17
        if left == 0 and (is_open or minutes):
            assert due == at
            return
        left -= is_open


@pytest.mark.parametrize(
    "options, field",
    [({"closes": time(9)}, "closes"), ({"days": ()}, "days"), ({"days": (7,)}, "days")],
)
def test_bad_arguments(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentError, match=field):
        OpeningHours(**{"opens": time(9), "closes": time(17), **options})


def test_a_sample_tells_its_seconds() -> None:
    assert ResponseSample("CH1", "?", "!", MONDAY, MONDAY + hours(1)).seconds == 3600.0
