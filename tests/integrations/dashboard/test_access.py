"""Who is let in, for how long, and what is shared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest

from rxconvo import Connecting, ConnectionError, Service
from rxconvo.integrations.dashboard.access import Access, FullError, OverError, RefusedError
from rxconvo.integrations.dashboard.seat import Seat
from tests.integrations.dashboard.doors import Door


@pytest.fixture
async def door() -> AsyncGenerator[Door]:
    async with Service() as service:
        yield Door(service)


@pytest.fixture
async def access(door: Door) -> AsyncGenerator[Access]:
    access = Access(door)
    yield access
    await access.close()


async def inside(access: Access, token: str, left: list[str]) -> None:
    """Stay in for as long as one may."""
    try:
        async with access.enter(token) as seat:
            left.append(seat.client.identity)
            await asyncio.sleep(1e6)
    except RefusedError:
        left.append("refused")
    except OverError:
        left.append("over")


def begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


@pytest.mark.parametrize("token", [None, "", "é", "x" * 9_000])
async def test_what_can_be_no_token_is_refused_without_a_question(
    door: Door, access: Access, token: str | None
) -> None:
    with pytest.raises(RefusedError):
        async with access.enter(token):
            pass
    assert door.shown == []


@pytest.mark.parametrize("token", ["x", "a.b.c", "a..c", "..", "null"])
async def test_what_the_service_refuses_is_refused(door: Door, access: Access, token: str) -> None:
    with pytest.raises(RefusedError):
        async with access.enter(token):
            pass
    assert door.shown == [token]
    assert access.identities == frozenset()
    assert door.open == 0


async def test_a_forged_token_is_refused(door: Door, access: Access) -> None:
    head, claims, _ = door.service.token("ada").split(".")
    async with Service() as other:
        forged = [f"{head}.{claims}.", f"{head}.{claims}.AAAA", other.token("ada")]
    for token in forged:
        with pytest.raises(RefusedError):
            async with access.enter(token):
                pass


async def test_pages_of_an_identity_share_a_client_and_others_do_not(door: Door, access: Access) -> None:
    first, second, other = door.service.token("ada"), door.service.token("ada", ttl=60.0), door.service.token("bob")
    async with access.enter(first) as one, access.enter(first) as two, access.enter(second) as three:
        assert one is two is three
        async with access.enter(other) as four:
            assert four is not one
            assert (one.client.identity, four.client.identity) == ("ada", "bob")
            assert door.open == 2
    assert door.shown == [first, second, other]


async def test_users_of_other_accounts_are_others_whatever_their_names(door: Door) -> None:
    """As with an upstream that is everybody's: whoever has an account there can name users as they like."""
    async with Service() as elsewhere:
        doors = {door.service.token("ada"): door, elsewhere.token("ada"): Door(elsewhere)}
        access = Access(lambda token: doors[token](token))
        seats: list[Seat] = []
        for token in doors:
            async with access.enter(token) as seat:
                seats.append(seat)
        async with AsyncExitStack() as stack:
            again = [await stack.enter_async_context(access.enter(token)) for token in doors]
            assert again == seats, "each by their own token"
        assert seats[0] is not seats[1]
        assert [seat.client for seat in seats] == [client for each in doors.values() for client in each.clients]
        await access.close()
        assert [each.open for each in doors.values()] == [0, 0]


async def test_at_the_same_time_a_token_is_verified_once(door: Door, access: Access) -> None:
    token = door.service.token("ada")

    async def look() -> Seat:
        async with access.enter(token) as seat:
            return seat

    seats = await asyncio.gather(*(look() for _ in range(5)))
    assert len(set(seats)) == 1
    assert door.shown == [token]


async def test_a_client_goes_a_while_after_its_last_page(door: Door, access: Access) -> None:
    token = door.service.token("ada")
    async with access.enter(token):
        await asyncio.sleep(100)
        assert access.identities == {"ada"}
    await asyncio.sleep(9)
    async with access.enter(token):
        assert door.shown == [token], "it was still there"
        await asyncio.sleep(20)
    await asyncio.sleep(11)
    assert access.identities == frozenset()
    assert door.open == 0
    async with access.enter(token):
        assert door.shown == [token, token], "it is verified anew"


async def test_who_asks_and_goes_away_leaves_nothing(door: Door, access: Access) -> None:
    door.hold = asyncio.Event()
    task = begin(inside(access, door.service.token("ada"), []))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    door.hold.set()
    await asyncio.sleep(1)
    assert access.identities == {"ada"}
    await asyncio.sleep(10)
    assert access.identities == frozenset()
    assert door.open == 0


async def test_a_used_up_token_ends_it(door: Door, access: Access) -> None:
    token = door.service.token("ada", ttl=60.0)
    told: list[str] = []
    task = begin(inside(access, token, told))
    await asyncio.sleep(58)
    assert told == ["ada"]
    await asyncio.sleep(3)
    assert told == ["ada", "refused"]
    await task
    with pytest.raises(RefusedError):
        async with access.enter(token):
            pass
    await asyncio.sleep(20)
    assert door.open == 0


async def test_each_page_ends_with_its_own_token(door: Door, access: Access) -> None:
    short, long = door.service.token("ada", ttl=60.0), door.service.token("ada", ttl=600.0)
    told: dict[str, list[str]] = {"short": [], "long": []}
    tasks = [begin(inside(access, short, told["short"]))]
    await asyncio.sleep(1)
    tasks.append(begin(inside(access, long, told["long"])))
    await asyncio.sleep(120)
    assert told == {"short": ["ada", "refused"], "long": ["ada", "over"]}, "they shared the one that came first"
    tasks.append(begin(inside(access, long, told["long"])))
    await asyncio.sleep(1)
    assert (told["long"], door.open) == (["ada", "over", "ada"], 1)
    await asyncio.sleep(500)
    assert told["long"][3:] == ["refused"]
    await asyncio.gather(*tasks)


async def test_a_token_that_only_the_door_knows_is_none_for_the_client(door: Door) -> None:
    """Some upstreams take what pages show for something else: a session, a secret."""

    def by_secret(secret: str) -> Connecting:
        assert secret in ("one", "two")
        return door.service.client("ada")

    access = Access(by_secret)
    async with access.enter("one") as first, access.enter("two") as second:
        assert first is second
        await asyncio.sleep(5)
        assert first.client.connection_state.value == "connected"
    await access.close()


@pytest.mark.parametrize("code", [401, 406])
async def test_what_the_service_ends_is_ended(door: Door, access: Access, code: int) -> None:
    told: list[str] = []
    task = begin(inside(access, door.service.token("ada"), told))
    await asyncio.sleep(1)
    await door.service.control("close", identity="ada", code=code, status="GONE", body={})
    await asyncio.sleep(2)
    assert told == ["ada", "over"]
    assert access.identities == frozenset()
    await task


async def test_a_lost_connection_ends_nothing(door: Door, access: Access) -> None:
    async with access.enter(door.service.token("ada")) as seat:
        await door.service.control("close", identity="ada", code=308, status="OFFLOAD", body={})
        await asyncio.sleep(0.1)
        assert seat.client.connection_state.value != "connected"
        await asyncio.sleep(200)
        assert seat.client.connection_state.value == "connected"


async def test_there_is_room_for_so_many_identities(door: Door) -> None:
    access = Access(door, max_clients=2)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(access.close)
        async with access.enter(door.service.token("ada")):
            async with access.enter(door.service.token("bob")):
                with pytest.raises(FullError):
                    async with access.enter(door.service.token("cleo")):
                        pass
                assert door.open == 2
            async with access.enter(door.service.token("cleo")):
                assert access.identities == {"ada", "cleo"}, "who is not looking makes room"


async def test_so_many_tokens_are_verified_at_once(door: Door) -> None:
    access = Access(door, max_attempts=2)
    door.hold = asyncio.Event()
    tasks = [begin(inside(access, door.service.token(name), [])) for name in ("ada", "bob")]
    await asyncio.sleep(0)
    with pytest.raises(FullError):
        async with access.enter(door.service.token("cleo")):
            pass
    door.hold.set()
    await asyncio.sleep(1)
    assert access.identities == {"ada", "bob"}
    await access.close()
    await asyncio.gather(*tasks)


async def test_so_many_tokens_are_remembered(door: Door) -> None:
    access = Access(door, max_tokens=2)
    tokens = [door.service.token("ada", ttl=ttl) for ttl in (600.0, 700.0, 800.0)]
    async with access.enter(tokens[0]):
        for token in (*tokens[1:], tokens[2], tokens[0]):
            async with access.enter(token):
                pass
    assert door.shown == [*tokens, tokens[0]]
    await access.close()


async def test_a_service_that_does_not_answer_is_no_refusal(door: Door, access: Access) -> None:
    door.broken = True
    with pytest.raises(ConnectionError):
        async with access.enter(door.service.token("ada")):
            pass
    door.broken = False
    async with access.enter(door.service.token("ada")) as seat:
        assert seat.client.identity == "ada"


async def test_closing_sends_everybody_away(door: Door, access: Access) -> None:
    told: list[str] = []
    tasks = [begin(inside(access, door.service.token(name), told)) for name in ("ada", "bob")]
    await asyncio.sleep(1)
    await access.close()
    await asyncio.gather(*tasks)
    assert sorted(told) == ["ada", "bob", "over", "over"]
    assert door.open == 0


async def test_what_a_page_raises_is_its_own(access: Access, door: Door) -> None:
    with pytest.raises(TimeoutError):
        async with access.enter(door.service.token("ada")):
            raise TimeoutError


async def test_only_what_is_joined_is_found(door: Door, access: Access) -> None:
    async with door.service.client("bob") as bob, access.enter(door.service.token("ada")) as seat:
        public = await bob.create_conversation(access="public")
        private = await bob.create_conversation()
        own = await seat.client.create_conversation()
        for conversation in (public, private, own):
            assert seat.find(conversation.sid) is None
        assert seat.find("CHno") is None
        await public.add("ada")
        await asyncio.sleep(1)
        found = seat.find(public.sid)
        assert found is not None
        assert found.sid == public.sid
