"""Conversations: creating, reading, changing and deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from rxconvo.server.access import see, see_conversation
from rxconvo.server.call import created, no_content, ok
from rxconvo.server.checks import check_attributes, check_text
from rxconvo.server.people import ensure_user
from rxconvo.server.refusals import Refusal, bad_request, conversation_not_found, forbidden
from rxconvo.server.resources import Fields, conversation_resource, fields_of, state_of
from rxconvo.server.roles import Right
from rxconvo.server.router import Route
from rxconvo.server.storage.records import Purpose

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredConversation

__all__ = ["ROUTES", "edit_document", "require_open"]

_CONVERSATIONS = "/Client/v2/Services/{service}/Conversations"
_CONVERSATION = f"{_CONVERSATIONS}/{{conversation}}"
_SID_LENGTH = 34


def _create(tx: Transaction, call: Call) -> Answer:
    """Create a conversation. Its creator sees it, but takes part only after joining."""
    if not call.service.options.roles.may_create:
        raise forbidden("create conversations")
    body = call.json()
    limits = call.service.options.limits
    friendly_name = body.get("friendly_name")
    if friendly_name is not None:
        check_text("friendly_name", friendly_name, length=limits.name_length)
    unique_name = _unique_name(call, body.get("unique_name"))
    attributes = check_attributes(
        "attributes", body.get("attributes", "{}"), limits, size=limits.conversation_attributes
    )
    access = body.get("access", "private")
    if access not in ("private", "public"):
        raise bad_request("access", "private or public")
    _check_free(tx, unique_name)
    ensure_user(tx, call, call.identity)
    sid = call.sid("CH")
    data: Fields = {
        "sid": sid,
        "uniqueName": unique_name,
        "friendlyName": friendly_name,
        "attributes": attributes,
        "createdBy": call.identity,
        "dateCreated": call.now,
        "dateUpdated": call.now,
        "type": access,
        "roster": Purpose.ROSTER.unique_name(sid),
        "messages": Purpose.MESSAGES.unique_name(sid),
        "state": {"current": "active", "dateUpdated": call.now},
    }
    conversation = tx.create_conversation(
        sid=sid,
        document_sid=call.sid("ET"),
        messages_sid=call.sid("ES"),
        roster_sid=call.sid("MP"),
        unique_name=unique_name,
        created_by=call.identity,
        access=str(access),
        data=orjson.dumps(data),
        at=call.now,
    )
    sight = see_conversation(tx, call.service, conversation, call.identity)
    if sight is None:
        raise conversation_not_found()  # where the roles do not even let creators look
    return created(conversation_resource(tx, sight))


def _read(tx: Transaction, call: Call) -> Answer:
    """Describe a conversation."""
    return ok(conversation_resource(tx, see(tx, call)))


def _update(tx: Transaction, call: Call) -> Answer:
    """Change a conversation's name, unique name or attributes."""
    sight = see(tx, call, Right.EDIT_CONVERSATION)
    conversation, body, limits = sight.conversation, call.json(), call.service.options.limits
    require_open(tx, conversation)
    changes: Fields = {}
    if "friendly_name" in body:
        name = body["friendly_name"]
        changes["friendlyName"] = None if name is None else check_text("friendly_name", name, length=limits.name_length)
    if "attributes" in body:
        changes["attributes"] = check_attributes(
            "attributes", body["attributes"], limits, size=limits.conversation_attributes
        )
    if "unique_name" in body:
        unique_name = _unique_name(call, body["unique_name"] or None)
        if unique_name != conversation.unique_name:
            _check_free(tx, unique_name)
            tx.set_unique_name(conversation.sid, unique_name)
        changes["uniqueName"] = unique_name
    if not changes:
        raise bad_request("body", "an object with friendly_name, unique_name or attributes")
    edit_document(tx, call, conversation, changes | {"dateUpdated": call.now})
    return ok(conversation_resource(tx, see(tx, call, name=conversation.sid)))


def _delete(tx: Transaction, call: Call) -> Answer:
    """Delete a conversation: first it leaves everybody's list, then its objects go."""
    conversation = see(tx, call, Right.DELETE_CONVERSATION).conversation
    for member in tx.members(conversation.sid):
        user = None if member.identity is None else tx.user(member.identity)
        if user is not None:
            tx.remove_item(user.channels_id, conversation.sid, at=call.now)
    tx.remove_conversation(conversation.sid, at=call.now)
    return no_content()


def edit_document(tx: Transaction, call: Call, conversation: StoredConversation, changes: Fields) -> None:
    """Change some fields of a conversation's document; the others stay what they are."""
    data = fields_of(tx.object(conversation.document_id).data) | changes
    tx.update_document(conversation.document_id, orjson.dumps(data), at=call.now)


def require_open(tx: Transaction, conversation: StoredConversation) -> None:
    """Insist that a conversation is not closed.

    One that is can be read, left and deleted, and its messages and participants can be removed; nothing is added to it,
    and nothing in it changed.

    Raises:
        Refusal: 403.
    """
    if state_of(fields_of(tx.object(conversation.document_id).data)) == "closed":
        raise Refusal(403, 50377, "The conversation is closed")


def _unique_name(call: Call, name: object) -> str | None:
    """Check a unique name."""
    if name is None:
        return None
    text = check_text("unique_name", name, length=call.service.options.limits.name_length, least=1)
    if text.startswith("CH") and len(text) == _SID_LENGTH:
        raise Refusal(400, 50390, "unique_name must not look like the sid of a conversation")
    return text


def _check_free(tx: Transaction, unique_name: str | None) -> None:
    """Refuse a unique name that is taken."""
    if unique_name is not None and tx.conversation_by_unique_name(unique_name) is not None:
        raise Refusal(409, 50353, "Conversation with provided unique name already exists")


ROUTES = (
    Route("POST", _CONVERSATIONS, _create, mutates=True),
    Route("GET", _CONVERSATION, _read),
    Route("POST", _CONVERSATION, _update, mutates=True),
    Route("DELETE", _CONVERSATION, _delete, mutates=True),
)
