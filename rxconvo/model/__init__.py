"""Entities: changes of replicated objects become the events of conversations, messages, participants and users."""

from __future__ import annotations

from rxconvo.model.conversation import ConversationActions, ConversationState, LastMessage, Lifecycle
from rxconvo.model.events import (
    ConversationAdded,
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    Discontinuity,
    Event,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    MessageUpdated,
    ParticipantEvent,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Topic,
    TypingEnded,
    TypingEvent,
    TypingStarted,
    UserEvent,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)
from rxconvo.model.home import ClientHome, ConversationFinder, ConversationHandle, Home, Outcome, UnreadState
from rxconvo.model.media import Media
from rxconvo.model.message import Message, MessageActions
from rxconvo.model.participant import Participant, ParticipantActions
from rxconvo.model.receipts import AggregatedDeliveryReceipt
from rxconvo.model.user import User, UserActions

__all__ = [
    "AggregatedDeliveryReceipt",
    "ClientHome",
    "ConversationActions",
    "ConversationAdded",
    "ConversationEvent",
    "ConversationFinder",
    "ConversationHandle",
    "ConversationJoined",
    "ConversationLeft",
    "ConversationRemoved",
    "ConversationState",
    "ConversationUpdated",
    "Discontinuity",
    "Event",
    "Home",
    "LastMessage",
    "Lifecycle",
    "Media",
    "Message",
    "MessageActions",
    "MessageAdded",
    "MessageEvent",
    "MessageRemoved",
    "MessageUpdated",
    "Outcome",
    "Participant",
    "ParticipantActions",
    "ParticipantEvent",
    "ParticipantJoined",
    "ParticipantLeft",
    "ParticipantUpdated",
    "Topic",
    "TypingEnded",
    "TypingEvent",
    "TypingStarted",
    "UnreadState",
    "User",
    "UserActions",
    "UserEvent",
    "UserSubscribed",
    "UserUnsubscribed",
    "UserUpdated",
]
