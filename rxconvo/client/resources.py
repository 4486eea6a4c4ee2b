"""Answers of the service, as far as they are read."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from rxconvo.errors import PayloadError
from rxconvo.types import Identity, Sid

__all__ = [
    "Conflict",
    "ConversationResource",
    "Counts",
    "ParticipantResource",
    "Refusal",
    "SentMessage",
    "TypingAnswer",
    "UserResource",
    "read_resource",
]

R = TypeVar("R")


class _SyncObjects(msgspec.Struct, frozen=True):
    conversation: str | None = None


class ConversationResource(msgspec.Struct, frozen=True):
    """Which conversation an answer names, and where its properties are.

    Source: Conversations, conversation; my conversations.
    """

    sync_objects: _SyncObjects = _SyncObjects()
    sid: Sid | None = None
    conversation_sid: Sid | None = None


class Counts(msgspec.Struct, frozen=True):
    """How many there are of what; None where the service does not tell."""

    messages_count: int | None = None
    participants_count: int | None = None
    unread_messages_count: int | None = None


class ParticipantResource(msgspec.Struct, frozen=True):
    """A participant as the answer to its adding tells it."""

    sid: Sid
    identity: Identity | None = None
    attributes: str = "{}"
    role_sid: Sid | None = None
    date_created: str | None = None
    date_updated: str | None = None
    messaging_binding: dict[str, Any] | None = None


class _UserObjects(msgspec.Struct, frozen=True):
    user_info_map: str


class UserResource(msgspec.Struct, frozen=True):
    """Where a user's properties are."""

    sync_objects: _UserObjects


class SentMessage(msgspec.Struct, frozen=True):
    """The answer to a sent message. The index may come as a numeric string."""

    index: int


class TypingAnswer(msgspec.Struct, frozen=True):
    """The answer to a typing signal: how many seconds it holds."""

    typing_timeout: float | None = None


class Conflict(msgspec.Struct, frozen=True):
    """The answer 202: where the real one is."""

    resource_url: str | None = None


class Refusal(msgspec.Struct, frozen=True):
    """The body of a refused request."""

    code: int | None = None
    message: str | None = None


def read_resource(body: bytes, kind: type[R]) -> R:
    """Read an answer.

    Args:
        body: JSON text; empty stands for an object without members.
        kind: What is to be read of it.

    Raises:
        PayloadError: It lacks what is read of it.
    """
    try:
        return msgspec.json.decode(body.strip() or b"{}", type=kind, strict=False)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise PayloadError(f"unreadable answer: {error}") from error
