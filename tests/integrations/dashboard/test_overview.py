"""The first page as a whole, beside the service's store, whatever happens."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from rxconvo import Client, Conversation, StreamReport
from rxconvo.integrations.dashboard.overview import StreamRow, summed_up
from rxconvo.testing import World
from tests.integrations.dashboard.viewing import Shown, check, looking

QUIET = 8.0
"""Seconds after which nothing is under way any more."""


class Company:
    """Some people who talk at random, and Sue, who looks on."""

    def __init__(self, world: World, people: list[Client], sue: Client) -> None:
        self.world = world
        self.people = people
        self.sue = sue
        self.rooms: dict[str, list[Conversation]] = {}
        self.chance = world.chance

    async def found(self) -> None:
        name = f"room {len(self.rooms)}"
        members = self.chance.sample(self.people, self.chance.randint(1, len(self.people)))
        self.rooms[name] = await self.world.talk(*members, friendly_name=name)
        await self.rooms[name][0].add("sue")

    async def act(self) -> None:
        """Do anything."""
        acts: list[Callable[[Conversation], Awaitable[object]]] = [
            *[self._send] * 6,
            *[self._type] * 3,
            *[self._remove] * 2,
            self._edit,
            self._rename,
            self._read,
            self._mute,
            self._come_and_go,
            self._throw_out,
        ]
        if not self.rooms or self.chance.random() < 0.05:
            await self.found()
            return
        room = self.chance.choice(list(self.rooms.values()))
        await self.chance.choice(acts)(self.chance.choice(room))

    async def act_without_sue(self) -> None:
        """Do anything that Sue takes no part in."""
        room = self.chance.choice(list(self.rooms.values()))
        acts = [*[self._send] * 4, self._remove, self._edit, self._rename, self._come_and_go, self._throw_out]
        await self.chance.choice(acts)(self.chance.choice(room))

    def hers(self, handle: Conversation) -> Conversation | None:
        return self.sue.find_conversation(handle.sid)

    async def _send(self, handle: Conversation) -> None:
        await handle.send_message(f"number {self.chance.random()}")

    async def _type(self, handle: Conversation) -> None:
        await handle.send_typing()

    async def _remove(self, handle: Conversation) -> None:
        own = [one for one in (await handle.get_messages(10)).items if one.author == handle.identity]
        for message in own[-2:]:
            await message.remove()

    async def _edit(self, handle: Conversation) -> None:
        own = [one for one in (await handle.get_messages(10)).items if one.author == handle.identity]
        for message in own[-1:]:
            await message.update_body("edited")

    async def _rename(self, handle: Conversation) -> None:
        await handle.update_friendly_name(f"named {self.chance.random()}")

    async def _read(self, handle: Conversation) -> None:
        hers = self.hers(handle)
        if hers is not None and hers.last_message is not None:
            await hers.advance_last_read_message_index(self.chance.randint(0, hers.last_message.index))

    async def _mute(self, handle: Conversation) -> None:
        hers = self.hers(handle)
        if hers is not None:
            await hers.set_user_notification_level(self.chance.choice(["muted", "default"]))

    async def _come_and_go(self, handle: Conversation) -> None:
        guest = f"guest {self.chance.randint(0, 3)}"
        there = {one.identity for one in await handle.get_participants()}
        await (handle.remove_participant(guest) if guest in there else handle.add(guest))

    async def _throw_out(self, handle: Conversation) -> None:
        there = {one.identity for one in await handle.get_participants()}
        await (handle.remove_participant("sue") if "sue" in there else handle.add("sue"))


async def company(world: World) -> Company:
    *people, sue = await world.clients("ada", "bob", "cleo", "sue")
    return Company(world, people, sue)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_it_is_what_the_store_says(seed: int) -> None:
    async with World(seed=seed) as world:
        crowd = await company(world)
        for _ in range(3):
            await crowd.found()
        with looking(crowd.sue) as shown:
            for _ in range(8):
                for _ in range(12):
                    await crowd.act()
                    await asyncio.sleep(crowd.chance.random())
                await asyncio.sleep(QUIET)
                await check(world, shown, "sue")


@pytest.mark.parametrize("seed", range(4))
async def test_after_a_lost_connection_it_is_what_the_store_says(seed: int) -> None:
    async with World(seed=seed) as world:
        crowd = await company(world)
        for _ in range(3):
            await crowd.found()
        with looking(crowd.sue) as shown:
            for _ in range(5):
                line = world.lines["sue"]
                line.cut()
                with line.refused():
                    for _ in range(12):
                        await crowd.act_without_sue()
                await asyncio.sleep(150)
                await check(world, shown, "sue")


async def test_after_a_restart_of_the_service_it_is_what_the_store_says() -> None:
    async with World() as world:
        crowd = await company(world)
        for _ in range(3):
            await crowd.found()
        with looking(crowd.sue) as shown:
            await asyncio.sleep(QUIET)
            await world.restart(down=3.0)
            await asyncio.sleep(150)
            for _ in range(10):
                await crowd.act()
            await asyncio.sleep(QUIET)
            await check(world, shown, "sue")


async def test_two_hundred_conversations_are_exact_and_a_change_concerns_one() -> None:
    async with World() as world:
        ada, bob, sue = await world.clients("ada", "bob", "sue", watch="none")
        handles = [(await world.talk(ada, bob, sue, friendly_name=str(number)))[0] for number in range(200)]
        for handle in handles[::3]:
            await handle.send_message("hello")
        chance = random.Random(1)
        with looking(sue) as shown:
            await asyncio.sleep(QUIET)
            truth = await check(world, shown, "sue")
            assert len(truth) == 200
            before = {row.sid: row for row in shown.rows}
            touched = chance.sample(handles, 5)
            del shown.batches[:]
            for handle in touched:
                await handle.send_message("news")
            await asyncio.sleep(0.5)
            diffs = [diff for batch in shown.batches for diff in batch.diffs]
            assert len(diffs) <= 3 * len(touched)
            now = {row.sid: row for row in shown.rows}
            assert {sid for sid in now if now[sid] is not before[sid]} == {handle.sid for handle in touched}
            await asyncio.sleep(QUIET)
            await check(world, shown, "sue")


async def test_opening_asks_a_few_questions_for_each_conversation() -> None:
    asked: dict[int, int] = {}
    for count in (10, 40):
        async with World() as world:
            ada, sue = await world.clients("ada", "sue")
            for number in range(count):
                await world.talk(ada, sue, friendly_name=str(number))
            await asyncio.sleep(QUIET)
            line = world.memory_line("sue")
            before = len(line.sent)
            with looking(sue) as shown:
                await asyncio.sleep(QUIET)
                assert len(shown.rows) == count
                asked[count] = len(line.sent) - before
    assert asked[40] - asked[10] <= 30 * 12, "requests and acknowledgements of a conversation"


async def test_streams_are_reported_once_a_second(rxconvo_world: World) -> None:
    ada, sue = await rxconvo_world.clients("ada", "sue")
    for number in range(3):
        mine, _ = await rxconvo_world.talk(ada, sue, friendly_name=str(number))
    with looking(sue) as shown:
        await asyncio.sleep(5.5)
        assert shown.counts["streams"] == 6
        await mine.send_message("hello")
        await asyncio.sleep(1)
        by_name = {row.name: row for row in shown.streams}
        assert by_name["messages of 3 conversations"].items == 1
        assert by_name["messages"].items == 1
        assert by_name["messages"].observers > 0


def test_reports_of_conversations_are_summed_up() -> None:
    reports = (
        StreamReport("messages", 1, 5, 0.5),
        StreamReport("messages of CH1", 2, 3, 1.0, drops=1),
        StreamReport("messages of CH2", 1, 4, None, last_error="ValueError: no"),
        StreamReport("messages.added of CH1", 1, None, None),
        StreamReport("probe", 1, 7, 2.0, lag=0.25),
    )
    assert summed_up(reports) == (
        StreamRow("messages", 1, 5, 0.5, None, 0, None),
        StreamRow("messages of 2 conversations", 3, 7, 1.0, None, 1, "ValueError: no"),
        StreamRow("messages.added of 1 conversation", 1, None, None, None, 0, None),
        StreamRow("probe", 1, 7, 2.0, 0.25, 0, None),
    )


async def test_all_ends_with_the_client(rxconvo_world: World) -> None:
    ada, sue = await rxconvo_world.clients("ada", "sue")
    await rxconvo_world.talk(ada, sue)
    with looking(sue) as shown:
        await asyncio.sleep(QUIET)
        await sue.shutdown()
        await asyncio.sleep(QUIET)
        assert sorted(shown.ended) == ["people", "rows", "streams", "vitals"]


async def test_nothing_is_left_behind(rxconvo_world: World) -> None:
    ada, sue = await rxconvo_world.clients("ada", "sue")
    for name in "abc":
        await rxconvo_world.talk(ada, sue, friendly_name=name)
    await ada.get_user("sue")
    await sue.get_user("ada")  # whom it follows it goes on to follow: the client's to bound
    await asyncio.sleep(QUIET)
    async with rxconvo_world.released():
        with looking(sue) as shown:
            await asyncio.sleep(QUIET)
            assert isinstance(shown, Shown)
            assert len(shown.rows) == 3
