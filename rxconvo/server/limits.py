"""How much of everything: sizes, counts and, where asked for, rates."""

from __future__ import annotations

import msgspec

__all__ = ["TWILIO_LIMITS", "Limits"]


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
