"""A small service of replicated objects, and a line between it and a client's session."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import unquote

import orjson
import pytest

from rxconvo.errors import PayloadError
from rxconvo.sync import Change, Key, Kind, Replica, Session, SyncRequest

SYNC = "twilio.sync.event"
COLLECTIONS = {"Documents": Kind.DOCUMENT, "Lists": Kind.LIST, "Maps": Kind.MAP}
PREFIXES = {Kind.DOCUMENT: "ET", Kind.LIST: "ES", Kind.MAP: "MP"}
PAGE_CAP = 3


# ---- the service -----------------------------------------------------------------------------------------------------


@dataclass
class StoredItem:
    key: Key
    token: int  # which creation this is
    created: int
    changed: int
    value: int
    removed: bool = False

    @property
    def data(self) -> dict[str, int]:
        return {"token": self.token, "value": self.value}


@dataclass
class StoredObject:
    name: str
    kind: Kind
    sid: str
    last_event_id: int = 0
    value: int = 0
    items: dict[Key, StoredItem] = field(default_factory=dict[Key, StoredItem])

    @property
    def present(self) -> list[StoredItem]:
        return sorted((item for item in self.items.values() if not item.removed), key=lambda item: item.key)


@dataclass
class Packet:
    """What is on its way to the client: a notification, or the answer to a request."""

    payload: bytes
    request: SyncRequest | None = None
    status: int = 200


class Service:
    """Objects, and one connection. Replays as the protocol notes say: from the items' last changes, without a log."""

    def __init__(self) -> None:
        self.serial = count(1)
        self.objects: dict[str, StoredObject] = {}
        self.subscribed: set[str] = set()
        self.events: deque[Packet] = deque()
        self.answers: list[Packet] = []
        self.interruptions = 0  # how many of the next replays stop half-way
        self.refuse = False  # the next request
        self.ttl = 0

    def make(self, name: str, kind: Kind) -> StoredObject:
        made = self.objects[name] = StoredObject(name, kind, f"{PREFIXES[kind]}{next(self.serial):032x}")
        return made

    def find(self, name_or_sid: str) -> StoredObject | None:
        return next((found for found in self.objects.values() if name_or_sid in {found.name, found.sid}), None)

    def cut(self) -> None:
        self.subscribed.clear()
        self.events.clear()
        self.answers.clear()

    # ---- changes

    def put(self, name: str, key: Key | None = None, *, step: int = 1) -> None:
        """Change a document, or add or change an item."""
        found = self.objects[name]
        found.last_event_id += step
        event = found.last_event_id
        if key is None:
            found.value = next(self.serial)
            self.publish(found, "document_updated", document_event(found))
            return
        item = found.items.get(key)
        if item is None or item.removed:
            item = found.items[key] = StoredItem(key, next(self.serial), event, event, next(self.serial))
            self.publish(found, f"{found.kind.value}_item_added", item_event(found, item))
        else:
            item.changed, item.value = event, next(self.serial)
            self.publish(found, f"{found.kind.value}_item_updated", item_event(found, item))

    def take_out(self, name: str, key: Key, *, step: int = 1) -> None:
        """Remove an item."""
        found = self.objects[name]
        found.last_event_id += step
        item = found.items[key]
        item.changed, item.removed = found.last_event_id, True
        self.publish(found, f"{found.kind.value}_item_removed", item_event(found, item))

    def remove(self, name: str) -> None:
        """Remove a whole object."""
        found = self.objects.pop(name)
        kind = found.kind.value
        self.publish(found, f"{kind}_removed", {"id": found.last_event_id + 1, f"{kind}_sid": found.sid})
        self.subscribed.discard(found.sid)

    def publish(self, found: StoredObject, event_type: str, event: dict[str, object]) -> None:
        if found.sid in self.subscribed:
            self.notify(event_type, event)

    def notify(self, event_type: str, event: dict[str, object], correlation: int | None = None) -> None:
        packet: dict[str, object] = {"event_type": event_type, "event_protocol_version": 4}
        if correlation is not None:
            packet["correlation_id"] = correlation
        if len(self.events) % 2:
            packet["event"] = event
        else:
            packet["events"] = [event]
        self.events.append(Packet(orjson.dumps(packet)))

    # ---- requests

    def handle(self, request: SyncRequest) -> None:
        if self.refuse:
            self.refuse = False
            self.answers.append(Packet(b"{}", request, 503))
        elif request.method == "POST":
            self.subscribe(orjson.loads(request.body))
            terms = {"estimated_delivery_in_ms": 10000, "max_batch_size": 2, "ttl_in_s": self.ttl}
            self.answers.append(Packet(orjson.dumps(terms), request, 202))
        else:
            status, body = self.get(unquote(request.path).split("/"), request.params)
            self.answers.append(Packet(orjson.dumps(body), request, status))

    def get(self, path: list[str], params: dict[str, str]) -> tuple[int, object]:
        found = self.find(path[3])
        if found is None or found.kind is not COLLECTIONS[path[2]]:
            return 404, {"status": 404, "code": 54100, "message": "not found"}
        if len(path) == 5:
            return 200, self.page(found, params)
        body: dict[str, object] = {
            "sid": found.sid,
            "unique_name": found.name,
            "last_event_id": found.last_event_id,
            "links": {"items": f"https://host/v3/{path[2]}/{found.sid}/Items"},
        }
        if found.kind is Kind.DOCUMENT:
            body["data"] = {"value": found.value}
        if params.get("Include") == "items":
            body["items"] = [row(found, item) for item in found.present]
        return 200, body

    def page(self, found: StoredObject, params: dict[str, str]) -> dict[str, object]:
        name, convert = ("Index", int) if found.kind is Kind.LIST else ("Key", str)
        if name in params:
            wanted = convert(params[name])
            return {"items": [row(found, item) for item in found.present if item.key == wanted], "meta": {}}
        items = found.present if params["Order"] == "asc" else found.present[::-1]
        before = len(items)
        if "From" in params:
            start: Any = convert(params["From"])
            items = [item for item in items if (item.key >= start) == (params["Order"] == "asc") or item.key == start]
        size = min(int(params["PageSize"]), PAGE_CAP)
        tokens = {
            "previous_token": "previous" if len(items) < before else None,
            "next_token": "next" if len(items) > size else None,
        }
        return {"items": [row(found, item) for item in items[:size]], "meta": tokens}

    def subscribe(self, body: dict[str, Any]) -> None:
        for asked in body["requests"]:
            sid, correlation = asked["object_sid"], body["correlation_id"]
            found = self.find(sid)
            if body["action"] == "cancel":
                self.subscribed.discard(sid)
                self.notify("subscription_canceled", {"object_sid": sid}, correlation)
            elif found is None:
                error = {"status": 404, "code": 54100, "message": "gone"}
                self.notify("subscription_failed", {"object_sid": sid, "error": error}, correlation)
            else:
                self.establish(found, asked["last_event_id"], correlation)

    def establish(self, found: StoredObject, last: int, correlation: int) -> None:
        events = missed(found, last)
        if self.interruptions:
            self.interruptions -= 1
            status, events = "interrupted", events[: len(events) // 2]
        else:
            status = "completed"
            self.subscribed.add(found.sid)
        for event_type, event in events:
            self.notify(event_type, event, correlation)
        answer = {"object_sid": found.sid, "replay_status": status, "last_event_id": found.last_event_id}
        self.notify("subscription_established", answer, correlation)


def missed(found: StoredObject, last: int) -> list[tuple[str, dict[str, object]]]:
    """Tell what is to be replayed from an event on."""
    if found.kind is Kind.DOCUMENT:
        return [("document_updated", document_event(found))] if found.last_event_id > last else []
    changed = sorted((item for item in found.items.values() if item.changed > last), key=lambda item: item.changed)
    result: list[tuple[str, dict[str, object]]] = []
    for item in changed:
        how = "removed" if item.removed else "added" if item.created > last else "updated"
        result.append((f"{found.kind.value}_item_{how}", item_event(found, item)))
    return result


def document_event(found: StoredObject) -> dict[str, object]:
    return {"id": found.last_event_id, "document_sid": found.sid, "document_data": {"value": found.value}}


def item_event(found: StoredObject, item: StoredItem) -> dict[str, object]:
    name = "item_index" if found.kind is Kind.LIST else "item_key"
    key = str(item.key) if item.changed % 2 else item.key  # indices may be numeric strings
    return {"id": item.changed, f"{found.kind.value}_sid": found.sid, name: key, "item_data": item.data}


def row(found: StoredObject, item: StoredItem) -> dict[str, object]:
    name = "index" if found.kind is Kind.LIST else "key"
    return {name: item.key, "last_event_id": item.changed, "data": item.data}


# ---- the line --------------------------------------------------------------------------------------------------------


class Line:
    """A session and a service, joined by two queues. Everything moves only when it is told to.

    Events of a connection keep their order, as on a socket. Whatever the session says goes to `listen` at once.
    """

    def __init__(self, *, collect: float = 0.02) -> None:
        ids = count()
        self.now = 100.0
        self.service = Service()
        self.session: Session[str] = Session(request_ids=lambda: f"{next(ids):032x}", collect=collect)
        self.said: list[Change[str]] = []
        self.listen: Callable[[Iterable[Change[str]]], None] = self.said.extend
        self.requests: deque[SyncRequest] = deque()
        self.sent: list[SyncRequest] = []
        self.faults: list[PayloadError] = []
        self.online = False

    # ---- the caller

    def want(self, name: str, kind: Kind, **options: bool) -> Replica[str]:
        return self.session.want(name, kind, "owner", **options)

    def serve(self, name: str, kind: Kind, **options: bool) -> Replica[str]:
        """Make an object, and want it."""
        self.service.make(name, kind)
        return self.want(name, kind, **options)

    def connect(self, *, epoch_changed: bool = False) -> None:
        self.online = True
        self.listen(self.session.connected(self.now, epoch_changed=epoch_changed))

    def cut(self) -> None:
        """Lose the connection, with all that is on its way."""
        self.online = False
        self.session.lost()
        for request in [*self.requests, *(packet.request for packet in self.service.answers if packet.request)]:
            self.session.failed(request, self.now)
        self.requests.clear()
        self.service.cut()

    # ---- what moves

    def send(self) -> None:
        """Let the session's requests out."""
        requests = self.session.take_requests()
        self.sent += requests
        self.requests.extend(requests)

    def handle(self) -> None:
        """Let the service take one request."""
        self.service.handle(self.requests.popleft())

    def deliver(self) -> Packet:
        """Let the session have one notification."""
        packet = self.service.events.popleft()
        self.receive(packet.payload)
        return packet

    def receive(self, payload: bytes, message_type: str = SYNC) -> None:
        try:
            self.listen(self.session.receive(message_type, payload, self.now))
        except PayloadError as fault:
            self.faults.append(fault)

    def answer(self, which: int = 0) -> SyncRequest:
        """Let the session have the answer to one request."""
        packet = self.service.answers.pop(which)
        assert packet.request is not None
        self.listen(self.session.replied(packet.request, packet.status, packet.payload, self.now))
        return packet.request

    def elapse(self) -> None:
        """Let time pass until the session wants to be called."""
        deadline = self.session.next_deadline()
        self.now = self.now + 0.01 if deadline is None else max(self.now, deadline)
        self.listen(self.session.advance(self.now))

    def step(self) -> bool:
        """Let the next thing arrive that is on its way, events first; tell whether there was one."""
        self.send()
        if self.requests:
            self.handle()
        elif self.service.events:
            self.deliver()
        elif self.service.answers:
            self.answer()
        else:
            return False
        self.send()
        return True

    def until(self, condition: Callable[[], object]) -> None:
        """Let things take their course until something is the case."""
        for _ in range(1000):
            if condition():
                return
            if not self.step():
                self.elapse()
        pytest.fail("it never comes to that")

    def settle(self) -> None:
        """Let things take their course until nothing is outstanding."""
        self.until(lambda: not self.step() and self.session.idle)

    def take(self) -> list[Change[str]]:
        """Take what was said."""
        said, self.said[:] = self.said[:], []
        return said

    def bodies(self) -> list[dict[str, Any]]:
        """Take what was asked of the subscriptions."""
        bodies = [orjson.loads(request.body) for request in self.sent if request.method == "POST"]
        self.sent.clear()
        return bodies


@pytest.fixture(scope="session")
def make_line() -> Callable[[], Line]:
    """Make lines: as many as a property test wants."""
    return Line


@pytest.fixture
def line() -> Line:
    """Join a session and a service that are still apart."""
    return Line()
