"""A probe changes nothing, and counts what goes by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.model import Home, Message, MessageAdded
from rxconvo.operators import probe
from rxconvo.streams import StreamReport, current_scheduler, meters_of
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Dated(NamedTuple):
    """Something that says when it was made, or does not."""

    date_created: object


class Probing:
    """Values that go by a probe."""

    def __init__(self, at: Callable[[Any], datetime | None] | None = None) -> None:
        self.scheduler = TestScheduler()
        self.meters = meters_of(self.scheduler)
        self.values: Subject[Any] = Subject()
        self.seen: list[Any] = []
        self.probed = self.values.pipe(probe("place", at=at, scheduler=self.scheduler))
        self.subscription = self.probed.subscribe(self.seen.append, self.seen.append, lambda: self.seen.append("|"))

    @property
    def report(self) -> StreamReport:
        return self.meters["place"].report()


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles({mark: mark for mark in "abc"}), probe("place"), diagrams(probe))


@given(st.lists(st.integers(), max_size=20), st.integers(0, 20))
def test_it_counts_until_it_is_disposed_and_changes_nothing(values: list[int], at: int) -> None:
    probing = Probing()
    assert probing.report.subscribers == 1
    for number, value in enumerate(values):
        if number == at:
            probing.subscription.dispose()
        probing.values.on_next(value)
    probing.subscription.dispose()
    probing.subscription.dispose()
    assert probing.seen == values[:at]
    assert (probing.report.items, probing.report.subscribers) == (len(values[:at]), 0)
    assert probing.values.observers == []


def test_subscribers_share_it() -> None:
    probing = Probing()
    second = probing.probed.subscribe()
    probing.values.on_next(1)
    assert (probing.report.subscribers, probing.report.items) == (2, 2)
    second.dispose()
    assert probing.report.subscribers == 1


def test_an_error_ends_it_and_its_text_is_reported() -> None:
    probing = Probing()
    error = LookupError("broken")
    probing.values.on_error(error)
    assert probing.seen == [error]
    assert (probing.report.subscribers, probing.report.last_error) == (0, "LookupError: broken")


def _broken(_: object) -> datetime:
    raise LookupError("mine")


def _without_zone(_: object) -> datetime:
    return datetime(2024, 1, 1)  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("at, error", [(_broken, LookupError), (_without_zone, TypeError)])
def test_what_tells_the_date_ends_it_where_it_does_not(at: Callable[[Any], datetime], error: type[Exception]) -> None:
    probing = Probing(at)
    probing.values.on_next(1)
    assert [type(seen) for seen in probing.seen] == [error]
    assert (probing.report.subscribers, probing.values.observers) == (0, [])


def test_completion_ends_it() -> None:
    probing = Probing()
    probing.values.on_completed()
    assert (probing.seen, probing.report.subscribers, probing.report.last_error) == (["|"], 0, None)


def test_what_its_observer_raises_is_reported_and_raised() -> None:
    probing = Probing()
    values: Subject[int] = Subject()
    values.pipe(probe("place", scheduler=probing.scheduler)).subscribe(lambda _: _fail())
    with pytest.raises(ZeroDivisionError):
        values.on_next(1)
    assert probing.report.last_error == "ZeroDivisionError: on purpose"


def _fail() -> None:
    raise ZeroDivisionError("on purpose")


def test_the_rate_is_by_the_scheduler_s_clock() -> None:
    probing = Probing()
    for _ in range(400):
        probing.scheduler.advance_by(0.5)
        probing.values.on_next(1)
    assert probing.report.rate == pytest.approx(2.0, rel=0.05)
    probing.scheduler.advance_by(200.0)
    assert probing.report.rate == pytest.approx(0.0, abs=1e-6)


def test_how_late_a_value_is() -> None:
    probing = Probing()
    probing.scheduler.advance_by(10.0)
    probing.values.on_next(1)
    assert probing.report.lag is None
    message = Message("IM1", 0, date_created_iso="1970-01-01T00:00:08Z", home=Home("CH1"))
    probing.values.on_next(MessageAdded(message))
    assert probing.report.lag == pytest.approx(2.0)
    probing.scheduler.advance_by(1.0)
    probing.values.on_next(message)
    assert probing.report.lag == pytest.approx(3.0)
    for value in (Dated("yesterday"), Dated(None), Dated(datetime(2000, 1, 1))):  # noqa: DTZ001 - on purpose
        probing.values.on_next(value)
    assert probing.report.lag == pytest.approx(3.0)


def test_it_may_be_told_when_a_value_was_made() -> None:
    probing = Probing(lambda seconds: EPOCH + timedelta(seconds=seconds))
    probing.scheduler.advance_by(10.0)
    probing.values.on_next(4.0)
    assert probing.report.lag == pytest.approx(6.0)


def test_disposed_from_within() -> None:
    probing = Probing()
    seen: list[int] = []
    probing.probed.pipe(ops.take(1)).subscribe(seen.append)
    probing.values.on_next(1)
    probing.values.on_next(2)
    assert seen == [1]
    assert probing.report.subscribers == 1


async def test_it_counts_on_the_running_loop() -> None:
    meters = meters_of(current_scheduler())
    values: Subject[int] = Subject()
    values.pipe(probe("place")).subscribe()
    values.on_next(1)
    assert meters["place"].report().items == 1


def test_bad_arguments() -> None:
    with pytest.raises(ArgumentError, match="name"):
        probe("")
