"""What is found out, in which order, how many at a time, and what is left when nobody looks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import Conversation, Message, Participant, Service
from rxconvo.errors import AbortError, ArgumentError, SlowConsumerError
from rxconvo.model import Enriched
from rxconvo.operators import enrich
from rxconvo.testing import VirtualLoop, advance, settle
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

BROKEN = LookupError("broken")


@dataclass
class Worker:
    """Finds out what the test says, after as long as it says.

    Attributes:
        most: How many were under way at a time, at most.
        cancelled: Which were cancelled.
    """

    takes: dict[str, float] = field(default_factory=dict[str, float])
    fails: frozenset[str] = frozenset()
    running: list[str] = field(default_factory=list[str])
    most: int = 0
    cancelled: list[str] = field(default_factory=list[str])

    async def __call__(self, value: str) -> str:
        self.running.append(value)
        self.most = max(self.most, len(self.running))
        try:
            await asyncio.sleep(self.takes.get(value, 1.0))
        except asyncio.CancelledError:
            self.cancelled.append(value)
            raise
        finally:
            self.running.remove(value)
        if value in self.fails:
            raise BROKEN
        return value.upper()


@dataclass
class Enriching:
    """Values, and what is found out about them."""

    fn: Callable[[str], Awaitable[str] | Observable[str]]
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    values: Subject[str] = field(default_factory=Subject[str])
    seen: list[Any] = field(default_factory=list[Any])

    def __post_init__(self) -> None:
        self.subscription = self.values.pipe(enrich(self.fn, **self.options)).subscribe(
            self.seen.append, self.seen.append, lambda: self.seen.append("|")
        )

    def put(self, values: str) -> None:
        for value in values:
            self.values.on_next(value)

    @property
    def row(self) -> str:
        return "".join(one if isinstance(one, str) else one.result or "#" for one in self.seen)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    def find_out(value: str) -> Observable[str]:
        found = reactivex.throw(BROKEN) if value == "b" else reactivex.of(value.upper())
        return reactivex.timer(3.0 if value == "c" else 2.0).pipe(ops.flat_map(lambda _: found))

    values = {mark: mark for mark in "abcd"} | {
        mark: Enriched(mark.lower(), None if mark == "B" else mark, BROKEN if mark == "B" else None) for mark in "ABCD"
    }
    play_cases(lambda: make_marbles(values), enrich(find_out, max_concurrent=2), diagrams(enrich))


class TestOrder:
    """Who comes when."""

    @pytest.mark.parametrize("ordered, row", [(True, "ABC"), (False, "CBA")])
    async def test_as_the_values_or_as_they_are_there(self, ordered: bool, row: str) -> None:
        worker = Worker({"a": 3.0, "b": 2.0})
        enriching = Enriching(worker, {"ordered": ordered})
        enriching.put("abc")
        await advance(5.0)
        assert enriching.row == row

    async def test_no_more_than_so_many_at_a_time(self) -> None:
        worker = Worker()
        enriching = Enriching(worker, {"max_concurrent": 3})
        enriching.put("abcdefgh")
        await advance(1.0)
        assert (enriching.row, worker.running) == ("ABC", ["d", "e", "f"])
        await advance(5.0)
        assert (enriching.row, worker.most) == ("ABCDEFGH", 3)

    async def test_it_completes_when_all_is_done(self) -> None:
        enriching = Enriching(Worker())
        enriching.put("ab")
        enriching.values.on_completed()
        await advance(0.5)
        assert enriching.row == ""
        await advance(0.5)
        assert enriching.row == "AB|"

    async def test_nothing_to_do(self) -> None:
        enriching = Enriching(Worker())
        enriching.values.on_completed()
        assert enriching.row == "|"

    async def test_what_is_there_at_once(self) -> None:
        enriching = Enriching(_upper)
        enriching.put("abc")
        assert enriching.row == "ABC"

    async def test_a_value_from_within(self) -> None:
        seen: list[str] = []
        values: Subject[str] = Subject()

        def see(enriched: Enriched[str, str]) -> None:
            seen.append(enriched.result or "")
            if enriched.value == "a":
                values.on_next("b")

        values.pipe(enrich(_upper)).subscribe(see)
        values.on_next("a")
        assert seen == ["A", "B"]


class TestFailures:
    """What becomes of them."""

    @pytest.mark.parametrize("on_error, row", [("pass", "A#C|"), ("drop", "AC|")])
    async def test_the_others_go_on(self, on_error: str, row: str) -> None:
        enriching = Enriching(Worker(fails=frozenset("b")), {"on_error": on_error})
        enriching.put("abc")
        enriching.values.on_completed()
        await advance(5.0)
        assert enriching.row == row

    async def test_or_it_ends(self) -> None:
        worker = Worker({"a": 0.5, "c": 9.0}, fails=frozenset("b"))
        enriching = Enriching(worker, {"on_error": "raise"})
        enriching.put("abc")
        await advance(1.0)
        assert enriching.seen == [Enriched("a", "A"), BROKEN]
        await settle()
        assert (worker.cancelled, worker.running) == (["c"], [])

    @pytest.mark.parametrize("fn", [lambda _: 1, lambda value: value.nothing])
    async def test_what_cannot_be_begun(self, fn: Callable[[str], Any]) -> None:
        enriching = Enriching(fn)
        enriching.put("a")
        assert isinstance(enriching.seen[0].error, TypeError | AttributeError)

    async def test_too_late(self) -> None:
        worker = Worker({"a": 5.0})
        enriching = Enriching(worker, {"timeout": 2.0})
        enriching.put("ab")
        await advance(2.0)
        assert isinstance(enriching.seen[0].error, TimeoutError)
        assert enriching.seen[1] == Enriched("b", "B")
        assert worker.cancelled == ["a"]

    async def test_cancelled_by_somebody_else(self) -> None:
        enriching = Enriching(_cancelled)
        enriching.put("a")
        await settle()
        assert isinstance(enriching.seen[0].error, AbortError)

    @pytest.mark.parametrize("ordered", [True, False])
    async def test_too_many(self, ordered: bool) -> None:
        enriching = Enriching(Worker({"a": 3.0}), {"max_concurrent": 2, "max_waiting": 3, "ordered": ordered})
        enriching.put("abcd")
        assert [type(one.error) for one in enriching.seen] == [SlowConsumerError]
        await advance(1.0)
        enriching.put("e")
        assert enriching.row == ("##" if ordered else "#B")  # in order, B keeps its place until A is there
        await advance(5.0)
        assert "".join(sorted(enriching.row)) == ("##ABC" if ordered else "#ABCE")

    async def test_the_error_of_the_source_cancels_all(self) -> None:
        worker = Worker()
        enriching = Enriching(worker)
        enriching.put("ab")
        await settle()
        enriching.values.on_error(BROKEN)
        await settle()
        assert enriching.seen == [BROKEN]
        assert worker.cancelled == ["a", "b"]

    async def test_flat_map_is_no_help(self) -> None:
        """A failure ends everything, and nothing bounds how many are under way."""
        worker = Worker(fails=frozenset("b"))
        values: Subject[str] = Subject()
        seen: list[Any] = []
        as_future = ops.flat_map(lambda value: reactivex.from_future(asyncio.ensure_future(worker(str(value)))))
        values.pipe(as_future).subscribe(seen.append, seen.append)
        for value in "abcdefghij":
            values.on_next(value)
        await advance(5.0)
        assert worker.most == 10
        assert seen == ["A", BROKEN]


def _upper(value: str) -> Observable[str]:
    return reactivex.of(value.upper())


async def _cancelled(_: str) -> str:
    raise asyncio.CancelledError


@given(
    takes=st.lists(st.integers(0, 6).map(lambda number: number / 2), max_size=10),
    limit=st.integers(1, 4),
    ordered=st.booleans(),
    at=st.floats(0.0, 20.0),
)
def test_each_value_once_in_order_and_all_is_released_whenever_it_is_disposed(
    takes: list[float], limit: int, ordered: bool, at: float
) -> None:
    async def run() -> None:
        names = "abcdefghij"[: len(takes)]
        worker = Worker(dict(zip(names, takes, strict=True)))
        enriching = Enriching(worker, {"max_concurrent": limit, "ordered": ordered})
        whole = Enriching(Worker(dict(zip(names, takes, strict=True))), {"max_concurrent": limit, "ordered": ordered})
        for one in (enriching, whole):
            one.put(names)
        await advance(at)
        enriching.subscription.dispose()
        await settle()
        assert (worker.running, enriching.values.observers) == ([], [])
        seen = enriching.row
        await advance(60.0)
        assert enriching.row == seen
        assert worker.most <= limit
        expected = names.upper()
        assert whole.row == expected if ordered else sorted(whole.row) == sorted(expected)
        assert whole.row.startswith(seen) or not ordered

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


async def test_disposed_from_within() -> None:
    enriching = Enriching(Worker())
    enriching.values.pipe(enrich(partial(_dispose, enriching))).subscribe()
    enriching.put("a")
    await advance(5.0)
    assert enriching.seen == []


async def _dispose(enriching: Enriching, _: str) -> None:
    enriching.subscription.dispose()


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_concurrent": 0},
        {"max_waiting": 0},
        {"timeout": 0.0},
        {"timeout": math.nan},
        {"on_error": "ignore"},
    ],
)
def test_bad_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        enrich(Worker(), **arguments)


def test_it_keeps_the_time_of_the_scheduler_given_to_subscribe() -> None:
    scheduler = TestScheduler()
    values: Subject[str] = Subject()
    seen: list[Any] = []
    values.pipe(enrich(lambda _: reactivex.never(), timeout=3.0)).subscribe(seen.append, scheduler=scheduler)
    values.on_next("a")
    scheduler.advance_by(3.0)
    assert isinstance(seen[0].error, TimeoutError)


def _author(message: Message[Conversation]) -> Observable[Participant[Conversation]]:
    return message.get_participant()


async def test_queries_of_values() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await (await ada.create_conversation()).join()
        found = lunch.messages.added.pipe(enrich(_author))
        first = asyncio.ensure_future(found.pipe(ops.first()))
        await lunch.messages.opened
        await lunch.send_message("pizza?")
        enriched = await first
        assert enriched.result is not None
        assert enriched.result.identity == "ada"
