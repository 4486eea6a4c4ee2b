"""What one conversation makes its people do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from rxconvo.demo.actions import Action, Edit, Join, Leave, Read, Remove, Send, Typing
from rxconvo.demo.corpus import Chat, Corpus, Line
from rxconvo.demo.derive import act_out, span_of, typing_time
from rxconvo.demo.people import make_up_people

NOON = datetime(2018, 5, 1, 12, tzinfo=UTC)
START = NOON.timestamp()
PEOPLE = make_up_people("ab")
ADA, BOB = PEOPLE["a"].identity, PEOPLE["b"].identity


def chat(*spoken: tuple[str, float, str]) -> Chat:
    lines = tuple(Line(sender, text, NOON + timedelta(seconds=at)) for sender, at, text in spoken)
    return Chat("x", None, ("a", "b"), lines)


def acted(what: Chat, start: float = 0.0, end: float = 10_000.0, seed: int = 0) -> list[Action]:
    span = span_of(what, START + start, START + end)
    assert span is not None
    return list(act_out(span, PEOPLE, seed=seed))


def test_a_whole_conversation() -> None:
    actions = acted(chat(("a", 2, "x" * 67), ("b", 60, "x" * 67), ("b", 62, "y" * 67), ("a", 62, "z")), start=-100)
    assert [(round(action.at - START, 3), action.__class__, action.identity) for action in actions] == [
        (-18, Join, ADA),
        (-18, Join, BOB),
        (-18, Typing, ADA),
        (-13, Typing, ADA),
        (-8, Typing, ADA),
        (-3, Typing, ADA),
        (2, Send, ADA),
        (40, Read, BOB),
        (40, Typing, BOB),
        (45, Typing, BOB),
        (50, Typing, BOB),
        (55, Typing, BOB),
        (60, Send, BOB),
        (60, Typing, BOB),
        (62, Send, BOB),
        (62, Read, ADA),
        (62, Send, ADA),
        (67, Leave, ADA),
        (67, Leave, BOB),
    ]
    assert [action.index for action in actions if isinstance(action, Read)] == [0, 2]
    assert [action.index for action in actions if isinstance(action, Send)] == [0, 1, 2, 3]


def test_a_window_cuts() -> None:
    whole = chat(("a", 0, "before"), ("b", 50, "x" * 335), ("a", 100, "out"))
    actions = acted(whole, start=40, end=100)
    assert [(action.at - START, type(action)) for action in actions if not isinstance(action, Typing)] == [
        (40, Join),
        (40, Join),
        (50, Send),
        (100, Leave),
        (100, Leave),
    ]
    assert [action.at - START for action in actions if isinstance(action, Typing)] == [40, 45]
    assert span_of(whole, START + 51, START + 100) is None


def test_a_shift_moves_everything_and_changes_nothing_else() -> None:
    what = chat(("a", 0, "before"), ("a", 50, "x" * 67), ("b", 90, "y" * 67))
    here = span_of(what, START + 40, START + 100)
    there = span_of(what, START + 40, START + 100, shift=7000.0)
    assert here is not None
    assert there is not None
    assert (there.start, there.end) == (here.start + 7000.0, here.end + 7000.0)
    moved = list(act_out(there, PEOPLE, seed=0))
    stayed = list(act_out(here, PEOPLE, seed=0))
    assert [msgspec.structs.replace(action, at=action.at + 7000.0) for action in stayed] == moved


@pytest.mark.parametrize(
    "text, gap, seconds", [("", None, 0), ("x" * 67, None, 20), ("x" * 67, 7, 7), ("x" * 67, 0, 0)]
)
def test_typing_time(text: str, gap: float | None, seconds: float) -> None:
    assert typing_time(text, gap) == pytest.approx(seconds)


def test_only_messages_are_not_derived() -> None:
    assert {type(action) for action in acted(chat(("a", 0, "hi"), ("b", 9, "hi"))) if not action.derived} == {Send}


def test_between_one_and_two_percent_is_edited_or_removed(corpus: Corpus) -> None:
    people = make_up_people(corpus.people)
    sent = touched = 0
    for what in corpus.chats[:1000]:
        span = span_of(what, 0.0, 4e9)
        assert span is not None
        messages: dict[int, str] = {}
        for action in act_out(span, people, seed=0):
            if isinstance(action, Send):
                messages[action.index] = action.identity
            elif isinstance(action, Edit | Remove):
                touched += 1
                assert messages.pop(action.index) == action.identity, "an own message, after it was sent, once"
        sent += len(span.chat.lines)
    assert 0.01 < touched / sent < 0.02


def test_a_message_meets_its_fate_in_every_window(corpus: Corpus) -> None:
    people = make_up_people(corpus.people)
    what = max(corpus.chats, key=lambda chat: len(chat.lines))
    middle = what.lines[len(what.lines) // 2].at

    def edits(start: float) -> dict[float, str]:
        span = span_of(what, start, 4e9)
        assert span is not None
        return {action.at: action.body for action in act_out(span, people, seed=0) if isinstance(action, Edit)}

    later = edits(middle)
    assert later
    assert later.items() <= edits(0.0).items()
