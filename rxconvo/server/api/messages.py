"""Messages: sending, changing and removing them, with the conversation's last message kept true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from rxconvo.server.access import Sight, find_message, see
from rxconvo.server.api.conversations import edit_document, require_open
from rxconvo.server.call import created, no_content, ok
from rxconvo.server.checks import check_attributes, check_size, check_text
from rxconvo.server.limits import Limits
from rxconvo.server.media.attaching import attach, find_uploads, media_fields, store_text_media
from rxconvo.server.refusals import bad_request
from rxconvo.server.resources import Fields, fields_of, message_resource
from rxconvo.server.roles import Right
from rxconvo.server.router import Route
from rxconvo.server.templates import Rendered, check_variables, render

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredItem

__all__ = ["ROUTES"]

_MESSAGES = "/Client/v2/Services/{service}/Conversations/{conversation}/Messages"
_MESSAGE = f"{_MESSAGES}/{{message}}"


def _send(tx: Transaction, call: Call) -> Answer:
    """Send a message."""
    sight = see(tx, call)
    member = sight.require_member(Right.SEND_MESSAGE)
    require_open(tx, sight.conversation)
    body, limits = call.json(), call.service.options.limits
    uploads = find_uploads(tx, call, body.get("media_sids"))
    rendered = _rendered(tx, body, limits)
    subject = body.get("subject")
    if subject is not None:
        check_text("subject", subject, length=limits.subject_length)
    sid, conversation = call.sid("IM"), sight.conversation
    attach(tx, call, uploads, conversation_sid=conversation.sid, message_sid=sid)
    media = list(uploads)
    if rendered is not None:
        media.append(
            store_text_media(
                tx,
                call,
                rendered.text,
                content_type=rendered.content_type,
                conversation_sid=conversation.sid,
                message_sid=sid,
            )
        )
    data: Fields = {
        "sid": sid,
        **media_fields(media),
        "author": call.identity,
        "subject": subject,
        "contentSid": body.get("content_sid"),
        **_content(body, limits),
        "dateUpdated": call.now,
        "timestamp": call.now,
        "memberSid": member.participant_sid,
        "lastUpdatedBy": None,
    }
    data.setdefault("attributes", "{}")
    item = tx.add_list_item(conversation.messages_id, orjson.dumps(data), at=call.now, name=sid)
    edit_document(tx, call, conversation, {"lastMessage": {"index": item.key, "timestamp": call.now}})
    return created(message_resource(call.service, conversation, item.key, data))


def _rendered(tx: Transaction, body: Fields, limits: Limits) -> Rendered | None:
    """Make the content of a message from the template that it names, if it names one."""
    sid = body.get("content_sid")
    if sid is None:
        return None
    template = tx.template(check_text("content_sid", sid, length=limits.name_length))
    if template is None:
        raise bad_request("content_sid", "the sid of a content template")
    return render(template.data, check_variables("content_variables", body.get("content_variables", "{}"), limits))


def _content(body: Fields, limits: Limits) -> Fields:
    """Check what a message says."""
    content: Fields = {}
    if body.get("body") is not None:
        content["text"] = check_size("body", body["body"], size=limits.body)
    if "attributes" in body:
        content["attributes"] = check_attributes("attributes", body["attributes"], limits, size=limits.attributes)
    return content


def _find(tx: Transaction, call: Call, sight: Sight) -> tuple[StoredItem, Fields]:
    """Find the message of the path."""
    item = find_message(tx, sight.conversation, call.path["message"])
    return item, fields_of(item.data)


def _read(tx: Transaction, call: Call) -> Answer:
    """Describe a message."""
    sight = see(tx, call, Right.READ)
    item, data = _find(tx, call, sight)
    return ok(message_resource(call.service, sight.conversation, item.key, data))


def _update(tx: Transaction, call: Call) -> Answer:
    """Change a message's body or attributes, or both."""
    sight = see(tx, call, Right.READ)
    item, data = _find(tx, call, sight)
    own = data.get("author") == call.identity
    sight.require(Right.EDIT_OWN_MESSAGE if own else Right.EDIT_ANY_MESSAGE)
    require_open(tx, sight.conversation)
    changes = _content(call.json(), call.service.options.limits)
    if not changes:
        raise bad_request("body", "an object with body or attributes")
    data |= changes | {"dateUpdated": call.now, "lastUpdatedBy": call.identity}
    tx.update_item(sight.conversation.messages_id, item.key, orjson.dumps(data), at=call.now)
    return ok(message_resource(call.service, sight.conversation, item.key, data))


def _remove(tx: Transaction, call: Call) -> Answer:
    """Remove a message. If it was the newest, the one before it is now the last, or none is."""
    sight = see(tx, call, Right.READ)
    item, data = _find(tx, call, sight)
    own = data.get("author") == call.identity
    sight.require(Right.REMOVE_OWN_MESSAGE if own else Right.REMOVE_ANY_MESSAGE)
    conversation = sight.conversation
    newest = tx.newest_item(conversation.messages_id)
    tx.remove_item(conversation.messages_id, item.key, at=call.now)
    tx.forget_message(conversation.sid, call.path["message"])
    tx.remove_media_of(conversation.sid, call.path["message"])
    if newest is None or newest.key == item.key:
        newest = tx.newest_item(conversation.messages_id)
        last = None if newest is None else {"index": newest.key, "timestamp": fields_of(newest.data)["timestamp"]}
        edit_document(tx, call, conversation, {"lastMessage": last})
    return no_content()


ROUTES = (
    Route("POST", _MESSAGES, _send, mutates=True),
    Route("GET", _MESSAGE, _read),
    Route("POST", _MESSAGE, _update, mutates=True),
    Route("DELETE", _MESSAGE, _remove, mutates=True),
)
