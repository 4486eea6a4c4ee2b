"""What was promised, and how it stands."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

import rxconvo
from rxconvo.errors import ArgumentError
from rxconvo.model import Home, Message, OpeningHours, SlaState
from rxconvo.operators import sla
from rxconvo.operators._deadlines import deadlines_of
from rxconvo.testing import EPOCH, advance, settle
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


def message(author: str, sid: str = "CH1") -> Message:
    return Message("IM1", 0, author=author, home=Home(sid))


ADA, BOB, EVE, ZOE = (message(author) for author in ("ada", "bob", "eve", "zoe"))


MARKS: dict[str, Any] = {"a": ADA, "b": BOB, **{mark: mark for mark in "oxwB"}}


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(MARKS)


def briefly(state: object) -> object:
    """Write a state as the diagram's legend does."""
    if not isinstance(state, SlaState):
        return state
    return {"warn": "w", "breach": "B"}.get(state.status, "o" if state.due_at is None else "x")


class Play:
    def __init__(self, first: float = 100.0, next: float | None = None, **options: Any) -> None:
        self.scheduler = TestScheduler()
        self.source: Subject[Message] = Subject()
        self.states: list[SlaState] = []
        self.errors: list[Exception] = []
        options = {"answerer": ("bob", "eve"), "asker": "ada", **options}
        self.subscription = self.source.pipe(sla(first, next, scheduler=self.scheduler, **options)).subscribe(
            self.states.append, self.errors.append
        )

    def feed(self, *messages: Message) -> None:
        for each in messages:
            self.source.on_next(each)

    @property
    def told(self) -> str:
        return "".join(str(briefly(state)) for state in self.states)


def at(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    def operator(source: Observable[Any]) -> Observable[Any]:
        return source.pipe(sla(8, 4, warn=0.75, answerer="bob")).pipe(ops.map(briefly))

    play_cases(lambda: make_marbles(MARKS), operator, diagrams(sla))


def test_an_error_comes_at_once(marbles: Marbles) -> None:
    assert [kind for _, kind, _ in marbles.play(sla(8, answerer="bob"), "-a#")] == ["N", "E"]


def test_states_say_when_an_answer_is_due_and_who_answered_last() -> None:
    play = Play(100.0, 50.0)
    play.scheduler.advance_by(7.0)
    play.feed(ADA)
    play.scheduler.advance_by(100.0)
    play.feed(BOB, ADA, EVE)
    assert play.states == [
        SlaState("CH1", "ok", at(107.0)),
        SlaState("CH1", "warn", at(107.0)),
        SlaState("CH1", "breach", at(107.0)),
        SlaState("CH1", "ok", None, "bob"),
        SlaState("CH1", "ok", at(157.0), "bob"),
        SlaState("CH1", "ok", None, "eve"),
    ]


def test_what_the_asker_adds_does_not_put_it_off() -> None:
    play = Play()
    play.feed(ADA)
    play.scheduler.advance_by(79.0)
    play.feed(ADA, ADA)
    assert play.told == "x"
    play.scheduler.advance_by(1.0)
    play.feed(ADA)
    assert play.told == "xw"
    play.scheduler.advance_by(20.0)
    play.feed(ADA)
    play.scheduler.advance_by(1000.0)
    assert play.told == "xwB"


def test_an_answer_in_time_is_the_end_of_it() -> None:
    play = Play()
    play.feed(ADA, BOB)
    play.scheduler.advance_by(1000.0)
    assert play.told == "xo"
    assert len(deadlines_of(play.scheduler)) == 0


def test_what_is_said_twice_is_told_once() -> None:
    play = Play()
    play.feed(BOB, BOB, EVE)
    assert [state.owner for state in play.states] == ["bob", "eve"]


def test_others_are_nobody_unless_everybody_may_ask() -> None:
    for asker, told in (("ada", ""), (None, "x")):
        play = Play(asker=asker)
        play.feed(ZOE)
        assert play.told == told


def test_a_closed_conversation_owes_nothing_and_begins_anew() -> None:
    closed: Subject[str] = Subject()
    play = Play(100.0, 50.0, closed=closed)
    play.feed(ADA, BOB, ADA)
    closed.on_next("CH1")
    closed.on_next("CH1")
    closed.on_next("CH2")
    play.scheduler.advance_by(1000.0)
    assert play.states[3:] == [SlaState("CH1", "ok")]
    play.feed(ADA)
    assert play.states[4:] == [SlaState("CH1", "ok", at(1100.0))]
    closed.on_completed()
    play.source.on_completed()
    assert closed.observers == []


def test_what_tells_of_closed_ones_may_fail_and_is_left_at_the_end() -> None:
    closed: Subject[str] = Subject()
    play = Play(closed=closed)
    play.subscription.dispose()
    assert closed.observers == []
    play = Play(closed=closed)
    play.feed(ADA)
    closed.on_error(LookupError("broken"))
    assert [repr(error) for error in play.errors] == ["LookupError('broken')"]
    assert (play.source.observers, len(deadlines_of(play.scheduler))) == ([], 0)


def test_only_open_hours_count() -> None:
    play = Play(3600.0, hours=OpeningHours(time(9), time(17)))  # the first of January 1970 was a Thursday
    play.scheduler.advance_by(16.5 * 3600)
    play.feed(ADA)
    assert play.states[0].due_at == datetime(1970, 1, 2, 9, 30, tzinfo=UTC)
    play.scheduler.advance_by(16.5 * 3600)
    assert play.told == "x"
    play.scheduler.advance_by(0.5 * 3600)
    assert play.told == "xwB"


def test_of_many_conversations_the_most_silent_is_forgotten_with_its_clock() -> None:
    play = Play(100.0, 50.0, max_keys=2)
    play.feed(*(message("ada", sid) for sid in ("CH1", "CH2", "CH1", "CH3")))
    assert len(deadlines_of(play.scheduler)) == 2
    play.scheduler.advance_by(1000.0)
    assert [state.key for state in play.states if state.status == "breach"] == ["CH1", "CH3"]


@pytest.mark.parametrize("field", ["by", "hours", "asker", "answerer"])
def test_what_is_raised_for_a_message_ends_it(field: str) -> None:
    def fail(*_: object) -> Any:
        raise LookupError("mine")

    options: dict[str, Any] = {field: fail}
    play = Play(**options)
    play.feed(ZOE, ADA)
    assert [repr(error) for error in play.errors] == ["LookupError('mine')"]
    assert (play.source.observers, len(deadlines_of(play.scheduler))) == ([], 0)


def test_bad_arguments() -> None:
    for seconds in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="first"):
            sla(seconds, answerer="bob")
        with pytest.raises(ArgumentError, match="next"):
            sla(1.0, seconds, answerer="bob")
    for warn in (0.0, 1.0, math.nan):
        with pytest.raises(ArgumentError, match="warn"):
            sla(1.0, answerer="bob", warn=warn)
    with pytest.raises(ArgumentError, match="max_keys"):
        sla(1.0, answerer="bob", max_keys=0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 1.0, 30.0, 45.0, 81.0, 150.0]),
            st.sampled_from(["ada", "bob", "zoe", "close"]),
            st.sampled_from(["CH1", "CH2"]),
        ),
        max_size=30,
    )
)
def test_it_tells_what_a_plain_model_does(steps: list[tuple[float, str, str]]) -> None:
    closed: Subject[str] = Subject()
    play = Play(100.0, 50.0, closed=closed)
    model = {sid: Model() for sid in ("CH1", "CH2")}
    now = 0.0
    for pause, author, sid in [*steps, (1000.0, "nobody", "CH1")]:
        if pause:
            play.scheduler.advance_by(pause)
        now += pause
        for each in model.values():
            each.look(now)
        model[sid].take(author, now)
        if author == "close":
            closed.on_next(sid)
        else:
            play.feed(message(author, sid))
    for sid, each in model.items():
        assert "".join(str(briefly(state)) for state in play.states if state.key == sid) == "".join(each.told)


class Model:
    """One conversation, looked at now and then."""

    def __init__(self) -> None:
        self.asked: float | None = None
        self.limit = 100.0
        self.told: list[str] = []

    def look(self, now: float) -> None:
        if self.asked is not None:
            for share, mark, before in ((0.8, "w", "x"), (1.0, "B", "w")):
                if now - self.asked >= share * self.limit and self.told[-1] == before:
                    self.told.append(mark)

    def take(self, author: str, now: float) -> None:
        if author == "ada" and self.asked is None:
            self.asked = now
            self.told.append("x")
        elif author == "bob" and (self.asked is not None or self.limit == 100.0):
            self.asked, self.limit = None, 50.0
            self.told.append("o")
        elif author == "close":
            if self.asked is not None or self.limit == 50.0:
                self.told.append("o")
            self.asked, self.limit = None, 100.0


async def test_for_a_real_client_dates_are_those_of_the_day() -> None:
    async with rxconvo.Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        lunch = await ada.create_conversation()
        await lunch.join()
        await lunch.add("bob")
        states: list[SlaState] = []
        bob.messages.added.pipe(sla(600.0, answerer="bob")).subscribe(states.append)
        await bob.messages.opened
        begun = asyncio.get_running_loop().time()
        await lunch.send_message("pizza?")
        await settle()
        assert states == [SlaState(lunch.sid, "ok", EPOCH + timedelta(seconds=begun + 600.0))]
        await advance(600.0)
        await (await bob.get_conversation_by_sid(lunch.sid)).send_message("sushi!")
        await settle()
        assert [(state.status, state.owner) for state in states] == [
            ("ok", None),
            ("warn", None),
            ("breach", None),
            ("ok", "bob"),
        ]
