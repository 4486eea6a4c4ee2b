"""REST resources: views of the replicated objects, under the names that the REST interface gives their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import orjson

from rxconvo.errors import StoreError
from rxconvo.server.storage.records import Purpose

if TYPE_CHECKING:
    from rxconvo.server.access import Sight
    from rxconvo.server.call import Service
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import (
        StoredConversation,
        StoredItem,
        StoredObject,
        StoredReceipt,
        StoredUser,
    )
    from rxconvo.types import Sid

__all__ = [
    "Fields",
    "conversation_resource",
    "descriptor",
    "fields_of",
    "item_resource",
    "message_resource",
    "my_conversation_resource",
    "page_resource",
    "participant_resource",
    "receipt_resource",
    "state_of",
    "sync_names",
    "user_resource",
]

Fields = dict[str, object]
"""The members of one JSON object."""

_FIELDS = msgspec.json.Decoder(Fields)


def fields_of(data: bytes) -> Fields:
    """Decode the data of a document or item."""
    return _FIELDS.decode(data)


def state_of(document: Fields) -> object:
    """Return a conversation's state from its document: `active`, `inactive` or `closed`."""
    return msgspec.convert(document.get("state"), Fields).get("current")


def sync_names(conversation_sid: Sid) -> dict[str, str]:
    """Name the replicated objects of a conversation as resources do."""
    return {
        "conversation": Purpose.DOCUMENT.unique_name(conversation_sid),
        "participants": Purpose.ROSTER.unique_name(conversation_sid),
        "messages": Purpose.MESSAGES.unique_name(conversation_sid),
    }


def descriptor(service: Service, found: StoredObject) -> Fields:
    """Describe a replicated object. Source: Sync, open an object."""
    kind = found.purpose.kind
    url = service.urls.sync_object(kind, found.sid)
    resource: Fields = {
        "sid": found.sid,
        "unique_name": found.unique_name,
        "account_sid": service.keys.account_sid,
        "service_sid": service.keys.service_sid,
        "url": url,
        "revision": found.revision,
        "last_event_id": found.last_event_id,
        "date_created": found.date_created,
        "date_updated": found.date_updated,
        "date_expires": None,
        "created_by": "system",
        "type": kind,
    }
    if kind == "document":
        resource["data"] = orjson.Fragment(found.data)
    elif kind == "list":
        resource["links"] = {"items": f"{url}/Items", "context": f"{url}/Context"}
    else:
        resource["links"] = {"items": f"{url}/Items"}
    return resource


def item_resource(service: Service, found: StoredObject, item: StoredItem) -> Fields:
    """Describe an item of a list or map."""
    kind = found.purpose.kind
    return {
        ("index" if kind == "list" else "key"): item.key,
        "url": service.urls.sync_item(kind, found.sid, item.key),
        "revision": item.revision,
        "last_event_id": item.last_event_id,
        "date_created": item.date_created,
        "date_updated": item.date_updated,
        "date_expires": None,
        "data": orjson.Fragment(item.data),
        "created_by": "system",
        f"{kind}_sid": found.sid,
    }


def page_resource(name: str, elements: list[Fields], *, after: str | None, before: str | None) -> Fields:
    """Make a page of a list.

    Args:
        name: What the elements are called.
        elements: The elements.
        after: Token of the next page, or None at the end.
        before: Token of the previous page, or None at the start.
    """
    return {name: elements, "meta": {"next_token": after, "previous_token": before}}


def conversation_resource(tx: Transaction, sight: Sight) -> Fields:
    """Describe a conversation to somebody who sees it. Source: Conversations, conversation, resource."""
    service, conversation = sight.service, sight.conversation
    document = fields_of(tx.object(conversation.document_id).data)
    url = service.urls.conversation(conversation.sid)
    resource: Fields = {
        "account_sid": service.keys.account_sid,
        "chat_service_sid": service.keys.service_sid,
        "sid": conversation.sid,
        "friendly_name": document.get("friendlyName"),
        "unique_name": conversation.unique_name,
        "attributes": document.get("attributes"),
        "created_by": conversation.created_by,
        "date_created": document.get("dateCreated"),
        "date_updated": document.get("dateUpdated"),
        "state": state_of(document),
        "messages_count": tx.object(conversation.messages_id).count,
        "participants_count": tx.object(conversation.roster_id).count,
        "url": url,
        "links": {"self": url, "participants": f"{url}/Participants", "messages": f"{url}/Messages"},
        "sync_objects": sync_names(conversation.sid),
    }
    if document.get("bindings"):
        resource["bindings"] = document["bindings"]
    if sight.member is not None:
        resource |= {"status": "joined", "notification_level": _mine(tx, sight).get("notificationLevel")}
    return resource


def my_conversation_resource(tx: Transaction, sight: Sight, user: StoredUser) -> Fields:
    """Describe a conversation as one of a user's own. Source: Conversations, user conversation resource."""
    conversation = sight.conversation
    resource = conversation_resource(tx, sight)
    resource["url"] = f"{sight.service.urls.user_conversations(user.sid)}/{conversation.sid}"
    resource |= {"conversation_sid": conversation.sid, "user_sid": user.sid}
    horizon: object = None
    if sight.member is None:
        resource |= {"status": "notParticipating", "notification_level": None}
    else:
        horizon = _mine(tx, sight).get("lastConsumedMessageIndex")
    return resource | {
        "participant_sid": None if sight.member is None else sight.member.participant_sid,
        "last_read_message_index": horizon,
        "unread_messages_count": tx.count_after(conversation.messages_id, horizon)
        if isinstance(horizon, int)
        else None,
    }


def participant_resource(
    service: Service, conversation: StoredConversation, participant_sid: Sid, data: Fields
) -> Fields:
    """Describe a participant, from its roster item. Source: Conversations, participants, resource."""
    kind = str(data.get("type"))
    bindings = msgspec.convert(data.get("bindings", {}), dict[str, Fields])
    binding = bindings.get(kind)
    return {
        "account_sid": service.keys.account_sid,
        "chat_service_sid": service.keys.service_sid,
        "conversation_sid": conversation.sid,
        "role_sid": data.get("roleSid"),
        "sid": participant_sid,
        "attributes": data.get("attributes"),
        "date_created": data.get("dateCreated"),
        "date_updated": data.get("dateUpdated"),
        "identity": data.get("identity"),
        "messaging_binding": None if binding is None else {"type": kind, **binding},
        "url": service.urls.participant(conversation.sid, participant_sid),
        "links": {"conversation": service.urls.conversation(conversation.sid)},
    }


def message_resource(service: Service, conversation: StoredConversation, index: object, data: Fields) -> Fields:
    """Describe a message, from its list item. Source: Conversations, messages, resource."""
    url = service.urls.message(conversation.sid, str(data["sid"]))
    return {
        "account_sid": service.keys.account_sid,
        "chat_service_sid": service.keys.service_sid,
        "conversation_sid": conversation.sid,
        "sid": data["sid"],
        "index": index,
        "attributes": data.get("attributes"),
        "author": data.get("author"),
        "participant_sid": data.get("memberSid"),
        "body": data.get("text"),
        "subject": data.get("subject"),
        "date_created": data.get("timestamp"),
        "date_updated": data.get("dateUpdated"),
        "url": url,
        "media": _attached(data.get("medias")),
        "links": {
            "conversation": service.urls.conversation(conversation.sid),
            "messages_receipts": f"{url}/Receipts",
        },
    }


def _attached(items: object) -> list[Fields] | None:
    """Describe the media of a message, from its list item."""
    if items is None:
        return None
    return [
        {
            "sid": item["sid"],
            "size": item["size"],
            "content_type": item["contentType"],
            "filename": item["filename"],
        }
        for item in msgspec.convert(items, list[Fields])
    ]


def receipt_resource(receipt: StoredReceipt) -> Fields:
    """Describe a receipt. Source: Conversations, delivery receipts, detailed."""
    return {
        "sid": receipt.sid,
        "message_sid": receipt.message_sid,
        "conversation_sid": receipt.conversation_sid,
        "channel_message_sid": receipt.channel_message_sid,
        "participant_sid": receipt.participant_sid,
        "status": receipt.status,
        "error_code": receipt.error_code,
        "date_created": receipt.date_created,
        "date_updated": receipt.date_updated,
    }


def user_resource(tx: Transaction, service: Service, user: StoredUser) -> Fields:
    """Describe a user, from the info map. Source: Conversations, users, resource."""
    name, attributes, reachability = (
        tx.item(user.info_id, key) for key in ("friendlyName", "attributes", "reachability")
    )
    if name is None or attributes is None or reachability is None:
        message = "a user's info map is not complete"
        raise StoreError(message)
    url = service.urls.user(user.sid)
    reachable = fields_of(reachability.data)
    return {
        "sid": user.sid,
        "identity": user.identity,
        "friendly_name": fields_of(name.data).get("value"),
        "attributes": fields_of(attributes.data).get("value"),
        "account_sid": service.keys.account_sid,
        "chat_service_sid": service.keys.service_sid,
        "date_created": user.date_created,
        "date_updated": max(name.date_updated, attributes.date_updated),
        "is_online": reachable.get("online"),
        "is_notifiable": reachable.get("notifiable"),
        "url": url,
        "links": {"user_conversations": f"{url}/Conversations"},
        "sync_objects": {"user_info_map": Purpose.USER_INFO.unique_name(user.sid)},
    }


def _mine(tx: Transaction, sight: Sight) -> Fields:
    """Read the own channels item of a member: horizon and notification level."""
    user = tx.user(sight.identity)
    item = None if user is None else tx.item(user.channels_id, sight.conversation.sid)
    return {} if item is None else fields_of(item.data)
