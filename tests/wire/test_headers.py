"""Which headers are read, and as what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rxconvo.errors import FramingError
from rxconvo.wire import (
    ClientUpdate,
    Close,
    DeleteContext,
    HttpRequest,
    Init,
    Notification,
    Other,
    Packet,
    PutContext,
    Reply,
    Request,
    Status,
    Telemetry,
    Update,
    decode,
    encode,
)
from rxconvo.wire.headers import Header


def message(header: dict[str, Any]) -> bytes:
    text = json.dumps(header).encode()
    return b"TWILSOCK V3.0 %d\r\n%b\r\n" % (len(text), text)


def header_of(packet: Packet) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(packet).split(b"\r\n")[1])
    return found


MINIMAL: list[tuple[dict[str, Any], Packet]] = [
    ({"method": "init", "token": "t"}, Init("1", "t")),
    ({"method": "update", "token": "t"}, Update("1", "t")),
    (
        {"method": "message", "http_request": {"host": "h", "path": "/", "method": "GET"}},
        Request("1", HttpRequest("h", "/", "GET")),
    ),
    ({"method": "reply", "status": {"code": 200}}, Reply("1", Status(200))),
    ({"method": "notification"}, Notification("1", "")),
    ({"method": "client_update"}, ClientUpdate("1", "")),
    ({"method": "close"}, Close("1")),
    ({"method": "telemetry.v1"}, Telemetry("1")),
    ({"method": "put_notification_ctx"}, PutContext("1", "")),
    ({"method": "delete_notification_ctx"}, DeleteContext("1", "")),
    ({"method": "ping"}, Other("1", "ping")),
]


@pytest.mark.parametrize("fields, packet", MINIMAL)
def test_what_is_optional_may_be_missing(fields: dict[str, Any], packet: Packet) -> None:
    assert decode(message({"id": "1", **fields})) == packet


@pytest.mark.parametrize("fields, packet", MINIMAL)
def test_unknown_fields_and_any_order_are_fine(fields: dict[str, Any], packet: Packet) -> None:
    header = {"debug_info": {"deep": [1, {"x": None}]}, **fields, "payload_size": 0, "id": "1", "Id": 7}
    assert decode(message(header)) == packet


@pytest.mark.parametrize("fields, _packet", MINIMAL)
@pytest.mark.parametrize(
    "broken",
    [
        {"id": None},
        {"id": 1},
        {"id": ["1"]},
        {"payload_size": "0"},
        {"payload_size": None},
        {"payload_size": 0.5},
        {"payload_size": True},
        {"payload_size": -1},
        {"payload_size": 10**30},
        {"method": None},
        {"method": 1},
    ],
)
def test_a_wrong_type_of_a_common_field_is_an_error(
    fields: dict[str, Any], _packet: Packet, broken: dict[str, Any]
) -> None:
    with pytest.raises(FramingError):
        decode(message({"id": "1", **fields, **broken}))


@pytest.mark.parametrize("missing", ["id", "method"])
@pytest.mark.parametrize("fields, _packet", MINIMAL)
def test_an_id_and_a_method_there_must_be(fields: dict[str, Any], _packet: Packet, missing: str) -> None:
    header = {"id": "1", **fields}
    del header[missing]
    with pytest.raises(FramingError, match=missing):
        decode(message(header))


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "init"},
        {"method": "init", "token": None},
        {"method": "init", "token": "t", "capabilities": [1]},
        {"method": "update"},
        {"method": "message"},
        {"method": "message", "http_request": {"host": "h", "path": "/"}},
        {"method": "message", "http_request": {"host": "h", "path": "/", "method": "GET", "params": {"a": 1}}},
        {"method": "message", "http_request": {"host": "h", "path": "/", "method": "GET", "headers": {"a": 1}}},
        {"method": "reply"},
        {"method": "reply", "status": None},
        {"method": "reply", "status": {}},
        {"method": "reply", "status": {"code": "200"}},
        {"method": "reply", "status": {"code": 10**4000}},
        {"method": "notification", "message_type": 5},
    ],
)
def test_a_field_that_is_needed_must_be_right(fields: dict[str, Any]) -> None:
    with pytest.raises(FramingError, match="unreadable header"):
        decode(message({"id": "1", **fields}))


def test_the_error_names_the_field() -> None:
    with pytest.raises(FramingError, match=r"Expected `str`, got `int` - at `\$.message_type`"):
        decode(message({"id": "1", "method": "notification", "message_type": 5}))


def test_nobody_minds_what_nobody_reads() -> None:
    odd = {"method": "reply", "status": {"code": 200}, "init_registrations": 7, "continuation_token_status": "?"}
    reply = decode(message({"id": "1", **odd, "offline_storage": [None], "debug_info": 5}))
    assert reply == Reply("1", Status(200), init_registrations=7, continuation_token_status="?", offline_storage=[None])


def test_null_stands_for_nothing_where_a_list_or_map_may_be_left_out() -> None:
    nulls = {"metadata": None, "registrations": None, "capabilities": None, "tweaks": None, "continuation_token": None}
    assert decode(message({"id": "1", "method": "init", "token": "t", **nulls})) == Init("1", "t")
    assert decode(message({"id": "1", "method": "telemetry.v1", "events": None})) == Telemetry("1")
    assert decode(message({"id": "1", "method": "close", "status": None})) == Close("1")


def test_header_fields_of_a_response_that_are_no_strings_are_left_out() -> None:
    headers = {"a": "1", "b": 2, "c": ["x"], "d": None}
    reply = decode(message({"id": "1", "method": "reply", "status": {"code": 200}, "http_headers": headers}))
    assert isinstance(reply, Reply)
    assert reply.http_headers == {"a": "1"}


def test_a_repeated_parameter_is_a_list() -> None:
    request = Request("1", HttpRequest("h", "/", "GET", {"a": ["1", "2%20"], "b": "3"}))
    assert decode(encode(request)) == request


def test_an_init_is_written_with_all_its_fields() -> None:
    assert header_of(Init("1", "t")) == {
        "method": "init",
        "id": "1",
        "token": "t",
        "continuation_token": None,
        "metadata": {},
        "registrations": [],
        "tweaks": None,
        "capabilities": [],
        "payload_size": 0,
    }


def test_a_close_of_a_client_has_no_status() -> None:
    assert header_of(Close("1")) == {"method": "close", "id": "1", "payload_size": 0}


def test_a_status_is_written_under_its_own_names() -> None:
    status = Status(401, "UNAUTHORIZED", "Token expired", 20104)
    assert header_of(Close("1", status))["status"] == {
        "code": 401,
        "status": "UNAUTHORIZED",
        "description": "Token expired",
        "errorCode": 20104,
    }


def test_a_reply_without_a_body_is_not_labelled() -> None:
    assert header_of(Reply("1", Status(200, "OK"), Status(204, "No Content"))) == {
        "method": "reply",
        "id": "1",
        "status": {"code": 200, "status": "OK"},
        "http_status": {"code": 204, "status": "No Content"},
    }
    labelled = header_of(Reply("1", Status(200, "OK"), Status(200, "OK"), payload=b"{}"))
    assert (labelled["payload_type"], labelled["payload_size"]) == ("application/json", 2)


def test_an_empty_list_of_capabilities_is_written() -> None:
    assert header_of(Reply("1", Status(200), capabilities=[]))["capabilities"] == []


def test_text_is_written_as_utf_8_and_counted_in_bytes() -> None:
    packet = Update("1", "süß\u2028\x00🎈")
    data = encode(packet)
    start, header, rest = data.split(b"\r\n")
    assert start == b"TWILSOCK V3.0 %d" % len(header)
    assert "süß\u2028".encode() in header
    assert rest == b""
    assert decode(data) == packet


def test_the_common_header_alone_is_no_packet() -> None:
    with pytest.raises(NotImplementedError):
        Header().packet(b"")
