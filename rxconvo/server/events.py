"""Changes as the events that tell clients of them. Each is encoded once, however many receive it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from rxconvo.wire import Notification, encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rxconvo.server.broker import Broker
    from rxconvo.server.call import Service
    from rxconvo.server.storage.records import StoredChange, StoredObject
    from rxconvo.types import JSONInput

__all__ = ["broadcast", "encode_change", "encode_established", "encode_sync", "encode_typing"]

_SYNC = "twilio.sync.event"
_TYPING = "twilio.ipmsg.typing_indicator"
_VERSION = 4


def broadcast(service: Service, broker: Broker, changes: Iterable[StoredChange]) -> None:
    """Send changes, in order, to all that are subscribed to their objects; who is not costs nothing.

    An object whose removal was told is forgotten.
    """
    for change in changes:
        if broker.heard(change.object_sid):
            broker.publish(change.object_sid, encode_change(service, change))
            if change.key is None and change.event_type.endswith("_removed"):
                broker.forget(change.object_sid)


def encode_change(service: Service, change: StoredChange, correlation_id: int | None = None) -> bytes:
    """Encode one change as a notification.

    Args:
        service: Whose.
        change: What happened.
        correlation_id: That of the request, in a replay.

    Source: Sync, events.
    """
    kind = change.event_type.partition("_")[0]
    event: dict[str, object] = {"id": change.id, f"{kind}_sid": change.object_sid}
    data = None if change.data is None else orjson.Fragment(change.data)
    if change.key is not None:
        event |= {f"{kind}_unique_name": change.unique_name, f"{kind}_revision": change.revision}
        event["item_index" if kind == "list" else "item_key"] = change.key
        if data is not None:
            event["item_data"] = data
        event |= {"date_created": change.date, "date_expires": None}
        if not change.event_type.endswith("_removed"):
            event["item_url"] = service.urls.sync_item(kind, change.object_sid, change.key)
            event["item_revision"] = change.revision
    elif change.event_type == "document_updated":
        event |= {"document_unique_name": change.unique_name, "document_revision": change.revision}
        event |= {"document_data": data, "date_created": change.date}
    else:
        event["date_created"] = change.date
    return encode_sync(service, change.event_type, [event], correlation_id)


def encode_sync(
    service: Service, event_type: str, events: list[dict[str, object]], correlation_id: int | None = None
) -> bytes:
    """Encode a Sync notification.

    Args:
        service: Whose.
        event_type: What it tells.
        events: About which objects or items.
        correlation_id: That of the request it belongs to, or None.
    """
    payload: dict[str, object] = {"event_type": event_type}
    if correlation_id is not None:
        payload["correlation_id"] = correlation_id
    payload |= {"event_protocol_version": _VERSION, "events": events}
    return encode(Notification(f"TM{service.ids()}", _SYNC, payload=orjson.dumps(payload)))


def encode_established(service: Service, objects: Iterable[StoredObject], correlation_id: int) -> bytes:
    """Encode that subscriptions stand, and from which event on."""
    events: list[dict[str, object]] = [
        {
            "object_sid": found.sid,
            "object_type": found.purpose.kind,
            "replay_status": "completed",
            "last_event_id": found.last_event_id,
        }
        for found in objects
    ]
    return encode_sync(service, "subscription_established", events, correlation_id)


def encode_typing(service: Service, signal: dict[str, JSONInput]) -> bytes:
    """Encode that somebody is typing."""
    return encode(Notification(f"TM{service.ids()}", _TYPING, payload=orjson.dumps(signal)))
