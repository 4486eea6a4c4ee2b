"""Opening a store: what is kept, who may, what is refused."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rxconvo.errors import ArgumentError, StoreError, StoreLockedError
from rxconvo.server.storage import StoredConversation, Transaction, open_store
from rxconvo.testing.ids import seeded_ids

pytestmark = pytest.mark.real_time  # a thread lives in real time

AT = "2026-01-31T12:00:00.000Z"
_OF_SCHEMA_1 = Path(__file__).with_name("schema_1.db.gz")
"""A store that version 0.1 made: a conversation with three messages, one of them removed, two members, one user."""

_OPEN = """
import asyncio, sys
from rxconvo.errors import StoreLockedError
from rxconvo.server.storage import open_store

try:
    asyncio.run(open_store(sys.argv[1], ids=lambda: "e", at=""))
except StoreLockedError as error:
    print(error.path)
"""


@pytest.mark.parametrize("inline", [True, False])
async def test_what_was_stored_is_there_again(
    url: str, inline: bool, make_conversation: Callable[..., StoredConversation]
) -> None:
    ids = seeded_ids()
    store = await open_store(url, ids=ids, at=AT, inline=inline)
    epoch = store.epoch
    assert len(epoch) == 32
    made = await store.run(make_conversation, lambda made: made)
    await store.run(lambda tx: tx.add_list_item(made.messages_id, b"a", at=AT), lambda _: None)
    await store.close()
    again = await open_store(url, ids=ids, at=AT, inline=not inline)
    assert again.epoch == epoch
    assert again.path == Path(url.removeprefix("sqlite:"))
    item = await again.run(lambda tx: tx.newest_item(made.messages_id), lambda item: item)
    assert item is not None
    assert item.data == b"a"
    await again.close()


@pytest.mark.parametrize("url", ["memory:", "memory:demo"])
async def test_memory_is_new_each_time(url: str) -> None:
    ids = seeded_ids()
    stores = [await open_store(url, ids=ids, at=AT) for _ in range(2)]
    assert stores[0].epoch != stores[1].epoch
    assert stores[0].path is None
    for store in stores:
        await store.close()


@pytest.mark.virtual_time
async def test_a_file_can_be_used_in_virtual_time(url: str) -> None:
    store = await open_store(url, ids=seeded_ids(), at=AT, inline=True)
    await store.run(lambda tx: tx.remember_result("ada", "m", 200, b"1", at=AT), lambda _: None)
    assert await store.run(lambda tx: tx.result("ada", "m"), lambda found: found is not None)
    await store.close()


@pytest.mark.parametrize("inline", [True, False])
async def test_only_one_may_have_it(url: str, inline: bool, tmp_path: Path) -> None:
    first = await open_store(url, ids=seeded_ids(), at=AT)
    link = tmp_path / "link.db"
    link.symlink_to("chat.db")
    for other in (url, f"sqlite:{link}"):
        with pytest.raises(StoreLockedError) as caught:
            await open_store(other, ids=seeded_ids(), at=AT, inline=inline)
        assert caught.value.path == url.removeprefix("sqlite:")
    await first.run(lambda tx: tx.remember_result("ada", "m", 200, b"1", at=AT), lambda _: None)
    await first.close()
    await (await open_store(url, ids=seeded_ids(), at=AT, inline=inline)).close()


async def test_another_process_is_refused(url: str) -> None:
    store = await open_store(url, ids=seeded_ids(), at=AT)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _OPEN, url, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert output.decode().strip() == str(store.path)
    await store.close()


async def test_only_the_owner_may_read_it(url: str, tmp_path: Path) -> None:
    store = await open_store(url, ids=seeded_ids(), at=AT)
    await store.run(lambda tx: tx.remember_result("ada", "m", 200, b"1", at=AT), lambda _: None)
    assert _modes(tmp_path) == {"chat.db": 0o600, "chat.db-wal": 0o600}
    await store.close()


def _no_database(path: Path) -> None:
    path.write_bytes(b"these are not the rows you are looking for" * 100)


def _torn(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA application_id = {0x72786376}")
        connection.execute("CREATE TABLE a (b)")
        connection.executemany("INSERT INTO a VALUES (?)", [(b"x" * 3000,)] * 100)
    connection.close()
    path.write_bytes(path.read_bytes()[:5000])


def _of_others(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA application_id = {0x72786376}")
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def _of_schema_1(path: Path) -> None:
    path.write_bytes(gzip.decompress(_OF_SCHEMA_1.read_bytes()))


def _half_upgraded(path: Path) -> None:
    """Make a store of schema 1 in which something of schema 2 is in the way."""
    _of_schema_1(path)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE receipt (a)")
    connection.close()


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _modes(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize(
    "make,reason",
    [
        (_no_database, "not a database"),
        (_torn, "malformed"),
        (_of_others, "not a store"),
        (_newer, "schema 99.*newer"),
        (Path.mkdir, "unable to open|Is a directory"),
    ],
)
async def test_other_files_are_refused(make: Callable[[Path], None], reason: str, tmp_path: Path, inline: bool) -> None:
    path = tmp_path / "chat.db"
    make(path)
    before = _content(path)
    with pytest.raises(StoreError, match=reason) as caught:
        await open_store(f"sqlite:{path}", ids=seeded_ids(), at=AT, inline=inline)
    assert str(path) in str(caught.value)
    assert not isinstance(caught.value, StoreLockedError)
    assert _content(path) == before, "other people's files are left as they are"


@pytest.mark.parametrize("inline", [True, False])
async def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path, inline: bool) -> None:
    with pytest.raises(StoreError, match=r"^[^']+nowhere.chat\.db: No such file or directory$"):
        await open_store(f"sqlite:{tmp_path}/nowhere/chat.db", ids=seeded_ids(), at=AT, inline=inline)
    with pytest.raises(StoreError, match="null"):
        await open_store("sqlite:a\0b", ids=seeded_ids(), at=AT, inline=inline)


@pytest.mark.parametrize(
    "url", ["", "memory", "sqlite:", "sqlite::memory:", "sqlite", "postgres:x", "chat.db", "ws://host"]
)
async def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        await open_store(url, ids=seeded_ids(), at=AT)
    assert caught.value.field == "url"


async def test_a_cancelled_opening_leaves_nothing(url: str) -> None:
    task = asyncio.create_task(open_store(url, ids=seeded_ids(), at=AT))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await (await open_store(url, ids=seeded_ids(), at=AT)).close()


@pytest.mark.parametrize("inline", [True, False])
async def test_a_store_of_schema_1_is_upgraded_when_it_is_opened(url: str, inline: bool) -> None:
    path = Path(url.removeprefix("sqlite:"))
    _of_schema_1(path)
    for _ in range(2):  # the second time there is nothing to be upgraded any more
        store = await open_store(url, ids=seeded_ids(), at=AT, inline=inline)
        assert store.epoch == "epoch-of-1"

        def read(tx: Transaction) -> tuple[list[bytes], list[str | None], bool]:
            found = tx.conversation_by_unique_name("lunch")
            assert found is not None
            messages = [item.data for item in tx.items(found.messages_id).items]
            return messages, [member.binding for member in tx.members("CH1")], tx.result("ada", "m-1") is not None

        held = await store.run(read, lambda held: held)
        assert held == ([b'{"text":"m0"}', b'{"text":"m2"}'], [None, "+1 +2"], True)
        await store.close()
    upgraded, new = _schema(path), path.with_name("new.db")
    await (await open_store(f"sqlite:{new}", ids=seeded_ids(), at=AT)).close()
    assert upgraded == _schema(new)


async def test_an_upgrade_happens_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    _half_upgraded(path)
    before = _schema(path)
    with pytest.raises(StoreError, match="receipt already exists"):
        await open_store(f"sqlite:{path}", ids=seeded_ids(), at=AT)
    assert before[0] == 1
    assert _schema(path) == before


def _schema(path: Path) -> tuple[int, list[tuple[str, str]]]:
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    made = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return version, made
