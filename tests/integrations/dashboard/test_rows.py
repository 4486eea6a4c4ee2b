"""The list of conversations: every column, exactly when it changes, and nothing else with it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from rxconvo import Client, Conversation, DiffBatch, Reset, Set
from rxconvo.integrations.dashboard import Desk
from rxconvo.integrations.dashboard.rows import Sla, last_message, rows
from rxconvo.testing import World
from tests.integrations.dashboard.viewing import Shown

QUICK = Desk(first=60.0, following=30.0, warn=0.5, grace=0.0)


@pytest.fixture
async def talk(rxconvo_world: World) -> tuple[Client, Conversation, Conversation]:
    """Let Ada and Bob talk, and Sue look on."""
    ada, bob, sue = await rxconvo_world.clients("ada", "bob", "sue")
    mine, his, _ = await rxconvo_world.talk(ada, bob, sue)
    return sue, mine, his


def looking(client: Client, desk: Desk = QUICK) -> Shown:
    return Shown({"rows": rows(client, desk)})


async def settle() -> None:
    await asyncio.sleep(1)


async def test_a_row_says_what_there_is(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    await mine.send_message("pizza?")
    with looking(sue) as shown:
        await settle()
        (row,) = shown.rows
        assert (row.sid, row.name, row.unread, row.members, row.muted) == (mine.sid, "lunch", 1, 3, False)
        assert row.last is not None
        assert (row.last.author, row.last.body) == ("ada", "pizza?")
        assert row.active == row.last.at == mine.last_message.date_created  # type: ignore[union-attr]
        assert (row.typing, row.typing_text, row.per_minute, row.sla) == ((), "", 0, Sla())


async def test_typing_shows_and_ends_with_the_message(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, his = talk
    with looking(sue) as shown:
        await settle()
        await mine.send_typing()
        await his.send_typing()
        await settle()
        assert (shown.row("lunch").typing, shown.row("lunch").typing_text) == (("ada", "bob"), "ada and bob are typing")
        await his.send_message("pizza")
        await settle()
        assert (shown.row("lunch").typing, shown.row("lunch").typing_text) == (("ada",), "ada is typing")
        await asyncio.sleep(10)
        assert (shown.row("lunch").typing, shown.row("lunch").typing_text) == ((), "")


async def test_who_is_typing_goes_by_the_name_that_is_known(rxconvo_world: World) -> None:
    ada, bob, sue = await rxconvo_world.clients("ada", "bob", "sue")
    mine, his, _ = await rxconvo_world.talk(ada, bob, sue)
    await sue.get_user("ada")
    with looking(sue) as shown:
        await settle()
        await ada.user.update_friendly_name("Ada Finch")
        await mine.send_typing()
        await settle()
        await his.send_typing()
        await settle()
        assert shown.row("lunch").typing_text == "Ada Finch and bob are typing"


async def test_what_belongs_together_comes_together(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    with looking(sue) as shown:
        await settle()
        await mine.send_typing()
        await settle()
        del shown.batches[:]
        await mine.send_message("pizza?")
        await asyncio.sleep(0.2)
        ((diff,),) = [batch.diffs for batch in shown.batches]
        assert isinstance(diff, Set)
        assert (diff.value.unread, diff.value.last.body, diff.value.sla.waiting) == (1, "pizza?", "ada")


async def test_a_name_and_a_level_show(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    with looking(sue) as shown:
        await settle()
        await mine.update_friendly_name("supper")
        hers = sue.find_conversation(mine.sid)
        assert hers is not None
        await hers.set_user_notification_level("muted")
        await settle()
        assert shown.row("supper").muted
        await hers.set_user_notification_level("default")
        await settle()
        assert not shown.row("supper").muted


async def test_members_are_counted_of_every_channel(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    with looking(sue) as shown:
        await settle()
        await mine.add("cleo")
        await mine.add_non_chat_participant("+15550000", "+15550001")
        await settle()
        assert shown.row("lunch").members == 5
        await mine.remove_participant("bob")
        await settle()
        assert shown.row("lunch").members == 4


async def test_messages_of_the_last_minute_are_counted(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    with looking(sue) as shown:
        await settle()
        for _ in range(7):
            await mine.send_message("hello")
        await asyncio.sleep(6)
        assert shown.row("lunch").per_minute == 7
        await asyncio.sleep(40)
        await mine.send_message("hello")
        await asyncio.sleep(6)
        assert shown.row("lunch").per_minute == 8
        await asyncio.sleep(15)
        assert shown.row("lunch").per_minute == 1
        await asyncio.sleep(60)
        assert shown.row("lunch").per_minute == 0


async def test_who_created_the_conversation_waits_until_somebody_answers(
    talk: tuple[Client, Conversation, Conversation],
) -> None:
    sue, mine, his = talk
    with looking(sue) as shown:
        await settle()
        await mine.send_message("pizza?")
        await settle()
        asked = shown.row("lunch")
        assert asked.sla.due is not None
        assert (asked.sla.state, asked.sla.waiting) == ("ok", "ada")
        assert abs(asked.sla.due - asked.active - timedelta(seconds=60)) < timedelta(seconds=0.1)
        await mine.send_message("or sushi?")
        await asyncio.sleep(30)
        assert (shown.row("lunch").sla.state, shown.row("lunch").sla.due) == ("warn", asked.sla.due)
        await asyncio.sleep(30)
        assert shown.row("lunch").sla == Sla("breach", asked.sla.due, "ada")
        await his.send_message("sushi")
        await settle()
        assert shown.row("lunch").sla == Sla()
        await mine.send_message("with ginger?")
        await settle()
        again = shown.row("lunch")
        assert again.sla.due is not None
        assert abs(again.sla.due - again.active - timedelta(seconds=30)) < timedelta(seconds=0.1)


async def test_in_an_own_conversation_the_others_ask(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    mine, his = await rxconvo_world.talk(ada, bob)
    with looking(ada) as shown:
        await settle()
        await mine.send_message("can I help?")
        await settle()
        assert shown.row("lunch").sla == Sla()
        await his.send_message("yes!")
        await settle()
        assert (shown.row("lunch").sla.state, shown.row("lunch").sla.waiting) == ("ok", "bob")
        await mine.send_message("there you are")
        await settle()
        assert shown.row("lunch").sla == Sla()


async def test_the_newest_activity_is_first(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    handles = {}
    for name in ("a", "b", "c"):
        handles[name], _ = await rxconvo_world.talk(ada, bob, friendly_name=name)
        await asyncio.sleep(1)
    with looking(bob) as shown:
        await settle()
        assert "".join(row.name for row in shown.rows) == "cba"
        await handles["a"].send_message("hello")
        await settle()
        assert "".join(row.name for row in shown.rows) == "acb"
        await handles["b"].send_message("hello")
        await settle()
        assert "".join(row.name for row in shown.rows) == "bac"
        page = await handles["b"].get_messages()
        await page.items[0].remove()
        await settle()
        assert "".join(row.name for row in shown.rows) == "acb"


async def test_a_change_is_one_row_and_no_other(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    handles = [(await rxconvo_world.talk(ada, bob, friendly_name=str(number)))[0] for number in range(20)]
    with looking(bob) as shown:
        await asyncio.sleep(2)
        before = {row.sid: row for row in shown.rows}
        del shown.batches[:]
        await handles[3].send_typing()
        await settle()
        (batch,) = shown.batches
        assert [type(diff) for diff in batch.diffs] == [Set]
        assert {row.sid for row in shown.rows if row is not before[row.sid]} == {handles[3].sid}


async def test_left_conversations_go_and_come_back(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    await mine.send_message("pizza?")
    with looking(sue) as shown:
        await settle()
        await mine.remove_participant("sue")
        await settle()
        assert shown.rows == ()
        await mine.send_message("now then")
        await mine.add("sue")
        await settle()
        assert (shown.row("lunch").unread, shown.row("lunch").members) == (2, 3)
        await mine.delete()
        await settle()
        assert shown.rows == ()


async def test_the_last_message_is_known_whatever_is_removed(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    for number in range(30):
        await mine.send_message(str(number))
    hers = sue.find_conversation(mine.sid)
    assert hers is not None
    seen: list[str | None] = []
    with last_message(hers).subscribe(lambda message: seen.append(None if message is None else message.body)):
        await settle()
        assert seen == ["29"]
        for message in reversed((await mine.get_messages(page_size=100)).items):
            await message.remove()
            await settle()
            expected = None if message.index == 0 else str(message.index - 1)
            assert seen[-1] == expected
        await mine.send_message("again")
        assert seen[-1] == "again"


async def test_the_last_message_is_shown_as_it_is_now(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    await mine.send_message("pizza?")
    with looking(sue) as shown:
        await settle()
        await (await mine.get_messages()).items[0].update_body("sushi?" + "!" * 1_000)
        await settle()
        last = shown.row("lunch").last
        assert last is not None
        assert last.body == "sushi?" + "!" * 274


async def test_it_begins_with_an_empty_list_and_ends_with_the_client(
    talk: tuple[Client, Conversation, Conversation],
) -> None:
    sue, _, _ = talk
    with looking(sue) as shown:
        assert shown.batches == [DiffBatch((Reset(()),))]
        await settle()
        await sue.shutdown()
        assert shown.ended == ["rows"]


async def test_nothing_is_left_behind(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    for name in "abc":
        await rxconvo_world.talk(ada, bob, friendly_name=name)
    await asyncio.sleep(5)
    async with rxconvo_world.released():
        with looking(bob) as shown:
            await settle()
            assert len(shown.rows) == 3
