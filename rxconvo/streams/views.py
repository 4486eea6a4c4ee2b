"""The streams of events, each with its views.

A view emits what the event is about (a `Message`, a `Participant`, a conversation's handle), or the event itself where
that would lose something: what was before, why, or which message that was not even held.
"""

from __future__ import annotations

from typing import Generic, TypeVar

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
from rxconvo.model.home import C_co
from rxconvo.model.message import Message
from rxconvo.model.participant import Participant
from rxconvo.model.user import User
from rxconvo.streams.hot import HotStream

__all__ = ["ConversationStream", "MessageStream", "ParticipantStream", "TypingStream", "UserStream"]

E = TypeVar("E")


def _event(event: E) -> E:
    return event


def _message(event: MessageAdded[C_co]) -> Message[C_co]:
    return event.message


def _participant(event: ParticipantJoined[C_co] | ParticipantLeft[C_co] | TypingStarted[C_co]) -> Participant[C_co]:
    return event.participant


def _conversation(event: ConversationAdded[C_co] | ConversationJoined[C_co]) -> C_co:
    return event.conversation


def _user(event: UserSubscribed | UserUnsubscribed) -> User:
    return event.user


class MessageStream(HotStream[MessageEvent[C_co]], Generic[C_co]):
    """What happens to messages."""

    __slots__ = ()

    @property
    def added(self) -> HotStream[Message[C_co]]:
        """Each message that is sent."""
        return self._view("added", MessageAdded, _message)

    @property
    def updated(self) -> HotStream[MessageUpdated[C_co]]:
        """Each change of a message."""
        return self._view("updated", MessageUpdated, _event)

    @property
    def removed(self) -> HotStream[MessageRemoved[C_co]]:
        """Each removal of a message."""
        return self._view("removed", MessageRemoved, _event)


class ParticipantStream(HotStream[ParticipantEvent[C_co]], Generic[C_co]):
    """Who comes, changes and goes."""

    __slots__ = ()

    @property
    def joined(self) -> HotStream[Participant[C_co]]:
        """Each participant who comes."""
        return self._view("joined", ParticipantJoined, _participant)

    @property
    def updated(self) -> HotStream[ParticipantUpdated[C_co]]:
        """Each change of a participant."""
        return self._view("updated", ParticipantUpdated, _event)

    @property
    def left(self) -> HotStream[Participant[C_co]]:
        """Each participant who goes."""
        return self._view("left", ParticipantLeft, _participant)


class TypingStream(HotStream[TypingEvent[C_co]], Generic[C_co]):
    """Who is typing."""

    __slots__ = ()

    @property
    def started(self) -> HotStream[Participant[C_co]]:
        """Each participant who starts typing."""
        return self._view("started", TypingStarted, _participant)

    @property
    def ended(self) -> HotStream[TypingEnded[C_co]]:
        """Each end of typing, with its reason."""
        return self._view("ended", TypingEnded, _event)


class ConversationStream(HotStream[ConversationEvent[C_co]], Generic[C_co]):
    """Which conversations there are."""

    __slots__ = ()

    @property
    def added(self) -> HotStream[C_co]:
        """Each conversation that becomes known."""
        return self._view("added", ConversationAdded, _conversation)

    @property
    def joined(self) -> HotStream[C_co]:
        """Each conversation that the own user becomes a participant of."""
        return self._view("joined", ConversationJoined, _conversation)

    @property
    def left(self) -> HotStream[ConversationLeft[C_co]]:
        """Each conversation that the own user is a participant of no more."""
        return self._view("left", ConversationLeft, _event)

    @property
    def removed(self) -> HotStream[ConversationRemoved[C_co]]:
        """Each conversation that is gone."""
        return self._view("removed", ConversationRemoved, _event)

    @property
    def updated(self) -> HotStream[ConversationUpdated[C_co]]:
        """Each change of a conversation."""
        return self._view("updated", ConversationUpdated, _event)


class UserStream(HotStream[UserEvent]):
    """What happens to the users who are followed."""

    __slots__ = ()

    @property
    def subscribed(self) -> HotStream[User]:
        """Each user who is followed from now on."""
        return self._view("subscribed", UserSubscribed, _user)

    @property
    def unsubscribed(self) -> HotStream[User]:
        """Each user who is followed no more."""
        return self._view("unsubscribed", UserUnsubscribed, _user)

    @property
    def updated(self) -> HotStream[UserUpdated]:
        """Each change of a user."""
        return self._view("updated", UserUpdated, _event)
