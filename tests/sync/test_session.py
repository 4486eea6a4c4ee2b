from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from rxconvo.errors import ArgumentError, LocalProtocolError, PayloadError, SyncError
from rxconvo.sync import (
    Change,
    Discontinued,
    Established,
    ItemAdded,
    ItemRemoved,
    ItemsRead,
    ItemUpdated,
    Kind,
    ObjectFailed,
    ObjectRemoved,
    Page,
    Purpose,
    Replica,
    SyncRequest,
    TypingNotified,
)

if TYPE_CHECKING:
    from tests.sync.conftest import Line

SYNC = "twilio.sync.event"
TYPING = "twilio.ipmsg.typing_indicator"


def types(changes: list[Change[str]]) -> list[type]:
    return [type(change) for change in changes]


@pytest.fixture
def messages(line: Line) -> Replica[str]:
    """Return a list of three items whose subscription stands, and of which nothing was read."""
    replica = line.serve("CH1.messages", Kind.LIST)
    for index in range(3):
        line.service.put("CH1.messages", index)
    line.connect()
    line.settle()
    line.take()
    line.sent.clear()
    return replica


def asked(line: Line, request: SyncRequest) -> SyncRequest:
    """Let the service answer a request for a page."""
    line.requests.append(request)
    line.settle()
    return request


def establish(line: Line, replica: Replica[str]) -> int:
    """Take the request for a subscription, and tell its correlation id."""
    line.until(lambda: replica.sid is not None)
    line.elapse()
    line.send()
    (body,) = line.bodies()
    correlation: int = body["correlation_id"]
    return correlation


def note(event_type: str, event: dict[str, Any], **members: object) -> bytes:
    return orjson.dumps({"event_type": event_type, "events": [event], **members})


# ---- notifications ---------------------------------------------------------------------------------------------------


def test_typing_is_passed_on(line: Line) -> None:
    payload = {"channel_sid": "CH1", "identity": "ada", "typing_timeout": 6}
    line.receive(orjson.dumps(payload), TYPING)
    assert line.take() == [TypingNotified("CH1", "ada", 6.0)]


@pytest.mark.parametrize("message_type", ["twilio.channel.new_message", "", "com.twilio.rtd.cds.stream"])
def test_message_types_that_mean_nothing_to_us_change_nothing(line: Line, message_type: str) -> None:
    assert line.session.receive(message_type, b"nonsense", line.now) == []


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"event_type":null}', b"[]", b"\xff"])
@pytest.mark.parametrize("message_type", [SYNC, TYPING, "com.twilio.rtd.cds.map"])
def test_a_notification_of_which_nothing_can_be_told_is_a_typed_error(
    line: Line, message_type: str, payload: bytes
) -> None:
    with pytest.raises(PayloadError):
        line.session.receive(message_type, payload, line.now)


def test_events_that_are_new_to_this_version_change_nothing(line: Line, messages: Replica[str]) -> None:
    line.receive(note("list_item_exploded", {"list_sid": messages.sid, "id": 9}))
    assert (line.take(), line.faults, messages.last_event_id) == ([], [], 3)


def test_only_the_ordered_message_type_advances_the_object(line: Line, messages: Replica[str]) -> None:
    event: dict[str, object] = {"id": 5, "list_sid": messages.sid, "item_index": 3, "item_data": {}}
    line.receive(note("list_item_added", event), "com.twilio.rtd.cds.list")
    assert messages.last_event_id == 3
    line.receive(note("list_item_updated", {**event, "id": 6}))
    line.receive(note("list_item_added", {**event, "id": 4, "item_index": 4}), "com.twilio.rtd.cds.list")
    line.receive(note("list_item_added", {**event, "id": 4, "item_index": 5}))
    assert types(line.take()) == [ItemAdded, ItemUpdated, ItemAdded]
    assert messages.last_event_id == 6


def test_readable_events_of_an_unreadable_notification_count(line: Line, messages: Replica[str]) -> None:
    line.serve("CH2.messages", Kind.LIST)
    line.settle()
    line.take()
    other = line.service.objects["CH2.messages"].sid
    events = [
        {"id": 4, "list_sid": messages.sid, "item_index": 3, "item_data": {}},
        {"id": 1, "list_sid": other, "item_index": 0},
        {"id": 1, "list_sid": "ES9", "item_index": 0},
    ]
    line.receive(orjson.dumps({"event_type": "list_item_added", "events": events}))
    added, discontinued = line.take()
    assert isinstance(added, ItemAdded)
    assert isinstance(discontinued, Discontinued)
    assert [added.replica.name, discontinued.replica.name] == ["CH1.messages", "CH2.messages"]
    assert line.faults == []


def test_unreadable_events_of_objects_that_nobody_holds_are_no_matter(line: Line, messages: Replica[str]) -> None:
    line.receive(note("list_item_added", {"id": 1, "list_sid": "ES9"}))
    assert (line.take(), line.faults) == ([], [])


# ---- answers about subscriptions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status,kind", [(404, ObjectRemoved), (403, ObjectFailed), (None, ObjectFailed)])
def test_a_refused_subscription_ends_the_object(line: Line, status: int | None, kind: type) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.connect()
    correlation = establish(line, replica)
    line.take()
    error = {"status": status, "code": 5, "message": "no"} if status else None
    event = {"object_sid": replica.sid, "error": error}
    line.receive(note("subscription_failed", event, correlation_id=correlation))
    (change,) = line.take()
    assert type(change) is kind
    assert replica.dropped
    if isinstance(change, ObjectFailed):
        assert (change.error.status, change.error.code) == ((status, 5) if status else (0, None))


def test_a_refusal_of_another_request_is_none_of_ours(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.connect()
    correlation = establish(line, replica)
    line.take()
    line.receive(note("subscription_failed", {"object_sid": replica.sid}, correlation_id=correlation + 1))
    line.receive(note("subscription_established", {"object_sid": replica.sid}))
    assert line.take() == []
    line.receive(note("subscription_established", {"object_sid": replica.sid}, correlation_id=str(correlation)))
    assert line.take() == [Established(replica)]


@pytest.mark.parametrize("status,stands", [("completed", True), (None, True), ("interrupted", False), ("odd", False)])
def test_a_subscription_stands_when_its_replay_is_complete(line: Line, status: str | None, stands: bool) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.connect()
    correlation = establish(line, replica)
    event = {"object_sid": replica.sid, "replay_status": status, "last_event_id": 0}
    line.receive(note("subscription_established", event, correlation_id=correlation))
    assert replica.established is stands


# ---- the connection --------------------------------------------------------------------------------------------------


def test_nothing_is_asked_for_without_a_connection(line: Line) -> None:
    line.serve("CH1.messages", Kind.LIST)
    assert line.session.take_requests() == []
    assert line.session.next_deadline() is None
    assert line.session.advance(line.now + 1000) == []
    line.connect()
    assert [request.purpose for request in line.session.take_requests()] == [Purpose.OPEN]


def test_a_connection_replaces_the_one_before(line: Line, messages: Replica[str]) -> None:
    line.connect()
    assert not messages.established
    assert [request.purpose for request in line.session.take_requests()] == [Purpose.ESTABLISH]


def test_a_lost_connection_needs_no_clock(line: Line, messages: Replica[str]) -> None:
    line.serve("CH2.messages", Kind.LIST)
    line.until(lambda: line.session.next_deadline() is not None)
    line.cut()
    assert line.session.next_deadline() is None


def test_its_text_says_how_much_there_is(line: Line, messages: Replica[str]) -> None:
    assert repr(line.session) == "<Session of 1 objects, online>"
    line.cut()
    assert repr(line.session) == "<Session of 1 objects, offline>"


def test_an_object_has_a_name(line: Line) -> None:
    with pytest.raises(ArgumentError, match="name"):
        line.want("", Kind.LIST)


# ---- pages that somebody asks for ------------------------------------------------------------------------------------


def test_a_page_has_the_keys_and_its_items_come_as_changes(line: Line, messages: Replica[str]) -> None:
    request = asked(line, line.session.page(messages, start=None, order="desc", size=2))
    assert (request.purpose, request.params) == (
        Purpose.PAGE,
        {"HideExpired": "true", "PageSize": "2", "Order": "desc"},
    )
    assert line.session.page_result(request) == Page([2, 1], has_more=True, has_previous=False)
    (read,) = line.take()
    assert isinstance(read, ItemsRead)
    assert [item.key for item in read.items] == [2, 1]
    again = asked(line, line.session.page(messages, start=1, order="desc", size=2))
    assert line.session.page_result(again) == Page([1, 0], has_more=False, has_previous=True)
    (read,) = line.take()
    assert isinstance(read, ItemsRead)
    assert [item.key for item in read.items] == [0]


def test_one_item_is_a_page_of_one_or_none(line: Line, messages: Replica[str]) -> None:
    request = asked(line, line.session.item(messages, 1))
    assert (request.purpose, request.params) == (Purpose.ITEM, {"HideExpired": "true", "Index": "1"})
    assert line.session.page_result(request).keys == [1]
    assert line.session.page_result(asked(line, line.session.item(messages, 7))).keys == []


def test_a_forgotten_item_is_news_when_it_is_read_again(line: Line, messages: Replica[str]) -> None:
    asked(line, line.session.item(messages, 1))
    asked(line, line.session.item(messages, 1))
    assert types(line.take()) == [ItemsRead]
    line.session.forget(messages, [1])
    asked(line, line.session.item(messages, 1))
    assert types(line.take()) == [ItemsRead]


def test_an_item_that_a_page_has_shown_before_its_event_is_added_nevertheless(
    line: Line, messages: Replica[str]
) -> None:
    line.service.put("CH1.messages", 3)
    line.requests.append(line.session.item(messages, 3))
    line.handle()
    line.answer()
    line.settle()
    read, added = line.take()
    assert isinstance(read, ItemsRead)
    assert isinstance(added, ItemAdded)
    assert [read.items[0].key, added.key] == [3, 3]


def test_a_page_that_lags_behind_brings_no_removed_item_back(line: Line, messages: Replica[str]) -> None:
    request = line.session.page(messages, start=None, order="asc", size=2)
    line.requests.append(request)
    line.handle()
    line.service.take_out("CH1.messages", 0)
    line.settle()
    removed, read = line.take()
    assert isinstance(removed, ItemRemoved)
    assert isinstance(read, ItemsRead)
    assert [item.key for item in read.items] == line.session.page_result(request).keys == [1]


def test_pages_are_read_only_while_the_subscription_stands(line: Line, messages: Replica[str]) -> None:
    line.cut()
    with pytest.raises(LocalProtocolError, match="not established"):
        line.session.page(messages, start=None, order="asc", size=1)
    with pytest.raises(LocalProtocolError, match="not established"):
        line.session.item(messages, 0)


def test_a_document_has_no_pages(line: Line) -> None:
    document = line.serve("CH1.channel", Kind.DOCUMENT)
    line.connect()
    line.settle()
    with pytest.raises(LocalProtocolError, match="has no items"):
        line.session.page(document, start=None, order="asc", size=1)


@pytest.mark.parametrize("size", [0, -1])
def test_a_page_holds_something(line: Line, messages: Replica[str], size: int) -> None:
    with pytest.raises(ArgumentError, match="size"):
        line.session.page(messages, start=None, order="asc", size=size)


def test_other_requests_have_no_page(line: Line) -> None:
    line.serve("CH1.messages", Kind.LIST)
    line.connect()
    (request,) = line.session.take_requests()
    with pytest.raises(LocalProtocolError, match="open has no page"):
        line.session.page_result(request)


def test_a_page_that_is_refused_says_why_and_the_object_stays(line: Line, messages: Replica[str]) -> None:
    request = line.session.page(messages, start=None, order="asc", size=1)
    refusal = orjson.dumps({"status": 400, "code": 20007, "message": "page size"})
    assert line.session.replied(request, 400, refusal, line.now) == []
    with pytest.raises(SyncError, match="page size") as caught:
        line.session.page_result(request)
    assert (caught.value.status, caught.value.code) == (400, 20007)
    assert messages.established


def test_a_page_that_cannot_be_read_says_so(line: Line, messages: Replica[str]) -> None:
    request = line.session.page(messages, start=None, order="asc", size=1)
    assert line.session.replied(request, 200, b'{"items":[{"index":0}]}', line.now) == []
    with pytest.raises(SyncError, match="unreadable"):
        line.session.page_result(request)


def test_a_page_that_got_lost_is_not_repeated(line: Line, messages: Replica[str]) -> None:
    request = line.session.page(messages, start=None, order="asc", size=1)
    line.session.failed(request, line.now)
    assert line.session.take_requests() == []
    with pytest.raises(LocalProtocolError, match="not been answered"):
        line.session.page_result(request)


@pytest.mark.parametrize("meanwhile", ["reconnected", "released", "read anew"])
def test_a_page_asked_for_in_another_life_means_nothing(line: Line, messages: Replica[str], meanwhile: str) -> None:
    request = line.session.page(messages, start=None, order="asc", size=1)
    if meanwhile == "reconnected":
        line.cut()
        line.connect()
        line.settle()
    elif meanwhile == "released":
        line.session.release(messages)
    else:
        line.receive(note("list_item_added", {"list_sid": messages.sid}))
    line.take()
    page = {"items": [{"index": 0, "last_event_id": 1, "data": {}}], "meta": {}}
    assert line.session.replied(request, 200, orjson.dumps(page), line.now) == []
    with pytest.raises(SyncError, match="too late"):
        line.session.page_result(request)
