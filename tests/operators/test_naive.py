"""What comes to mind first instead of an operator, and where it goes wrong.

Where that takes a stage of its own, it is in the operator's own tests: `ELSEWHERE` says which.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import EventEmitter
from rxconvo import operators as chat
from rxconvo.model import (
    Append,
    CaughtUp,
    DiffBatch,
    Home,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Participant,
    ParticipantEvent,
    ParticipantJoined,
    ParticipantLeft,
    Remove,
    Reset,
)
from tests.operators.test_release import Conversation, Scene

stock: Any = ops
"""The operators of reactivex, as who is in a hurry writes them: without types."""

ELSEWHERE = {
    "audit": "test_what_reactivex_has_does_less",
    "auto_mark_read": "test_naively_the_first_one_ends_all",
    "bounded_buffer": "test_observe_on_keeps_them_all",
    "catch_up": "test_the_naive_ways_are_wrong",
    "conflate": "test_to_drop_batches_makes_wrong_lists",
    "debounce": "test_that_of_reactivex_is_silent_as_long_as_a_burst_goes_on",
    "dedupe": "test_it_looks_at_none_of_those_before_where_the_naive_way_looks_at_all",
    "enrich": "test_flat_map_is_no_help",
    "isolate_errors": "test_without_it_the_first_ends_everything",
    "mentions": "test_naively_others_are_taken_for_oneself",
    "notify": "test_naively_it_does",
    "optimistic": "test_naively_both_are_shown",
    "outbox": "test_concat_map_loses_what_waits_with_the_first_refusal",
    "presence": "def naive(users",
    "read_receipts": "test_naively_it_does_not",
    "retry_mutation": "test_retry_of_reactivex_tries_again_what_was_refused",
    "send_typing": "test_naively_the_first_one_ends_all",
    "thread_by": "test_those_of_reactivex_stay_for_good",
    "typing_indicator": "def naive(typing",
    "typing_text": "test_who_sorts_says_the_same_of_both_orders",
    "unread_total": "test_naively_those_that_come_later_do_not_count",
}
"""Operators, and which of their own tests shows it."""

NONE = {"probe": "it changes nothing: to count by hand is as right, and is not in `client.inspect()`"}
"""Operators that nothing comes to mind instead of, and why."""


def message(index: int, author: str = "bob", body: str = "", date: str | None = None) -> Message:
    return Message(f"IM{index}", index, author=author, body=body, date_created_iso=date, home=Home("CH1"))


def added(index: int, author: str = "bob") -> MessageAdded:
    return MessageAdded(message(index, author))


def seen_of(made: Observable[Any], scheduler: SchedulerBase | None = None) -> list[Any]:
    """Subscribe, and return what will be seen."""
    seen: list[Any] = []
    made.subscribe(seen.append, scheduler=scheduler)
    return seen


def put(known: Any, event: Any) -> Any:
    """Put somebody into the very dict that is there."""
    known[event.participant.sid] = event.participant
    return known


def test_each_operator_has_one() -> None:
    here = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {name for name in chat.__all__ if name in here} | set(ELSEWHERE) | set(NONE) == set(chat.__all__)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_it_is_where_it_is_said_to_be(name: str) -> None:
    assert ELSEWHERE[name] in Path(__file__).with_name(f"test_{name}.py").read_text(encoding="utf-8")


# -- lists


def test_collect_list() -> None:
    """To append what is added knows nothing of changes, removals and older pages."""
    events: Subject[Any] = Subject()
    naive = seen_of(events.pipe(stock.filter(lambda event: isinstance(event, MessageAdded)), stock.scan(_appended, ())))
    ours = seen_of(events.pipe(chat.collect_list()))
    for event in (
        *(CaughtUp(), added(1), added(0)),
        MessageUpdated(message(1), message(1, body="edited"), ("body",)),
        MessageRemoved(message(0), 0, Home("CH1")),
    ):
        events.on_next(event)
    assert [each.index for each in naive[-1]] == [1, 0]
    assert [(each.index, each.body) for each in ours[-1]] == [(1, "edited")]


def _appended(known: tuple[Message, ...], event: Any) -> tuple[Message, ...]:
    return (*known, event.message)


def test_collect_map() -> None:
    """To put into one dict changes what was emitted before."""
    events: Subject[ParticipantEvent] = Subject()
    naive, ours = seen_of(events.pipe(stock.scan(put, {}))), seen_of(events.pipe(chat.collect_map()))
    events.on_next(ParticipantJoined(Participant("MB1", "ada")))
    events.on_next(ParticipantJoined(Participant("MB2", "bob")))
    assert [len(known) for known in naive] == [2, 2]
    assert [len(known) for known in ours[-2:]] == [1, 2]


def test_apply_diffs() -> None:
    """To change one list changes what was emitted before."""
    batches: Subject[DiffBatch[int]] = Subject()

    def extended(known: Any, batch: Any) -> Any:
        for diff in batch.diffs:
            known.extend(diff.values)
        return known

    naive, ours = seen_of(batches.pipe(stock.scan(extended, []))), seen_of(batches.pipe(chat.apply_diffs()))
    batches.on_next(DiffBatch((Reset((1,)),)))
    batches.on_next(DiffBatch((Append((2,)),)))
    assert (naive, ours) == ([[1, 2], [1, 2]], [(1,), (1, 2)])


def test_to_diffs() -> None:
    """To tell the whole list each time says nothing of what is new, and costs as much as the list is long."""
    lists: Subject[list[int]] = Subject()
    naive = seen_of(lists.pipe(stock.map(lambda values: DiffBatch((Reset(tuple(values)),)))))
    ours = seen_of(lists.pipe(chat.to_diffs()))
    lists.on_next([*range(100)])
    lists.on_next([*range(101)])
    assert (naive[-1], ours[-1]) == (DiffBatch((Reset((*range(101),)),)), DiffBatch((Append((100,)),)))


def test_timeline() -> None:
    """To map what is added to diffs grows for ever, and never lets go of what is removed."""
    events: Subject[Any] = Subject()
    diffs = stock.map(lambda event: DiffBatch((Append((event.message,)),)))
    naive = seen_of(events.pipe(stock.filter(lambda event: isinstance(event, MessageAdded)), diffs, chat.apply_diffs()))
    ours = seen_of(events.pipe(chat.timeline(2), chat.apply_diffs()))
    for event in (CaughtUp(), *map(added, range(5)), MessageRemoved(message(4), 4, Home("CH1"))):
        events.on_next(event)
    assert [each.index for each in naive[-1]] == [0, 1, 2, 3, 4]
    assert [each.index for each in ours[-1]] == [3]


def test_live_filter() -> None:
    """To filter the whole list asks of everything again for each change."""
    assert looks(lambda look: stock.map(lambda values: tuple(filter(look, values)))) == 101
    assert looks(lambda look: reactivex.compose(chat.to_diffs(), chat.live_filter(look))) == 1


def test_live_sort() -> None:
    """To sort the whole list asks of everything again for each change."""
    assert looks(lambda look: stock.map(lambda values: sorted(values, key=look))) == 101
    assert looks(lambda look: reactivex.compose(chat.to_diffs(), chat.live_sort(look))) == 1


def looks(make: Callable[[Callable[[int], int]], Any]) -> int:
    """Return how many items are looked at when one is appended to a hundred."""
    looked: list[int] = []

    def look(value: int) -> int:
        looked.append(value)
        return value % 2

    lists: Subject[tuple[int, ...]] = Subject()
    lists.pipe(make(look)).subscribe()
    lists.on_next((*range(100),))
    before = len(looked)
    lists.on_next((*range(101),))
    return len(looked) - before


def test_head() -> None:
    """To cut what is there at first does not know what moves up where something goes."""
    batches: Subject[DiffBatch[int]] = Subject()
    naive = seen_of(batches.pipe(stock.map(partial(cut, slice(None, 2))), chat.apply_diffs()))
    ours = seen_of(batches.pipe(chat.head(2), chat.apply_diffs()))
    batches.on_next(DiffBatch((Reset((0, 1, 2)),)))
    batches.on_next(DiffBatch((Remove(0),)))
    assert (naive[-1], ours[-1]) == ((1,), (1, 2))


def test_tail() -> None:
    """To cut what is there at first grows with all that is appended."""
    batches: Subject[DiffBatch[int]] = Subject()
    naive = seen_of(batches.pipe(stock.map(partial(cut, slice(-2, None))), chat.apply_diffs()))
    ours = seen_of(batches.pipe(chat.tail(2), chat.apply_diffs()))
    batches.on_next(DiffBatch((Reset((0, 1, 2)),)))
    batches.on_next(DiffBatch((Append((3,)),)))
    assert (naive[-1], ours[-1]) == ((1, 2, 3), (2, 3))


def cut(window: slice, batch: DiffBatch[int]) -> DiffBatch[int]:
    """Cut a list as it is told at first."""
    (diff,) = batch.diffs
    return DiffBatch((Reset(diff.values[window]),)) if isinstance(diff, Reset) else batch


# -- items


def test_latest_by() -> None:
    """To put into a dict keeps every key for ever."""
    values: Subject[int] = Subject()
    naive = seen_of(values.pipe(stock.scan(lambda known, value: {**known, value: value}, dict[int, int]())))
    ours = seen_of(values.pipe(chat.latest_by(int, max_keys=10)))
    for value in range(100):
        values.on_next(value)
    assert (len(naive[-1]), list(ours[-1])) == (100, [*range(90, 100)])


def test_in_order() -> None:
    """To wait for the next number waits for ever where it is lost."""
    scheduler = TestScheduler()
    values: Subject[int] = Subject()

    def release(state: tuple[list[int], list[int]], value: int) -> tuple[list[int], list[int]]:
        waiting, out = sorted((*state[0], value)), [*state[1]]
        while waiting and waiting[0] == len(out):
            out.append(waiting.pop(0))
        return waiting, out

    start: tuple[list[int], list[int]] = ([], [])
    naive = seen_of(values.pipe(stock.scan(release, start)))
    ours = seen_of(values.pipe(chat.in_order(int, 5.0, first=0, scheduler=scheduler)))
    for value in (0, 2, 3, 4):
        values.on_next(value)
    scheduler.advance_by(5.0)
    assert (naive[-1][1], ours) == ([0], [0, 2, 3, 4])


def test_from_emitter() -> None:
    """To listen without an end keeps the listener when nobody observes any more."""
    emitter = EventEmitter()

    def subscribe(observer: ObserverBase[int], _: SchedulerBase | None = None) -> DisposableBase:
        emitter.on("value", observer.on_next)
        return Disposable()

    Observable(subscribe).subscribe().dispose()
    assert emitter.listener_count("value") == 1
    chat.from_emitter(emitter, "value").subscribe().dispose()
    assert emitter.listener_count("value") == 1


async def test_from_async_iter() -> None:
    """To push from a task goes on when nobody observes any more."""
    asked: dict[str, int] = {"naive": 0, "ours": 0}

    async def numbers(name: str) -> AsyncIterator[int]:
        while asked[name] < 100:
            asked[name] += 1
            yield asked[name]
            await asyncio.sleep(1.0)

    tasks: list[asyncio.Task[None]] = []

    def subscribe(observer: ObserverBase[int], _: SchedulerBase | None = None) -> DisposableBase:
        async def push() -> None:
            async for number in numbers("naive"):
                observer.on_next(number)

        tasks.append(asyncio.ensure_future(push()))
        return Disposable()

    Observable(subscribe).pipe(stock.take(3)).subscribe()
    chat.from_async_iter(numbers("ours")).pipe(stock.take(3)).subscribe()
    await asyncio.gather(*tasks)
    assert asked == {"naive": 100, "ours": 3}


async def test_to_async_iter() -> None:
    """A queue without a bound holds everything that its reader has not taken."""
    values: Subject[int] = Subject()
    queue: asyncio.Queue[int] = asyncio.Queue()
    taken = values.pipe(chat.to_async_iter(3, "drop_oldest"))
    with values.subscribe(queue.put_nowait):
        for value in range(1000):
            values.on_next(value)
    assert queue.qsize() == 1000
    assert [await anext(taken) for _ in range(3)] == [997, 998, 999]
    await taken.aclose()
    assert values.observers == []


# -- people and reading


def test_unread_badge() -> None:
    """To count what is added begins at nothing, and counts what one writes oneself."""
    scene = Scene(asked=1)  # the query is answered
    naive = seen_of(scene.source.pipe(stock.map(lambda _: 1), stock.scan(lambda count, one: count + one, 0)))
    state: Any = Conversation(scene)
    ours = seen_of(scene.source.pipe(chat.unread_badge(state)), scene.scheduler)
    scene.scheduler.advance_by(2.0)
    scene.source.on_next(added(1, "ada"))
    scene.source.on_next(added(2, "bob"))
    assert (naive, ours) == ([1, 2], [1, 2])
    scene.source.on_next(added(3, "ada"))
    assert (naive[-1], ours[-1]) == (3, 2)


def test_occupancy() -> None:
    """To read the roster and then the stream loses who comes and goes meanwhile."""
    roster: Subject[list[Participant]] = Subject()
    events: Subject[ParticipantEvent] = Subject()
    count = stock.scan(_count, Counter[str]())
    naive = seen_of(
        roster.pipe(
            stock.take(1),
            stock.flat_map(lambda all_: reactivex.from_iterable(map(ParticipantJoined, all_))),
            stock.concat(events),
            count,
        )
    )
    ours = seen_of(events.pipe(chat.occupancy(roster)))
    ada, bob = Participant("MB1", "ada"), Participant("MB2", "bob")
    events.on_next(ParticipantLeft(ada))
    roster.on_next([ada, bob])
    assert (naive[-1], ours[-1]) == ({"chat": 2}, {"chat": 1})


def _count(known: Counter[str], event: ParticipantEvent) -> Counter[str]:
    return known + Counter({"chat": 1 if isinstance(event, ParticipantJoined) else -1})


# -- time


def test_rate() -> None:
    """What is counted by the clock's own windows splits a burst, and says nothing of the moment."""
    scheduler = TestScheduler()
    values: Subject[int] = Subject()
    naive = seen_of(
        values.pipe(stock.buffer_with_time(4.0, scheduler=scheduler), stock.map(len), stock.map(lambda n: n / 4))
    )
    ours = seen_of(values.pipe(chat.rate(4.0, slide=1.0, scheduler=scheduler)))
    for _ in range(8):
        scheduler.advance_by(0.5)
        if 3.0 <= scheduler.clock <= 5.0:
            values.on_next(1)
    scheduler.advance_by(0.5)
    values.on_next(1)
    values.on_next(1)
    scheduler.advance_by(10.0)
    assert max(naive) < max(ours) == 5 / 4
    assert ours[-1] == 0.0


def test_ewma() -> None:
    """What weighs numbers by their count lets one of yesterday count as much as one of this moment."""
    scheduler = TestScheduler()
    values: Subject[float] = Subject()
    naive = seen_of(values.pipe(stock.scan(lambda mean, value: mean / 2 + value / 2)))
    ours = seen_of(values.pipe(chat.ewma(3600.0, scheduler=scheduler)))
    values.on_next(0.0)
    scheduler.advance_by(86_400.0)
    values.on_next(100.0)
    assert naive[-1] == 50.0
    assert 99.9 < ours[-1] < 100.0


def test_windowed_count() -> None:
    """Windows of the clock go on without end, though nothing comes, each with its timer."""
    scheduler = TestScheduler()
    values: Subject[str] = Subject()
    naive = seen_of(values.pipe(stock.buffer_with_time(4.0, scheduler=scheduler), stock.map(Counter)))
    ours = seen_of(values.pipe(chat.windowed_count(4.0, by=str, scheduler=scheduler)))
    values.on_next("a")
    scheduler.advance_by(4000.0)
    assert (len(naive), ours) == (1000, [{}, {"a": 1}, {}])


def test_sessionize() -> None:
    """What goes by arrival makes one session of all that was missed, however far apart it was."""
    scheduler = TestScheduler()
    values: Subject[Message] = Subject()
    naive = seen_of(values.pipe(stock.buffer(values.pipe(stock.debounce(60.0, scheduler)))))
    ours = seen_of(values.pipe(chat.sessionize(60.0, scheduler=scheduler)))
    for hour in (9, 12):
        values.on_next(message(hour, date=f"1970-01-01T{hour:02}:00:00Z"))
    scheduler.advance_by(100_000.0)
    assert [len(burst) for burst in naive] == [2]
    assert [session.count for session in ours if not session.open] == [1, 1]


# -- service desk


def test_response_time() -> None:
    """From the last message to the next one is not how long somebody has waited."""
    values: Subject[Message] = Subject()
    pairs = stock.filter(lambda pair: (pair[0].author, pair[1].author) == ("ada", "bob"))
    naive = seen_of(values.pipe(stock.pairwise(), pairs, stock.map(_seconds)))
    ours = seen_of(values.pipe(chat.response_time(answerer="bob", scheduler=TestScheduler())))
    for author, minute in (("ada", 0), ("ada", 9), ("bob", 10)):
        values.on_next(message(minute, author, date=f"1970-01-01T00:{minute:02}:00Z"))
    assert (naive, [sample.seconds for sample in ours]) == ([60.0], [600.0])


def _seconds(pair: tuple[Message, Message]) -> float:
    before, after = (each.date_created for each in pair)
    assert before is not None
    assert after is not None
    return (after - before).total_seconds()


def test_sla() -> None:
    """A timeout since the last message is put off by who asks again and again."""
    scheduler = TestScheduler()
    values: Subject[Message] = Subject()
    naive = seen_of(values.pipe(stock.debounce(60.0, scheduler)))
    ours = seen_of(values.pipe(chat.sla(60.0, answerer="bob", scheduler=scheduler)))
    for _ in range(10):
        values.on_next(Message("IM1", 0, author="ada", home=Home("CH1")))
        scheduler.advance_by(30.0)
    assert naive == []
    assert "breach" in [state.status for state in ours]
