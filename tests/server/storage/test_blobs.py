"""The bytes of media, in memory and as files."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rxconvo.errors import ClosedError, StoreError
from rxconvo.server.storage import open_store
from rxconvo.server.storage.blobs import Blobs, MemoryBlobs, blobs_beside
from rxconvo.server.storage.files import FileBlobs
from rxconvo.testing.ids import seeded_ids

pytestmark = pytest.mark.real_time
AT = "2026-01-31T12:00:00.000Z"
ONE, TWO = "ME" + "1" * 32, "ME" + "2" * 32


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return blobs_beside(tmp_path / "chat.db")


@pytest.fixture(params=["memory", "thread", "inline"])
async def blobs(request: pytest.FixtureRequest, directory: Path) -> AsyncIterator[Blobs]:
    made: Blobs = MemoryBlobs() if request.param == "memory" else FileBlobs(directory, inline=request.param == "inline")
    yield made
    await made.close()


async def write(blobs: Blobs, sid: str, *pieces: bytes) -> None:
    writer = await blobs.create(sid)
    for piece in pieces:
        await writer.write(piece)
    await writer.finish()


async def read(blobs: Blobs, sid: str) -> bytes | None:
    try:
        reader = await blobs.open(sid)
    except StoreError:
        return None
    try:
        return await reader.read(0, 10**6)
    finally:
        reader.close()


def names_in(directory: Path) -> list[str] | None:
    return [path.name for path in directory.iterdir()] if directory.exists() else None


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def leave(path: Path) -> None:
    """Have a file there."""
    path.parent.mkdir(parents=True)
    path.write_bytes(b"left behind")


async def test_what_was_written_is_read(blobs: Blobs) -> None:
    await write(blobs, ONE, b"hello ", b"", b"media!")
    assert await read(blobs, ONE) == b"hello media!"
    reader = await blobs.open(ONE)
    assert [await reader.read(start, 5) for start in (0, 3, 10, 12, 99)] == [b"hello", b"lo me", b"a!", b"", b""]
    reader.close()


async def test_what_is_not_there_cannot_be_read(blobs: Blobs) -> None:
    assert await read(blobs, ONE) is None
    blobs.discard([ONE])


@pytest.mark.parametrize("finished", [True, False])
async def test_what_is_abandoned_is_gone(blobs: Blobs, finished: bool) -> None:
    writer = await blobs.create(ONE)
    await writer.write(b"x")
    if finished:
        await writer.finish()
    writer.abandon()
    assert await read(blobs, ONE) is None


async def test_who_reads_what_is_removed_reads_on(blobs: Blobs) -> None:
    await write(blobs, ONE, b"hello")
    reader = await blobs.open(ONE)
    blobs.discard([ONE])
    assert await read(blobs, ONE) is None
    assert await reader.read(0, 9) == b"hello"
    reader.close()


async def names_of(blobs: Blobs) -> list[str]:
    return sorted([name async for names in blobs.names() for name in names])


async def test_blobs_can_be_listed(blobs: Blobs) -> None:
    assert await names_of(blobs) == []
    await write(blobs, ONE, b"1")
    await write(blobs, TWO, b"2")
    assert await names_of(blobs) == [ONE, TWO]
    blobs.discard([ONE])
    assert await names_of(blobs) == [TWO]


class TestFiles:
    """What is special about files."""

    @pytest.fixture
    async def blobs(self, directory: Path) -> AsyncIterator[FileBlobs]:
        made = FileBlobs(directory)
        yield made
        await made.close()

    async def test_they_are_for_their_owner_alone(self, blobs: FileBlobs, directory: Path) -> None:
        await write(blobs, ONE, b"1")
        assert mode_of(directory) == 0o700
        assert mode_of(directory / ONE) == 0o600

    async def test_without_any_there_is_neither_directory_nor_thread(self, blobs: FileBlobs, directory: Path) -> None:
        assert await names_of(blobs) == []
        assert names_in(directory) is None
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("rxconvo-media")]

    @pytest.mark.parametrize(
        "name",
        ["", "ME1", "../" + ONE, ONE + "/x", "ME" + "G" * 32, "/etc/passwd", ONE + "\0", "..", ONE.upper() + "A"],
    )
    async def test_only_sids_are_names(self, blobs: FileBlobs, name: str) -> None:
        with pytest.raises(StoreError):
            await blobs.create(name)
        with pytest.raises(StoreError):
            await blobs.open(name)
        with pytest.raises(StoreError):
            blobs.discard([name])

    async def test_links_are_not_followed(self, blobs: FileBlobs, directory: Path, tmp_path: Path) -> None:
        await write(blobs, TWO, b"2")
        secret = tmp_path / "secret"
        secret.write_bytes(b"secret")
        (directory / ONE).symlink_to(secret)
        assert await read(blobs, ONE) is None
        with pytest.raises(StoreError):
            await blobs.create(ONE)
        blobs.discard([ONE])
        assert await read(blobs, TWO) == b"2"
        assert secret.read_bytes() == b"secret"
        assert not (directory / ONE).is_symlink()

    async def test_files_of_others_are_left_alone(self, blobs: FileBlobs, directory: Path) -> None:
        await write(blobs, ONE, b"1")
        (directory / "README").write_text("mine")
        assert await names_of(blobs) == [ONE]

    async def test_what_is_there_is_not_written_over(self, blobs: FileBlobs) -> None:
        await write(blobs, ONE, b"1")
        with pytest.raises(StoreError):
            await blobs.create(ONE)
        assert await read(blobs, ONE) == b"1"

    async def test_no_descriptor_is_left_whatever_is_cancelled(self, blobs: FileBlobs) -> None:
        await write(blobs, ONE, bytes(10**6))
        descriptors = len(names_in(Path("/proc/self/fd")) or ())

        async def churn(number: int) -> None:
            writer = await blobs.create(f"ME{number:032x}")
            try:
                await writer.write(bytes(10**5))
                await writer.finish()
                reader = await blobs.open(ONE)
                try:
                    await reader.read(0, 10**6)
                finally:
                    reader.close()
            finally:
                writer.abandon()

        for turns in range(40):
            task = asyncio.create_task(churn(turns))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
        assert await names_of(blobs) == [ONE]  # which is found out after all that was asked for before
        assert len(names_in(Path("/proc/self/fd")) or ()) == descriptors

    async def test_after_the_end_nothing_is_done(self, blobs: FileBlobs, directory: Path) -> None:
        writer = await blobs.create(ONE)
        await blobs.close()
        await blobs.close()
        for work in (writer.write(b"x"), writer.finish(), blobs.create(TWO), blobs.open(ONE)):
            with pytest.raises(ClosedError):
                await work
        writer.abandon()
        assert names_in(directory) == []

    async def test_what_is_given_up_while_it_ends_waits_for_what_runs(
        self, blobs: FileBlobs, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, go_on, write = threading.Event(), threading.Event(), os.write

        def slowly(descriptor: int, data: bytes) -> int:
            begun.set()
            go_on.wait(5.0)
            return write(descriptor, data)

        monkeypatch.setattr(os, "write", slowly)
        writer = await blobs.create(ONE)
        writing = asyncio.create_task(writer.write(b"x"))
        await asyncio.sleep(0)
        begun.wait(5.0)
        closing = asyncio.create_task(blobs.close())
        await asyncio.sleep(0)
        writer.abandon()
        assert names_in(directory) == [ONE]  # its descriptor may not be closed under the thread that writes
        go_on.set()
        await asyncio.gather(writing, closing)
        assert names_in(directory) == []

    async def test_what_cannot_be_tidied_away_is_logged(
        self, blobs: FileBlobs, directory: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        leave(directory / ONE / "something")
        blobs.discard([ONE])
        await blobs.close()
        assert "media could not be tidied away" in caplog.text


async def test_a_store_sweeps_when_it_is_opened(tmp_path: Path, directory: Path) -> None:
    leave(directory / ONE)
    for number in range(2500):
        (directory / f"ME{number:032x}").touch()
    (directory / "README").touch()
    store = await open_store(f"sqlite:{tmp_path / 'chat.db'}", ids=seeded_ids(), at=AT)
    await store.close()
    assert names_in(directory) == ["README"]
