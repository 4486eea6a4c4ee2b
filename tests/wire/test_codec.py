from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rxconvo.errors import FramingError, LocalProtocolError
from rxconvo.wire import (
    MAX_HEADER,
    ClientUpdate,
    Close,
    DeleteContext,
    HttpRequest,
    Init,
    Notification,
    Other,
    Packet,
    PutContext,
    Reader,
    Reply,
    Request,
    Status,
    Telemetry,
    Update,
    acknowledge,
    decode,
    encode,
)

KNOWN = {
    "init",
    "update",
    "message",
    "reply",
    "notification",
    "client_update",
    "close",
    "telemetry.v1",
    "put_notification_ctx",
    "delete_notification_ctx",
}
PING = b'TWILSOCK V3.0 27\r\n{"id":"1","method":"ping" }\r\n'

# -- every packet there is -------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
payloads = st.binary(max_size=300) | st.just(b"\r\n") | st.binary(min_size=3000, max_size=3000)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
jsons: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
codes = st.integers(0, 999)
statuses = st.builds(Status, codes, texts, st.none() | texts, st.none() | st.integers(0, 99999))
http_requests = st.builds(
    HttpRequest,
    texts,
    texts,
    texts,
    st.dictionaries(texts, texts | st.lists(texts, max_size=3), max_size=3),
    st.dictionaries(texts, texts, max_size=3),
)
labels = st.sampled_from(["application/json", "application/json; charset=utf-8", "text/plain", "image/png"])
maybe_texts = st.none() | texts
packets: st.SearchStrategy[Packet] = st.one_of(
    st.builds(
        Init,
        texts,
        texts,
        maybe_texts,
        st.dictionaries(texts, jsons, max_size=3),
        st.lists(jsons, max_size=3),
        jsons,
        st.lists(texts, max_size=3),
    ),
    st.builds(Update, texts, texts),
    st.builds(Request, texts, http_requests, payloads, labels, texts),
    st.builds(
        Reply,
        texts,
        statuses,
        st.none() | statuses,
        st.dictionaries(texts, texts, max_size=3),
        payloads,
        labels,
        maybe_texts,
        jsons,
        st.none() | st.lists(texts, max_size=3),
        jsons,
        jsons,
        maybe_texts,
    ),
    st.builds(Notification, texts, texts, texts, payloads, labels),
    st.builds(ClientUpdate, texts, texts),
    st.builds(Close, texts, st.none() | statuses, payloads),
    st.builds(Telemetry, texts, st.lists(jsons, max_size=3)),
    st.builds(PutContext, texts, texts, payloads),
    st.builds(DeleteContext, texts, texts),
    st.builds(Other, texts, texts.filter(lambda method: method not in KNOWN), payloads),
)
SAMPLES: list[Packet] = [
    Init("TM1", "token", "more", {"sdk": "PY"}, [{"type": "ers"}], None, ["client_update"]),
    Update("TM2", "token"),
    Request("TM3", HttpRequest("h", "/a%20b", "POST", {"a": ["1", "2"]}, {"x": "y"}), b'{"a":1}'),
    Reply("TM4", Status(200, "OK"), Status(201, "Created"), {"content-type": "application/json"}, b"{}"),
    Reply("TM5", Status(200, "OK"), continuation_token="c", capabilities=["client_update"], epoch="e"),
    Notification("TM6", "twilio.sync.event", "", b'{"event_type":"list_item_added"}'),
    ClientUpdate("TM7", "token_about_to_expire"),
    Close("TM8", Status(308, "OFFLOAD"), b'{"backoff_policy":{"reconnect_min_ms":1}}'),
    Telemetry("TM9", [{"start": -16, "end": 0, "title": "t", "details": ""}]),
    PutContext("TM10", "ctx", b"{}"),
    DeleteContext("TM11", "ctx"),
    Other("TM12", "ping"),
]


def read(pieces: Sequence[bytes], max_size: int = 1 << 20) -> Packet:
    reader = Reader(max_size)
    for piece in pieces:
        reader.feed(piece)
    return reader.end()


def frame(header: bytes, payload: bytes = b"", *, end: bytes = b"\r\n") -> bytes:
    return b"TWILSOCK V3.0 %d\r\n%b%b%b" % (len(header), header, end, payload)


def notification(size: int, payload: bytes, *, end: bytes = b"\r\n", pad: int = 60) -> bytes:
    """Return a notification in the shape that the fast path reads, whatever *size* says of *payload*."""
    return frame(
        b'{"method":"notification","id":"1","message_type":"%b","payload_size":%d}' % (b"x" * pad, size),
        payload,
        end=end,
    )


# -- round trips -----------------------------------------------------------------------------------------------------


@given(packets)
def test_any_packet_is_read_as_it_was_written(packet: Packet) -> None:
    assert decode(encode(packet)) == packet


@given(packets)
def test_any_packet_may_come_byte_by_byte(packet: Packet) -> None:
    data = encode(packet)
    assert read([data[i : i + 1] for i in range(len(data))]) == packet


@given(packets, st.lists(st.integers(0, 1), max_size=2000), st.binary(max_size=9))
def test_any_packet_may_come_in_any_pieces(packet: Packet, cuts: list[int], trailing: bytes) -> None:
    data = encode(packet) + trailing
    pieces = [b""]
    for index in range(len(data)):
        if index < len(cuts) and cuts[index]:
            pieces.append(b"")
        pieces[-1] += data[index : index + 1]
    assert read(pieces) == packet


@pytest.mark.parametrize("packet", SAMPLES)
def test_each_kind_of_packet_round_trips(packet: Packet) -> None:
    assert decode(encode(packet)) == packet


def test_one_reader_reads_one_message_after_another() -> None:
    reader = Reader()
    for packet in SAMPLES:
        reader.feed(encode(packet))
        assert reader.end() == packet


def test_one_encoding_serves_all_receivers() -> None:
    event = Notification("shared", "twilio.sync.event", payload=b"{}")
    data = encode(event)
    assert [decode(data) for _ in range(3)] == [event] * 3


def test_the_common_shape_needs_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Notification("1", "x" * 60, payload=b"{}")
    monkeypatch.setattr("rxconvo.wire.codec.Reader", None)
    for trailing in (b"", b"\r\n"):
        assert decode(notification(2, b"{}" + trailing)) == expected
    data = encode(expected)
    assert decode(data, max_size=len(data)) == expected


# -- what is tolerated -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        PING,
        PING.removesuffix(b"\r\n"),
        PING.replace(b"27\r\n", b"27 \r\n"),
        PING.replace(b"27\r\n", b"000027\r\n"),
        PING + b"anything",
        PING + b"\r\n",
        PING.replace(b'"ping" ', b'"ping"\n'),
    ],
)
def test_small_liberties_are_tolerated(data: bytes) -> None:
    assert decode(data) == Other("1", "ping")
    assert read([data[i : i + 1] for i in range(len(data))]) == Other("1", "ping")


def test_bytes_after_the_payload_are_ignored() -> None:
    for pad in (0, 60):  # outside the common length of a header and within
        packet = decode(notification(2, b"{}\r\n", pad=pad))
        assert isinstance(packet, Notification)
        assert packet.payload == b"{}"


def test_a_header_may_hold_line_ends() -> None:
    assert decode(frame(b'{"id":"1",\r\n\r\n"method":"ping"}')) == Other("1", "ping")


def test_a_payload_that_the_method_does_not_have_is_skipped() -> None:
    header = b'{"id":"1","method":"update","token":"t","payload_size":4}'
    assert decode(frame(header, b"data")) == Update("1", "t")


# -- what is not -----------------------------------------------------------------------------------------------------


BROKEN: list[tuple[bytes, str]] = [
    (b"", "0 bytes that ends before its header"),
    (b"TWILSOCK V3.0 5", "ends before its header"),
    (b"TWILSOCK V3.0 27\r\n{", "ends before its header"),
    (b"GET / HTTP/1.1\r\n\r\n", "not a Twilsock 3.0 packet, it begins with b'GET / HTTP/1.1'"),
    (b"TWILSOCK V2.0 2\r\n{}\r\n", "not a Twilsock 3.0 packet"),
    (b"twilsock V3.0 2\r\n{}\r\n", "not a Twilsock 3.0 packet"),
    (b"TWILSOCK  V3.0 2\r\n{}\r\n", "not a Twilsock 3.0 packet"),
    (b"TWILSOCK V3.0  2\r\n{}\r\n", "decimal number"),
    (b"TWILSOCK V3.0 \r\n{}\r\n", "decimal number"),
    (b"TWILSOCK V3.0 +2\r\n{}\r\n", "decimal number"),
    (b"TWILSOCK V3.0 -1\r\n{}\r\n", "decimal number"),
    (b"TWILSOCK V3.0 0x2\r\n{}\r\n", "decimal number"),
    (b"TWILSOCK V3.0 1_0\r\n{}\r\n", "decimal number"),
    (b"TWILSOCK V3.0 2  \r\n{}\r\n", "decimal number"),
    (b"TWILSOCK V3.0 2\n{}\r\n", "decimal number"),
    (b"TWILSOCK V3.0 2\r{}\r\n", "decimal number"),
    ("TWILSOCK V3.0 ٢\r\n{}\r\n".encode(), "decimal number"),
    (b"TWILSOCK V3.0 0\r\n\r\n", "unreadable header: Input data was truncated"),
    (b"TWILSOCK V3.0 16385\r\n", "header of 16385 bytes, 16384 are allowed"),
    (b"TWILSOCK V3.0 1000000000\r\n{}", "header of 1000000"),
    (b"TWILSOCK V3.0 0000027\r\n" + PING[18:], "header of 0000027 bytes"),
    (PING.replace(b"27", b"26"), "unreadable header"),
    (PING.replace(b"27", b"28"), "no line end after the header"),
    (PING.removesuffix(b"\r\n") + b"\n", "no line end after the header"),
    (PING.removesuffix(b"\r\n") + b"xy", "no line end after the header but b'xy'"),
    (notification(3, b"{}"), "a payload of 2 bytes, the header says 3"),
    (notification(3, b"{}", pad=0), "a payload of 2 bytes, the header says 3"),
    (notification(-1, b"{}"), "a payload of -1 bytes"),
    (notification(2, b"{}", end=b"\n\n"), "no line end after the header"),
    (notification(2, b"{}", end=b""), "no line end after the header"),
    (notification(10**12, b"{}"), "longer than 1048576 bytes"),
    (notification(10**30, b"{}"), "longer than"),
    (frame(b"null"), "Expected `object`"),
    (frame(b"[]"), "Expected `object`"),
    (frame(b"{}"), "missing required field"),
    (frame(b"{" + b" " * 200), "unreadable header"),
    (frame(b'{"id":"\xff","method":"ping"}'), "unreadable header"),
    (frame(b'{"id":"1","method":"\xed\xa0\x80"}'), "unreadable header"),
    (frame(b'{"id":"\\ud800","method":"ping"}'), "unreadable header"),
    (frame(b'{"id":"1","method":"ping"} {}'), "trailing characters"),
    (frame(b'{"id":"1","method":"ping","payload_size":NaN}'), "unreadable header"),
    (frame(b'{"id":"1","method":"ping","payload_size":1e400}'), "unreadable header"),
    (frame(b'{"id":"1","method":"ping","payload_size":%b}' % (b"9" * 5000)), "unreadable header"),
    (frame(b'{"id":"1","method":"ping","x":%b' % (b"[" * 16000)), "recursion"),
    (frame(b'{"id":"1","token":"t","method":"init","tweaks":%b' % (b'{"a":' * 3000)), "recursion"),
    (frame(b'{"id":"1","token":"t","method":"init","tweaks":%b}' % (b"9" * 5000)), "unreadable header"),
    (frame(b'{"id":"1","token":"t","method":"init","tweaks":-1e999}'), "unreadable header"),
]


@pytest.mark.parametrize("data, why", BROKEN, ids=[str(index) for index in range(len(BROKEN))])
def test_everything_else_is_an_error_that_says_what_was_wrong(data: bytes, why: str) -> None:
    with pytest.raises(FramingError) as raised:
        decode(data, max_size=1 << 20)
    assert why in str(raised.value)
    for pieces in ([data], [data[:40], data[40:]], [data[i : i + 1] for i in range(len(data))]):
        with pytest.raises(FramingError):
            read(pieces)


def test_a_message_over_the_limit_is_refused() -> None:
    data = notification(100, b"x" * 100)
    assert decode(data, max_size=len(data)) == read([data], len(data))
    for pieces in ([data], [data[:50], data[50:]]):
        with pytest.raises(FramingError, match=r"are allowed|longer than"):
            read(pieces, len(data) - 1)
    with pytest.raises(FramingError, match="are allowed"):
        decode(data, max_size=len(data) - 1)


def test_trailing_bytes_count_as_well() -> None:
    reader = Reader(100)
    reader.feed(PING)
    reader.feed(b" " * 50)
    with pytest.raises(FramingError, match="a message of 147 bytes or more, 100 are allowed"):
        reader.feed(b" " * 50)


@pytest.mark.parametrize(
    "data, fine",
    [
        (b"TWILX", 4),
        (b"TWILSOCK V3.0 16385", 18),
        (b"TWILSOCK V3.0 0000001", 20),
        (b"TWILSOCK V3.0 x", 14),
        (b"TWILSOCK V3.0 12x", 16),
        (b"TWILSOCK V3.0 12 x", 17),
        (b"TWILSOCK V3.0 12\rx", 17),
        (b"TWILSOCK V3.0 2\r\n{]", 18),
        (frame(b'{"id":"1","method":"ping","payload_size":999999}'), 65),
        (PING.removesuffix(b"\r\n") + b"x", 45),
        (PING.removesuffix(b"\r\n") + b"\rx", 46),
    ],
)
def test_an_error_is_told_with_the_first_byte_that_shows_it(data: bytes, fine: int) -> None:
    reader = Reader(1000)
    for index in range(fine):
        reader.feed(data[index : index + 1])
    with pytest.raises(FramingError):
        reader.feed(data[fine : fine + 1])


def test_a_reader_keeps_no_more_than_it_needs() -> None:
    reader = Reader()
    reader.feed(PING)
    for _ in range(100):
        reader.feed(b"x" * 1000)
    assert len(reader._buffer) == len(PING)


# -- fuzz ------------------------------------------------------------------------------------------------------------


def agree(data: bytes, cut: int) -> None:
    """Check that both ways to read come to the same end, and that it is a packet or a `FramingError`."""
    results: list[Packet | None] = []
    for pieces in ([], [data], [data[:cut], data[cut:]]):
        try:
            results.append(read(pieces, 4000) if pieces else decode(data, max_size=4000))
        except FramingError:
            results.append(None)
    assert results[0] == results[1] == results[2]


@given(st.binary(max_size=200), st.integers(0, 200))
@example(b"TWILSOCK V3.0 2\r\n{}\r\n", 7)
def test_any_bytes_are_a_packet_or_a_framing_error(data: bytes, cut: int) -> None:
    agree(data, cut)
    agree(b"TWILSOCK V3.0 " + data, cut)
    agree(frame(data), cut)


@given(jsons, st.integers(0, 100))
def test_any_json_is_a_header_or_a_framing_error(value: Any, cut: int) -> None:
    agree(frame(json.dumps(value).encode()), cut)


@given(
    st.sampled_from(sorted(KNOWN)),
    st.dictionaries(
        st.sampled_from(
            [
                "payload_size",
                "payload_type",
                "status",
                "http_status",
                "http_headers",
                "http_request",
                "token",
                "continuation_token",
                "metadata",
                "registrations",
                "capabilities",
                "message_type",
                "client_update_type",
                "events",
                "epoch",
            ]
        ),
        jsons | st.integers(-5, 50) | st.dictionaries(st.sampled_from(["code", "status"]), jsons),
    ),
    st.binary(max_size=50),
    st.integers(0, 400),
)
def test_any_value_of_any_field_is_read_or_a_framing_error(
    method: str, fields: dict[str, Any], payload: bytes, cut: int
) -> None:
    agree(frame(json.dumps({"id": "1", "method": method, "token": "t", **fields}).encode(), payload), cut)


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255), st.sampled_from("rid")), min_size=1, max_size=4),
    st.integers(0, 600),
)
def test_any_damage_leaves_a_packet_or_a_framing_error(
    packet: Packet, damage: list[tuple[int, int, str]], cut: int
) -> None:
    data = bytearray(encode(packet))
    for place, byte, how in damage:
        at = place % len(data)
        if how == "r":
            data[at] = byte
        elif how == "i":
            data.insert(at, byte)
        else:
            del data[at]
    agree(bytes(data), cut)


@given(st.sampled_from(SAMPLES), st.integers(0, 600))
def test_any_truncation_is_a_framing_error_or_loses_only_the_last_line_end(packet: Packet, length: int) -> None:
    data = encode(packet)
    cut = data[: length % len(data)]
    try:
        assert decode(cut) == packet
    except FramingError:
        return
    assert data.endswith(b"\r\n")
    assert len(data) - len(cut) <= 2


# -- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "packet",
    [
        Update("1", "\ud800"),
        Init("1", "t", metadata={"x": 10**5000}),
        Init("1", "t", metadata={"x": object()}),  # type: ignore[dict-item]
    ],
)
def test_what_json_cannot_carry_is_our_error(packet: Packet) -> None:
    with pytest.raises(LocalProtocolError, match="packet cannot be written"):
        encode(packet)


def test_what_nests_too_deeply_is_our_error() -> None:
    deep: Any = None
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(LocalProtocolError, match="recursion"):
        encode(Telemetry("1", deep))


def test_a_header_over_the_limit_is_our_error() -> None:
    shell = len(encode(Update("1", ""))) - len(b"TWILSOCK V3.0 54\r\n\r\n")
    longest = Update("1", "x" * (MAX_HEADER - shell))
    assert decode(encode(longest)) == longest
    with pytest.raises(LocalProtocolError, match="header of a Update packet is 16385 bytes long, 16384 are allowed"):
        encode(Update("1", longest.token + "x"))


@given(texts)
@example("TM00000000-0000-4000-8000-000000000000")
@example('"\\\r\n')
def test_an_acknowledgement_is_what_the_reference_shows(packet_id: str) -> None:
    data = acknowledge(packet_id)
    start, header, rest = data.split(b"\r\n")
    assert start == b"TWILSOCK V3.0 %d" % len(header)
    assert rest == b""
    assert json.loads(header) == {
        "id": packet_id,
        "method": "reply",
        "payload_type": "application/json",
        "status": {"code": 200, "status": "OK"},
        "payload_size": 0,
    }
    assert decode(data) == Reply(packet_id, Status(200, "OK"))
