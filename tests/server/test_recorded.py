"""Answers and events have the fields that were recorded with the official library, and no others but `since`.

That one tells, in the item of a conversation, after which events its user became a participant.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.server import ServerOptions
from rxconvo.testing.frames import FOLDER as FRAMES
from rxconvo.testing.loop import advance
from rxconvo.wire import encode
from tests.server.media.conftest import Desk

if TYPE_CHECKING:
    from rxconvo.wire import Packet
    from tests.server.conftest import Peer, Response, World

SCENARIOS = tuple(f"{number:02}" for number in range(1, 24))

Shape = frozenset[str]
"""The fields of a JSON value and of all that is in it, as dotted paths."""


def shape(value: Any, path: str = "") -> Iterator[str]:
    match value:
        case dict():
            for key, each in value.items():
                yield f"{path}.{key}"
                yield from shape(each, f"{path}.{key}")
        case list():
            for each in value:
                yield from shape(each, f"{path}[]")
        case _:
            return


def kind_of(method: str, path: str, status: int) -> str:
    """Name a kind of request, whatever the sids in it."""
    path = re.sub(r"/IS[0-9a-f]{32}", "", path)
    path = re.sub(r"/v3/Services", "/v3", path)
    path = re.sub(r"Maps/(?:MP[0-9a-f]{32}|[A-Za-z]+\.channels|US[0-9a-f]{32}\.info)", "Maps/X", path)
    path = re.sub(r"(?:CH|MB|IM|MP|ES|ET|RG)[0-9a-f]{32}", "X", path)
    path = re.sub(r"/Users/[^/]+", "/Users/X", path)
    path = re.sub(r"/(Participants|Conversations)/[^/]+", r"/\1/X", path)
    return f"{method} {re.sub('X[.]roster', 'X', path)} {status}"


def recorded() -> tuple[dict[str, set[Shape]], dict[str, set[Shape]]]:
    """Read the shapes of all answers, by kind of request, and of all notifications, by event type."""
    answers: dict[str, set[Shape]] = defaultdict(set)
    notes: dict[str, set[Shape]] = defaultdict(set)
    for file in sorted(FRAMES.glob("*.jsonl")):
        if not file.name.startswith(SCENARIOS):
            continue
        asked: dict[str, tuple[str, str]] = {}
        for line in file.read_text(encoding="utf-8").splitlines():
            frame = json.loads(line)
            header, payload = frame["header"], frame["payload"]
            if header.get("method") == "message":
                asked[header["id"]] = header["http_request"]["method"], header["http_request"]["path"]
            elif frame["dir"] == "s2c" and header.get("method") == "reply" and header["id"] in asked:
                kind = kind_of(*asked[header["id"]], header["http_status"]["code"])
                answers[kind].add(frozenset(shape(payload)))
            elif header.get("method") == "notification":
                notes[payload.get("event_type", header["message_type"])].add(frozenset(shape(payload)))
    return answers, notes


ANSWERS, NOTES = recorded()


def known(value: Any) -> Shape:
    """Tell the fields, but for the one that is ours."""
    return frozenset(field for field in shape(value) if not re.search(r"data\.since\b", field))


def live(note: dict[str, Any]) -> Shape:
    return live_fields(known(note))


def live_fields(fields: Shape) -> Shape:
    """Leave out in what replayed events differ: the id of the request, and what a removed item was."""
    gone = ".events[].item_url" not in fields
    return frozenset(
        field
        for field in fields
        if field != ".correlation_id" and not (gone and field.startswith(".events[].item_data"))
    )


class Witness:
    """Asks on behalf of a peer and compares what comes with what was recorded."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.kinds: set[str] = set()

    async def ask(
        self, method: str, path: str, body: object = None, *, headers: dict[str, str] | None = None, **params: str
    ) -> Response:
        response = await self.peer.request(method, path, body, params=dict(params), headers=headers)
        kind = kind_of(method, path, response.status)
        if kind in ANSWERS:
            self.kinds.add(kind)
            assert known(response.body) in ANSWERS[kind], (kind, response.body)
            assert response.packet.http_headers.keys() == {"content-type", "twilio-request-id"}
        return response

    def check_notes(self) -> set[str]:
        """Compare all notifications so far, and name their types."""
        types: set[str] = set()
        for note in self.peer.notifications():
            event_type = note.get("event_type", "twilio.ipmsg.typing_indicator")
            assert live(note) in {live_fields(fields) for fields in NOTES[event_type]}, note
            types.add(event_type)
        return types


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_the_recordings_have_each_kind(kind: str) -> None:
    assert ANSWERS[kind]


async def begin(witness: Witness, api: str) -> None:
    """Ask for what every client begins with."""
    configuration = (await witness.ask("GET", "/Client/v2/Configuration")).body
    links, names = configuration["links"], configuration["sync_objects"]
    mine = links["my_conversations"].removeprefix("https://aim.us1.twilio.com")
    assert mine.startswith(api)
    await witness.ask("GET", f"/v3/Maps/{names['my_conversations']}")
    await witness.ask("GET", f"/v3/Maps/{names['my_user_info']}", Include="items")
    await witness.ask("GET", mine)


async def read_on(witness: Witness, sid: str, mine: str) -> None:
    """Set and read horizon and notification level."""
    for horizon in (0, None):
        path = f"{mine}/{sid}"
        await witness.ask("POST", path, {"last_read_message_index": horizon})
    await witness.ask("POST", f"{mine}/{sid}", {"notification_level": "muted"})
    await witness.ask("GET", f"{mine}/{sid}")
    await witness.ask("GET", f"{mine}/lunch")


async def register(witness: Witness) -> None:
    """Register a device for push notifications, and forget it."""
    body = {
        "endpoint_platform": "web",
        "channel_type": "fcm",
        "version": "3",
        "message_types": ["twilio.conversations.new_message"],
        "data": {"registration_id": "fake-device-token"},
    }
    made = await witness.ask("POST", "/v1/registrations", body, productId="ip_messaging")
    await witness.ask("DELETE", f"/v1/registrations/{made.body['id']}", {}, productId="ip_messaging")
    binding = {"binding_type": "fcm", "address": "fake-device-token"}
    await witness.ask("DELETE", "/v1/registrations", binding, productId="ip_messaging")


async def test_everything_has_the_recorded_fields(world: World) -> None:
    ada, bob = Witness(await world.peer("alice")), Witness(await world.peer("bob"))
    api = world.api
    await begin(ada, api)
    for witness in (ada, bob):
        await witness.peer.watch_channels()
    body = {"friendly_name": "Lunch", "unique_name": "lunch", "attributes": '{"topic":"food"}'}
    created = await ada.ask("POST", f"{api}/Conversations", body)
    sid = created.body["sid"]
    here = f"{api}/Conversations/{sid}"
    await ada.ask("GET", f"/v3/Documents/{sid}.channel")
    await ada.ask("POST", f"{here}/Participants", {"identity": "alice"})
    messages = (await ada.ask("GET", f"/v3/Lists/{sid}.messages")).body
    roster = (await ada.ask("GET", f"/v3/Maps/{sid}.roster")).body
    added = (await ada.ask("POST", f"{here}/Participants", {"identity": "bob", "attributes": "{}"})).body
    for witness in (ada, bob):
        await witness.peer.watch(sid)
    binding = {"address": "+15005550001", "proxy_address": "+15005550006"}
    phone = (await ada.ask("POST", f"{here}/Participants", {"attributes": "{}", "messaging_binding": binding})).body
    await ada.ask("POST", f"{here}/Participants/{added['sid']}", {"attributes": '{"role":"host"}'})
    items = f"/v3/Services/{world.keys.service_sid}"
    await ada.ask("GET", f"{items}/Maps/{roster['sid']}/Items", HideExpired="true", PageSize="50", Order="asc")
    message = (await ada.ask("POST", f"{here}/Messages", {"body": "Hello 😀", "attributes": '{"k":1}'})).body
    await ada.ask("POST", f"{here}/Messages/{message['sid']}", {"body": "Hello!"})
    for order in ("asc", "desc"):
        path = f"{items}/Lists/{messages['sid']}/Items"
        await ada.ask("GET", path, HideExpired="true", PageSize="30", Order=order)
    await ada.ask("GET", f"{items}/Lists/{messages['sid']}/Items", From="0", PageSize="10", Order="desc")
    await ada.ask("DELETE", f"{here}/Messages/{message['sid']}", {})
    upload = await Desk(world).upload(identity="alice", filename="note.txt")
    await ada.ask("POST", f"{here}/Messages", {"body": "see", "attributes": "{}", "media_sids": [upload["sid"]]})
    message = (await ada.ask("POST", f"{here}/Messages", {"body": "again", "attributes": "{}"})).body
    await ada.ask("POST", f"/v1/Instances/{world.keys.service_sid}/Typing", f"ChannelSid={sid}".encode())
    user = (await bob.ask("GET", f"{api}/Users/bob")).body
    await read_on(bob, sid, f"{api}/Users/{user['sid']}/Conversations")
    await ada.ask("POST", here, {"friendly_name": "Dinner"})
    await ada.ask("GET", here)
    info = (await ada.ask("GET", f"/v3/Maps/{user['sync_objects']['user_info_map']}", Include="items")).body
    await ada.peer.establish((info["sid"], "map", info["last_event_id"]))
    await bob.ask("POST", f"{api}/Users/bob", {"friendly_name": "Bob B."})
    await ada.peer.establish((info["sid"], "map", None), action="cancel")
    await ada.peer.establish((roster["sid"], "map", 2), (messages["sid"], "list", 0))
    delivered = {"conversation": sid, "message": message["sid"], "statuses": {phone["sid"]: "delivered"}}
    await world.server.control("delivery", **delivered)
    await ada.ask("GET", f"{here}/Messages/{message['sid']}/Receipts")
    await register(ada)
    await world.server.control("conflict")
    await ada.ask("POST", f"{api}/Conversations", {}, headers={"X-Twilio-Mutation-Id": "m1"})
    await refusals(ada, here, api)
    await ada.ask("DELETE", f"{here}/Participants/bob", {})
    await ada.ask("DELETE", here, {})
    await bob.peer.catch_up()
    assert set(ANSWERS) - {"POST /v4/Subscriptions 202"} <= ada.kinds | bob.kinds
    assert set(NOTES) == ada.check_notes() | bob.check_notes()


async def refusals(ada: Witness, here: str, api: str) -> None:
    """Ask for what was refused in the recording, and compare every word."""
    unknown = "CH" + "0" * 32
    expected = [
        ("POST", f"{here}/Participants", {"identity": "bob"}, 409, 50433, "Participant already exists"),
        (
            "POST",
            f"{api}/Conversations",
            {"unique_name": "lunch"},
            409,
            50353,
            "Conversation with provided unique name already exists",
        ),
        ("DELETE", f"{here}/Participants/nobody", {}, 404, 50432, "Participant not found"),
        ("GET", f"{api}/Conversations/{unknown}", None, 404, 50350, "Conversation not found"),
        ("GET", f"{api}/Users/nobody", None, 404, 50200, "User not found"),
    ]
    for method, path, body, status, code, message in expected:
        response = await ada.ask(method, path, body)
        assert response.body == {"status": status, "code": code, "message": message}
        assert response.packet.http_status is not None
        assert response.packet.http_status.status == message


def packets(scenario: str, method: str) -> list[dict[str, Any]]:
    """Read the packets of one method that a scenario's service has sent, without their ids."""
    (file,) = FRAMES.glob(f"{scenario}-*.jsonl")
    frames = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    headers = [frame["header"] for frame in frames if frame["dir"] == "s2c" and frame["header"]["method"] == method]
    return [comparable(header) for header in headers]


def comparable(header: dict[str, Any]) -> dict[str, Any]:
    """Leave out ids, and that there is no payload, which can be said or not."""
    return {key: value for key, value in header.items() if key != "id" and (key, value) != ("payload_size", 0)}


def header_of(packet: Packet) -> dict[str, Any]:
    """Return the header that a packet has on the wire, without its id."""
    return comparable(json.loads(encode(packet).split(b"\r\n")[1]))


@pytest.mark.parametrize("scenario", ["13", "14"])
async def test_the_notice_of_a_token_is_as_recorded(world: World, scenario: str) -> None:
    peer = await world.peer("dora", ttl=2)
    await peer.pump()
    (notice,) = peer.log
    assert header_of(notice) == packets(scenario, "client_update")[0]


async def test_the_refusal_of_a_token_is_as_recorded(world: World) -> None:
    reply = await world.connect().init("not-a-token")
    (refusal,) = packets("15", "reply")
    assert header_of(reply) == refusal


async def test_an_offload_is_as_recorded(world: World) -> None:
    peer = await world.peer("bob")
    body = {"backoff_policy": {"reconnect_min_ms": 1000, "reconnect_max_ms": 5000}}
    await world.server.control("close", identity="bob", code=308, status="OFFLOAD", body=body)
    await peer.ended()
    (close,) = peer.log
    recorded_close = packets("16", "close")[0]
    size = len(json.dumps(body, separators=(",", ":")))
    assert header_of(close) == {**recorded_close, "payload_size": size}


@pytest.mark.parametrize("options", [ServerOptions(idle_timeout=30.0)])
async def test_a_ping_is_as_recorded(world: World) -> None:
    peer = await world.peer("alice")
    await advance(31)
    await peer.pump()
    (ping,) = peer.log
    assert header_of(ping) == packets("21", "ping")[0]


async def test_a_message_with_media_has_the_fields_of_its_recording(world: World) -> None:
    """Its answer and its event are kinds that are recorded without media as well, so these alone would do above."""
    frames = [json.loads(line) for line in (FRAMES / "06-media-message.jsonl").read_text(encoding="utf-8").splitlines()]
    (answer,) = (frame["payload"] for frame in frames if "http_status" in frame["header"])
    event = next(each for frame in frames if (each := frame["payload"]) and each.get("event_type") == "list_item_added")
    alice, bob = await world.peer("alice"), await world.peer("bob")
    sid = await world.create(alice)
    await world.join(alice, sid)
    await world.join(alice, sid, "bob")
    await bob.watch(sid)
    bob.forget()
    upload = await Desk(world).upload(identity="alice", filename="note.txt")
    body = {"body": "see the file", "media_sids": [upload["sid"]], "attributes": "{}"}
    response = await alice.request("POST", world.path(sid, "Messages"), body)
    await bob.catch_up()
    assert known(response.body) == known(answer)
    assert known(bob.notifications()[0]) == known(event)
    for name in ("size", "content_type", "filename"):
        assert response.body["media"][0][name] == answer["media"][0][name]
    item, expected = (note["events"][0]["item_data"] for note in (bob.notifications()[0], event))
    for name in ("type", "author", "text", "subject", "contentSid", "attributes"):
        assert item[name] == expected[name]
    assert item["media"] == item["medias"][0] == expected["media"] | {"sid": upload["sid"]}
