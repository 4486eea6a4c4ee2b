"""Bad arguments are refused before anything is sent; bad bytes end one connection, bad data one object's certainty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson
import pytest

import rxconvo
from rxconvo.testing import Log, MemoryLine, World, advance, settle
from rxconvo.transport import Transport
from rxconvo.transport.websocket import WebSocketConnector
from rxconvo.wire.codec import decode, encode
from rxconvo.wire.packets import Notification, Reply, Request
from tests.laws.test_law_09_isolation_of_identities import peer

DEEP = 100_000
ABYSS = b"[" * DEEP


def deep() -> Any:
    """Nest lists deeper than anything can follow."""
    value: Any = None
    for _ in range(DEEP):
        value = [value]
    return value


# ---- arguments -------------------------------------------------------------------------------------------------------


@dataclass
class Place:
    """What arguments can be given to."""

    client: rxconvo.Client
    conversation: rxconvo.Conversation
    message: rxconvo.Message
    participant: rxconvo.Participant


BAD_ARGUMENTS: dict[str, tuple[str, Callable[[Place], object]]] = {
    "a body that is too long": ("message", lambda at: at.conversation.send_message("é" * 16_385)),
    "a body that is no text": ("message", lambda at: at.conversation.send_message(7)),  # type: ignore[arg-type]
    "half of a surrogate": ("message", lambda at: at.conversation.send_message("\ud800")),
    "attributes that are too long": ("attributes", lambda at: at.conversation.send_message("x", "y" * 4_096)),
    "attributes that are no JSON": ("attributes", lambda at: at.conversation.send_message("x", {1, 2})),  # type: ignore[arg-type]
    "attributes that are no number": ("attributes", lambda at: at.conversation.send_message("x", float("nan"))),
    "attributes without a bottom": ("attributes", lambda at: at.conversation.send_message("x", deep())),
    "a subject that is too long": ("subject", lambda at: at.conversation.send_message("x", subject="y" * 257)),
    "another body that is too long": ("body", lambda at: at.conversation.update_message_body(at.message, "x" * 32_769)),
    "other attributes without a bottom": (
        "attributes",
        lambda at: at.conversation.update_message_attributes(at.message, deep()),
    ),
    "a page that is too large": ("page_size", lambda at: at.conversation.get_messages(101)),
    "a page of nothing": ("page_size", lambda at: at.conversation.get_messages(0)),
    "an anchor below all": ("anchor", lambda at: at.conversation.get_messages(10, -1)),
    "an unknown direction": ("direction", lambda at: at.conversation.get_messages(10, 0, "up")),  # type: ignore[arg-type]
    "an index below all": ("index", lambda at: at.conversation.advance_last_read_message_index(-1)),
    "an index that is a truth": ("index", lambda at: at.conversation.update_last_read_message_index(True)),
    "nobody": ("identity", lambda at: at.conversation.add("")),
    "a name that is too long": ("identity", lambda at: at.conversation.add("x" * 257)),
    "no participant": ("participant", lambda at: at.conversation.remove_participant("")),
    "a participant's attributes": (
        "attributes",
        lambda at: at.conversation.update_participant_attributes(at.participant, deep()),
    ),
    "a friendly name": ("friendly_name", lambda at: at.conversation.update_friendly_name("x" * 257)),
    "a conversation's attributes": ("attributes", lambda at: at.conversation.update_attributes("x" * 16_384)),
    "a conversation's name": ("friendly_name", lambda at: at.client.create_conversation(friendly_name="x" * 257)),
    "an unknown access": ("access", lambda at: at.client.create_conversation(access="open")),  # type: ignore[arg-type]
    "no sid": ("sid", lambda at: at.client.get_conversation_by_sid("")),
    "no unique name": ("unique_name", lambda at: at.client.get_conversation_by_unique_name("")),
    "a user's name": ("friendly_name", lambda at: at.client.update_user_friendly_name(at.client.user, "x" * 257)),
    "no token": ("token", lambda at: at.client.update_token("")),
}


@pytest.mark.parametrize("name", BAD_ARGUMENTS)
async def test_bad_arguments_are_named_before_anything_is_sent(name: str) -> None:
    field, call = BAD_ARGUMENTS[name]
    async with World() as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        log = Log()
        mine.messages.subscribe(log)
        await mine.send_message("hello")
        participant = await mine.get_participant_by_identity("ada")
        await advance(5.0)
        line = world.memory_line("ada")
        sent = len(line.sent)
        with pytest.raises(rxconvo.ArgumentError) as raised:
            call(Place(ada, mine, log[0].message, participant))
        assert raised.value.field == field
        assert field in str(raised.value)
        await advance(5.0)
        assert len(line.sent) == sent


@pytest.mark.parametrize(
    "url,arguments,field",
    [
        ("http://127.0.0.1", {"token": "x"}, "url"),
        ("ws://", {"token": "x"}, "url"),
        ("ws://127.0.0.1", {}, "token"),
        ("ws://127.0.0.1", {"token": "x", "identity": "ada"}, "identity"),
        ("memory:", {}, "identity"),
        ("memory:", {"identity": "ada", "token": "x"}, "token"),
        ("sqlite:", {"identity": "ada"}, "url"),
        ("memory:", {"identity": "ada", "watch": "some"}, "watch"),
        ("memory:", {"identity": "ada", "linger": -1.0}, "linger"),
        ("memory:", {"identity": "ada", "kept_messages": 0}, "kept_messages"),
    ],
)
def test_what_cannot_be_connected_to_is_named_at_once(url: str, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(rxconvo.ArgumentError) as raised:
        rxconvo.connect(url, **arguments)
    assert raised.value.field == field


# ---- framing ---------------------------------------------------------------------------------------------------------

BAD_FRAMES: dict[str, bytes] = {
    "nothing": b"",
    "noise": b"\x00\xff" * 40,
    "another protocol": b"GET / HTTP/1.1\r\n\r\n",
    "another version": b"TWILSOCK V4.0 2\r\n{}\r\n",
    "no length": b"TWILSOCK V3.0 \r\n{}\r\n",
    "a negative length": b"TWILSOCK V3.0 -1\r\n{}\r\n",
    "a huge length": b"TWILSOCK V3.0 999999999\r\n{}\r\n",
    "a header cut short": b'TWILSOCK V3.0 90\r\n{"id":"x"}\r\n',
    "a header that is no JSON": b"TWILSOCK V3.0 5\r\nhello\r\n",
    "a header that is no object": b"TWILSOCK V3.0 2\r\n[]\r\n",
    "a header that is no UTF-8": b'TWILSOCK V3.0 3\r\n"\xff"\r\n',
    "a header without a bottom": b"TWILSOCK V3.0 9000\r\n" + b"[" * 9000 + b"\r\n",
    "a payload that lies": b'TWILSOCK V3.0 55\r\n{"method":"notification","id":"x","payload_size":10000}  \r\nx',
    "a reply to nothing that lies": b'TWILSOCK V3.0 43\r\n{"method":"reply","id":"x","payload_size":9}\r\n',
}


@pytest.mark.parametrize("frame", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_broken_framing_ends_the_clients_connection_and_the_next_one_makes_up_for_it(frame: bytes) -> None:
    async with World() as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        log, errors = Log(), Log()
        mine.messages.subscribe(log)
        await mine.messages.opened
        ada.errors.subscribe(errors)
        line = world.memory_line("ada")
        line.inject(frame)
        await settle()
        await his.send_message("hello")
        await log.until(lambda log: log != [])
        await mine.send_message("hello again").retry(3)
        assert [event.message.index for event in log] == [0, 1]
        assert line.connections == 2
        assert [type(error) for error in errors] == [rxconvo.FramingError]
        assert world.memory_line("bob").connections == 1


async def connected(world: World) -> Transport:
    """Open a connection to the service, without an init."""
    if world.kind == "memory":
        return await world.service.connect()
    return await WebSocketConnector(world.listener.url, close_timeout=0.5).connect()


async def survives(world: World, *frames: bytes) -> list[str]:
    """Send what is no packet, before and after an init, and tell whether anybody else suffers."""
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    log = Log()
    his.messages.subscribe(log)
    await his.messages.opened
    for frame in frames:
        transport = await connected(world)
        transport.write([frame])
        try:
            while True:
                await transport.receive()
        except rxconvo.ConnectionError:
            pass
        await transport.close()
    await mine.send_message("hello")
    await log.until(lambda log: log != [])
    return [
        f"{client} suffers"
        for client in (ada, bob)
        if client.connection_state.value != "connected" or world.lines[client.identity].connections != 1
    ]


async def test_broken_framing_ends_that_connection_of_the_service_and_no_other(world: World) -> None:
    too_long = b"TWILSOCK V3.0 " + b"x" * 300_000
    assert await survives(world, *filter(None, BAD_FRAMES.values()), too_long) == []


async def test_a_message_that_is_too_long_ends_the_clients_connection_and_one_that_is_not_does_not() -> None:
    limit = rxconvo.ClientOptions().max_message
    assert limit == 16 * 2**20
    async with World() as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        errors = Log()
        ada.errors.subscribe(errors)
        line = world.memory_line("ada")
        room = limit - len(encode(Notification("large", "unheard of", payload=b"x" * limit))) + limit
        line.inject(encode(Notification("large", "unheard of", payload=b"x" * room)))
        await mine.send_message("hello")
        assert acknowledged(line, "large")
        assert (line.connections, errors) == (1, [])
        line.inject(encode(Notification("large", "unheard of", payload=b"x" * (room + 1))))
        await errors.until(lambda errors: errors != [])
        assert await mine.send_message("hello again").retry(3) == 1
        assert line.connections == 2


# ---- payloads --------------------------------------------------------------------------------------------------------


def acknowledged(line: MemoryLine, packet_id: str) -> bool:
    packets = [decode(message) for message in line.sent]
    return any(isinstance(packet, Reply) and packet.id == packet_id for packet in packets)


def spoiling(marker: bytes, spoil: Callable[[bytes], bytes], spoilt: list[str]) -> Callable[[bytes], list[bytes]]:
    """Spoil the payload of each notification that holds *marker*, and note its id."""

    def rewrite(message: bytes) -> list[bytes]:
        packet = decode(message)
        if not isinstance(packet, Notification) or marker not in packet.payload:
            return [message]
        spoilt.append(packet.id)
        return [encode(msgspec.structs.replace(packet, payload=spoil(packet.payload)))]

    return rewrite


def _changed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def spoil(payload: bytes) -> bytes:
        note = orjson.loads(payload)
        change(note["events"][0])
        return orjson.dumps(note)

    return spoil


SPOILT = _changed(lambda event: event.update(item_data=7))

UNREADABLE: dict[str, Callable[[bytes], bytes]] = {
    "data that are none": SPOILT,
    "data without a sid": _changed(lambda event: event["item_data"].pop("sid")),
    "a text that is a list": _changed(lambda event: event["item_data"].update(text=[1])),
    "an id that is none": _changed(lambda event: event.update(id="x")),
    "no id": _changed(lambda event: event.pop("id")),
    "no index": _changed(lambda event: event.pop("item_index")),
    "an index that is none": _changed(lambda event: event.update(item_index={})),
    "data without a bottom": lambda payload: payload.replace(
        b'"item_data":{', b'"item_data":{"x":' + b"[" * DEEP + b","
    ),
    "data with a deep bottom": lambda payload: payload.replace(
        b'"item_data":{', b'"item_data":{"sid":' + ABYSS + b"]" * DEEP + b',"x":{'
    ).replace(b'},"date_created"', b'}},"date_created"'),
}


async def doubtful(spoil: Callable[[bytes], bytes]) -> list[str]:
    """Have two notifications of a list that cannot be read, and tell what else happens than should."""
    async with World() as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        log, others, errors = Log(), Log(), Log()
        mine.messages.subscribe(log)
        mine.participants.subscribe(others)
        await mine.messages.opened
        await mine.participants.opened
        ada.errors.subscribe(errors)
        await his.send_message("before")
        line = world.memory_line("ada")
        spoilt: list[str] = []
        asked = len(line.sent)
        line.rewrite = spoiling(b"list_item_added", spoil, spoilt)
        await his.send_message("spoilt")
        await his.send_message("spoilt as well")
        await advance(5.0)
        line.rewrite = lambda message: (message,)
        reads = [decode(message) for message in line.sent[asked:]]
        opened = [one for one in reads if isinstance(one, Request) and one.http_request.path.endswith(".messages")]
        await his.send_message("after")
        await mine.add("cyd")
        page = await mine.get_messages()
        found = [f"{packet_id} is not acknowledged" for packet_id in spoilt if not acknowledged(line, packet_id)]
        told = [getattr(event, "message", event) for event in log]
        broken = [told.index(event) for event in told if isinstance(event, rxconvo.Discontinuity)]
        bodies = [message.body for message in told if isinstance(message, rxconvo.Message)]
        if broken != [1] or bodies != ["before", "after"]:
            found.append(f"the observer saw {told}")
        if len(opened) != 1:
            found.append(f"the list is opened anew {len(opened)} times")
        if not errors or {type(error) for error in errors} != {rxconvo.PayloadError}:
            found.append(f"reported is {errors}")
        if [type(event) for event in others] != [rxconvo.ParticipantJoined]:
            found.append(f"the roster suffers: {others}")
        if [message.body for message in page.items] != ["before", "spoilt", "spoilt as well", "after"]:
            found.append(f"there are {page.items}")
        if line.connections != 1:
            found.append("the connection suffers")
        return found


@pytest.mark.parametrize("spoil", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_cannot_be_read_is_acknowledged_skipped_reported_and_read_anew_once(
    spoil: Callable[[bytes], bytes],
) -> None:
    assert await doubtful(spoil) == []


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"{}", b"\xff", ABYSS, b'{"event_type":7}', b'{"a":NaN}'])
@pytest.mark.parametrize(
    "kind", ["twilio.sync.event", "twilio.ipmsg.typing_indicator", "com.twilio.rtd.cds.list", "new"]
)
async def test_no_payload_ends_a_connection(kind: str, payload: bytes) -> None:
    async with World() as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        log, errors = Log(), Log()
        mine.messages.subscribe(log)
        await mine.messages.opened
        ada.errors.subscribe(errors)
        line = world.memory_line("ada")
        line.inject(encode(Notification("bad", kind, payload=payload)))
        await mine.send_message("hello")
        assert acknowledged(line, "bad")
        assert [type(event) for event in log] == [rxconvo.MessageAdded]
        assert line.connections == 1
        assert {type(error) for error in errors} <= {rxconvo.PayloadError}


FORMS: dict[str, Callable[[dict[str, Any]], object]] = {
    "numeric strings": lambda event: event.update(id=str(event["id"]), item_index=str(event["item_index"])),
    "attributes as objects": lambda event: event["item_data"].update(attributes={"n": 1}),
    "attributes as null": lambda event: event["item_data"].update(attributes=None),
    "nulls": lambda event: event["item_data"].update(subject=None, lastUpdatedBy=None, delivery=None, medias=None),
    "unknown names": lambda event: (event.update(new={"x": [1]}), event["item_data"].update(new=[{}])),
    "an unknown type": lambda event: event["item_data"].update(type="hologram"),
}


@pytest.mark.parametrize("name", [*FORMS, "a single event"])
async def test_every_form_of_an_event_is_read(name: str) -> None:
    def reform(payload: bytes) -> bytes:
        note = orjson.loads(payload)
        if name in FORMS:
            FORMS[name](note["events"][0])
        else:
            (note["event"],) = note.pop("events")
        return orjson.dumps(note)

    async with World() as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        log, errors = Log(), Log()
        mine.messages.subscribe(log)
        await mine.messages.opened
        ada.errors.subscribe(errors)
        reformed: list[str] = []
        world.memory_line("ada").rewrite = spoiling(b"list_item_added", reform, reformed)
        await his.send_message("hello")
        await his.send_message("hello again")
        await advance(1.0)
        assert len(reformed) == 2
        assert [event.message.body for event in log] == ["hello", "hello again"]
        assert errors == []


async def test_a_request_that_cannot_be_read_is_refused_and_no_more(world: World) -> None:
    async with peer(world, "eve") as speaker:
        service = (await speaker.get("/Client/v2/Configuration")).body["links"]["conversations"]
        path = service.partition(".com")[2]
        for body in (ABYSS, b'{"attributes":' + ABYSS, b"\xff", b"7", b'{"friendly_name":7}'):
            answer = await speaker.request("POST", path, body)
            assert answer.status == 400, body[:40]
            assert answer.body["message"]
        assert (await speaker.request("POST", path, b"{}")).status == 201
