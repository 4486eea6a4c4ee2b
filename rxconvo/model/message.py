"""A message of one conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, Protocol, cast

from msgspec import Struct

from rxconvo.model.fields import EMPTY_OBJECT, parse_date, parse_json
from rxconvo.model.home import C_co, ConversationHandle, Home, Outcome
from rxconvo.model.media import Media
from rxconvo.model.participant import Participant
from rxconvo.model.receipts import AggregatedDeliveryReceipt
from rxconvo.types import JSON, Identity, JSONInput, Sid

__all__ = ["Message", "MessageActions"]


class MessageActions(ConversationHandle, Protocol):
    """What a `Message` asks of its conversation."""

    def update_message_body(self, message: Message, body: str, /) -> Outcome[Message]:
        """Replace a message's text."""
        ...

    def update_message_attributes(self, message: Message, attributes: JSONInput, /) -> Outcome[Message]:
        """Replace a message's attributes."""
        ...

    def remove_message(self, message: Message, /) -> Outcome[Message]:
        """Remove a message."""
        ...

    def get_message_participant(self, message: Message, /) -> Outcome[Participant]:
        """Find who wrote a message."""
        ...


_NOWHERE: Home[MessageActions] = Home()


class Message(Struct, Generic[C_co], frozen=True, gc=False, repr_omit_defaults=True):
    """A message as it was known at one moment.

    Attributes:
        sid: The message's sid.
        index: Its place: ascending, given by the service, gaps are possible.
        author: Identity or address of who wrote it.
        body: Its text, or None.
        subject: Its subject, or None.
        content_sid: The content template it was made from, or None.
        attributes_json: The application's own data, as JSON text.
        date_created_iso: When it was sent, ISO 8601.
        date_updated_iso: When it was changed last, ISO 8601.
        last_updated_by: Identity of who changed it last, or None.
        type: `text` or `media`.
        participant_sid: The participant that wrote it.
        medias: All that is attached, in the order of sending.
        aggregated_delivery_receipt: How far it got, or None where nothing was reported.
        has_channel_metadata: Whether there is metadata to ask the service for.
        home: Weak link to the conversation.

    Source: Conversations, messages.
    """

    sid: Sid
    index: int
    author: Identity | None = None
    body: str | None = None
    subject: str | None = None
    content_sid: Sid | None = None
    attributes_json: str = EMPTY_OBJECT
    date_created_iso: str | None = None
    date_updated_iso: str | None = None
    last_updated_by: Identity | None = None
    type: str = "text"
    participant_sid: Sid | None = None
    medias: tuple[Media, ...] = ()
    aggregated_delivery_receipt: AggregatedDeliveryReceipt | None = None
    has_channel_metadata: bool = False
    home: Home[MessageActions] = _NOWHERE

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.home.sid

    @property
    def conversation(self) -> C_co:
        """The conversation's handle.

        Raises:
            DetachedError: The client is gone.
        """
        return cast("C_co", self.home.get())

    @property
    def attributes(self) -> JSON:
        """The application's own data, parsed anew for each reader."""
        return parse_json(self.attributes_json)

    @property
    def date_created(self) -> datetime | None:
        """When it was sent, aware, UTC."""
        return parse_date(self.date_created_iso)

    @property
    def date_updated(self) -> datetime | None:
        """When it was changed last, aware, UTC."""
        return parse_date(self.date_updated_iso)

    @property
    def attached_media(self) -> tuple[Media, ...]:
        """The files attached, without the parts of an e-mail."""
        return self.get_media_by_categories("media")

    def get_media_by_categories(self, *categories: str) -> tuple[Media, ...]:
        """Return what is attached of some categories.

        Args:
            categories: `media`, `body`, `history`.
        """
        return tuple(media for media in self.medias if media.category in categories)

    def update_body(self, body: str) -> Outcome[Message[C_co]]:
        """Replace the text.

        Args:
            body: The new text, at most 32 KB of UTF-8.

        Returns:
            Cold; emits the message with its new text. This value stays as it is.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get().update_message_body(self, body)

    def update_attributes(self, attributes: JSONInput) -> Outcome[Message[C_co]]:
        """Replace the attributes.

        Args:
            attributes: Any JSON value, at most 4 KB as text.

        Returns:
            Cold; emits the message with its new attributes. This value stays as it is.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get().update_message_attributes(self, attributes)

    def remove(self) -> Outcome[Message[C_co]]:
        """Remove the message.

        Returns:
            Cold; emits this message, as it was.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get().remove_message(self)

    def get_participant(self) -> Outcome[Participant[C_co]]:
        """Find who wrote it: by the participant's sid, else by the author.

        Returns:
            Cold; emits the participant.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get().get_message_participant(self)
