"""The properties of a conversation, as the store holds them now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rxconvo.client.conversation.core import ConversationCore
from rxconvo.display import Card, Displayed

if TYPE_CHECKING:
    from rxconvo.client.configuration import ConversationLimits
    from rxconvo.model import ConversationBindings, ConversationState, LastMessage, Lifecycle
    from rxconvo.types import JSON, Identity

__all__ = ["StateConcern"]


class StateConcern(ConversationCore, Displayed):
    """Properties. They change with the sync stream only, never with the answer to a mutation."""

    __slots__ = ()

    def __card__(self) -> Card:
        return self._record.state.__card__()._replace(kind=type(self).__name__)

    @property
    def snapshot(self) -> ConversationState:
        """All properties as one frozen value."""
        return self._record.state

    @property
    def friendly_name(self) -> str | None:
        """The name to show, or None."""
        return self._record.state.friendly_name

    @property
    def unique_name(self) -> str | None:
        """The name to look it up by, or None."""
        return self._record.state.unique_name

    @property
    def attributes(self) -> JSON:
        """The application's own data, parsed anew for each reader."""
        return self._record.state.attributes

    @property
    def bindings(self) -> ConversationBindings:
        """Its addresses by channel: `{"sms": {"address": ...}}`."""
        return self._record.state.bindings

    @property
    def created_by(self) -> Identity:
        """Identity of who created it; empty where unknown."""
        return self._record.state.created_by

    @property
    def date_created(self) -> datetime | None:
        """When it was created, aware, UTC."""
        return self._record.state.date_created

    @property
    def date_updated(self) -> datetime | None:
        """When it was changed last, aware, UTC."""
        return self._record.state.date_updated

    @property
    def state(self) -> Lifecycle | None:
        """Where it is in its life: `active`, `inactive` or `closed`; None where the service does not tell."""
        return self._record.state.state

    @property
    def status(self) -> str:
        """What it is to the own user: `joined`, `notParticipating` or `unknown`."""
        return self._record.state.status

    @property
    def last_message(self) -> LastMessage | None:
        """Index and date of its newest message, or None where there is none."""
        return self._record.state.last_message

    @property
    def last_read_message_index(self) -> int | None:
        """The own read horizon: index of the last message read, or None where nothing was."""
        return self._record.state.last_read_message_index

    @property
    def notification_level(self) -> str:
        """Whether the own user gets push notifications of it: `default` or `muted`."""
        return self._record.state.notification_level

    @property
    def limits(self) -> ConversationLimits:
        """What the service accepts in a message."""
        return self._context.configuration.limits

    @property
    def links(self) -> dict[str, str]:
        """Addresses of the conversation and of what belongs to it: `self`, `participants`, `messages`."""
        return {"self": self._url, "participants": self._participants_url, "messages": self._messages_url}
