"""What a server told the official JavaScript library, told to a session that wants what the library wanted."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import count
from typing import Any, Literal, TypeAlias

import msgspec
import orjson
import pytest

from rxconvo.sync import (
    Change,
    DocumentChanged,
    ItemAdded,
    ItemRemoved,
    ItemUpdated,
    Kind,
    ObjectRemoved,
    Replica,
    Session,
    SyncRequest,
    TypingNotified,
)
from rxconvo.testing.frames import FOLDER as FRAMES

KINDS = {"Documents": Kind.DOCUMENT, "Lists": Kind.LIST, "Maps": Kind.MAP}
ITEM_EVENTS = {"added": ItemAdded, "updated": ItemUpdated, "removed": ItemRemoved}

Line: TypeAlias = dict[str, Any]
Said: TypeAlias = tuple[object, ...]


def recordings() -> tuple[dict[str, list[Line]], set[str]]:
    """Return what each client heard and said, through all scenarios, and the connections recorded from their start."""
    clients: dict[str, list[Line]] = defaultdict(list)
    begun: set[str] = set()
    shut_down: Counter[str] = Counter()
    for path in sorted(FRAMES.glob("*.jsonl")):
        for text in path.read_text(encoding="utf-8").splitlines():
            line: Line = json.loads(text)
            person, _, connection = line["conn"].partition("#")
            method = line["header"]["method"]
            if method == "init":
                begun.add(connection)
            if person != "new":  # a connection before it was accepted
                clients[f"{person}{shut_down[person]}"].append(line)
            if (line["dir"], method) == ("c2s", "close"):
                shut_down[person] += 1
    return clients, begun


CLIENTS, BEGUN = recordings()


class Replayed:
    """A session in the place of a recorded client."""

    def __init__(self) -> None:
        ids = count()
        self.session: Session[str] = Session(request_ids=lambda: f"{next(ids):032x}")
        self.now = 0.0
        self.connection = ""
        self.correlations: dict[str, int] = {}  # of what was asked of the subscriptions last, by sid
        self.asked: dict[str, list[SyncRequest]] = {}  # by id of the recorded request
        self.replicas: dict[str, Replica[str]] = {}
        self.said: list[Change[str]] = []
        self.resumed: list[tuple[str, int]] = []  # from which event on each object was subscribed

    def __call__(self, lines: list[Line]) -> None:
        handlers: dict[tuple[str, str], Callable[[Line], None]] = {
            ("c2s", "message"): self.request,
            ("s2c", "reply"): self.reply,
            ("s2c", "notification"): self.notification,
        }
        for line in lines:
            self.connect(line["conn"].partition("#")[2])
            handler = handlers.get((line["dir"], line["header"]["method"]))
            if handler is not None:
                handler(line)

    def connect(self, connection: str) -> None:
        if connection == self.connection:
            return
        if self.connection:
            self.session.lost()
        self.connection = connection
        self.said += self.session.connected(self.now)
        if connection not in BEGUN:  # nor is its beginning recorded, which went well
            self.post()
            for sid in list(self.correlations):
                self.answer_subscription("subscription_established", {"object_sid": sid})

    def request(self, line: Line) -> None:
        http, packet_id = line["header"]["http_request"], line["header"]["id"]
        path = http["path"].split("/")
        if not http["host"].startswith("cds."):
            return
        if http["path"] == "/v4/Subscriptions":
            self.subscribe(packet_id, line["payload"])
        elif path[-1] == "Items":
            self.read(packet_id, self.replicas.get(path[-2]), http)
        else:
            self.open(packet_id, path[-1], KINDS[path[-2]], http)

    def open(self, packet_id: str, name: str, kind: Kind, http: dict[str, Any]) -> None:
        self.session.want(name, kind, "owner", include_items="Include" in http["params"])
        (request,) = self.session.take_requests()
        assert (request.method, request.path, request.params) == (http["method"], http["path"], http["params"])
        assert request.headers.keys() == http["headers"].keys()
        self.asked[packet_id] = [request]

    def read(self, packet_id: str, replica: Replica[str] | None, http: dict[str, Any]) -> None:
        if replica is None or not replica.established:
            return  # the library reads before the subscription stands
        params = http["params"]
        if "PageSize" in params:
            order: Literal["asc", "desc"] = params["Order"]
            request = self.session.page(replica, start=params.get("From"), order=order, size=int(params["PageSize"]))
        else:
            request = self.session.item(replica, params.get("Key") or params["Index"])
        assert (request.method, request.path, request.params) == (http["method"], http["path"], params)
        self.asked[packet_id] = [request]

    def subscribe(self, packet_id: str, body: dict[str, Any]) -> None:
        if body["action"] == "cancel":
            for wanted in body["requests"]:
                if wanted["object_sid"] in self.replicas:
                    self.session.release(self.replicas[wanted["object_sid"]])
        ours = self.post()
        self.asked[packet_id] = ours
        recorded = {wanted["object_sid"]: wanted for wanted in body["requests"]}
        for each in [each for request in ours for each in orjson.loads(request.body)["requests"]]:
            assert each.keys() == recorded[each["object_sid"]].keys()
            assert each["object_type"] == recorded[each["object_sid"]]["object_type"]
            if body["action"] == "establish":
                self.resumed.append((each["object_sid"], each["last_event_id"]))

    def post(self) -> list[SyncRequest]:
        """Take what is asked of the subscriptions."""
        self.now += 1.0
        self.said += self.session.advance(self.now)
        requests = self.session.take_requests()
        for request in requests:
            body = orjson.loads(request.body)
            self.correlations |= {each["object_sid"]: body["correlation_id"] for each in body["requests"]}
        return requests

    def reply(self, line: Line) -> None:
        header = line["header"]
        for request in self.asked.pop(header["id"], []):
            payload = orjson.dumps(line["payload"])
            self.said += self.session.replied(request, header["http_status"]["code"], payload, self.now)
            replica = getattr(request.job, "replica", None)
            if isinstance(replica, Replica) and replica.sid is not None:
                self.replicas[replica.sid] = replica

    def notification(self, line: Line) -> None:
        payload, message_type = line["payload"], line["header"]["message_type"]
        if payload.get("event_type", "").startswith("subscription_"):
            for event in payload["events"]:
                self.answer_subscription(payload["event_type"], event)
        else:
            self.said += self.session.receive(message_type, orjson.dumps(payload), self.now)

    def answer_subscription(self, event_type: str, event: dict[str, Any]) -> None:
        """Pass an answer on as one to our own request."""
        correlation = self.correlations.pop(event["object_sid"], None)
        note = {"event_type": event_type, "correlation_id": correlation, "events": [event]}
        self.said += self.session.receive("twilio.sync.event", orjson.dumps(note), self.now)


def told(changes: list[Change[str]]) -> list[Said]:
    """Tell what events have changed, in the protocol's terms."""
    found: list[Said] = []
    for change in changes:
        match change:
            case ItemAdded(replica, key, data, event_id) | ItemUpdated(replica, key, data, event_id):
                found.append((type(change), replica.sid, key, event_id, orjson.loads(bytes(data))))
            case ItemRemoved(replica, key, event_id):
                found.append((ItemRemoved, replica.sid, key, event_id))
            case DocumentChanged(replica, data, read=False):
                found.append((DocumentChanged, replica.sid, orjson.loads(bytes(data))))
            case TypingNotified():
                found.append((TypingNotified, *msgspec.structs.astuple(change)))
            case _:
                pass
    return found


class Expected:
    """What the recorded lines must come to: the events of opened objects, from their descriptors on."""

    def __init__(self, lines: list[Line]) -> None:
        self.opened: dict[str, int] = {}
        self.told: list[Said] = []
        self.resumed: list[tuple[str, int]] = []
        self.recorded: list[tuple[str, int]] = []
        for line in lines:
            payload, method = line["payload"], line["header"]["method"]
            if method == "notification":
                self.told += expected_of(payload, self.opened)
            elif method == "reply" and isinstance(payload, dict) and "last_event_id" in payload:
                self.opened.setdefault(payload["sid"], payload["last_event_id"])
            elif method == "message" and isinstance(payload, dict) and "requests" in payload:
                self.subscribe(payload)

    def subscribe(self, body: dict[str, Any]) -> None:
        for wanted in body["requests"]:
            sid = wanted["object_sid"]
            if body["action"] == "cancel":
                self.opened.pop(sid, None)
            elif sid in self.opened:
                self.resumed.append((sid, self.opened[sid]))
                self.recorded.append((sid, wanted["last_event_id"]))


def expected_of(payload: dict[str, Any], opened: dict[str, int]) -> list[Said]:
    found: list[Said] = []
    kind, _, how = payload.get("event_type", "").partition("_")
    if not kind:
        return [(TypingNotified, payload["channel_sid"], payload["identity"], float(payload["typing_timeout"]))]
    for event in payload["events"]:
        sid = event.get(f"{kind}_sid")
        if sid not in opened or event["id"] <= opened[sid]:
            continue
        opened[sid] = event["id"]
        key = event.get("item_index", event.get("item_key"))
        if kind == "document":
            found.append((DocumentChanged, sid, event["document_data"]))
        else:
            data = () if how == "item_removed" else (event["item_data"],)
            found.append((ITEM_EVENTS[how.removeprefix("item_")], sid, key, event["id"], *data))
    return found


@pytest.fixture(params=CLIENTS)
def lines(request: pytest.FixtureRequest) -> list[Line]:
    found: list[Line] = CLIENTS[request.param]
    return found


def test_recorded_events_are_the_changes_that_are_said(lines: list[Line]) -> None:
    replayed = Replayed()
    replayed(lines)
    assert told(replayed.said) == Expected(lines).told
    assert not replayed.asked


def test_objects_are_subscribed_from_the_last_recorded_event_on(lines: list[Line]) -> None:
    replayed, expected = Replayed(), Expected(lines)
    replayed(lines)
    assert replayed.resumed == expected.resumed
    if lines[0]["conn"].partition("#")[2] in BEGUN:  # nothing was left out
        assert replayed.resumed == expected.recorded


def test_the_recordings_hold_every_kind_of_change_of_opened_objects() -> None:
    kinds = {said[0] for lines in CLIENTS.values() for said in Expected(lines).told}
    assert kinds == {*ITEM_EVENTS.values(), DocumentChanged, TypingNotified}


def test_recorded_removals_end_the_object() -> None:
    """Those of objects whose opening was not recorded."""
    removals = {
        line["payload"]["event_type"]: line["payload"]
        for line in (line for lines in CLIENTS.values() for line in lines)
        if line["header"]["method"] == "notification"
        if line["payload"].get("event_type") in {"document_removed", "list_removed", "map_removed"}
    }
    assert len(removals) == 3
    for event_type, payload in removals.items():
        kind = event_type.removesuffix("_removed")
        session: Session[str] = Session(request_ids=lambda: "0" * 32)
        replica = session.want("name", Kind(kind), "owner")
        session.connected(0.0)
        (request,) = session.take_requests()
        descriptor = {"sid": payload["events"][0][f"{kind}_sid"], "last_event_id": 0, "data": {}}
        session.replied(request, 200, orjson.dumps(descriptor), 0.0)
        assert session.receive("twilio.sync.event", orjson.dumps(payload), 0.0) == [ObjectRemoved(replica)]
