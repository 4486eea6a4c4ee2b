"""How far a message got on its way to the participants of other channels."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.model.fields import parse_date
from rxconvo.types import Sid

__all__ = ["AggregatedDeliveryReceipt", "DetailedDeliveryReceipt", "ReceiptItem", "read_receipt"]


class AggregatedDeliveryReceipt(Struct, Displayed, frozen=True, gc=False):
    """How many recipients a message has reached. Amounts are `none`, `some` or `all` of the total.

    Attributes:
        total: Number of recipients whose receipts are expected.
        sent: How many it was sent to: the channel has taken it.
        delivered: How many it was delivered to, as the channel or their device has confirmed.
        read: How many have opened it, as far as they tell.
        undelivered: How many it could not be delivered to, for example since a filter or a device has refused it.
        failed: How many it failed to be sent to.

    Source: Conversations, delivery receipts (aggregated).
    """

    total: int
    sent: str
    delivered: str
    read: str
    undelivered: str
    failed: str


class DetailedDeliveryReceipt(Struct, Displayed, frozen=True, gc=False, repr_omit_defaults=True):
    """How far a message got on its way to one participant of another channel.

    Attributes:
        sid: The receipt's sid.
        message_sid: The message.
        conversation_sid: Its conversation.
        channel_message_sid: What the channel calls the message.
        participant_sid: The participant.
        status: `queued`, `sent`, `delivered`, `read`, `undelivered` or `failed`.
        error_code: Why it was not delivered; 0 where nothing went wrong.
        date_created_iso: When the receipt was made, ISO 8601.
        date_updated_iso: When it was changed last, ISO 8601.

    Source: Conversations, delivery receipts (detailed).
    """

    sid: Sid
    message_sid: Sid
    conversation_sid: Sid
    channel_message_sid: Sid | None
    participant_sid: Sid | None
    status: str = "queued"
    error_code: int = 0
    date_created_iso: str | None = None
    date_updated_iso: str | None = None

    @property
    def date_created(self) -> datetime | None:
        """When the receipt was made, aware, UTC."""
        return parse_date(self.date_created_iso)

    @property
    def date_updated(self) -> datetime | None:
        """When it was changed last, aware, UTC."""
        return parse_date(self.date_updated_iso)


class ReceiptItem(Struct, gc=False):
    """A detailed delivery receipt as the service tells it."""

    sid: Sid
    message_sid: Sid
    conversation_sid: Sid
    channel_message_sid: Sid | None = None
    participant_sid: Sid | None = None
    status: str | None = None
    error_code: int | None = None
    date_created: str | None = None
    date_updated: str | None = None


def read_receipt(item: ReceiptItem) -> DetailedDeliveryReceipt:
    """Read a detailed delivery receipt as the service tells it."""
    return DetailedDeliveryReceipt(
        item.sid,
        item.message_sid,
        item.conversation_sid,
        item.channel_message_sid,
        item.participant_sid,
        item.status or "queued",
        item.error_code or 0,
        item.date_created,
        item.date_updated,
    )
