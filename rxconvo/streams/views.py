"""The streams of events, each with its views.

A view emits what the event is about (a `Message`, a `Participant`, a conversation's handle), or the event itself where
that would lose something: what was before, why, or which message that was not even held.
"""

from __future__ import annotations

from typing import TypeVar

from rxconvo.model.conversation import ConversationActions
from rxconvo.model.events import (
    ConversationAdded,
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    MessageUpdated,
    ParticipantEvent,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    TypingEnded,
    TypingEvent,
    TypingStarted,
    UserEvent,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)
from rxconvo.model.message import Message
from rxconvo.model.participant import Participant
from rxconvo.model.user import User
from rxconvo.streams.hot import HotStream

__all__ = ["ConversationStream", "MessageStream", "ParticipantStream", "TypingStream", "UserStream"]

E = TypeVar("E")


def _event(event: E) -> E:
    return event


def _message(event: MessageAdded) -> Message:
    return event.message


def _participant(event: ParticipantJoined | ParticipantLeft | TypingStarted) -> Participant:
    return event.participant


def _conversation(event: ConversationAdded | ConversationJoined | ConversationLeft) -> ConversationActions:
    return event.conversation


def _user(event: UserSubscribed | UserUnsubscribed) -> User:
    return event.user


class MessageStream(HotStream[MessageEvent]):
    """What happens to messages."""

    __slots__ = ()

    @property
    def added(self) -> HotStream[Message]:
        """Each message that is sent."""
        return self._view(MessageAdded, _message)

    @property
    def updated(self) -> HotStream[MessageUpdated]:
        """Each change of a message."""
        return self._view(MessageUpdated, _event)

    @property
    def removed(self) -> HotStream[MessageRemoved]:
        """Each removal of a message."""
        return self._view(MessageRemoved, _event)


class ParticipantStream(HotStream[ParticipantEvent]):
    """Who comes, changes and goes."""

    __slots__ = ()

    @property
    def joined(self) -> HotStream[Participant]:
        """Each participant who comes."""
        return self._view(ParticipantJoined, _participant)

    @property
    def updated(self) -> HotStream[ParticipantUpdated]:
        """Each change of a participant."""
        return self._view(ParticipantUpdated, _event)

    @property
    def left(self) -> HotStream[Participant]:
        """Each participant who goes."""
        return self._view(ParticipantLeft, _participant)


class TypingStream(HotStream[TypingEvent]):
    """Who is typing."""

    __slots__ = ()

    @property
    def started(self) -> HotStream[Participant]:
        """Each participant who starts typing."""
        return self._view(TypingStarted, _participant)

    @property
    def ended(self) -> HotStream[TypingEnded]:
        """Each end of typing, with its reason."""
        return self._view(TypingEnded, _event)


class ConversationStream(HotStream[ConversationEvent]):
    """Which conversations there are."""

    __slots__ = ()

    @property
    def added(self) -> HotStream[ConversationActions]:
        """Each conversation that becomes known."""
        return self._view(ConversationAdded, _conversation)

    @property
    def joined(self) -> HotStream[ConversationActions]:
        """Each conversation that the own user becomes a participant of."""
        return self._view(ConversationJoined, _conversation)

    @property
    def left(self) -> HotStream[ConversationLeft]:
        """Each conversation that the own user is a participant of no more."""
        return self._view(ConversationLeft, _event)

    @property
    def removed(self) -> HotStream[ConversationRemoved]:
        """Each conversation that is gone."""
        return self._view(ConversationRemoved, _event)

    @property
    def updated(self) -> HotStream[ConversationUpdated]:
        """Each change of a conversation."""
        return self._view(ConversationUpdated, _event)


class UserStream(HotStream[UserEvent]):
    """What happens to the users who are followed."""

    __slots__ = ()

    @property
    def subscribed(self) -> HotStream[User]:
        """Each user who is followed from now on."""
        return self._view(UserSubscribed, _user)

    @property
    def unsubscribed(self) -> HotStream[User]:
        """Each user who is followed no more."""
        return self._view(UserUnsubscribed, _user)

    @property
    def updated(self) -> HotStream[UserUpdated]:
        """Each change of a user."""
        return self._view(UserUpdated, _event)
