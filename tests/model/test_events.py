"""Events: what they are about, and the short ways to what they carry."""

from __future__ import annotations

from typing import Any, get_args, get_origin

import pytest

from rxconvo.errors import DetachedError
from rxconvo.model import (
    ConversationAdded,
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationState,
    ConversationUpdated,
    Discontinuity,
    Home,
    Message,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    MessageUpdated,
    Participant,
    ParticipantEvent,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Topic,
    TypingEnded,
    TypingEvent,
    TypingStarted,
    User,
    UserEvent,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)

HOME: Home[Any] = Home("CH1")
MESSAGE = Message("IM1", 5, home=HOME)
PARTICIPANT = Participant("MB1", "bob", home=HOME)
STATE = ConversationState("CH1")
USER = User("bob")

OF_A_CONVERSATION: list[tuple[Any, Topic]] = [
    (MessageAdded(MESSAGE), Topic.MESSAGES),
    (MessageUpdated(None, MESSAGE), Topic.MESSAGES),
    (MessageRemoved(None, 5, HOME), Topic.MESSAGES),
    (Discontinuity(Topic.MESSAGES, "CH1", "why"), Topic.MESSAGES),
    (Discontinuity(Topic.PARTICIPANTS, "CH1", "why"), Topic.PARTICIPANTS),
    (ParticipantJoined(PARTICIPANT), Topic.PARTICIPANTS),
    (ParticipantUpdated(None, PARTICIPANT), Topic.PARTICIPANTS),
    (ParticipantLeft(PARTICIPANT), Topic.PARTICIPANTS),
    (TypingStarted(PARTICIPANT), Topic.TYPING),
    (TypingEnded(PARTICIPANT, "message"), Topic.TYPING),
    (ConversationUpdated(STATE, STATE, ("state",), HOME), Topic.UPDATED),
    (ConversationAdded(STATE, HOME), Topic.CONVERSATIONS),
    (ConversationJoined(STATE, HOME), Topic.CONVERSATIONS),
    (ConversationLeft(STATE, HOME), Topic.CONVERSATIONS),
    (ConversationRemoved(STATE, HOME), Topic.REMOVED),
]
OF_A_USER: list[Any] = [UserUpdated(USER, USER, ("attributes",)), UserSubscribed(USER), UserUnsubscribed(USER)]


@pytest.mark.parametrize("event,topic", OF_A_CONVERSATION)
def test_each_says_what_it_is_about_and_where(event: Any, topic: Topic) -> None:
    assert event.topic is topic
    assert event.conversation_sid == "CH1"


@pytest.mark.parametrize("event", OF_A_USER)
def test_those_of_users_are_about_users_and_of_no_conversation(event: Any) -> None:
    assert event.topic is Topic.USERS
    assert event.user is USER
    assert not hasattr(event, "conversation_sid")


def test_updates_lead_to_what_it_is_now() -> None:
    old = Message("IM1", 5, body="old", home=HOME)
    assert MessageUpdated(old, MESSAGE, ("body",)).message is MESSAGE
    assert ParticipantUpdated(None, PARTICIPANT).participant is PARTICIPANT
    assert UserUpdated(User("bob", "Bob"), USER, ("friendlyName",)).user is USER


def test_an_update_of_what_was_not_held_has_no_reasons() -> None:
    assert MessageUpdated(None, MESSAGE).reasons == ()
    assert ParticipantUpdated(None, PARTICIPANT).reasons == ()


def test_typing_tells_who() -> None:
    assert TypingStarted(PARTICIPANT).identity == TypingEnded(PARTICIPANT, "expired").identity == "bob"
    assert TypingStarted(Participant("MB2", type="sms")).identity is None


@pytest.mark.parametrize("event", [event for event, _ in OF_A_CONVERSATION if hasattr(type(event), "conversation")])
def test_events_of_conversations_lead_to_the_handle_or_say_that_it_is_gone(
    event: Any, home: Home[Any], actor: object
) -> None:
    kind = type(event)
    fields = {name: getattr(event, name) for name in kind.__struct_fields__}
    assert kind(**{**fields, "home": home}).conversation is actor
    with pytest.raises(DetachedError, match="CH1"):
        _ = event.conversation


@pytest.mark.parametrize(
    "union,topics",
    [
        (MessageEvent, {Topic.MESSAGES}),
        (ParticipantEvent, {Topic.PARTICIPANTS}),
        (TypingEvent, {Topic.TYPING}),
        (ConversationEvent, {Topic.CONVERSATIONS, Topic.UPDATED, Topic.REMOVED}),
        (UserEvent, {Topic.USERS}),
    ],
)
def test_the_events_of_a_stream_are_those_of_its_topics(union: object, topics: set[Topic]) -> None:
    kinds = {get_origin(kind) or kind for kind in get_args(union)}
    events = [*(event for event, _ in OF_A_CONVERSATION), *OF_A_USER]
    assert {type(event) for event in events if event.topic in topics} == kinds
