"""Recordings that somebody has tampered with: played or refused, but never more than that."""

from __future__ import annotations

import asyncio
import gzip
import math
import random
from contextlib import suppress
from pathlib import Path

import pytest

import rxconvo
from rxconvo.errors import ConnectionError, PayloadError, RecordingError, RequestError, SyncError
from rxconvo.testing import run
from tests.recordings.conftest import Ear, play_at_random, scene

PATIENCE = 600.0  # virtual seconds


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Return the lines of a good recording."""
    path = tmp_path_factory.mktemp("good") / "good.rxrec"

    async def record() -> None:
        async with scene(path, seed=5, raw=True) as at:
            await play_at_random(at, 5, 25)

    run(record)
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def tampered(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Return the lines with something wrong with them."""
    header, *rest = lines
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(rest))
        match chance.randrange(6):
            case 0:
                del rest[at]
            case 1:
                rest.insert(at, rest[at])
            case 2:
                rest[at] = rest[at].replace(b"event_id", b"event_ix").replace(b'\\"sid\\"', b'\\"sud\\"')
            case 3:
                rest[at] = rest[at].replace(b"CH", b"ES").replace(b'\\"id\\":', b'\\"id\\":-1')
            case 4:
                rest[at] = rest[at].replace(b"200", b"503").replace(b"202", b"404")
            case _:
                text = bytearray(rest[at])
                text[chance.randrange(len(text) - 1)] = chance.randrange(32, 127)
                rest[at] = bytes(text)
        if not rest:
            break
    return [header, *rest]


async def played(path: Path) -> None:
    options = rxconvo.ClientOptions(connect_timeout=5)
    async with asyncio.timeout(PATIENCE), rxconvo.Replay(path) as replay, replay.client(options=options) as client:
        ear = Ear()
        for name in ("errors", "messages", "typing"):
            getattr(client, name).subscribe(ear.listener(name))
        await replay.play(speed=math.inf)
        await replay.seek(0)
        await replay.play(speed=100)


@pytest.mark.parametrize("seed", range(40))
def test_it_is_played_or_refused(lines: list[bytes], tmp_path: Path, seed: int) -> None:
    path = tmp_path / "bad.rxrec"
    path.write_bytes(gzip.compress(b"".join(tampered(lines, random.Random(seed)))))
    with suppress(RecordingError, ConnectionError, RequestError, SyncError, PayloadError):
        run(lambda: played(path))


def test_the_good_one_is_played(lines: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "good.rxrec").write_bytes(gzip.compress(b"".join(lines)))
    run(lambda: played(tmp_path / "good.rxrec"))
