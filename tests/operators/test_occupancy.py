"""How many of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

import rxconvo
from rxconvo.errors import ClosedError, OutcomeUnknownError
from rxconvo.model import (
    Discontinuity,
    Participant,
    ParticipantEvent,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Topic,
)
from rxconvo.operators import occupancy
from rxconvo.testing import settle
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

ADA = Participant("MB1", "ada")
SMS = Participant("MB2", type="sms")
GAP = Discontinuity(Topic.PARTICIPANTS, "CH1", "gap")


MARKS: dict[str, Any] = {
    "a": ParticipantJoined(ADA),
    "s": ParticipantJoined(SMS),
    "A": ParticipantLeft(ADA),
    "u": ParticipantUpdated(SMS, Participant("MB2", type="whatsapp")),
    "g": GAP,
    "0": {},
    "x": {"chat": 1},
    "y": {"chat": 1, "sms": 1},
    "z": {"sms": 1},
    "w": {"whatsapp": 1},
}


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(MARKS)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(MARKS), occupancy(), diagrams(occupancy))


@pytest.mark.parametrize(
    "roster, people, shown",
    [
        pytest.param([ADA, SMS], "---A--", "y--z--", id="a roster to begin with"),
        pytest.param([], "-s-u--", "0z-w--", id="a kind changes"),
        pytest.param([ADA], "-a-a--", "x-----", id="who is there already"),
        pytest.param([], "-A----", "0-----", id="who was not there leaves"),
        pytest.param([ADA], "--g--a", "x-----", id="a gap, and nobody to ask"),
        pytest.param([], "-a-#", "0x-#", id="an error comes at once"),
    ],
)
def test_diagrams(marbles: Marbles, roster: list[Participant], people: str, shown: str) -> None:
    assert marbles.play(occupancy(roster), people) == marbles.expect(shown)


def test_disposing_ends_it(marbles: Marbles) -> None:
    assert marbles.play(occupancy(), "-a-s", until=2.0) == marbles.expect("0x")
    assert marbles.left == [2.0]


def test_kinds_may_be_anything() -> None:
    shown: list[Mapping[bool, int]] = []

    def is_guest(participant: Participant) -> bool:
        return participant.identity is None

    reactivex.of(ParticipantJoined(ADA), ParticipantJoined(SMS)).pipe(occupancy(by=is_guest)).subscribe(shown.append)
    assert shown == [{}, {False: 1}, {False: 1, True: 1}]


def test_what_the_kind_raises_ends_it() -> None:
    def fail(_: Participant) -> str:
        raise LookupError("mine")

    source: Subject[ParticipantEvent] = Subject()
    errors: list[Exception] = []
    source.pipe(occupancy(by=fail)).subscribe(on_error=errors.append)
    source.on_next(ParticipantJoined(ADA))
    assert [repr(error) for error in errors] == ["LookupError('mine')"]
    assert source.observers == []


def test_mappings_stay_as_they_are_and_cannot_be_changed() -> None:
    shown: list[Any] = []
    reactivex.of(ParticipantJoined(ADA)).pipe(occupancy()).subscribe(shown.append)
    assert shown == [{}, {"chat": 1}]
    with pytest.raises(TypeError):
        shown[1]["chat"] = 2


def test_no_more_are_counted_than_a_conversation_may_have() -> None:
    source: Subject[ParticipantEvent] = Subject()
    shown: list[Mapping[str, int]] = []
    with source.pipe(occupancy()).subscribe(shown.append):
        for number in range(1500):
            source.on_next(ParticipantJoined(Participant(f"MB{number}")))
        source.on_next(ParticipantLeft(Participant("MB0")))
    assert shown[-2:] == [{"chat": 1000}, {"chat": 999}]


class Asked:
    """A roster that is asked for."""

    def __init__(self) -> None:
        self.queries: list[Subject[list[Participant]]] = []
        self.scheduler = TestScheduler()
        self.source: Subject[ParticipantEvent] = Subject()
        self.shown: list[Any] = []
        operator = occupancy(reactivex.defer(self._ask), scheduler=self.scheduler)
        self.subscription = self.source.pipe(operator).subscribe(
            self.shown.append, lambda error: self.shown.append(repr(error)), lambda: self.shown.append("completed")
        )

    def _ask(self, _: object) -> Observable[list[Participant]]:
        self.queries.append(Subject())
        return self.queries[-1]


class TestARosterThatIsAskedFor:
    def test_nothing_shows_before_it_and_what_arrives_meanwhile_goes_before_it(self) -> None:
        asked = Asked()
        asked.source.on_next(ParticipantJoined(SMS))
        asked.source.on_next(ParticipantLeft(ADA))
        assert asked.shown == []
        asked.queries[0].on_next([ADA])
        assert asked.shown == [{"sms": 1}]

    def test_after_a_gap_it_is_asked_again(self) -> None:
        asked = Asked()
        asked.queries[0].on_next([ADA])
        asked.source.on_next(GAP)
        asked.queries[1].on_next([SMS])
        assert asked.shown == [{"chat": 1}, {"sms": 1}]

    def test_it_is_asked_again_when_the_outcome_is_unknown(self) -> None:
        asked = Asked()
        asked.queries[0].on_error(OutcomeUnknownError("lost"))
        asked.scheduler.advance_by(1.0)
        asked.queries[1].on_next([ADA])
        assert asked.shown == [{"chat": 1}]

    def test_a_refusal_ends_it_but_what_is_closed_does_not(self) -> None:
        asked = Asked()
        asked.queries[0].on_error(ClosedError("gone"))
        asked.source.on_completed()
        assert asked.shown == ["completed"]
        asked = Asked()
        asked.queries[0].on_error(LookupError("mine"))
        assert asked.shown == ["LookupError('mine')"]
        assert asked.source.observers == []

    @pytest.mark.parametrize("roster", [["ada"], [ADA, None], "ada", 5])
    def test_something_else_ends_it_by_name(self, roster: Any) -> None:
        asked = Asked()
        asked.queries[0].on_next(roster)
        (shown,) = asked.shown
        assert "ArgumentError" in shown
        assert "roster must be an iterable of participants" in shown
        assert (asked.source.observers, asked.queries[0].observers) == ([], [])

    def test_disposing_gives_it_up(self) -> None:
        asked = Asked()
        asked.subscription.dispose()
        assert (asked.source.observers, asked.queries[0].observers) == ([], [])


@given(st.lists(st.tuples(st.sampled_from(["join", "leave", "change"]), st.integers(0, 4), st.sampled_from("xyz"))))
def test_it_is_always_the_count_of_who_is_there(steps: list[tuple[str, int, str]]) -> None:
    source: Subject[ParticipantEvent] = Subject()
    shown: list[Mapping[str, int]] = []
    there: dict[str, str] = {}
    with source.pipe(occupancy()).subscribe(shown.append):
        for step, number, kind in steps:
            participant = Participant(f"MB{number}", type=kind)
            if step == "leave":
                there.pop(participant.sid, None)
                source.on_next(ParticipantLeft(participant))
            else:
                there[participant.sid] = kind
                joined = step == "join"
                source.on_next(ParticipantJoined(participant) if joined else ParticipantUpdated(None, participant))
            assert shown[-1] == Counter(there.values())
    assert all(one != other for one, other in pairwise(shown))


async def test_it_counts_a_real_conversation() -> None:
    async with rxconvo.Service() as service, service.client("ada") as ada:
        lunch = await ada.create_conversation()
        await lunch.join()
        shown: list[Mapping[str, int]] = []
        lunch.participants.pipe(occupancy(lunch.get_participants())).subscribe(shown.append)
        bob = await lunch.add("bob")
        await settle()
        await bob.remove()
        await settle()
        assert shown == [{"chat": 1}, {"chat": 2}, {"chat": 1}]
