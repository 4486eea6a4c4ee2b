"""Which keystrokes send a signal, what becomes of it, and what is left when nobody looks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import Service
from rxconvo.errors import ArgumentError, DetachedError, OutcomeUnknownError
from rxconvo.model import TypingEnded, TypingSent, TypingStarted
from rxconvo.operators import send_typing
from rxconvo.testing import Log, World, advance, settle
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

LOST = OutcomeUnknownError("lost")


@dataclass
class Sender:
    """A conversation that takes signals, and answers each when the test says so, or at once.

    Attributes:
        silence: What it says of how long it wants none.
        at_once: What the next signals are answered with, at once; None is no error. When there is no more, they wait.
        waiting: The signals that were not answered yet.
        sent: How many there were.
    """

    silence: float = 0.0
    at_once: list[Exception | None] = field(default_factory=list[Exception | None])
    waiting: list[ObserverBase[None]] = field(default_factory=list[ObserverBase[None]])
    sent: int = 0

    @property
    def typing_silence(self) -> float:
        return self.silence

    def send_typing(self) -> Observable[None]:
        def subscribe(observer: ObserverBase[None], _: SchedulerBase | None = None) -> DisposableBase:
            self.sent += 1
            self.waiting.append(observer)
            if self.at_once:
                self.answer(self.at_once.pop(0))
            return Disposable(lambda: self.waiting.remove(observer) if observer in self.waiting else None)

        return Observable(subscribe)

    def answer(self, error: Exception | None = None) -> None:
        observer = self.waiting.pop()
        if error is not None:
            observer.on_error(error)
        else:
            observer.on_next(None)
            observer.on_completed()


@dataclass
class Typing:
    """Somebody who presses keys, and what comes of it."""

    sender: Sender = field(default_factory=Sender)
    every: float | None = None
    scheduler: TestScheduler = field(default_factory=TestScheduler)
    keys: Subject[object] = field(default_factory=Subject[object])
    seen: list[object] = field(default_factory=list[object])

    def __post_init__(self) -> None:
        self.subscription = self.keys.pipe(
            send_typing(self.sender, every=self.every, scheduler=self.scheduler)
        ).subscribe(self.seen.append, self.seen.append, lambda: self.seen.append("|"))

    def press(self, after: float = 0.0) -> int:
        """Press a key after a while. Return how many signals there were until then."""
        if after:
            self.scheduler.advance_by(after)
        self.keys.on_next("k")
        return self.sender.sent

    @property
    def released(self) -> bool:
        return not self.keys.observers and not self.sender.waiting


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    def compose(keys: Observable[str]) -> Observable[TypingSent]:
        return keys.pipe(send_typing(Sender(at_once=[None, LOST, None]), every=3))

    values = {"k": "k", "s": TypingSent(), "f": TypingSent(LOST)}
    play_cases(lambda: make_marbles(values), compose, diagrams(send_typing))


def test_bad_arguments() -> None:
    for every in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="every"):
            send_typing(Sender(), every=every)


class TestSilence:
    """How often signals are sent."""

    def test_one_at_a_time(self) -> None:
        typing = Typing()
        assert [typing.press() for _ in range(3)] == [1, 1, 1]
        typing.sender.answer()
        assert (typing.seen, typing.press()) == ([TypingSent()], 2)

    def test_as_the_conversation_wants(self) -> None:
        typing = Typing(Sender(silence=2.0))
        assert typing.press() == 0
        typing.sender.silence = 0.0
        assert typing.press() == 1

    def test_as_often_as_asked_for(self) -> None:
        typing = Typing(Sender(at_once=[None] * 10), every=5.0)
        assert [typing.press(after) for after in (0.0, 4.9, 0.1, 2.0, 4.0)] == [1, 1, 2, 2, 3]

    def test_the_conversation_s_own_silence_holds_as_well(self) -> None:
        typing = Typing(Sender(at_once=[None] * 10), every=1.0)
        typing.press()
        typing.sender.silence = 0.1
        assert typing.press(after=1.0) == 1

    @pytest.mark.parametrize("every, pause", [(None, 5.0), (2.0, 2.0)])
    def test_after_a_failure(self, every: float | None, pause: float) -> None:
        typing = Typing(Sender(at_once=[LOST, None]), every)
        assert [typing.press(after) for after in (0.0, 0.0, pause - 0.1, 0.1)] == [1, 1, 1, 2]
        assert typing.seen == [TypingSent(LOST), TypingSent()]


class TestFailures:
    """A signal that fails is a value."""

    def test_naively_the_first_one_ends_all(self) -> None:
        sender = Sender(at_once=[LOST, None])
        scheduler = TestScheduler()
        keys: Subject[object] = Subject()
        naive = keys.pipe(ops.throttle_first(5.0, scheduler), ops.flat_map(lambda _: sender.send_typing()))
        errors: list[Exception] = []
        naive.subscribe(on_error=errors.append)
        for _ in range(2):
            keys.on_next("k")
            scheduler.advance_by(10.0)
        assert (errors, sender.sent) == ([LOST], 1)

    def test_ours_goes_on(self) -> None:
        typing = Typing(Sender(at_once=[LOST, None]))
        assert [typing.press(after) for after in (0.0, 10.0)] == [1, 2]
        assert typing.seen == [TypingSent(LOST), TypingSent()]

    def test_what_is_raised_at_the_call_is_one_as_well(self) -> None:
        gone = DetachedError("gone")

        class Gone(Sender):
            def send_typing(self) -> Observable[None]:
                raise gone

        typing = Typing(Gone())
        typing.press()
        typing.scheduler.advance_by(1.0)
        assert typing.seen == [TypingSent(gone)]


class TestTheEnd:
    """What becomes of a signal that is under way."""

    def test_completion_waits_for_it(self) -> None:
        typing = Typing()
        typing.press()
        typing.keys.on_completed()
        assert typing.seen == []
        typing.sender.answer(LOST)
        assert (typing.seen, typing.released) == ([TypingSent(LOST), "|"], True)

    def test_an_error_does_not(self) -> None:
        typing = Typing()
        typing.press()
        error = LookupError()
        typing.keys.on_error(error)
        assert (typing.seen, typing.released) == ([error], True)

    def test_a_signal_without_a_value_is_answered_all_the_same(self) -> None:
        sender = Sender()
        typing = Typing(sender)
        typing.press()
        sender.waiting.pop().on_completed()
        assert typing.seen == [TypingSent()]

    def test_a_source_that_ends_while_it_is_subscribed(self) -> None:
        seen: list[object] = []
        reactivex.of(1, 2, 3).pipe(send_typing(Sender(at_once=[None]), every=9, scheduler=TestScheduler())).subscribe(
            seen.append, on_completed=lambda: seen.append("|")
        )
        assert seen == [TypingSent(), "|"]

    def test_disposed_from_within(self) -> None:
        sender = Sender(at_once=[None, None])
        keys: Subject[object] = Subject()
        seen: list[TypingSent] = []

        def once(sent: TypingSent) -> None:
            seen.append(sent)
            subscription.dispose()

        subscription = keys.pipe(send_typing(sender, scheduler=TestScheduler())).subscribe(once)
        keys.on_next("k")
        keys.on_next("k")
        assert (seen, keys.observers, sender.sent) == ([TypingSent()], [], 1)

    def test_keys_pressed_from_within(self) -> None:
        sender = Sender(at_once=[None] * 3)
        keys: Subject[object] = Subject()
        seen: list[TypingSent] = []

        def again(sent: TypingSent) -> None:
            if sender.sent < 3:
                keys.on_next("k")
            seen.append(sent)

        with keys.pipe(send_typing(sender, scheduler=TestScheduler())).subscribe(again):
            keys.on_next("k")
        assert (len(seen), sender.sent) == (3, 3)

    def test_two_observers_send_for_themselves(self) -> None:
        sender = Sender(at_once=[None] * 2)
        keys: Subject[object] = Subject()
        signals = keys.pipe(send_typing(sender, every=5, scheduler=TestScheduler()))
        with signals.subscribe(), signals.subscribe():
            keys.on_next("k")
            keys.on_next("k")
        assert sender.sent == 2


@given(st.data())
def test_signals_are_rare_one_at_a_time_and_none_is_missing(data: st.DataObject) -> None:
    every = data.draw(st.sampled_from([None, 1.0, 3.0]))
    typing = Typing(Sender(), every)
    sent_at: list[float] = []
    steps = data.draw(st.lists(st.sampled_from(["press", "answer", "fail", "wait"]), max_size=30))
    failed = False
    for step in steps:
        now = typing.scheduler.to_seconds(typing.scheduler.now)
        if step == "press":
            before, free = typing.sender.sent, not typing.sender.waiting
            pause = (every or 5.0) if failed else every or 0.0
            calm = not sent_at or now >= sent_at[-1] + pause
            assert typing.press() - before == (free and calm)
            if typing.sender.sent > before:
                sent_at.append(now)
                failed = False
        elif step == "wait":
            typing.scheduler.advance_by(1.0)
        elif typing.sender.waiting:
            failed = step == "fail"
            typing.sender.answer(LOST if failed else None)
        assert len(typing.sender.waiting) <= 1
    assert all(later - earlier >= (every or 0.0) for earlier, later in pairwise(sent_at))
    assert len(typing.seen) == len(sent_at) - len(typing.sender.waiting)
    seen = list(typing.seen)
    typing.subscription.dispose()
    assert typing.released
    assert (typing.press(after=20.0), typing.seen) == (len(sent_at), seen)


async def test_with_clients_it_is_as_often_as_the_service_wants() -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        lunch = await ada.create_conversation()
        await lunch.join()
        await lunch.add("bob")
        theirs = await bob.get_conversation_by_sid(lunch.sid)
        heard: list[object] = []
        theirs.typing.started.subscribe(heard.append)
        await theirs.typing.opened
        sent: list[TypingSent] = []
        keys: Subject[str] = Subject()
        keys.pipe(send_typing(lunch)).subscribe(sent.append)
        for _ in range(110):
            keys.on_next("k")
            await advance(0.1)
        await settle()
        assert lunch.typing_silence > 0
        await lunch.leave()
        await advance(10.0)
        keys.on_next("k")
        await settle()
        assert [value.error is None for value in sent] == [True] * len(heard) + [False]
        assert len(heard) == 3


@pytest.mark.parametrize("apart", [0.1, 0.5, 1.0])
async def test_who_goes_on_typing_is_shown_without_a_gap(apart: float) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        events = Log()
        mine.typing.subscribe(events)
        await mine.typing.opened
        keys: Subject[str] = Subject()
        subscription = keys.pipe(send_typing(his)).subscribe()
        for _ in range(round(60 / apart)):
            keys.on_next("k")
            await advance(apart)
        assert len(events.of(TypingStarted)) == 12  # one each five seconds
        assert events.of(TypingEnded) == []
        await advance(6.0)
        assert len(events.of(TypingEnded)) == 1
        subscription.dispose()
