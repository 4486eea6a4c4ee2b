"""A message of one conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar, Generic, Literal, Protocol, cast

from msgspec import Struct

from rxconvo.display import Card, Displayed, describe
from rxconvo.model import limits
from rxconvo.model.content import ContentData
from rxconvo.model.emitting import Emitter, Emitting
from rxconvo.model.fields import EMPTY_OBJECT, parse_date, parse_json
from rxconvo.model.home import C_co, ConversationHandle, Home, Outcome
from rxconvo.model.media import Media, MediaActions
from rxconvo.model.metadata import ChannelMetadata
from rxconvo.model.participant import Participant
from rxconvo.model.receipts import AggregatedDeliveryReceipt, DetailedDeliveryReceipt
from rxconvo.model.recipients import RecipientDescriptor
from rxconvo.types import JSON, Identity, JSONInput, Sid

__all__ = ["Message", "MessageActions"]


class MessageActions(ConversationHandle, MediaActions, Protocol):
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

    def get_message_content_data(self, message: Message, /) -> Outcome[ContentData | None]:
        """Read the content of a rich message."""
        ...

    def get_message_delivery_receipts(self, message: Message, /) -> Outcome[list[DetailedDeliveryReceipt]]:
        """Read how far a message got, for each participant."""
        ...

    def get_recipients_of_message(self, message: Message, /) -> Outcome[list[RecipientDescriptor]]:
        """Read to whom a message was addressed."""
        ...

    def get_message_channel_metadata(self, message: Message, /) -> Outcome[ChannelMetadata | None]:
        """Read what a channel tells of a message."""
        ...

    def message_emitter(self, sid: Sid, /) -> Emitter:
        """Return what keeps the listeners of a message."""
        ...


_NOWHERE: Home[MessageActions] = Home()

_PLAIN = ("type", "has_channel_metadata")
"""What is said of a message by its other fields."""


class Message(Struct, Emitting, Displayed, Generic[C_co], frozen=True, gc=False, repr_omit_defaults=True):
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

    UPDATED: ClassVar[Literal["updated"]] = "updated"
    """The message was changed: listeners get the `MessageUpdated`. They are let go when it is removed."""

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
            DetachedError: The conversation or the client is gone.
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

    @property
    def media(self) -> Media | None:
        """The first of the files attached, or None; `attached_media` has them all."""
        return next(iter(self.attached_media), None)

    def get_media_by_categories(self, *categories: str | Iterable[str]) -> tuple[Media, ...]:
        """Return what is attached of some categories.

        Args:
            categories: `media`, `body`, `history`, one by one or as one iterable.

        Raises:
            ArgumentError: A category is no non-empty string.
        """
        wanted = _one_by_one(categories)
        for category in wanted:
            limits.check_key("categories", category)
        return tuple(media for media in self.medias if media.category in wanted)

    def get_email_body(self, content_type: str = "text/plain") -> Media | None:
        """Return the body of an e-mail in one of its formats, or None.

        Args:
            content_type: The format.

        Raises:
            ArgumentError: The format is no non-empty string.
        """
        return self._email_part("body", content_type)

    def get_email_history(self, content_type: str = "text/plain") -> Media | None:
        """Return what an e-mail quotes of those before it in one of its formats, or None.

        Args:
            content_type: The format.

        Raises:
            ArgumentError: The format is no non-empty string.
        """
        return self._email_part("history", content_type)

    def get_temporary_content_urls_for_media(self, media: Sequence[Media]) -> Outcome[dict[Sid, str]]:
        """Ask for addresses of the contents of several media that need no token, for some minutes.

        Args:
            media: Which, at least one.

        Returns:
            Cold; emits the addresses by sid. A media that the service gives none for is left out.

        Raises:
            ArgumentError: The media are none, or something else.
            DetachedError: The conversation or the client is gone.

        Errors:
            NotFoundError: One of them does not exist, or one may not see it.
        """
        return self.home.get().get_temporary_content_urls(limits.media_sids(media))

    def get_temporary_content_urls_for_media_sids(self, sids: Sequence[Sid]) -> Outcome[dict[Sid, str]]:
        """Ask the same for media known by their sids.

        Args:
            sids: Which, at least one.

        Returns:
            Cold; emits the addresses by sid. A media that the service gives none for is left out.

        Raises:
            ArgumentError: The sids are none, or something else.
            DetachedError: The conversation or the client is gone.

        Errors:
            NotFoundError: One of them does not exist, or one may not see it.
        """
        return self.home.get().get_temporary_content_urls(limits.check_media_sids(sids))

    def get_temporary_content_urls_for_attached_media(self) -> Outcome[dict[Sid, str]]:
        """Ask the same for all files attached to this message.

        Returns:
            Cold; emits the addresses by sid. A media that the service gives none for is left out.

        Raises:
            ArgumentError: Nothing is attached.
            DetachedError: The conversation or the client is gone.

        Errors:
            NotFoundError: One of them does not exist any more.
        """
        return self.get_temporary_content_urls_for_media(self.attached_media)

    def attach_temporary_urls_for(self, media: Sequence[Media]) -> Outcome[list[Media]]:
        """Ask for media anew, with temporary addresses of their contents.

        Args:
            media: Which, at least one.

        Returns:
            Cold; emits them in the same order, each with its `temporary_url`. The values given stay as they are.

        Raises:
            ArgumentError: The media are none, or something else.
            DetachedError: The conversation or the client is gone.

        Errors:
            NotFoundError: One of them does not exist, or one may not see it.
        """
        limits.media_sids(media)
        return self.home.get().attach_temporary_urls(media)

    def get_content_data(self) -> Outcome[ContentData | None]:
        """Read the content of a rich message, which was made from a content template.

        Returns:
            Cold; emits the content; None, and nothing is asked, where the message was not made from a template.

        Raises:
            DetachedError: The conversation or the client is gone.

        Errors:
            PayloadError: What the service keeps as the content cannot be read.
        """
        return self.home.get().get_message_content_data(self)

    def update_body(self, body: str) -> Outcome[Message[C_co]]:
        """Replace the text.

        Args:
            body: The new text, at most 32 KB of UTF-8.

        Returns:
            Cold; emits the message with its new text. This value stays as it is.

        Raises:
            ArgumentError: The text is no string or too long.
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().update_message_body(self, body)

    def update_attributes(self, attributes: JSONInput) -> Outcome[Message[C_co]]:
        """Replace the attributes.

        Args:
            attributes: Any JSON value, at most 4 KB as text.

        Returns:
            Cold; emits the message with its new attributes. This value stays as it is.

        Raises:
            ArgumentError: The value is no JSON, or too long.
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().update_message_attributes(self, attributes)

    def remove(self) -> Outcome[Message[C_co]]:
        """Remove the message.

        Returns:
            Cold; emits this message, as it was.

        Raises:
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().remove_message(self)

    def get_participant(self) -> Outcome[Participant[C_co]]:
        """Find who wrote it: by the participant's sid, else by the author.

        Returns:
            Cold; emits the participant.

        Raises:
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().get_message_participant(self)

    def get_detailed_delivery_receipts(self) -> Outcome[list[DetailedDeliveryReceipt]]:
        """Read how far it got, for each participant of another channel.

        Returns:
            Cold; emits the receipts, all pages of them.

        Raises:
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().get_message_delivery_receipts(self)

    def get_message_recipients(self) -> Outcome[list[RecipientDescriptor]]:
        """Read to whom it was addressed.

        Returns:
            Cold; emits the recipients: `EmailRecipientDescriptor`, or `UnknownRecipientDescriptor` for those of a kind
            that is not known here. Those that were read once are not asked for again.

        Raises:
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().get_recipients_of_message(self)

    def get_channel_metadata(self) -> Outcome[ChannelMetadata | None]:
        """Read what the channel that it went through tells of it.

        Returns:
            Cold; emits that, or None. Nothing is asked where `has_channel_metadata` is false, or what was read once.

        Raises:
            DetachedError: The conversation or the client is gone.
        """
        return self.home.get().get_message_channel_metadata(self)

    def _email_part(self, category: str, content_type: str) -> Media | None:
        limits.check_key("content_type", content_type)
        parts = self.get_media_by_categories(category)
        return next((media for media in parts if media.content_type == content_type), None)

    def __card__(self) -> Card:
        edited = self.last_updated_by is not None and self.date_updated_iso != self.date_created_iso
        return describe(
            self,
            title=self.author or "",
            text=self.body,
            note=(f"#{self.index}", self.date_created, "edited" if edited else None),
            said=("index", "author", "body", "date_created_iso", *(() if edited else ("date_updated_iso",)), *_PLAIN),
        )

    def _emitter(self) -> Emitter:
        return self.home.get().message_emitter(self.sid)


def _one_by_one(values: tuple[object, ...]) -> tuple[object, ...]:
    """Return values that may have come as one iterable."""
    first = values[0] if len(values) == 1 else None
    if isinstance(first, Iterable) and not isinstance(first, str | bytes):
        return tuple(cast("Iterable[object]", first))
    return values
