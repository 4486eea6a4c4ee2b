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
from rxconvo.model.record import ConversationRecord, MessageList, Owner, Replicas, Role, Roster
from rxconvo.model.store import Landlord, Store
from rxconvo.model.typing import TypingMachine, Typist
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
    "ConversationRecord",
    "ConversationRemoved",
    "ConversationState",
    "ConversationUpdated",
    "Discontinuity",
    "Event",
    "Home",
    "Landlord",
    "LastMessage",
    "Lifecycle",
    "Media",
    "Message",
    "MessageActions",
    "MessageAdded",
    "MessageEvent",
    "MessageList",
    "MessageRemoved",
    "MessageUpdated",
    "Outcome",
    "Owner",
    "Participant",
    "ParticipantActions",
    "ParticipantEvent",
    "ParticipantJoined",
    "ParticipantLeft",
    "ParticipantUpdated",
    "Replicas",
    "Role",
    "Roster",
    "Store",
    "Topic",
    "TypingEnded",
    "TypingEvent",
    "TypingMachine",
    "TypingStarted",
    "Typist",
    "UnreadState",
    "User",
    "UserActions",
    "UserEvent",
    "UserSubscribed",
    "UserUnsubscribed",
    "UserUpdated",
]
