"""Participants: joining and adding, changing, leaving and removing."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import orjson

from rxconvo.server.access import Sight, object_sids, see
from rxconvo.server.api.conversations import require_open
from rxconvo.server.auth import is_identity
from rxconvo.server.call import created, no_content, ok
from rxconvo.server.checks import check_attributes, check_text, is_object
from rxconvo.server.people import ensure_user
from rxconvo.server.refusals import Refusal, bad_request
from rxconvo.server.resources import Fields, fields_of, participant_resource
from rxconvo.server.roles import Right
from rxconvo.server.router import Route
from rxconvo.server.storage.records import Purpose, StoredMember

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call, Live
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredConversation, StoredUser
    from rxconvo.types import Identity, Sid

__all__ = ["ROUTES"]

_PARTICIPANTS = "/Client/v2/Services/{service}/Conversations/{conversation}/Participants"
_PARTICIPANT = f"{_PARTICIPANTS}/{{participant}}"
_TELEPHONE = r"\+?[0-9]{1,15}"
_ADDRESSES = {
    "sms": re.compile(_TELEPHONE),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "whatsapp": re.compile(rf"whatsapp:{_TELEPHONE}"),
    "messenger": re.compile(r"messenger:\S+"),
    "apple": re.compile(r"apple:\S+"),
    "rcs": re.compile(r"rcs:\S+"),
    "viber": re.compile(r"viber:\S+"),
}
"""What an address must look like, by kind of participant. Only two kinds have no prefix that names them."""


def _add(tx: Transaction, call: Call) -> Answer:
    """Add a participant: oneself, another user, or somebody who is reached by an address."""
    body = call.json()
    identity, binding = body.get("identity"), body.get("messaging_binding")
    joins = identity == call.identity and binding is None
    sight = see(tx, call, Right.JOIN if joins else Right.ADD_PARTICIPANT)
    require_open(tx, sight.conversation)
    limits = call.service.options.limits
    attributes = check_attributes("attributes", body.get("attributes", "{}"), limits, size=limits.attributes)
    if tx.object(sight.conversation.roster_id).count >= limits.participants:
        raise Refusal(403, 50417, f"A conversation has at most {limits.participants} participants")
    if binding is not None:
        if identity is not None:
            raise bad_request("identity", "absent where there is a messaging_binding")
        return _add_address(tx, call, sight, binding, attributes)
    if not is_identity(identity):
        raise bad_request("identity", "text of 1 to 256 characters without control characters")
    if tx.member(sight.conversation.sid, identity) is not None:
        raise Refusal(409, 50433, "Participant already exists")
    user = ensure_user(tx, call, identity)
    if tx.object(user.channels_id).count >= limits.conversations:
        raise Refusal(403, 50214, f"A user is in at most {limits.conversations} conversations")
    fields: Fields = {"type": "chat", "userInfo": Purpose.USER_INFO.unique_name(user.sid)}
    answer = _enter(tx, call, sight.conversation, attributes, fields, identity=identity)
    _list(tx, call, sight.conversation, user)
    return answer


def _add_address(tx: Transaction, call: Call, sight: Sight, binding: object, attributes: str) -> Answer:
    """Add a participant without an identity.

    An address and a proxy address together are one participant's within a conversation. In others they may be used,
    too: a refusal would tell of conversations that the asker does not see.
    """
    if not is_object(binding):
        raise bad_request("messaging_binding", "a JSON object")
    length = call.service.options.limits.identity_length
    fields: dict[str, str] = {}
    for name, least in (("address", 1), ("proxy_address", 1), ("name", 0), ("level", 0)):
        value = binding.get(name)
        if value is not None or least:
            fields[name] = check_text(f"messaging_binding.{name}", value, length=length, least=least)
    kind = _kind(fields["address"])
    if kind == "email":
        fields.setdefault("level", "to")
    if fields.get("level", "to") not in {"to", "cc"}:
        raise bad_request("messaging_binding.level", "to or cc")
    conversation = sight.conversation
    unique = orjson.dumps([conversation.sid, kind, fields["address"], fields["proxy_address"]]).decode()
    if tx.member_by_binding(unique) is not None:
        raise Refusal(409, 50416, "Participant with this binding already exists")
    limit = call.service.options.limits.non_chat_participants
    if sum(member.identity is None for member in tx.members(conversation.sid)) >= limit:
        raise Refusal(403, 50422, f"A conversation has at most {limit} participants without an identity")
    item: Fields = {"type": kind, "bindings": {kind: fields}}
    return _enter(tx, call, conversation, attributes, item, binding=unique)


def _kind(address: str) -> str:
    """Tell from an address how it is reached, and check that it can be."""
    kind = address.partition(":")[0]
    if ":" not in address or kind not in _ADDRESSES:
        kind = "email" if "@" in address else "sms"
    if not _ADDRESSES[kind].fullmatch(address):
        prefixes = ", ".join(f"{name}:" for name in _ADDRESSES if name not in {"sms", "email"})
        expected = f"a telephone number like +15005550001, an e-mail address, or one of {prefixes} and an address"
        raise bad_request("messaging_binding.address", expected)
    return kind


def _enter(
    tx: Transaction,
    call: Call,
    conversation: StoredConversation,
    attributes: str,
    fields: Fields,
    *,
    identity: Identity | None = None,
    binding: str | None = None,
) -> Answer:
    """Write a new participant into the roster."""
    sid, role_sid = call.sid("MB"), call.service.role_sid
    data: Fields = {
        "identity": identity,
        "attributes": attributes,
        "dateCreated": call.now,
        "dateUpdated": call.now,
        "roleSid": role_sid,
        "lastConsumedMessageIndex": None,
        "lastConsumptionTimestamp": None,
        **fields,
    }
    member = StoredMember(
        conversation_sid=conversation.sid,
        participant_sid=sid,
        identity=identity,
        binding=binding,
        role_sid=role_sid,
    )
    tx.add_member(member)
    tx.put_map_item(conversation.roster_id, sid, orjson.dumps(data), at=call.now)
    return created(participant_resource(call.service, conversation, sid, data))


def _list(tx: Transaction, call: Call, conversation: StoredConversation, user: StoredUser) -> None:
    """Put a conversation on a user's list, with the last events before: what comes after them concerns the user."""
    sid = conversation.sid
    data: Fields = {
        "channel_sid": sid,
        "status": "joined",
        "channel": Purpose.DOCUMENT.unique_name(sid),
        "messages": Purpose.MESSAGES.unique_name(sid),
        "roster": Purpose.ROSTER.unique_name(sid),
        "lastConsumedMessageIndex": None,
        "notificationLevel": "default",
        "since": {
            "messages": tx.object(conversation.messages_id).last_event_id,
            "roster": tx.object(conversation.roster_id).last_event_id,
        },
    }
    tx.put_map_item(user.channels_id, sid, orjson.dumps(data), at=call.now)


def _find(tx: Transaction, call: Call, sight: Sight) -> StoredMember:
    """Find the participant of the path, by sid or identity."""
    name, sid = call.path["participant"], sight.conversation.sid
    member = tx.member_by_participant(sid, name) or tx.member(sid, name)
    if member is None:
        raise Refusal(404, 50432, "Participant not found")
    return member


def _update(tx: Transaction, call: Call) -> Answer:
    """Change a participant's attributes."""
    sight = see(tx, call, Right.EDIT_PARTICIPANT)
    require_open(tx, sight.conversation)
    member = _find(tx, call, sight)
    body, limits = call.json(), call.service.options.limits
    if "attributes" not in body:
        raise bad_request("body", "an object with attributes")
    attributes = check_attributes("attributes", body["attributes"], limits, size=limits.attributes)
    data = edit_participant(tx, call, sight.conversation, member, {"attributes": attributes, "dateUpdated": call.now})
    return ok(participant_resource(call.service, sight.conversation, member.participant_sid, data))


def edit_participant(
    tx: Transaction, call: Call, conversation: StoredConversation, member: StoredMember, changes: Fields
) -> Fields:
    """Change some fields of a roster item and return all of them."""
    item = tx.item(conversation.roster_id, member.participant_sid)
    data = ({} if item is None else fields_of(item.data)) | changes
    tx.update_item(conversation.roster_id, member.participant_sid, orjson.dumps(data), at=call.now)
    return data


def _remove(tx: Transaction, call: Call) -> Answer:
    """Leave, or remove a participant: from the roster first, then the conversation from the user's list."""
    sight = see(tx, call)
    if sight.member is None:
        sight.require(Right.REMOVE_PARTICIPANT)
    member = _find(tx, call, sight)
    sight.require(Right.LEAVE if member == sight.member else Right.REMOVE_PARTICIPANT)
    conversation = sight.conversation
    tx.remove_item(conversation.roster_id, member.participant_sid, at=call.now)
    tx.remove_member(conversation.sid, member.participant_sid)
    user = None if member.identity is None else tx.user(member.identity)
    if user is not None:
        tx.remove_item(user.channels_id, conversation.sid, at=call.now)
        if user.identity != conversation.created_by:
            sids = object_sids(tx, conversation)
            call.effects.append(partial(_revoke, identity=user.identity, sids=sids))
    return no_content()


def _revoke(live: Live, *, identity: Identity, sids: list[Sid]) -> None:
    """Let somebody hear no more of a conversation. Runs right after the removal was told, with nothing in between."""
    live.broker.revoke(identity, sids)


ROUTES = (
    Route("POST", _PARTICIPANTS, _add, mutates=True),
    Route("POST", _PARTICIPANT, _update, mutates=True),
    Route("DELETE", _PARTICIPANT, _remove, mutates=True),
)
