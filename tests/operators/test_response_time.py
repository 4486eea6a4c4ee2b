"""From question to answer."""

from __future__ import annotations

import asyncio
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
from rxconvo.model import Home, Message, ResponseSample
from rxconvo.operators import response_time
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def message(author: str, second: float | None = None, sid: str = "CH1") -> Message:
    date = None if second is None else (BEGIN + timedelta(seconds=second)).isoformat()
    return Message("IM1", 0, author=author, date_created_iso=date, home=Home(sid))


MARKS: dict[str, Any] = {"a": message("ada"), "b": message("bob"), "x": 5.0, "y": 1.0}


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(MARKS)


def seconds_of(sample: ResponseSample[Message]) -> float:
    return sample.seconds


class Play:
    def __init__(self, asker: Any = "ada", answerer: Any = ("bob", "eve"), **options: Any) -> None:
        self.scheduler = TestScheduler()
        self.source: Subject[Message] = Subject()
        self.samples: list[ResponseSample[Message]] = []
        self.errors: list[Exception] = []
        options = {"scheduler": self.scheduler, **options}
        self.source.pipe(response_time(asker=asker, answerer=answerer, **options)).subscribe(
            self.samples.append, self.errors.append
        )

    def feed(self, *messages: Message) -> list[float]:
        for each in messages:
            self.source.on_next(each)
        return [sample.seconds for sample in self.samples]


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    def operator(source: Observable[Any]) -> Observable[Any]:
        return source.pipe(response_time(asker="ada", answerer="bob")).pipe(ops.map(seconds_of))

    play_cases(lambda: make_marbles(MARKS), operator, diagrams(response_time))


def test_an_error_comes_at_once(marbles: Marbles) -> None:
    assert marbles.play(response_time(asker="ada", answerer="bob"), "-a#") == marbles.expect("--#")


def test_disposing_ends_it(marbles: Marbles) -> None:
    assert marbles.play(response_time(asker="ada", answerer="bob"), "-a-b", until=2.0) == []
    assert marbles.left == [2.0]


def test_dates_count_and_arrival_does_not() -> None:
    play = Play()
    play.source.on_next(message("ada", 10.0))
    play.scheduler.advance_by(1000.0)
    assert play.feed(message("bob", 12.5)) == [2.5]
    sample = play.samples[0]
    assert (sample.key, sample.question.author, sample.answer.author) == ("CH1", "ada", "bob")
    assert (sample.asked_at, sample.answered_at) == (
        BEGIN + timedelta(seconds=10),
        BEGIN + timedelta(seconds=12.5),
    )


def test_conversations_do_not_mix() -> None:
    assert Play().feed(message("ada", 0.0, "CH1"), message("bob", 5.0, "CH2"), message("bob", 7.0, "CH1")) == [7.0]


def test_an_answer_from_before_the_question_is_none() -> None:
    assert Play().feed(message("ada", 10.0), message("bob", 9.0), message("bob", 11.0)) == [1.0]


def test_everybody_else_may_ask() -> None:
    play = Play(asker=None)
    assert play.feed(message("zoe", 0.0), message("bob", 1.0), message("bob", 2.0), message("eve", 3.0)) == [1.0]


def test_who_is_both_answers_if_somebody_waits_and_else_asks() -> None:
    play = Play("ada", {"ada", "bob"})
    assert play.feed(message("ada", 0.0), message("ada", 1.0), message("ada", 5.0), message("bob", 7.0)) == [1.0, 2.0]


def test_messages_may_be_told_apart_in_any_way() -> None:
    play = Play(lambda it: it.author == "ada", lambda it: it.author != "ada", by=lambda _: None, at=lambda _: BEGIN)
    assert play.feed(message("ada"), message("x", 9.0, "CH2")) == [0.0]


def test_of_many_that_wait_the_oldest_is_forgotten() -> None:
    play = Play(max_keys=2)
    asked = [message("ada", float(number), f"CH{number}") for number in range(3)]
    play.feed(*asked)
    assert play.feed(*(message("bob", 10.0, f"CH{number}") for number in range(3))) == [9.0, 8.0]


def test_what_is_raised_for_a_message_ends_it() -> None:
    def fail(_: Message) -> bool:
        raise LookupError("mine")

    play = Play(fail)
    play.feed(message("ada"))
    assert [repr(error) for error in play.errors] == ["LookupError('mine')"]
    assert play.source.observers == []


def test_the_operator_s_scheduler_goes_before_that_of_subscribe() -> None:
    mine, other = TestScheduler(), TestScheduler()
    source: Subject[Message] = Subject()
    seconds: list[float] = []
    with source.pipe(response_time(asker="ada", answerer="bob", scheduler=mine)).subscribe(
        lambda sample: seconds.append(sample.seconds), scheduler=other
    ):
        source.on_next(message("ada"))
        mine.advance_by(3.0)
        other.advance_by(100.0)
        source.on_next(message("bob"))
    assert seconds == [3.0]


async def test_by_default_the_running_loop_s_clock_counts() -> None:
    source: Subject[Message] = Subject()
    seconds: list[float] = []
    with source.pipe(response_time(asker="ada", answerer="bob")).subscribe(
        lambda sample: seconds.append(sample.seconds)
    ):
        source.on_next(message("ada"))
        await asyncio.sleep(3.0)
        source.on_next(message("bob"))
    assert seconds == [3.0]


def test_bad_arguments() -> None:
    with pytest.raises(ArgumentError, match="max_keys"):
        response_time(asker="ada", answerer="bob", max_keys=0)


@given(st.lists(st.tuples(st.sampled_from(["ada", "bob", "zoe"]), st.sampled_from(["CH1", "CH2"]), st.integers(0, 5))))
def test_each_sample_is_from_the_first_unanswered_question_to_the_next_answer(
    written: list[tuple[str, str, int]],
) -> None:
    now = 0.0
    expected: list[tuple[str, float]] = []
    asked: dict[str, float] = {}
    messages: list[Message] = []
    for author, sid, pause in written:
        now += pause
        messages.append(message(author, now, sid))
        if author == "ada":
            asked.setdefault(sid, now)
        elif author == "bob" and sid in asked:
            expected.append((sid, now - asked.pop(sid)))
    play = Play()
    play.feed(*messages)
    assert [(sample.key, sample.seconds) for sample in play.samples] == expected
