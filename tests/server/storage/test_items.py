"""Documents, lists and maps: event ids, pages, counts, replays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rxconvo.errors import StoreError
from rxconvo.server.storage import Order, Replay, StoredChange, StoredItem, Transaction

if TYPE_CHECKING:
    from tests.server.storage.conftest import Desk

pytestmark = pytest.mark.real_time  # a thread lives in real time

AT = "2026-01-31T12:00:00.000Z"
LATER = "2026-01-31T12:00:01.000Z"


def told(changes: list[StoredChange]) -> list[tuple[str, int, int | str | None]]:
    return [(change.event_type, change.id, change.key) for change in changes]


async def replay(desk: Desk, object_id: int, event_id: int) -> list[tuple[str, int, int | str | None]]:
    found = await desk.do(lambda tx: tx.changes_after(object_id, event_id))
    assert found.complete
    return told(found.changes)


async def test_each_object_counts_its_own_changes(desk: Desk) -> None:
    def work(tx: Transaction) -> list[StoredChange]:
        tx.add_list_item(desk.messages, b"0", at=AT)
        tx.add_list_item(desk.messages, b"1", at=AT)
        tx.put_map_item(desk.roster, "MB1", b"{}", at=AT)
        tx.update_document(desk.document, b'{"a":1}', at=AT)
        tx.update_item(desk.messages, 0, b"00", at=LATER)
        tx.put_map_item(desk.roster, "MB1", b"[]", at=AT)
        tx.remove_item(desk.messages, 1, at=AT)
        return tx.changes

    assert told(await desk.do(work)) == [
        ("list_item_added", 1, 0),
        ("list_item_added", 2, 1),
        ("map_item_added", 1, "MB1"),
        ("document_updated", 2, None),
        ("list_item_updated", 3, 0),
        ("map_item_updated", 2, "MB1"),
        ("list_item_removed", 4, 1),
    ]


async def test_a_change_tells_what_its_event_needs(desk: Desk) -> None:
    def work(tx: Transaction) -> list[StoredChange]:
        tx.add_list_item(desk.messages, b'{"text":"a"}', at=AT)
        tx.remove_item(desk.messages, 0, at=LATER)
        return tx.changes

    added, removed = await desk.do(work)
    assert added == StoredChange("list_item_added", "ES1", "CH1.messages", 1, 0, b'{"text":"a"}', AT)
    assert removed == StoredChange("list_item_removed", "ES1", "CH1.messages", 2, 0, b'{"text":"a"}', LATER)
    assert removed.revision == "2"


async def test_objects_keep_their_counters(desk: Desk) -> None:
    await desk.send("a", "b", "c")
    await desk.do(lambda tx: tx.remove_item(desk.messages, 2, at=LATER))
    messages = await desk.do(lambda tx: tx.object(desk.messages))
    assert (messages.count, messages.next_index, messages.last_event_id) == (2, 3, 4)
    assert (messages.date_created, messages.date_updated) == (AT, LATER)
    assert messages.revision == "4"
    (sent,) = await desk.send("d")
    assert sent.key == 3, "an index is not used twice"


async def test_objects_are_found_by_sid_and_by_name(desk: Desk) -> None:
    def names(tx: Transaction) -> list[int | None]:
        found = [tx.find_object(name) for name in ("ES1", "CH1.messages", "CH1.roster", "nothing")]
        return [None if one is None else one.id for one in found]

    assert await desk.do(names) == [desk.messages, desk.messages, desk.roster, None]
    document = await desk.do(lambda tx: tx.find_object("CH1.channel"))
    assert document is not None
    assert (document.purpose.kind, document.conversation_sid, document.identity) == ("document", "CH1", None)


async def test_a_document_is_replaced(desk: Desk) -> None:
    updated = await desk.do(lambda tx: tx.update_document(desk.document, b'{"a":1}', at=LATER))
    assert (updated.data, updated.last_event_id, updated.date_updated) == (b'{"a":1}', 2, LATER)
    assert await desk.do(lambda tx: tx.object(desk.document)) == updated


async def test_items_by_key_and_name(desk: Desk) -> None:
    def send(tx: Transaction) -> list[StoredItem]:
        return [tx.add_list_item(desk.messages, b"a", at=AT, name=name) for name in ("IM1", "IM2")]

    sent = await desk.do(send)
    assert await desk.do(lambda tx: [tx.item(desk.messages, 0), tx.item(desk.messages, 1)]) == sent
    assert await desk.do(lambda tx: tx.item_by_name(desk.messages, "IM2")) == sent[1]
    assert await desk.do(lambda tx: tx.item(desk.messages, 2)) is None
    assert await desk.do(lambda tx: tx.item_by_name(desk.roster, "IM1")) is None, "names belong to their list"
    await desk.remove(0)
    assert await desk.do(lambda tx: tx.item_by_name(desk.messages, "IM1")) is None


async def test_a_work_sees_its_own_changes(desk: Desk) -> None:
    def work(tx: Transaction) -> None:
        sent = tx.add_list_item(desk.messages, b"a", at=AT, name="IM1")
        assert tx.item(desk.messages, 0) == sent
        assert tx.item_by_name(desk.messages, "IM1") == sent
        assert tx.newest_item(desk.messages) == sent
        edited = tx.update_item(desk.messages, 0, b"b", at=LATER)
        assert tx.items(desk.messages).items == [edited]
        assert (edited.created_id, edited.last_event_id, edited.data) == (1, 2, b"b")
        assert (edited.date_created, edited.date_updated, edited.revision) == (AT, LATER, "2")
        assert tx.remove_item(desk.messages, 0, at=AT) == edited
        assert tx.item(desk.messages, 0) is None
        assert tx.newest_item(desk.messages) is None

    await desk.do(work)


async def test_what_is_not_there_cannot_be_changed(desk: Desk) -> None:
    assert await desk.remove(0) == [None]
    with pytest.raises(StoreError, match=r"CH1\.messages has no item 0"):
        await desk.edit(0, "")
    with pytest.raises(StoreError, match="no object 999"):
        await desk.do(lambda tx: tx.add_list_item(999, b"", at=AT))
    assert await desk.do(lambda tx: tx.object(desk.messages).last_event_id) == 0


async def test_the_newest_is_the_newest_that_is_left(desk: Desk) -> None:
    await desk.send("a", "b", "c")

    def newest(tx: Transaction) -> bytes | None:
        item = tx.newest_item(desk.messages)
        return None if item is None else item.data

    left = [await desk.do(newest)]
    for index in (2, 0, 1):
        await desk.remove(index)
        left.append(await desk.do(newest))
    assert left == [b"c", b"b", b"b", None]


@pytest.mark.parametrize(
    "start,order,limit,expected",
    [
        (None, "asc", 3, ([0, 2, 4], True, False)),
        (None, "desc", 3, ([8, 6, 4], True, False)),
        (4, "asc", 2, ([4, 6], True, True)),
        (3, "asc", 2, ([4, 6], True, True)),  # `start` need not exist
        (4, "desc", 2, ([4, 2], True, True)),
        (5, "desc", 3, ([4, 2, 0], False, True)),
        (6, "asc", 2, ([6, 8], False, True)),
        (0, "asc", 5, ([0, 2, 4, 6, 8], False, False)),
        (8, "desc", 9, ([8, 6, 4, 2, 0], False, False)),
        (9, "asc", 3, ([], False, True)),
        (-1, "desc", 3, ([], False, True)),
        (10**30, "desc", 1, ([8], True, False)),  # from outside may come any number
        (-(10**30), "asc", 1, ([0], True, False)),
    ],
)
async def test_pages(
    desk: Desk, start: int | None, order: Order, limit: int, expected: tuple[list[int], bool, bool]
) -> None:
    """Expected are the keys, and whether there is more after and before them."""
    await desk.send(*"0123456789")
    await desk.remove(1, 3, 5, 7, 9)
    page = await desk.do(lambda tx: tx.items(desk.messages, start=start, order=order, limit=limit))
    assert ([item.key for item in page.items], page.has_next, page.has_previous) == expected


async def test_pages_of_a_map_are_ordered_by_code_point(desk: Desk) -> None:
    keys = ["b", "a", "Z", "10", "9", "é"]
    await desk.do(lambda tx: [tx.put_map_item(desk.roster, key, b"1", at=AT) for key in keys])
    page = await desk.do(lambda tx: tx.items(desk.roster))
    assert [item.key for item in page.items] == sorted(keys)
    page = await desk.do(lambda tx: tx.items(desk.roster, start="a", order="desc", limit=2))
    assert [item.key for item in page.items] == ["a", "Z"]


async def test_a_page_is_cut_by_size(desk: Desk) -> None:
    await desk.send(*("x" * size for size in (10, 10, 10, 100)))

    def lengths(tx: Transaction, start: int, max_bytes: int) -> tuple[list[int], bool]:
        page = tx.items(desk.messages, start=start, max_bytes=max_bytes)
        return [len(item.data) for item in page.items], page.has_next

    assert await desk.do(lambda tx: lengths(tx, 0, 25)) == ([10, 10], True)
    assert await desk.do(lambda tx: lengths(tx, 0, 30)) == ([10, 10, 10], True)
    assert await desk.do(lambda tx: lengths(tx, 3, 30)) == ([100], False), "the first item comes whatever its size"


@pytest.mark.parametrize(
    "index,unread", [(-1, 4), (-7, 4), (0, 4), (1, 3), (4, 2), (5, 1), (6, 0), (99, 0), (10**30, 0)]
)
async def test_unread_messages_are_counted(desk: Desk, index: int, unread: int) -> None:
    await desk.send(*"abcdefg")
    await desk.remove(0, 2, 3)
    assert await desk.do(lambda tx: tx.count_after(desk.messages, index)) == unread


class TestReplay:
    """The table of the protocol: state of the item and requested id, against what has to be sent."""

    async def test_an_unchanged_item_is_not_sent(self, desk: Desk) -> None:
        await desk.send("a")
        assert await replay(desk, desk.messages, 1) == []
        assert await replay(desk, desk.messages, 10**30) == []

    async def test_a_new_item_is_added_with_its_current_data(self, desk: Desk) -> None:
        await desk.send("old", "new")
        await desk.edit(1, "newer", LATER)
        found = await desk.do(lambda tx: tx.changes_after(desk.messages, 1))
        assert found == Replay([StoredChange("list_item_added", "ES1", "CH1.messages", 3, 1, b"newer", LATER)], True)

    async def test_a_known_item_is_updated(self, desk: Desk) -> None:
        await desk.send("a", "b")
        await desk.edit(0, "c")
        assert await replay(desk, desk.messages, 2) == [("list_item_updated", 3, 0)]

    async def test_a_removed_item_is_removed_whether_known_or_not(self, desk: Desk) -> None:
        await desk.send("a", "b")
        await desk.remove(1, 0)
        assert await replay(desk, desk.messages, 1) == [("list_item_removed", 3, 1), ("list_item_removed", 4, 0)]
        assert await replay(desk, desk.messages, 3) == [("list_item_removed", 4, 0)]

    async def test_it_is_in_the_order_of_the_last_changes(self, desk: Desk) -> None:
        await desk.send("a", "b", "c")
        await desk.edit(0, "d")
        await desk.remove(1)
        await desk.edit(2, "e")
        assert await replay(desk, desk.messages, 0) == [
            ("list_item_added", 4, 0),
            ("list_item_removed", 5, 1),
            ("list_item_added", 6, 2),
        ]

    async def test_a_key_that_came_back_is_added(self, desk: Desk) -> None:
        def work(tx: Transaction) -> None:
            tx.put_map_item(desk.roster, "MB1", b"1", at=AT)
            tx.remove_item(desk.roster, "MB1", at=AT)
            tx.put_map_item(desk.roster, "MB1", b"2", at=AT)

        await desk.do(work)
        assert await replay(desk, desk.roster, 1) == [("map_item_added", 3, "MB1")]
        assert await replay(desk, desk.roster, 3) == []

    @pytest.mark.parametrize("event_id", [-1, -(10**30), 0, 1])
    async def test_a_document_comes_as_one_update(self, desk: Desk, event_id: int) -> None:
        await desk.do(lambda tx: tx.update_document(desk.document, b"1", at=AT))
        await desk.do(lambda tx: tx.update_document(desk.document, b"2", at=LATER))
        found = await desk.do(lambda tx: tx.changes_after(desk.document, event_id))
        assert found.changes == [StoredChange("document_updated", "ET1", "CH1.channel", 3, None, b"2", LATER)]
        assert await replay(desk, desk.document, 3) == []

    async def test_a_part_of_it_is_gone_on_with(self, desk: Desk) -> None:
        await desk.send("a", "b", "c", "d")
        await desk.edit(1, "x")
        await desk.edit(0, "y")
        collected: list[StoredChange] = []

        def go_on(tx: Transaction) -> Replay:
            return tx.changes_after(desk.messages, 1, seen=collected[-1].id if collected else None, limit=1)

        complete = False
        while not complete:
            part = await desk.do(go_on)
            assert len(part.changes) == 1
            collected += part.changes
            complete = part.complete
        whole = await desk.do(lambda tx: tx.changes_after(desk.messages, 1))
        assert collected == whole.changes
        # Item 1 was made after event 1 and changed after the cut: an addition all the same.
        assert told(collected)[-2:] == [("list_item_added", 5, 1), ("list_item_updated", 6, 0)]

    async def test_a_part_of_it_is_cut_by_size(self, desk: Desk) -> None:
        await desk.send(*["x" * 10] * 3)
        part = await desk.do(lambda tx: tx.changes_after(desk.messages, 0, max_bytes=20))
        assert (told(part.changes), part.complete) == ([("list_item_added", 1, 0), ("list_item_added", 2, 1)], False)
