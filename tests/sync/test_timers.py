from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from rxconvo.sync.timers import Timers


@dataclass
class Waiter:
    name: str = ""
    live: bool = True


def test_a_deadline_is_reached_at_its_very_moment() -> None:
    timers: Timers[Waiter] = Timers()
    waiter = Waiter()
    timers.set(2.0, waiter)
    assert timers.next_deadline() == 2.0
    assert timers.take_due(1.999) == []
    assert timers.take_due(2.0) == [waiter]
    assert timers.next_deadline() is None


def test_what_nobody_waits_for_never_becomes_due() -> None:
    timers: Timers[Waiter] = Timers()
    early, late = Waiter(), Waiter()
    timers.set(1.0, early)
    timers.set(2.0, late)
    early.live = False
    assert timers.next_deadline() == 2.0
    assert timers.take_due(5.0) == [late]


def test_nothing_is_left_after_clear() -> None:
    timers: Timers[Waiter] = Timers()
    timers.set(1.0, Waiter())
    timers.clear()
    assert timers.next_deadline() is None
    assert timers.take_due(5.0) == []


@given(st.lists(st.integers(0, 5), max_size=20), st.integers(0, 5))
def test_what_is_due_comes_by_deadline_and_then_in_the_order_of_setting(deadlines: list[int], now: int) -> None:
    timers: Timers[Waiter] = Timers()
    waiters = [Waiter(str(number)) for number in range(len(deadlines))]
    for due, waiter in zip(deadlines, waiters, strict=True):
        timers.set(due, waiter)
    expected = sorted((due, number) for number, due in enumerate(deadlines) if due <= now)
    assert timers.take_due(now) == [waiters[number] for _, number in expected]
    assert timers.next_deadline() == min((due for due in deadlines if due > now), default=None)
