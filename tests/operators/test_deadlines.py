"""The shared timer: exact, in order, and gone when nobody waits."""

from __future__ import annotations

import asyncio
import gc
import heapq
import tracemalloc
from collections.abc import Callable
from math import inf
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex.testing import TestScheduler

from rxconvo.operators import _deadlines
from rxconvo.operators._deadlines import Deadline, Deadlines, deadlines_of
from rxconvo.streams.scheduler import LoopScheduler, current_scheduler


class Timers:
    """A clock that only goes when it is told to, and the timers set on it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.set = 0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._cancelled: set[int] = set()

    def call_at(self, when: float, call: Callable[[], None]) -> Callable[[], None]:
        self.set += 1
        number = self.set
        heapq.heappush(self._queue, (when, number, call))
        return lambda: self._cancelled.add(number)

    @property
    def waiting(self) -> int:
        return sum(number not in self._cancelled for _, number, _ in self._queue)

    def advance(self, until: float) -> None:
        while self._queue and self._queue[0][0] <= until:
            when, number, call = heapq.heappop(self._queue)
            if number not in self._cancelled:
                self.now = max(self.now, when)
                call()
        self.now = until


class Noted(Deadline):
    """Notes when it was due."""

    def __init__(self, timers: Timers, notes: list[tuple[str, float]], name: str = "") -> None:
        super().__init__()
        self._scheduler = TestScheduler()
        self.timers = timers
        self.notes = notes
        self.name = name

    @property
    def scheduler(self) -> TestScheduler:
        return self._scheduler

    def due(self, now: float) -> None:
        assert now == self.timers.now
        self.notes.append((self.name, now))


def make() -> tuple[Timers, Deadlines, list[tuple[str, float]]]:
    timers = Timers()
    return timers, Deadlines(lambda: timers.now, timers.call_at), []


def test_each_is_due_at_its_time_and_in_the_order_of_arming() -> None:
    timers, deadlines, notes = make()
    for name, when in (("c", 3.0), ("a", 1.0), ("b", 1.0), ("d", 1.001)):
        deadlines.arm(Noted(timers, notes, name), when)
    assert (len(deadlines), timers.waiting) == (4, 1)
    timers.advance(10.0)
    assert notes == [("a", 1.0), ("b", 1.0), ("d", 1.001), ("c", 3.0)]
    assert (len(deadlines), timers.waiting) == (0, 0)


def test_a_later_time_changes_nothing_and_an_earlier_one_counts() -> None:
    timers, deadlines, notes = make()
    one = Noted(timers, notes)
    deadlines.arm(one, 5.0)
    deadlines.arm(one, 6.0)
    assert one.when == 5.0
    deadlines.arm(one, 2.0)
    assert len(deadlines) == 1
    timers.advance(10.0)
    assert notes == [("", 2.0)]


def test_the_last_one_to_be_disarmed_takes_the_timer_away() -> None:
    timers, deadlines, notes = make()
    one, two = Noted(timers, notes), Noted(timers, notes)
    deadlines.arm(one, 1.0)
    deadlines.arm(two, 2.0)
    deadlines.disarm(one)
    deadlines.disarm(one)
    assert (len(deadlines), timers.waiting) == (1, 1)
    deadlines.disarm(two)
    assert (len(deadlines), timers.waiting) == (0, 0)
    timers.advance(10.0)
    assert notes == []
    deadlines.arm(one, 11.0)
    timers.advance(20.0)
    assert notes == [("", 11.0)]


def test_one_that_raises_harms_no_other_and_is_told_to_its_scheduler() -> None:
    timers, deadlines, notes = make()

    class Bad(Noted):
        def due(self, now: float) -> None:
            raise LookupError("mine")

    bad = Bad(timers, notes)
    deadlines.arm(bad, 1.0)
    deadlines.arm(Noted(timers, notes), 1.0)
    timers.advance(2.0)
    assert notes == [("", 1.0)]
    assert isinstance(bad.scheduler, TestScheduler)
    with pytest.raises(LookupError, match="mine"):
        bad.scheduler.start()


def test_deadlines_may_arm_and_disarm_each_other_while_they_are_due() -> None:
    timers, deadlines, notes = make()
    victim = Noted(timers, notes, "victim")

    class Busy(Noted):
        def due(self, now: float) -> None:
            super().due(now)
            deadlines.disarm(victim)
            deadlines.arm(Noted(timers, notes, "soon"), now + 0.001)
            deadlines.arm(self, now + 1.0)

    busy = Busy(timers, notes, "busy")
    deadlines.arm(busy, 1.0)
    deadlines.arm(victim, 1.0)
    timers.advance(2.5)
    deadlines.disarm(busy)
    assert [name for name, _ in notes] == ["busy", "soon", "busy", "soon"]
    assert timers.waiting == 0


@pytest.mark.parametrize("most_void", [-100, 0, 1000])
@given(data=st.data())
def test_any_sequence_is_due_as_a_plain_model_says(most_void: int, data: st.DataObject) -> None:
    with patch.object(_deadlines, "_MOST_VOID", most_void):
        compare_with_a_plain_model(data)


def compare_with_a_plain_model(data: st.DataObject) -> None:
    timers, deadlines, notes = make()
    all_of_them = [Noted(timers, notes, str(n)) for n in range(5)]
    model: dict[str, float] = {}
    expected: list[tuple[str, float]] = []
    for _ in range(data.draw(st.integers(1, 30))):
        which = data.draw(st.sampled_from(all_of_them))
        step = data.draw(st.sampled_from(["arm", "disarm", "advance"]))
        amount = data.draw(st.sampled_from([0.0, 0.001, 0.01, 0.015625, 0.1, 1.0, 6.0]))
        if step == "arm":
            when = timers.now + amount + 0.0001
            deadlines.arm(which, when)
            model[which.name] = min(when, model.get(which.name, inf))
        elif step == "disarm":
            deadlines.disarm(which)
            model.pop(which.name, None)
        else:
            until = timers.now + amount
            gone = sorted((when, name) for name, when in model.items() if when <= until)
            expected += [(name, when) for when, name in gone]
            for _, name in gone:
                del model[name]
            timers.advance(until)
        assert len(deadlines) == len(model)
        assert timers.waiting == bool(model)
        assert sorted(notes) == sorted(expected)
        assert [when for _, when in notes] == [when for _, when in expected]


def test_what_is_armed_and_disarmed_again_and_again_takes_no_more_room() -> None:
    timers, deadlines, notes = make()
    lasting, one = Noted(timers, notes, "lasting"), Noted(timers, notes)
    deadlines.arm(lasting, 1e6)
    tracemalloc.start()
    try:
        for number in range(10_000):
            deadlines.arm(one, 1000.0 + number)
            deadlines.disarm(one)
        assert tracemalloc.get_traced_memory()[0] < 300_000
    finally:
        tracemalloc.stop()
    timers.advance(2e6)
    assert notes == [("lasting", 1e6)]


async def test_all_schedulers_of_a_loop_share_one_queue() -> None:
    loop = asyncio.get_running_loop()
    mine = deadlines_of(current_scheduler())
    assert mine is deadlines_of(LoopScheduler(loop))
    assert mine is deadlines_of(LoopScheduler(loop).guarded(print))
    assert mine.clock() == loop.time()


def test_other_schedulers_have_a_queue_each_for_as_long_as_it_is_held() -> None:
    one, two = TestScheduler(), TestScheduler()
    mine = deadlines_of(one)
    assert mine is deadlines_of(one)
    assert mine is not deadlines_of(two)
    number = id(mine)
    del mine
    gc.collect()
    again = deadlines_of(one)
    assert len(again) == 0
    assert again is deadlines_of(one)
    del number
