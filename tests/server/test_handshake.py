"""The connection: its first packet, its token's life, and what ends it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from rxconvo.errors import ConnectionError, StoreError
from rxconvo.server import Limits, ServerOptions
from rxconvo.testing.loop import advance, settle
from rxconvo.wire.codec import encode
from rxconvo.wire.packets import (
    ClientUpdate,
    Close,
    DeleteContext,
    HttpRequest,
    Init,
    Other,
    PutContext,
    Reply,
    Request,
    Status,
    Telemetry,
    Update,
)

if TYPE_CHECKING:
    from rxconvo.wire.packets import Packet
    from tests.server.conftest import World


async def test_the_welcome_has_everything(world: World) -> None:
    peer = world.connect()
    reply = await peer.init(world.server.mint("ada"))
    assert reply.status.code == 200
    assert reply.capabilities == ["client_update", "offline_storage", "telemetry.v1"]
    assert reply.epoch == world.store.epoch
    assert reply.continuation_token_status == {
        "reissued": True,
        "reissue_reason": "MISSING",
        "reissue_message": "Continuation token is not provided",
    }
    assert isinstance(reply.init_registrations, list)
    assert isinstance(reply.init_registrations[0], dict)
    assert reply.init_registrations[0]["message_types"] == ["twilio.sync.event"]


async def test_a_continuation_token_is_stable_and_personal(world: World) -> None:
    first = await world.connect().init(world.server.mint("ada"))
    again = await world.connect().init(world.server.mint("ada"), first.continuation_token)
    other = await world.connect().init(world.server.mint("bob"), first.continuation_token)
    forged = await world.connect().init(world.server.mint("ada"), f"{first.continuation_token}x".partition(".")[2])
    assert again.continuation_token == first.continuation_token
    assert again.continuation_token_status == {"reissued": False}
    assert isinstance(other.continuation_token_status, dict)
    assert other.continuation_token_status["reissue_reason"] == "DIFFERENT_IDENTITY"
    assert isinstance(forged.continuation_token_status, dict)
    assert forged.continuation_token_status["reissue_reason"] == "UNKNOWN"
    assert len({first.continuation_token, other.continuation_token, forged.continuation_token}) == 3


async def test_storage_ids_differ_between_users_only(world: World) -> None:
    replies = [await world.connect().init(world.server.mint(identity)) for identity in ("ada", "ada", "bob")]
    first, second, third = (reply.offline_storage for reply in replies)
    assert first == second != third


async def test_a_refused_token_is_answered_and_ends_the_connection(world: World) -> None:
    peer = world.connect()
    reply = await peer.init("nonsense")
    assert (reply.status.code, reply.status.status, reply.status.error_code) == (401, "UNAUTHORIZED", 20101)
    assert reply.status.description == "Invalid Access Token"
    await peer.ended()


async def test_nothing_for_ten_seconds_ends_the_connection(world: World) -> None:
    peer = world.connect()
    await advance(9.9)
    assert world.server.connections == 1
    await advance(0.2)
    await peer.ended()
    assert world.server.connections == 0


@pytest.mark.parametrize(
    "packet",
    [
        Request("TM1", HttpRequest("host", "/Client/v2/Configuration", "GET")),
        Update("TM1", "token"),
        Telemetry("TM1", []),
        Other("TM1", "ping"),
        Close("TM1"),
    ],
)
async def test_nothing_but_an_init_comes_first(world: World, packet: Packet) -> None:
    peer = world.connect()
    peer.write(packet)
    await peer.ended()
    assert peer.log == []


MALFORMED = [
    b"",
    b"x",
    b"TWILSOCK V3.0 \r\n",
    b"TWILSOCK V2.0 2\r\n{}\r\n",
    b"TWILSOCK V3.0 -1\r\n{}\r\n",
    b"TWILSOCK V3.0 1000000000\r\n{}\r\n",
    b"TWILSOCK V3.0 99999\r\n{}\r\n",
    b"TWILSOCK V3.0 4\r\n[[[[\r\n",
    b"TWILSOCK V3.0 2\r\n\xff\xff\r\n",
    b"TWILSOCK V3.0 40\r\n" + b"[" * 40,
    b'TWILSOCK V3.0 53\r\n{"method":"message","id":"1","payload_size":99999999}\r\n',
    bytes(256 * 1024 + 1),
]


@pytest.mark.parametrize("message", MALFORMED, ids=range(len(MALFORMED)))
@pytest.mark.parametrize("welcome", [False, True])
async def test_malformed_bytes_end_that_connection_only(world: World, message: bytes, welcome: bool) -> None:
    other = await world.peer("bob")
    peer = await world.peer("ada") if welcome else world.connect()
    peer.transport.write([message])
    await peer.ended()
    assert (await other.get("/Client/v2/Configuration")).status == 200


@pytest.mark.parametrize(
    "packet",
    [
        Telemetry("TM9", [{"start": 1}]),
        PutContext("TM9", "context", b"{}"),
        DeleteContext("TM9", "context"),
        Other("TM9", "ping"),
        Other("TM9", "whatever", b"\xff"),
    ],
)
async def test_other_packets_are_answered(world: World, packet: Packet) -> None:
    peer = await world.peer("ada")
    peer.write(packet)
    assert (await peer.reply("TM9")).status.code == 200


async def test_a_second_init_breaks_the_protocol(world: World) -> None:
    peer = await world.peer("ada")
    peer.write(Init("TM9", world.server.mint("ada")))
    await peer.ended()


async def test_a_close_packet_closes(world: World) -> None:
    peer = await world.peer("ada")
    peer.write(Close("TM9"))
    await peer.ended()
    assert world.server.subscriptions == 0


async def test_notice_is_given_three_minutes_before_the_end(world: World) -> None:
    peer = await world.peer("ada", ttl=600)
    await advance(419.5)
    await settle()
    reader = asyncio.create_task(peer.ended())
    await settle()
    assert peer.log == []
    await advance(1)
    assert [packet.client_update_type for packet in peer.log if isinstance(packet, ClientUpdate)] == [
        "token_about_to_expire"
    ]
    await advance(179)
    assert not peer.closed
    await advance(1)
    await reader
    assert len(peer.log) == 1  # no close packet
    late = world.connect()
    assert (await late.init(world.server.mint("ada"))).status.code == 200


async def test_a_short_token_gets_its_notice_at_once(world: World) -> None:
    peer = await world.peer("ada", ttl=60)
    await peer.pump()
    assert isinstance(peer.log[0], ClientUpdate)


async def test_an_update_starts_the_timers_anew(world: World) -> None:
    peer = await world.peer("ada", ttl=600)
    await advance(300)
    peer.write(Update("TM9", world.server.mint("ada", 600)))
    assert (await peer.reply("TM9")).status.code == 200
    peer.forget()
    reader = asyncio.create_task(peer.ended())
    await advance(419)
    assert peer.log == []
    await advance(2)
    assert len(peer.log) == 1
    await advance(180)
    await reader


@pytest.mark.parametrize(
    "identity, status, code", [("bob", 401, 51130), (None, 401, 20101)], ids=["another identity", "no token"]
)
async def test_a_bad_update_is_refused(world: World, identity: str | None, status: int, code: int) -> None:
    peer = await world.peer("ada")
    peer.write(Update("TM9", world.server.mint(identity) if identity else "nonsense"))
    reply = await peer.reply("TM9")
    assert (reply.status.code, reply.status.error_code) == (status, code)
    await peer.ended()


async def test_an_expired_token_makes_no_request_even_if_the_clock_jumps(world: World) -> None:
    peer = await world.peer("ada", ttl=600)
    world.skew = 3600.0
    peer.post("POST", f"{world.api}/Conversations", {})
    await peer.ended()
    assert peer.log == []
    late = world.connect()
    world.skew = 0.0
    token = world.server.mint("ada", 600)
    world.skew = 3600.0
    assert (await late.init(token)).status.error_code == 20104


class TestQuotas:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(connections=1), idle_timeout=30)

    async def test_connections_of_an_identity_can_be_limited(self, world: World) -> None:
        peer = await world.peer("ada")
        reply = await world.connect().init(world.server.mint("ada"))
        assert (reply.status.code, reply.status.error_code) == (429, 51201)
        await world.peer("bob")
        peer.write(Close("TM9"))
        await peer.ended()
        await settle()
        await world.peer("ada")

    async def test_silence_is_asked_about_and_then_ends(self, world: World) -> None:
        peer = await world.peer("ada")
        await advance(29)
        peer.write(Other("TM9", "whatever"))
        await peer.reply("TM9")
        await advance(29)
        peer.forget()
        reader = asyncio.create_task(peer.ended())
        await advance(2)
        (ping,) = peer.log
        assert isinstance(ping, Other)
        assert ping.method == "ping"
        peer.write(Reply(ping.id, Status(200, "OK")))
        await advance(28)
        assert not peer.closed
        await advance(90)
        await reader


async def test_a_closed_server_closes_its_connections_and_takes_no_more(world: World) -> None:
    peer = await world.peer("ada")
    await world.server.close()
    await world.server.close()
    await peer.ended()
    late = world.connect()
    await late.ended()
    assert world.server.connections == 0


async def test_a_cut_connection_leaves_nothing(world: World) -> None:
    peer = await world.peer("ada")
    await peer.watch_channels()
    assert world.server.subscriptions == 1
    peer.transport.abort()
    await settle()
    assert (world.server.connections, world.server.subscriptions) == (0, 0)


async def test_requests_after_the_end_are_not_answered(world: World) -> None:
    peer = await world.peer("ada")
    peer.transport.write(
        [encode(Close("TM8")), encode(Request("TM9", HttpRequest("host", "/Client/v2/Configuration", "GET")))]
    )
    with pytest.raises(ConnectionError):
        await peer.reply("TM9")


async def test_a_store_that_fails_is_told_at_the_init(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(world.store, "run", broken)
    peer = world.connect()
    reply = await peer.init(world.server.mint("ada"))
    assert (reply.status.code, reply.status.error_code) == (500, 20500)
    assert "disk" not in str(reply.status)
    await peer.ended()


async def test_a_store_that_is_closed_is_told_as_such(world: World) -> None:
    peer = await world.peer("ada")
    await world.store.close()
    response = await peer.get("/Client/v2/Configuration")
    assert (response.status, response.body["code"]) == (503, 20503)
    peer.transport.abort()
    await settle()
    assert world.server.connections == 0


async def test_a_connection_shows_whose_it_is_and_no_token(world: World) -> None:
    await world.peer("ada")
    token = world.server.mint("ada")
    sessions = repr(list(world.server._sessions))
    assert "ada" in sessions
    assert token not in sessions + repr(world.server)
