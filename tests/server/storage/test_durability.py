"""What was acknowledged survives; what failed has not happened."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from rxconvo.errors import StoreError
from rxconvo.server.storage import Store, StoredConversation, Transaction, open_store
from rxconvo.server.storage.engine import Engine, Job
from rxconvo.testing.ids import seeded_ids

pytestmark = pytest.mark.real_time  # a thread lives in real time

AT = "2026-01-31T12:00:00.000Z"
KILLS = 24


def live_and_die(stdin: IO[str], stdout: IO[str], first: int, after: int) -> set[int]:
    """Have a process write, kill it once it has acknowledged *after* messages, and return all it has acknowledged."""
    stdin.write(f"{first}\n")
    stdin.flush()
    acknowledged: set[int] = set()
    pid = 0
    for line in stdout:
        word, _, number = line.strip().partition(" ")
        if word == "dead":
            break
        if word == "sent":
            acknowledged.add(int(number))
        else:
            pid = int(number)
        if len(acknowledged) == after:
            os.kill(pid, signal.SIGKILL)
    return acknowledged


class Found:
    """What a store holds."""

    def __init__(self, tx: Transaction) -> None:
        conversation = tx.conversation("CH1")
        self.messages: list[int] = []
        self.sound = conversation is None
        if conversation is None:
            return
        counted = tx.object(conversation.messages_id)
        page = tx.items(conversation.messages_id, limit=10**6)
        self.messages = [int(item.data.split()[0]) for item in page.items]
        document = int(tx.object(conversation.document_id).data)
        people = tx.items(conversation.roster_id).items
        self.sound = (
            counted.count == counted.next_index == counted.last_event_id == len(self.messages)
            and [item.key for item in page.items] == list(range(len(self.messages)))
            and document == self.messages[-1]
            and tx.object(conversation.roster_id).last_event_id == len(self.messages)
            and max(int(item.data) for item in people) <= max(self.messages)
            and all(tx.result("ada", str(number)) is not None for number in self.messages)
        )


def test_what_was_acknowledged_survives_being_killed(url: str) -> None:
    """Sent once each, in whole transactions, whatever the moment of the kill."""
    chance = random.Random(8)
    acknowledged: set[int] = set()
    first = 0
    program = [sys.executable, str(Path(__file__).with_name("writer.py")), url]
    with subprocess.Popen(  # noqa: S603 - a fixed command
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(KILLS):
            acknowledged |= live_and_die(process.stdin, process.stdout, first, chance.randrange(60))
            found = asyncio.run(look(url))
            assert found.sound
            assert len(set(found.messages)) == len(found.messages), "nothing is there twice"
            assert acknowledged <= set(found.messages)
            assert set(found.messages) < set(range(first + 1000)), "what was not acknowledged is no more than was sent"
            first = max(found.messages, default=first) + 1
    assert len(acknowledged) > KILLS * 10


async def look(url: str) -> Found:
    store = await open_store(url, ids=seeded_ids(), at=AT)
    found = await store.run(Found, lambda found: found)
    await store.close()
    return found


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Let no file of this process grow much beyond the size that the store's largest has now."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = max(file.stat().st_size for file in path.parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def count(store: Store, conversation: StoredConversation) -> int:
    return await store.run(lambda tx: len(tx.items(conversation.messages_id).items), lambda count: count)


@pytest.mark.parametrize("inline", [True, False])
async def test_a_full_disk_is_told_and_survived(
    url: str, inline: bool, make_conversation: Callable[..., StoredConversation]
) -> None:
    store = await open_store(url, ids=seeded_ids(), at=AT, inline=inline)
    made = await store.run(make_conversation, lambda made: made)

    def send(tx: Transaction) -> None:
        tx.add_list_item(made.messages_id, b"x" * 20_000, at=AT)

    published: list[None] = []
    assert store.path is not None
    with full_disk(store.path):
        found = await asyncio.gather(*(store.run(send, published.append) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in found] == [StoreError] * 5
    assert str(store.path) in str(found[0])
    assert published == []
    assert await count(store, made) == 0
    await store.run(send, published.append)
    await store.close()
    again = await open_store(url, ids=seeded_ids(), at=AT)
    assert await count(again, made) == 1
    await again.close()


async def test_a_failed_commit_fails_its_group_and_no_other(
    url: str, monkeypatch: pytest.MonkeyPatch, make_conversation: Callable[..., StoredConversation]
) -> None:
    store = await open_store(url, ids=seeded_ids(), at=AT, max_group=2)
    made = await store.run(make_conversation, lambda made: made)
    commit = Engine.commit
    failing = iter([False, True, False])

    def faulty(self: Engine, jobs: list[Job]) -> None:
        if next(failing):
            self._connection.execute("ROLLBACK")
        commit(self, jobs)

    monkeypatch.setattr(Engine, "commit", faulty)

    def send(tx: Transaction) -> object:
        return tx.add_list_item(made.messages_id, b"", at=AT).key

    found = await asyncio.gather(*(store.run(send, lambda key: key) for _ in range(6)), return_exceptions=True)
    assert [one if isinstance(one, int) else type(one) for one in found] == [0, 1, StoreError, StoreError, 2, 3]
    assert await count(store, made) == 4
    await store.close()
