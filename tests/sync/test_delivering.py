from __future__ import annotations

from typing import Any

import orjson
import pytest

from rxconvo.sync import Change, DocumentChanged, ItemAdded, ItemRemoved, ItemUpdated, Kind, Replica
from rxconvo.sync.decoding import decode_notification
from rxconvo.sync.delivering import Delivery
from rxconvo.sync.standing import Signal

KINDS = {"ES1": Kind.LIST, "MP1": Kind.MAP, "ET1": Kind.DOCUMENT}
KEYS = {"ES1": ("list", "item_index", 0), "MP1": ("map", "item_key", "k")}


class Bench:
    """One object of each kind that stands at event 10, and those who deliver to them."""

    def __init__(self) -> None:
        self.replicas = {sid: Replica(sid, kind, "owner") for sid, kind in KINDS.items()}
        for replica in self.replicas.values():
            for signal in (Signal.WANT, Signal.SEND, Signal.COMPLETE):
                replica.move(signal)
            replica.catch_up(10)
        self._handlers = {ordered: Delivery(self.replicas, ordered=ordered).handlers() for ordered in (True, False)}

    def deliver(self, event_type: str, *events: dict[str, object], ordered: bool = True) -> list[Change[str]]:
        notification = decode_notification(orjson.dumps({"event_type": event_type, "events": events}))
        return self._handlers[ordered][type(notification)](notification, 0.0)

    def item(self, sid: str, how: str, event_id: int, data: Any = None, *, ordered: bool = True) -> list[Change[str]]:
        kind, name, key = KEYS[sid]
        event = {"id": event_id, f"{kind}_sid": sid, name: key, "item_data": data}
        return self.deliver(f"{kind}_item_{how}", event, ordered=ordered)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def said(changes: list[Change[str]]) -> list[tuple[object, ...]]:
    """Tell changes of items by type, object, key, id and text."""
    found: list[tuple[object, ...]] = []
    for change in changes:
        assert isinstance(change, ItemAdded | ItemUpdated | ItemRemoved)
        text = () if isinstance(change, ItemRemoved) else (bytes(change.data),)
        found.append((type(change), change.replica.name, change.key, change.event_id, *text))
    return found


@pytest.mark.parametrize("sid", ["ES1", "MP1"])
def test_items_are_added_updated_and_removed(bench: Bench, sid: str) -> None:
    key = KEYS[sid][2]
    assert said(bench.item(sid, "added", 11, {"a": 1})) == [(ItemAdded, sid, key, 11, b'{"a":1}')]
    assert said(bench.item(sid, "updated", 12, [2])) == [(ItemUpdated, sid, key, 12, b"[2]")]
    assert said(bench.item(sid, "removed", 14)) == [(ItemRemoved, sid, key, 14)]
    assert bench.replicas[sid].last_event_id == 14


@pytest.mark.parametrize("sid", ["ES1", "MP1"])
@pytest.mark.parametrize("how", ["added", "updated", "removed"])
def test_what_is_not_newer_changes_nothing(bench: Bench, sid: str, how: str) -> None:
    assert bench.item(sid, how, 10) == []
    bench.item(sid, "added", 12)
    assert bench.item(sid, how, 12) == []


@pytest.mark.parametrize("sid", ["ES1", "MP1"])
def test_an_addition_of_a_known_item_is_an_update(bench: Bench, sid: str) -> None:
    bench.item(sid, "added", 11)
    assert [type(change) for change in bench.item(sid, "added", 12)] == [ItemUpdated]


@pytest.mark.parametrize("sid", ["ES1", "MP1"])
def test_updates_and_removals_of_unknown_items_are_said(bench: Bench, sid: str) -> None:
    assert [type(change) for change in bench.item(sid, "removed", 11)] == [ItemRemoved]
    assert [type(change) for change in bench.item(sid, "updated", 12)] == [ItemUpdated]


def test_a_document_has_new_data(bench: Bench) -> None:
    event = {"id": 11, "document_sid": "ET1", "document_data": {"a": 1}}
    (change,) = bench.deliver("document_updated", event)
    assert isinstance(change, DocumentChanged)
    assert (change.replica, bytes(change.data), change.read) == (bench.replicas["ET1"], b'{"a":1}', False)
    assert bench.deliver("document_updated", event) == []
    assert len(bench.deliver("document_updated", {**event, "id": 12})) == 1


def test_events_of_older_message_types_come_in_any_order(bench: Bench) -> None:
    assert [type(change) for change in bench.item("ES1", "added", 9, ordered=False)] == [ItemAdded]
    assert bench.item("ES1", "updated", 8, ordered=False) == []
    assert [type(change) for change in bench.item("ES1", "removed", 10, ordered=False)] == [ItemRemoved]
    assert bench.replicas["ES1"].last_event_id == 10


def test_events_of_one_packet_are_said_in_their_order_each_of_its_object(bench: Bench) -> None:
    other = bench.replicas["ES2"] = Replica("ES2", Kind.LIST, "owner")
    event = {"id": 11, "list_sid": "ES1", "item_index": 0, "item_data": 1}
    changes = bench.deliver(
        "list_item_added",
        event,
        {**event, "list_sid": "ES2"},
        {**event, "list_sid": "ES3"},
        {**event, "id": 12, "item_index": "1"},
    )
    assert said(changes) == [
        (ItemAdded, "ES1", 0, 11, b"1"),
        (ItemAdded, "ES2", 0, 11, b"1"),
        (ItemAdded, "ES1", 1, 12, b"1"),
    ]
    assert other.knows(0)


@pytest.mark.parametrize(
    "event_type,event",
    [
        ("list_item_added", {"list_sid": "XX9", "item_index": 0, "item_data": 1}),
        ("list_item_updated", {"list_sid": "XX9", "item_index": 0, "item_data": 1}),
        ("list_item_removed", {"list_sid": "XX9", "item_index": 0}),
        ("list_context_updated", {"list_sid": "XX9"}),
        ("document_updated", {"document_sid": "XX9", "document_data": 1}),
    ],
)
def test_events_of_objects_that_nobody_holds_are_dropped(
    bench: Bench, event_type: str, event: dict[str, object]
) -> None:
    assert bench.deliver(event_type, {"id": 11, **event}) == []


def test_the_context_of_a_list_advances_it_and_says_nothing(bench: Bench) -> None:
    assert bench.deliver("list_context_updated", {"id": 12, "list_sid": "ES1", "context_data": {}}) == []
    assert bench.replicas["ES1"].last_event_id == 12
    assert bench.deliver("list_context_updated", {"id": None, "list_sid": "ES1"}) == []
    assert bench.item("ES1", "added", 12) == []
