"""What is told of messages, and when."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import Service
from rxconvo.errors import ArgumentError
from rxconvo.model import Home, Message, Notification
from rxconvo.operators import notify
from rxconvo.operators._deadlines import deadlines_of
from rxconvo.testing import advance
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

LUNCH, SUPPER = "CH1", "CH2"


def message(index: int, sid: str = LUNCH, author: str = "bob") -> Message:
    return Message(sid=f"IM{index}", index=index, author=author, home=Home(sid))


@dataclass
class Told:
    """What is told of the messages that come."""

    options: dict[str, Any] = field(default_factory=dict[str, Any])
    scheduler: TestScheduler = field(default_factory=TestScheduler)
    source: Subject[Message] = field(default_factory=Subject[Message])
    focus: Subject[str | None] = field(default_factory=Subject[str | None])
    seen: list[Notification] = field(default_factory=list[Notification])
    ends: list[Exception | None] = field(default_factory=list[Exception | None])

    def __post_init__(self) -> None:
        operator = notify("ada", focus=self.focus, scheduler=self.scheduler, **self.options)
        self.subscription = self.source.pipe(operator).subscribe(
            self.seen.append, self.ends.append, lambda: self.ends.append(None)
        )

    def take(self, *messages: Message, wait: float = 0.0) -> list[tuple[str, int]]:
        """Take messages, and wait. Return what was told until then: of which conversation, how many."""
        for each in messages:
            self.source.on_next(each)
        if wait:
            self.scheduler.advance_by(wait)
        return [(notification.conversation_sid, notification.count) for notification in self.seen]

    @property
    def released(self) -> bool:
        return not self.source.observers and not self.focus.observers and not len(deadlines_of(self.scheduler))


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    a, b, s = message(1), message(2), message(3, SUPPER)
    values = {
        "a": a,
        "b": b,
        "s": s,
        "o": message(4, SUPPER, "ada"),
        "F": LUNCH,
        "N": None,
        "x": Notification((a, b), 2),
        "y": Notification((s,), 1),
        "z": Notification((b,), 1),
    }

    def compose(messages: Observable[Message], focus: Observable[str | None]) -> Observable[Notification]:
        return messages.pipe(notify("ada", focus=focus, coalesce=2))

    play_cases(lambda: make_marbles(values), compose, diagrams(notify), inputs=2)


def test_bad_arguments() -> None:
    with pytest.raises(ArgumentError, match="level"):
        notify("ada", "loud")
    for coalesce in (-1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="coalesce"):
            notify("ada", coalesce=coalesce)


class TestWhatIsTold:
    def test_bursts(self) -> None:
        told = Told()
        assert told.take(message(1), message(2, SUPPER), wait=0.9) == []
        assert told.take(message(3), wait=0.1) == [(LUNCH, 2), (SUPPER, 1)]
        assert told.take(message(4), wait=1.0)[2:] == [(LUNCH, 1)]
        assert [one.index for one in told.seen[0].messages] == [1, 3]

    def test_each_in_its_own_time(self) -> None:
        told = Told()
        told.take(message(1), wait=0.5)
        assert told.take(message(2, SUPPER), wait=0.5) == [(LUNCH, 1)]
        assert told.take(wait=0.4) == [(LUNCH, 1)]
        assert told.take(wait=0.1) == [(LUNCH, 1), (SUPPER, 1)]

    def test_talk_that_goes_on_does_not_put_it_off(self) -> None:
        told = Told()
        for index in range(10):
            told.take(message(index), wait=0.4)
        assert len(told.seen) == 3

    def test_naively_it_does(self) -> None:
        scheduler = TestScheduler()
        source: Subject[Message] = Subject()
        naive: list[Message] = []
        source.pipe(ops.debounce(1.0, scheduler)).subscribe(naive.append)
        for index in range(10):
            source.on_next(message(index))
            scheduler.advance_by(0.4)
        assert naive == []

    def test_each_where_nothing_is_gathered(self) -> None:
        told = Told({"coalesce": 0})
        assert told.take(message(1), message(2)) == [(LUNCH, 1), (LUNCH, 1)]

    def test_not_the_own_ones(self) -> None:
        assert Told().take(message(1, author="ada"), wait=2) == []
        assert Told({"own": True}).take(message(1, author="ada"), wait=2) == [(LUNCH, 1)]

    def test_of_a_large_burst_the_newest(self) -> None:
        told = Told()
        assert told.take(*map(message, range(250)), wait=1) == [(LUNCH, 250)]
        assert [one.index for one in told.seen[0].messages] == list(range(150, 250))

    def test_no_more_wait_than_a_thousand(self) -> None:
        told = Told()
        assert told.take(*(message(n, f"CH{n}") for n in range(1002))) == [("CH0", 1), ("CH1", 1)]
        assert len(told.take(wait=2)) == 1002
        assert told.take(message(0, "CH0"), wait=2)[-1] == ("CH0", 1)


class TestLevels:
    def test_muted_altogether(self) -> None:
        assert Told({"level": "muted"}).take(message(1), wait=2) == []

    def test_by_conversation_when_it_arrives_and_when_it_is_told(self) -> None:
        levels = {LUNCH: "default", SUPPER: "muted"}
        told = Told({"level": lambda one: levels[one.conversation_sid]})
        told.take(message(1), message(2, SUPPER))
        levels.update({LUNCH: "muted", SUPPER: "default"})
        assert told.take(wait=2) == []
        assert told.take(message(1), message(2, SUPPER), wait=2) == [(SUPPER, 1)]

    def test_by_default_it_is_the_conversation_s(self) -> None:
        class Handle:
            notification_level = "muted"

        class Finder:
            def find_conversation(self, sid: str) -> Any:
                return Handle() if sid == LUNCH else None

        finder = Finder()
        home: Home[Any] = Home(LUNCH, lambda: finder)
        told = Told()
        told.take(Message(sid="IM1", index=1, home=home), message(2, SUPPER), wait=2)
        assert [one.conversation_sid for one in told.seen] == [SUPPER]
        Handle.notification_level = "default"
        assert len(told.take(Message(sid="IM1", index=1, home=home), wait=2)) == 2

    def test_one_that_cannot_be_had_is_an_error(self) -> None:
        levels = {LUNCH: "default"}
        told = Told({"level": lambda one: levels[one.conversation_sid]})
        told.take(message(1), message(2, SUPPER), wait=2)
        assert [type(error) for error in told.ends] == [KeyError]
        assert (told.seen, told.released) == ([], True)


class TestFocus:
    def test_what_is_looked_at_is_not_told(self) -> None:
        told = Told()
        told.focus.on_next(LUNCH)
        assert told.take(message(1), message(2, SUPPER), wait=2) == [(SUPPER, 1)]
        told.focus.on_next(None)
        assert told.take(message(3), wait=2) == [(SUPPER, 1), (LUNCH, 1)]

    def test_what_waits_is_dropped_when_it_is_looked_at(self) -> None:
        told = Told()
        told.take(message(1), message(2, SUPPER))
        told.focus.on_next(LUNCH)
        told.focus.on_next(None)
        assert told.take(wait=2) == [(SUPPER, 1)]

    def test_with_nothing_left_the_timer_goes(self) -> None:
        told = Told()
        told.take(message(1))
        told.focus.on_next(LUNCH)
        assert not len(deadlines_of(told.scheduler))

    def test_it_may_complete(self) -> None:
        told = Told()
        told.focus.on_next(LUNCH)
        told.focus.on_completed()
        assert told.take(message(1), message(2, SUPPER), wait=2) == [(SUPPER, 1)]

    def test_its_error_ends_it(self) -> None:
        told = Told()
        told.take(message(1))
        error = LookupError()
        told.focus.on_error(error)
        assert (told.ends, told.take(wait=2), told.released) == ([error], [], True)


class TestTheEnd:
    def test_what_waits_is_told_before_completion(self) -> None:
        told = Told()
        told.take(message(1), message(2, SUPPER))
        told.source.on_completed()
        assert (told.take(), told.ends, told.released) == ([(LUNCH, 1), (SUPPER, 1)], [None], True)

    def test_a_source_that_ends_while_it_is_subscribed(self) -> None:
        counts: list[int] = []
        reactivex.of(message(1), message(2)).pipe(notify("ada", scheduler=TestScheduler())).subscribe(
            lambda notification: counts.append(notification.count), on_completed=lambda: counts.append(-1)
        )
        assert counts == [2, -1]

    def test_from_within(self) -> None:
        scheduler = TestScheduler()
        source: Subject[Message] = Subject()
        seen: list[int] = []

        def answer(notification: Notification) -> None:
            if not seen:
                source.on_next(message(2))
            else:
                source.on_next(message(3))
                subscription.dispose()
            seen.append(notification.count)

        subscription = source.pipe(notify("ada", scheduler=scheduler)).subscribe(answer)
        source.on_next(message(1))
        scheduler.advance_by(10)
        assert (seen, source.observers, len(deadlines_of(scheduler))) == ([1, 1], [], 0)

    def test_two_observers(self) -> None:
        scheduler = TestScheduler()
        source: Subject[Message] = Subject()
        counts: list[int] = []
        told = source.pipe(notify("ada", scheduler=scheduler))
        with told.subscribe(lambda one: counts.append(one.count)):
            source.on_next(message(1))
            with told.subscribe(lambda one: counts.append(-one.count)):
                source.on_next(message(2))
                scheduler.advance_by(2)
        assert sorted(counts) == [-1, 2]


@given(st.data())
def test_each_message_is_told_once_and_in_time_unless_it_is_seen(data: st.DataObject) -> None:
    told = Told({"coalesce": 2.0})
    looked: str | None = None
    came: dict[str, list[tuple[float, int]]] = {LUNCH: [], SUPPER: []}
    counted = 0

    def now() -> float:
        return told.scheduler.to_seconds(told.scheduler.now)

    for index, step in enumerate(
        data.draw(st.lists(st.sampled_from(["lunch", "supper", "look", "wait"]), max_size=40))
    ):
        match step:
            case "wait":
                told.scheduler.advance_by(data.draw(st.sampled_from([0.5, 1.0, 3.0])))
            case "look":
                looked = data.draw(st.sampled_from([LUNCH, SUPPER, None]))
                came[looked or ""] = []
                told.focus.on_next(looked)
            case _:
                sid = LUNCH if step == "lunch" else SUPPER
                told.take(message(index, sid))
                if sid != looked:
                    came[sid].append((now(), index))
        for notification in told.seen[counted:]:
            waiting = came[notification.conversation_sid]
            assert [one.index for one in notification.messages] == [index for _, index in waiting]
            assert waiting[0][0] + 2.0 <= now()
            came[notification.conversation_sid] = []
        counted = len(told.seen)
        assert all(now() < waiting[0][0] + 2.0 for waiting in came.values() if waiting)
    if data.draw(st.booleans()):
        told.subscription.dispose()
        assert told.released
        assert len(told.take(message(99), wait=10)) == counted
    else:
        told.source.on_completed()
        assert {one.conversation_sid: one.count for one in told.seen[counted:]} == {
            sid: len(waiting) for sid, waiting in came.items() if waiting
        }
        assert told.released


async def test_with_clients() -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        lunch = await ada.create_conversation()
        await lunch.join()
        await lunch.add("bob")
        theirs = await bob.get_conversation_by_sid(lunch.sid)
        told: list[str | None] = []
        subscription = ada.messages.added.pipe(notify("ada")).subscribe(lambda one: told.append(one.message.body))
        await advance(1.0)
        await theirs.send_message("pizza?")
        await lunch.send_message("sushi!")
        await advance(2.0)
        await lunch.set_user_notification_level("muted")
        await theirs.send_message("soup?")
        await advance(2.0)
        assert told == ["pizza?"]
        subscription.dispose()
