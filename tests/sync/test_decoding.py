from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.errors import PayloadError
from rxconvo.sync.decoding import (
    DocumentUpdated,
    ListContextUpdated,
    ListItemAdded,
    MapItemUpdated,
    Notification,
    Refusal,
    SubscriptionEstablished,
    SubscriptionFailed,
    SubscriptionTerms,
    Typing,
    decode_descriptor,
    decode_notification,
    decode_page,
    decode_refusal,
    decode_terms,
    decode_typing,
    salvage,
)

DECODERS = [decode_notification, decode_descriptor, decode_page, decode_refusal, decode_terms, decode_typing]
ITEM = {"id": 5, "list_sid": "ES1", "item_index": 1, "item_data": {"a": 1}}


def note(event_type: str, *events: object, **members: object) -> bytes:
    return orjson.dumps({"event_type": event_type, "event_protocol_version": 4, "events": events, **members})


def plain(notification: Notification) -> list[dict[str, Any]]:
    """Tell the events by the protocol's names."""
    found: list[dict[str, Any]] = orjson.loads(msgspec.json.encode(notification.each))
    return found


# ---- every form that the protocol knows ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event_type,event",
    [
        ("list_item_added", ITEM),
        ("list_item_updated", ITEM),
        ("list_item_removed", {"id": 5, "list_sid": "ES1", "item_index": 1}),
        ("list_context_updated", {"id": 5, "list_sid": "ES1"}),
        ("list_removed", {"id": 5, "list_sid": "ES1"}),
        ("map_item_added", {"id": 5, "map_sid": "MP1", "item_key": "k", "item_data": [1]}),
        ("map_item_updated", {"id": 5, "map_sid": "MP1", "item_key": "k", "item_data": None}),
        ("map_item_removed", {"id": 5, "map_sid": "MP1", "item_key": "k"}),
        ("map_removed", {"map_sid": "MP1"}),
        ("document_updated", {"id": 5, "document_sid": "ET1", "document_data": {"a": "b"}}),
        ("document_removed", {"document_sid": "ET1"}),
        ("subscription_established", {"object_sid": "ES1", "replay_status": "interrupted", "last_event_id": 7}),
        ("subscription_canceled", {"object_sid": "ES1"}),
        ("subscription_failed", {"object_sid": "ES1", "error": {"status": 403, "code": 54007, "message": "no"}}),
    ],
)
def test_every_event_is_read(event_type: str, event: dict[str, object]) -> None:
    assert plain(decode_notification(note(event_type, event))) == [event]
    numbers = {key: str(value) if isinstance(value, int) else value for key, value in event.items()}
    assert plain(decode_notification(note(event_type, {**numbers, "unknown": [{"deep": None}]}))) == [event]


def test_events_come_as_an_array_or_as_one() -> None:
    for form in (
        {"events": [ITEM]},
        {"event": ITEM},
        {"events": [], "event": ITEM},
        {"events": None, "event": ITEM},
        {"events": [ITEM], "event": None},
    ):
        assert plain(decode_notification(orjson.dumps({"event_type": "list_item_added", **form}))) == [ITEM]
    both = decode_notification(note("list_item_added", ITEM, event={**ITEM, "id": 6}))
    assert [event["id"] for event in plain(both)] == [5, 6]
    assert plain(decode_notification(b'{"event_type":"list_item_added"}')) == []


def test_data_are_the_very_text() -> None:
    text = (
        b'{"event_type":"map_item_updated","events":[{"id":1,"map_sid":"MP1","item_key":"k","item_data": { "a" :1e2}}]}'
    )
    notification = decode_notification(text)
    assert isinstance(notification, MapItemUpdated)
    assert bytes(notification.each[0].data) == b'{ "a" :1e2}'


@pytest.mark.parametrize("correlation,read", [(7, 7), ("7", 7), (None, None)])
def test_a_correlation_id_may_be_a_string_or_missing(correlation: object, read: int | None) -> None:
    notification = decode_notification(note("list_item_added", ITEM, correlation_id=correlation))
    assert notification.correlation_id == read


def test_what_may_be_absent_may_be_null() -> None:
    established, failed, context = (
        decode_notification(note(event_type, {**dict.fromkeys(members), **address}))
        for event_type, address, members in (
            ("subscription_established", {"object_sid": "ES1"}, ("replay_status", "last_event_id")),
            ("subscription_failed", {"object_sid": "ES1"}, ("error",)),
            ("list_context_updated", {"list_sid": "ES1"}, ("id",)),
        )
    )
    assert isinstance(established, SubscriptionEstablished)
    assert (established.each[0].replay_status, established.each[0].last_event_id) == (None, None)
    assert isinstance(failed, SubscriptionFailed)
    assert failed.each[0].error is None
    assert isinstance(context, ListContextUpdated)
    assert context.each[0].id is None
    assert decode_refusal(b'{"status":null,"code":null,"message":null}') == Refusal()
    assert decode_terms(b'{"estimated_delivery_in_ms":null,"max_batch_size":null,"ttl_in_s":null}') == (
        SubscriptionTerms()
    )


def test_answers_have_numbers_in_either_form() -> None:
    assert decode_refusal(b'{"status":"404","code":"54100","message":"gone","more":1}') == Refusal(404, 54100, "gone")
    assert decode_terms(b'{"estimated_delivery_in_ms":"2500","max_batch_size":"7","ttl_in_s":86400}') == (
        SubscriptionTerms(2500.0, 7, 86400.0)
    )
    assert decode_typing(b'{"channel_sid":"CH1","identity":"ada","typing_timeout":"6"}') == Typing("CH1", "ada", 6.0)
    assert decode_typing(b'{"channel_sid":"CH1","identity":"ada","typing_timeout":6,"x":{}}') == Typing(
        "CH1", "ada", 6.0
    )


# ---- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decode", DECODERS)
@given(payload=st.binary() | st.text().map(str.encode) | st.sampled_from([b"null", b"[]", b'"a"', b"1e999", b"{"]))
def test_noise_is_a_typed_error(decode: Callable[[bytes], object], payload: bytes) -> None:
    try:
        decode(payload)
    except PayloadError:
        return
    assert isinstance(orjson.loads(payload), dict)


@given(st.data())
def test_a_damaged_notification_is_a_typed_error_or_readable(data: st.DataObject) -> None:
    payload = bytearray(note("list_item_added", ITEM, {**ITEM, "item_index": 2}, correlation_id=1))
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    found = notification_or_error(bytes(payload))
    if isinstance(found, PayloadError):
        with suppress(PayloadError):
            salvage(bytes(payload), found)


def notification_or_error(payload: bytes) -> Notification | PayloadError:
    try:
        notification: Notification = decode_notification(payload)
    except PayloadError as error:
        return error
    return notification


@pytest.mark.parametrize(
    "item",
    [
        {**ITEM, "id": 2**63},
        {**ITEM, "id": -(2**63) - 1},
        {**ITEM, "id": "99999999999999999999999999"},
        {**ITEM, "item_index": 2**63},
        {**ITEM, "id": 1.5},
        {**ITEM, "id": None},
        {**ITEM, "list_sid": 1},
        {key: value for key, value in ITEM.items() if key != "item_data"},
        {key: value for key, value in ITEM.items() if key != "item_index"},
    ],
)
def test_an_event_lacks_nothing_and_its_numbers_can_be_sent_back(item: dict[str, object]) -> None:
    text = b'{"event_type":"list_item_added","events":[%b]}' % msgspec.json.encode(item)
    with pytest.raises(PayloadError):
        decode_notification(text)


def test_the_largest_numbers_are_read() -> None:
    item = {**ITEM, "id": 2**63 - 1, "item_index": -(2**63)}
    assert plain(decode_notification(note("list_item_added", item))) == [item]


@pytest.mark.parametrize("decode", DECODERS)
def test_what_is_nested_too_deeply_is_unreadable(decode: Callable[[bytes], object]) -> None:
    deep = b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(PayloadError):
        decode(deep)


# ---- what is left of it ----------------------------------------------------------------------------------------------


def unreadable(payload: bytes) -> PayloadError:
    found = notification_or_error(payload)
    assert isinstance(found, PayloadError)
    return found


def test_readable_events_of_an_unreadable_notification_are_kept() -> None:
    bad = {"id": 6, "list_sid": "ES2", "item_index": 0}
    payload = note("list_item_added", ITEM, bad, bad, correlation_id=9)
    found = salvage(payload, unreadable(payload))
    (kept,) = found.readable
    assert isinstance(kept, ListItemAdded)
    assert (plain(kept), kept.correlation_id) == ([ITEM], 9)
    assert found.doubtful == ["ES2"]


def test_a_single_event_is_salvaged_as_well() -> None:
    payload = orjson.dumps({"event_type": "list_item_added", "events": [ITEM], "event": {"list_sid": "ES2"}})
    found = salvage(payload, unreadable(payload))
    assert [plain(kept) for kept in found.readable] == [[ITEM]]
    assert found.doubtful == ["ES2"]


def test_a_correlation_id_that_cannot_be_read_does_not_hide_the_events() -> None:
    payload = note("document_updated", {"id": 1, "document_sid": "ET1", "document_data": 1}, correlation_id="x")
    (kept,) = salvage(payload, unreadable(payload)).readable
    assert isinstance(kept, DocumentUpdated)
    assert kept.correlation_id is None


def test_types_that_mean_nothing_to_us_leave_nothing() -> None:
    payload = note("stream_message_published", {"stream_sid": "TO1"})
    found = salvage(payload, unreadable(payload))
    assert (found.readable, found.doubtful) == ([], [])


@pytest.mark.parametrize(
    "payload",
    [
        b'{"events":[{"list_sid":"ES1"}]}',
        b'{"event_type":7,"events":[{"list_sid":"ES1"}]}',
        b'{"event_type":"list_item_added","events":[{"list_sid":1}]}',
        b'{"event_type":"list_item_added","events":[{"id":"\\"list_sid\\":\\"ES1\\""}]}',
        b"nonsense",
    ],
)
def test_nothing_can_be_told_of_a_notification_without_type_or_object(payload: bytes) -> None:
    error = unreadable(payload)
    with pytest.raises(PayloadError) as caught:
        salvage(payload, error)
    assert caught.value is error


@pytest.mark.parametrize("damage", [b'\xff"}', b'{"a":' * 100_000, b"}"])
def test_the_objects_of_text_that_is_no_json_may_be_legible(damage: bytes) -> None:
    payload = b'{"event_type":"list_item_added","events":[{"list_sid" : "ES1","map_sid":"MP1","item_data":"' + damage
    found = salvage(payload, unreadable(payload))
    assert (found.readable, found.doubtful) == ([], ["ES1", "MP1"])
