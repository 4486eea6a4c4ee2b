"""Events: what became of a change, for observers. Frozen, with the values before and after.

Every event has a `topic`, which says what streams carry it, and a `conversation_sid` where it belongs to one.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar, TypeAlias

from msgspec import Struct

from rxconvo.model.conversation import ConversationActions, ConversationState
from rxconvo.model.home import Home
from rxconvo.model.message import Message, MessageActions
from rxconvo.model.participant import Participant
from rxconvo.model.user import User
from rxconvo.types import Identity, Sid

__all__ = [
    "ConversationAdded",
    "ConversationEvent",
    "ConversationJoined",
    "ConversationLeft",
    "ConversationRemoved",
    "ConversationUpdated",
    "Discontinuity",
    "Event",
    "MessageAdded",
    "MessageEvent",
    "MessageRemoved",
    "MessageUpdated",
    "ParticipantEvent",
    "ParticipantJoined",
    "ParticipantLeft",
    "ParticipantUpdated",
    "Topic",
    "TypingEnded",
    "TypingEvent",
    "TypingStarted",
    "UserEvent",
    "UserSubscribed",
    "UserUnsubscribed",
    "UserUpdated",
]


class Topic(Enum):
    """What an event is about: the stream of a conversation or client that carries it."""

    MESSAGES = "messages"
    PARTICIPANTS = "participants"
    TYPING = "typing"
    UPDATED = "updated"
    REMOVED = "removed"
    CONVERSATIONS = "conversations"
    USERS = "users"


class MessageAdded(Struct, frozen=True, gc=False):
    """A message was sent.

    Attributes:
        message: The message.
    """

    topic: ClassVar[Topic] = Topic.MESSAGES

    message: Message

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.message.home.sid


class MessageUpdated(Struct, frozen=True, gc=False):
    """A message was changed.

    Attributes:
        before: The message before; None where it was not held.
        after: The message now.
        reasons: What differs: `body`, `subject`, `lastUpdatedBy`, `author`, `dateUpdated`, `dateCreated`,
            `attributes`, `deliveryReceipt`, `media`, in this order; empty where it was not held.

    Source: Conversations, update reasons (message).
    """

    topic: ClassVar[Topic] = Topic.MESSAGES

    before: Message | None
    after: Message
    reasons: tuple[str, ...] = ()

    @property
    def message(self) -> Message:
        """The message now."""
        return self.after

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.after.home.sid


class MessageRemoved(Struct, frozen=True, gc=False):
    """A message was removed.

    Attributes:
        message: The message as it was known last; None where it was not held.
        index: Its index.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.MESSAGES

    message: Message | None
    index: int
    home: Home[MessageActions]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.home.sid


class ParticipantJoined(Struct, frozen=True, gc=False):
    """Somebody became a participant.

    Attributes:
        participant: The participant.
    """

    topic: ClassVar[Topic] = Topic.PARTICIPANTS

    participant: Participant

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.participant.home.sid


class ParticipantUpdated(Struct, frozen=True, gc=False):
    """A participant was changed.

    Attributes:
        before: The participant before; None where it was not held.
        after: The participant now.
        reasons: What differs: `attributes`, `dateUpdated`, `dateCreated`, `roleSid`, `lastReadMessageIndex`,
            `lastReadTimestamp`, `bindings`, in this order; empty where it was not held.

    Source: Conversations, update reasons (participant).
    """

    topic: ClassVar[Topic] = Topic.PARTICIPANTS

    before: Participant | None
    after: Participant
    reasons: tuple[str, ...] = ()

    @property
    def participant(self) -> Participant:
        """The participant now."""
        return self.after

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.after.home.sid


class ParticipantLeft(Struct, frozen=True, gc=False):
    """Somebody is a participant no more.

    Attributes:
        participant: The participant as it was known last.
    """

    topic: ClassVar[Topic] = Topic.PARTICIPANTS

    participant: Participant

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.participant.home.sid


class TypingStarted(Struct, frozen=True, gc=False):
    """A participant is typing; said again whenever that is confirmed.

    Attributes:
        participant: The participant.
    """

    topic: ClassVar[Topic] = Topic.TYPING

    participant: Participant

    @property
    def identity(self) -> Identity | None:
        """Who is typing."""
        return self.participant.identity

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.participant.home.sid


class TypingEnded(Struct, frozen=True, gc=False):
    """A participant is typing no more.

    Attributes:
        participant: The participant.
        reason: `expired`, `message` (it has sent one), `left` or `disconnected`.
    """

    topic: ClassVar[Topic] = Topic.TYPING

    participant: Participant
    reason: str

    @property
    def identity(self) -> Identity | None:
        """Who was typing."""
        return self.participant.identity

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.participant.home.sid


class ConversationUpdated(Struct, frozen=True, gc=False):
    """Properties of a conversation changed. The conversation's `updated` carries it as well.

    Attributes:
        before: The properties before.
        after: The properties now.
        reasons: What differs: `attributes`, `bindings`, `state`, `lastMessage`, `lastReadMessageIndex`,
            `friendlyName`, `uniqueName`, `createdBy`, `notificationLevel`, `dateCreated`, `dateUpdated`, in the order
            in which the service named them.
        home: Weak link to the conversation.

    Source: Conversations, update reasons (conversation).
    """

    topic: ClassVar[Topic] = Topic.UPDATED

    before: ConversationState
    after: ConversationState
    reasons: tuple[str, ...]
    home: Home[ConversationActions]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.home.sid

    @property
    def conversation(self) -> ConversationActions:
        """The conversation's handle.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get()


class _OfConversation(Struct, frozen=True, gc=False):
    """What the events of a conversation's coming and going have in common."""

    state: ConversationState
    home: Home[ConversationActions]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.home.sid

    @property
    def conversation(self) -> ConversationActions:
        """The conversation's handle.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get()


class ConversationAdded(_OfConversation, frozen=True, gc=False):
    """A conversation became known.

    Attributes:
        state: Its properties.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.CONVERSATIONS


class ConversationJoined(_OfConversation, frozen=True, gc=False):
    """The own user became a participant of a conversation.

    Attributes:
        state: Its properties.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.CONVERSATIONS


class ConversationLeft(_OfConversation, frozen=True, gc=False):
    """The own user is a participant of a conversation no more.

    Attributes:
        state: Its properties as they were known last; its status is `notParticipating`.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.CONVERSATIONS


class ConversationRemoved(_OfConversation, frozen=True, gc=False):
    """A conversation is gone, or gone for the own user. The conversation's `removed` carries it as well.

    Attributes:
        state: Its properties as they were known last.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.REMOVED


class UserUpdated(Struct, frozen=True, gc=False):
    """A user was changed.

    Attributes:
        before: The user before.
        after: The user now.
        reasons: What differs: `friendlyName`, `attributes`, `reachabilityOnline`, `reachabilityNotifiable`.

    Source: Conversations, update reasons (user).
    """

    topic: ClassVar[Topic] = Topic.USERS

    before: User
    after: User
    reasons: tuple[str, ...]

    @property
    def user(self) -> User:
        """The user now."""
        return self.after


class UserSubscribed(Struct, frozen=True, gc=False):
    """The changes of a user are followed from now on.

    Attributes:
        user: The user.
    """

    topic: ClassVar[Topic] = Topic.USERS

    user: User


class UserUnsubscribed(Struct, frozen=True, gc=False):
    """The changes of a user are followed no more.

    Attributes:
        user: The user as it was known last.
    """

    topic: ClassVar[Topic] = Topic.USERS

    user: User


class Discontinuity(Struct, frozen=True, gc=False):
    """Changes may have been missed, and which ones cannot be known. What is held was forgotten or is read anew.

    Attributes:
        topic: What it is about, `MESSAGES` or `PARTICIPANTS`.
        conversation_sid: The conversation.
        reason: Why, in words.
    """

    topic: Topic
    conversation_sid: Sid | None
    reason: str


MessageEvent: TypeAlias = "MessageAdded | MessageUpdated | MessageRemoved | Discontinuity"
"""What the stream `messages` carries."""

ParticipantEvent: TypeAlias = "ParticipantJoined | ParticipantUpdated | ParticipantLeft | Discontinuity"
"""What the stream `participants` carries."""

TypingEvent: TypeAlias = "TypingStarted | TypingEnded"
"""What the stream `typing` carries."""

ConversationEvent: TypeAlias = (
    "ConversationAdded | ConversationJoined | ConversationLeft | ConversationRemoved | ConversationUpdated"
)
"""What the stream `conversations` carries."""

UserEvent: TypeAlias = "UserUpdated | UserSubscribed | UserUnsubscribed"
"""What the stream `users` carries."""

Event: TypeAlias = "MessageEvent | ParticipantEvent | TypingEvent | ConversationEvent | UserEvent"
"""Everything that the model can say."""
