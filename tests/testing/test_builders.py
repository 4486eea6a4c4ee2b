"""Builders fill in what does not matter, for every entity and every event."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_args

import pytest

import rxconvo
from rxconvo.model import Event
from rxconvo.testing import builders

VALUES = {"message", "participant", "user", "conversation_state"}
OTHERS = {"sid", "date", "CONVERSATION"}
EVENTS = sorted({*builders.__all__} - VALUES - OTHERS)


def test_there_is_one_for_every_event() -> None:
    built = {type(getattr(builders, name)()).__name__ for name in EVENTS}
    assert built == {getattr(kind, "__origin__", kind).__name__ for kind in get_args(Event)}


@pytest.mark.parametrize("name", [*EVENTS, *sorted(VALUES)])
def test_the_same_arguments_make_equal_values(name: str) -> None:
    build = getattr(builders, name)
    assert build() == build()
    assert inspect.getdoc(build)


@pytest.mark.parametrize("name", ["message", "participant", "user", "conversation_state"])
def test_attributes_are_given_as_they_are(name: str) -> None:
    assert getattr(builders, name)(attributes={"n": [1]}).attributes == {"n": [1]}


def test_what_is_said_is_what_it_is() -> None:
    message = builders.message(3, author="bob", body=None, conversation="CH1")
    assert (message.index, message.author, message.body, message.conversation_sid) == (3, "bob", None, "CH1")
    assert message.participant_sid == builders.participant("bob").sid
    assert builders.message(1, sid="IM1").sid == "IM1"
    assert builders.user("ada", friendly_name="Ada").friendly_name == "Ada"


def test_others_are_others() -> None:
    assert builders.message(1) != builders.message(2)
    assert builders.message(1).sid != builders.message(2).sid
    assert len(builders.sid("CH", "x" * 99)) == len(builders.CONVERSATION) == 34


def test_long_names_are_told_apart() -> None:
    one, other = (builders.participant(f"alice.anderson@{place}.example") for place in ("north", "south"))
    assert one.sid != other.sid
    assert len(one.sid) == 34


@pytest.mark.parametrize(
    "build",
    [
        lambda: builders.user(3),  # type: ignore[arg-type]
        lambda: builders.message(-1),
        lambda: builders.message("1"),  # type: ignore[arg-type]
        lambda: builders.message(author=""),
        lambda: builders.message_added(conversation=""),
        lambda: builders.participant(5),  # type: ignore[arg-type]
        lambda: builders.conversation_state(""),
        lambda: builders.typing_ended(reason="bored"),
        lambda: builders.discontinuity("messages"),  # type: ignore[arg-type]
        lambda: builders.sid("X"),
        lambda: builders.sid("ch"),
        lambda: builders.sid(5),  # type: ignore[arg-type]
    ],
)
def test_what_makes_no_sense_is_refused(build: Callable[[], object]) -> None:
    with pytest.raises(rxconvo.ArgumentError):
        build()


def test_what_was_built_has_no_client() -> None:
    with pytest.raises(rxconvo.DetachedError, match="was made by itself and has no client"):
        _ = builders.message().conversation
    with pytest.raises(rxconvo.DetachedError, match="this user was made by itself"):
        builders.user().update_friendly_name("x")


def test_changes_have_a_before_and_an_after() -> None:
    updated = builders.message_updated(3, author="bob", body="new")
    assert updated.before == builders.message(3, author="bob")
    assert (updated.after.body, updated.reasons) == ("new", ("body",))
    assert builders.participant_updated("bob", attributes=1).before == builders.participant("bob")
    assert builders.user_updated("bob", friendly_name="Bob").before == builders.user("bob")
    assert builders.conversation_updated(friendly_name="x").before == builders.conversation_state()
    assert builders.conversation_left().state.status == "notParticipating"


def test_events_name_their_conversation() -> None:
    events: list[Any] = [getattr(builders, name)() for name in EVENTS if not name.startswith("user")]
    assert {event.conversation_sid for event in events} == {builders.CONVERSATION}


def test_what_is_built_is_of_no_client() -> None:
    with pytest.raises(rxconvo.DetachedError):
        builders.message().remove()
    with pytest.raises(rxconvo.DetachedError):
        _ = builders.participant().is_typing
