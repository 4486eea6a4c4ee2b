"""A conversation as it was known at one moment, and all that its values ask of its handle."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from rxconvo.display import Card, Displayed, describe
from rxconvo.model.bindings import ConversationBindings, conversation_bindings
from rxconvo.model.fields import EMPTY_OBJECT, parse_date, parse_json
from rxconvo.model.message import MessageActions
from rxconvo.model.participant import ParticipantActions
from rxconvo.types import JSON, Identity, Sid

__all__ = ["ConversationActions", "ConversationState", "LastMessage", "Lifecycle"]


class ConversationActions(MessageActions, ParticipantActions, Protocol):
    """All that the values of a conversation ask of its handle."""


class LastMessage(Struct, Displayed, frozen=True, gc=False):
    """Which message is the newest.

    Attributes:
        index: Its index.
        date_created_iso: When it was sent, ISO 8601.
    """

    index: int
    date_created_iso: str | None = None

    def __card__(self) -> Card:
        return Card("Last message", f"#{self.index}", note=(self.date_created,))

    @property
    def date_created(self) -> datetime | None:
        """When it was sent, aware, UTC."""
        return parse_date(self.date_created_iso)


class Lifecycle(Struct, Displayed, frozen=True, gc=False):
    """Where a conversation is in its life.

    Attributes:
        current: `active`, `inactive` or `closed`.
        date_updated_iso: Since when, ISO 8601.
    """

    current: str
    date_updated_iso: str | None = None

    def __card__(self) -> Card:
        return Card("Lifecycle", self.current, note=(self.date_updated,))

    @property
    def date_updated(self) -> datetime | None:
        """Since when, aware, UTC."""
        return parse_date(self.date_updated_iso)


class ConversationState(Struct, Displayed, frozen=True, gc=False, repr_omit_defaults=True):
    """A conversation's properties as they were known at one moment.

    Attributes:
        sid: The conversation's sid.
        friendly_name: The name to show, or None.
        unique_name: The name to look it up by, or None.
        attributes_json: The application's own data, as JSON text.
        bindings_json: Its addresses by channel, as JSON text.
        created_by: Identity of who created it; empty where unknown.
        date_created_iso: When it was created, ISO 8601.
        date_updated_iso: When it was changed last, ISO 8601.
        state: Where it is in its life, or None.
        last_message: Its newest message, or None.
        status: `joined`, `notParticipating` or `unknown`: what it is to the own user.
        last_read_message_index: Index of the last message the own user has read, or None.
        notification_level: `default` or `muted`.

    Source: Conversations, conversation; my conversations.
    """

    sid: Sid
    friendly_name: str | None = None
    unique_name: str | None = None
    attributes_json: str = EMPTY_OBJECT
    bindings_json: str = EMPTY_OBJECT
    created_by: Identity = ""
    date_created_iso: str | None = None
    date_updated_iso: str | None = None
    state: Lifecycle | None = None
    last_message: LastMessage | None = None
    status: str = "unknown"
    last_read_message_index: int | None = None
    notification_level: str = "default"

    def __card__(self) -> Card:
        return describe(
            self,
            title=self.friendly_name or self.unique_name or self.sid,
            note=(self.status, "muted" if self.notification_level == "muted" else None),
            said=("friendly_name", "status", "notification_level"),
        )

    @property
    def attributes(self) -> JSON:
        """The application's own data, parsed anew for each reader."""
        return parse_json(self.attributes_json)

    @property
    def bindings(self) -> ConversationBindings:
        """Its addresses by channel: `{"sms": {"address": ...}}`."""
        return conversation_bindings(self.bindings_json)

    @property
    def date_created(self) -> datetime | None:
        """When it was created, aware, UTC."""
        return parse_date(self.date_created_iso)

    @property
    def date_updated(self) -> datetime | None:
        """When it was changed last, aware, UTC."""
        return parse_date(self.date_updated_iso)
