"""Bringing a client up, against services that are slow, broken, or do not want it."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest

import rxconvo
from rxconvo.client.start import Trouble
from rxconvo.client.tokens import Tokens
from rxconvo.errors import ConnectionError, DeniedError, OutcomeUnknownError, PayloadError, RejectedError, SyncError
from rxconvo.testing import advance
from rxconvo.wire.packets import Init, Packet, Request

if TYPE_CHECKING:
    from tests.client.conftest import FarEnd, Packets, World


def answering(packets: type[Packets], ending: str, status: int, body: object = None) -> Any:
    """Answer the requests whose path has that ending, in the service's place."""

    def reply(packet: Packet) -> list[Packet] | None:
        if isinstance(packet, Request) and packet.http_request.path.endswith(ending):
            return [packets.answer(packet, status, body)]
        return None

    return reply


async def test_a_client_is_ready_when_user_and_conversations_are_known(world: World, ada: rxconvo.Client) -> None:
    conversation = await ada.create_conversation(friendly_name="standup", attributes={"a": 1})
    await conversation.join()
    again = await world.client("ada")
    assert (again.identity, again.user.identity) == ("ada", "ada")
    [found] = (await again.get_subscribed_conversations()).items
    assert (found.sid, found.friendly_name, found.attributes) == (conversation.sid, "standup", {"a": 1})


async def test_a_connection_that_cannot_be_had_in_time_is_told_with_its_reason(world: World) -> None:
    world.line("ada").up = False
    client = world.make("ada", connect_timeout=12.0)
    starting = asyncio.ensure_future(client.start())
    await advance(11.9)
    assert not starting.done()
    await advance(0.2)
    with pytest.raises(ConnectionError, match="not ready within 12 s: the line is down"):
        starting.result()
    assert client.connection_state.value == "disconnected"


async def test_a_connection_that_comes_in_time_is_waited_for(world: World) -> None:
    world.line("ada").up = False
    starting = asyncio.ensure_future(world.make("ada").start())
    await advance(5)
    world.line("ada").up = True
    await advance(5)
    assert starting.result().connection_state.value == "connected"


async def test_a_token_that_is_refused_ends_the_start_at_once(world: World) -> None:
    client = world.make("ada", token="not.a.token")
    with pytest.raises(DeniedError) as caught:
        await client.start()
    assert caught.value.terminal
    assert world.line("ada").opened == 1
    assert client.connection_state.value == "disconnected"
    assert asyncio.get_running_loop().time() == 0


async def test_an_expired_token_is_told_before_the_start_fails(world: World) -> None:
    token = world.service.token("ada", ttl=60)
    await advance(120)
    client = world.make("ada", token=token)
    events: list[Any] = []
    client.tokens.subscribe(events.append)
    with pytest.raises(DeniedError) as caught:
        await client.start()
    assert caught.value.error_code == 20104
    assert [type(event) for event in events] == [rxconvo.TokenExpired]


@pytest.mark.parametrize("code", [406, 417])
async def test_a_close_for_good_ends_the_start_at_once(world: World, packets: type[Packets], code: int) -> None:
    world.line("ada").replying = lambda packet: [packets.close(code)] if isinstance(packet, Init) else None
    with pytest.raises(ConnectionError) as caught:
        await world.client("ada")
    assert (caught.value.terminal, caught.value.http_status_code) == (True, code)


async def test_a_refusal_for_now_is_waited_out_as_the_service_asks(world: World, packets: type[Packets]) -> None:
    left = [429, 429]
    policy = {"backoff_policy": {"reconnect_min_ms": 4_000}}
    line = world.line("ada")
    line.replying = lambda packet: (
        [packets.refusal(packet, left.pop(), body=policy)] if isinstance(packet, Init) and left else None
    )
    await world.client("ada")
    assert line.attempts == pytest.approx([0.0, 4.0, 12.0])


async def test_an_init_that_is_never_answered_is_tried_again(far_end: FarEnd) -> None:
    options = rxconvo.ClientOptions(request_timeout=5.0, connect_timeout=20.0)
    client = rxconvo.Client(far_end, Tokens("t"), options, rxconvo.Environment(chance=lambda: 0.5))
    starting = asyncio.ensure_future(client.start())
    await advance(19.9)
    assert len(far_end.ends) == 3
    await advance(0.2)
    with pytest.raises(ConnectionError, match=r"not ready within 20 s: .*init was not answered within 5 s"):
        starting.result()


async def test_a_configuration_that_comes_late_is_asked_for_again(world: World, packets: type[Packets]) -> None:
    failures = [500, 503, 429]
    line = world.line("ada")

    def reply(packet: Packet) -> list[Packet] | None:
        if isinstance(packet, Request) and packet.http_request.path.endswith("/Configuration") and failures:
            return [packets.answer(packet, failures.pop())]
        return None

    line.replying = reply
    await world.client("ada")
    assert len(line.requests("GET", "/Configuration")) == 4


@pytest.mark.parametrize(
    "status, body, error",
    [(403, {"code": 7}, RejectedError), (500, None, OutcomeUnknownError), (200, {"identity": 5}, PayloadError)],
)
async def test_a_configuration_that_cannot_be_had_ends_the_start(
    world: World, packets: type[Packets], status: int, body: object, error: type[Exception]
) -> None:
    world.line("ada").replying = answering(packets, "/Configuration", status, body)
    client = world.make("ada")
    with pytest.raises(error):
        await client.start()
    assert client.connection_state.value == "disconnected"


@pytest.mark.parametrize("name", ["ada.channels", "ada.info"])
async def test_an_object_of_the_start_that_is_refused_ends_it(world: World, packets: type[Packets], name: str) -> None:
    async with world.service.client("ada"):
        pass
    await world.client("ada")
    opened = [request.http_request.path for request in world.line("ada").requests("GET")]
    path = next(path for path in opened if "/Maps/" in path and path.endswith(name.partition(".")[2]))
    world.line("ada").replying = answering(packets, path, 403, {"code": 54007, "message": "no", "status": 403})
    with pytest.raises(SyncError) as caught:
        await world.client("ada", connect_timeout=25.0)
    assert caught.value.status == 403


async def test_a_start_that_is_cancelled_leaves_nothing_behind(world: World) -> None:
    world.line("ada").up = False
    client = world.make("ada")
    starting = asyncio.ensure_future(client.start())
    await advance(1)
    starting.cancel()
    await asyncio.wait({starting})
    assert starting.cancelled()
    assert client.connection_state.value == "disconnected"


async def test_shutting_down_during_the_start_ends_it(world: World) -> None:
    world.line("ada").up = False
    client = world.make("ada")
    starting = asyncio.ensure_future(client.start())
    await advance(1)
    await client.shutdown()
    with pytest.raises(rxconvo.RxconvoError):
        await starting


async def test_shutting_down_while_objects_are_being_opened_ends_the_start(
    world: World, packets: type[Packets]
) -> None:
    world.line("ada").replying = lambda packet: (
        [] if isinstance(packet, Request) and "/Maps/" in packet.http_request.path else None
    )
    client = world.make("ada")
    starting = asyncio.ensure_future(client.start())
    await advance(1)
    await client.shutdown()
    with pytest.raises(rxconvo.ClosedError):
        await starting


@pytest.mark.parametrize("status", [500, None], ids=["asked again later", "under way"])
async def test_shutting_down_while_the_configuration_is_asked_for_ends_the_start_at_once(
    world: World, packets: type[Packets], status: int | None
) -> None:
    world.line("ada").replying = lambda packet: (
        ([packets.answer(packet, status)] if status else []) if isinstance(packet, Request) else None
    )
    client = world.make("ada")
    starting = asyncio.ensure_future(client.start())
    await advance(0.2)
    await client.shutdown()
    ended_at = asyncio.get_running_loop().time()
    with pytest.raises(rxconvo.ClosedError):
        await starting
    assert asyncio.get_running_loop().time() == ended_at


async def test_what_is_not_ready_says_so(world: World) -> None:
    client = world.make("ada")
    assert repr(client) == "<Client not ready disconnected>"
    with pytest.raises(rxconvo.ClosedError):
        _ = client.identity
    with pytest.raises(rxconvo.ClosedError):
        _ = client.user
    await client.start()
    assert repr(client) == "<Client ada connected>"


# -- trouble


async def test_trouble_is_fatal_with_the_first_failure_that_does_not_mend() -> None:
    trouble = Trouble(asyncio.get_running_loop())
    passing, fatal, later = (
        ConnectionError("a"),
        ConnectionError("b", terminal=True),
        DeniedError("c", terminal=True),
    )
    trouble.note(passing)
    assert trouble.last is passing
    assert not trouble.fatal.done()
    trouble.note(fatal)
    trouble.note(later)
    assert trouble.fatal.exception() is fatal
    assert trouble.last is later


async def test_trouble_that_nobody_waits_for_is_no_news() -> None:
    trouble = Trouble(asyncio.get_running_loop())
    trouble.note(ConnectionError("gone", terminal=True))
    del trouble
    gc.collect()  # the plugin fails this test if the loop was told of an exception


async def test_requests_name_the_hosts_of_the_region(world: World) -> None:
    async def mint() -> str:
        return world.service.token("ada")

    line = world.line("ada")
    async with rxconvo.Client(
        line, Tokens(mint), rxconvo.ClientOptions(), rxconvo.Environment(), region="ie1"
    ) as client:
        await client.start()
        await client.get_content_templates()
        await client.set_push_registration_id("fcm", "device")
    hosts: dict[str, str] = {}
    for request in line.sent_of(Request):  # later ones go where the service's own addresses lead
        hosts.setdefault(request.http_request.path.split("/")[1], request.http_request.host)
    assert hosts == {
        "Client": "aim.ie1.twilio.com",
        "v3": "cds.ie1.twilio.com",
        "v4": "cds.ie1.twilio.com",
        "v1": "ers.ie1.twilio.com",
    }
