"""A user's own conversations: the list, and what only concerns this user of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from rxconvo.server.access import Sight, see, see_conversation
from rxconvo.server.api.participants import edit_participant
from rxconvo.server.call import ok
from rxconvo.server.people import ensure_user
from rxconvo.server.refusals import bad_request, forbidden
from rxconvo.server.resources import Fields, fields_of, my_conversation_resource, page_resource
from rxconvo.server.roles import Right
from rxconvo.server.router import Route

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredUser

__all__ = ["ROUTES"]

_LIST = "/Client/v2/Services/{service}/Users/{user}/Conversations"
_ONE = f"{_LIST}/{{conversation}}"
_PAGE_SIZE = 50
_MAX_INDEX = 2**53
_TOKEN_LENGTH = 64


def _self(tx: Transaction, call: Call) -> StoredUser:
    """Find the asking user, who must be the one of the path."""
    user = ensure_user(tx, call, call.identity)
    if call.path["user"] not in {user.sid, user.identity}:
        raise forbidden("see the conversations of others")
    return user


def _read_all(tx: Transaction, call: Call) -> Answer:
    """List the conversations the user is in, ordered by sid. Source: Conversations, my conversations, REST list."""
    user = _self(tx, call)
    size = min(call.whole_number("PageSize", least=1) or _PAGE_SIZE, call.service.options.limits.page_items)
    after = call.query.get("PageToken", "")
    if len(after) > _TOKEN_LENGTH:
        raise bad_request("PageToken", "the token of a page")
    # One more than shown tells whether there is a next page.
    memberships = tx.memberships(call.identity, after=after, limit=size + 1)
    elements: list[Fields] = []
    for membership in memberships[:size]:
        conversation = tx.conversation(membership.conversation_sid)
        sight = None if conversation is None else see_conversation(tx, call.service, conversation, call.identity)
        if sight is not None:
            elements.append(my_conversation_resource(tx, sight, user))
    following = memberships[size - 1].conversation_sid if len(memberships) > size else None
    return ok(page_resource("conversations", elements, after=following, before=None))


def _read(tx: Transaction, call: Call) -> Answer:
    """Describe one of them, by sid or unique name."""
    user = _self(tx, call)
    return ok(my_conversation_resource(tx, see(tx, call), user))


def _update(tx: Transaction, call: Call) -> Answer:
    """Set the read horizon or the notification level."""
    user = _self(tx, call)
    sight = see(tx, call)
    member = sight.require_member(Right.SET_HORIZON)
    body = call.json()
    changes: Fields = {}
    if "notification_level" in body:
        level = body["notification_level"]
        if level not in ("default", "muted"):
            raise bad_request("notification_level", "default or muted")
        changes["notificationLevel"] = level
    if "last_read_message_index" in body:
        changes["lastConsumedMessageIndex"] = _horizon(body["last_read_message_index"])
    if not changes:
        raise bad_request("body", "an object with last_read_message_index or notification_level")
    _edit_item(tx, call, sight, user, changes)
    if "lastConsumedMessageIndex" in changes:
        horizon = changes["lastConsumedMessageIndex"]
        fields: Fields = {"lastConsumedMessageIndex": horizon, "lastConsumptionTimestamp": call.now}
        edit_participant(tx, call, sight.conversation, member, fields)
    return ok(my_conversation_resource(tx, sight, user))


def _horizon(value: object) -> int | None:
    """Check a read horizon."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_INDEX:
        raise bad_request("last_read_message_index", "a whole number from 0, or null")
    return value


def _edit_item(tx: Transaction, call: Call, sight: Sight, user: StoredUser, changes: Fields) -> None:
    """Change some fields of the user's channels item."""
    sid = sight.conversation.sid
    item = tx.item(user.channels_id, sid)
    data = ({} if item is None else fields_of(item.data)) | changes
    tx.update_item(user.channels_id, sid, orjson.dumps(data), at=call.now)


ROUTES = (
    Route("GET", _LIST, _read_all),
    Route("GET", _ONE, _read),
    Route("POST", _ONE, _update, mutates=True),
)
