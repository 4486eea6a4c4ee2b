"""What the driver does when a connection ends: when the next one follows, with which token, and what is resumed."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

import rxconvo
from rxconvo.client.backoff import Backoff
from rxconvo.errors import ConnectionError, OutcomeUnknownError
from rxconvo.model import RetryPolicy
from rxconvo.operators import retry_mutation
from rxconvo.testing import advance, settle
from rxconvo.wire.packets import Init, Packet, Reply, Request, Status

if TYPE_CHECKING:
    from tests.client.conftest import Line, Packets, World

POLICY = rxconvo.BackoffPolicy(minimum=1.0, maximum=10.0)


def series(count: int, policy: rxconvo.BackoffPolicy = POLICY) -> list[float]:
    """Return the first delays of a policy that chance does not vary."""
    backoff = Backoff(policy, chance=lambda: 0.5)
    return [backoff.next_delay() for _ in range(count)]


def pauses(line: Line) -> list[float]:
    """Return the seconds between the attempts to connect."""
    return [later - earlier for earlier, later in pairwise(line.attempts)]


def acknowledged(line: Line, packet_id: str) -> bool:
    return any(reply.id == packet_id for reply in line.sent_of(Reply))


def reported(client: rxconvo.Client) -> list[Any]:
    """Return a list that fills with the client's faults."""
    errors: list[Any] = []
    client.errors.subscribe(errors.append)
    return errors


# -- when


async def test_attempts_follow_the_policys_series(world: World) -> None:
    await world.client("ada", backoff=POLICY)
    line = world.line("ada")
    now = asyncio.get_running_loop().time()
    line.down()
    line.attempts[:] = [now]
    await advance(sum(series(8)) + 0.1)
    assert pauses(line) == pytest.approx(series(8))


async def test_chance_varies_the_pause_before_an_attempt(world: World) -> None:
    await world.client("ada", backoff=POLICY, chance=lambda: 0.0)
    line = world.line("ada")
    line.cut()
    line.attempts[:] = [asyncio.get_running_loop().time()]
    await advance(2)
    assert pauses(line) == pytest.approx([POLICY.minimum * (1 - POLICY.randomness)])


async def test_the_series_starts_anew_after_a_success(world: World) -> None:
    client = await world.client("ada", backoff=POLICY)
    line = world.line("ada")
    line.down()
    await advance(sum(series(4)))
    line.up = True
    await advance(series(5)[4])
    assert client.connection_state.value == "connected"
    line.attempts[:] = [asyncio.get_running_loop().time()]
    line.cut()
    await advance(2)
    assert pauses(line) == pytest.approx(series(1))


async def test_a_new_token_ends_the_pause_and_starts_the_series_anew(world: World) -> None:
    client = await world.client("ada", backoff=POLICY, token=world.service.token("ada"))
    line = world.line("ada")
    line.down()
    await advance(sum(series(4)) + 0.5)
    line.attempts[:] = [now := asyncio.get_running_loop().time()]
    await client.update_token(world.service.token("ada", ttl=7200))
    await advance(sum(series(3)) + 0.1)
    assert line.attempts[1] == now
    assert pauses(line)[1:] == pytest.approx(series(3))


async def test_states_are_told_each_once(world: World) -> None:
    client = await world.client("ada")
    states: list[str] = []
    client.connection_state.subscribe(states.append)
    world.line("ada").down()
    await advance(30)
    world.line("ada").up = True
    await advance(60)
    assert states == ["connected", "connecting", "connected"]


async def test_whatever_a_connector_raises_is_reported_and_another_attempt_made(world: World) -> None:
    client = await world.client("ada")
    errors = reported(client)
    line = world.line("ada")
    failures: list[Exception] = [OSError("no route"), ConnectionError("no name")]
    connect = line._connector.connect

    async def fail() -> Any:
        if failures:
            raise failures.pop()
        return await connect()

    line._connector.connect = fail  # type: ignore[method-assign]
    line.cut()
    await advance(10)
    assert client.connection_state.value == "connected"
    assert [str(error) for error in errors[1:]] == ["no name", "the connection failed: OSError('no route')"]
    assert not any(error.terminal for error in errors)


# -- an init that is refused, or never answered


async def test_a_refusal_that_names_a_time_is_heeded(world: World, packets: type[Packets]) -> None:
    client = await world.client("ada", backoff=POLICY)
    errors = reported(client)
    line = world.line("ada")
    policy = {"backoff_policy": {"reconnect_min_ms": 7_000, "reconnect_max_ms": 20_000}}
    refusals = [429]

    def reply(packet: Packet) -> list[Packet] | None:
        return [packets.refusal(packet, refusals.pop(), body=policy)] if isinstance(packet, Init) and refusals else None

    line.replying = reply
    line.cut()
    await advance(9)
    assert pauses(line)[-1] == pytest.approx(7.0)
    assert client.connection_state.value == "connected"
    assert [(error.http_status_code, error.terminal) for error in errors[1:]] == [(429, False)]


async def test_a_time_that_the_service_named_counts_once(world: World, packets: type[Packets]) -> None:
    await world.client("ada", backoff=POLICY)
    line = world.line("ada")
    line.tell(packets.close(308, {"backoff_policy": {"reconnect_min_ms": 7_000, "reconnect_max_ms": 20_000}}))
    await advance(8)
    line.attempts[:] = [asyncio.get_running_loop().time()]
    line.cut()
    await advance(2)
    assert pauses(line) == pytest.approx(series(1))


@pytest.mark.parametrize("code", [404, 429, 500, 503])
async def test_a_refusal_for_now_is_tried_again(world: World, packets: type[Packets], code: int) -> None:
    client = await world.client("ada", backoff=POLICY)
    line = world.line("ada")
    left = [code, code]
    line.replying = lambda packet: [packets.refusal(packet, left.pop())] if isinstance(packet, Init) and left else None
    line.cut()
    await advance(sum(series(3)) + 0.1)
    assert client.connection_state.value == "connected"
    assert pauses(line)[1:] == pytest.approx(series(3)[1:])


async def test_an_init_that_is_not_answered_is_tried_again_on_another_connection(world: World) -> None:
    client = await world.client("ada", backoff=POLICY, request_timeout=5.0)
    errors = reported(client)
    line = world.line("ada")
    unanswered = [1]
    line.replying = lambda packet: [] if isinstance(packet, Init) and unanswered and unanswered.pop() else None
    line.cut()
    await advance(sum(series(2)) + 5.1)
    assert pauses(line)[1:] == pytest.approx([5.0 + series(2)[1]])
    assert client.connection_state.value == "connected"
    assert [str(error) for error in errors[1:]] == ["Connection error: init was not answered within 5 s"]
    assert not errors[-1].terminal


# -- a close of the service


@pytest.mark.parametrize("code", [308, 400, 500, 599])
async def test_most_closes_lead_to_another_connection(world: World, packets: type[Packets], code: int) -> None:
    client = await world.client("ada", backoff=POLICY)
    line = world.line("ada")
    states: list[str] = []
    client.connection_state.subscribe(states.append)
    line.tell(packets.close(code))
    await advance(2)
    assert (states, line.opened) == (["connected", "connecting", "connected"], 2)
    assert acknowledged(line, "close")


async def test_a_close_that_names_a_time_is_heeded(world: World, packets: type[Packets]) -> None:
    await world.client("ada", backoff=POLICY)
    line = world.line("ada")
    line.tell(packets.close(308, {"backoff_policy": {"reconnect_min_ms": 5_000, "reconnect_max_ms": 20_000}}))
    line.attempts[:] = [asyncio.get_running_loop().time()]
    await advance(6)
    assert pauses(line) == pytest.approx([5.0])


async def test_a_mutation_that_a_departing_service_did_not_answer_is_sent_when_it_is_back(
    world: World, packets: type[Packets]
) -> None:
    client = await world.client("ada", backoff=POLICY)
    conversation = await (await client.create_conversation()).join()
    line, loop = world.line("ada"), asyncio.get_running_loop()
    sent: list[tuple[float, str]] = []
    start = loop.time()

    def swallow_the_first(packet: Packet) -> list[Packet] | None:
        if isinstance(packet, Request) and packet.http_request.path.endswith("/Messages"):
            sent.append((loop.time() - start, packet.http_request.headers["X-Twilio-Mutation-Id"]))
            return [] if len(sent) == 1 else None
        return None

    line.replying = swallow_the_first
    sending = asyncio.ensure_future(conversation.send_message("pizza?").pipe(retry_mutation(RetryPolicy(minimum=0.5))))
    await settle()
    line.tell(packets.close(308, {"backoff_policy": {"reconnect_min_ms": 5_000, "reconnect_max_ms": 20_000}}))
    assert await sending == 0
    (_, first), (at, second) = sent
    assert first == second
    assert 5.0 <= at <= 6.1
    assert await conversation.get_messages_count() == 1


@pytest.mark.parametrize("code", [401, 410])
async def test_a_close_because_of_the_token_waits_for_another(world: World, packets: type[Packets], code: int) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    line = world.line("ada")
    states: list[str] = []
    tokens: list[Any] = []
    errors = reported(client)
    client.connection_state.subscribe(states.append)
    client.tokens.subscribe(tokens.append)
    line.tell(packets.close(code))
    await advance(600)
    assert (states, line.opened) == (["connected", "disconnected"], 1)
    assert [type(event) for event in tokens] == [rxconvo.TokenExpired] * (code == 410)
    assert [(error.http_status_code, error.terminal) for error in errors] == [(code, True)]
    assert acknowledged(line, "close")
    await client.update_token(world.service.token("ada"))
    await settle()
    assert states[2:] == ["connecting", "connected"]


async def test_a_close_because_of_the_token_makes_a_provider_hand_out_another(
    world: World, packets: type[Packets]
) -> None:
    client = await world.client("ada")
    world.line("ada").tell(packets.close(410))
    await advance(2)
    first, second = world.line("ada").sent_of(Init)
    assert client.connection_state.value == "connected"
    assert first.token != second.token


@pytest.mark.parametrize("code", [406, 417])
async def test_a_close_for_good_is_final(world: World, packets: type[Packets], code: int) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    line = world.line("ada")
    states: list[str] = []
    errors = reported(client)
    client.connection_state.subscribe(states.append)
    line.tell(packets.close(code))
    await advance(600)
    assert (states, line.opened) == (["connected", "disconnected"], 1)
    assert [(error.http_status_code, error.terminal) for error in errors] == [(code, True)]
    with pytest.raises(ConnectionError) as caught:
        await client.update_token(world.service.token("ada", ttl=7200))
    assert caught.value.terminal
    with pytest.raises(OutcomeUnknownError):
        await client.create_conversation()
    await advance(600)
    assert line.opened == 1


# -- what is resumed


async def test_what_was_missed_comes_once(world: World, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    standup = await ada.create_conversation(friendly_name="standup")
    await standup.join()
    await standup.add("bob")
    theirs = await bob.get_conversation_by_sid(standup.sid)
    for body in ("one", "two", "three"):
        await theirs.send_message(body)
    seen: list[tuple[str, Any]] = []
    standup.messages.added.subscribe(lambda message: seen.append(("added", message.body)))
    standup.messages.updated.subscribe(lambda event: seen.append(("updated", event.after.body)))
    standup.messages.removed.subscribe(lambda event: seen.append(("removed", event.index)))

    def note_name(event: rxconvo.ConversationUpdated) -> None:
        if event.before.friendly_name != event.after.friendly_name:
            seen.append(("renamed", event.after.friendly_name))

    standup.updated.subscribe(note_name)
    await standup.messages.opened
    one, two, _ = (await theirs.get_messages()).items
    world.line("ada").down()
    await settle()
    await theirs.send_message("four")
    await one.update_body("ONE")
    await two.remove()
    await standup_renamed(world, standup.sid)
    world.line("ada").up = True
    await advance(3)
    assert sorted(seen) == [("added", "four"), ("removed", two.index), ("renamed", "retro"), ("updated", "ONE")]


async def standup_renamed(world: World, sid: str) -> None:
    """Rename a conversation as another client of its creator."""
    async with world.service.client("ada") as other:
        await (await other.get_conversation_by_sid(sid)).update_friendly_name("retro")


async def test_the_continuation_token_of_the_last_success_is_sent_back(ada: rxconvo.Client, world: World) -> None:
    line = world.line("ada")
    line.cut()
    await advance(2)
    first, second = line.sent_of(Init)
    granted = [reply.continuation_token for reply in line.received if isinstance(reply, Reply)]
    assert (first.continuation_token, second.continuation_token) == (None, granted[0])
    assert granted[0] is not None


async def test_pages_that_are_asked_for_meanwhile_come_with_the_next_connection(
    world: World, ada: rxconvo.Client
) -> None:
    standup = await ada.create_conversation()
    await standup.join()
    await standup.send_message("hello")
    standup.messages.subscribe()
    await standup.messages.opened
    world.line("ada").down()
    await settle()
    asking = asyncio.ensure_future(standup.get_messages())
    await settle()
    assert not asking.done()
    world.line("ada").up = True
    await advance(3)
    assert [message.body for message in asking.result().items] == ["hello"]


async def test_nobody_is_known_to_be_typing_while_there_is_no_connection(
    world: World, ada: rxconvo.Client, bob: rxconvo.Client
) -> None:
    standup = await ada.create_conversation()
    await standup.join()
    await standup.add("bob")
    ended: list[str] = []
    standup.typing.ended.subscribe(lambda event: ended.append(event.reason))
    await standup.typing.opened
    await (await bob.get_conversation_by_sid(standup.sid)).send_typing()
    await settle()
    world.line("ada").cut()
    await settle()
    assert ended == ["disconnected"]


async def test_a_store_that_is_not_the_one_it_was_is_told_once_connected(world: World, ada: rxconvo.Client) -> None:
    standup = await ada.create_conversation()
    await standup.join()
    states: list[str] = []
    standup.messages.subscribe(
        lambda event: states.append(ada.connection_state.value) if isinstance(event, rxconvo.Discontinuity) else None
    )
    await standup.messages.opened
    line = world.line("ada")
    line.passing = lambda packet: not (isinstance(packet, Reply) and packet.continuation_token is not None)
    line.cut()
    await advance(2)
    line.passing = lambda _: True
    line.tell(Reply(line.sent_of(Init)[-1].id, Status(200, "OK"), continuation_token="c", epoch="another"))
    await advance(1)
    assert states == ["connected"]
