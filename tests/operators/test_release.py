"""Every operator releases everything, whenever it is disposed: sources, queries, deadlines; and is silent then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import EventEmitter
from rxconvo import operators as chat
from rxconvo.errors import OutcomeUnknownError
from rxconvo.model import (
    Append,
    CaughtUp,
    DiffBatch,
    Discontinuity,
    Home,
    Message,
    MessageAdded,
    Outgoing,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    Reset,
    Topic,
    Truncate,
    TypingEnded,
    TypingStarted,
    User,
    UserSubscribed,
)
from rxconvo.operators._deadlines import deadlines_of
from tests.operators.test_outbox import Kept

ELSEWHERE = {"from_async_iter", "to_async_iter"}
"""Those that need a loop: in their own tests."""


class Page:
    """The only page there is."""

    def __init__(self, *items: Message) -> None:
        self.items = items
        self.has_prev_page = False

    def prev_page(self) -> Observable[Page]:
        raise AssertionError("there is none")


@dataclass
class Scene:
    """What operators are given, and what of it is in use.

    Attributes:
        asked: How many queries were begun.
        under_way: How many of them are.
    """

    scheduler: TestScheduler = field(default_factory=TestScheduler)
    source: Subject[Any] = field(default_factory=Subject[Any])
    other: Subject[Any] = field(default_factory=Subject[Any])
    emitter: EventEmitter = field(default_factory=EventEmitter)
    asked: int = 0
    under_way: int = 0

    def query(self, answer: Any) -> Observable[Any]:
        """Return what takes a second and a half, and is lost every other time."""

        def subscribe(observer: ObserverBase[Any], _: SchedulerBase | None = None) -> DisposableBase:
            self.asked += 1
            self.under_way += 1
            lost = self.asked % 2

            def reply(_: SchedulerBase, __: object = None) -> None:
                if lost:
                    observer.on_error(OutcomeUnknownError("lost"))
                else:
                    observer.on_next(answer)
                    observer.on_completed()

            def leave() -> None:
                self.under_way -= 1

            return CompositeDisposable(self.scheduler.schedule_relative(1.5, reply), Disposable(leave))

        return Observable(subscribe)

    def conversation(self) -> Any:
        return Conversation(self)

    def in_use(self) -> tuple[int, ...]:
        listeners = self.emitter.listener_count("value")
        observers = len(self.source.observers), len(self.other.observers)
        return (*observers, self.under_way, len(deadlines_of(self.scheduler)), listeners)


class Conversation:
    """A conversation as operators see it."""

    identity = "ada"
    sid = "CH1"
    notification_level = "default"
    last_read_message_index: int | None = None
    typing_silence = 0.0

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.updated = scene.other

    def get_messages(self, page_size: int) -> Observable[Page]:
        return self._scene.query(Page(message(0)))

    def get_unread_messages_count(self) -> Observable[int]:
        return self._scene.query(0)

    def advance_last_read_message_index(self, index: int) -> Observable[int]:
        return self._scene.query(0)

    def send_typing(self) -> Observable[None]:
        return self._scene.query(None)


def message(index: int) -> Message:
    return Message(f"IM{index}", index, author="bob", body=f"@ada {index}", home=Home("CH1"))


ADA, BOB = Participant("MB1", "ada"), Participant("MB2", "bob", last_read_message_index=3)
PEOPLE = [
    ParticipantJoined(ADA),
    ParticipantJoined(BOB),
    Discontinuity(Topic.PARTICIPANTS, "CH1", "restored"),
    ParticipantLeft(ADA),
]
MESSAGES = [message(1), message(2), message(3)]
ADDED = [
    MessageAdded(message(1)),
    MessageAdded(message(2)),
    Discontinuity(Topic.MESSAGES, "CH1", "restored"),
    MessageAdded(message(3)),
]
LIST = [CaughtUp(), *map(MessageAdded, MESSAGES), Reset(())]
DIFFS = [
    DiffBatch((Reset((1, 2, 3)),)),
    DiffBatch((Append((4,)),)),
    DiffBatch((Reset((2, 1)),)),
    DiffBatch((Truncate(0),)),
]
NUMBERS = [1, 3, 2, 1, 4]
TYPING = [TypingStarted(ADA), TypingStarted(BOB), TypingEnded(ADA, "message")]
USERS = [UserSubscribed(User("bob", is_online=True)), UserSubscribed(User("bob", is_online=False))]

Make = Callable[[Scene], Callable[[Observable[Any]], Observable[Any]]]

CASES: dict[str, tuple[Make, list[Any]]] = {
    "apply_diffs": (lambda _: chat.apply_diffs(), DIFFS),
    "audit": (lambda _: chat.audit(2.0), NUMBERS),
    "auto_mark_read": (lambda scene: chat.auto_mark_read(scene.conversation()), NUMBERS),
    "bounded_buffer": (lambda _: chat.bounded_buffer(2, "drop_oldest", every=2.0), NUMBERS),
    "catch_up": (lambda scene: chat.catch_up(scene.conversation()), ADDED),
    "collect_list": (lambda _: chat.collect_list(), LIST),
    "collect_map": (lambda _: chat.collect_map(), LIST),
    "conflate": (lambda _: chat.conflate(0.5), DIFFS),
    "debounce": (lambda _: chat.debounce(2.0, leading=True, max_wait=3.0), NUMBERS),
    "dedupe": (lambda _: chat.dedupe(window=2.0), NUMBERS),
    "enrich": (lambda scene: chat.enrich(scene.query, max_concurrent=2, timeout=1.0), NUMBERS),
    "ewma": (lambda _: chat.ewma(2.0), NUMBERS),
    "from_emitter": (lambda scene: lambda source: source.merge(chat.from_emitter(scene.emitter, "value")), NUMBERS),
    "head": (lambda scene: chat.head(scene.other.pipe(ops.start_with(2))), DIFFS),
    "in_order": (lambda _: chat.in_order(int, 2.0), NUMBERS),
    "isolate_errors": (lambda _: chat.isolate_errors(lambda _: None), NUMBERS),
    "latest_by": (lambda _: chat.latest_by(int, ttl=2.0), NUMBERS),
    "live_filter": (lambda scene: chat.live_filter(scene.other.pipe(ops.start_with(bool))), DIFFS),
    "live_sort": (lambda scene: chat.live_sort(scene.other.pipe(ops.start_with(int))), DIFFS),
    "mentions": (lambda _: chat.mentions("ada"), MESSAGES),
    "notify": (lambda scene: chat.notify("ada", "default", focus=scene.other), MESSAGES),
    "occupancy": (lambda scene: chat.occupancy(scene.query([BOB])), PEOPLE),
    "optimistic": (
        lambda scene: lambda source: scene.query(2).pipe(chat.retry_mutation(), chat.optimistic("mine", source)),
        ADDED,
    ),
    "outbox": (
        lambda scene: chat.outbox(Kept(), scene.query, aborted=scene.other),
        [Outgoing(str(number), "CH1") for number in range(3)],
    ),
    "presence": (lambda _: chat.presence(2.0, away_after=3.0), USERS),
    "probe": (lambda _: chat.probe("place"), NUMBERS),
    "rate": (lambda _: chat.rate(4.0), NUMBERS),
    "read_receipts": (lambda scene: chat.read_receipts(scene.query([BOB])), PEOPLE),
    "response_time": (lambda _: chat.response_time(answerer="ada"), MESSAGES),
    "retry_mutation": (lambda scene: lambda source: source.merge(scene.query(2).pipe(chat.retry_mutation())), NUMBERS),
    "send_typing": (lambda scene: chat.send_typing(scene.conversation()), NUMBERS),
    "sessionize": (lambda _: chat.sessionize(2.0), MESSAGES),
    "sla": (lambda scene: chat.sla(2.0, answerer="ada", closed=scene.other), MESSAGES),
    "tail": (lambda scene: chat.tail(scene.other.pipe(ops.start_with(2))), DIFFS),
    "thread_by": (lambda _: lambda source: source.pipe(chat.thread_by(str, idle=2.0), ops.merge_all()), NUMBERS),
    "timeline": (lambda _: chat.timeline(2), LIST),
    "to_diffs": (lambda _: chat.to_diffs(), ["ab", "abc", "ca"]),
    "typing_indicator": (lambda _: chat.typing_indicator(settle=1.0), TYPING),
    "typing_text": (lambda _: chat.typing_text(), [frozenset({"ada"}), frozenset({"ada", "bob"}), frozenset[str]()]),
    "unread_badge": (lambda scene: chat.unread_badge(scene.conversation()), ADDED),
    "unread_total": (lambda scene: chat.unread_total([scene.conversation()], scene.other), ADDED),
    "windowed_count": (lambda _: chat.windowed_count(4.0, by=str, slide=2.0), NUMBERS),
}

STEPS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 5.0])), max_size=12)


def test_there_is_a_case_for_every_operator() -> None:
    assert set(CASES) | ELSEWHERE == set(chat.__all__)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=40)
@given(steps=STEPS, most=st.sampled_from([1, 2, 3, 99]))
def test_disposed_at_any_tick_or_by_its_observer_it_leaves_nothing(
    name: str, steps: list[tuple[int, float]], most: int
) -> None:
    make, values = CASES[name]
    scene = Scene()
    nothing = scene.in_use()
    seen: list[Any] = []
    subscription = CompositeDisposable()

    def see(value: Any) -> None:
        seen.append(value)
        if len(seen) >= most:
            subscription.dispose()

    operated = scene.source.pipe(make(scene))
    assert scene.in_use() == nothing
    subscription.add(operated.subscribe(see, scheduler=scene.scheduler))
    for which, pause in steps:
        scene.source.on_next(values[which % len(values)])
        scene.emitter.emit("value", which)
        scene.scheduler.advance_by(pause)
    subscription.dispose()
    assert scene.in_use() == nothing
    before = len(seen), scene.asked
    for value in values:
        scene.source.on_next(value)
    scene.scheduler.advance_by(1000.0)
    assert (len(seen), scene.asked) == before
    assert scene.in_use() == nothing
