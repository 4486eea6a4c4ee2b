"""What the service would know at a place of a recording, as far as the frames up to there have shown it.

Source: Sync; Twilsock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from rxconvo.errors import FramingError, PayloadError
from rxconvo.recordings.addresses import SUBSCRIPTIONS, SyncAddress, request_key, sync_address
from rxconvo.recordings.files import Entry, Note
from rxconvo.recordings.replicas import MirroredObject
from rxconvo.sync import Kind
from rxconvo.sync.decoding import (
    DocumentRemoved,
    DocumentUpdated,
    ItemEvent,
    ItemRemovedEvent,
    ListItemAdded,
    ListItemRemoved,
    ListItemUpdated,
    ListRemoved,
    MapItemAdded,
    MapItemRemoved,
    MapItemUpdated,
    MapRemoved,
    SubscriptionCanceled,
    SubscriptionEstablished,
    SubscriptionFailed,
    decode_descriptor,
    decode_notification,
    decode_page,
)
from rxconvo.types import Sid
from rxconvo.wire import Close, Init, Notification, Packet, Reply, Request, Update, decode

__all__ = ["Mirror", "Subscribing", "decoded", "subscribing"]

_MAX_REPLIES: Final = 10_000  # answers to other requests that are remembered, the oldest go first
_TYPING: Final = "twilio.ipmsg.typing_indicator"


class _Asked(msgspec.Struct, frozen=True):
    object_sid: Sid
    object_type: str = ""
    last_event_id: int | None = None


class Subscribing(msgspec.Struct, frozen=True):
    """The body of a request for subscriptions, or for their end."""

    action: str
    correlation_id: int
    requests: list[_Asked]


_read_subscribing: Final = msgspec.json.Decoder(Subscribing).decode


def subscribing(payload: bytes) -> Subscribing | None:
    """Read the body of a request for subscriptions; None if it is none."""
    with suppress(msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _read_subscribing(payload)
    return None


def decoded(message: bytes) -> Packet | None:
    """Read a frame; None if it is no packet."""
    with suppress(FramingError):
        return decode(message)
    return None


class Mirror:
    """The service of a recording.

    Attributes:
        open: Whether there is a socket.
        live: Whether the service has accepted the client on it.
        epoch: Of the service's store, or None.
        asked: Packets of the recorded client that were not answered yet, by id.
        standing: Sids of the objects whose changes come.
        asking: Sids of those whose subscriptions were asked for, and not answered yet.
        released: Sids of those that the recorded client had open, and has let go.
        lapsed: Sids of those to which something has happened that nobody knows of.
    """

    def __init__(self) -> None:
        self.open = False
        self.live = False
        self.epoch: str | None = None
        self.asked: dict[str, Packet] = {}
        self.standing: set[Sid] = set()
        self.asking: set[Sid] = set()
        self.released: set[Sid] = set()
        self.lapsed: set[Sid] = set()
        self._objects: dict[Sid, MirroredObject] = {}
        self._names: dict[tuple[Kind, str], Sid] = {}
        self._replies: dict[str, Reply] = {}
        self._events: Mapping[type, Callable[[Any], None]] = {
            ListItemAdded: self._item_added,
            MapItemAdded: self._item_added,
            ListItemUpdated: self._item_updated,
            MapItemUpdated: self._item_updated,
            ListItemRemoved: self._item_removed,
            MapItemRemoved: self._item_removed,
            DocumentUpdated: self._document_updated,
            ListRemoved: self._object_removed,
            MapRemoved: self._object_removed,
            DocumentRemoved: self._object_removed,
            SubscriptionEstablished: self._established,
            SubscriptionCanceled: self._ended,
            SubscriptionFailed: self._failed,
        }

    # -- out ---------------------------------------------------------------------------------------------------------

    def find(self, address: SyncAddress) -> MirroredObject | None:
        """Return the object at an address, by unique name or sid."""
        found = self._objects.get(self._names.get((address.kind, address.name), address.name))
        return found if found is not None and found.kind is address.kind else None

    def object(self, sid: Sid) -> MirroredObject | None:
        """Return an object."""
        return self._objects.get(sid)

    def reply(self, key: str) -> Reply | None:
        """Return the newest answer to such a request."""
        return self._replies.get(key)

    def awaits(self, key: str) -> bool:
        """Tell whether the recorded client has made such a request, and waits for its answer."""
        return any(
            isinstance(packet, Request) and request_key(packet.http_request) == key for packet in self.asked.values()
        )

    # -- in ----------------------------------------------------------------------------------------------------------

    def take(self, entry: Entry) -> None:
        """Take what happened next."""
        if isinstance(entry, Note):
            self.noted(entry)
        elif (packet := decoded(entry.data)) is not None:
            if entry.sent:
                self.sent(packet)
            else:
                self.received(packet)

    def noted(self, note: Note) -> None:
        """Take a note."""
        match note.note:
            case "connected":
                self._disconnected()
                self.open = True
            case "ready":
                self.open = self.live = True
                self.epoch = note.epoch
            case "lost":
                self._disconnected()
            case "keyframe":
                self.open = self.live = True
                self.epoch = note.epoch
                self.standing = set(note.standing or ())
            case _:
                pass

    def sent(self, packet: Packet) -> None:
        """Take what the recorded client has sent."""
        if isinstance(packet, Init | Update | Request):
            self.asked[packet.id] = packet
        if isinstance(packet, Request) and packet.http_request.path == SUBSCRIPTIONS:
            body = subscribing(packet.payload)
            sids = {asked.object_sid for asked in body.requests} if body is not None else set[Sid]()
            if body is not None and body.action == "establish":
                self.asking |= sids
                self.released -= sids
            else:
                self.asking -= sids
                self.standing -= sids
                self.released |= sids

    def received(self, packet: Packet) -> None:
        """Take what the service has sent."""
        match packet:
            case Reply():
                self._replied(packet)
            case Notification() if packet.message_type != _TYPING:
                with suppress(PayloadError):
                    notification: object = decode_notification(packet.payload)
                    self._events.get(type(notification), _ignore)(notification)
            case Close():
                self.open = self.live = False
            case _:
                pass

    def _disconnected(self) -> None:
        self.open = self.live = False
        self.asked.clear()
        self.asking.clear()
        self.standing.clear()

    def _replied(self, reply: Reply) -> None:
        match self.asked.pop(reply.id, None):
            case Init():
                self.live = reply.status.ok
                self.open = self.live
                if self.live and reply.epoch != self.epoch:
                    if self.epoch is not None:
                        self._forget_all()
                    self.epoch = reply.epoch
            case Request() as request if reply.http_status is not None:
                self._answered(request, reply)
            case _:
                pass

    def _answered(self, request: Request, reply: Reply) -> None:
        http = request.http_request
        address = sync_address(http)
        ok = reply.http_status is not None and reply.http_status.ok
        if address is None or not ok:
            if http.method == "GET":
                key = request_key(http)
                self._replies.pop(key, None)
                self._replies[key] = reply
                if len(self._replies) > _MAX_REPLIES:
                    del self._replies[next(iter(self._replies))]
            return
        with suppress(PayloadError):
            if address.query is None:
                self._described(address, reply.payload)
            elif (found := self.find(address)) is not None:
                page = decode_page(reply.payload)
                found.page_read(address.query, page.items, has_more=page.has_more)

    def _described(self, address: SyncAddress, payload: bytes) -> None:
        descriptor = decode_descriptor(payload)
        found = self._objects.get(descriptor.sid)
        if found is None:
            self._objects[descriptor.sid] = MirroredObject(address.kind, descriptor, payload)
        else:
            self.released.discard(found.sid)
            if address.name != found.sid:  # by its name it is opened, by its sid read for the recording
                found.reopened()
            if found.sid not in self.standing and descriptor.last_event_id > found.last_event_id:
                found.forget()
                self.lapsed.add(found.sid)
            found.described(descriptor, payload)
        for name in (address.name, descriptor.unique_name):
            if name is not None:
                self._names[address.kind, name] = descriptor.sid

    def _forget_all(self) -> None:
        self._objects.clear()
        self.released.clear()
        self._names.clear()
        self._replies.clear()

    # -- events ------------------------------------------------------------------------------------------------------

    def _item_added(self, notification: ListItemAdded | MapItemAdded) -> None:
        self._items_set(notification, added=True)

    def _item_updated(self, notification: ListItemUpdated | MapItemUpdated) -> None:
        self._items_set(notification, added=False)

    def _items_set(
        self, notification: ListItemAdded | MapItemAdded | ListItemUpdated | MapItemUpdated, *, added: bool
    ) -> None:
        for event in notification.each:
            found = self._holder(event)
            if found is not None:
                found.item_set(event.key, event.data, event.id, added=added)

    def _item_removed(self, notification: ListItemRemoved | MapItemRemoved) -> None:
        for event in notification.each:
            found = self._holder(event)
            if found is not None:
                found.item_removed(event.key, event.id)

    def _holder(self, event: ItemEvent | ItemRemovedEvent) -> MirroredObject | None:
        """Return the list or map of an event. Whoever tells of keys that it cannot have tells of nothing."""
        found = self._objects.get(event.sid)
        kind = Kind.LIST if isinstance(event.key, int) else Kind.MAP
        return found if found is not None and found.kind is kind else None

    def _document_updated(self, notification: DocumentUpdated) -> None:
        for event in notification.each:
            found = self._objects.get(event.sid)
            if found is not None:
                found.document_set(event.data, event.id)

    def _object_removed(self, notification: ListRemoved | MapRemoved | DocumentRemoved) -> None:
        for event in notification.each:
            self._drop(event.sid)

    def _established(self, notification: SubscriptionEstablished) -> None:
        for event in notification.each:
            if event.replay_status not in (None, "completed"):
                continue
            self.asking.discard(event.sid)
            self.standing.add(event.sid)
            found = self._objects.get(event.sid)
            if found is not None and event.last_event_id is not None:
                found.established(event.last_event_id)

    def _ended(self, notification: SubscriptionCanceled) -> None:
        for event in notification.each:
            if event.sid not in self.asking:
                self.standing.discard(event.sid)

    def _failed(self, notification: SubscriptionFailed) -> None:
        for event in notification.each:
            self.asking.discard(event.sid)
            if event.error is not None and event.error.status == 404:
                self._drop(event.sid)

    def _drop(self, sid: Sid) -> None:
        self._objects.pop(sid, None)
        self.standing.discard(sid)
        self.asking.discard(sid)


def _ignore(_: object) -> None:
    """Do nothing."""
