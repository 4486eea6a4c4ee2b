"""Numbers of all conversations together."""

from __future__ import annotations

import asyncio
import statistics
from datetime import UTC, datetime, timedelta

import hypothesis
import hypothesis.strategies as st
import pytest
from reactivex.subject import Subject

from rxconvo import Client, Conversation, Message
from rxconvo.errors import ArgumentError
from rxconvo.integrations.dashboard import Desk
from rxconvo.integrations.dashboard.vitals import Response, Vitals, messages_per_bucket, response_times, vitals
from rxconvo.testing import World
from rxconvo.testing.world import run
from tests.integrations.dashboard.viewing import Shown

QUICK = Desk(first=60.0, following=60.0, warn=0.5, bucket=10.0, grace=0.0)


async def settle() -> None:
    await asyncio.sleep(1)


def looking(client: Client, desk: Desk = QUICK) -> Shown:
    return Shown({"vitals": vitals(client, desk)})


@pytest.fixture
async def talk(rxconvo_world: World) -> tuple[Client, Conversation, Conversation]:
    ada, bob, sue = await rxconvo_world.clients("ada", "bob", "sue")
    mine, his, _ = await rxconvo_world.talk(ada, bob, sue)
    return sue, mine, his


async def test_at_first_there_is_nothing(rxconvo_world: World) -> None:
    (ada,) = await rxconvo_world.clients("ada")
    with looking(ada) as shown:
        await settle()
        sla = {"ok": 0, "warn": 0, "breach": 0}
        assert shown.vitals == Vitals("ada", "connected", 0, 0, (0,) * 60, 10.0, None, sla, 1)


async def test_messages_are_counted_by_stretches_of_time(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, his = talk
    seen: list[tuple[int, ...]] = []
    with messages_per_bucket(sue, 10.0).subscribe(seen.append):
        await settle()
        assert seen == [(0,) * 60]
        for _ in range(3):
            await mine.send_message("hello")
        assert seen[-1][-1] == 3
        await asyncio.sleep(10)
        await his.send_message("hello")
        assert seen[-1][-2:] == (3, 1)
        await asyncio.sleep(580)
        assert (seen[-1][0], seen[-1][1], sum(seen[-1])) == (3, 1, 4)
        await asyncio.sleep(10)
        assert sum(seen[-1]) == 1
        await asyncio.sleep(10)
        assert sum(seen[-1]) == 0


async def test_there_are_at_most_two_values_a_second_and_the_last_is_never_lost(
    talk: tuple[Client, Conversation, Conversation],
) -> None:
    sue, mine, _ = talk
    with looking(sue) as shown:
        await settle()
        before = shown.counts["vitals"]
        for _ in range(100):
            await mine.send_message("hello")
            await asyncio.sleep(0.05)
        await settle()
        assert 8 <= shown.counts["vitals"] - before <= 13
        assert (shown.vitals.unread, shown.vitals.per_minute[-1] + shown.vitals.per_minute[-2]) == (100, 100)


async def test_muted_conversations_are_left_out_of_the_unread(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    hers = sue.find_conversation(mine.sid)
    assert hers is not None
    with looking(sue) as shown:
        await mine.send_message("hello")
        await settle()
        assert shown.vitals.unread == 1
        await hers.set_user_notification_level("muted")
        await settle()
        assert shown.vitals.unread == 0
        await hers.set_user_notification_level("default")
        await settle()
        assert shown.vitals.unread == 1
        await hers.set_all_messages_read()
        await settle()
        assert shown.vitals.unread == 0


async def test_conversations_are_counted_as_they_come_and_go(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, _ = talk
    with looking(sue) as shown:
        await settle()
        assert shown.vitals.conversations == 1
        own = await sue.create_conversation()
        await settle()
        assert shown.vitals.conversations == 1, "made, but not joined"
        await own.join()
        await settle()
        assert shown.vitals.conversations == 2
        await mine.remove_participant("sue")
        await settle()
        assert shown.vitals.conversations == 1
        await own.delete()
        await settle()
        assert shown.vitals.conversations == 0


async def test_promises_are_counted_by_how_much_time_is_left(rxconvo_world: World) -> None:
    ada, bob, sue = await rxconvo_world.clients("ada", "bob", "sue")
    rooms = [await rxconvo_world.talk(ada, bob, sue, friendly_name=str(number)) for number in range(3)]
    with looking(sue) as shown:
        await settle()
        for mine, _, _ in rooms:
            await mine.send_message("pizza?")
            await asyncio.sleep(25)
        assert shown.vitals.sla == {"ok": 1, "warn": 1, "breach": 1}
        await asyncio.sleep(60)
        assert shown.vitals.sla == {"ok": 0, "warn": 0, "breach": 3}
        await rooms[0][1].send_message("yes")
        await rooms[1][0].remove_participant("sue")
        await settle()
        assert shown.vitals.sla == {"ok": 0, "warn": 0, "breach": 1}
        await rooms[2][0].delete()
        await settle()
        assert shown.vitals.sla == {"ok": 0, "warn": 0, "breach": 0}


async def test_answers_are_timed(talk: tuple[Client, Conversation, Conversation]) -> None:
    sue, mine, his = talk
    with looking(sue) as shown:
        await settle()
        for seconds in (2.0, 4.0, 30.0):
            await mine.send_message("pizza?")
            await asyncio.sleep(seconds)
            await his.send_message("yes")
        await settle()
        assert shown.vitals.response == Response(3, 4.0, 4.0)


class TwoSided(Desk):
    """Ada asks, and Bob answers."""

    def asks(self, message: Message) -> bool:
        return message.author == "ada"

    def answers(self, message: Message) -> bool:
        return message.author == "bob"


class Talk:
    """As much of a client as response times need."""

    def __init__(self) -> None:
        self.added: Subject[Message] = Subject()
        self.messages = self


@hypothesis.example([*range(1_000, 400, -1)])
@hypothesis.given(st.lists(st.integers(0, 1_000), min_size=1, max_size=700))
def test_the_median_is_that_of_the_newest_answers(waits: list[int]) -> None:
    async def answers() -> Response | None:
        talk = Talk()
        seen: list[Response | None] = []
        response_times(talk, TwoSided()).subscribe(seen.append)  # type: ignore[arg-type]
        clock = datetime(2024, 1, 1, tzinfo=UTC)
        for wait in waits:
            talk.added.on_next(Message("IM1", 0, author="ada", date_created_iso=clock.isoformat()))
            clock += timedelta(seconds=wait)
            talk.added.on_next(Message("IM2", 1, author="bob", date_created_iso=clock.isoformat()))
        return seen[-1]

    newest = sorted(waits[-500:])
    p90 = newest[(len(newest) - 1) * 9 // 10]
    assert run(answers) == Response(len(waits), statistics.median_low(newest), p90)


async def test_the_connection_shows(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    mine, _ = await rxconvo_world.talk(ada, bob)
    with looking(bob) as shown:
        await settle()
        rxconvo_world.lines["bob"].cut()
        with rxconvo_world.lines["bob"].refused():
            await asyncio.sleep(5)
            assert shown.vitals.connection != "connected"
            await mine.send_message("hello")
        await asyncio.sleep(200)
        assert (shown.vitals.connection, shown.vitals.unread) == ("connected", 1)


async def test_it_ends_with_the_client(rxconvo_world: World) -> None:
    (ada,) = await rxconvo_world.clients("ada")
    with looking(ada) as shown:
        await settle()
        await ada.shutdown()
        await settle()
        assert shown.ended == ["vitals"]
        await asyncio.sleep(60)


@pytest.mark.parametrize(
    "options, field",
    [
        ({"first": 0.0}, "first"),
        ({"following": float("inf")}, "following"),
        ({"bucket": -1.0}, "bucket"),
        ({"warn": 1.0}, "warn"),
        ({"warn": 0.0}, "warn"),
        ({"grace": -1.0}, "grace"),
        ({"grace": float("nan")}, "grace"),
    ],
)
def test_a_desk_checks_what_it_promises(options: dict[str, float], field: str) -> None:
    with pytest.raises(ArgumentError, match=field):
        Desk(**options)
