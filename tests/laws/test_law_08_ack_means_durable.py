"""What a durable service has acknowledged is there, once, whatever becomes of its process."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import rxconvo
from rxconvo.testing import DEADLINE, QUICK, Log, World

pytestmark = pytest.mark.real_time

ROUNDS = 12
PROGRAM = str(Path(__file__).with_name("mortal.py"))


def snapshot(store: Path, name: str) -> str:
    """Copy the files of a store, as they are on the disk at this very moment, and return the address of the copy."""
    copy = store.with_name(name)
    copy.mkdir()
    for file in store.parent.glob(f"{store.name}*"):
        if not file.name.endswith("-shm"):  # shared memory: it would not survive the process either
            shutil.copy(file, copy / file.name)
    return f"sqlite:{copy / store.name}"


async def texts(url: str, identity: str, sid: str) -> list[str | None]:
    """Read all messages of a conversation, as one of its members finds them in a store."""
    async with rxconvo.connect(url, identity=identity) as client:
        conversation = await client.get_conversation_by_sid(sid)
        page = await conversation.get_messages(100)
        found = [message.body for message in page.items]
        while page.has_prev_page:
            page = await page.prev_page()
            found[:0] = [message.body for message in page.items]
        return found


async def lost(path: Path) -> list[str]:
    """Copy the store whenever something is acknowledged, and tell what was acknowledged and is not in the copy."""
    store = path / "chat.db"
    url = f"sqlite:{store}"
    async with World(url=url) as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        copies: list[tuple[list[str], str]] = []
        sent: list[str] = []

        async def send(body: str) -> None:
            await mine.send_message(body)
            sent.append(body)
            copies.append(([*sent], snapshot(store, f"copy {body}")))

        for n in range(3):
            await send(f"alone {n}")
        await asyncio.gather(*(send(f"together {n}") for n in range(4)))
        seen = Log()
        his.messages.added.subscribe(lambda message: seen((message.body, snapshot(store, f"seen {message.body}"))))
        await his.messages.opened
        await mine.send_message("observed")
        await seen.until(lambda seen: seen != [])
        copies += [([body], copy) for body, copy in seen]
    found: list[str] = []
    for acknowledged, copy in copies:
        there = Counter(await texts(copy, "bob", mine.sid))
        found += [f"{body} is there {there[body]} times in {copy}" for body in acknowledged if there[body] != 1]
    return found


async def test_what_is_acknowledged_or_told_is_on_the_disk_at_that_moment(tmp_path: Path) -> None:
    assert await lost(tmp_path) == []


async def test_every_kind_of_result_is_on_the_disk_at_that_moment(tmp_path: Path) -> None:
    store = tmp_path / "chat.db"
    async with World(url=f"sqlite:{store}") as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        log = Log()
        mine.messages.subscribe(log)
        await mine.send_message("to be edited")
        await mine.send_message("to be removed")
        await mine.update_message_body(log[0].message, "edited")
        await mine.remove_message(log[1].message)
        await mine.update_friendly_name("renamed")
        await mine.add("cyd", {"n": 1})
        await mine.advance_last_read_message_index(0)
        await ada.update_user_friendly_name(ada.user, "Ada")
        copy = snapshot(store, "copy")
    async with rxconvo.connect(copy, identity="ada") as again:
        there = await again.get_conversation_by_sid(mine.sid)
        assert [message.body for message in (await there.get_messages()).items] == ["edited"]
        assert there.friendly_name == "renamed"
        assert there.last_read_message_index == 0
        assert (await there.get_participant_by_identity("cyd")).attributes == {"n": 1}
        assert again.user.friendly_name == "Ada"


async def test_what_was_committed_and_not_acknowledged_is_resumed_and_not_repeated(tmp_path: Path) -> None:
    store = tmp_path / "chat.db"
    backup = tmp_path / "backup.db"
    async with World(url=f"sqlite:{store}") as world:
        ada, bob = await world.client("ada", backoff=QUICK), await world.client("bob", backoff=QUICK)
        mine, his = await world.talk(ada, bob)
        seen = Log()
        his.messages.subscribe(seen)
        await his.messages.opened
        world.lines["ada"].hold("down")
        sending = asyncio.ensure_future(_persist(mine, "hello"))
        await seen.until(lambda seen: seen != [])  # it is committed
        world.lines["ada"].cut()
        await world.restart(lambda: shutil.copy(store, backup))
        assert await sending == 0
    assert await texts(f"sqlite:{store}", "ada", mine.sid) == ["hello"]
    assert await texts(f"sqlite:{backup}", "ada", mine.sid) == ["hello"]


async def _persist(conversation: rxconvo.Conversation, body: str) -> int:
    return await conversation.send_message(body).retry(50)


@asynccontextmanager
async def program(url: str) -> AsyncGenerator[Process]:
    """Start a program that makes a client, with its service, per line of its input; each sends until it is killed."""
    process = await asyncio.create_subprocess_exec(sys.executable, PROGRAM, url, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        process.kill()
        await process.communicate()


async def live_and_die(process: Process, first: int, after: int) -> tuple[set[str], str]:
    """Have a client send, kill it once *after* messages were acknowledged, and tell all that were, and where."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{first}\n".encode())
    acknowledged: set[str] = set()
    sid, pid = "", 0
    async for line in process.stdout:
        word, _, rest = line.decode().strip().partition(" ")
        match word:
            case "dead":
                break
            case "sent":
                acknowledged.add(rest)
            case "in":
                sid = rest
            case _:
                pid = int(rest)
        if pid and len(acknowledged) >= after:
            os.kill(pid, signal.SIGKILL)
            after = sys.maxsize
    return acknowledged, sid


async def killed(path: Path, rounds: int, seed: int = 8) -> list[str]:
    """Kill a client and its service again and again; tell what was acknowledged and is lost, or is there twice."""
    chance = random.Random(seed)
    url = f"sqlite:{path / 'chat.db'}"
    acknowledged: set[str] = set()
    sid, first = "", 0
    async with asyncio.timeout(3 * DEADLINE), program(url) as process:
        for _ in range(rounds):
            more, sid = await live_and_die(process, first, chance.randrange(25))
            acknowledged |= more
            first += 1000
    there = Counter(await texts(url, "ada", sid))
    found = [f"seed {seed}: {body} is lost" for body in acknowledged if body not in there]
    found += [f"seed {seed}: {body} is there {times} times" for body, times in there.items() if times > 1]
    if len(acknowledged) < rounds:
        found.append(f"only {len(acknowledged)} were acknowledged")
    with sqlite3.connect(path / "chat.db") as database:
        found += [str(row) for row in database.execute("pragma integrity_check") if row != ("ok",)]
    database.close()
    return found


@pytest.mark.e2e
async def test_a_killed_process_loses_nothing_that_its_clients_were_told(tmp_path: Path) -> None:
    assert await killed(tmp_path, ROUNDS) == []
