"""One conversation: what it is, what is said in it, who is there."""

from __future__ import annotations

import asyncio

import pytest

from rxconvo import Client, Conversation, SendMediaOptions
from rxconvo.integrations.dashboard import Desk, conversation_streams
from rxconvo.integrations.dashboard.conversation import File, Line, Member, Properties
from rxconvo.testing import World
from tests.integrations.dashboard.viewing import Shown

Talk = tuple[Client, Conversation, Conversation]


@pytest.fixture
async def talk(rxconvo_world: World) -> Talk:
    ada, bob, sue = await rxconvo_world.clients("ada", "bob", "sue")
    mine, _, hers = await rxconvo_world.talk(ada, bob, sue)
    return sue, mine, hers


def looking(sue: Client, hers: Conversation, *, grace: float = 0.0) -> Shown:
    return Shown(dict(conversation_streams(sue, hers, Desk(grace=grace))))


async def settle() -> None:
    await asyncio.sleep(1)


def lines(shown: Shown) -> tuple[Line, ...]:
    found: tuple[Line, ...] = shown.newest["timeline"]
    return found


def members(shown: Shown) -> dict[str | None, Member]:
    return {member.identity: member for member in shown.newest["participants"]}


async def test_properties_show(talk: Talk) -> None:
    sue, mine, hers = talk
    with looking(sue, hers) as shown:
        assert shown.newest["conversation"] == Properties(
            mine.sid, "lunch", None, "ada", mine.date_created, "active", False
        )
        await mine.update_friendly_name("supper")
        await hers.set_user_notification_level("muted")
        await settle()
        told = shown.newest["conversation"]
        assert (told.name, told.muted) == ("supper", True)


async def test_the_timeline_is_the_newest_messages_and_what_becomes_of_them(talk: Talk) -> None:
    sue, mine, hers = talk
    for number in range(120):
        await mine.send_message(str(number))
    with looking(sue, hers) as shown:
        await settle()
        assert [line.body for line in lines(shown)] == [str(number) for number in range(20, 120)]
        await hers.send_message("mine")
        await (await mine.get_messages(2)).items[0].update_body("changed")
        await (await mine.get_messages(3)).items[0].remove()
        await settle()
        *_, changed, own = lines(shown)
        assert (changed.body, changed.edited, changed.mine, changed.author) == ("changed", True, False, "ada")
        assert (own.body, own.edited, own.mine, own.author) == ("mine", False, True, "sue")
        assert [line.index for line in lines(shown)] == [*range(21, 118), 119, 120]


async def test_files_are_named_and_measured(talk: Talk) -> None:
    sue, mine, hers = talk
    menu = SendMediaOptions("text/plain", "ramen", filename="<b>menu.txt")
    await mine.prepare_message().set_body("look").add_media(menu).build_and_send()
    with looking(sue, hers) as shown:
        await settle()
        assert lines(shown)[0].media == (File("<b>menu.txt", "text/plain", 5),)


async def test_participants_show_with_all_that_they_do(rxconvo_world: World, talk: Talk) -> None:
    sue, mine, hers = talk
    await mine.add_non_chat_participant("+15550000", "+15550001")
    await mine.add("cleo")
    await mine.send_message("hello")
    with looking(sue, hers) as shown:
        await asyncio.sleep(2)
        shown_members = members(shown)
        assert [(one.identity, one.type, one.online) for one in shown.newest["participants"]] == [
            (None, "sms", None),
            ("ada", "chat", True),
            ("bob", "chat", True),
            ("cleo", "chat", False),
            ("sue", "chat", True),
        ]
        assert {one.last_read for one in shown_members.values()} == {None}
        await mine.send_typing()
        await hers.advance_last_read_message_index(0)
        await settle()
        assert members(shown)["ada"].typing
        assert members(shown)["sue"].last_read == 0
        async with rxconvo_world.visitor("cleo"):
            await settle()
            assert members(shown)["cleo"].online
        await settle()
        assert members(shown)["cleo"].online is False
        await mine.remove_participant("bob")
        await asyncio.sleep(10)
        assert "bob" not in members(shown)
        assert not members(shown)["ada"].typing


async def test_all_of_it_ends_when_the_conversation_is_left(talk: Talk) -> None:
    sue, mine, hers = talk
    with looking(sue, hers) as shown:
        await settle()
        await mine.remove_participant("sue")
        await settle()
        assert sorted(shown.ended) == ["conversation", "participants", "timeline"]


async def test_nothing_is_left_behind(rxconvo_world: World, talk: Talk) -> None:
    sue, _, hers = talk
    await sue.get_user("ada")
    await sue.get_user("bob")
    await asyncio.sleep(5)
    async with rxconvo_world.released():
        with looking(sue, hers) as shown:
            await settle()
            assert lines(shown) == ()
