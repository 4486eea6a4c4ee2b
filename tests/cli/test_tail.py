"""What `tail` tells, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import pytest
import reactivex as rx

from rxconvo import Client, Conversation, MessageAdded, Service
from rxconvo.cli.failure import CommandError
from rxconvo.cli.finding import find_conversation
from rxconvo.cli.happenings import Happening, Wanted
from rxconvo.cli.tail import follow


class Collected:
    """Lines that are kept."""

    def __init__(self) -> None:
        self.shown: list[Happening] = []
        self.hinted: list[Happening] = []

    def show(self, happening: Happening) -> None:
        self.shown.append(happening)

    def hint(self, happening: Happening) -> None:
        self.hinted.append(happening)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    @property
    def told(self) -> list[tuple[str, str | None, str]]:
        return [(each.kind, each.author, each.text) for each in self.shown]


@asynccontextmanager
async def lunch() -> AsyncGenerator[tuple[Client, Conversation, Conversation]]:
    """Give Ada, who looks on, and a conversation of hers as she and as Bob see it."""
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        mine = await (await ada.create_conversation(friendly_name="lunch", unique_name="noon")).join()
        await mine.add("bob")
        yield ada, mine, await bob.get_conversation_by_unique_name("noon")


@asynccontextmanager
async def following(client: Client, *names: str, **options: Any) -> AsyncGenerator[Collected]:
    """Follow, and stop when the block has ended and all is told."""
    lines, ready, over = Collected(), asyncio.Event(), rx.Subject[None]()
    wanted = options.pop("wanted", Wanted())
    task = asyncio.create_task(
        follow(client, names, lines, wanted, ready=ready.set, over=over, **options), name="following"
    )
    await asyncio.wait([task, asyncio.create_task(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
    yield lines
    await asyncio.sleep(1)
    over.on_next(None)
    await task


async def test_all_that_happens_is_told_in_order() -> None:
    async with lunch() as (ada, mine, his):
        async with following(ada) as lines:
            await mine.send_message("pizza?")
            await his.send_typing()
            await his.send_message("sushi")
            message = (await his.get_messages(1)).items[0]
            await message.update_body("sushi!")
            await message.remove()
            await mine.add("cleo")
            await mine.update_friendly_name("supper")
            await his.leave()
        assert lines.told == [
            ("message", "ada", "pizza?"),
            ("typing", "bob", "is typing"),
            ("message", "bob", "sushi"),
            ("typing", "bob", "stopped typing"),
            ("edit", "bob", "sushi!"),
            ("removal", "bob", "sushi!"),
            ("join", "cleo", "joined"),
            ("conversation", None, "was called lunch before: supper"),
            ("leave", "bob", "left"),
        ]
        assert {each.conversation for each in lines.shown} == {"lunch", "supper"}
        assert [each.text for each in lines.hinted] == ["is typing", "stopped typing"]
        assert [each.index for each in lines.shown if each.kind == "message"] == [0, 1]


async def test_only_what_is_wanted_is_told_but_typing_is_hinted_at() -> None:
    async with lunch() as (ada, mine, his):
        async with following(ada, wanted=Wanted(kinds=["message"], authors=["bob"])) as lines:
            await mine.send_message("pizza?")
            await his.send_typing()
            await his.send_message("sushi")
        assert lines.told == [("message", "bob", "sushi")]
        assert [each.author for each in lines.hinted] == ["bob", "bob"]


@pytest.mark.parametrize("by", ["noon", "lunch", "sid"])
async def test_one_conversation_by_any_of_its_names(by: str) -> None:
    async with lunch() as (ada, mine, his):
        other = await (await ada.create_conversation(friendly_name="other")).join()
        async with following(ada, mine.sid if by == "sid" else by) as lines:
            await other.send_message("not here")
            await his.send_message("here")
        assert lines.told == [("message", "bob", "here")]


async def test_conversations_to_come_are_told_of_as_well() -> None:
    async with lunch() as (ada, _mine, his):
        async with following(ada) as lines:
            supper = await (await ada.create_conversation(friendly_name="supper")).join()
            await supper.send_message("late")
        assert ("conversation", None, "you take part from now on") in lines.told
        assert ("message", "ada", "late") in lines.told
        assert his.friendly_name == "lunch"


@pytest.mark.parametrize("names", [(), ("noon",)])
async def test_the_newest_are_told_first_each_once(names: tuple[str, ...]) -> None:
    async with lunch() as (ada, mine, his):
        for number in range(150):
            await his.send_message(f"old {number}")
        async with following(ada, *names, since=120) as lines:
            await mine.send_message("new")
        told = [each.text for each in lines.shown]
        assert told == [*(f"old {number}" for number in range(30, 150)), "new"]
        assert all(isinstance(each.event, MessageAdded) for each in lines.shown)


async def test_what_is_said_while_the_past_is_read_is_told_once() -> None:
    async with lunch() as (ada, mine, his):
        await his.send_message("old")
        lines, over = Collected(), rx.Subject[None]()
        sending: list[asyncio.Task[None]] = []

        async def send() -> None:
            for number in range(10):
                await his.send_message(f"new {number}")

        def ready() -> None:
            sending.append(asyncio.create_task(send()))

        task = asyncio.create_task(follow(ada, [mine.sid], lines, Wanted(), since=100, ready=ready, over=over))
        await asyncio.sleep(5)
        over.on_next(None)
        await asyncio.gather(task, *sending)
        assert [each.text for each in lines.shown] == ["old", *(f"new {number}" for number in range(10))]


async def test_a_conversation_that_is_gone_ends_it() -> None:
    async with lunch() as (ada, mine, his):
        lines = Collected()
        task = asyncio.create_task(follow(ada, ["noon"], lines, Wanted()))
        await asyncio.sleep(1)
        await mine.delete()
        await asyncio.wait_for(task, 10)
        assert lines.told[-1] == ("conversation", None, "is gone")
        assert his.sid == mine.sid


async def test_a_lost_connection_is_told() -> None:
    back = {"backoff_policy": {"reconnect_min_ms": 100, "reconnect_max_ms": 200}}
    async with Service() as service, service.client("ada") as ada:
        async with following(ada) as lines:
            await service.control("close", identity="ada", code=308, status="OFFLOAD", body=back)
            await asyncio.sleep(5)
        assert [each.text for each in lines.shown] == ["the connection was lost; trying again", "connected again"]
        assert {each.kind for each in lines.shown} == {"connection"}


async def test_the_end_of_a_users_access_ends_it() -> None:
    async with Service() as service, service.client("ada") as ada:
        lines = Collected()
        with ada.errors.subscribe():
            task = asyncio.create_task(follow(ada, [], lines, Wanted()))
            await asyncio.sleep(1)
            await service.control("close", identity="ada", code=417, status="BYE", body={})
            with pytest.raises(CommandError, match="the service has ended the connection for good"):
                await asyncio.wait_for(task, 30)


async def test_a_conversation_that_is_not_there() -> None:
    async with lunch() as (ada, _mine, _his):
        with pytest.raises(CommandError, match=r"ada sees no conversation 'supper'; there: lunch$"):
            await find_conversation(ada, "supper")
        with pytest.raises(CommandError, match="ada sees no conversation 'CH"):
            await find_conversation(ada, f"CH{'0' * 32}")


async def test_a_name_that_several_have() -> None:
    async with lunch() as (ada, _mine, _his):
        await (await ada.create_conversation(friendly_name="lunch")).join()
        with pytest.raises(CommandError, match="several conversations are called 'lunch': say which by its sid"):
            await find_conversation(ada, "lunch")
