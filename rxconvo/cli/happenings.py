"""Events as what `rxconvo tail` tells: who did what, when and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rxconvo import (
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    Discontinuity,
    Event,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    ParticipantJoined,
    ParticipantLeft,
    TypingEnded,
    TypingStarted,
)
from rxconvo.cli.finding import name_of

if TYPE_CHECKING:
    from rxconvo import Client, Media, Message
    from rxconvo.types import Identity, Sid

__all__ = ["KINDS", "Happening", "Kind", "Wanted", "describe_events", "told"]


class Kind(StrEnum):
    """What can happen."""

    MESSAGE = "message"
    EDIT = "edit"
    REMOVAL = "removal"
    JOIN = "join"
    LEAVE = "leave"
    TYPING = "typing"
    CONVERSATION = "conversation"
    GAP = "gap"
    CONNECTION = "connection"


KINDS: Final = tuple(kind.value for kind in Kind)
"""All of them."""

_TOLD_EDITS: Final = {"body", "subject", "media", "attributes"}
_UNITS: Final = ((1_000_000, "MB"), (1_000, "kB"))


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that has happened.

    Attributes:
        kind: What, one of `KINDS`.
        at: When: aware, UTC.
        text: What was said, or what has happened in words.
        conversation: The conversation's name; None where it is about none.
        conversation_sid: Its sid likewise.
        author: Who did it; None where that is nobody.
        index: The message's index, for those that are about one.
        event: The event itself; None where there is none.
    """

    kind: str
    at: datetime
    text: str = ""
    conversation: str | None = None
    conversation_sid: Sid | None = None
    author: Identity | None = None
    index: int | None = None
    event: Event | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told.

    Attributes:
        kinds: Of `KINDS`.
        authors: By whom; empty is everybody, and what nobody does.
        pattern: What is to be found in the text.
    """

    kinds: Collection[str] = KINDS
    authors: Collection[Identity] = ()
    pattern: re.Pattern[str] | None = None

    def includes(self, happening: Happening) -> bool:
        """Tell whether something is wanted."""
        return (
            happening.kind in self.kinds
            and (not self.authors or happening.author in self.authors)
            and (self.pattern is None or self.pattern.search(happening.text) is not None)
        )


_Told: TypeAlias = tuple[str, "Identity | None", str]
"""Kind, author, text."""


def describe_events(client: Client) -> Callable[[Event, datetime], Happening | None]:
    """Return what makes happenings of the events of a client.

    Args:
        client: Knows what conversations are called.

    Returns:
        Gets an event and the time now; returns None for what is not worth telling.
    """
    names: dict[Sid, str] = {}

    def name(sid: Sid) -> str:
        conversation = client.find_conversation(sid)
        if conversation is not None:
            names[sid] = name_of(conversation)
        return names.get(sid, sid)

    def describe(event: Event, now: datetime) -> Happening | None:
        found = told(event)
        if found is None:
            return None
        kind, author, text = found
        sid = getattr(event, "conversation_sid", None)
        message = _message(event)
        at = now
        if isinstance(event, MessageAdded):
            at = event.message.date_created or now
        elif isinstance(event, MessageUpdated):
            at = event.message.date_updated or now
        return Happening(
            kind=kind,
            at=at,
            text=text,
            conversation=None if sid is None else name(sid),
            conversation_sid=sid,
            author=author,
            index=event.index if isinstance(event, MessageRemoved) else None if message is None else message.index,
            event=event,
        )

    return describe


def told(event: Event) -> tuple[str, Identity | None, str] | None:  # noqa: PLR0911 - a table of the kinds of events
    """Return the kind of an event, who did it, and it in words; None where it is not worth telling."""
    match event:
        case MessageAdded(message):
            return "message", message.author, _said(message)
        case MessageUpdated(_, after, reasons):
            worth = not reasons or _TOLD_EDITS.intersection(reasons)
            return ("edit", after.last_updated_by or after.author, _said(after)) if worth else None
        case MessageRemoved(message, index):
            return "removal", None if message is None else message.author, _said(message) if message else f"#{index}"
        case ParticipantJoined(participant):
            return "join", participant.identity, "joined"
        case ParticipantLeft(participant):
            return "leave", participant.identity, "left"
        case TypingStarted(participant):
            return "typing", participant.identity, "is typing"
        case TypingEnded(participant):
            return "typing", participant.identity, "stopped typing"
        case Discontinuity(_, _, reason):
            return "gap", None, f"something may have been missed: {reason}"
        case _:
            return _of_conversation(event)


def _of_conversation(event: Event) -> _Told | None:
    match event:
        case ConversationJoined():
            return "conversation", None, "you take part from now on"
        case ConversationLeft():
            return "conversation", None, "you take part no more"
        case ConversationRemoved():
            return "conversation", None, "is gone"
        case ConversationUpdated(before, after, reasons) if "friendlyName" in reasons:
            return (
                "conversation",
                None,
                f"was called {before.friendly_name or before.sid} before: {after.friendly_name}",
            )
        case _:
            return None


def _message(event: Event) -> Message | None:
    return event.message if isinstance(event, MessageAdded | MessageUpdated | MessageRemoved) else None


def _said(message: Message) -> str:
    """Return what a message says: its subject, its text, and what its files are."""
    parts = [part for part in (message.subject, message.body) if part]
    parts += [_file(media) for media in message.attached_media]
    return "\n".join(parts) or "(empty)"


def _file(media: Media) -> str:
    size = next((f"{media.size / unit:.1f} {name}" for unit, name in _UNITS if media.size >= unit), f"{media.size} B")
    return f"[{media.filename or 'file'}, {media.content_type}, {size}]"
