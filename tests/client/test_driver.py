"""The way in and the way out: what one read brings, what is written, and what becomes of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

import rxconvo
from rxconvo.client.tokens import Tokens
from rxconvo.errors import ConnectionError, FramingError, OutcomeUnknownError, PayloadError, QueueFullError
from rxconvo.testing import advance, settle
from rxconvo.wire.packets import Close, Init, Packet, Reply, Request, Status, Update

if TYPE_CHECKING:
    from tests.client.conftest import FarEnd, Line, Packets, World


def reported(client: rxconvo.Client) -> list[Any]:
    """Return a list that fills with the client's faults."""
    errors: list[Any] = []
    client.errors.subscribe(errors.append)
    return errors


def acknowledgements(line: Line) -> list[str]:
    return [reply.id for reply in line.sent_of(Reply)]


def withheld(line: Line, kind: type[Packet] = Reply) -> None:
    """Keep the service's packets of a kind from the client from now on."""
    line.passing = lambda packet: not isinstance(packet, kind)


async def joined(client: rxconvo.Client) -> rxconvo.Conversation:
    conversation = await client.create_conversation()
    await conversation.join()
    return conversation


async def bodies(world: World, conversation: rxconvo.Conversation) -> list[str | None]:
    """Return the messages that the service holds of a conversation."""
    async with world.service.client(conversation.identity) as other:
        page = await (await other.get_conversation_by_sid(conversation.sid)).get_messages()
    return [message.body for message in page.items]


# -- the way in


async def test_every_packet_but_replies_is_acknowledged(
    world: World, ada: rxconvo.Client, packets: type[Packets]
) -> None:
    line = world.line("ada")
    line.sent.clear()
    line.tell(packets.ping("a"), packets.notification({}, message_type="new.kind", packet_id="b"), packets.ping("c"))
    await settle()
    assert acknowledgements(line) == ["a", "b", "c"]


async def test_what_follows_from_one_read_is_written_at_once(
    world: World, ada: rxconvo.Client, packets: type[Packets]
) -> None:
    conversation = await joined(ada)
    line = world.line("ada")
    line.writes.clear()

    def answer_one(_: object) -> None:
        conversation.update_friendly_name("heard").subscribe()

    ada.updated.subscribe(answer_one)
    async with world.service.client("ada") as other:
        line.writes.clear()
        await (await other.get_conversation_by_sid(conversation.sid)).update_attributes({"a": 1})
        line.tell(*map(packets.ping, "123"))
        await settle()
    assert max(line.reads) > 1
    assert len(line.writes) <= len(line.reads)


@pytest.mark.parametrize("count", [1, 3, 50])
async def test_one_read_causes_one_write(world: World, ada: rxconvo.Client, packets: type[Packets], count: int) -> None:
    line = world.line("ada")
    line.reads.clear()
    line.writes.clear()
    line.tell(*(packets.ping(str(number)) for number in range(count)))
    await settle()
    assert (line.reads, line.writes) == ([count], [count])


async def test_bytes_that_are_no_packet_end_the_connection_but_not_the_client(
    world: World, ada: rxconvo.Client, packets: type[Packets]
) -> None:
    errors = reported(ada)
    line = world.line("ada")
    line.tell_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await advance(2)
    assert [type(error) for error in errors] == [FramingError]
    assert (line.opened, ada.connection_state.value) == (2, "connected")


async def test_what_came_before_such_bytes_is_handled_and_acknowledged(
    world: World, ada: rxconvo.Client, bob: rxconvo.Client
) -> None:
    conversation = await joined(ada)
    await conversation.add("bob")
    seen: list[str | None] = []
    conversation.messages.added.subscribe(lambda message: seen.append(message.body))
    await conversation.messages.opened
    await (await bob.get_conversation_by_sid(conversation.sid)).send_message("before")
    line = world.line("ada")
    line.tell_bytes(b"?")
    await settle()
    assert seen == ["before"]
    assert ada.connection_state.value == "connecting"
    heard = [packet.id for packet in line.received if not isinstance(packet, Reply)]
    assert set(heard) <= set(acknowledgements(line))


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"[]", b"{", b'{"event_type": 5}', b"[" * 100_000, b'"\xff"'], ids=lambda p: repr(p[:9])
)
async def test_a_payload_that_cannot_be_read_is_acknowledged_reported_and_skipped(
    world: World, ada: rxconvo.Client, packets: type[Packets], payload: bytes
) -> None:
    errors = reported(ada)
    line = world.line("ada")
    line.tell(packets.notification(payload, packet_id="bad"), packets.ping("next"))
    await settle()
    assert [type(error) for error in errors] == [PayloadError]
    assert acknowledgements(line)[-2:] == ["bad", "next"]
    assert (line.opened, ada.connection_state.value) == (1, "connected")


async def test_a_fault_of_ours_is_acknowledged_reported_and_survived(
    world: World, ada: rxconvo.Client, bob: rxconvo.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await joined(ada)
    await conversation.add("bob")
    theirs = await bob.get_conversation_by_sid(conversation.sid)
    await conversation.messages.opened
    errors = reported(ada)
    line = world.line("ada")

    def fail(*_: object) -> None:
        raise KeyError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(ada._context.store, "commit", fail)
        line.received.clear()
        await theirs.send_message("poison")
        await settle()
    assert line.received[0].id in acknowledgements(line)
    assert [type(error.__cause__) for error in errors] == [KeyError]
    await advance(2)
    assert (line.opened, ada.connection_state.value) == (2, "connected")


@pytest.mark.parametrize("far_end", [64_000], indirect=True)
async def test_a_connection_whose_other_end_reads_nothing_is_dropped(far_end: FarEnd, packets: type[Packets]) -> None:
    client = rxconvo.Client(far_end, Tokens("t"), rxconvo.ClientOptions(), rxconvo.Environment())
    errors = reported(client)
    starting = asyncio.ensure_future(client.start())
    await far_end.welcome()
    for number in range(1_000):
        far_end.say(packets.ping(str(number)))
        await settle()
    await far_end.accepted(2)
    assert any("does not read" in str(error) for error in errors)
    starting.cancel()
    await asyncio.wait({starting})


# -- requests that wait for the connection


async def test_requests_wait_for_the_connection_and_are_sent_in_order_after_init(
    world: World, ada: rxconvo.Client
) -> None:
    conversation = await joined(ada)
    line = world.line("ada")
    line.down()
    await settle()
    sends = [asyncio.ensure_future(conversation.send_message(body)) for body in ("one", "two", "three")]
    await settle()
    line.sent.clear()
    line.up = True
    await advance(3)
    assert [send.result() for send in sends] == [0, 1, 2]
    assert isinstance(line.sent[0], Init)
    assert await bodies(world, conversation) == ["one", "two", "three"]


async def test_what_waits_too_long_fails_and_is_never_sent(world: World) -> None:
    ada = await world.client("ada", queue_timeout=7.0)
    conversation = await joined(ada)
    line = world.line("ada")
    line.down()
    send = asyncio.ensure_future(conversation.send_message("late"))
    await advance(6.9)
    assert not send.done()
    await advance(0.2)
    with pytest.raises(OutcomeUnknownError, match="not sent"):
        send.result()
    line.up = True
    await advance(60)
    assert await bodies(world, conversation) == []


async def test_only_so_many_may_wait(world: World) -> None:
    ada = await world.client("ada", max_queued=2)
    conversation = await joined(ada)
    world.line("ada").down()
    await settle()
    waiting = [asyncio.ensure_future(conversation.send_message(str(number))) for number in range(2)]
    await settle()
    with pytest.raises(QueueFullError) as caught:
        await conversation.send_message("one too many")
    assert caught.value.limit == 2
    world.line("ada").up = True
    await asyncio.wait(waiting)
    assert set(await bodies(world, conversation)) == {"0", "1"}


async def test_a_request_that_is_disposed_while_it_waits_is_withdrawn(world: World, ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    line = world.line("ada")
    line.down()
    await settle()
    subscription = conversation.send_message("never").subscribe()
    await settle()
    subscription.dispose()
    line.up = True
    await advance(3)
    assert await bodies(world, conversation) == []


async def test_a_request_that_is_disposed_before_anything_ran_is_never_sent(world: World, ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    conversation.send_message("never").subscribe().dispose()
    await settle()
    assert world.line("ada").requests("POST", "/Messages") == []


# -- requests that are under way


async def test_a_request_without_a_reply_ends_in_time_and_its_repetition_resumes_it(world: World) -> None:
    ada = await world.client("ada", request_timeout=4.0)
    conversation = await joined(ada)
    line = world.line("ada")
    withheld(line)
    send = conversation.send_message("once")
    attempt = asyncio.ensure_future(send)
    await advance(3.9)
    assert not attempt.done()
    await advance(0.2)
    with pytest.raises(OutcomeUnknownError, match="4 s"):
        attempt.result()
    line.passing = lambda _: True
    assert await send == 0
    first, second = (request.http_request.headers for request in line.requests("POST", "/Messages"))
    assert first == second
    assert await bodies(world, conversation) == ["once"]


async def test_a_connection_that_is_lost_meanwhile_ends_requests_at_once(world: World, ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    line = world.line("ada")
    withheld(line)
    send = conversation.send_message("once")
    attempt = asyncio.ensure_future(send)
    await settle()
    line.cut()
    await settle()
    with pytest.raises(OutcomeUnknownError):
        attempt.result()
    line.passing = lambda _: True
    assert await send == 0
    assert await bodies(world, conversation) == ["once"]


async def test_disposing_after_sending_forgets_the_reply(
    world: World, ada: rxconvo.Client, packets: type[Packets]
) -> None:
    conversation = await joined(ada)
    line = world.line("ada")
    withheld(line)
    subscription = conversation.send_message("sent").subscribe()
    await settle()
    subscription.dispose()
    await settle()
    assert ada._context.driver._calls == {}
    line.passing = lambda _: True
    line.tell(packets.answer(line.requests("POST", "/Messages")[0], 201))
    await advance(60)
    assert ada.connection_state.value == "connected"
    assert await bodies(world, conversation) == ["sent"]


async def test_a_page_that_nobody_waits_for_any_more_is_forgotten(world: World, ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    await conversation.send_message("hello")
    conversation.messages.subscribe()
    await conversation.messages.opened
    line = world.line("ada")
    withheld(line)
    line.sent.clear()
    asking = asyncio.ensure_future(conversation.get_messages())
    await settle()
    [request] = line.sent_of(Request)
    asking.cancel()
    await settle()
    assert ada._context.driver._connection.next_deadline() is None
    assert ada._context.driver._reads == {}
    line.passing = lambda _: True
    line.tell(Reply(request.id, Status(200), http_status=Status(200), payload=b'{"items": [{"index": "no"}]}'))
    await settle()
    assert [message.body for message in (await conversation.get_messages()).items] == ["hello"]


async def test_replies_may_come_in_any_order(world: World, ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    line = world.line("ada")
    held: list[Packet] = []

    def hold(packet: Packet) -> bool:
        if isinstance(packet, Reply) and packet.http_status is not None:
            held.append(packet)
            return False
        return True

    line.passing = hold
    sends = [asyncio.ensure_future(conversation.send_message(body)) for body in ("one", "two")]
    await settle()
    line.passing = lambda _: True
    line.tell(*reversed(held))
    await settle()
    assert [send.result() for send in sends] == [0, 1]


@pytest.mark.parametrize(
    "code, error", [(400, rxconvo.RejectedError), (429, OutcomeUnknownError), (500, OutcomeUnknownError)]
)
async def test_a_packet_that_the_service_does_not_carry_fails_its_request(
    world: World, ada: rxconvo.Client, packets: type[Packets], code: int, error: type[Exception]
) -> None:
    world.line("ada").replying = lambda packet: [packets.refusal(packet, code)] if isinstance(packet, Request) else None
    with pytest.raises(error, match="Transport failure"):
        await ada.create_conversation()


async def test_subscriptions_are_asked_for_while_a_token_is_being_updated(world: World) -> None:
    ada = await world.client("ada", token=world.service.token("ada"))
    conversation = await joined(ada)
    line = world.line("ada")
    line.replying = lambda packet: [] if isinstance(packet, Update) else None
    update = asyncio.ensure_future(ada.update_token(world.service.token("ada", ttl=7200)))
    await settle()
    conversation.messages.subscribe()
    await advance(1)
    await conversation.messages.opened
    assert not update.done()
    update.cancel()


# -- the end


async def test_shutting_down_says_goodbye(world: World, ada: rxconvo.Client) -> None:
    await ada.shutdown()
    assert [type(packet) for packet in world.line("ada").sent][-1] is Close
    await settle()
    assert world.service.server.connections == 0


async def test_nothing_is_sent_after_the_end(world: World, ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    await ada.shutdown()
    world.line("ada").sent.clear()
    for cold in (conversation.send_message("late"), ada.create_conversation(), conversation.get_messages()):
        with pytest.raises(rxconvo.ClosedError, match="shut down"):
            await cold
    assert world.line("ada").sent == []


@pytest.mark.parametrize(
    "disturb",
    [
        pytest.param(lambda line: line.cut(), id="lost"),
        pytest.param(lambda line: line.down(), id="down"),
        pytest.param(lambda line: line.tell_bytes(b"?"), id="garbage"),
    ],
)
async def test_the_client_can_be_shut_down_while_it_is_reconnecting(
    world: World, ada: rxconvo.Client, disturb: Callable[[Line], None]
) -> None:
    disturb(world.line("ada"))
    await settle()
    assert ada.connection_state.value == "connecting"
    await ada.shutdown()
    assert ada.connection_state.value == "disconnected"


async def test_the_client_can_be_shut_down_while_a_socket_is_being_opened(world: World, ada: rxconvo.Client) -> None:
    line = world.line("ada")
    line.delay = 60.0
    line.cut()
    await advance(2)
    assert len(line.attempts) == 2
    await ada.shutdown()
    assert ada.connection_state.value == "disconnected"


async def test_the_client_can_be_shut_down_before_init_is_answered(world: World, ada: rxconvo.Client) -> None:
    line = world.line("ada")
    line.replying = lambda packet: [] if isinstance(packet, Init) else None
    line.cut()
    await advance(2)
    assert line.opened == 2
    await ada.shutdown()
    assert ada.connection_state.value == "disconnected"


async def test_requests_that_wait_or_are_under_way_fail_when_the_client_is_shut_down(
    world: World, ada: rxconvo.Client, bob: rxconvo.Client
) -> None:
    under_way, waiting = await joined(ada), await joined(bob)
    withheld(world.line("ada"))
    world.line("bob").down()
    await settle()
    attempts = [asyncio.ensure_future(each.send_message("hi")) for each in (under_way, waiting)]
    await settle()
    await ada.shutdown()
    await bob.shutdown()
    for attempt in attempts:
        with pytest.raises(OutcomeUnknownError) as caught:
            await attempt
        assert isinstance(caught.value.__cause__, rxconvo.ClosedError)


async def test_connection_errors_of_the_end_are_not_reported(world: World, ada: rxconvo.Client) -> None:
    errors = reported(ada)
    await ada.shutdown()
    await settle()
    assert [error for error in errors if isinstance(error, ConnectionError)] == []
