"""Who is known to have read what, when, and what is left when nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

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
from rxconvo.errors import ClosedError, OutcomeUnknownError, RejectedError
from rxconvo.model import (
    Discontinuity,
    Home,
    Participant,
    ParticipantEvent,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    ReadReceipts,
    Topic,
)
from rxconvo.operators import read_receipts
from rxconvo.testing import advance
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

LOST = OutcomeUnknownError("lost")
GAP = Discontinuity(Topic.PARTICIPANTS, "CH1", "restored")


def person(identity: str | None, horizon: int | None = None) -> Participant:
    return Participant(sid=f"MB{identity}", identity=identity, last_read_message_index=horizon, home=Home("CH1"))


def updated(identity: str | None, horizon: int | None) -> ParticipantEvent:
    return ParticipantUpdated(None, person(identity, horizon))


def joined(identity: str, horizon: int | None = None) -> ParticipantEvent:
    return ParticipantJoined(person(identity, horizon))


def left(identity: str) -> ParticipantEvent:
    return ParticipantLeft(person(identity))


def receipts(**horizons: int) -> ReadReceipts:
    order = sorted((horizon, identity) for identity, horizon in horizons.items())
    return ReadReceipts(tuple(horizon for horizon, _ in order), tuple(identity for _, identity in order))


@dataclass
class Roster:
    """A roster that is asked for, and answers when the test says so."""

    people: dict[str, int | None] = field(default_factory=dict[str, int | None])
    waiting: list[ObserverBase[list[Participant]]] = field(default_factory=list[ObserverBase[list[Participant]]])
    asked: int = 0

    @property
    def query(self) -> Observable[list[Participant]]:
        def subscribe(observer: ObserverBase[list[Participant]], _: SchedulerBase | None = None) -> DisposableBase:
            self.asked += 1
            self.waiting.append(observer)
            return Disposable(lambda: self.waiting.remove(observer) if observer in self.waiting else None)

        return Observable(subscribe)

    def answer(self, error: Exception | None = None) -> None:
        if self.waiting and error is not None:
            self.waiting.pop().on_error(error)
        elif self.waiting:
            self.waiting.pop().on_next([person(identity, horizon) for identity, horizon in self.people.items()])


@dataclass
class Seen:
    """What comes of the events of a conversation."""

    roster: Any = ()
    exclude: Any = None
    scheduler: TestScheduler = field(default_factory=TestScheduler)
    source: Subject[ParticipantEvent] = field(default_factory=Subject[ParticipantEvent])
    seen: list[ReadReceipts] = field(default_factory=list[ReadReceipts])
    ends: list[Exception | None] = field(default_factory=list[Exception | None])

    def __post_init__(self) -> None:
        operator = read_receipts(self.roster, exclude=self.exclude, scheduler=self.scheduler)
        self.subscription = self.source.pipe(operator).subscribe(
            self.seen.append, self.ends.append, lambda: self.ends.append(None)
        )

    def take(self, *events: ParticipantEvent) -> list[ReadReceipts]:
        for event in events:
            self.source.on_next(event)
        return self.seen


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    values = {
        "b": updated("bob", 2),
        "a": updated("ada", 2),
        "B": left("bob"),
        "1": receipts(ada=1),
        "2": receipts(ada=1, bob=2),
        "3": receipts(ada=2, bob=2),
        "4": receipts(ada=2),
    }
    play_cases(lambda: make_marbles(values), read_receipts([person("ada", 1)]), diagrams(read_receipts))


class TestWhoHasRead:
    def test_without_a_roster_what_events_tell(self) -> None:
        seen = Seen()
        assert seen.take(joined("ada"), updated("ada", 3), updated("ada", None)) == [
            receipts(),
            receipts(ada=3),
            receipts(),
        ]

    def test_horizons_move_back_as_well(self) -> None:
        assert Seen([person("ada", 3)]).take(updated("ada", 1)) == [receipts(ada=3), receipts(ada=1)]

    def test_what_does_not_matter_is_not_told(self) -> None:
        assert len(Seen([person("ada", 3)]).take(updated("ada", 3), joined("bob"), left("bob"), GAP)) == 1

    def test_nobody_in_particular(self) -> None:
        assert Seen([person(None, 3)]).take(updated(None, 4)) == [receipts()]

    @pytest.mark.parametrize("exclude", ["ada", ("ada", "dan"), frozenset({"ada"})])
    def test_some_are_never_shown(self, exclude: Any) -> None:
        seen = Seen([person("ada", 3), person("bob", 1)], exclude)
        assert seen.take(updated("ada", 4), updated("bob", 2)) == [receipts(bob=1), receipts(bob=2)]

    def test_no_more_are_kept_than_a_conversation_has(self) -> None:
        seen = Seen(person(str(n), n) for n in range(1500))
        assert seen.seen[-1].count(0) == 1000


class TestTheRoster:
    def test_what_arrives_meanwhile_counts(self) -> None:
        roster = Roster({"ada": 1, "bob": 1, "cat": 1, "dan": None})
        seen = Seen(roster.query)
        assert seen.take(updated("ada", 5), left("bob"), joined("eve", 0)) == []
        roster.answer()
        assert seen.seen == [receipts(ada=5, cat=1, eve=0)]
        assert (roster.asked, roster.waiting) == (1, [])

    def test_naively_it_does_not(self) -> None:
        roster = Roster({"ada": 1})
        source: Subject[ParticipantEvent] = Subject()
        changes: Observable[Any] = source
        naive = roster.query.pipe(ops.take(1), ops.concat(changes))
        heard: list[Any] = []
        naive.subscribe(heard.append)
        source.on_next(updated("ada", 5))
        roster.answer()
        assert [one.last_read_message_index for one in heard[0]] == [1]
        assert len(heard) == 1

    def test_after_a_gap_it_is_asked_again(self) -> None:
        roster = Roster({"ada": 1})
        seen = Seen(roster.query)
        roster.answer()
        roster.people = {"ada": 2, "bob": 2}
        assert seen.take(GAP, updated("bob", 3), GAP, updated("cat", 0)) == [
            receipts(ada=1),
            receipts(ada=1, bob=3),
            receipts(ada=1, bob=3, cat=0),
        ]
        roster.answer()
        assert seen.seen[-1] == receipts(ada=2, bob=2, cat=0)
        assert (roster.asked, roster.waiting) == (3, [])

    def test_who_has_left_in_a_gap_is_gone(self) -> None:
        roster = Roster({"ada": 1, "bob": 2})
        seen = Seen(roster.query)
        roster.answer()
        del roster.people["ada"]
        seen.take(GAP)
        roster.answer()
        assert seen.seen == [receipts(ada=1, bob=2), receipts(bob=2)]

    def test_it_is_asked_until_it_answers(self) -> None:
        roster = Roster({"ada": 1})
        seen = Seen(roster.query)
        times: list[float] = []
        for delay in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
            roster.answer(LOST)
            seen.scheduler.advance_by(delay - 0.5)
            assert not roster.waiting
            seen.scheduler.advance_by(0.5)
            times.append(delay)
            assert roster.asked == len(times) + 1
        roster.answer()
        assert seen.seen == [receipts(ada=1)]

    def test_a_refusal_ends_it(self) -> None:
        roster = Roster()
        seen = Seen(roster.query)
        error = RejectedError(403, None, "no")
        roster.answer(error)
        assert (seen.ends, seen.source.observers) == ([error], [])

    def test_when_the_conversation_is_gone_its_stream_will_say_so(self) -> None:
        roster = Roster()
        seen = Seen(roster.query)
        roster.answer(ClosedError("gone"))
        assert (seen.ends, roster.asked) == ([], 1)
        seen.source.on_completed()
        assert (seen.ends, seen.source.observers) == ([None], [])


class TestTheEnd:
    @pytest.mark.parametrize("error", [None, LookupError()])
    def test_with_the_source(self, error: Exception | None) -> None:
        roster = Roster()
        seen = Seen(roster.query)
        if error is None:
            seen.source.on_completed()
        else:
            seen.source.on_error(error)
        assert (seen.ends, seen.source.observers, roster.waiting) == ([error], [], [])

    def test_a_source_that_ends_while_it_is_subscribed(self) -> None:
        roster = Roster()
        ended: list[str] = []
        reactivex.empty().pipe(read_receipts(roster.query, scheduler=TestScheduler())).subscribe(
            on_completed=lambda: ended.append("|")
        )
        assert (ended, roster.waiting) == (["|"], [])

    def test_from_within(self) -> None:
        source: Subject[ParticipantEvent] = Subject()
        seen: list[ReadReceipts] = []

        def answer(now: ReadReceipts) -> None:
            if now == receipts(ada=1):
                source.on_next(updated("ada", 2))
            seen.append(now)
            if now == receipts(ada=2):
                source.on_next(updated("ada", 3))
                subscription.dispose()

        subscription = source.pipe(read_receipts()).subscribe(answer)
        source.on_next(updated("ada", 1))
        assert seen == [receipts(), receipts(ada=1), receipts(ada=2)]
        assert source.observers == []

    def test_two_observers_ask_for_themselves(self) -> None:
        roster = Roster({"ada": 1})
        source: Subject[ParticipantEvent] = Subject()
        operator = source.pipe(read_receipts(roster.query, scheduler=TestScheduler()))
        one: list[ReadReceipts] = []
        with operator.subscribe(one.append), operator.subscribe(one.append):
            roster.answer()
            roster.answer()
        assert (roster.asked, one) == (2, [receipts(ada=1)] * 2)


PEOPLE = st.sampled_from("abcd")


@given(st.data())
def test_it_is_what_the_service_knows(data: st.DataObject) -> None:
    """Whatever is interleaved, if events come in order and the roster is as of some time between query and answer."""
    roster = Roster({"a": 1, "b": None})
    seen = Seen(roster.query)
    late: list[ParticipantEvent] = []

    def change(event: Callable[[str, int | None], ParticipantEvent]) -> None:
        identity, horizon = data.draw(PEOPLE), data.draw(st.none() | st.integers(0, 3))
        roster.people[identity] = horizon
        late.append(event(identity, horizon))

    def leave() -> None:
        identity = data.draw(PEOPLE)
        if roster.people.pop(identity, "nobody") != "nobody":
            late.append(left(identity))

    def lose() -> None:
        late.clear()
        late.append(GAP)

    steps: dict[str, Callable[[], object]] = {
        "join": lambda: change(joined),
        "read": lambda: change(updated),
        "leave": leave,
        "hear": lambda: late and seen.take(late.pop(0)),
        "answer": roster.answer,
        "fail": lambda: roster.answer(LOST),
        "lose": lose,
        "wait": lambda: seen.scheduler.advance_by(1.0),
    }
    for name in data.draw(st.lists(st.sampled_from([*steps, "hear", "answer"]), max_size=40)):
        steps[name]()
    if data.draw(st.booleans()):
        before = list(seen.seen)
        seen.subscription.dispose()
        seen.take(updated("a", 99))
        seen.scheduler.advance_by(100.0)
        assert (seen.seen, seen.source.observers, roster.waiting) == (before, [], [])
        return
    while late:
        seen.take(late.pop(0))
    seen.scheduler.advance_by(100.0)
    roster.answer()
    known = {identity: horizon for identity, horizon in roster.people.items() if horizon is not None}
    assert seen.seen[-1] == receipts(**known)
    assert all(one != other for one, other in pairwise(seen.seen))


async def test_with_clients() -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        lunch = await ada.create_conversation()
        await lunch.join()
        await lunch.add("bob")
        await lunch.send_message("pizza?")
        await lunch.advance_last_read_message_index(0)
        await advance(1.0)
        theirs = await bob.get_conversation_by_sid(lunch.sid)
        seen: list[ReadReceipts] = []
        subscription = theirs.participants.pipe(read_receipts(theirs.get_participants())).subscribe(seen.append)
        await advance(1.0)
        await theirs.set_all_messages_read()
        await lunch.leave()
        await advance(1.0)
        assert seen == [receipts(ada=0), receipts(ada=0, bob=0), receipts(bob=0)]
        subscription.dispose()
