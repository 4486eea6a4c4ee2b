"""What became of messages on other channels: receipts, recipients, and what the channels tell.

Source: Conversations, delivery receipts, recipients, channel metadata.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rxconvo.server.access import find_message, see
from rxconvo.server.call import Answer
from rxconvo.server.pages import answer_page
from rxconvo.server.refusals import Refusal
from rxconvo.server.resources import fields_of, receipt_resource
from rxconvo.server.roles import Right
from rxconvo.server.router import Route

if TYPE_CHECKING:
    from rxconvo.server.call import Call
    from rxconvo.server.storage.base import Transaction

__all__ = ["ROUTES"]

_CONVERSATION = "/Client/v2/Services/{service}/Conversations/{conversation}"
_MESSAGE = f"{_CONVERSATION}/Messages/{{message}}"


def _receipts(tx: Transaction, call: Call) -> Answer:
    """List how far a message has come, for each participant of whom it is known."""
    conversation = see(tx, call, Right.READ).conversation
    message = call.path["message"]
    find_message(tx, conversation, message)
    return answer_page(
        call,
        "delivery_receipts",
        partial(tx.receipts, conversation.sid, message),
        number=lambda receipt: receipt.id,
        resource=receipt_resource,
    )


def _recipients(tx: Transaction, call: Call) -> Answer:
    """List to whom messages were addressed: one message, or all."""
    conversation = see(tx, call, Right.READ).conversation
    message = call.query.get("MessageSid")
    if message is not None:
        find_message(tx, conversation, message)
    return answer_page(
        call,
        "message_recipients",
        partial(tx.recipients, conversation.sid, message),
        number=lambda recipient: recipient.id,
        resource=lambda recipient: fields_of(recipient.data),
    )


def _channel_metadata(tx: Transaction, call: Call) -> Answer:
    """Tell what a channel tells of a message."""
    conversation = see(tx, call, Right.READ).conversation
    message = call.path["message"]
    find_message(tx, conversation, message)
    metadata = tx.channel_metadata(conversation.sid, message)
    if metadata is None:
        raise Refusal(404, 50530, "Channel metadata not found")
    return Answer(200, metadata)


ROUTES = (
    Route("GET", f"{_MESSAGE}/Receipts", _receipts),
    Route("GET", f"{_CONVERSATION}/MessageRecipients", _recipients),
    Route("GET", f"{_MESSAGE}/ChannelMetadata", _channel_metadata),
)
