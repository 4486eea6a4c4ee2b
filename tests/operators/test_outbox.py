"""What is sent, in which order, how often, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject, Subject
from reactivex.testing import TestScheduler

from rxconvo import Service
from rxconvo.client.outbox_store import SqliteOutbox
from rxconvo.errors import AbortError, ArgumentError, ClosedError, OutcomeUnknownError, QueueFullError, RejectedError
from rxconvo.model import Failed, Outgoing, Pending, RetryPolicy, Sent
from rxconvo.operators import outbox
from rxconvo.testing import VirtualLoop, advance, settle
from tests.operators.attempts import LOST, REFUSED, Manual
from tests.operators.attempts import Service as Performer
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


def item(name: str, sid: str = "CH1") -> Outgoing:
    return Outgoing(name, sid, f"body of {name}")


@dataclass
class Kept:
    """A store that forgets nothing but with the test.

    Attributes:
        broken: What its methods raise from now on.
    """

    items: dict[str, Outgoing] = field(default_factory=dict[str, Outgoing])
    broken: Exception | None = None

    def load(self) -> list[Outgoing]:
        self._check()
        return list(self.items.values())

    def add(self, item: Outgoing) -> None:
        self._check()
        assert item.id not in self.items
        self.items[item.id] = item

    def remove(self, id: str) -> None:
        self._check()
        self.items.pop(id, None)

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken


class Box:
    """An outbox whose mutations the test answers, by the names of the items."""

    def __init__(self, store: Kept | None = None, **options: Any) -> None:
        self.store = store or Kept()
        self.scheduler = TestScheduler()
        self.items: Subject[Outgoing] = Subject()
        self.connection: BehaviorSubject[str] = BehaviorSubject("connected")
        self.aborted: Subject[str] = Subject()
        self.mutations: dict[str, Manual] = {}
        self.begun: list[str] = []
        self.seen: list[Any] = []
        operator = outbox(
            self.store,
            self._send,
            connection=self.connection,
            aborted=self.aborted,
            chance=lambda: 0.5,
            scheduler=self.scheduler,
            **options,
        )
        self.subscription = self.items.pipe(operator).subscribe(
            self.seen.append, self.seen.append, lambda: self.seen.append("|")
        )

    def put(self, *items: Outgoing) -> None:
        for one in items:
            self.items.on_next(one)

    def answer(self, name: str, outcome: object = 0) -> None:
        self.mutations[name].answer(outcome)

    def act(self, act: str, argument: Any) -> None:
        outcomes = {"answer": 0, "lose": LOST, "refuse": REFUSED}
        match act:
            case "answer" | "lose" | "refuse" if argument < len(self.under_way):
                self.answer(self.under_way[argument], outcomes[act])
            case "down" | "up":
                self.connection.on_next("connected" if act == "up" else "disconnected")
            case "wait":
                self.scheduler.advance_by(40.0)
            case _:
                pass

    @property
    def under_way(self) -> list[str]:
        return [name for name, manual in self.mutations.items() if manual.waiting]

    @property
    def told(self) -> list[str]:
        return [one if isinstance(one, str) else f"{type(one).__name__[0].lower()}{one.local.id}" for one in self.seen]

    @property
    def released(self) -> bool:
        return not (self.under_way or self.items.observers or self.connection.observers or self.aborted.observers)

    def _send(self, item: Outgoing) -> Observable[int]:
        self.begun.append(item.id)
        manual = self.mutations[item.id] = Manual()
        return manual.observable()


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    items = {name: item(name) for name in "abc"}
    values: dict[str, object] = {
        **items,
        "C": "connected",
        "D": "disconnected",
        **{mark: Pending(items[name]) for mark, name in zip("pqr", "abc", strict=True)},
        **{mark: Sent(items[name], 0) for mark, name in zip("st", "ab", strict=True)},
        "f": Failed(items["c"], REFUSED),
    }

    def send(item: Outgoing) -> Observable[int]:
        answer = reactivex.throw(REFUSED) if item.id == "c" else reactivex.of(0)
        return reactivex.timer(2.0).pipe(ops.flat_map(lambda _: answer))

    def compose(items: Observable[Outgoing], connection: Observable[str]) -> Observable[Any]:
        return items.pipe(outbox(Kept(), send, connection=connection))

    play_cases(lambda: make_marbles(values), compose, diagrams(outbox), inputs=2)


class TestOrder:
    """Which is sent when."""

    def test_one_after_the_other_in_each_conversation(self) -> None:
        box = Box()
        box.put(item("a"), item("b"), item("x", "CH2"))
        assert box.under_way == ["a", "x"]
        box.answer("a", 7)
        assert box.under_way == ["x", "b"]
        assert box.seen[-1] == Sent(item("a"), 7)

    def test_what_tells_the_order_may_fail_before_anything_is_kept(self) -> None:
        def per(_: Outgoing) -> str:
            raise LookupError

        box = Box(per=per)
        box.put(item("a"))
        assert [type(one) for one in box.seen] == [LookupError]
        assert box.store.items == {}
        assert box.released

    def test_by_what_else_it_may_be(self) -> None:
        box = Box(per=lambda _: None)
        box.put(item("a"), item("x", "CH2"))
        assert box.under_way == ["a"]

    def test_a_refusal_lets_the_next_one_through(self) -> None:
        box = Box()
        box.put(item("a"), item("b"))
        box.answer("a", REFUSED)
        assert box.seen[-1] == Failed(item("a"), REFUSED)
        assert box.under_way == ["b"]

    def test_what_is_not_answered_keeps_the_next_one_waiting(self) -> None:
        box = Box()
        box.put(item("a"), item("b"))
        for _ in range(20):
            box.answer("a", LOST)
            assert box.under_way == []
            box.scheduler.advance_by(30.0)
            assert box.under_way == ["a"]
        assert box.begun == ["a"]
        box.answer("a")
        assert box.told == ["pa", "pb", "sa"]

    def test_unless_the_policy_gives_it_up(self) -> None:
        box = Box(policy=RetryPolicy(attempts=1))
        box.put(item("a"), item("b"))
        box.answer("a", LOST)
        assert box.seen[-1] == Failed(item("a"), LOST)
        assert (box.under_way, list(box.store.items)) == (["b"], ["b"])

    def test_what_cannot_be_begun_fails(self) -> None:
        seen: list[Any] = []
        items: Subject[Outgoing] = Subject()
        items.pipe(outbox(Kept(), _fail, scheduler=TestScheduler())).subscribe(seen.append)
        items.on_next(item("a"))
        assert [type(state) for state in seen] == [Pending, Failed]
        assert isinstance(seen[1].error, ZeroDivisionError)

    def test_it_completes_when_all_is_sent(self) -> None:
        box = Box()
        box.put(item("a"))
        box.items.on_completed()
        assert box.told == ["pa"]
        box.answer("a")
        assert box.told == ["pa", "sa", "|"]
        assert box.released

    def test_or_at_once(self) -> None:
        box = Box()
        box.items.on_completed()
        assert box.told == ["|"]


def _fail(_: Outgoing) -> Observable[int]:
    raise ZeroDivisionError


class TestConnection:
    """When nothing is sent."""

    def test_nothing_is_sent_before_there_is_one(self) -> None:
        box = Box()
        box.connection.on_next("connecting")
        box.put(item("a"))
        assert (box.told, box.under_way) == (["pa"], [])
        box.connection.on_next("connected")
        assert box.under_way == ["a"]

    def test_what_was_under_way_goes_on_at_once(self) -> None:
        box = Box()
        box.put(item("a"), item("b"))
        box.answer("a", LOST)
        box.connection.on_next("disconnected")
        box.scheduler.advance_by(100.0)
        assert box.under_way == []
        box.connection.on_next("connected")
        assert box.under_way == ["a"]
        assert box.begun == ["a"]
        assert box.mutations["a"].begun == 2

    def test_said_twice_it_is_sent_once(self) -> None:
        box = Box()
        box.put(item("a"))
        box.connection.on_next("connected")
        assert box.mutations["a"].begun == 1


class TestAborting:
    """What is not to be sent after all."""

    def test_while_it_waits(self) -> None:
        box = Box()
        box.put(item("a"), item("b"), item("c"))
        box.aborted.on_next("b")
        assert isinstance(box.seen[-1].error, AbortError)
        assert list(box.store.items) == ["a", "c"]
        box.answer("a")
        assert box.under_way == ["c"]

    def test_before_there_is_a_connection(self) -> None:
        box = Box()
        box.connection.on_next("connecting")
        box.put(item("a"))
        box.aborted.on_next("a")
        box.items.on_completed()
        assert box.told == ["pa", "fa", "|"]

    def test_not_any_more(self) -> None:
        box = Box()
        box.put(item("a"))
        box.aborted.on_next("a")
        box.connection.on_next("disconnected")
        box.aborted.on_next("a")
        box.aborted.on_next("unknown")
        assert box.told == ["pa"]


class TestStore:
    """What is kept."""

    def test_until_it_is_sent(self) -> None:
        box = Box()
        box.put(item("a"), item("b"))
        assert list(box.store.items) == ["a", "b"]
        box.answer("a")
        assert list(box.store.items) == ["b"]
        box.subscription.dispose()
        assert list(box.store.items) == ["b"]
        assert box.released

    def test_what_is_there_already_comes_first(self) -> None:
        box = Box(Kept({name: item(name) for name in "ab"}))
        box.put(item("c"))
        assert box.told == ["pa", "pb", "pc"]
        for name in "abc":
            box.answer(name)
        assert box.begun == ["a", "b", "c"]

    def test_the_same_item_twice_is_one(self) -> None:
        box = Box()
        box.put(item("a"), item("a"))
        assert box.told == ["pa"]

    def test_too_many(self) -> None:
        box = Box(max_waiting=2)
        box.put(item("a"), item("b"), item("c"))
        assert isinstance(box.seen[-1].error, QueueFullError)
        assert list(box.store.items) == ["a", "b"]

    def test_what_cannot_be_kept_is_not_sent(self) -> None:
        box = Box()
        box.store.broken = LookupError("full")
        box.put(item("a"))
        assert box.seen == [Failed(item("a"), box.store.broken)]
        assert box.begun == []

    def test_what_cannot_be_forgotten_ends_it(self) -> None:
        box = Box()
        box.put(item("a"))
        box.store.broken = LookupError("broken")
        box.answer("a")
        assert box.seen[-1] is box.store.broken
        assert box.released

    def test_what_cannot_be_loaded_ends_it(self) -> None:
        box = Box(Kept(broken=LookupError("broken")))
        assert [type(one) for one in box.seen] == [LookupError]
        assert box.released

    def test_a_client_that_is_closed_ends_it_and_all_is_kept(self) -> None:
        box = Box()
        box.put(item("a"), item("b"))
        box.answer("a", ClosedError("shut down"))
        assert isinstance(box.seen[-1], ClosedError)
        assert list(box.store.items) == ["a", "b"]
        assert box.released


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.sampled_from(["CH1", "CH2"])),
            st.tuples(st.sampled_from(["answer", "lose", "refuse"]), st.integers(0, 3)),
            st.tuples(st.sampled_from(["down", "up", "wait", "restart"]), st.none()),
        ),
        max_size=30,
    )
)
def test_each_once_in_order_whatever_happens(steps: list[tuple[str, Any]]) -> None:
    """Of each conversation, what was sent or refused is what was put in, in that order; the rest is kept."""
    store = Kept()
    box = Box(store)
    put: dict[str, list[str]] = {"CH1": [], "CH2": []}
    over: dict[str, list[str]] = {"CH1": [], "CH2": []}
    number = 0

    def note(box: Box) -> None:
        for state in box.seen:
            if isinstance(state, Sent | Failed):
                over[state.local.conversation_sid].append(state.local.id)
        box.seen.clear()

    for act, argument in [*steps, ("up", None)]:
        if act == "put":
            number += 1
            put[argument].append(str(number))
            box.put(item(str(number), argument))
        elif act == "restart":
            box.subscription.dispose()
            assert box.released
            note(box)
            box = Box(store)
        else:
            box.act(act, argument)
        note(box)
    for sid, names in put.items():
        waiting = [one.id for one in store.items.values() if one.conversation_sid == sid]
        assert over[sid] + waiting == names
    box.scheduler.advance_by(40.0)
    while box.under_way:
        box.answer(box.under_way[0])
    note(box)
    assert over == put
    assert store.items == {}


async def test_an_item_that_was_sent_before_a_restart_is_not_sent_again() -> None:
    """It was applied, and nobody heard: the next process resumes the same mutation."""
    performer = Performer(outcomes=[(LOST, True)])
    store = Kept()
    items: Subject[Outgoing] = Subject()
    first = items.pipe(outbox(store, lambda _: performer.cold())).subscribe()
    items.on_next(item("a1"))
    await settle()
    first.dispose()
    assert (performer.performed, list(store.items)) == (["a1"], ["a1"])
    states: list[Any] = []
    reactivex.empty().pipe(outbox(store, lambda _: performer.cold())).subscribe(states.append)
    await settle()
    assert states == [Pending(item("a1")), Sent(item("a1"), 0)]
    assert (performer.performed, performer.applied) == (["a1", "a1"], {"a1": 0})


async def test_nor_is_one_whose_conversation_has_to_be_found_first() -> None:
    performer = Performer(outcomes=[(LOST, True), (LOST, False)])
    store = Kept()

    def send(item: Outgoing) -> Observable[int]:
        return reactivex.just("found").flat_map(lambda _: performer.cold().resume(item.id))

    first = reactivex.just(item("a1")).pipe(outbox(store, send, connection=reactivex.never())).subscribe()
    await settle()
    first.dispose()
    states: list[Any] = []
    reactivex.empty().pipe(outbox(store, send)).subscribe(states.append)
    await advance(60.0)
    assert states == [Pending(item("a1")), Sent(item("a1"), 0)]
    assert (performer.performed, performer.applied) == (["a1"] * 3, {"a1": 0})


async def test_concat_map_loses_what_waits_with_the_first_refusal() -> None:
    performer = Performer(outcomes=[(REFUSED, False)])
    seen: list[Any] = []
    items: Subject[Outgoing] = Subject()
    items.pipe(ops.concat_map(lambda _: performer.cold())).subscribe(seen.append, seen.append)
    for name in "abc":
        items.on_next(item(name))
    await settle()
    assert seen == [REFUSED]
    assert performer.applied == {}


async def test_messages_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    async with Service() as service:
        async with service.client("ada") as ada:
            lunch = await (await ada.create_conversation(unique_name="lunch")).join()
            sid = lunch.sid
            with SqliteOutbox(path) as store:
                items = [Outgoing(f"{number:032x}", sid, f"message {number}") for number in range(3)]
                offline = BehaviorSubject("connecting")
                waiting = reactivex.concat(reactivex.of(*items), reactivex.never())
                waiting.pipe(outbox(store, lambda item: lunch.send_message(item.payload), connection=offline)).pipe(
                    ops.take(3)
                ).subscribe()
                assert await lunch.get_messages_count() == 0
        async with service.client("ada") as ada:
            lunch = await ada.get_conversation_by_sid(sid)
            with SqliteOutbox(path) as store:
                sending: Observable[Outgoing] = reactivex.empty()
                await sending.pipe(
                    outbox(store, lambda item: lunch.send_message(item.payload), connection=ada.connection_state)
                )
                assert store.load() == []
            page = await lunch.get_messages()
            assert [message.body for message in page.items] == ["message 0", "message 1", "message 2"]


@given(st.floats(0.0, 10.0))
def test_disposed_at_any_time_all_is_released_and_kept(at: float) -> None:
    async def run() -> None:
        performer = Performer(outcomes=[(LOST, False)] * 3)
        store = Kept()
        items: Subject[Outgoing] = Subject()
        seen: list[Any] = []
        subscription = items.pipe(outbox(store, lambda _: performer.cold())).subscribe(seen.append)
        for name in "abc":
            items.on_next(item(name))
        await advance(at)
        subscription.dispose()
        states = list(seen)
        await advance(100.0)
        assert seen == states
        assert items.observers == []
        assert len(store.items) + sum(isinstance(state, Sent) for state in states) == 3

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


def test_two_subscribers_would_send_twice_so_each_has_its_own_store() -> None:
    stores: Iterable[Kept] = (Kept(), Kept())
    boxes = [Box(store) for store in stores]
    for box in boxes:
        box.put(item("a"))
        box.answer("a")
    assert [box.told for box in boxes] == [["pa", "sa"]] * 2


def test_an_item_from_within_comes_after() -> None:
    box = Box()
    box.items.pipe(ops.take(1)).subscribe(lambda _: box.put(item("b")))
    box.put(item("a"))
    assert box.told == ["pa", "pb"]


@pytest.mark.parametrize("arguments", [{"max_waiting": 0}, {"per": "message"}])
def test_bad_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        outbox(Kept(), _fail, **arguments)


def test_errors_are_told_apart() -> None:
    box = Box(policy=RetryPolicy(attempts=1))
    box.put(item("a"), item("b"))
    box.answer("a", REFUSED)
    box.answer("b", LOST)
    errors = [state.error for state in box.seen if isinstance(state, Failed)]
    assert [type(error) for error in errors] == [RejectedError, OutcomeUnknownError]


async def test_what_is_no_item_ends_it_by_name() -> None:
    errors: list[Exception] = []
    store = Kept()
    pizza: Any = "pizza"
    reactivex.of(pizza).pipe(outbox(store, lambda _: reactivex.just(0))).subscribe(print, errors.append)
    (error,) = errors
    assert isinstance(error, ArgumentError)
    assert str(error) == "source must be a stream of Outgoing, not 'pizza'"
    assert store.items == {}
