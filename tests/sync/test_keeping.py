from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from rxconvo.errors import LocalProtocolError
from rxconvo.sync import (
    Change,
    Discontinued,
    DocumentChanged,
    Established,
    ItemAdded,
    ItemsRead,
    ItemUpdated,
    Kind,
    Loaded,
    ObjectFailed,
    ObjectRemoved,
    Opened,
    Purpose,
    Replica,
    Since,
    SyncRequest,
)
from rxconvo.sync.keeping import MAX_INTERRUPTIONS, read_refusal

if TYPE_CHECKING:
    from tests.sync.conftest import Line


def types(changes: list[Change[str]]) -> list[type]:
    return [type(change) for change in changes]


def reply(line: Line, request: SyncRequest, status: int, body: object = None) -> list[Change[str]]:
    """Answer a request in the place of the service."""
    return line.session.replied(request, status, orjson.dumps(body), line.now)


def opening(line: Line, kind: Kind = Kind.MAP, **options: bool) -> tuple[Replica[str], SyncRequest]:
    """Want an object, and take the request that opens it."""
    replica = line.want("name", kind, **options)
    line.connect()
    (request,) = line.session.take_requests()
    return replica, request


def read_keys(changes: list[Change[str]]) -> list[object]:
    return [item.key for change in changes if isinstance(change, ItemsRead) for item in change.items]


# ---- the way up ------------------------------------------------------------------------------------------------------


def test_a_document_is_opened_and_subscribed(line: Line) -> None:
    replica = line.serve("CH1.channel", Kind.DOCUMENT, read_items=True)
    line.connect()
    line.settle()
    assert types(line.take()) == [Opened, DocumentChanged, Established]
    assert [request.purpose for request in line.sent] == [Purpose.OPEN, Purpose.ESTABLISH]
    assert replica.established
    assert replica.sid == line.service.objects["CH1.channel"].sid


def test_items_are_read_by_pages_while_the_subscription_stands(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST, read_items=True)
    for index in range(7):
        line.service.put("CH1.messages", index)
    line.connect()
    line.settle()
    changes = line.take()
    assert types(changes) == [Opened, Established, ItemsRead, ItemsRead, ItemsRead, Loaded]
    assert read_keys(changes) == list(range(7))
    pages = [request.params.get("From") for request in line.sent if request.purpose is Purpose.READ]
    assert pages == [None, "2", "4"]
    assert replica.loaded


def test_an_empty_object_is_loaded_without_items(line: Line) -> None:
    line.serve("CH1.messages", Kind.LIST, read_items=True)
    line.connect()
    line.settle()
    assert types(line.take()) == [Opened, Established, Loaded]


def test_items_that_come_with_the_descriptor_are_not_read(line: Line) -> None:
    line.serve("ada.info", Kind.MAP, include_items=True)
    line.service.put("ada.info", "name")
    line.connect()
    line.settle()
    assert types(line.take()) == [Opened, ItemsRead, Established, Loaded]
    assert [request.purpose for request in line.sent] == [Purpose.OPEN, Purpose.ESTABLISH]


def test_items_that_were_to_come_with_it_and_did_not_are_read(line: Line) -> None:
    replica, request = opening(line, include_items=True)
    reply(line, request, 200, {"sid": "MP1", "last_event_id": 0})
    line.elapse()
    line.send()
    (establish,) = line.bodies()
    event = {"object_sid": "MP1", "last_event_id": 0}
    note = {"event_type": "subscription_established", "correlation_id": establish["correlation_id"], "event": event}
    line.receive(orjson.dumps(note))
    (read,) = line.session.take_requests()
    assert (read.purpose, read.path) == (Purpose.READ, "/v3/Maps/MP1/Items")
    assert not replica.loaded


def test_a_later_wish_for_items_has_them_read(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.service.put("CH1.messages", 0)
    line.connect()
    line.settle()
    assert types(line.take()) == [Opened, Established]
    assert line.want("CH1.messages", Kind.LIST, read_items=True) is replica
    assert line.want("CH1.messages", Kind.LIST, read_items=True) is replica
    line.settle()
    assert types(line.take()) == [ItemsRead, Loaded]


def test_an_object_is_wanted_once_by_whatever_name(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.connect()
    line.settle()
    assert line.want(replica.sid or "", Kind.LIST) is replica
    assert line.session.take_requests() == []  # nobody wants its items
    with pytest.raises(LocalProtocolError, match="is a list, not a map"):
        line.want("CH1.messages", Kind.MAP)


# ---- what cannot be had ----------------------------------------------------------------------------------------------


def test_an_object_that_is_not_there_is_removed(line: Line) -> None:
    replica = line.want("nobody.info", Kind.MAP)
    line.connect()
    line.settle()
    assert line.take() == [ObjectRemoved(replica)]
    assert replica.dropped
    assert line.want("nobody.info", Kind.MAP) is not replica


@pytest.mark.parametrize("status", [400, 401, 403, 409])
def test_an_object_that_is_refused_fails_with_the_words_of_the_service(line: Line, status: int) -> None:
    replica, request = opening(line)
    (change,) = reply(line, request, status, {"status": 1, "code": "54007", "message": "not yours"})
    assert isinstance(change, ObjectFailed)
    error = change.error
    assert (change.replica, error.name, error.status, error.code) == (replica, "name", status, 54007)
    assert "not yours" in str(error)
    assert replica.dropped
    assert line.session.idle


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"status":{}}', b'{"message":null}'])
def test_the_words_of_the_service_may_be_none(body: bytes) -> None:
    refusal = read_refusal(502, body)
    assert (refusal.status, refusal.code, refusal.message or "") == (502, None, "")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_the_service_cannot_answer_now_is_asked_for_again_until_patience_is_over(line: Line, status: int) -> None:
    _, request = opening(line)
    attempts, changes = 1, list[Change[str]]()
    start = line.now
    while not (changes := reply(line, request, status, {"message": "busy"})):
        if not (requests := line.session.take_requests()):
            line.elapse()
            requests = line.session.take_requests()
        (request,) = requests
        attempts += 1
    assert types(changes) == [ObjectFailed]
    assert attempts == 6
    assert line.now - start == 60


def test_a_read_that_got_lost_is_never_given_up(line: Line) -> None:
    replica, request = opening(line)
    for _ in range(12):
        line.session.failed(request, line.now)
        if not (requests := line.session.take_requests()):
            line.elapse()
            requests = line.session.take_requests()
        (request,) = requests
    assert not replica.dropped
    assert types(reply(line, request, 200, {"sid": "MP1", "last_event_id": 0})) == [Opened]


@pytest.mark.parametrize("body", [{"sid": "MP1"}, {"sid": "", "last_event_id": 1}, [], None])
def test_a_descriptor_that_cannot_be_read_is_asked_for_once_more(line: Line, body: object) -> None:
    _, request = opening(line)
    assert reply(line, request, 200, body) == []
    (again,) = line.session.take_requests()
    (change,) = reply(line, again, 200, body)
    assert isinstance(change, ObjectFailed)
    assert change.error.status == 200


def test_a_page_that_cannot_be_read_leaves_nothing_half_done(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST, read_items=True)
    line.service.put("CH1.messages", 0)
    line.connect()
    line.until(lambda: any(request.purpose is Purpose.READ for request in line.requests))
    read = line.requests.popleft()
    line.take()
    good = {"index": 0, "last_event_id": 1, "data": {}}
    assert reply(line, read, 200, {"items": [good, {"index": 1, "last_event_id": 1}]}) == []
    assert not replica.knows(0)
    (again,) = line.session.take_requests()
    assert types(reply(line, again, 200, {"items": [good], "meta": {}})) == [ItemsRead, Loaded]


def test_pages_that_do_not_advance_are_an_error_and_no_endless_loop(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.connect()
    line.settle()
    line.want("CH1.messages", Kind.LIST, read_items=True)
    page = {"items": [{"index": 0, "last_event_id": 0, "data": {}}], "meta": {"next_token": "x"}}
    (first,) = line.session.take_requests()
    assert types(reply(line, first, 200, page)) == [ItemsRead]
    (second,) = line.session.take_requests()
    assert second.params["From"] == "0"
    (change,) = reply(line, second, 200, page)
    assert isinstance(change, ObjectFailed)
    assert "do not advance" in str(change.error)
    assert replica.dropped


def test_an_empty_page_is_the_last_one_whatever_it_says(line: Line) -> None:
    line.serve("CH1.messages", Kind.LIST)
    line.connect()
    line.settle()
    line.want("CH1.messages", Kind.LIST, read_items=True)
    (request,) = line.session.take_requests()
    assert types(reply(line, request, 200, {"items": [], "meta": {"next_token": "x"}})) == [Loaded]


def test_two_names_of_one_object_are_one_replica_too_many(line: Line) -> None:
    line.service.make("CH1.messages", Kind.LIST)
    first = line.want("CH1.messages", Kind.LIST)
    line.connect()
    line.settle()
    second = line.want("alias", Kind.LIST)
    (request,) = line.session.take_requests()
    line.take()
    (change,) = reply(line, request, 200, {"sid": first.sid, "last_event_id": 0})
    assert isinstance(change, ObjectFailed)
    assert (change.replica, "open already, as CH1.messages" in str(change.error)) == (second, True)
    line.service.put("CH1.messages", 0)
    line.settle()
    assert types(line.take()) == [ItemAdded]
    assert first.established


# ---- letting go ------------------------------------------------------------------------------------------------------


def test_a_released_object_is_silent_and_its_subscription_cancelled(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.connect()
    line.settle()
    line.take()
    line.session.release(replica)
    line.session.release(replica)
    line.service.put("CH1.messages", 0)
    line.settle()
    assert line.take() == []
    assert line.sent[-1].purpose is Purpose.CANCEL
    assert line.service.subscribed == set()


def test_releasing_an_object_again_does_not_touch_the_one_that_took_its_place(line: Line) -> None:
    former = line.serve("CH1.messages", Kind.LIST)
    line.connect()
    line.settle()
    line.session.release(former)
    current = line.want("CH1.messages", Kind.LIST)
    line.settle()
    line.take()
    line.session.release(former)
    line.service.put("CH1.messages", 0)
    line.settle()
    assert types(line.take()) == [ItemAdded]
    assert current.established


def test_an_object_released_before_it_was_opened_is_not_opened(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.connect()
    line.send()
    line.session.release(replica)
    line.settle()
    assert line.take() == []
    assert [request.purpose for request in line.sent] == [Purpose.OPEN]


def test_an_object_that_the_service_removes_ends(line: Line) -> None:
    names = {"CH1.channel": Kind.DOCUMENT, "CH1.messages": Kind.LIST, "CH1.roster": Kind.MAP}
    replicas = [line.serve(name, kind) for name, kind in names.items()]
    line.connect()
    line.settle()
    line.take()
    line.sent.clear()
    for name in names:
        line.service.remove(name)
    line.settle()
    assert line.take() == [ObjectRemoved(replica) for replica in replicas]
    assert line.sent == []


# ---- after a lost connection -----------------------------------------------------------------------------------------


def test_an_object_that_was_being_opened_is_opened_on_the_next_connection(line: Line) -> None:
    _, request = opening(line)
    line.session.lost()
    line.connect()
    (again,) = line.session.take_requests()
    descriptor = {"sid": "MP1", "last_event_id": 0}
    assert reply(line, request, 200, descriptor) == []  # nobody waits for it any more
    assert types(reply(line, again, 200, descriptor)) == [Opened]


def test_each_object_is_subscribed_again_from_its_last_event_on_and_nothing_is_fetched(line: Line) -> None:
    names = {"CH1.channel": Kind.DOCUMENT, "CH1.messages": Kind.LIST, "CH1.roster": Kind.MAP}
    for name, kind in names.items():
        line.serve(name, kind, read_items=True)
    line.connect()
    line.settle()
    line.service.put("CH1.channel")
    line.service.put("CH1.messages", 0)
    line.service.put("CH1.messages", 1, step=5)
    line.settle()
    line.cut()
    line.take()
    line.sent.clear()
    line.service.put("CH1.messages", 1)
    line.service.put("CH1.messages", 2)
    line.connect()
    line.send()
    asked = [request for body in line.bodies() for request in body["requests"]]
    assert [(request["object_type"], request["last_event_id"]) for request in asked] == [
        ("document", 1),
        ("list", 6),
        ("map", 0),
    ]
    line.settle()
    changes = line.take()
    assert sorted(types(changes), key=lambda found: found.__name__) == [*[Established] * 3, ItemAdded, ItemUpdated]
    assert all(request.method == "POST" for request in line.sent)


def test_reading_goes_on_where_it_was_when_the_connection_was_lost(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST, read_items=True)
    for index in range(5):
        line.service.put("CH1.messages", index)
    line.connect()
    line.until(lambda: replica.cursor is not None)
    line.cut()
    first = line.take()
    line.connect()
    line.settle()
    later = line.take()
    assert types(later) == [Established, ItemsRead, Loaded]
    assert read_keys(first + later) == list(range(5))


def test_an_interrupted_replay_is_repeated_from_where_it_began(line: Line) -> None:
    line.serve("CH1.messages", Kind.LIST)
    line.connect()
    line.settle()
    line.cut()
    line.service.put("CH1.messages", 0)
    line.service.put("CH1.messages", 1)
    line.service.put("CH1.messages", 0)  # so a replay from event 2 on would call it an update
    line.service.put("CH1.messages", 2)
    line.take()
    line.sent.clear()
    line.service.interruptions = 2
    line.connect()
    line.settle()
    changes = line.take()
    assert types(changes) == [ItemAdded, ItemAdded, ItemAdded, Established]
    assert [request["last_event_id"] for body in line.bodies() for request in body["requests"]] == [0, 0, 0]


def test_a_replay_without_end_has_its_object_read_anew(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST, read_items=True)
    line.connect()
    line.settle()
    line.cut()
    line.take()
    line.service.put("CH1.messages", 0)
    line.service.put("CH1.messages", 1)
    line.service.interruptions = MAX_INTERRUPTIONS
    line.connect()
    line.settle()
    changes = line.take()
    assert types(changes) == [ItemAdded, Discontinued, Opened, Established, ItemsRead, Loaded]
    assert read_keys(changes) == [0, 1]
    assert [body["action"] for body in line.bodies()][-2:] == ["cancel", "establish"]  # one end, then one beginning
    assert (replica.established, replica.last_event_id) == (True, 2)
    for _ in range(2):  # it counts from the last complete replay
        line.service.interruptions = MAX_INTERRUPTIONS - 1
        line.cut()
        line.connect()
        line.settle()
        assert types(line.take()) == [Established]


def test_an_object_gone_meanwhile_is_removed(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.connect()
    line.settle()
    line.cut()
    line.service.remove("CH1.messages")
    line.take()
    line.connect()
    line.settle()
    assert line.take() == [ObjectRemoved(replica)]


# ---- what cannot be known any more -----------------------------------------------------------------------------------


def test_another_store_opens_everything_anew_by_name(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST, read_items=True)
    line.service.put("CH1.messages", 0)
    line.service.put("CH1.messages", 1)
    line.connect()
    line.settle()
    before = replica.sid
    line.cut()
    line.take()
    line.sent.clear()
    line.service.make("CH1.messages", Kind.LIST)
    line.service.put("CH1.messages", 0)
    line.connect(epoch_changed=True)
    line.settle()
    changes = line.take()
    assert types(changes) == [Discontinued, Opened, Established, ItemsRead, Loaded]
    assert read_keys(changes) == [0]
    assert line.sent[0].path == "/v3/Lists/CH1.messages"
    assert replica.sid != before
    assert replica.last_event_id == 1


def heard(line: Line, since: int | Since) -> list[type]:
    """Want a list of three changes from one of them on, and tell what is said until it stands."""
    line.service.make("CH1.messages", Kind.LIST)
    for index in range(3):
        line.service.put("CH1.messages", index)
    line.session.want("CH1.messages", Kind.LIST, "owner", since=since)
    line.connect()
    line.settle()
    return types(line.take())


def test_an_object_is_told_from_the_event_on_that_it_is_wanted_from(line: Line) -> None:
    assert heard(line, 1) == [Opened, ItemAdded, ItemAdded, Established]


def test_an_object_is_told_from_its_opening_on_where_nothing_else_is_wanted(line: Line) -> None:
    assert heard(line, Since.OPENING) == [Opened, Established]


@pytest.mark.parametrize("since", [Since.UNKNOWN, 4, -2, 2**70])
def test_an_event_that_cannot_be_found_is_no_place_to_begin(line: Line, since: int | Since) -> None:
    assert heard(line, since) == [Discontinued, Opened, Established]


def test_an_object_without_any_event_has_missed_none(line: Line) -> None:
    line.service.make("CH1.messages", Kind.LIST)
    line.session.want("CH1.messages", Kind.LIST, "owner", since=Since.UNKNOWN)
    line.connect()
    line.settle()
    assert types(line.take()) == [Opened, Established]


def test_the_events_of_another_store_are_no_place_to_begin(line: Line) -> None:
    line.connect()
    line.session.want("CH1.messages", Kind.LIST, "owner", since=1)
    line.send()
    line.cut()
    line.service.make("CH1.messages", Kind.LIST)
    line.service.put("CH1.messages", 0)
    line.service.put("CH1.messages", 1)
    line.connect(epoch_changed=True)
    line.settle()
    assert types(line.take()) == [Discontinued, Opened, Established]


def test_a_service_that_knows_fewer_events_than_we_do_has_lost_some(line: Line) -> None:
    replica = line.serve("CH1.channel", Kind.DOCUMENT)
    for _ in range(3):
        line.service.put("CH1.channel")
    line.connect()
    line.settle()
    line.cut()
    line.take()
    line.service.objects["CH1.channel"].last_event_id = 2
    line.connect()
    line.settle()
    assert types(line.take()) == [Discontinued, Established, Opened, DocumentChanged]
    assert replica.last_event_id == 2
    line.service.put("CH1.channel")
    line.settle()
    assert types(line.take()) == [DocumentChanged]


@pytest.mark.parametrize("reached", [0, -1, None])
def test_an_empty_object_has_lost_nothing_however_that_is_said(line: Line, reached: int | None) -> None:
    replica, request = opening(line, Kind.LIST)
    reply(line, request, 200, {"sid": "ES1", "last_event_id": 0})
    line.elapse()
    line.send()
    (body,) = line.bodies()
    event = {"object_sid": "ES1", "replay_status": None, "last_event_id": reached}
    note = {"event_type": "subscription_established", "correlation_id": body["correlation_id"], "events": [event]}
    line.receive(orjson.dumps(note))
    assert line.take() == [Established(replica)]


def test_another_object_under_the_name_takes_its_place(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST)
    line.service.put("CH1.messages", 0)
    line.connect()
    line.settle()
    before = replica.sid
    line.service.make("CH1.messages", Kind.LIST)  # nobody tells
    line.take()
    line.receive(orjson.dumps({"event_type": "list_item_added", "event": {"list_sid": before, "id": 9}}))
    line.settle()
    assert types(line.take()) == [Discontinued, Discontinued, Opened, Established]
    assert replica.sid == line.service.objects["CH1.messages"].sid
    assert [(body["action"], body["requests"][0]["object_sid"]) for body in line.bodies()][-2:] == [
        ("establish", replica.sid),
        ("cancel", before),
    ]


def broken(line: Line, name: str, **members: Any) -> bytes:
    event = {"list_sid": line.service.objects[name].sid, "item_index": 0, **members}
    return orjson.dumps({"event_type": "list_item_added", "events": [event]})


def test_an_unreadable_event_has_its_object_read_anew_once(line: Line) -> None:
    replica = line.serve("CH1.messages", Kind.LIST, read_items=True)
    line.service.put("CH1.messages", 0)
    line.connect()
    line.settle()
    line.take()
    line.sent.clear()
    line.receive(broken(line, "CH1.messages", id=2))
    line.settle()
    assert types(line.take()) == [Discontinued, Opened, ItemsRead, Loaded]
    assert [request.purpose for request in line.sent] == [Purpose.OPEN, Purpose.READ]
    assert line.faults == []
    line.receive(broken(line, "CH1.messages", id=3))
    assert (line.take(), len(line.faults)) == ([], 1)
    line.service.put("CH1.messages", 0, step=3)
    line.settle()
    assert types(line.take()) == [ItemUpdated]
    line.receive(broken(line, "CH1.messages", id=5))
    assert types(line.take()) == [Discontinued]
    assert replica.established


def test_events_go_on_while_an_object_is_read_anew(line: Line) -> None:
    line.serve("CH1.messages", Kind.LIST, read_items=True)
    line.service.put("CH1.messages", 0)
    line.connect()
    line.settle()
    line.take()
    line.receive(broken(line, "CH1.messages", id=2))
    line.service.put("CH1.messages", 1, step=2)
    line.deliver()
    line.settle()
    changes = line.take()
    assert types(changes) == [Discontinued, ItemAdded, Opened, ItemsRead, Loaded]
    assert read_keys(changes) == [0]
