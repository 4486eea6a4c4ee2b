"""Tokens: where they come from, when the next one is asked for, and what becomes of one that is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

import rxconvo
from rxconvo.client.tokens import Tokens
from rxconvo.errors import ArgumentError, ClosedError, ConnectionError, DeniedError, OutcomeUnknownError
from rxconvo.testing import advance, settle
from rxconvo.wire.packets import ClientUpdate, Close, Init, Reply, Status, Update

if TYPE_CHECKING:
    from tests.client.conftest import Line, Packets, World

NOTICE = ClientUpdate("notice", "token_about_to_expire")


def handed_out(*tokens: str | Exception) -> Callable[[], Awaitable[str]]:
    """Return a provider that hands these out one by one."""
    left = list(tokens)

    async def provide() -> str:
        token = left.pop(0)
        if isinstance(token, Exception):
            raise token
        return token

    return provide


def kinds(events: list[Any]) -> list[type]:
    return [type(event) for event in events]


def initial_tokens(line: Line) -> list[str]:
    return [init.token for init in line.sent_of(Init)]


# -- where they come from


async def test_a_string_is_the_token() -> None:
    tokens = Tokens("abc")
    assert (await tokens.current(), tokens.usable, tokens.renewable) == ("abc", True, False)


async def test_a_provider_is_asked_once_and_again_only_after_the_token_was_spent() -> None:
    tokens = Tokens(handed_out("first", "second"))
    assert [await tokens.current(), await tokens.current()] == ["first", "first"]
    tokens.spend()
    assert tokens.usable
    assert await tokens.current() == "second"


async def test_a_spent_string_leaves_nothing_to_connect_with_until_it_is_replaced() -> None:
    tokens = Tokens("abc")
    tokens.spend()
    assert not tokens.usable
    with pytest.raises(DeniedError) as caught:
        await tokens.current()
    assert caught.value.terminal
    tokens.replace("def")
    assert await tokens.current() == "def"


@pytest.mark.parametrize("source", ["", 1, b"abc", None, ["abc"], "é" * 5000, "\ud800"])
def test_what_is_no_token_and_no_provider_is_refused_without_showing_it(source: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        Tokens(source)
    assert caught.value.field == "token"
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("provider", [lambda: "secret", handed_out(b"secret")])  # type: ignore[arg-type]
async def test_what_gives_no_token_fails_the_connection_at_once(provider: Any) -> None:
    before = asyncio.get_running_loop().time()
    with pytest.raises(ArgumentError, match="token must be") as caught:
        await rxconvo.connect("ws://service.test", token=provider)
    assert "secret" not in str(caught.value)
    assert asyncio.get_running_loop().time() == before


@pytest.mark.parametrize("given", ["", None, 7, b"secret"])
async def test_a_provider_that_returns_no_token_is_told_so_without_showing_it(given: Any) -> None:
    with pytest.raises(ConnectionError, match="token must be") as caught:
        await Tokens(handed_out(given)).current()
    assert "secret" not in str(caught.value)


async def test_what_a_provider_raises_is_the_cause_of_a_connection_error() -> None:
    failure = LookupError("vault is sealed")
    with pytest.raises(ConnectionError, match="vault is sealed") as caught:
        await Tokens(handed_out(failure)).current()
    assert caught.value.__cause__ is failure
    assert not caught.value.terminal


# -- before the end of a token


async def test_a_notice_makes_the_provider_hand_out_the_next_token_on_the_same_connection(world: World) -> None:
    first, second = world.service.token("ada"), world.service.token("ada", ttl=7200)
    client = await world.client("ada", token=handed_out(first, second))
    line = world.line("ada")
    events: list[Any] = []
    client.tokens.subscribe(events.append)
    line.tell(NOTICE)
    await settle()
    assert [update.token for update in line.sent_of(Update)] == [second]
    assert kinds(events) == [rxconvo.TokenAboutToExpire]
    assert line.opened == 1
    line.cut()
    await advance(2)
    assert initial_tokens(line) == [first, second]


async def test_a_client_of_the_embedded_service_outlives_its_first_token(world: World) -> None:
    client = await world.client("ada")
    line = world.line("ada")
    await advance(2 * 3600)
    assert client.connection_state.value == "connected"
    assert line.opened == 1
    assert line.sent_of(Update)


async def test_one_notice_after_the_other_asks_the_provider_once_at_a_time(world: World) -> None:
    gate = asyncio.Event()
    asked = 0

    async def provide() -> str:
        nonlocal asked
        asked += 1
        if asked > 1:
            await gate.wait()
        return world.service.token("ada", ttl=3600 + asked)

    await world.client("ada", token=provide)
    world.line("ada").tell(NOTICE, NOTICE)
    await settle()
    world.line("ada").tell(NOTICE)
    await settle()
    assert asked == 2
    gate.set()
    await settle()
    assert len(world.line("ada").sent_of(Update)) == 1


async def test_short_lived_tokens_do_not_keep_client_and_provider_busy(world: World) -> None:
    asked = 0

    async def provide() -> str:
        nonlocal asked
        asked += 1
        return world.service.token("ada", ttl=60 + asked / 100)

    client = await world.client("ada", token=provide)
    await advance(600)
    assert client.connection_state.value == "connected"
    assert 600 / 60 <= asked <= 600


async def test_a_notice_to_a_client_with_a_string_is_only_told(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    events: list[Any] = []
    client.tokens.subscribe(events.append)
    world.line("ada").tell(NOTICE)
    await settle()
    assert kinds(events) == [rxconvo.TokenAboutToExpire]
    assert world.line("ada").sent_of(Update) == []


async def test_a_provider_that_fails_when_noticed_is_reported_and_asked_again_after_the_expiry(world: World) -> None:
    first, third = world.service.token("ada", ttl=600), world.service.token("ada", ttl=7200)
    client = await world.client("ada", token=handed_out(first, LookupError("no luck"), third))
    errors: list[Any] = []
    client.errors.subscribe(errors.append)
    await advance(601)
    assert any(isinstance(error.__cause__, LookupError) for error in errors)
    await advance(10)
    assert client.connection_state.value == "connected"
    assert initial_tokens(world.line("ada")) == [first, first, third]


async def test_the_provider_may_be_at_work_when_the_client_is_shut_down(world: World) -> None:
    first = world.service.token("ada")
    left = [first]

    async def provide() -> str:
        if left:
            return left.pop()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    client = await world.client("ada", token=provide)
    world.line("ada").tell(NOTICE)
    await settle()
    await client.shutdown()


# -- an update by the application


async def test_a_token_that_is_accepted_is_sent_on_the_same_connection_and_used_for_the_next(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    fresh = world.service.token("ada", ttl=7200)
    before = asyncio.get_running_loop().time()
    assert await client.update_token(fresh) is client
    assert asyncio.get_running_loop().time() == before
    line = world.line("ada")
    assert ([update.token for update in line.sent_of(Update)], line.opened) == ([fresh], 1)
    line.cut()
    await advance(2)
    assert initial_tokens(line)[-1] == fresh


async def test_the_token_that_is_in_force_causes_no_traffic(world: World) -> None:
    token = world.service.token("ada")
    client = await world.client("ada", token=token)
    assert await client.update_token(token) is client
    assert world.line("ada").sent_of(Update) == []


async def test_the_same_token_again_waits_for_the_answer_that_is_on_its_way(
    world: World, packets: type[Packets]
) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    line = world.line("ada")
    line.replying = lambda packet: [] if isinstance(packet, Update) else None
    fresh = world.service.token("ada", ttl=7200)
    updates = [asyncio.ensure_future(client.update_token(fresh)) for _ in range(2)]
    await settle()
    assert [update.done() for update in updates] == [False, False]
    [sent] = line.sent_of(Update)
    line.tell(packets.refusal(sent, 403))
    for update in updates:
        with pytest.raises(DeniedError):
            await update


@pytest.mark.parametrize("given", ["", None, 5])
async def test_what_is_no_token_is_refused_at_once(ada: rxconvo.Client, given: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        ada.update_token(given)
    assert caught.value.field == "token"


async def test_a_token_that_the_service_refuses_denies_the_client_until_another_one_comes(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    states: list[str] = []
    client.connection_state.subscribe(states.append)
    with pytest.raises(DeniedError):
        await client.update_token(world.service.token("bob"))
    await advance(300)
    assert (states, world.line("ada").opened) == (["connected", "denied"], 1)
    await client.update_token(world.service.token("ada"))
    await settle()
    assert states == ["connected", "denied", "connecting", "connected"]


async def test_a_client_that_is_denied_hangs_up_by_itself_and_sends_nothing(
    world: World, packets: type[Packets]
) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    line = world.line("ada")
    line.replying = lambda packet: [packets.refusal(packet, 403)] if isinstance(packet, Update) else None
    with pytest.raises(DeniedError):
        await client.update_token(world.service.token("ada", ttl=7200))
    await settle()
    assert world.service.server.connections == 0
    line.sent.clear()
    with pytest.raises(OutcomeUnknownError, match=r"denied, .* call update_token with a new one"):
        await client.create_conversation()
    assert line.sent == []


async def test_what_is_done_while_a_provider_is_about_to_hand_out_another_token_waits_for_it(world: World) -> None:
    provider = handed_out(
        world.service.token("ada", ttl=600), world.service.token("bob"), world.service.token("ada", ttl=7200)
    )
    client = await world.client("ada", token=provider)
    denied: list[str] = []
    client.connection_state.filter(lambda state: state == "denied").subscribe(denied.append)
    while not denied:
        await advance(1.0)
    await client.create_conversation(friendly_name="lunch")
    assert client.connection_state.value == "connected"


async def test_an_update_that_is_refused_for_now_is_tried_again_with_the_new_token(
    world: World, packets: type[Packets]
) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    line = world.line("ada")
    fresh = world.service.token("ada", ttl=7200)
    line.replying = lambda packet: [packets.refusal(packet, 429)] if isinstance(packet, Update) else None
    with pytest.raises(ConnectionError) as caught:
        await client.update_token(fresh)
    assert (caught.value.http_status_code, caught.value.terminal) == (429, False)
    await advance(2)
    assert client.connection_state.value == "connected"
    assert initial_tokens(line)[-1] == fresh


async def test_an_update_whose_answer_is_lost_with_the_connection_is_in_force_on_the_next_one(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    line = world.line("ada")
    fresh = world.service.token("ada", ttl=7200)
    line.replying = lambda packet: [] if isinstance(packet, Update) else None
    update = asyncio.ensure_future(client.update_token(fresh))
    await settle()
    assert not update.done()
    line.cut()
    await settle()
    assert update.result() is client
    await advance(2)
    assert initial_tokens(line)[-1] == fresh


async def test_a_token_that_comes_while_a_connection_is_being_opened_is_the_one_that_is_used(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    line = world.line("ada")
    fresh = world.service.token("ada", ttl=7200)
    line.delay = 5.0
    line.cut()
    await advance(2)
    assert await client.update_token(fresh) is client
    await advance(5)
    assert client.connection_state.value == "connected"
    assert initial_tokens(line)[-1] == fresh


async def test_a_token_that_comes_while_the_old_one_is_being_refused_is_not_lost(
    world: World, packets: type[Packets]
) -> None:
    old, fresh = world.service.token("ada"), world.service.token("ada", ttl=7200)
    client = await world.client("ada", token=old)
    line = world.line("ada")
    line.replying = lambda packet: [] if isinstance(packet, Init) and packet.token == old else None
    line.cut()
    await advance(2)
    assert await client.update_token(fresh) is client
    line.tell(packets.refusal(line.sent_of(Init)[-1], 401, 20104))
    await advance(2)
    assert client.connection_state.value == "connected"
    assert initial_tokens(line)[-1] == fresh


async def test_a_token_that_comes_before_the_old_one_is_accepted_is_put_in_force_after_it(world: World) -> None:
    old, fresh = world.service.token("ada"), world.service.token("ada", ttl=7200)
    client = await world.client("ada", token=old)
    line = world.line("ada")
    line.passing = lambda packet: not isinstance(packet, Reply)
    line.cut()
    await advance(2)
    assert client.connection_state.value == "connecting"
    assert await client.update_token(fresh) is client
    line.passing = lambda _: True
    line.tell(Reply(line.sent_of(Init)[-1].id, Status(200)))
    await settle()
    assert [packet.token for packet in line.sent_of(Update)] == [fresh]
    assert client.connection_state.value == "connected"


async def test_an_update_that_waits_fails_when_the_client_is_shut_down(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    world.line("ada").replying = lambda packet: [] if isinstance(packet, Update) else None
    update = asyncio.ensure_future(client.update_token(world.service.token("ada", ttl=7200)))
    await settle()
    await client.shutdown()
    with pytest.raises(ConnectionError):
        update.result()


async def test_a_client_that_was_shut_down_takes_no_token(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    await client.shutdown()
    world.line("ada").sent.clear()
    with pytest.raises(ClosedError):
        await client.update_token(world.service.token("ada", ttl=7200))
    assert world.line("ada").sent == []


# -- a token of somebody else


async def expired(world: World) -> rxconvo.Client:
    """Start a client of ada's whose token has expired and was refused."""
    client = await world.client("ada", token=world.service.token("ada", ttl=600))
    await (await client.create_conversation()).join()
    await advance(3600)
    assert client.connection_state.value == "denied"
    return client


async def test_a_token_of_another_identity_never_takes_a_client_over(world: World) -> None:
    client = await expired(world)
    errors: list[Any] = []
    events: list[Any] = []
    client.errors.subscribe(errors.append)
    client.conversations.subscribe(events.append)
    line = world.line("ada")
    line.sent.clear()
    with pytest.raises(DeniedError) as caught:
        await client.update_token(world.service.token("bob"))
    assert (caught.value.terminal, caught.value.error_code) == (True, 51130)
    await advance(3600)
    assert errors == [caught.value]
    assert events == []
    assert [type(packet) for packet in line.sent] == [Init, Close]
    assert (client.connection_state.value, client.identity) == ("denied", "ada")


async def test_what_waits_is_not_sent_under_another_identity(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada"), queue_timeout=3600.0)
    line = world.line("ada")
    line.down()
    await settle()
    await client.update_token(world.service.token("bob"))
    creating = asyncio.ensure_future(client.create_conversation())
    await settle()
    line.up = True
    await advance(60)
    assert client.connection_state.value == "denied"
    assert not creating.done()
    await client.update_token(world.service.token("ada", ttl=7200))
    assert (await creating).created_by == "ada"


async def test_the_right_token_brings_the_client_back(world: World) -> None:
    client = await expired(world)
    with pytest.raises(DeniedError):
        await client.update_token(world.service.token("bob"))
    assert await client.update_token(world.service.token("ada")) is client
    assert client.connection_state.value == "connected"
    [conversation] = (await client.get_subscribed_conversations()).items
    assert await conversation.send_message("back") == 0


async def test_a_provider_of_another_identitys_tokens_is_asked_again_and_again_but_never_believed(
    world: World,
) -> None:
    provider = handed_out(
        world.service.token("ada", ttl=600),
        LookupError("no luck"),
        world.service.token("bob"),
        world.service.token("ada", ttl=7200),
    )
    client = await world.client("ada", token=provider)
    states: list[str] = []
    client.connection_state.subscribe(states.append)
    await advance(660)
    assert states[-3:] == ["denied", "connecting", "connected"]
    assert client.identity == "ada"


async def test_a_continuation_token_that_the_service_does_not_know_is_no_other_identity(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada"))
    client._context.driver._connection.continuation_token = "of.another.service"
    world.line("ada").cut()
    await advance(2)
    assert client.connection_state.value == "connected"


# -- an update while the service refuses the last token


async def test_a_token_for_a_client_that_is_denied_is_taken_when_it_is_connected_with_it(world: World) -> None:
    client = await expired(world)
    world.line("ada").delay = 5.0
    update = asyncio.ensure_future(client.update_token(world.service.token("ada")))
    await advance(4)
    assert not update.done()
    await advance(2)
    assert update.result() is client
    assert client.connection_state.value == "connected"


async def test_without_a_connection_to_ask_on_such_a_token_is_kept_for_the_next_one(world: World) -> None:
    client = await expired(world)
    world.line("ada").up = False
    assert await client.update_token(world.service.token("ada")) is client
    world.line("ada").up = True
    await advance(5)
    assert client.connection_state.value == "connected"


# -- the end of a token


async def test_an_expired_token_is_told_and_denied_until_an_update_brings_the_client_back(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada", ttl=600))
    states: list[str] = []
    events: list[Any] = []
    client.connection_state.subscribe(states.append)
    client.tokens.subscribe(events.append)
    await advance(3600)
    assert kinds(events) == [rxconvo.TokenAboutToExpire, rxconvo.TokenExpired]
    assert states == ["connected", "connecting", "denied"]
    await client.update_token(world.service.token("ada"))
    await settle()
    assert states[3:] == ["connecting", "connected"]


async def test_a_handler_of_token_expired_may_update_the_token(world: World) -> None:
    client = await world.client("ada", token=world.service.token("ada", ttl=600))

    def renew(event: rxconvo.TokenEvent) -> None:
        if isinstance(event, rxconvo.TokenExpired):
            client.update_token(world.service.token("ada", ttl=7200)).subscribe()

    client.tokens.subscribe(renew)
    await advance(3600)
    assert client.connection_state.value == "connected"
