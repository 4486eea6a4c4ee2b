"""Each subscription is an attempt; one that was not answered is resumed under its id, and applied at most once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

import rxconvo
from rxconvo.testing import QUICK, Line, Log, MemoryLine, Way, World, advance, run
from rxconvo.wire.codec import decode, encode
from rxconvo.wire.packets import Reply, Request, Status

SCRIPTS = 50


def mutation_ids(line: MemoryLine) -> list[str]:
    """List the ids of the mutations that were sent on a line, as often as they were."""
    packets = map(decode, line.sent)
    headers = [packet.http_request.headers for packet in packets if isinstance(packet, Request)]
    return [one["X-Twilio-Mutation-Id"] for one in headers if "X-Twilio-Mutation-Id" in one]


async def bodies(conversation: rxconvo.Conversation) -> list[str | None]:
    """Read the texts of all messages."""
    page = await conversation.get_messages(100)
    return [message.body for message in page.items]


async def _attempt(sending: rxconvo.Cold[int]) -> int:
    return await sending


async def test_nothing_happens_before_subscription() -> None:
    async with World() as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        line = world.memory_line("ada")
        sent = mutation_ids(line)
        sending = mine.send_message("hello")
        mine.update_friendly_name("renamed")
        ada.create_conversation()
        await advance(60)
        assert mutation_ids(line) == sent
        await sending
        assert len(mutation_ids(line)) == len(sent) + 1


async def test_each_subscription_is_one_attempt_with_one_value(world: World) -> None:
    ada = await world.client("ada")
    (mine,) = await world.talk(ada)
    sending = mine.send_message("hello")
    assert [await sending, await sending] == [0, 1]
    log = Log()
    sending.subscribe(log, log, lambda: log("complete"))
    await log.until(lambda log: log[-1:] == ["complete"])
    assert log == [2, "complete"]
    assert await bodies(mine) == ["hello"] * 3


async def fail(line: Line, sending: rxconvo.Cold[int], lost: Way) -> None:
    """Make an attempt whose request, or whose answer, is lost on the way."""
    line.swallow(lost)
    attempt = asyncio.ensure_future(_attempt(sending))
    await line.lost.wait()
    line.cut()
    with pytest.raises(rxconvo.OutcomeUnknownError):
        await attempt


@pytest.mark.parametrize("lost", ["up", "down"], ids=["request lost", "answer lost"])
async def test_what_was_not_answered_is_resumed(world: World, lost: Way) -> None:
    ada = await world.client("ada")
    (mine,) = await world.talk(ada)
    sending = mine.send_message("hello")
    await fail(world.lines["ada"], sending, lost)
    assert await sending.retry(9) == 0
    assert await bodies(mine) == ["hello"]
    assert await sending == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_an_answer_that_is_none_is_resumed(status: int) -> None:
    async with World() as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        line = world.memory_line("ada")
        before = len(mutation_ids(line))
        sending = mine.send_message("hello")
        line.rewrite = lambda message: _disguised(message, status)
        with pytest.raises(rxconvo.OutcomeUnknownError, match=str(status)):
            await sending
        line.rewrite = lambda message: (message,)
        assert await sending == 0
        assert await sending == 1
        first, again, other = mutation_ids(line)[before:]
        assert first == again != other


def _disguised(message: bytes, status: int) -> Iterable[bytes]:
    """Have an answer say that something went wrong."""
    packet = decode(message)
    if isinstance(packet, Reply) and packet.http_status is not None:
        packet = msgspec.structs.replace(packet, http_status=Status(status, "trouble"))
    return [encode(packet)]


async def test_a_rejection_is_an_answer() -> None:
    async with World() as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        _, his = await world.talk(ada, bob)
        joining = his.join()
        for _ in range(2):
            with pytest.raises(rxconvo.RejectedError):
                await joining
        *_, first, second = mutation_ids(world.memory_line("bob"))
        assert first != second


async def test_what_is_subscribed_after_the_end_was_not_sent() -> None:
    async with World() as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        sending = mine.send_message("hello")
        await ada.shutdown()
        line = world.memory_line("ada")
        sent = len(line.sent)
        for cold in (sending, sending, mine.get_messages_count(), ada.get_subscribed_conversations()):
            with pytest.raises(rxconvo.ClosedError):
                await cold
        assert len(line.sent) == sent


async def test_one_made_while_another_runs_is_another_mutation(world: World) -> None:
    ada = await world.client("ada")
    (mine,) = await world.talk(ada)
    line = world.lines["ada"]
    line.hold("down")
    sending = mine.send_message("hello")
    attempts = [asyncio.ensure_future(_attempt(sending)) for _ in range(2)]
    line.release()
    assert sorted(await asyncio.gather(*attempts)) == [0, 1]
    assert await bodies(mine) == ["hello"] * 2


async def test_dispose_before_sending_withdraws_it(world: World) -> None:
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    line = world.lines["ada"]
    line.refusing = True
    line.cut()
    await ada.connection_state.next()
    log = Log()
    mine.send_message("withdrawn").subscribe(log, log).dispose()
    waiting = mine.send_message("withdrawn later").subscribe(log, log)
    sent = asyncio.ensure_future(_attempt(mine.send_message("sent")))
    await asyncio.sleep(0)
    waiting.dispose()
    line.refusing = False
    await sent
    assert await bodies(his) == ["sent"]
    assert log == []


async def test_dispose_after_sending_leaves_the_outcome_open(world: World) -> None:
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    seen, log = Log(), Log()
    his.messages.subscribe(seen)
    await his.messages.opened
    line = world.lines["ada"]
    line.hold("down")
    sending = mine.send_message("hello")
    subscription = sending.subscribe(log, log)
    await seen.until(lambda seen: seen != [])
    subscription.dispose()
    line.release()
    assert await sending == 0
    assert await bodies(his) == ["hello"]
    assert log == []


async def stubborn(seed: int) -> list[str]:
    """Send over a line that fails in every way, again and again until it is answered."""
    chance = random.Random(seed)
    async with World(seed=seed) as world:
        ada, bob = await world.client("ada", request_timeout=5.0), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        line = world.memory_line("ada")
        before = len(mutation_ids(line))
        count = chance.randrange(2, 8)
        attempts = [asyncio.ensure_future(_persist(mine.send_message(f"{n}"))) for n in range(count)]
        for _ in range(chance.randrange(1, 6)):
            match chance.randrange(5):
                case 0:
                    line.cut()
                case 1:
                    line.hold(chance.choice(("up", "down")))
                case 2:
                    line.swallow(chance.choice(("up", "down")))
                case 3:
                    line.cut_after(chance.randrange(4000))
                case _:
                    line.release()
            await advance(chance.choice((0.0, chance.random(), 8.0)))
        line.cut()
        indices = await asyncio.gather(*attempts)
        there = await bodies(his)
        found = [f"{body} is there {times} times" for body, times in Counter(there).items() if times > 1]
        if [there[index] for index in indices] != [f"{n}" for n in range(count)]:
            found.append(f"acknowledged as {indices}, but there are {there}")
        ids = set(mutation_ids(line)[before:])
        if len(ids) != count:
            found.append(f"{count} mutations had {len(ids)} ids")
        return [f"seed {seed}: {violation}" for violation in found]


async def _persist(sending: rxconvo.Cold[int]) -> int:
    return await sending.retry(100)


def violations(seeds: range) -> list[str]:
    """Play scripts until one is not as it should be."""
    return next(filter(None, (run(lambda seed=seed: stubborn(seed)) for seed in seeds)), [])  # type: ignore[misc]


def test_retry_sends_at_most_once_whatever_the_line_does() -> None:
    assert violations(range(SCRIPTS)) == []


@pytest.mark.real_time
async def test_the_service_keeps_ids_for_a_day_and_over_a_restart(tmp_path: Path) -> None:
    async with World(url=f"sqlite:{tmp_path / 'chat.db'}") as world:
        ada = await world.client("ada", backoff=QUICK)
        (mine,) = await world.talk(ada)
        sending = mine.send_message("hello")
        await fail(world.lines["ada"], sending, "down")
        world.skew = timedelta(hours=23, minutes=59)
        await world.restart()
        assert await sending.retry(9) == 0
        assert await bodies(mine) == ["hello"]
