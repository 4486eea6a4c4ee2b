"""What the service holds, read from its store, said as the clients say it."""

from __future__ import annotations

from typing import Any

import orjson

import rxconvo
from rxconvo.server.storage import Transaction

Plain = dict[str, Any]


async def held(service: rxconvo.Service, identity: str) -> Plain:
    """Return the view that a client of *identity* should have."""
    store = service._running.engine._store
    view: Plain = await store.run(lambda tx: _view(tx, identity), lambda view: view)
    return view


def _view(tx: Transaction, identity: str) -> Plain:
    user = tx.user(identity)
    assert user is not None
    info = {
        item.key: orjson.loads(item.data)["value"] for item in tx.items(user.info_id).items if b"value" in item.data
    }
    return {
        "user": {
            "identity": identity,
            "friendlyName": info["friendlyName"],
            "attributes": orjson.loads(info["attributes"]),
        },
        "conversations": {
            str(item.key): _conversation(tx, str(item.key), orjson.loads(item.data))
            for item in tx.items(user.channels_id).items
        },
    }


def _conversation(tx: Transaction, sid: str, mine: Plain) -> Plain:
    stored = tx.conversation(sid)
    assert stored is not None
    document = orjson.loads(tx.object(stored.document_id).data)
    newest = document.get("lastMessage")
    horizon = mine["lastConsumedMessageIndex"]
    messages: list[Plain] = []
    start: int | str | None = None
    while True:
        page = tx.items(stored.messages_id, start=start)
        messages += (_message(int(item.key), orjson.loads(item.data)) for item in page.items)
        if not page.has_next:
            break
        start = messages[-1]["index"] + 1
    participants = [_participant(str(item.key), orjson.loads(item.data)) for item in tx.items(stored.roster_id).items]
    return {
        "sid": sid,
        "friendlyName": document["friendlyName"],
        "uniqueName": document["uniqueName"],
        "attributes": orjson.loads(document["attributes"]),
        "createdBy": document["createdBy"],
        "dateCreated": document["dateCreated"],
        "dateUpdated": document["dateUpdated"],
        "state": document["state"]["current"],
        "lastMessage": {"index": newest["index"], "dateCreated": newest["timestamp"]} if newest else None,
        "status": mine["status"],
        "lastReadMessageIndex": horizon,
        "notificationLevel": mine["notificationLevel"],
        "messages": messages,
        "participants": sorted(participants, key=lambda one: str(one["sid"])),
        "counts": {
            "messages": len(messages),
            "participants": len(participants),
            "unread": None if horizon is None else sum(message["index"] > horizon for message in messages),
        },
    }


def _message(index: int, item: Plain) -> Plain:
    return {
        "sid": item["sid"],
        "index": index,
        "author": item["author"],
        "body": item["text"],
        "subject": item["subject"],
        "attributes": orjson.loads(item["attributes"]),
        "dateCreated": item["timestamp"],
        "dateUpdated": item["dateUpdated"],
        "lastUpdatedBy": item["lastUpdatedBy"],
        "participantSid": item["memberSid"],
        "type": item.get("type", "text"),
    }


def _participant(sid: str, item: Plain) -> Plain:
    return {
        "sid": sid,
        "identity": item["identity"],
        "type": item["type"],
        "attributes": orjson.loads(item["attributes"]),
        "dateCreated": item["dateCreated"],
        "dateUpdated": item["dateUpdated"],
        "roleSid": item["roleSid"],
        "lastReadMessageIndex": item["lastConsumedMessageIndex"],
        "lastReadTimestamp": item["lastConsumptionTimestamp"],
        "bindings": item.get("bindings", {}),
    }
