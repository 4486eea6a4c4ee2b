"""The commands of `Control` that change what is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from rxconvo.server.access import find_message
from rxconvo.server.api.conversations import edit_document
from rxconvo.server.checks import check_known, check_text, check_value, is_array, is_object, is_text
from rxconvo.server.refusals import Refusal, bad_request, conversation_not_found
from rxconvo.server.resources import Fields, fields_of
from rxconvo.server.storage.records import StoredReceipt, StoredTemplate
from rxconvo.server.templates import MAX_TEMPLATES, check_template

if TYPE_CHECKING:
    from rxconvo.server.call import Call
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredConversation, StoredItem

__all__ = ["OPERATIONS", "Operation"]

_STATUSES = ("sent", "delivered", "read", "failed", "undelivered")
_UNSUCCESSFUL = ("failed", "undelivered")
_STATES = ("active", "inactive", "closed")
_MAX_RECIPIENTS = 1000
_RECIPIENT_SIZE, _METADATA_SIZE, _BINDINGS_SIZE = 4 * 1024, 16 * 1024, 4 * 1024
_TYPE_LENGTH = 64
_EMAIL_FIELDS = frozenset({"message_sid", "type", "level", "name", "address"})
_MAX_ERROR_CODE = 2**31


@dataclass(frozen=True)
class Operation:
    """One command.

    Attributes:
        act: Carries it out, given its fields, and returns what it answers. Raises `Refusal` for what makes no sense.
        required: The fields it must have.
        optional: The fields it may have.
    """

    act: Callable[[Transaction, Call, Fields], Fields]
    required: frozenset[str]
    optional: frozenset[str] = frozenset()


def _deliver(tx: Transaction, call: Call, command: Fields) -> Fields:
    """Record how far a message has come to some participants, and sum it up in the message's item."""
    conversation = _conversation(tx, command)
    message = _text("message", command)
    item = find_message(tx, conversation, message)
    statuses, error_code = command["statuses"], _error_code(command.get("error_code"))
    if not is_object(statuses) or not statuses:
        raise bad_request("statuses", "an object from sids of participants to statuses, with at least one")
    for participant, status in statuses.items():
        if not is_text(status) or status not in _STATUSES:
            raise bad_request(f"statuses.{participant}", f"one of {', '.join(_STATUSES)}")
        known = tx.receipt(conversation.sid, message, participant)  # of somebody who may have left since
        if known is None and tx.member_by_participant(conversation.sid, participant) is None:
            raise Refusal(404, 50432, f"statuses.{participant} must be a participant of the conversation")
        receipt = StoredReceipt(
            id=0,
            sid=call.sid("DY"),
            conversation_sid=conversation.sid,
            message_sid=message,
            participant_sid=participant,
            channel_message_sid=call.sid("SM"),
            status=status,
            error_code=error_code if status in _UNSUCCESSFUL else None,
            date_created=call.now,
            date_updated=call.now,
        )
        tx.put_receipt(receipt)
    delivery = _sum_up(tx.receipt_counts(conversation.sid, message))
    _edit_message(tx, call, conversation, item, {"delivery": delivery})
    return {"delivery": delivery}


def _sum_up(counts: Mapping[str, int]) -> Fields:
    """Sum receipts up: who has read a message has got it, and to who has got it, it was sent."""
    total = sum(counts.values())

    def amount(*statuses: str) -> str:
        found = sum(counts.get(status, 0) for status in statuses)
        return "none" if found == 0 else "all" if found == total else "some"

    return {
        "total": total,
        "sent": amount("sent", "delivered", "read"),
        "delivered": amount("delivered", "read"),
        "read": amount("read"),
        "failed": amount("failed"),
        "undelivered": amount("undelivered"),
    }


def _error_code(value: object) -> int | None:
    """Check why a message did not arrive. It is kept with those to whom it did not."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MAX_ERROR_CODE:
        raise bad_request("error_code", f"a whole number from 0 and below {_MAX_ERROR_CODE}, or absent")
    return value


def _add_recipients(tx: Transaction, _call: Call, command: Fields) -> Fields:
    """Add recipients of messages."""
    conversation = _conversation(tx, command)
    recipients = command["recipients"]
    if not is_array(recipients) or len(recipients) > _MAX_RECIPIENTS:
        raise bad_request("recipients", f"an array of at most {_MAX_RECIPIENTS} recipients")
    for number, recipient in enumerate(recipients):
        field = f"recipients[{number}]"
        if not is_object(recipient):
            raise bad_request(field, "an object")
        message = check_text(f"{field}.message_sid", recipient.get("message_sid"), length=_TYPE_LENGTH, least=1)
        if tx.item_by_name(conversation.messages_id, message) is None:
            raise Refusal(404, 20404, f"{field}.message_sid must be a message of the conversation")
        kind = check_text(f"{field}.type", recipient.get("type"), length=_TYPE_LENGTH, least=1)
        if kind == "email":  # of other kinds, clients get whatever there is
            check_known(recipient, _EMAIL_FIELDS, within=field)
        data = check_value(field, recipient, size=_RECIPIENT_SIZE)
        tx.add_recipient(conversation.sid, message, data)
    return {"recipients": len(recipients)}


def _set_metadata(tx: Transaction, call: Call, command: Fields) -> Fields:
    """Keep what a channel tells of a message, and say in the message's item that there is something."""
    conversation = _conversation(tx, command)
    message = _text("message", command)
    item = find_message(tx, conversation, message)
    metadata = command["metadata"]
    if not is_object(metadata) or metadata.keys() != {"type", "data"} or not is_object(metadata["data"]):
        raise bad_request("metadata", "an object of type, a text, and data, an object")
    check_text("metadata.type", metadata["type"], length=_TYPE_LENGTH, least=1)
    data = check_value("metadata", metadata, size=_METADATA_SIZE)
    tx.put_channel_metadata(conversation.sid, message, data)
    _edit_message(tx, call, conversation, item, {"channelMetadata": True})
    return {"metadata": metadata}


def _replace_templates(tx: Transaction, call: Call, command: Fields) -> Fields:
    """Replace the content templates."""
    given = command["templates"]
    if not is_array(given) or len(given) > MAX_TEMPLATES:
        raise bad_request("templates", f"an array of at most {MAX_TEMPLATES} templates")
    service = call.service
    templates: dict[str, StoredTemplate] = {}
    for number, each in enumerate(given):
        defaults: Fields = {
            "sid": call.sid("HX"),
            "account_sid": service.keys.account_sid,
            "date_created": call.now,
            "date_updated": call.now,
        }
        field = f"templates[{number}]"
        template = check_template(field, each, limits=service.options.limits, defaults=defaults)
        sid = str(template["sid"])
        if sid in templates:
            raise bad_request(f"{field}.sid", "that of no other template")
        templates[sid] = StoredTemplate(number + 1, sid, orjson.dumps(template))
    tx.replace_templates(list(templates.values()))
    return {"templates": list(templates)}


def _set_state(tx: Transaction, call: Call, command: Fields) -> Fields:
    """Set the state of a conversation, from any to any."""
    if not is_text(command["state"]) or command["state"] not in _STATES:
        raise bad_request("state", f"one of {', '.join(_STATES)}")
    conversation = _conversation(tx, command)
    state: Fields = {"current": command["state"], "dateUpdated": call.now}
    edit_document(tx, call, conversation, {"state": state, "dateUpdated": call.now})
    return {"state": state}


def _set_bindings(tx: Transaction, call: Call, command: Fields) -> Fields:
    """Set the bindings of a conversation; none takes them away."""
    bindings = command["bindings"]
    if not is_object(bindings) or not all(map(is_object, bindings.values())):
        raise bad_request("bindings", "an object from kinds of channels to objects")
    check_value("bindings", bindings, size=_BINDINGS_SIZE)
    conversation = _conversation(tx, command)
    edit_document(tx, call, conversation, {"bindings": bindings, "dateUpdated": call.now})
    return {"bindings": bindings}


def _conversation(tx: Transaction, command: Fields) -> StoredConversation:
    """Find the conversation of a command, by sid or unique name."""
    name = _text("conversation", command)
    conversation = tx.conversation(name) or tx.conversation_by_unique_name(name)
    if conversation is None:
        raise conversation_not_found()
    return conversation


def _text(field: str, command: Fields) -> str:
    return check_text(field, command[field], length=256, least=1)


def _edit_message(
    tx: Transaction, call: Call, conversation: StoredConversation, item: StoredItem, changes: Fields
) -> None:
    """Change some fields of a message's item, if they are others; for its readers it stays the same message."""
    data = fields_of(item.data)
    if data | changes != data:
        tx.update_item(conversation.messages_id, item.key, orjson.dumps(data | changes), at=call.now)


OPERATIONS: Mapping[str, Operation] = {
    "delivery": Operation(_deliver, frozenset({"conversation", "message", "statuses"}), frozenset({"error_code"})),
    "recipients": Operation(_add_recipients, frozenset({"conversation", "recipients"})),
    "metadata": Operation(_set_metadata, frozenset({"conversation", "message", "metadata"})),
    "templates": Operation(_replace_templates, frozenset({"templates"})),
    "state": Operation(_set_state, frozenset({"conversation", "state"})),
    "bindings": Operation(_set_bindings, frozenset({"conversation", "bindings"})),
}
"""By their `op`."""
