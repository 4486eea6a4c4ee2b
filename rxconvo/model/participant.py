"""A participant: a member of one conversation."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Generic, Literal, Protocol, cast

from msgspec import Struct

from rxconvo.display import Card, Displayed, describe
from rxconvo.model.bindings import ParticipantBindings, participant_bindings
from rxconvo.model.emitting import Emitter, Emitting
from rxconvo.model.fields import EMPTY_OBJECT, parse_date, parse_json
from rxconvo.model.home import C_co, ConversationHandle, Home, Outcome
from rxconvo.model.user import User
from rxconvo.types import JSON, Identity, JSONInput, Sid

__all__ = ["Participant", "ParticipantActions"]


class ParticipantActions(ConversationHandle, Protocol):
    """What a `Participant` asks of its conversation."""

    def is_typing(self, participant: Participant, /) -> bool:
        """Tell whether a participant is typing."""
        ...

    def remove_participant(self, participant: Participant, /) -> Outcome[None]:
        """Remove a participant from the conversation."""
        ...

    def update_participant_attributes(self, participant: Participant, attributes: JSONInput, /) -> Outcome[Participant]:
        """Replace a participant's attributes."""
        ...

    def get_participant_user(self, participant: Participant, /) -> Outcome[User]:
        """Find the user that a participant is."""
        ...

    def participant_emitter(self, sid: Sid, /) -> Emitter:
        """Return what keeps the listeners of a participant."""
        ...


_NOWHERE: Home[ParticipantActions] = Home()


class Participant(Struct, Emitting, Displayed, Generic[C_co], frozen=True, gc=False, repr_omit_defaults=True):
    """A participant as it was known at one moment.

    Attributes:
        sid: The participant's sid.
        identity: Who it is; None for those of other channels, as SMS.
        type: `chat`, `sms`, `whatsapp`, `email` or another channel's name.
        attributes_json: The application's own data, as JSON text.
        date_created_iso: Since when it participates, ISO 8601.
        date_updated_iso: When it was changed last, ISO 8601.
        role_sid: Its role.
        last_read_message_index: Index of the last message it has read, or None.
        last_read_timestamp_iso: When it read that, ISO 8601.
        bindings_json: Its addresses by channel, as JSON text.
        user_info: Name of its user's info map.
        home: Weak link to the conversation.

    Source: Conversations, participants.
    """

    TYPING_STARTED: ClassVar[Literal["typingStarted"]] = "typingStarted"
    """The participant is typing, or still is: listeners get it. They are let go when it leaves."""
    TYPING_ENDED: ClassVar[Literal["typingEnded"]] = "typingEnded"
    """The participant is typing no more: listeners get it."""
    UPDATED: ClassVar[Literal["updated"]] = "updated"
    """The participant was changed: listeners get the `ParticipantUpdated`."""

    sid: Sid
    identity: Identity | None = None
    type: str = "chat"
    attributes_json: str = EMPTY_OBJECT
    date_created_iso: str | None = None
    date_updated_iso: str | None = None
    role_sid: Sid | None = None
    last_read_message_index: int | None = None
    last_read_timestamp_iso: str | None = None
    bindings_json: str = EMPTY_OBJECT
    user_info: str | None = None
    home: Home[ParticipantActions] = _NOWHERE

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.home.sid

    @property
    def conversation(self) -> C_co:
        """The conversation's handle.

        Raises:
            DetachedError: The conversation or the client is gone.
        """
        return cast("C_co", self.home.get())

    @property
    def attributes(self) -> JSON:
        """The application's own data, parsed anew for each reader."""
        return parse_json(self.attributes_json)

    @property
    def bindings(self) -> ParticipantBindings:
        """Its addresses by channel: `{"sms": {"address": ..., "proxy_address": ...}}`."""
        return participant_bindings(self.bindings_json)

    @property
    def date_created(self) -> datetime | None:
        """Since when it participates, aware, UTC."""
        return parse_date(self.date_created_iso)

    @property
    def date_updated(self) -> datetime | None:
        """When it was changed last, aware, UTC."""
        return parse_date(self.date_updated_iso)

    @property
    def last_read_timestamp(self) -> datetime | None:
        """When it read the last message it has read, aware, UTC."""
        return parse_date(self.last_read_timestamp_iso)

    @property
    def is_typing(self) -> bool:
        """Whether it is typing now.

        Raises:
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().is_typing(self)

    def remove(self) -> Outcome[None]:
        """Remove it from the conversation.

        Returns:
            Cold; emits None.

        Raises:
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().remove_participant(self)

    def update_attributes(self, attributes: JSONInput) -> Outcome[Participant[C_co]]:
        """Replace its attributes.

        Args:
            attributes: Any JSON value, at most 4 KB as text.

        Returns:
            Cold; emits the participant with its new attributes.

        Raises:
            ArgumentError: The value is no JSON, or too long.
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().update_participant_attributes(self, attributes)

    def get_user(self) -> Outcome[User]:
        """Find the user that it is, and follow its changes from now on, as `Client.get_user` does.

        Returns:
            Cold; emits the user. Who is followed already costs no request.

        Raises:
            ArgumentError: It is of another channel, and no user.
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().get_participant_user(self)

    def __card__(self) -> Card:
        return describe(
            self,
            title=self.identity or f"({self.type})",
            note=() if self.identity is None or self.type == "chat" else (self.type,),
            said=("identity", "type", "user_info"),
        )

    def _emitter(self) -> Emitter:
        return self.home.get().participant_emitter(self.sid)
