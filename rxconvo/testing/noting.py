"""What an observer was told, as entries of a history."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from rxconvo.model import (
    ConversationRecord,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    MessageUpdated,
    ParticipantEvent,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    TypingEvent,
    TypingStarted,
)
from rxconvo.testing.entries import Told, What

if TYPE_CHECKING:
    from rxconvo.client.conversation import Conversation

__all__ = ["Teller", "of_message", "of_participant", "of_typing", "record_of"]

Teller: TypeAlias = Callable[..., Told]
"""Makes the entry, given what is special about it; it knows when, to whom and where it was told."""


def of_message(event: MessageEvent[Any], conversation: Conversation, told: Teller) -> Told:
    """Say what an observer was told of a message.

    Args:
        event: What it was told.
        conversation: As the observer has it.
        told: Makes the entry.
    """
    match event:
        case MessageAdded() | MessageUpdated():
            message = event.message
            index, text = message.index, message.body or ""
            what: What = "added" if isinstance(event, MessageAdded) else "updated"
            shown = index if record_of(conversation).message(index) == message else -1
            return told("messages", what, index, text, shown)
        case MessageRemoved(index=index):
            return told("messages", "removed", index)
        case _:  # Discontinuity
            return told("messages", "discontinuity")


def of_participant(event: ParticipantEvent[Any], conversation: Conversation, told: Teller) -> Told:
    """Say what an observer was told of a participant. See `of_message`."""
    match event:
        case ParticipantJoined(participant=someone) | ParticipantUpdated(after=someone):
            read = someone.last_read_message_index
            index = -1 if read is None else read
            shown = index if record_of(conversation).participant(someone.sid) == someone else -2
            what: What = "added" if isinstance(event, ParticipantJoined) else "updated"
            return told("participants", what, index, someone.attributes_json, shown, who=someone.sid)
        case ParticipantLeft(participant=someone):
            shown = -1 if record_of(conversation).participant(someone.sid) is None else -2
            return told("participants", "removed", shown=shown, who=someone.sid)
        case _:  # Discontinuity
            return told("participants", "discontinuity")


def of_typing(event: TypingEvent[Any], conversation: Conversation, told: Teller) -> Told:
    """Say what an observer was told of somebody's typing. See `of_message`."""
    someone = event.participant
    started = isinstance(event, TypingStarted)
    what = "started" if isinstance(event, TypingStarted) else cast("What", event.reason)
    shown = -1 if conversation.is_typing(someone) == started else -2
    return told("typing", what, text=someone.identity or "", shown=shown, who=someone.sid)


def record_of(conversation: Conversation) -> ConversationRecord:
    """Return what a handle knows, which has to be what events tell.

    Args:
        conversation: The handle.
    """
    return conversation._record  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
