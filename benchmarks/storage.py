"""Rows a second into a file, each acknowledged when it is on the medium: committed in groups, and one by one.

Where temporary files are kept in memory, a commit costs nothing, and the ratio means nothing; TMPDIR names another
place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from benchmarks.budgets import BUDGETS
from benchmarks.harness import Contender, Row, Scale, Unit, race
from rxconvo import Environment
from rxconvo.server.storage import StoredConversation, StoredItem, Transaction, open_store

__all__ = ["measure"]

_SIZES: Final = {Scale.FULL: (20_000, 2_000, 3), Scale.QUICK: (5_000, 500, 2), Scale.TINY: (20, 5, 1)}
"""Rows a turn in groups, rows a turn one by one, rounds."""

_GROUPED, _ALONE = "group commit", "one commit each"
_AT: Final = "2026-01-31T12:00:00.000Z"
_DATA: Final = b'{"sid":"IM00000000000000000000000000000000","author":"bob","text":"%s"}' % (b"x" * 200)


async def measure(scale: Scale) -> list[Row]:
    """Measure it."""
    grouped, alone, rounds = _SIZES[scale]
    with TemporaryDirectory(prefix="rxconvo-") as directory:
        async with AsyncExitStack() as stack:
            contenders = {
                name: await stack.enter_async_context(_writer(Path(directory) / name, rows, group))
                for name, rows, group in ((_GROUPED, grouped, 256), (_ALONE, alone, 1))
            }
            timings = await race(rounds, contenders)
    row = timings.row("rows", _GROUPED, _ALONE, unit=Unit.PER_SECOND, budget=BUDGETS["rows"])
    return [row]


@asynccontextmanager
async def _writer(path: Path, rows: int, group: int) -> AsyncGenerator[Contender]:
    """Open a store, and return what writes rows to it and counts how many a second are acknowledged.

    Args:
        path: Its file.
        rows: How many are written in a turn.
        group: How many of them may be committed together.
    """
    store = await open_store(f"sqlite:{path}", ids=Environment().ids, at=_AT, max_group=group)
    messages = await store.run(_create, lambda conversation: conversation.messages_id)

    def append(tx: Transaction) -> StoredItem:
        return tx.add_list_item(messages, _DATA, at=_AT)

    def count(tx: Transaction) -> int:
        return tx.object(messages).count

    async def write() -> float:
        before = await store.run(count, int)
        start = perf_counter()
        await asyncio.gather(*(store.run(append, bool) for _ in range(rows)))
        seconds = perf_counter() - start
        assert await store.run(count, int) - before == rows
        return rows / seconds

    yield write
    await store.close()


def _create(tx: Transaction) -> StoredConversation:
    return tx.create_conversation(
        sid="CH1",
        document_sid="ET1",
        messages_sid="ES1",
        roster_sid="MP1",
        unique_name=None,
        created_by="ada",
        access="private",
        data=b"{}",
        at=_AT,
    )
