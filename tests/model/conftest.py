"""A store on a real session, and a service reduced to its replicated objects."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import unquote

import msgspec
import orjson
import pytest

from rxconvo.model import ConversationRecord, Event, Home, Landlord, Owner, Store
from rxconvo.sync import Change, Item, Session, SyncRequest

DATE = "2026-01-31T12:00:00.000Z"
LATER = "2026-01-31T12:00:01.000Z"

_KINDS = {"Documents": ("document", "ET"), "Lists": ("list", "ES"), "Maps": ("map", "MP")}


@dataclass
class Served:
    """One replicated object as the service has it."""

    kind: str
    name: str
    sid: str
    last_event_id: int = 0
    data: Any = None
    items: dict[int | str, tuple[Any, int, int]] = field(default_factory=dict[int | str, tuple[Any, int, int]])
    removed: dict[int | str, int] = field(default_factory=dict[int | str, int])
    status: int = 200


class Bench:
    """The store under test, what it said, and the service it copies. Time moves only with the session's deadlines."""

    def __init__(
        self, *, landlord: Landlord | None = None, watch: str = "documents", kept_messages: int = 1000
    ) -> None:
        ids = count()
        self.session: Session[Owner] = Session(request_ids=lambda: f"{next(ids):032x}")
        self.store = Store(self.session, landlord=landlord, watch=watch, kept_messages=kept_messages)
        self.now = 100.0
        self.events: list[Event] = []
        self.objects: dict[str, Served] = {}
        self.subscribed: set[str] = set()
        self.connected = False
        self._on_the_way: list[bytes] | None = None  # what was sent and has not arrived; None where all arrives at once
        self._sids = count(1)
        self._event_ids = count(1)

    # -- the service ---------------------------------------------------------------------------------------------

    def serve(self, kind: str, name: str, data: Any = None) -> Served:
        """Create an object."""
        prefix = {"document": "ET", "list": "ES", "map": "MP"}[kind]
        served = self.objects[name] = Served(kind, name, f"{prefix}{next(self._sids):032x}", data=data)
        served.last_event_id = next(self._event_ids)
        return served

    def serve_user(self, identity: str = "ada", *, name: str | None = None) -> None:
        """Create the two maps of a user."""
        self.serve("map", f"{identity}.channels")
        self.serve("map", f"{identity}.info")
        self.put(f"{identity}.info", "friendlyName", {"value": name or identity})
        self.put(f"{identity}.info", "attributes", {"value": "{}"})
        self.put(f"{identity}.info", "reachability", {"online": True, "notifiable": False})

    def serve_conversation(self, sid: str, *, joined: bool = True, **fields: Any) -> None:
        """Create the objects of a conversation, and list it among those of ada."""
        self.serve("list", f"{sid}.messages")
        self.serve("map", f"{sid}.roster")
        self.serve("document", f"{sid}.channel", document(sid, **fields))
        if joined:
            self.list_conversation(sid)

    def list_conversation(self, sid: str, **fields: Any) -> None:
        """List a conversation among those of ada, or change how it is listed."""
        self.put("ada.channels", sid, channel(sid, **fields))

    def put(self, name: str, key: int | str, data: Any) -> None:
        """Add or change an item, and tell of it."""
        served = self.objects[name]
        event_id = served.last_event_id = next(self._event_ids)
        known = served.items.get(key)
        served.items[key] = (data, known[1] if known else event_id, event_id)
        self._tell_item(served, "updated" if known else "added", key, event_id)

    def remove(self, name: str, key: int | str) -> None:
        """Remove an item, and tell of it."""
        served = self.objects[name]
        served.last_event_id = next(self._event_ids)
        del served.items[key]
        served.removed[key] = served.last_event_id
        self._tell_item(served, "removed", key, served.last_event_id)

    def change(self, name: str, **fields: Any) -> None:
        """Change members of a document, and tell of it. A member given as `...` is dropped."""
        served = self.objects[name]
        merged = {**served.data, **fields}
        served.data = {member: value for member, value in merged.items() if value is not ...}
        served.last_event_id = next(self._event_ids)
        self._tell_document(served)

    def drop(self, name: str) -> None:
        """Remove a whole object, and tell of it."""
        served = self.objects.pop(name)
        self._notify(served, f"{served.kind}_removed", {f"{served.kind}_sid": served.sid})

    def say(self, name: str, event: str, key: int | str, data: Any, *, event_id: int | None = None) -> None:
        """Tell of an item whatever the test wants, without changing anything."""
        served = self.objects[name]
        self._notify(
            served, f"{served.kind}_item_{event}", _item_event(served, key, event_id or next(self._event_ids), data)
        )

    def type(self, sid: str, identity: str, *, timeout: float = 6) -> list[Event]:
        """Notify that somebody types, and return what the store says."""
        payload = {"channel_sid": sid, "identity": identity, "typing_timeout": timeout}
        return self._take(self.session.receive("twilio.ipmsg.typing_indicator", orjson.dumps(payload), self.now))

    # -- the client ----------------------------------------------------------------------------------------------

    def start(self) -> list[Event]:
        """Connect as ada, and return what the store says until all is read."""
        self.store.configure("ada", channels="ada.channels", user_info="ada.info")
        self.connect()
        return self.pump()

    def connect(self, *, epoch_changed: bool = False) -> list[Event]:
        """Connect, and return what the store says at once; `pump` does the rest."""
        self.connected = True
        return self._take(self.session.connected(self.now, epoch_changed=epoch_changed))

    def disconnect(self) -> list[Event]:
        """Lose the connection, and return what the store says."""
        self.connected = False
        self._on_the_way = None
        self.subscribed.clear()
        self.session.lost()
        events = self.store.disconnected(self.now)
        self.events += events
        return events

    def stall(self) -> None:
        """Keep events on the way from now on, while answers to reads arrive, until `flow` or `pump`."""
        if self.connected and self._on_the_way is None:
            self._on_the_way = []

    def flow(self) -> list[Event]:
        """Let the events on the way arrive, and return what the store says."""
        before = len(self.events)
        payloads, self._on_the_way = self._on_the_way or [], None
        for payload in payloads:
            self._take(self.session.receive("twilio.sync.event", payload, self.now))
        return self.events[before:]

    def pump(self) -> list[Event]:
        """Answer all requests until there are none, and return what the store said."""
        before = len(self.events)
        self.flow()
        while not self.session.idle:
            requests = self.session.take_requests()
            for request in requests:
                self._answer(request)
            if not requests:
                deadline = self.session.next_deadline()
                assert deadline is not None, "the session waits for something that does not come"
                self.now = max(self.now, deadline)
                self._take(self.session.advance(self.now))
        return self.events[before:]

    def wait(self, seconds: float) -> list[Event]:
        """Let time pass, and return what the store says; the session's deadlines are for `pump`."""
        self.now += seconds
        events = self.store.advance(self.now)
        self.events += events
        return events

    def commit(self, *changes: Change[Owner]) -> list[Event]:
        """Have the store take changes that the session did not make."""
        events = self.store.commit(changes, self.now)
        self.events += events
        return events

    def take(self) -> list[Event]:
        """Return what the store said since the last time."""
        events, self.events = self.events, []
        return events

    def read_page(self, sid: str, *, order: Any = "desc", size: int = 10, start: int | None = None) -> list[Event]:
        """Read a page of messages, and return what the store says."""
        messages = self.record(sid).message_list
        assert messages is not None
        assert messages.replica is not None
        before = len(self.events)
        self._answer(self.session.page(messages.replica, start=start, order=order, size=size))
        return self.events[before:]

    def record(self, sid: str) -> ConversationRecord:
        """Return a conversation's record."""
        record = self.store.conversation(sid)
        assert record is not None
        return record

    def open(self, sid: str, *, messages: bool = True, roster: bool = True) -> list[Event]:
        """Open messages and roster of a conversation, and return what the store says until they stand."""
        record = self.record(sid)
        if messages:
            self.store.open_messages(record)
        if roster:
            self.store.open_roster(record)
        return self.pump()

    # -- in between ----------------------------------------------------------------------------------------------

    def _take(self, changes: list[Change[Owner]]) -> list[Event]:
        return self.commit(*changes)

    def _reply(self, request: SyncRequest, status: int, body: Any) -> None:
        self._take(self.session.replied(request, status, orjson.dumps(body), self.now))

    def _answer(self, request: SyncRequest) -> None:
        if request.path == "/v4/Subscriptions":
            self._subscribe(request)
            return
        segments = [unquote(segment) for segment in request.path.split("/")]
        kind, name = next((kind, segments[at + 1]) for at, kind in enumerate(segments) if kind in _KINDS)
        served = next((each for each in self.objects.values() if name in {each.name, each.sid}), None)
        if served is None or served.status != 200:
            status = 404 if served is None else served.status
            self._reply(request, status, {"status": status, "code": 54200, "message": "refused"})
        elif segments[-1] == "Items":
            self._reply(request, 200, _page(served, dict(request.params)))
        else:
            self._reply(request, 200, self._descriptor(served, items=request.params.get("Include") == "items"))
        assert served is None or served.kind == _KINDS[kind][0]

    def _descriptor(self, served: Served, *, items: bool) -> dict[str, Any]:
        body: dict[str, Any] = {"sid": served.sid, "unique_name": served.name, "last_event_id": served.last_event_id}
        if served.kind == "document":
            return {**body, "data": served.data}
        body["links"] = {"items": f"https://cds/v3/{served.kind.title()}s/{served.sid}/Items"}
        if items:
            body["items"] = _page(served, {})["items"]
        return body

    def _subscribe(self, request: SyncRequest) -> None:
        body = orjson.loads(request.body)
        answer = {"estimated_delivery_in_ms": 10_000, "max_batch_size": 100, "ttl_in_s": 86_400}
        self._reply(request, 202, answer)
        for wanted in body["requests"]:
            sid, last = wanted["object_sid"], wanted.get("last_event_id")
            served = next((each for each in self.objects.values() if each.sid == sid), None)
            event: dict[str, Any] = {"object_sid": sid, "object_type": wanted["object_type"]}
            if body["action"] == "cancel":
                self.subscribed.discard(sid)
                kind = "canceled"
            elif served is None:
                kind, event = "failed", {**event, "error": {"status": 404, "code": 54200, "message": "gone"}}
            else:
                self.subscribed.add(sid)
                self._replay(served, last)
                kind = "established"
                event = {**event, "replay_status": "completed", "last_event_id": served.last_event_id}
            self._receive(f"subscription_{kind}", event, correlation_id=body["correlation_id"])

    def _replay(self, served: Served, last: int | None) -> None:
        if last is None or last >= served.last_event_id:
            return
        if served.kind == "document":
            self._tell_document(served)
            return
        changes = [
            (changed, "added" if created > last else "updated", key)
            for key, (_, created, changed) in served.items.items()
        ]
        changes += [(removed, "removed", key) for key, removed in served.removed.items()]
        for event_id, event, key in sorted(changes, key=lambda change: change[0]):
            if event_id > last:
                self._tell_item(served, event, key, event_id)

    def _tell_item(self, served: Served, event: str, key: int | str, event_id: int) -> None:
        data = served.items[key][0] if event != "removed" else None
        self._notify(served, f"{served.kind}_item_{event}", _item_event(served, key, event_id, data))

    def _tell_document(self, served: Served) -> None:
        event = {"id": served.last_event_id, "document_sid": served.sid, "document_data": served.data}
        self._notify(served, "document_updated", event)

    def _notify(self, served: Served, event_type: str, event: dict[str, Any]) -> None:
        if self.connected and served.sid in self.subscribed:
            self._receive(event_type, event)

    def _receive(self, event_type: str, event: dict[str, Any], **outer: Any) -> None:
        payload = orjson.dumps({"event_type": event_type, "event_protocol_version": 4, "events": [event], **outer})
        if self._on_the_way is None:
            self._take(self.session.receive("twilio.sync.event", payload, self.now))
        else:
            self._on_the_way.append(payload)


def _item_event(served: Served, key: int | str, event_id: int, data: Any) -> dict[str, Any]:
    which = "index" if served.kind == "list" else "key"
    event = {"id": event_id, f"{served.kind}_sid": served.sid, f"item_{which}": key}
    return event if data is None else {**event, "item_data": data}


def _page(served: Served, params: dict[str, str]) -> dict[str, Any]:
    which = "index" if served.kind == "list" else "key"
    convert = int if served.kind == "list" else str
    keys: list[Any] = sorted(served.items, reverse=params.get("Order") == "desc")
    if params.get("From"):
        start = convert(params["From"])
        keys = [key for key in keys if (key <= start if params.get("Order") == "desc" else key >= start)]
    shown = keys[: int(params.get("PageSize", 100))]
    items = [{which: key, "last_event_id": served.items[key][2], "data": served.items[key][0]} for key in shown]
    return {"items": items, "meta": {"previous_token": None, "next_token": "more" if shown != keys else None}}


def document(sid: str, **fields: Any) -> dict[str, Any]:
    """Make the data of a conversation's document."""
    return {
        "sid": sid,
        "uniqueName": None,
        "friendlyName": f"about {sid}",
        "attributes": "{}",
        "createdBy": "ada",
        "dateCreated": DATE,
        "dateUpdated": DATE,
        "type": "private",
        "roster": f"{sid}.roster",
        "messages": f"{sid}.messages",
        "state": {"current": "active", "dateUpdated": DATE},
        "bindings": {},
        **fields,
    }


def channel(sid: str, **fields: Any) -> dict[str, Any]:
    """Make the data of an item among one's conversations."""
    return {
        "channel_sid": sid,
        "status": "joined",
        "channel": f"{sid}.channel",
        "messages": f"{sid}.messages",
        "roster": f"{sid}.roster",
        "lastConsumedMessageIndex": None,
        "notificationLevel": "default",
        **fields,
    }


def message(text: str | None = "hello", *, author: str = "bob", **fields: Any) -> dict[str, Any]:
    """Make the data of a message's item."""
    return {
        "sid": f"IM{text}",
        "type": "text",
        "author": author,
        "text": text,
        "subject": None,
        "contentSid": None,
        "attributes": "{}",
        "timestamp": DATE,
        "dateUpdated": DATE,
        "lastUpdatedBy": None,
        "memberSid": f"MB{author}",
        **fields,
    }


def participant(identity: str | None = "bob", **fields: Any) -> dict[str, Any]:
    """Make the data of a participant's item."""
    return {
        "identity": identity,
        "type": "chat",
        "attributes": "{}",
        "roleSid": "RL1",
        "userInfo": f"{identity}.info",
        "dateCreated": DATE,
        "dateUpdated": DATE,
        "lastConsumedMessageIndex": None,
        "lastConsumptionTimestamp": None,
        **fields,
    }


def raw(data: Any) -> msgspec.Raw:
    """Write data as they come in a change."""
    return msgspec.Raw(data if isinstance(data, bytes) else orjson.dumps(data))


def items(pairs: Iterable[tuple[int | str, Any]], *, event_id: int = 1) -> list[Item]:
    """Make the items of a read."""
    return [Item(key, raw(data), event_id) for key, data in pairs]


class Data:
    """The makers above, for tests: `data.message("hi")`."""

    document = staticmethod(document)
    channel = staticmethod(channel)
    message = staticmethod(message)
    participant = staticmethod(participant)
    raw = staticmethod(raw)
    items = staticmethod(items)


class Actor:
    """A client and all its handles at once, that says what it was asked to do."""

    def find_conversation(self, sid: str) -> Any:
        return self

    def __getattr__(self, name: str) -> Callable[..., tuple[Any, ...]]:
        return lambda *args: (name, *args)


@pytest.fixture
def actor() -> Actor:
    return Actor()


@pytest.fixture
def home(actor: Actor) -> Home[Any]:
    """Return what leads from the values of CH1 to the actor, while there is one."""
    return Home("CH1", weakref.ref(actor))


@pytest.fixture(scope="session")
def data() -> Data:
    return Data()


@pytest.fixture(scope="session")
def make_bench() -> type[Bench]:
    return Bench


@pytest.fixture
def bench() -> Bench:
    """Return a bench with ada's maps served and nothing started."""
    bench = Bench()
    bench.serve_user()
    return bench


@pytest.fixture
def talk(bench: Bench) -> Bench:
    """Return a bench where ada has joined CH1, where bob takes part, and messages and roster are open."""
    bench.serve_conversation("CH1")
    bench.put("CH1.roster", "MBada", participant("ada"))
    bench.put("CH1.roster", "MBbob", participant("bob"))
    bench.start()
    bench.open("CH1")
    bench.take()
    return bench
