"""Maps of what is there. How it is kept in mind is tested with `collect_list`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import reactivex

from rxconvo.errors import ArgumentError
from rxconvo.model import (
    CaughtUp,
    Discontinuity,
    Message,
    MessageAdded,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Reset,
    Topic,
)
from rxconvo.operators import collect_map
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

A, B, C = Participant(sid="MB1"), Participant(sid="MB2"), Participant(sid="MB1", role_sid="RL1")
VALUES: dict[str, Any] = {
    "a": ParticipantJoined(A),
    "b": ParticipantJoined(B),
    "A": ParticipantUpdated(A, C),
    "r": ParticipantLeft(C),
    "1": {"MB1": A},
    "2": {"MB1": A, "MB2": B},
    "3": {"MB1": C, "MB2": B},
    "4": {"MB2": B},
    "0": {},
    "g": Discontinuity(Topic.PARTICIPANTS, "CH1", "restored"),
    "c": CaughtUp(),
    "R": Reset((A, B)),
}


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(VALUES), collect_map(), diagrams(collect_map))


@pytest.mark.parametrize(
    "people,maps", [("-c-a-g-g#", "-0-1-0--#"), ("-R-r-R-R", "-2-4-2--"), ("-a-a-r-r", "-1---0--")]
)
def test_others(make_marbles: type[Marbles], people: str, maps: str) -> None:
    marbles = make_marbles(VALUES)
    assert marbles.play(collect_map(), people) == marbles.expect(maps)


def test_what_was_emitted_can_not_be_changed_and_does_not() -> None:
    seen: list[Any] = []
    reactivex.of(VALUES["a"], VALUES["A"]).pipe(collect_map()).subscribe(seen.append)
    assert seen == [{"MB1": A}, {"MB1": C}]
    with pytest.raises(TypeError):
        seen[0]["MB2"] = B


def test_options() -> None:
    events = [MessageAdded(Message(sid=f"IM{n}", index=n, author=who)) for n, who in enumerate("abac")]
    seen: list[Any] = []
    reactivex.from_(events).pipe(collect_map(lambda each: each.author, limit=2)).subscribe(seen.append)
    assert [{key: each.index for key, each in one.items()} for one in seen] == [
        {"a": 0},
        {"a": 0, "b": 1},
        {"b": 1, "a": 2},
        {"a": 2, "c": 3},
    ]
    with pytest.raises(ArgumentError, match="limit"):
        collect_map(limit=0)
