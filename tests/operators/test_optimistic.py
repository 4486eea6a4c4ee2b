"""How far what is sent has come, what is shown of it, and what is left when nobody looks."""

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
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import Conversation, Service
from rxconvo.errors import ArgumentError, OutcomeUnknownError
from rxconvo.model import (
    CaughtUp,
    Discontinuity,
    Echoed,
    Failed,
    Home,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Pending,
    Reset,
    Sent,
    Topic,
)
from rxconvo.operators import optimistic, retry_mutation
from tests.operators.attempts import LOST, REFUSED, Manual

if TYPE_CHECKING:
    from tests.operators.conftest import Emitted, Marbles


HOME: Home[Any] = Home("CH1")


def message(index: int, body: str = "other") -> Message[Any]:
    return Message(sid=f"IM{index}", index=index, author="ada", body=body, home=HOME)


def is_mine(candidate: Message[Any]) -> bool:
    return candidate.body == "mine"


def drawn(emitted: list[Emitted]) -> str:
    """Draw states by their first letters, a capital where it completes at the same time."""
    row = ""
    for at, kind, value in emitted:
        if kind == "C" and round(at) == len(row) - 1:
            row = row[:-1] + row[-1].upper()
        else:
            row = row.ljust(round(at), "-") + ("|" if kind == "C" else type(value).__name__[0].lower())
    return row


def test_the_diagram_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    rows = diagrams(optimistic)
    for answer, messages, states in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        marbles = make_marbles({"0": 0, "m": MessageAdded(message(0, "mine"))})
        until = float(states.index("!")) if "!" in states else 20.0
        matched = is_mine if "e" in states else None

        def compose(
            answer: Observable[int], messages: Observable[Any], matched: Callable[..., bool] | None = matched
        ) -> Observable[Any]:
            return answer.pipe(optimistic("mine", messages, match=matched))

        assert drawn(marbles.play(compose, answer, messages, until=until)) == states.partition("!")[0].rstrip("-")


@dataclass
class Sending:
    """Something that is sent, and what is shown meanwhile.

    Attributes:
        shown: What is shown after each state or event: the messages' bodies, and what was sent while it is none.
    """

    match: Callable[[Message[Any]], bool] | None = None
    max_held: int = 1000
    manual: Manual = field(default_factory=Manual)
    messages: Subject[Any] = field(default_factory=Subject[Any])
    scheduler: TestScheduler = field(default_factory=TestScheduler)
    states: list[Any] = field(default_factory=list[Any])
    here: dict[int, str] = field(default_factory=dict[int, str])
    shown: list[list[str]] = field(default_factory=list[list[str]])

    def __post_init__(self) -> None:
        self.subscription = (
            self.manual.observable()
            .pipe(optimistic("mine", self.messages, match=self.match, max_held=self.max_held, scheduler=self.scheduler))
            .subscribe(self._state, self._error, lambda: self.states.append("|"))
        )
        self.messages.subscribe(self._event, lambda _: None)

    @property
    def names(self) -> str:
        return "".join(state if state == "|" else type(state).__name__[0].lower() for state in self.states)

    @property
    def released(self) -> bool:
        return len(self.messages.observers) <= 1 and not self.manual.waiting

    def add(self, index: int, body: str = "other") -> None:
        self.messages.on_next(MessageAdded(message(index, body)))

    def _state(self, state: object) -> None:
        self.states.append(state)

    def _error(self, error: Exception) -> None:
        self.states.append(error)

    def _event(self, event: object) -> None:
        if isinstance(event, MessageAdded):
            self.here[event.message.index] = event.message.body or ""
        last = self.states[-2] if self.states[-1] == "|" else self.states[-1]
        self.shown.append([*self.here.values(), *([] if isinstance(last, Echoed) else ["mine"])])


def test_what_completes_without_an_index_has_failed() -> None:
    messages: Subject[Any] = Subject()
    states: list[Any] = []
    answer: Subject[int] = Subject()
    answer.pipe(optimistic("mine", messages, scheduler=TestScheduler())).subscribe(
        states.append, on_completed=lambda: states.append("|")
    )
    answer.on_completed()
    assert [type(state) for state in states] == [Pending, Failed, str]
    assert messages.observers == []


class TestStates:
    """Which follow each other."""

    def test_the_echo_before_the_answer(self) -> None:
        sending = Sending()
        sending.add(0)
        sending.add(1, "mine")
        sending.manual.answer(1)
        assert sending.states == [Pending("mine"), Sent("mine", 1), Echoed("mine", message(1, "mine")), "|"]
        assert sending.released

    def test_the_echo_after_the_answer(self) -> None:
        sending = Sending()
        sending.manual.answer(1)
        sending.add(0)
        assert sending.names == "ps"
        sending.add(1, "mine")
        assert sending.names == "pse|"
        assert sending.released

    def test_messages_that_are_told_again(self) -> None:
        sending = Sending()
        sending.manual.answer(1)
        for event in (CaughtUp(), Discontinuity(Topic.MESSAGES, "CH1", "restored"), Reset((message(0), message(1)))):
            sending.messages.on_next(event)
        assert sending.names == "pse|"

    def test_a_change_tells_as_well(self) -> None:
        sending = Sending()
        sending.manual.answer(1)
        sending.messages.on_next(MessageRemoved(None, 1, Home("CH1")))
        sending.messages.on_next(MessageUpdated(None, message(1)))
        assert sending.names == "pse|"

    @pytest.mark.parametrize("match", [None, is_mine])
    def test_refused(self, match: Callable[..., bool] | None) -> None:
        sending = Sending(match)
        sending.manual.answer(REFUSED)
        assert sending.states == [Pending("mine"), Failed("mine", REFUSED), "|"]
        assert sending.released

    def test_nobody_knows(self) -> None:
        sending = Sending()
        sending.manual.answer(LOST)
        assert sending.names == "pf|"

    def test_what_nobody_knows_is_settled_by_its_echo(self) -> None:
        sending = Sending(is_mine)
        sending.manual.answer(LOST)
        assert sending.names == "pf"
        sending.add(0)
        sending.add(1, "mine")
        assert sending.names == "pfe|"
        assert sending.released

    def test_what_is_there_needs_no_answer(self) -> None:
        sending = Sending(is_mine)
        sending.add(1, "mine")
        sending.manual.answer(LOST)
        assert sending.names == "pe|"

    def test_the_answer_knows_better_than_a_match(self) -> None:
        sending = Sending(is_mine)
        sending.add(1, "mine")
        sending.add(2, "mine")
        sending.manual.answer(2)
        assert [state for state in sending.states if isinstance(state, Echoed)][-1] == Echoed(
            "mine", message(2, "mine")
        )
        assert sending.names == "pese|"

    def test_no_echo_in_time(self) -> None:
        sending = Sending()
        sending.manual.answer(1)
        sending.scheduler.advance_by(29.9)
        assert sending.names == "ps"
        sending.scheduler.advance_by(0.1)
        assert sending.names == "ps|"
        assert sending.released

    @pytest.mark.parametrize("before", [True, False])
    def test_no_echo_from_what_is_over(self, before: bool) -> None:
        sending = Sending()
        if before:
            sending.messages.on_completed()
        sending.manual.answer(1)
        if not before:
            sending.messages.on_completed()
        assert sending.names == "ps|"

    def test_only_so_many_messages_are_remembered(self) -> None:
        sending = Sending(max_held=2)
        for index in (1, 2, 3):
            sending.add(index)
        sending.manual.answer(1)
        assert sending.names == "ps"

    def test_the_error_of_the_messages_is_told(self) -> None:
        sending = Sending()
        error = LookupError("broken")
        sending.messages.on_error(error)
        assert sending.states[-1] is error
        assert not sending.manual.waiting


@given(
    others=st.integers(0, 4),
    place=st.integers(0, 4),
    answer_at=st.integers(0, 6),
    outcome=st.sampled_from(["answered", "lost"]),
    matched=st.booleans(),
)
def test_it_ends_with_exactly_one(others: int, place: int, answer_at: int, outcome: str, matched: bool) -> None:
    """Whenever the answer comes, and if none does: in the end what was sent is shown once; if matched, at any time."""
    matched = matched or outcome == "lost"
    sending = Sending(is_mine if matched else None)
    mine = min(place, others)
    for step in range(others + 2):
        if step == answer_at:
            sending.manual.answer(mine if outcome == "answered" else LOST)
        if step <= others:
            sending.add(step, "mine" if step == mine else "other")
    if sending.manual.waiting:
        sending.manual.answer(mine if outcome == "answered" else LOST)
    sending.messages.on_next(CaughtUp())
    assert sending.shown[-1].count("mine") == 1
    assert sending.states[-1] == "|"
    assert sending.released
    if matched:
        assert all(shown.count("mine") == 1 for shown in sending.shown)


@given(st.lists(st.sampled_from(["echo", "other", "answer", "lost", "wait"]), max_size=6), st.integers(0, 6))
def test_disposed_at_any_time_all_is_released(steps: list[str], at: int) -> None:
    sending = Sending(is_mine)
    for step in steps[:at]:
        match step:
            case "echo":
                sending.add(1, "mine")
            case "other":
                sending.add(0)
            case "wait":
                sending.scheduler.advance_by(20.0)
            case _ if sending.manual.waiting:
                sending.manual.answer(1 if step == "answer" else LOST)
            case _:
                pass
    sending.subscription.dispose()
    seen = list(sending.states)
    sending.add(1, "mine")
    sending.scheduler.advance_by(100.0)
    assert sending.states == seen
    assert sending.released


def test_disposed_by_its_observer_before_it_is_begun() -> None:
    manual, messages = Manual(), Subject[Any]()
    seen: list[object] = []

    def see(state: object) -> None:
        seen.append(state)
        messages.on_error(LookupError())

    manual.observable().pipe(optimistic("mine", messages, scheduler=TestScheduler())).subscribe(see, seen.append)
    assert seen[0] == Pending("mine")
    assert len(seen) == 2
    assert (manual.waiting, messages.observers) == ([], [])


@pytest.mark.parametrize("arguments", [{"timeout": 0.0}, {"timeout": math.nan}, {"timeout": math.inf}, {"max_held": 0}])
def test_bad_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        optimistic("mine", Subject[Any](), **arguments)


async def test_a_conversation_shows_what_is_sent() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await (await ada.create_conversation()).join()
        states: list[Any] = []
        sending = lunch.send_message("pizza?", {"id": "x1"}).pipe(
            retry_mutation(), optimistic("pizza?", lunch.messages, match=_has_id)
        )
        sending.subscribe(states.append)
        await sending
        assert [type(state) for state in states] == [Pending, Echoed]
        assert isinstance(states[-1].message, Message)


def _has_id(candidate: Message[Conversation]) -> bool:
    return candidate.attributes == {"id": "x1"}


async def test_naively_both_are_shown() -> None:
    """Who takes what was sent off the list when it is answered shows it twice meanwhile: the echo comes first."""
    async with Service() as service, service.client("ada") as ada:
        lunch = await (await ada.create_conversation()).join()
        shown = ["pizza?"]
        most = 0

        def show(added: Message[Conversation]) -> None:
            nonlocal most
            shown.append(added.body or "")
            most = max(most, shown.count("pizza?"))

        lunch.messages.added.subscribe(show)
        await lunch.send_message("pizza?")
        shown.remove("pizza?")
        assert (most, shown) == (2, ["pizza?"])


def test_an_unknown_outcome_is_told_apart() -> None:
    sending = Sending()
    sending.manual.answer(OutcomeUnknownError("no reply"))
    assert isinstance(sending.states[1].error, OutcomeUnknownError)


@pytest.mark.parametrize("answer", [None, "0", True, object()])
async def test_what_is_no_index_is_a_failure(answer: Any) -> None:
    seen: list[Any] = []
    reactivex.of(answer).pipe(optimistic("pizza?", reactivex.never())).subscribe(
        seen.append, seen.append, lambda: seen.append("|")
    )
    pending, failed, end = seen
    assert (pending, end) == (Pending("pizza?"), "|")
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ArgumentError)
    assert str(failed.error).startswith("source must be what sends a message and emits its index, not ")
