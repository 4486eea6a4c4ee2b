"""How far a message got on its way to the participants of other channels."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["AggregatedDeliveryReceipt"]


class AggregatedDeliveryReceipt(Struct, frozen=True, gc=False):
    """How many recipients a message has reached. Amounts are `none`, `some` or `all`.

    Attributes:
        total: Number of recipients.
        sent: How many it was sent to.
        delivered: How many it was delivered to.
        read: How many have read it.
        undelivered: How many it could not be delivered to.
        failed: How many it failed to be sent to.

    Source: Conversations, delivery receipts (aggregated).
    """

    total: int
    sent: str
    delivered: str
    read: str
    undelivered: str
    failed: str
