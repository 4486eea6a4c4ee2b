"""Which values wait for a slow consumer, when they come, and what is left when nobody looks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError, SlowConsumerError
from rxconvo.model import Append, DiffBatch, Reset
from rxconvo.operators import apply_diffs, bounded_buffer, to_diffs
from rxconvo.streams import LoopScheduler, Overflow, current_scheduler, meters_of
from rxconvo.testing import advance, settle

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

POLICIES: list[Overflow] = ["drop_oldest", "drop_newest", "error", "disconnect", "error", "error"]


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    rows = diagrams(bounded_buffer)
    for number, overflow in enumerate(POLICIES):
        values, emitted = rows[2 * number : 2 * number + 2]
        marbles = make_marbles({mark: mark for mark in "abc"})
        until = float(emitted.index("!")) if "!" in emitted else 50.0
        played = marbles.play(bounded_buffer(1, overflow, every=3), values, until=until)
        expected = marbles.expect(emitted.partition("!")[0])
        assert [one[:2] for one in played] == [one[:2] for one in expected]
        assert [one[2] for one in played if one[1] == "N"] == [one[2] for one in expected if one[1] == "N"]


class Buffering:
    """Values, and what comes of them."""

    def __init__(self, maxsize: int, overflow: Overflow = "error", every: float = 0.0, name: str | None = None) -> None:
        self.scheduler = TestScheduler()
        self.values: Subject[Any] = Subject()
        self.seen: list[Any] = []
        self.times: list[float] = []
        self.subscription = self.values.pipe(
            bounded_buffer(maxsize, overflow, every=every, name=name, scheduler=self.scheduler)
        ).subscribe(self._see, self.seen.append, lambda: self.seen.append("|"))

    def _see(self, value: object) -> None:
        self.seen.append(value)
        self.times.append(self.scheduler.to_seconds(self.scheduler.now))

    def put(self, *values: object) -> None:
        for value in values:
            self.values.on_next(value)


class TestPace:
    """When values come."""

    async def test_one_in_each_round_of_the_loop(self) -> None:
        seen: list[int] = []
        reactivex.range(3).pipe(bounded_buffer(5)).subscribe(seen.append, lambda _: None, lambda: seen.append(-1))
        assert seen == []
        for number in range(3):
            await asyncio.sleep(0)
            assert seen[: number + 1] == list(range(number + 1))
        await settle()
        assert seen == [0, 1, 2, -1]
        assert asyncio.get_running_loop().time() == 0.0

    async def test_others_have_their_turn(self) -> None:
        turns: list[str] = []
        reactivex.range(3).pipe(bounded_buffer(5)).subscribe(lambda value: turns.append(str(value)))
        for _ in range(3):
            await asyncio.sleep(0)
            turns.append("-")
        await settle()
        assert "".join(turns) in {"0-1-2-", "-0-1-2"}

    def test_the_first_comes_at_once(self) -> None:
        buffering = Buffering(1, every=3.0)
        buffering.put("a")
        assert buffering.seen == ["a"]

    def test_no_two_within_the_pause(self) -> None:
        buffering = Buffering(3, every=2.0)
        buffering.put("a", "b", "c")
        buffering.scheduler.advance_by(5.0)
        buffering.put("d")
        buffering.scheduler.advance_by(10.0)
        assert buffering.times == [0.0, 2.0, 4.0, 6.0]
        buffering.put("e")
        assert buffering.times[-1] == 15.0

    def test_it_keeps_the_time_of_the_scheduler_given_to_subscribe(self) -> None:
        scheduler = TestScheduler()
        seen: list[int] = []
        reactivex.of(1, 2).pipe(bounded_buffer(5, every=5.0)).subscribe(seen.append, scheduler=scheduler)
        scheduler.advance_by(5.0)
        assert seen == [1, 2]


class TestEnd:
    """How it ends."""

    def test_too_many(self) -> None:
        buffering = Buffering(1, every=1.0)
        buffering.put("a", "b", "c", "d")
        assert buffering.values.observers == []
        buffering.scheduler.advance_by(5.0)
        assert buffering.seen[:2] == ["a", "b"]
        assert isinstance(buffering.seen[2], SlowConsumerError)
        assert buffering.seen[2].limit == 1

    def test_disconnected(self) -> None:
        buffering = Buffering(1, "disconnect", every=1.0)
        buffering.put("a", "b", "c")
        assert buffering.values.observers == []
        buffering.scheduler.advance_by(5.0)
        assert buffering.seen == ["a", "b", "|"]

    def test_nothing_came(self) -> None:
        buffering = Buffering(1)
        buffering.values.on_completed()
        assert buffering.seen == ["|"]

    def test_reset_is_for_diffs(self) -> None:
        buffering = Buffering(1, "reset")
        buffering.put(1, 2)
        assert [type(one) for one in buffering.seen] == [ArgumentError]


@given(
    steps=st.lists(st.booleans(), max_size=30),
    limit=st.integers(1, 3),
    every=st.sampled_from([0.0, 1.0, 2.5]),
    overflow=st.sampled_from(["drop_oldest", "drop_newest"]),
    at=st.integers(0, 30),
)
def test_in_order_at_its_pace_none_unaccounted_for_and_nothing_left(
    steps: list[bool], limit: int, every: float, overflow: Overflow, at: int
) -> None:
    name = f"{limit} {every}"
    whole, cut = Buffering(limit, overflow, every, name), Buffering(limit, overflow, every)
    meters = meters_of(whole.scheduler)
    put = 0
    for number, puts in enumerate(steps):
        if number == at:
            cut.subscription.dispose()
            assert cut.values.observers == []
        for one in (whole, cut):
            if puts:
                one.put(put)
            else:
                one.scheduler.advance_by(1.0)
        put += puts
        assert put - len(whole.seen) - meters[name].drops <= limit
    cut.subscription.dispose()
    seen = list(cut.seen)
    for one in (whole, cut):
        one.scheduler.advance_by(100.0)
    assert cut.seen == seen
    assert whole.seen == sorted(whole.seen)
    assert len(whole.seen) + meters[name].drops == put
    assert all(later - earlier >= every for earlier, later in pairwise(whole.times))
    if put:
        assert (whole.seen[-1] == put - 1) or overflow == "drop_newest"


@given(
    lists=st.lists(st.lists(st.integers(0, 5), max_size=5, unique=True), max_size=12),
    waits=st.lists(st.booleans(), min_size=12, max_size=12),
    limit=st.integers(1, 3),
    every=st.sampled_from([0.0, 2.0]),
)
def test_diffs_give_the_same_list_in_the_end(
    lists: list[list[int]], waits: list[bool], limit: int, every: float
) -> None:
    scheduler = TestScheduler()
    source: Subject[list[int]] = Subject()
    seen: list[tuple[int, ...]] = []
    source.pipe(to_diffs(), bounded_buffer(limit, "reset", every=every, scheduler=scheduler), apply_diffs()).subscribe(
        seen.append
    )
    for values, wait in zip(lists, waits, strict=False):
        source.on_next(values)
        if wait:
            scheduler.advance_by(1.0)
    scheduler.advance_by(100.0)
    assert [list(values) for values in seen[-1:]] == lists[-1:]
    assert all(list(values) in lists for values in seen)


def test_dropping_diffs_gives_another_list() -> None:
    """What `drop_oldest` would do to them."""
    batches = [DiffBatch((Append((number,)),)) for number in range(3)]
    buffering = Buffering(1, "drop_oldest")
    buffering.put(*batches)
    buffering.scheduler.advance_by(1.0)
    assert buffering.seen == [batches[2]]
    buffering = Buffering(1, "reset")
    buffering.put(*batches)
    buffering.scheduler.advance_by(1.0)
    assert buffering.seen == [DiffBatch((Reset((0, 1, 2)),))]


async def test_observe_on_keeps_them_all() -> None:
    seen: list[int] = []
    reactivex.range(5000).pipe(ops.observe_on(current_scheduler())).subscribe(seen.append)
    bounded: list[int] = []
    reactivex.range(5000).pipe(bounded_buffer(3, "drop_oldest")).subscribe(bounded.append)
    await settle()
    assert (len(seen), bounded) == (5000, [4997, 4998, 4999])


def test_a_value_from_within_comes_after() -> None:
    buffering = Buffering(5, every=1.0)
    again = buffering.values.pipe(ops.take(1)).subscribe(lambda _: buffering.put("b"))
    buffering.put("a")
    buffering.scheduler.advance_by(5.0)
    again.dispose()
    assert buffering.seen == ["a", "b"]


def test_disposed_by_what_it_emits() -> None:
    scheduler = TestScheduler()
    values: Subject[str] = Subject()
    seen: list[str] = []
    values.pipe(bounded_buffer(5, scheduler=scheduler), ops.take(1)).subscribe(seen.append)
    values.on_next("a")
    values.on_next("b")
    scheduler.advance_by(5.0)
    assert (seen, values.observers) == (["a"], [])


def test_each_subscriber_has_its_own() -> None:
    scheduler = TestScheduler()
    values: Subject[str] = Subject()
    buffered = values.pipe(bounded_buffer(1, every=1.0, scheduler=scheduler))
    seen: list[str] = []
    for _ in range(2):
        buffered.subscribe(seen.append)
    values.on_next("a")
    assert seen == ["a", "a"]


async def test_disposed_there_is_no_timer() -> None:
    values: Subject[str] = Subject()
    subscription = values.pipe(bounded_buffer(1, every=60.0)).subscribe()
    values.on_next("a")
    subscription.dispose()
    await advance(0.0)
    assert isinstance(current_scheduler(), LoopScheduler)


@pytest.mark.parametrize(
    "arguments",
    [{"maxsize": 0}, {"overflow": "block"}, {"every": -1.0}, {"every": math.inf}, {"every": math.nan}],
)
def test_bad_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        bounded_buffer(**{"maxsize": 1, **arguments})
