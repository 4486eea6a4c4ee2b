"""An upload that is cancelled, at whatever moment, is there with its bytes, or neither is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from rxconvo.server import ServerOptions
from rxconvo.server.storage.sqlite import open_store
from rxconvo.testing.ids import seeded_ids
from tests.server.media.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from rxconvo.server.storage import StoredMedia, Transaction
    from tests.server.conftest import World

pytestmark = pytest.mark.real_time


@pytest.fixture
async def desk(tmp_path: Path, make_world: type[World]) -> AsyncIterator[Desk]:
    store = await open_store(f"sqlite:{tmp_path / 'store.db'}", ids=seeded_ids(), at="2026-01-31T12:00:00.000Z")
    world = make_world(store, ServerOptions())
    yield Desk(world)
    await world.close()
    await store.close()


async def kept(desk: Desk) -> set[str]:
    """Name what is recorded, which must be what has bytes."""
    recorded = await desk.blobs()
    assert recorded == {name async for names in desk.world.store.blobs.names() for name in names}
    assert await desk.usage() == len(recorded) * 4096
    return recorded


async def test_it_is_there_or_it_is_not(desk: Desk) -> None:
    for number in range(160):
        task = asyncio.create_task(desk.post(b"hello"))
        for _ in range(number // 4):
            await asyncio.sleep(0 if number % 4 < 3 else 0.0001)
        task.cancel()
        await asyncio.wait([task])
    assert 0 < len(await kept(desk)) < 160


async def finished(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> asyncio.Task[object]:
    """Begin an upload and wait until all there is left to do is to record it, which it does a little later."""
    create, last = desk.world.store.blobs.create, asyncio.get_running_loop().create_future()

    async def create_watched(sid: str) -> object:
        writer = await create(sid)
        finish = writer.finish

        async def finish_watched() -> None:
            await finish()
            last.set_result(None)
            await asyncio.sleep(0.005)

        monkeypatch.setattr(writer, "finish", finish_watched)
        return writer

    monkeypatch.setattr(desk.world.store.blobs, "create", create_watched)
    task: asyncio.Task[object] = asyncio.create_task(desk.post(b"hello"))
    await last
    return task


async def test_a_record_whose_turn_comes_after_the_end_is_not_made(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is busy with a commit when the record is asked for, and done with it when the upload is cancelled."""
    store = desk.world.store
    engine = store._executor._opened.result()  # type: ignore[attr-defined]
    gate, commit = threading.Event(), engine.commit

    def commit_late(jobs: object) -> None:
        gate.wait(5.0)
        commit(jobs)

    task = await finished(desk, monkeypatch)
    monkeypatch.setattr(engine, "commit", commit_late)
    other = asyncio.create_task(desk.world.server._core.arrive(cast("Any", None), "bob"))
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    gate.set()
    await other
    assert await kept(desk) == set()


async def test_bytes_stay_where_the_record_may_have_been_made(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store says that it has failed, and is wrong, as it may be after a crash."""
    store = desk.world.store
    run = store.run

    async def fail(work: Callable[[Transaction], object], then: Callable[[object], StoredMedia]) -> StoredMedia:
        made = await run(work, then)
        if made is None:
            raise ZeroDivisionError
        return made

    monkeypatch.setattr(store, "run", fail)
    assert (await desk.post(b"hello")).status == 500
    monkeypatch.undo()
    assert len(await kept(desk)) == 1
