"""What the official JavaScript library and its server said to each other, recorded."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rxconvo.testing.frames import FOLDER as FRAMES
from rxconvo.wire import (
    CAPABILITIES,
    MESSAGE_TYPES,
    ClientConnection,
    ClientUpdate,
    Close,
    Init,
    Notification,
    Opened,
    Other,
    Packet,
    Reader,
    Reply,
    Request,
    ServerConnection,
    Telemetry,
    Update,
    acknowledge,
    decode,
    encode,
)

FILES = sorted(FRAMES.glob("*.jsonl"))
METHODS: dict[str, type[Packet]] = {
    "init": Init,
    "update": Update,
    "message": Request,
    "reply": Reply,
    "notification": Notification,
    "client_update": ClientUpdate,
    "close": Close,
    "telemetry.v1": Telemetry,
    "ping": Other,
}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def body(line: dict[str, Any]) -> bytes:
    """Return the payload as it was: one side wrote blanks between its JSON tokens, the other none."""
    payload, size = line["payload"], line["header"]["payload_size"]
    if payload is None:
        return b""
    forms = [payload.encode()] if isinstance(payload, str) else [compact(payload), json.dumps(payload).encode()]
    return next(form for form in forms if len(form) == size)


def message(line: dict[str, Any]) -> bytes:
    header = compact(line["header"])
    return b"TWILSOCK V3.0 %d\r\n%b\r\n%b" % (len(header), header, body(line))


def test_there_are_recordings_of_every_method() -> None:
    seen = Counter(line["header"]["method"] for path in FILES for line in lines(path))
    assert len(FILES) == 23
    assert seen.keys() == METHODS.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_recorded_message_is_read_and_written_again(path: Path) -> None:
    for line in lines(path):
        data, header = message(line), line["header"]
        packet = decode(data)
        assert type(packet) is METHODS[header["method"]]
        assert packet.id == header["id"]
        assert getattr(packet, "payload", b"") == body(line)
        assert decode(encode(packet)) == packet
        reader = Reader()
        for index in range(0, len(data), 7):
            reader.feed(data[index : index + 7])
        assert reader.end() == packet


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_we_write_the_fields_that_were_recorded(path: Path) -> None:
    """But two of a reply: a payload's size and type where there is none."""
    for line in lines(path):
        written = json.loads(encode(decode(message(line))).split(b"\r\n")[1])
        expected = dict(line["header"])
        if expected["method"] == "reply" and not expected["payload_size"]:
            del expected["payload_size"]
            expected.pop("payload_type", None)
        assert written == expected


def test_our_acknowledgement_is_the_recorded_one() -> None:
    acknowledgements = [
        line for path in FILES for line in lines(path) if line["dir"] == "c2s" and line["header"]["method"] == "reply"
    ]
    assert len(acknowledgements) > 50
    for line in acknowledgements:
        assert acknowledge(line["header"]["id"]) == message(line)


def test_our_init_says_what_the_recorded_one_says() -> None:
    recorded = decode(message(lines(FILES[0])[0]))
    assert isinstance(recorded, Init)
    connection = ClientConnection(ids=lambda: "3908717ddc644c4ba61f7970f659ec1d", metadata=recorded.metadata)
    connection.connect()
    connection.opened(recorded.token, 0.0)
    assert [decode(data) for data in connection.data_to_send()] == [recorded]
    assert list(CAPABILITIES) == recorded.capabilities
    assert recorded.registrations == [
        {
            "product": "ip_messaging",
            "type": "ers",
            "notification_protocol_version": 0,
            "message_types": list(MESSAGE_TYPES),
        }
    ]


def conversations(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of each connection that was recorded from its start."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines(path):
        number = line["conn"].rpartition("#")[2]
        if number in found or line["header"]["method"] == "init":
            found.setdefault(number, []).append(line)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_service_side_takes_all_that_the_library_sent(path: Path) -> None:
    for recorded in conversations(path).values():
        service = ServerConnection()
        accepted = recorded[1]["header"]["status"]["code"] == 200
        for line in recorded:
            if line["dir"] == "s2c":
                continue
            packet = service.receive(message(line), 1.0)
            assert (packet is None) == (isinstance(decode(message(line)), Reply) or (not accepted and packet is None))
            if isinstance(packet, Init):
                reply = decode(message(recorded[1]))
                assert isinstance(reply, Reply)
                if accepted:
                    service.accept(continuation_token="c")
                else:
                    service.refuse(packet.id, reply.status)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_client_side_takes_all_that_the_server_sent(path: Path) -> None:
    """Every notification comes out as it came in, and everything that is no reply is acknowledged."""
    for recorded in conversations(path).values():
        ids = iter([recorded[0]["header"]["id"].removeprefix("TM").replace("-", "")])
        client = ClientConnection(ids=itertools.chain(ids, itertools.repeat("0" * 32)).__next__)
        client.connect()
        client.opened("token", 0.0)
        for line in (line for line in recorded if line["dir"] == "s2c"):
            packet = decode(message(line))
            client.data_to_send()
            live = client.state.reported in ("connecting", "connected")
            happenings = client.receive(message(line), 1.0)
            if isinstance(packet, Notification):
                assert happenings == [packet]
            if isinstance(packet, Reply) and packet.id == recorded[0]["header"]["id"] and packet.status.ok:
                assert happenings == [Opened(packet, epoch_changed=False)]
            if not isinstance(packet, Reply) and live:
                assert client.data_to_send()[0] == acknowledge(packet.id)
