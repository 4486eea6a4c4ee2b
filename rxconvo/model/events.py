"""Events: what became of a change, for observers. Frozen, with the values before and after.

Every event has a `topic`, which says what streams carry it, and a `conversation_sid` where it belongs to one.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar, Generic, TypeAlias

from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.model.conversation import ConversationState
from rxconvo.model.home import C_co, Home
from rxconvo.model.message import Message
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


class MessageAdded(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """A message was sent.

    Attributes:
        message: The message.
    """

    topic: ClassVar[Topic] = Topic.MESSAGES

    message: Message[C_co]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.message.home.sid


class MessageUpdated(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """A message was changed.

    Attributes:
        before: The message before; None where it was not held.
        after: The message now.
        reasons: What differs: `body`, `subject`, `lastUpdatedBy`, `author`, `dateUpdated`, `dateCreated`,
            `attributes`, `deliveryReceipt`, `media`, in this order; empty where it was not held.

    Source: Conversations, update reasons (message).
    """

    topic: ClassVar[Topic] = Topic.MESSAGES

    before: Message[C_co] | None
    after: Message[C_co]
    reasons: tuple[str, ...] = ()

    @property
    def message(self) -> Message[C_co]:
        """The message now."""
        return self.after

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.after.home.sid


class MessageRemoved(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """A message was removed.

    Attributes:
        message: The message as it was known last; None where it was not held.
        index: Its index.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.MESSAGES

    message: Message[C_co] | None
    index: int
    home: Home[C_co]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.home.sid


class ParticipantJoined(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """Somebody became a participant.

    Attributes:
        participant: The participant.
    """

    topic: ClassVar[Topic] = Topic.PARTICIPANTS

    participant: Participant[C_co]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.participant.home.sid


class ParticipantUpdated(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """A participant was changed.

    Attributes:
        before: The participant before; None where it was not held.
        after: The participant now.
        reasons: What differs: `attributes`, `dateUpdated`, `dateCreated`, `roleSid`, `lastReadMessageIndex`,
            `lastReadTimestamp`, `bindings`, in this order; empty where it was not held.

    Source: Conversations, update reasons (participant).
    """

    topic: ClassVar[Topic] = Topic.PARTICIPANTS

    before: Participant[C_co] | None
    after: Participant[C_co]
    reasons: tuple[str, ...] = ()

    @property
    def participant(self) -> Participant[C_co]:
        """The participant now."""
        return self.after

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.after.home.sid


class ParticipantLeft(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """Somebody is a participant no more.

    Attributes:
        participant: The participant as it was known last.
    """

    topic: ClassVar[Topic] = Topic.PARTICIPANTS

    participant: Participant[C_co]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.participant.home.sid


class TypingStarted(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """A participant is typing; said again whenever that is confirmed.

    Attributes:
        participant: The participant.
    """

    topic: ClassVar[Topic] = Topic.TYPING

    participant: Participant[C_co]

    @property
    def identity(self) -> Identity | None:
        """Who is typing."""
        return self.participant.identity

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.participant.home.sid


class TypingEnded(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """A participant is typing no more.

    Attributes:
        participant: The participant.
        reason: `expired`, `message` (it has sent one), `left` or `disconnected`.
    """

    topic: ClassVar[Topic] = Topic.TYPING

    participant: Participant[C_co]
    reason: str

    @property
    def identity(self) -> Identity | None:
        """Who was typing."""
        return self.participant.identity

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.participant.home.sid


class ConversationUpdated(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
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
    home: Home[C_co]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.home.sid

    @property
    def conversation(self) -> C_co:
        """The conversation's handle.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get()


class _OfConversation(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """What the events of a conversation's coming and going have in common."""

    state: ConversationState
    home: Home[C_co]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.home.sid

    @property
    def conversation(self) -> C_co:
        """The conversation's handle.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get()


class ConversationAdded(_OfConversation[C_co], frozen=True, gc=False):
    """A conversation became known.

    Attributes:
        state: Its properties.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.CONVERSATIONS


class ConversationJoined(_OfConversation[C_co], frozen=True, gc=False):
    """The own user became a participant of a conversation.

    Attributes:
        state: Its properties.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.CONVERSATIONS


class ConversationLeft(_OfConversation[C_co], frozen=True, gc=False):
    """The own user is a participant of a conversation no more.

    Attributes:
        state: Its properties as they were known last; its status is `notParticipating`.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.CONVERSATIONS


class ConversationRemoved(_OfConversation[C_co], frozen=True, gc=False):
    """A conversation is gone, or gone for the own user. The conversation's `removed` carries it as well.

    Attributes:
        state: Its properties as they were known last.
        home: Weak link to the conversation.
    """

    topic: ClassVar[Topic] = Topic.REMOVED


class UserUpdated(Struct, Displayed, frozen=True, gc=False):
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


class UserSubscribed(Struct, Displayed, frozen=True, gc=False):
    """The changes of a user are followed from now on.

    Attributes:
        user: The user.
    """

    topic: ClassVar[Topic] = Topic.USERS

    user: User


class UserUnsubscribed(Struct, Displayed, frozen=True, gc=False):
    """The changes of a user are followed no more.

    Attributes:
        user: The user as it was known last.
    """

    topic: ClassVar[Topic] = Topic.USERS

    user: User


class Discontinuity(Struct, Displayed, frozen=True, gc=False):
    """Changes may have been missed, and which ones cannot be known. What is held was forgotten or is read anew.

    Attributes:
        topic: What it is about, `MESSAGES` or `PARTICIPANTS`.
        conversation_sid: The conversation.
        reason: Why, in words.
    """

    topic: Topic
    conversation_sid: Sid | None
    reason: str


MessageEvent: TypeAlias = MessageAdded[C_co] | MessageUpdated[C_co] | MessageRemoved[C_co] | Discontinuity
"""What the stream `messages` carries."""

ParticipantEvent: TypeAlias = ParticipantJoined[C_co] | ParticipantUpdated[C_co] | ParticipantLeft[C_co] | Discontinuity
"""What the stream `participants` carries."""

TypingEvent: TypeAlias = TypingStarted[C_co] | TypingEnded[C_co]
"""What the stream `typing` carries."""

ConversationEvent: TypeAlias = (
    ConversationAdded[C_co]
    | ConversationJoined[C_co]
    | ConversationLeft[C_co]
    | ConversationRemoved[C_co]
    | ConversationUpdated[C_co]
)
"""What the stream `conversations` carries."""

UserEvent: TypeAlias = UserUpdated | UserSubscribed | UserUnsubscribed
"""What the stream `users` carries."""

Event: TypeAlias = MessageEvent[C_co] | ParticipantEvent[C_co] | TypingEvent[C_co] | ConversationEvent[C_co] | UserEvent
"""Everything that the model can say."""
