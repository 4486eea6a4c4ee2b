"""How much of everything: sizes, counts and, where asked for, rates."""

from __future__ import annotations

import json
from typing import TypeGuard

import msgspec
import orjson

from rxconvo.server.refusals import Refusal, bad_request
from rxconvo.types import Clock

__all__ = [
    "TWILIO_LIMITS",
    "Limits",
    "Rates",
    "check_attributes",
    "check_json",
    "check_size",
    "check_text",
    "check_value",
    "is_array",
    "is_object",
    "is_text",
]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one service. Sizes in bytes of UTF-8, lengths in characters, rates per second.

    Attributes:
        name_length: Friendly and unique names.
        identity_length: Identities and the addresses of non-chat participants.
        conversation_attributes: Size of a conversation's attributes as sent.
        attributes: The same of a message, participant or user.
        body: Size of a message's text.
        subject_length: A message's subject.
        filename_length: The name of an uploaded file.
        attachments: Media of category `media` in one message.
        attachment: Size of one media; what the client is told of it is in whole MiB, as is the next.
        attachments_total: Size of all media of a message.
        email_types: Content types of e-mail bodies and histories; a message has one of each type at most.
        uploads: Uploads of one identity at the same time.
        media_quota: Size of all media of one identity, each counted in blocks of 4 KiB.
        media_total: Size of all media of all identities.
        media_memory: The same where the store is in memory.
        participants: Participants of a conversation, of all kinds.
        non_chat_participants: Those of them without an identity.
        conversations: Conversations an identity is in.
        registrations: Devices of an identity that are registered for push notifications.
        page_items: Items or elements on a page.
        page_bytes: Size of the items on a page.
        batch: Objects in one subscription request.
        subscriptions: Objects a connection may be subscribed to.
        json_depth: Nesting of a body or of attributes.
        json_keys: Members of all their objects together; more than fit into the largest attributes.
        connections: Connections of one identity; None is any number.
        conversation_rate: Mutations of one conversation; None is any number.
        identity_rate: Mutations of one identity; None is any number.
        burst: Seconds' worth of a rate that may come at once.
    """

    name_length: int = 256
    identity_length: int = 256
    conversation_attributes: int = 16 * 1024
    attributes: int = 4 * 1024
    body: int = 32 * 1024
    subject_length: int = 256
    filename_length: int = 256
    attachments: int = 10
    attachment: int = 150 * 2**20
    attachments_total: int = 150 * 2**20
    email_types: tuple[str, ...] = ("text/plain", "text/html")
    uploads: int = 8
    media_quota: int = 2**30
    media_total: int = 16 * 2**30
    media_memory: int = 256 * 2**20
    participants: int = 1000
    non_chat_participants: int = 50
    conversations: int = 1000
    registrations: int = 100
    page_items: int = 100
    page_bytes: int = 1024 * 1024
    batch: int = 100
    subscriptions: int = 10_000
    json_depth: int = 64
    json_keys: int = 4000
    connections: int | None = None
    conversation_rate: float | None = None
    identity_rate: float | None = None
    burst: float = 1.0


TWILIO_LIMITS = Limits(conversation_rate=30.0, identity_rate=30.0)
"""The documented limits of the original service, rates included."""


def check_text(field: str, value: object, *, length: int, least: int = 0) -> str:
    """Check a text by its length in characters.

    Raises:
        Refusal: 400, naming the field and its limit.
    """
    if not is_text(value) or not least <= len(value) <= length:
        raise bad_request(field, f"text of {least} to {length} characters")
    return value


def check_size(field: str, value: object, *, size: int) -> str:
    """Check a text by its size in bytes of UTF-8.

    Raises:
        Refusal: 400, naming the field and its limit.
    """
    if not is_text(value) or len(value.encode()) > size:
        raise bad_request(field, f"text of at most {size} bytes")
    return value


def check_attributes(field: str, value: object, limits: Limits, *, size: int) -> str:
    """Check attributes: a text that is JSON. It is kept as it came.

    Raises:
        Refusal: 400, naming the field and its limit.
    """
    text = check_size(field, value, size=size)
    check_json(field, text.encode(), limits)
    return text


def check_json(field: str, document: bytes, limits: Limits) -> object:
    """Decode JSON, and refuse what is too deep or has too many members.

    Raises:
        Refusal: 400, naming the field.
    """
    value = _parsed(field, document)
    keys = 0
    level = [value]
    for depth in range(limits.json_depth + 1):
        inner: list[object] = []
        containers = 0
        for node in level:
            if is_object(node):
                containers += 1
                keys += len(node)
                inner.extend(node.values())
            elif is_array(node):
                containers += 1
                inner.extend(node)
        if containers == 0:
            return value
        if depth == limits.json_depth:
            raise bad_request(field, f"JSON nested at most {limits.json_depth} deep")
        if keys > limits.json_keys:
            raise bad_request(field, f"JSON with at most {limits.json_keys} members")
        level = inner
    return value


def check_value(field: str, value: object, *, size: int) -> bytes:
    """Check decoded JSON by its size, and encode it. Halves of characters, which JSON can spell, cannot be stored.

    Raises:
        Refusal: 400, naming the field and its limit.
    """
    try:
        encoded = orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise bad_request(field, "JSON that is UTF-8") from None
    if len(encoded) > size:
        raise bad_request(field, f"JSON of at most {size} bytes")
    return encoded


def _parsed(field: str, document: bytes) -> object:
    """Decode JSON by the letter of RFC 8259, which allows what orjson does not: escapes of half a character."""
    try:
        return orjson.loads(document)
    except ValueError:
        pass
    try:
        return json.loads(document.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise bad_request(field, "well-formed JSON") from None


def _no_constant(name: str) -> object:
    """Refuse NaN and the infinities, which JSON does not have."""
    raise ValueError(name)


def is_text(value: object) -> TypeGuard[str]:
    """Tell whether something is text that can be stored: a string without lone surrogates."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Tell whether decoded JSON is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[object]]:
    """Tell whether decoded JSON is an array."""
    return isinstance(value, list)


class Rates:
    """How often things may be done (the generic cell rate algorithm: one instant kept for each of them).

    Args:
        limits: The rates; where they are None everything is allowed.
        clock: Seconds.

    Source: ITU-T I.371, generic cell rate algorithm.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._due: dict[tuple[str, str], float] = {}

    def check(self, *, identity: str, conversation: str | None) -> None:
        """Count one mutation.

        Raises:
            Refusal: 429, with the seconds to wait.
        """
        limits = self._limits
        if limits.identity_rate is not None:
            self._take("identity", identity, limits.identity_rate, code=50074)
        if limits.conversation_rate is not None and conversation is not None:
            self._take("conversation", conversation, limits.conversation_rate, code=50063)

    def _take(self, kind: str, name: str, rate: float, *, code: int) -> None:
        now = self._clock()
        due = max(self._due.get((kind, name), now), now)
        wait = due - now - self._limits.burst
        if wait > 0:
            raise Refusal(429, code, "Too many requests", retry_after=wait)
        if len(self._due) > _KEPT_RATES:
            self._forget(now)
        self._due[kind, name] = due + 1 / rate

    def _forget(self, now: float) -> None:
        """Drop what is as good as never used."""
        self._due = {key: due for key, due in self._due.items() if due > now}


_KEPT_RATES = 10_000
"""So many instants are kept before those in the past are dropped."""
