"""An upload that was acknowledged survives `kill -9`, whole; one that was not leaves nothing."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest

from rxconvo.server.storage import open_store
from rxconvo.testing.ids import seeded_ids
from tests.server.media.uploader import content

pytestmark = [pytest.mark.real_time, pytest.mark.e2e]

AT = "2026-01-31T12:00:00.000Z"
KILLS = 12


def live_and_die(stdin: IO[str], stdout: IO[str], first: int, after: int) -> dict[str, int]:
    """Have a process upload, kill it once so many were acknowledged, and return the sizes of those."""
    stdin.write(f"{first}\n")
    stdin.flush()
    acknowledged: dict[str, int] = {}
    pid = 0
    for line in stdout:
        word, _, rest = line.strip().partition(" ")
        if word == "dead":
            break
        if word == "stored":
            sid, _, size = rest.partition(" ")
            acknowledged[sid] = int(size)
        else:
            pid = int(rest)
        if len(acknowledged) == after:
            os.kill(pid, signal.SIGKILL)
    return acknowledged


async def found(url: str) -> tuple[dict[str, bytes], set[str]]:
    """Open the store and return all recorded media with their bytes, and which of these are whole."""

    def work(tx: Any) -> dict[str, int]:
        return dict(tx._connection.execute("SELECT sid, size FROM media"))

    store = await open_store(url, ids=seeded_ids(), at=AT)
    try:
        sizes = await store.run(work, lambda sizes: sizes)
        contents: dict[str, bytes] = {}
        for sid in sizes:
            reader = await store.blobs.open(sid)
            contents[sid] = await reader.read(0, 10**7)
            reader.close()
        whole = {sid for sid, size in sizes.items() if contents[sid] == await bytes_of(size)}
    finally:
        await store.close()
    return contents, whole


async def bytes_of(size: int) -> bytes:
    return b"".join([piece async for piece in content(size)])


def test_what_was_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'chat.db'}"
    directory = tmp_path / "chat.db.media"
    chance = random.Random(9)
    acknowledged: dict[str, int] = {}
    swept = 0
    program = [sys.executable, str(Path(__file__).with_name("uploader.py")), url]
    with subprocess.Popen(  # noqa: S603 - a fixed command
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        for life in range(KILLS):
            acknowledged |= live_and_die(parent.stdin, parent.stdout, 1000 * life + 1, chance.randint(1, 8))
            before = len(list(directory.iterdir()))
            contents, whole = asyncio.run(found(url))
            assert acknowledged.keys() <= contents.keys()
            assert whole == contents.keys()
            assert {path.name for path in directory.iterdir()} == contents.keys()
            swept += before - len(contents)
        parent.stdin.close()
    assert swept > 0, "no kill has hit an upload under way: the test has not shown much"
