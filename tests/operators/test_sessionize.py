"""Stretches of conversation."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.model import Home, Message, Session
from rxconvo.operators import sessionize
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
Item = tuple[str, float]
"""A key, and the seconds after `BEGIN` of its date."""


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles({"a": "a", "b": "b"})


def briefly(session: Session[str]) -> str:
    """Write a session as the diagram's legend does."""
    kind = {"a": "x", "aa": "y", "b": "t"}["".join(session.items)]
    return kind if session.open else kind.upper()


def key_of(item: Item) -> str:
    return item[0]


def date_of(item: Item) -> datetime:
    return BEGIN + timedelta(seconds=item[1])


class Play:
    """A subscription whose values have dates of their own."""

    def __init__(self, gap: float = 10.0, **options: Any) -> None:
        self.scheduler = TestScheduler()
        self.source: Subject[Item] = Subject()
        self.sessions: list[Session[Item]] = []
        self.errors: list[Exception] = []
        options = {"by": key_of, "at": date_of, **options}
        self.source.pipe(sessionize(gap, scheduler=self.scheduler, **options)).subscribe(
            self.sessions.append, self.errors.append
        )

    @property
    def closed(self) -> list[tuple[Item, ...]]:
        return [session.items for session in self.sessions if not session.open]


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    def operator(source: Observable[Any]) -> Observable[Any]:
        return source.pipe(sessionize(3, by=str)).pipe(ops.map(briefly))

    play_cases(lambda: make_marbles({mark: mark for mark in "abxytXYT"}), operator, diagrams(sessionize))


def test_an_error_comes_at_once_and_closes_nothing(marbles: Marbles) -> None:
    assert [kind for _, kind, _ in marbles.play(sessionize(3, by=str), "-a#")] == ["N", "E"]


def test_all_that_are_open_are_closed_before_completion() -> None:
    play = Play()
    for item in (("a", 0.0), ("b", 1.0), ("a", 2.0)):
        play.source.on_next(item)
    play.source.on_completed()
    assert play.closed == [(("b", 1.0),), (("a", 0.0), ("a", 2.0))]


def test_messages_are_grouped_by_conversation_and_dated_by_the_service() -> None:
    source: Subject[Message] = Subject()
    sessions: list[Session[Message]] = []
    with source.pipe(sessionize(60.0, scheduler=TestScheduler())).subscribe(sessions.append):
        for number, (sid, minute) in enumerate((("CH1", 0), ("CH2", 0), ("CH1", 1), ("CH1", 5))):
            date = f"2024-01-01T00:0{minute}:00.000Z"
            source.on_next(Message(f"IM{number}", number, date_created_iso=date, home=Home(sid)))
    assert [(each.key, each.count, each.open) for each in sessions] == [
        ("CH1", 1, True),
        ("CH2", 1, True),
        ("CH1", 2, True),
        ("CH1", 2, False),
        ("CH1", 1, True),
    ]
    assert (sessions[2].start, sessions[2].end) == (BEGIN, BEGIN + timedelta(minutes=1))


def test_what_has_no_date_is_of_the_time_of_its_arrival() -> None:
    play = Play(at=lambda _: None)
    play.scheduler.advance_by(5.0)
    play.source.on_next(("a", 0.0))
    assert play.sessions[0].start == play.scheduler.now


def test_dates_count_though_values_arrive_together_and_arrival_does_where_they_end() -> None:
    play = Play()
    play.source.on_next(("a", 0.0))
    play.source.on_next(("a", 10.5))
    assert play.closed == [(("a", 0.0),)]
    play.scheduler.advance_by(9.0)
    assert len(play.closed) == 1
    play.scheduler.advance_by(1.0)
    assert play.closed == [(("a", 0.0),), (("a", 10.5),)]


def test_what_comes_late_extends_the_session_or_is_one_by_itself() -> None:
    play = Play()
    play.source.on_next(("a", 100.0))
    play.source.on_next(("a", 95.0))
    play.source.on_next(("a", 50.0))
    assert [(each.count, each.open) for each in play.sessions] == [(1, True), (2, True), (1, False)]
    assert play.sessions[1].start == date_of(("a", 95.0))


def test_of_many_items_the_newest_are_held_and_all_are_counted() -> None:
    for most in (1, 3):
        play = Play(max_items=most)
        for second in range(6):
            play.source.on_next(("a", float(second)))
        last = play.sessions[-1]
        assert (last.items, last.count) == (tuple(("a", float(second)) for second in range(6 - most, 6)), 6)


def test_of_many_open_sessions_the_most_silent_is_closed() -> None:
    play = Play(max_keys=2)
    for item in (("a", 0.0), ("b", 0.0), ("a", 1.0), ("c", 1.0)):
        play.source.on_next(item)
    assert play.closed == [(("b", 0.0),)]


@pytest.mark.parametrize("field", ["by", "at"])
def test_what_is_raised_for_a_value_ends_it(field: str) -> None:
    def fail(_: Item) -> str:
        raise LookupError("mine")

    options: dict[str, Any] = {field: fail}
    play = Play(**options)
    play.source.on_next(("a", 0.0))
    assert [repr(error) for error in play.errors] == ["LookupError('mine')"]
    assert play.source.observers == []


def test_bad_arguments() -> None:
    for gap in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="gap"):
            sessionize(gap)
    for field in ("max_items", "max_keys"):
        with pytest.raises(ArgumentError, match=field):
            sessionize(1.0, **{field: 0})  # type: ignore[arg-type]


@given(
    items=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60).map(float)), max_size=25),
    rests=st.lists(st.sampled_from([0.0, 3.0, 11.0]), min_size=25, max_size=25),
    ordered=st.booleans(),
    patient=st.booleans(),
)
def test_each_value_is_in_one_closed_session(
    items: list[Item], rests: list[float], ordered: bool, patient: bool
) -> None:
    play = Play()
    if ordered:
        items.sort(key=lambda item: item[1])
    for item, rest in zip(items, rests, strict=False):
        play.source.on_next(item)
        if rest and not patient:
            play.scheduler.advance_by(rest)
    play.source.on_completed()
    assert sorted(item for closed in play.closed for item in closed) == sorted(items)
    for session in play.sessions:
        dates = sorted(map(date_of, session.items))
        assert (session.start, session.end, session.count) == (dates[0], dates[-1], len(dates))
        assert {session.key} == {key for key, _ in session.items}
    if ordered and patient:
        assert sorted(play.closed) == sorted(cut(items))


def cut(items: list[Item]) -> list[tuple[Item, ...]]:
    """Cut each key's values where there is a gap."""
    cuts: list[tuple[Item, ...]] = []
    for key in "ab":
        session: list[Item] = []
        for item in (item for item in items if item[0] == key):
            if session and item[1] - session[-1][1] > 10.0:
                cuts.append(tuple(session))
                session = []
            session.append(item)
        cuts += [tuple(session)] * bool(session)
    return cuts
