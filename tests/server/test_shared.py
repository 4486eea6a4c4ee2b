"""Services that are shared by name: one for all who use it at once, and gone with the last of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from rxconvo.errors import ArgumentError, StoreError, StoreLockedError
from rxconvo.server import ServerOptions
from rxconvo.server.shared import _SHARED, EngineLease, acquire_engine
from rxconvo.server.storage import open_store
from rxconvo.testing import seeded_ids, settle, virtual_loop_factory
from rxconvo.testing.loop import EPOCH
from rxconvo.wire.codec import encode
from rxconvo.wire.packets import Other

SECRET = "correct horse battery staple correct horse"

Acquire = Callable[[str], Awaitable[EngineLease]]


def using(ids_of: str = "shared", options: ServerOptions | None = None) -> Acquire:
    """Return what uses an engine, started with these settings if it is not yet."""
    ids = seeded_ids(ids_of)

    def acquire(url: str) -> Awaitable[EngineLease]:
        return acquire_engine(url, options=options, ids=ids, secrets=lambda: SECRET, wall=lambda: EPOCH)

    return acquire


def known() -> set[str]:
    """Return the names that are kept for the running loop."""
    return set(_SHARED.get(asyncio.get_running_loop(), {}))


@pytest.fixture
def acquire() -> Acquire:
    return using()


async def test_plain_memory_is_nobody_elses(acquire: Acquire) -> None:
    leases = [await acquire("memory:") for _ in range(2)]
    assert leases[0].engine is not leases[1].engine
    assert known() == set()
    for lease in leases:
        await lease.release()


async def test_named_memory_is_one_engine_until_the_last_lets_go(acquire: Acquire) -> None:
    first, second = [await acquire("memory:team") for _ in range(2)]
    assert first.engine is second.engine
    await first.release()
    third = await acquire("memory:team")
    assert third.engine is second.engine
    await second.release()
    await third.release()
    fresh = await acquire("memory:team")
    assert fresh.engine is not first.engine
    await fresh.release()


async def test_other_names_are_other_engines(acquire: Acquire) -> None:
    one, other = await acquire("memory:one"), await acquire("memory:other")
    assert one.engine is not other.engine
    await one.release()
    await other.release()


async def test_a_name_that_nobody_uses_is_forgotten(acquire: Acquire) -> None:
    leases = [await acquire(f"memory:{number % 5}") for number in range(10)]
    assert len(known()) == 5
    for lease in leases:
        await lease.release()
    assert known() == set()


async def test_those_who_come_at_the_same_time_share_what_the_first_starts(acquire: Acquire) -> None:
    leases = await asyncio.gather(*(acquire("memory:rush") for _ in range(5)))
    assert len({id(lease.engine) for lease in leases}) == 1
    await asyncio.gather(*(lease.release() for lease in leases))
    assert known() == set()


async def test_the_settings_are_those_of_the_first() -> None:
    first = await using("first", ServerOptions(typing_timeout=9))("memory:team")
    second = await using("second", ServerOptions(typing_timeout=2))("memory:team")
    assert second.engine.server.options.typing_timeout == 9
    await first.release()
    await second.release()


async def test_who_comes_while_the_last_is_closing_gets_a_fresh_engine(acquire: Acquire) -> None:
    first = await acquire("memory:team")
    transport = first.engine.connect()
    closing = asyncio.ensure_future(first.release())
    coming = asyncio.ensure_future(acquire("memory:team"))
    second = await coming
    await closing
    assert second.engine is not first.engine
    assert (await acquire("memory:team")).engine is second.engine
    transport.abort()
    await second.release()
    await second.release()
    assert known() == set()


async def test_who_is_cancelled_while_waiting_keeps_nothing(acquire: Acquire) -> None:
    first = await acquire("memory:team")
    first.engine.connect()
    closing = asyncio.ensure_future(first.release())
    await asyncio.sleep(0)
    coming = asyncio.ensure_future(acquire("memory:team"))
    await asyncio.sleep(0)
    coming.cancel()
    await asyncio.wait({coming, closing})
    await settle()
    assert known() == set()


@pytest.mark.parametrize("url", ["", "memory", "sqlite:", "ws://127.0.0.1", "file.db"])
async def test_what_names_no_store_is_refused_and_not_kept(acquire: Acquire, url: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        await acquire(url)
    assert caught.value.field == "url"
    assert known() == set()


async def test_closing_ends_the_connections(acquire: Acquire) -> None:
    lease = await acquire("memory:")
    transports = [lease.engine.connect() for _ in range(3)]
    await settle()
    assert lease.engine.server.connections == 3
    before = asyncio.get_running_loop().time()
    await lease.release()
    assert asyncio.get_running_loop().time() == before
    assert lease.engine.server.connections == 0
    for transport in transports:
        transport.write([encode(Other("late", "ping"))])
        with pytest.raises(ConnectionError):
            await transport.receive()


async def test_a_connection_is_held_until_its_end_and_no_longer(acquire: Acquire) -> None:
    lease = await acquire("memory:")
    transport = lease.engine.connect()
    assert len(lease.engine._connections) == 1
    transport.abort()
    await settle()
    assert lease.engine._connections == set()
    await lease.release()


@pytest.mark.real_time
async def test_a_file_is_one_engine_by_whatever_path_it_is_named(acquire: Acquire, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.db").symlink_to("chat.db")
    first = await acquire(f"sqlite:{tmp_path}/chat.db")
    for path in ("chat.db", "./chat.db", "sub/../chat.db", "link.db"):
        again = await acquire(f"sqlite:{tmp_path}/{path}")
        assert again.engine is first.engine
        await again.release()
    await first.release()


@pytest.mark.real_time
async def test_a_file_that_is_closed_can_be_opened_again_at_once(acquire: Acquire, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/chat.db"
    first = await acquire(url)
    _, second = await asyncio.gather(first.release(), acquire(url))
    assert second.engine is not first.engine
    await second.release()


@pytest.mark.real_time
async def test_a_file_that_somebody_else_holds_is_refused_and_can_be_had_later(
    acquire: Acquire, tmp_path: Path
) -> None:
    url = f"sqlite:{tmp_path}/chat.db"
    holder = await open_store(url, ids=seeded_ids(), at="2026-01-31T12:00:00.000Z")
    with pytest.raises(StoreLockedError):
        await acquire(url)
    await holder.close()
    lease = await acquire(url)
    await lease.release()


@pytest.mark.real_time
async def test_keys_that_cannot_be_kept_leave_no_store_open(acquire: Acquire, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/chat.db"
    keys = tmp_path / "chat.db.keys"
    keys.mkdir()
    with pytest.raises(StoreError):
        await acquire(url)
    keys.rmdir()
    lease = await acquire(url)
    await lease.release()


def test_each_event_loop_has_engines_of_its_own() -> None:
    engines: list[object] = []

    async def use() -> None:
        lease = await using()("memory:team")
        engines.append(lease.engine)
        await lease.release()

    for _ in range(2):
        with asyncio.Runner(loop_factory=virtual_loop_factory) as runner:
            runner.run(use())
    assert engines[0] is not engines[1]
