"""Who may not see a conversation gets what an unknown one gives, to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rxconvo.testing.loop import settle
from rxconvo.wire.packets import Notification, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Peer, World

UNKNOWN = "CH" + "0" * 32
NOBODY = "IM" + "0" * 32

REQUESTS: list[tuple[str, str, object]] = [
    ("GET", "{api}/Conversations/{sid}", None),
    ("GET", "{api}/Conversations/{name}", None),
    ("POST", "{api}/Conversations/{sid}", {"friendly_name": "x"}),
    ("POST", "{api}/Conversations/{sid}", {"friendly_name": 7}),
    ("POST", "{api}/Conversations/{sid}", b"not json"),
    ("DELETE", "{api}/Conversations/{sid}", None),
    ("POST", "{api}/Conversations/{sid}/Participants", {"identity": "{me}"}),
    ("POST", "{api}/Conversations/{sid}/Participants", {"identity": "bob"}),
    ("POST", "{api}/Conversations/{sid}/Participants", {"messaging_binding": {"address": "+1", "proxy_address": "+2"}}),
    ("POST", "{api}/Conversations/{sid}/Participants/bob", {"attributes": "[]"}),
    ("POST", "{api}/Conversations/{sid}/Participants/{participant}", {"attributes": "[]"}),
    ("DELETE", "{api}/Conversations/{sid}/Participants/bob", None),
    ("DELETE", "{api}/Conversations/{sid}/Participants/{me}", None),
    ("DELETE", "{api}/Conversations/{sid}/Participants/{participant}", None),
    ("POST", "{api}/Conversations/{sid}/Messages", {"body": "x"}),
    ("GET", "{api}/Conversations/{sid}/Messages/{message}", None),
    ("POST", "{api}/Conversations/{sid}/Messages/{message}", {"body": "x"}),
    ("DELETE", "{api}/Conversations/{sid}/Messages/{message}", None),
    ("GET", "{api}/Conversations/{sid}/Messages/{message}/Receipts", None),
    ("GET", "{api}/Conversations/{sid}/Messages/{message}/ChannelMetadata", None),
    ("GET", "{api}/Conversations/{sid}/MessageRecipients", None),
    ("GET", "{api}/Users/{me}/Conversations/{sid}", None),
    ("GET", "{api}/Users/{me}/Conversations/{name}", None),
    ("POST", "{api}/Users/{me}/Conversations/{sid}", {"last_read_message_index": 0}),
    ("POST", "{api}/Users/{me}/Conversations/{sid}", {"notification_level": "muted"}),
    ("POST", "/v1/Instances/{service}/Typing", b"ChannelSid={sid}"),
    ("GET", "/v3/Documents/{sid}.channel", None),
    ("GET", "/v3/Lists/{sid}.messages", None),
    ("GET", "/v3/Lists/{sid}.messages/Items", None),
    ("GET", "/v3/Lists/{sid}.messages/Items/0", None),
    ("GET", "/v3/Lists/{sid}.messages/Context", None),
    ("GET", "/v3/Maps/{sid}.roster", None),
    ("GET", "/v3/Maps/{sid}.roster/Items", None),
    ("GET", "/v3/Documents/{ET}", None),
    ("GET", "/v3/Lists/{ES}/Items", None),
    ("GET", "/v3/Maps/{MP}/Items", None),
    ("GET", "/v3/Maps/ada.channels", None),
    ("GET", "/v3/Maps/ada.channels/Items", None),
]


class Secret:
    """A private conversation of ada and bob, and everything that a stranger could have guessed of it."""

    def __init__(self, world: World, names: dict[str, str]) -> None:
        self.world = world
        self.names = names
        self.unknown = {
            **names,
            "sid": UNKNOWN,
            "name": "unknown",
            "message": NOBODY,
            "participant": "MB" + "0" * 32,
            **{prefix: prefix + "0" * 32 for prefix in ("ET", "ES", "MP")},
        }


@pytest.fixture
async def secret(world: World) -> Secret:
    ada = await world.peer("ada")
    sid = await world.create(ada, unique_name="secret", friendly_name="hush")
    participant = await world.join(ada, sid)
    await world.join(ada, sid, "bob")
    await world.join(ada, sid, "former")
    message = (await world.send(ada, sid)).body["sid"]
    assert (await ada.request("DELETE", world.path(sid, "Participants", "former"))).status == 204
    told = {"conversation": sid, "message": message}
    await world.server.control("delivery", **told, statuses={participant: "read"})
    await world.server.control("metadata", **told, metadata={"type": "x", "data": {}})
    recipients = [{"message_sid": message, "type": "email", "address": "ann@example.test"}]
    await world.server.control("recipients", conversation=sid, recipients=recipients)
    objects = {"ET": f"Documents/{sid}.channel", "ES": f"Lists/{sid}.messages", "MP": f"Maps/{sid}.roster"}
    names = {prefix: (await ada.get(f"/v3/{path}")).body["sid"] for prefix, path in objects.items()}
    names |= {"api": world.api, "service": world.keys.service_sid, "sid": sid, "name": "secret"}
    return Secret(world, names | {"message": message, "participant": participant})


def filled(value: Any, names: dict[str, str]) -> Any:
    """Put names into a template."""
    if isinstance(value, str):
        return value.format_map(names)
    if isinstance(value, bytes):
        return value.decode().format_map(names).encode()
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in value.items()}
    return value


async def answer(peer: Peer, method: str, path: str, body: object, names: dict[str, str]) -> tuple[object, ...]:
    """Return all of an answer that a client can see, but for the ids of packet and request."""
    names = {**names, "me": peer.identity}
    response = await peer.request(method, filled(path, names), filled(body, names))
    packet = response.packet
    headers = {name: value for name, value in packet.http_headers.items() if name != "twilio-request-id"}
    assert response.status == 404, response
    return packet.status, packet.http_status, headers, packet.payload, packet.payload_type


@pytest.mark.parametrize("identity", ["stranger", "former"])
@pytest.mark.parametrize("method, path, body", REQUESTS, ids=[f"{method} {path}" for method, path, _ in REQUESTS])
async def test_a_stranger_cannot_tell_secret_from_unknown(
    secret: Secret, identity: str, method: str, path: str, body: object
) -> None:
    peer = await secret.world.peer(identity)
    seen = await answer(peer, method, path, body, secret.names)
    if "ada.channels" in path:
        path = path.replace("ada", "nobody")
    assert seen == await answer(peer, method, path, body, secret.unknown)


async def test_a_stranger_subscribes_to_nothing(secret: Secret) -> None:
    world = secret.world
    peer = await world.peer("stranger")
    channels = await (await world.peer("ada")).open("Maps", "ada.channels")
    kinds = {"ET": "document", "ES": "list", "MP": "map"}
    wanted = [(secret.names[prefix], kind, 0) for prefix, kind in kinds.items()]
    wanted += [(channels["sid"], "map", 0), (secret.names["sid"], "document", 0)]
    unknown = [(f"{sid[:2]}{number:032}", kind, 0) for number, (sid, kind, _) in enumerate(wanted)]
    (refused,) = await peer.establish(*wanted)
    (missing,) = await peer.establish(*unknown)
    assert refused["event_type"] == missing["event_type"] == "subscription_failed"
    assert [each["error"] for each in refused["events"]] == [each["error"] for each in missing["events"]]
    assert world.server.subscriptions == 0


async def test_a_stranger_hears_nothing(secret: Secret) -> None:
    world, sid = secret.world, secret.names["sid"]
    peers = [await world.peer(identity) for identity in ("stranger", "former")]
    for peer in peers:
        await peer.watch_channels()
        peer.forget()
    ada, bob = await world.peer("ada"), await world.peer("bob")
    await world.send(ada, sid)
    await ada.request("POST", world.path(sid), {"friendly_name": "hush hush"})
    told = {"conversation": sid, "message": secret.names["message"]}
    await world.server.control("delivery", **told, statuses={secret.names["participant"]: "failed"})
    await world.server.control("bindings", conversation=sid, bindings={"sms": {"address": "+1500"}})
    await world.server.control("state", conversation=sid, state="inactive")
    await ada.request("POST", f"/v1/Instances/{world.keys.service_sid}/Typing", f"ChannelSid={sid}".encode())
    await bob.request("DELETE", world.path(sid, "Participants", "bob"))
    await ada.request("DELETE", world.path(sid))
    await settle()
    for peer in peers:
        await peer.catch_up()
        assert [packet for packet in peer.log if not isinstance(packet, Reply)] == []


async def test_members_see_what_strangers_do_not(secret: Secret) -> None:
    """Were the requests wrong in themselves, the strangers' answers would prove nothing."""
    peer = await secret.world.peer("bob")
    names = {**secret.names, "me": "bob"}
    statuses = []
    for method, path, body in REQUESTS:
        if method == "GET" and "ada.channels" not in path:
            statuses.append((await peer.request(method, filled(path, names), filled(body, names))).status)
    assert set(statuses) == {200}


async def test_what_was_removed_in_between_is_told_no_more(world: World) -> None:
    ada, bob = await world.peer("ada"), await world.peer("bob")
    sid = await world.create(ada)
    await world.join(ada, sid)
    await world.join(ada, sid, "bob")
    await bob.watch_channels()
    await bob.watch(sid)
    bob.forget()
    ids = [
        ada.post("POST", world.path(sid, "Messages"), {"body": "before"}),
        ada.post("DELETE", world.path(sid, "Participants", "bob")),
        ada.post("POST", world.path(sid, "Messages"), {"body": "after"}),
        ada.post("POST", world.path(sid), {"friendly_name": "after"}),
    ]
    for packet_id in ids:
        await ada.answer(packet_id)
    await bob.catch_up()
    assert [event for event, _ in bob.events()] == [
        "list_item_added",
        "document_updated",
        "map_item_removed",
        "map_item_removed",
    ]
    assert not any(b"after" in packet.payload for packet in bob.log if isinstance(packet, Notification))


STEPS = st.lists(
    st.sampled_from(["send", "rename", "remove", "add", "leave", "watch", "typing", "settle", "again"]), max_size=25
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(steps=STEPS)
def test_nothing_is_heard_outside_a_membership(steps: list[str], run_in_world: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        ada, bob = await world.peer("ada"), await world.peer("bob")
        await bob.watch_channels()
        sid = await world.create(ada)
        await world.join(ada, sid)
        objects = [
            ((await ada.get(f"/v3/{path}")).body["sid"], kind)
            for path, kind in (
                (f"Documents/{sid}.channel", "document"),
                (f"Lists/{sid}.messages", "list"),
                (f"Maps/{sid}.roster", "map"),
            )
        ]
        wanted = [{"object_sid": each, "object_type": kind, "last_event_id": 0} for each, kind in objects]
        body = {"action": "establish", "correlation_id": 7, "requests": wanted}
        form = f"ChannelSid={sid}".encode()
        for step in steps:
            match step:
                case "send":
                    ada.post("POST", world.path(sid, "Messages"), {"body": "x"})
                case "rename":
                    ada.post("POST", world.path(sid), {"friendly_name": "x"})
                case "remove" | "leave":
                    (ada if step == "remove" else bob).post("DELETE", world.path(sid, "Participants", "bob"))
                case "add":
                    ada.post("POST", world.path(sid, "Participants"), {"identity": "bob"})
                case "watch":
                    bob.post("POST", "/v4/Subscriptions", body)
                case "typing":
                    ada.post("POST", f"/v1/Instances/{world.keys.service_sid}/Typing", form)
                case "again":
                    bob.post("GET", f"/v3/Lists/{sid}.messages/Items")
                case _:
                    await settle()
        await ada.catch_up()
        await bob.catch_up()
        check_membership(bob.notifications(), sid)

    run_in_world(scenario)


def check_membership(notes: list[dict[str, Any]], sid: str) -> None:
    """Check that nothing of a conversation was told but while its own item said so."""
    member = False
    for note in notes:
        for event in note.get("events", [note]):
            if event.get("item_key") == sid:
                member = note["event_type"] != "map_item_removed"
            elif note.get("event_type") != "subscription_failed" and "channels" not in str(event):
                assert member or note.get("event_type") == "subscription_established", note
