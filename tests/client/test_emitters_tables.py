"""The tables of events: all that the SDK has, under its names, and from streams that there are."""

from __future__ import annotations

import pytest

import rxconvo
from rxconvo.client.emitters_tables import CLIENT, CONVERSATION, MESSAGE, PARTICIPANT, USER, Table, key_of
from rxconvo.model import Home

OF_CONVERSATIONS = [
    *("participantJoined", "participantLeft", "participantUpdated"),
    *("messageAdded", "messageRemoved", "messageUpdated"),
    *("typingStarted", "typingEnded"),
]

TABLES: list[tuple[type, Table, list[str]]] = [
    (
        rxconvo.Client,
        CLIENT,
        [
            *("stateChanged", "initialized", "initFailed", "connectionStateChanged", "connectionError"),
            *("tokenAboutToExpire", "tokenExpired"),
            *("conversationAdded", "conversationJoined", "conversationLeft", "conversationRemoved"),
            "conversationUpdated",
            *OF_CONVERSATIONS,
            *("userSubscribed", "userUnsubscribed", "userUpdated"),
            "pushNotification",
        ],
    ),
    (rxconvo.Conversation, CONVERSATION, [*OF_CONVERSATIONS, "updated", "removed"]),
    (rxconvo.Message, MESSAGE, ["updated"]),
    (rxconvo.Participant, PARTICIPANT, ["typingStarted", "typingEnded", "updated"]),
    (rxconvo.User, USER, ["updated", "userSubscribed", "userUnsubscribed"]),
]
"""The classes, and the events that the SDK's of the same name have."""


def constant(event: str) -> str:
    """Name the constant of an event: `MESSAGE_ADDED` for `messageAdded`."""
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in event)


@pytest.mark.parametrize("kind,table,events", TABLES, ids=lambda value: getattr(value, "__name__", ""))
def test_all_events_of_the_sdk_are_there(kind: type, table: Table, events: list[str]) -> None:
    assert sorted(table.rules, key=str) == sorted(events)
    assert [getattr(kind, constant(event)) for event in events] == events


def test_a_stream_brings_each_event_that_names_it() -> None:
    assert PARTICIPANT.brought_by("typing") == ["typingStarted", "typingEnded"]
    assert PARTICIPANT.brought_by("participants") == ["updated"]
    assert PARTICIPANT.brought_by("messages") == []


def test_events_say_whom_they_are_about() -> None:
    message, bob, user = rxconvo.Message("IM1", 0), rxconvo.Participant("MB1", "bob"), rxconvo.User("bob")
    about = {
        rxconvo.MessageUpdated(None, message): "IM1",
        rxconvo.MessageRemoved(message, 0, Home()): "IM1",
        rxconvo.MessageRemoved(None, 0, Home()): None,
        rxconvo.MessageAdded(message): None,  # it has no listeners yet
        rxconvo.ParticipantUpdated(None, bob): "MB1",
        rxconvo.ParticipantLeft(bob): "MB1",
        rxconvo.TypingStarted(bob): "MB1",
        rxconvo.TypingEnded(bob, "left"): "MB1",
        rxconvo.UserUpdated(user, user, ()): "bob",
        rxconvo.UserSubscribed(user): "bob",
        rxconvo.UserUnsubscribed(user): "bob",
        rxconvo.Discontinuity(rxconvo.Topic.MESSAGES, "CH1", "why"): None,
    }
    assert {event: key_of(event) for event in about} == about
