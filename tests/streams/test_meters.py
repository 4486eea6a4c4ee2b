"""What is counted, and for how long."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex.testing import TestScheduler

from rxconvo.streams import Meters, current_scheduler, meters_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_rate_comes_close_and_decays_to_nothing() -> None:
    clock = Clock()
    meter = Meters(clock)["a"]
    assert meter.report().rate == 0.0
    for _ in range(1000):
        clock.now += 0.25
        meter.count()
    assert meter.report().rate == pytest.approx(4.0, rel=0.05)
    clock.now += 200.0
    assert meter.report().rate == pytest.approx(0.0, abs=1e-6)
    assert meter.report().items == 1000


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=50))
def test_a_rate_is_never_more_than_all_at_once(pauses: list[float]) -> None:
    clock = Clock()
    meter = Meters(clock)["a"]
    for pause in pauses:
        clock.now += pause
        meter.count()
    rate = meter.report().rate
    assert rate is not None
    assert 0.0 < rate <= len(pauses) / 10.0 + 1e-9


def test_the_same_one_for_a_name_and_no_more_than_a_thousand_that_are_idle() -> None:
    meters = Meters(Clock())
    busy = meters["busy"]
    busy.subscribers = 1
    assert meters["busy"] is busy
    for number in range(1500):
        assert meters[str(number)].name == str(number)
    names = [report.name for report in meters.reports()]
    assert (len(names), names[0], names[-1]) == (1000, "busy", "1499")


def test_only_the_text_of_an_error_is_kept() -> None:
    meter = Meters(Clock())["a"]
    meter.failed(LookupError("broken"))
    assert meter.report().last_error == "LookupError: broken"


async def test_those_of_a_scheduler_are_shared_while_somebody_holds_them() -> None:
    meters = meters_of(current_scheduler())
    assert meters_of(current_scheduler().guarded(lambda _: None)) is meters
    scheduler = TestScheduler()
    others = meters_of(scheduler)
    assert others is not meters
    others["a"].count()
    assert meters_of(scheduler)["a"].items == 1
    del others
    gc.collect()
    assert meters_of(scheduler)["a"].items == 0
