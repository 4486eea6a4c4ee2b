"""What an event says of the list of all messages, participants, conversations or users. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeAlias

from rxconvo.errors import ArgumentError, DetachedError
from rxconvo.model import (
    CaughtUp,
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    Discontinuity,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Reset,
    User,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)

__all__ = ["Drop", "Put", "key_of", "own_key_of", "place_of", "reading"]


class Put(NamedTuple):
    """Something is there.

    Attributes:
        key: What it is known by.
        item: What it is now.
        new: Whether it has come; else it has changed.
        handle: Whether it is a handle, which has changed although it is the same.
    """

    key: Hashable
    item: Any
    new: bool
    handle: bool = False


class Drop(NamedTuple):
    """Something is gone.

    Attributes:
        key: What it was known by.
    """

    key: Hashable


_Reading: TypeAlias = Put | Drop | Reset[Any] | Discontinuity | CaughtUp

_READINGS: dict[type, Callable[[Any], _Reading]] = {
    MessageAdded: lambda event: Put(own_key_of(event.message), event.message, new=True),
    MessageUpdated: lambda event: Put(own_key_of(event.after), event.after, new=False),
    MessageRemoved: lambda event: Drop(_gone(event)),
    ParticipantJoined: lambda event: Put(event.participant.sid, event.participant, new=True),
    ParticipantUpdated: lambda event: Put(event.after.sid, event.after, new=False),
    ParticipantLeft: lambda event: Drop(event.participant.sid),
    ConversationAdded: lambda event: _put_handle(event, new=True),
    ConversationJoined: lambda event: _put_handle(event, new=True),
    ConversationUpdated: lambda event: _put_handle(event, new=False),
    ConversationLeft: lambda event: Drop(event.conversation_sid),
    ConversationRemoved: lambda event: Drop(event.conversation_sid),
    UserSubscribed: lambda event: Put(event.user.identity, event.user, new=True),
    UserUpdated: lambda event: Put(event.after.identity, event.after, new=False),
    UserUnsubscribed: lambda event: Drop(event.user.identity),
    Reset: lambda event: event,
    Discontinuity: lambda event: event,
    CaughtUp: lambda event: event,
}


_VIEWS: dict[type, str] = {
    Message: " (`messages`, not `messages.added`)",
    Participant: " (`participants`, not `participants.joined`)",
    User: " (`users`, not `users.subscribed`)",
}
"""What a stream of such values is a view of: it tells of no other changes."""


def reading(event: object) -> _Reading:
    """Return what an event says.

    Raises:
        ArgumentError: It is of another kind.
    """
    read = _READINGS.get(type(event))
    if read is None:
        hint = _VIEWS.get(type(event), "")
        raise ArgumentError("source", f"a stream of messages, participants, conversations or users{hint}", event)
    return read(event)


def own_key_of(item: Any) -> Hashable:
    """Return what events know a message, participant, conversation or user by, among those of all conversations."""
    return (item.home.sid, item.index) if isinstance(item, Message) else key_of(item)


def _put_handle(event: Any, *, new: bool) -> Put | Drop:
    sid: Hashable = event.conversation_sid
    try:
        return Put(sid, event.conversation, new, handle=True)
    except DetachedError:  # it is gone already; the event that says so is under way
        return Drop(sid)


def _gone(event: MessageRemoved[Any]) -> Hashable:
    return (event.home.sid, event.index) if event.message is None else own_key_of(event.message)


def key_of(item: Any) -> Hashable:
    """Return what a message, participant, conversation or user is known by, among those of one conversation."""
    match item:
        case Message():
            return item.index
        case User():
            return item.identity
        case _:
            sid: str = item.sid
            return sid


def place_of(item: object) -> int:
    """Return what a list is sorted by where nothing else is said: of messages the index, else all are alike."""
    return item.index if isinstance(item, Message) else 0
