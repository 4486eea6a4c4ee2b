"""Who there is, and who is online."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from rxconvo import Client
from rxconvo.integrations.dashboard.people import MOST_FOLLOWED, people
from rxconvo.testing import World
from tests.integrations.dashboard.viewing import Shown


def looking(client: Client, *, grace: float = 0.0) -> Shown:
    return Shown({"people": people(client, grace=grace)})


async def settle() -> None:
    await asyncio.sleep(2)


async def test_everybody_is_there_once_with_the_number_of_their_conversations(rxconvo_world: World) -> None:
    ada, bob, sue = await rxconvo_world.clients("ada", "bob", "sue")
    first, *_ = await rxconvo_world.talk(ada, bob, sue, friendly_name="first")
    await rxconvo_world.talk(bob, sue, friendly_name="second")
    await first.add_non_chat_participant("+15550000", "+15550001")
    with looking(sue) as shown:
        await settle()
        assert {who: one.conversations for who, one in shown.people.items()} == {"ada": 1, "bob": 2, "sue": 2}
        await first.add("cleo")
        await first.remove_participant("bob")
        await settle()
        assert {who: one.conversations for who, one in shown.people.items()} == {
            "ada": 1,
            "bob": 1,
            "cleo": 1,
            "sue": 2,
        }
        await first.delete()
        await settle()
        assert {who: one.conversations for who, one in shown.people.items()} == {"bob": 1, "sue": 1}


async def test_at_first_there_is_nobody(rxconvo_world: World) -> None:
    (sue,) = await rxconvo_world.clients("sue")
    with looking(sue) as shown:
        await settle()
        assert shown.newest["people"] == ()


async def test_presence_shows_and_ends_after_its_grace(rxconvo_world: World) -> None:
    ada, sue = await rxconvo_world.clients("ada", "sue")
    first, _ = await rxconvo_world.talk(ada, sue)
    await first.add("bob")
    with looking(sue, grace=5.0) as shown:
        await settle()
        assert {who: one.online for who, one in shown.people.items()} == {"ada": True, "bob": False, "sue": True}
        async with rxconvo_world.visitor("bob"):
            await settle()
            assert shown.people["bob"].online
        await settle()
        assert shown.people["bob"].online, "it may be back in a moment"
        await asyncio.sleep(5)
        assert shown.people["bob"].online is False


async def test_names_show(rxconvo_world: World) -> None:
    ada, sue = await rxconvo_world.clients("ada", "sue")
    await rxconvo_world.talk(ada, sue)
    with looking(sue) as shown:
        await settle()
        assert shown.people["ada"].name == "ada"
        await ada.user.update_friendly_name("Zora")
        await settle()
        assert [one.name for one in shown.newest["people"]] == ["sue", "Zora"]


async def test_who_has_gone_is_followed_no_more(rxconvo_world: World) -> None:
    ada, bob, sue = await rxconvo_world.clients("ada", "bob", "sue")
    first, *_ = await rxconvo_world.talk(ada, bob, sue)
    with looking(sue):
        await settle()
        assert {user.identity for user in await sue.get_subscribed_users()} == {"ada", "bob", "sue"}
        await first.remove_participant("bob")
        await settle()
        assert {user.identity for user in await sue.get_subscribed_users()} == {"ada", "sue"}
        await first.add("bob")
        await settle()
        assert {user.identity for user in await sue.get_subscribed_users()} == {"ada", "bob", "sue"}


async def test_of_more_people_than_can_be_followed_it_is_not_known(rxconvo_world: World) -> None:
    ada, sue = await rxconvo_world.clients("ada", "sue")
    first, _ = await rxconvo_world.talk(ada, sue)
    for number in range(MOST_FOLLOWED + 10):
        await first.add(f"guest {number}")
    with looking(sue) as shown:
        await settle()
        known = [one.online for one in shown.people.values()]
        assert len(known) == MOST_FOLLOWED + 12
        assert (known.count(None), known.count(True), known.count(False)) == (11, 2, MOST_FOLLOWED - 1)
        async with AsyncExitStack() as stack:
            for identity, one in list(shown.people.items())[:20]:
                if one.online is False:
                    await stack.enter_async_context(rxconvo_world.visitor(identity))
            await settle()
            assert [one.online for one in shown.people.values()].count(True) == 21


async def test_there_is_at_most_one_value_a_second(rxconvo_world: World) -> None:
    ada, sue = await rxconvo_world.clients("ada", "sue")
    first, _ = await rxconvo_world.talk(ada, sue)
    with looking(sue) as shown:
        await settle()
        before = shown.counts["people"]
        for number in range(50):
            await first.add(f"guest {number}")
            await asyncio.sleep(0.1)
        await settle()
        assert shown.counts["people"] - before <= 7
        assert len(shown.people) == 52
