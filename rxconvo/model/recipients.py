"""Whom a message was addressed to on other channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

import orjson
from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.model.decoding import text_of
from rxconvo.types import Sid

__all__ = ["EmailRecipientDescriptor", "RecipientDescriptor", "UnknownRecipientDescriptor", "read_recipient"]


class EmailRecipientDescriptor(Struct, Displayed, frozen=True, gc=False):
    """Somebody an e-mail was addressed to.

    Attributes:
        message_sid: The message.
        level: `to`, `from` or `cc`.
        name: Name.
        address: Address.

    Source: Conversations, delivery receipts, recipients, channel metadata.
    """

    type: ClassVar[str] = "email"

    message_sid: Sid
    level: str
    name: str
    address: str


class UnknownRecipientDescriptor(Struct, Displayed, frozen=True, gc=False):
    """A recipient of a kind that is not known here.

    Attributes:
        message_sid: The message.
        type: The kind.
        raw_data: All that the service tells, as JSON text.
    """

    message_sid: Sid
    type: str
    raw_data: str


RecipientDescriptor: TypeAlias = EmailRecipientDescriptor | UnknownRecipientDescriptor
"""Whom a message was addressed to; `type` says which it is."""


def read_recipient(resource: Mapping[str, Any]) -> RecipientDescriptor:
    """Read a recipient as the service tells it."""
    kind = text_of(resource.get("type")) or ""
    message_sid, level, name, address = (
        text_of(resource.get(field)) or "" for field in ("message_sid", "level", "name", "address")
    )
    if kind == EmailRecipientDescriptor.type:
        return EmailRecipientDescriptor(message_sid, level, name, address)
    return UnknownRecipientDescriptor(message_sid, kind, orjson.dumps(resource).decode())
