"""The table of media: rows, room, and what goes when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.errors import StoreError
from rxconvo.server.storage import StoredConversation, StoredMedia, Transaction, open_store
from rxconvo.server.storage.media import room_of
from rxconvo.testing.ids import seeded_ids
from tests.server.storage.conftest import AT, Desk

if TYPE_CHECKING:
    from rxconvo.server.storage import Store

pytestmark = pytest.mark.real_time
BLOCK = 4096


def media(
    number: int, *, author: str = "ada", size: int = 12, at: str = AT, content: bytes | None = None
) -> StoredMedia:
    return StoredMedia(
        sid=sid(number),
        author=author,
        category="media",
        content_type="text/plain",
        served_type="text/plain",
        filename=None,
        size=size,
        content=content,
        conversation_sid=None,
        message_sid=None,
        date_created=at,
        date_updated=at,
    )


def add(each: StoredMedia, tx: Transaction) -> None:
    tx.add_media(each)


def attach(tx: Transaction, each: StoredMedia) -> None:
    """Have a media of a message."""
    tx.add_media(each)
    tx.attach_media(each.sid, "CH1", "IM1", at=AT)


async def recorded(desk: Desk) -> set[str]:
    """Name the media whose bytes are not in the database."""

    def work(tx: Any) -> set[str]:
        return {found for (found,) in tx._connection.execute("SELECT sid FROM media WHERE content IS NULL")}

    return await desk.do(work)


def sid(number: int) -> str:
    return f"ME{number:032x}"


async def put(store: Store, number: int, content: bytes = b"hello") -> None:
    writer = await store.blobs.create(sid(number))
    await writer.write(content)
    await writer.finish()


async def there(store: Store, number: int) -> bool:
    try:
        (await store.blobs.open(sid(number))).close()
    except StoreError:
        return False
    return True


async def test_a_media_is_what_was_recorded(desk: Desk) -> None:
    kept = media(1, content=b"few bytes")
    await desk.do(lambda tx: tx.add_media(kept))
    assert await desk.do(lambda tx: tx.media(sid(1))) == kept
    assert await desk.do(lambda tx: tx.media(sid(2))) is None
    assert await recorded(desk) == set()


async def test_room_is_counted_in_blocks(desk: Desk) -> None:
    assert [room_of(size) for size in (0, 1, BLOCK, BLOCK + 1)] == [BLOCK, BLOCK, BLOCK, 2 * BLOCK]
    for each in (media(1, size=BLOCK + 1), media(2, author="bob")):
        await desk.do(partial(add, each))
    usage = await desk.do(lambda tx: [tx.media_usage(name) for name in ("ada", "bob", "cho", None)])
    assert usage == [2 * BLOCK, BLOCK, 0, 3 * BLOCK]


async def test_a_work_that_fails_counts_nothing(desk: Desk) -> None:
    def fail(tx: Transaction) -> None:
        tx.add_media(media(1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await desk.do(fail)
    assert await desk.do(lambda tx: (tx.media(sid(1)), tx.media_usage())) == (None, 0)


async def test_media_of_a_message_go_with_their_bytes(desk: Desk) -> None:
    def work(tx: Transaction) -> None:
        for number in (1, 2, 3):
            tx.add_media(media(number))
        tx.add_media(media(4, content=b"few"))
        for number in (1, 2, 4):
            tx.attach_media(sid(number), "CH1", "IM1", at="later")
        tx.attach_media(sid(3), "CH1", "IM2", at=AT)

    for number in (1, 2, 3):
        await put(desk.store, number)
    await desk.do(work)
    attached = await desk.do(lambda tx: tx.media(sid(1)))
    assert attached is not None
    assert (attached.conversation_sid, attached.message_sid, attached.date_updated) == ("CH1", "IM1", "later")

    def remove(tx: Transaction) -> list[str]:
        tx.remove_media_of("CH1", "IM1")
        return tx.dropped

    assert await desk.do(remove) == [sid(1), sid(2)]
    assert [await there(desk.store, number) for number in (1, 2, 3)] == [False, False, True]
    assert await desk.do(lambda tx: tx.media_usage("ada")) == BLOCK


async def test_a_removal_that_is_undone_keeps_the_bytes(desk: Desk) -> None:
    def fail(tx: Transaction) -> None:
        tx.remove_media_of("CH1", "IM1")
        raise ZeroDivisionError

    await put(desk.store, 1)
    await desk.do(lambda tx: attach(tx, media(1)))
    with pytest.raises(ZeroDivisionError):
        await desk.do(fail)
    assert await there(desk.store, 1)
    assert await desk.do(lambda tx: tx.media(sid(1))) is not None


async def test_old_uploads_go_the_oldest_first(desk: Desk) -> None:
    for number, at in ((1, "2026-01-01"), (2, "2026-01-02"), (3, "2026-01-03")):
        await desk.do(partial(add, media(number, at=at)))
    await desk.do(lambda tx: attach(tx, media(4, at="2026-01-01")))
    assert await desk.do(lambda tx: tx.purge_media("2026-01-03", limit=1)) == 1
    assert await recorded(desk) == {sid(2), sid(3), sid(4)}
    assert await desk.do(lambda tx: tx.purge_media("2026-01-03", limit=5)) == 1
    assert await recorded(desk) == {sid(3), sid(4)}


async def test_media_of_a_removed_conversation_go_little_by_little(
    desk: Desk, make_conversation: Callable[..., StoredConversation]
) -> None:
    def work(tx: Transaction) -> None:
        for conversation in (2, 3, 4):
            make_conversation(tx, conversation)
        for number in range(7):
            tx.add_media(media(number))
            tx.attach_media(sid(number), f"CH{1 + number % 3}", f"IM{number}", at=AT)
        for conversation in (1, 2, 4):
            tx.remove_conversation(f"CH{conversation}", at=AT)

    await desk.do(work)
    gone = [await desk.do(lambda tx: tx.purge_media("2026", limit=2)) for _ in range(4)]
    assert gone == [2, 2, 1, 0]
    assert await recorded(desk) == {sid(2), sid(5)}
    assert await desk.do(lambda tx: tx.media_usage()) == 2 * BLOCK


async def test_media_of_many_removed_conversations_go_at_once(
    desk: Desk, make_conversation: Callable[..., StoredConversation]
) -> None:
    def work(tx: Transaction) -> None:
        for number in range(2, 10):
            make_conversation(tx, number)
            tx.add_media(media(number))
            tx.attach_media(sid(number), f"CH{number}", f"IM{number}", at=AT)
            tx.remove_conversation(f"CH{number}", at=AT)

    await desk.do(work)
    gone = [await desk.do(lambda tx: tx.purge_media("2026", limit=5)) for _ in range(2)]
    assert gone == [5, 3]
    assert await recorded(desk) == set()


async def test_a_store_remembers_its_media(url: str) -> None:
    store = await open_store(url, ids=seeded_ids(), at=AT)
    await put(store, 1, b"hello")
    await store.run(lambda tx: tx.add_media(media(1, size=5)), lambda _: None)
    await store.close()
    store = await open_store(url, ids=seeded_ids(), at=AT)
    assert await store.run(lambda tx: tx.media_usage("ada"), lambda usage: usage) == BLOCK
    reader = await store.blobs.open(sid(1))
    assert await reader.read(1, 3) == b"ell"
    reader.close()
    await store.close()


async def test_cancelling_does_not_undo_a_removal(desk: Desk) -> None:
    await put(desk.store, 1)
    await desk.do(lambda tx: attach(tx, media(1)))
    removal = asyncio.create_task(desk.do(lambda tx: tx.remove_media_of("CH1", "IM1")))
    await asyncio.sleep(0)
    removal.cancel()
    await asyncio.wait([removal])
    assert await desk.do(lambda tx: tx.media(sid(1))) is None
    assert not await there(desk.store, 1)


async def test_blobs_of_no_media_are_found(desk: Desk) -> None:
    await desk.do(partial(add, media(1)))
    await desk.do(partial(add, media(2, content=b"few")))
    assert await desk.do(lambda tx: tx.unrecorded([sid(3), sid(1), sid(2)])) == [sid(3), sid(2)]
