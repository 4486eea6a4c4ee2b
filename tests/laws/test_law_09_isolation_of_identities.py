"""Who may not see a conversation cannot tell it from one that does not exist, and hears nothing of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

import rxconvo
from rxconvo.testing import Log, World, advance
from rxconvo.transport import MemoryTransport, Transport
from rxconvo.transport.websocket import WebSocketConnector
from rxconvo.wire.codec import decode, encode
from rxconvo.wire.packets import Reply
from tests.server.conftest import Peer
from tests.server.test_isolation import NOBODY, REQUESTS, UNKNOWN, filled

KINDS = {
    "ET": ("document", "Documents", "channel"),
    "ES": ("list", "Lists", "messages"),
    "MP": ("map", "Maps", "roster"),
}

READING = [(method, path, body) for method, path, body in REQUESTS if method == "GET" and "ada.channels" not in path]


@asynccontextmanager
async def peer(world: World, identity: str) -> AsyncGenerator[Peer]:
    """Connect somebody who speaks in raw packets."""
    transport: Transport
    if world.kind == "memory":
        transport = await world.service.connect()
    else:
        transport = await WebSocketConnector(world.listener.url, close_timeout=0.5).connect()
    speaker = Peer(cast("MemoryTransport", transport), identity)
    try:
        await speaker.init(world.service.token(identity))
        yield speaker
    finally:
        await transport.close()


class Secret:
    """A private conversation, and all names of it that somebody could have guessed or kept."""

    def __init__(self, conversation: rxconvo.Conversation, names: dict[str, str]) -> None:
        self.conversation = conversation
        self.names = names
        self.unknown = {
            **names,
            "sid": UNKNOWN,
            "name": "unknown",
            "message": NOBODY,
            "participant": "MB" + "0" * 32,
            **{prefix: prefix + "0" * 32 for prefix in KINDS},
        }


async def make_secret(world: World, *, creator: rxconvo.Client, members: tuple[str, ...]) -> Secret:
    """Have a creator, who stays no member, make a conversation with a message in it."""
    conversation = await creator.create_conversation(unique_name="secret", friendly_name="hush")
    await conversation.join()
    for member in (*members, "former"):
        await conversation.add(member)
    log = Log()
    conversation.messages.subscribe(log)
    await conversation.send_message("hush")
    await conversation.remove_participant("former")
    participant = await conversation.get_participant_by_identity(creator.identity)
    sid = conversation.sid
    async with peer(world, creator.identity) as speaker:
        objects = {
            prefix: (await speaker.open(collection, f"{sid}.{suffix}"))["sid"]
            for prefix, (_, collection, suffix) in KINDS.items()
        }
    service = conversation.links["self"].split("/Services/")[1].split("/")[0]
    names = {"api": f"/Client/v2/Services/{service}", "service": service, "sid": sid, "name": "secret", **objects}
    return Secret(conversation, {**names, "message": log[0].message.sid, "participant": participant.sid})


async def seen(speaker: Peer, names: dict[str, str], requests: list[tuple[str, str, object]]) -> list[bytes]:
    """Ask for everything, and return each answer as it came, but for the ids of packet and request."""
    answers: list[bytes] = []
    for method, path, body in requests:
        names = {**names, "me": speaker.identity}
        packet = (await speaker.request(method, filled(path, names), filled(body, names))).packet
        assert packet.id.startswith("TM")
        answers.append(anonymous(packet, names))
    wanted = [(names[prefix], kind, 0) for prefix, (kind, _, _) in KINDS.items()]
    for notification in await speaker.establish(*wanted):
        text = repr([{**event, "object_sid": ""} for event in notification["events"]])
        answers.append(f"{notification['event_type']} {text}".encode())
    return answers


def anonymous(packet: Reply, names: dict[str, str]) -> bytes:
    """Encode an answer without what is different in each."""
    headers = {name: value for name, value in packet.http_headers.items() if name != "twilio-request-id"}
    status = packet.http_status
    assert status is not None
    head = encode(Reply("", packet.status, http_status=status, http_headers=headers, payload=packet.payload))
    for name in ("sid", "name"):
        head = head.replace(names[name].encode(), b"?")
    return head


async def differences(world: World, identity: str, secret: Secret) -> list[str]:
    """Tell by what somebody can tell a conversation from one that does not exist."""
    requests = [request for request in REQUESTS if "ada.channels" not in request[1]]
    async with peer(world, identity) as speaker:
        there = await seen(speaker, secret.names, requests)
        nothing = await seen(speaker, secret.unknown, requests)
    pairs = zip(there, nothing, strict=True)
    return [f"{identity} sees {one!r}, not {other!r}" for one, other in pairs if one != other]


async def everyone(world: World) -> list[str]:
    """Look at a conversation with the eyes of all who may not see it."""
    eve, ada = await world.client("eve"), await world.client("ada")
    secret = await make_secret(world, creator=eve, members=("ada", "invited"))
    await secret.conversation.leave()
    found: list[str] = []
    for identity in ("stranger", "former"):
        found += await differences(world, identity, secret)
    await (await ada.get_conversation_by_sid(secret.conversation.sid)).leave()
    found += await differences(world, "ada", secret)
    await (await eve.get_conversation_by_sid(secret.conversation.sid)).delete()
    for identity in ("eve", "ada", "invited", "former", "stranger"):
        found += [f"deleted: {difference}" for difference in await differences(world, identity, secret)]
    return found


async def test_forbidden_and_absent_are_the_same_bytes(world: World) -> None:
    assert await everyone(world) == []


@pytest.mark.parametrize("identity", ["invited", "eve"], ids=["added and never connected", "creator and no member"])
async def test_who_may_see_it_sees_it(world: World, identity: str) -> None:
    eve = await world.client("eve")
    secret = await make_secret(world, creator=eve, members=("invited",))
    await secret.conversation.leave()
    async with peer(world, identity) as speaker:
        names = {**secret.names, "me": identity}
        statuses = {
            path: (await speaker.request(method, filled(path, names), filled(body, names))).status
            for method, path, body in READING
            if identity == "invited" or "{me}" not in path
        }
        established = await speaker.establish(
            *((secret.names[prefix], kind, 0) for prefix, (kind, _, _) in KINDS.items())
        )
    # The message has no channel metadata, which is the one thing that is told by 404.
    assert statuses == {path: 404 if path.endswith("/ChannelMetadata") else 200 for path in statuses}
    assert {each["event_type"] for each in established} & {"subscription_failed"} == set()


async def test_clients_get_the_same_error_for_both(world: World) -> None:
    eve, stranger = await world.client("eve"), await world.client("stranger")
    secret = await make_secret(world, creator=eve, members=())
    found: list[tuple[Any, ...]] = []
    for sid, name in ((secret.conversation.sid, "secret"), (UNKNOWN, "unknown")):
        for asking in (stranger.get_conversation_by_sid(sid), stranger.get_conversation_by_unique_name(name)):
            with pytest.raises(rxconvo.NotFoundError) as raised:
                await asking
            found.append((raised.value.status, raised.value.code, raised.value.body, str(raised.value)))
    assert found[:2] == found[2:]


async def overheard(world: World) -> list[str]:
    """Remove somebody who observes everything, go on without him, and tell what he heard of it."""
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    log, gone = Log(), Log()
    for stream in (
        his.messages,
        his.participants,
        his.updated,
        his.typing,
        bob.messages,
        bob.conversations,
        bob.typing,
    ):
        stream.subscribe(log)
    his.removed.subscribe(gone)
    await his.messages.opened
    await his.participants.opened
    line = world.memory_line("bob")
    line.hold("up")  # it is not for him to say that he wants to hear no more
    await mine.remove_participant("bob")
    await gone.until(lambda gone: gone != [])
    await advance(1.0)
    heard, came = len(log), len(line.received)
    index = await mine.send_message("secret")
    await mine.update_friendly_name("secret")
    await mine.send_typing()
    await mine.add("cyd")
    await mine.advance_last_read_message_index(index)
    await advance(30.0)
    found = [f"an observer was told of {event}" for event in log[heard:]]
    found += [f"{decode(message)} was sent" for message in line.received[came:]]
    line.cut()
    await advance(30.0)
    return found + [f"{message!r} was sent later" for message in line.received if b"secret" in message]


async def test_who_was_removed_hears_nothing_more() -> None:
    async with World() as world:
        assert await overheard(world) == []


async def test_who_was_removed_can_neither_read_nor_come_back(world: World) -> None:
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    gone = Log()
    his.removed.subscribe(gone)
    await mine.remove_participant("bob")
    await gone.until(lambda gone: gone != [])
    for asking in (his.send_message("let me in"), his.join(), bob.get_conversation_by_sid(mine.sid)):
        with pytest.raises(rxconvo.RxconvoError) as raised:
            await asking
        assert isinstance(raised.value, rxconvo.NotFoundError | rxconvo.ClosedError)
    assert await mine.get_messages_count() == 0
