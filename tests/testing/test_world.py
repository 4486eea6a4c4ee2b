"""A world is a service with clients, in process and over real aiohttp, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import reactivex
from reactivex import operators as ops

import rxconvo
from rxconvo import operators as chat
from rxconvo.testing import DEADLINE, Kind, LeakError, Log, MarbleError, MemoryLine, World, advance, no_unplayed, run

KINDS = ["memory", pytest.param("websocket", marks=pytest.mark.e2e)]


@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_made_in_two_lines_and_an_hour_passes_at_once(kind: Kind) -> None:
    async with World(kind) as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        log = Log()
        mine.messages.added.subscribe(log)
        await mine.messages.opened
        await advance(3600)
        await his.send_message("hello")
        await log.until(lambda log: len(log) == 1)
    assert asyncio.get_running_loop().time() > 3600


async def test_a_conversation_is_the_first_ones_handle() -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        lunch = await world.conversation(ada, bob, friendly_name="lunch at one")
        assert lunch.identity == "ada"
        assert (await bob.get_conversation_by_sid(lunch.sid)).friendly_name == "lunch at one"


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_is_the_same_run(kind: Kind) -> None:
    async def play() -> list[Any]:
        async with World(kind, seed=7) as world:
            ada, bob = await world.clients("ada", "bob")
            mine, his = await world.talk(ada, bob)
            log = Log()
            mine.messages.subscribe(log)
            world.lines["bob"].cut()
            await his.send_message("hello").retry(9)
            await log.until(lambda log: log != [])
            return [mine.sid, log[0].message.sid, log[0].message.date_created_iso]

    first = run(play)
    assert run(play) == first
    assert len(set(first)) == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("forget", [False, True], ids=["keeps", "forgets"])
async def test_a_restart_keeps_what_was_there_unless_it_forgets(kind: Kind, forget: bool) -> None:
    async with World(kind) as world:
        ada = await world.client("ada", request_timeout=2.0)
        lunch = await world.conversation(ada)
        log = Log()
        lunch.messages.subscribe(log)
        await lunch.send_message("before")
        await world.restart(down=3.0, forget=forget)
        await advance(5.0)
        if forget:
            assert len(log.of(rxconvo.Discontinuity)) == 1
        else:
            assert await lunch.send_message("after").retry(9) == 1
            assert [event.message.body for event in log] == ["before", "after"]


async def test_a_store_in_a_file_is_used_without_a_thread(tmp_path: Any) -> None:
    async with World(url=f"sqlite:{tmp_path / 'chat.db'}") as world:
        lunch = await world.conversation(await world.client("ada"))
        await lunch.send_message("before")
        await world.restart()
        assert await lunch.send_message("after").retry(9) == 1
        with pytest.raises(
            rxconvo.ArgumentError, match=r"forget must be False, as what is kept in sqlite:.* is not forgotten"
        ):
            await world.restart(forget=True)
        assert await lunch.send_message("still there").retry(9) == 2


async def test_restarts_may_overlap() -> None:
    async with World() as world:
        ada = await world.client("ada")
        lunch = await world.conversation(ada)
        await asyncio.gather(world.restart(down=2.0), world.restart(down=1.0))
        await advance(5.0)
        assert await lunch.send_message("hello").retry(9) == 0


async def test_people_act_and_what_must_be_seen_is_seen() -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        world.act("-t---m", t=his.send_typing, m=lambda: his.send_message("hello"))
        typing = world.expect(mine.typing.pipe(chat.typing_indicator(), ops.map(len), ops.filter(bool)))
        typing.to_be("1300ms a------", {"a": 1})
        world.expect(mine.messages.added.map(lambda message: message.body)).to_be("-----m", {"m": "hello"})
        await world.flush()


async def test_what_was_not_flushed_is_compared_at_the_end() -> None:
    with pytest.raises(MarbleError, match="expected  -a\nseen      --"):
        async with World() as world:
            lunch = await world.conversation(await world.client("ada"))
            world.expect(lunch.messages).to_be("-a")


async def test_acts_that_were_not_flushed_are_done_at_the_end() -> None:
    with pytest.raises(ZeroDivisionError):
        async with World() as world:
            world.act("-t", t=lambda: 1 / 0)


async def test_what_a_block_that_fails_has_said_is_dropped() -> None:
    with pytest.raises(LookupError), no_unplayed():
        async with World() as world:
            world.act("-t", t=lambda: 1 / 0)
            raise LookupError


async def test_an_observer_that_is_left_is_told_by_its_stream() -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, _ = await world.talk(ada, bob)
        with pytest.raises(LeakError) as caught:
            async with world.released():
                mine.messages.added.subscribe()
                mine.typing.subscribe()
                mine.typing.subscribe()
                bob.users.subscribe()
        assert caught.value.leaks[:3] == [
            f"1 observer of messages.added of {mine.sid} (of ada)",
            f"2 observers of typing of {mine.sid} (of ada)",
            "1 observer of users (of bob)",
        ]


async def test_visitors_may_have_the_same_name() -> None:
    async with (
        World() as world,
        world.visitor("ada", name="desk") as (ada, _),
        world.visitor("bob", name="desk") as (bob, _),
    ):
        assert (ada.identity, bob.identity) == ("ada", "bob")


@pytest.mark.parametrize(
    "do",
    [
        lambda world: world.client("ada"),
        lambda world: world.clients("ada"),
        lambda world: world.flush(),
        lambda world: world.act("t", t=print),
        lambda world: world.expect(reactivex.never()),
    ],
)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_a_world_that_is_not_open_says_so_at_once(do: Any, before: bool) -> None:
    world = World()
    if not before:
        async with world:
            pass
    began = asyncio.get_running_loop().time()
    with pytest.raises(rxconvo.ClosedError, match="use `async with World"):
        await do(world)
    assert asyncio.get_running_loop().time() - began <= 1.0


async def test_a_line_belongs_to_one_client() -> None:
    async with World() as world:
        with pytest.raises(rxconvo.ArgumentError, match="line must be a name that is free"):
            await world.clients("ada", "ada")
        phone = await world.client("ada", line="ada's phone")
        assert phone.identity == "ada"
        assert set(world.lines) == {"ada", "ada's phone"}


@pytest.mark.parametrize(
    "field,value",
    [
        ("kind", "sqlite"),
        ("url", 3),
        ("url", "chat.db"),
        ("seed", "7"),
        ("options", 3),
        ("tick", 0),
        ("tick", -1),
        ("tick", None),
    ],
)
def test_arguments_that_make_no_sense_are_refused(field: str, value: Any) -> None:
    with pytest.raises(rxconvo.ArgumentError, match=f"{field} must be"):
        World(**{field: value})


async def test_what_is_released_and_what_is_not() -> None:
    async with World() as world:
        lunch = await world.conversation(await world.client("ada"))
        await lunch.updated.opened
        await advance(5.0)
        async with world.released():
            subscription = lunch.messages.subscribe()
            await lunch.messages.opened
            with pytest.raises(LeakError, match="messages"):
                world.assert_released(lunch.messages, lunch.participants)
            subscription.dispose()
            world.assert_released(lunch.messages, lunch.participants)
        with pytest.raises(LeakError, match="1 subscriptions in the service"):
            async with world.released():
                lunch.messages.subscribe()
                await lunch.messages.opened


async def test_a_line_of_messages_is_asked_for_by_name() -> None:
    async with World() as world:
        await world.client("ada", line="ada's phone")
        assert isinstance(world.memory_line("ada's phone"), MemoryLine)
        assert world.identities == {"ada's phone": "ada"}
        with pytest.raises(rxconvo.ArgumentError, match=r"that of a line .*phone"):
            world.memory_line("ada")


@pytest.mark.e2e
async def test_a_line_of_sockets_knows_no_messages() -> None:
    async with World("websocket") as world:
        await world.client("ada")
        with pytest.raises(TypeError, match="ada"):
            world.memory_line("ada")


async def test_a_log_that_waits_in_vain_gives_up() -> None:
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await Log().until(lambda log: log != [])
    assert asyncio.get_running_loop().time() == began + DEADLINE
