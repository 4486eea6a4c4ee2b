"""Messages page by page, with gaps, while others come and go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxconvo.client.conversation.sources import Part
from rxconvo.errors import ClosedError, RequestError
from rxconvo.testing import advance, settle

MANY = [index for index in range(250) if index not in {3, 60, 99, 100, 101, 102, 248}]
FEW = [index for index in range(12) if index not in {3, 4, 10}]


async def fill(room: Any, left: list[int]) -> Any:
    """Send messages and remove some, so that those with the indices *left* are there."""
    for number in range(1, left[-1] + 1):
        room.mine.send_message(str(number)).subscribe()
    await settle()
    page = await room.mine.get_messages(100)
    while True:
        for message in page.items:
            if message.index not in left:
                message.remove().subscribe()
        if not page.has_prev_page:
            break
        page = await page.prev_page()
    await room.rest()
    return room


@pytest.fixture
async def long(room: Any) -> Any:
    """Return the room with many messages."""
    return await fill(room, MANY)


@pytest.fixture
async def short(room: Any) -> Any:
    """Return the room with a few messages."""
    return await fill(room, FEW)


def indices(page: Any) -> list[int]:
    return [message.index for message in page.items]


@pytest.mark.parametrize("size", [30, 100])
async def test_backwards_every_message_comes_once(long: Any, size: int) -> None:
    page = await long.mine.get_messages(size)
    assert not page.has_next_page
    pages = [page]
    while page.has_prev_page:
        page = await page.prev_page()
        assert page.has_next_page
        pages.insert(0, page)
    assert [index for one in pages for index in indices(one)] == MANY
    assert {len(one.items) for one in pages[1:]} == {size}


@pytest.mark.parametrize("size", [30, 100])
async def test_forward_every_message_comes_once(long: Any, size: int) -> None:
    page = await long.mine.get_messages(size, direction="forward")
    assert not page.has_prev_page
    found = indices(page)
    while page.has_next_page:
        page = await page.next_page()
        assert page.has_prev_page
        found += indices(page)
    assert found == MANY


ANCHORED = {
    "newest": ((3,), [8, 9, 11], True, False),
    "oldest": ((3, None, "forward"), [0, 1, 2], False, True),
    "anchor backwards": ((2, 7), [6, 7], True, True),
    "anchor forward": ((2, 7, "forward"), [7, 8], True, True),
    "gap backwards": ((3, 4), [0, 1, 2], False, True),
    "gap forward": ((3, 3, "forward"), [5, 6, 7], True, True),
    "gap before the newest": ((3, 10, "forward"), [11], True, False),
    "beyond the newest backwards": ((3, 1000), [8, 9, 11], True, False),
    "beyond the newest forward": ((3, 1000, "forward"), [], True, False),
    "the oldest backwards": ((3, 0), [0], False, True),
    "the newest forward": ((3, 11, "forward"), [11], True, False),
    "everything": ((100,), FEW, False, False),
}


@pytest.mark.parametrize("arguments, expected, older, newer", ANCHORED.values(), ids=ANCHORED)
async def test_a_page_starts_at_its_anchor_and_knows_its_neighbours(
    short: Any, arguments: tuple[Any, ...], expected: list[int], older: bool, newer: bool
) -> None:
    page = await short.mine.get_messages(*arguments)
    assert indices(page) == expected
    assert (page.has_prev_page, page.has_next_page) == (older, newer)


@pytest.mark.parametrize("arguments", [(2, 6), (2, 5, "forward")])
async def test_there_and_back_again(short: Any, arguments: tuple[Any, ...]) -> None:
    page = await short.mine.get_messages(*arguments)
    older = await page.prev_page()
    newer = await page.next_page()
    assert indices(older)[-1] < indices(page)[0]
    assert indices(page)[-1] < indices(newer)[0]
    assert indices(await older.next_page()) == indices(page) == indices(await newer.prev_page())


async def test_from_beyond_the_newest_the_way_back_leads_to_it(short: Any) -> None:
    page = await short.mine.get_messages(3, 1000, "forward")
    assert indices(await page.prev_page()) == FEW[-3:]


async def test_from_before_the_oldest_the_way_forward_leads_to_it(room: Any) -> None:
    await room.message.remove()
    await room.mine.send_message("one")
    page = await room.mine.get_messages(3, 0)
    assert (indices(page), page.has_prev_page, page.has_next_page) == ([], False, True)
    assert indices(await page.next_page()) == [1]


async def test_an_empty_conversation_has_one_empty_page(room: Any) -> None:
    await room.message.remove()
    for direction in ("backwards", "forward"):
        page = await room.mine.get_messages(10, None, direction)
        assert (page.items, page.has_prev_page, page.has_next_page) == ((), False, False)


async def test_there_is_no_page_beyond_the_last(room: Any) -> None:
    page = await room.mine.get_messages()
    with pytest.raises(RequestError, match="no next page"):
        page.next_page()
    with pytest.raises(RequestError, match="no previous page"):
        page.prev_page()


async def test_messages_that_come_while_paging_do_not_shift_the_pages(short: Any) -> None:
    page = await short.mine.get_messages(2)
    found = indices(page)
    while page.has_prev_page:
        await short.theirs.send_message("news")
        await settle()
        page = await page.prev_page()
        found[:0] = indices(page)
    assert found == FEW


async def test_messages_that_come_while_paging_forward_are_reached(room: Any) -> None:
    page = await room.mine.get_messages(1, None, "forward")
    await room.mine.send_message("one")
    assert not page.has_next_page
    page = await room.mine.get_messages(1, None, "forward")
    assert page.has_next_page
    assert indices(await page.next_page()) == [1]


async def test_each_subscription_of_a_page_reads_anew(room: Any) -> None:
    query = room.mine.get_messages()
    page = await query
    await room.theirs.send_message("one")
    await settle()
    assert indices(page) == [0]
    assert indices(await query) == [0, 1]


async def test_a_page_shows_what_the_events_have_shown(room: Any) -> None:
    added: list[Any] = []
    room.mine.messages.added.subscribe(added.append)
    await room.mine.messages.opened
    await room.theirs.send_message("one")
    await settle()
    page = await room.mine.get_messages()
    assert page.items[-1] is added[0]


async def test_what_was_read_is_not_told_as_news(room: Any) -> None:
    told: list[Any] = []
    room.mine.messages.subscribe(told.append)
    await room.mine.get_messages()
    await advance(1)
    assert not told


@pytest.mark.parametrize("kept", [1, 4, 8])
async def test_where_few_messages_are_kept_no_page_lacks_any(short: Any, kept: int) -> None:
    client = await short.world.client("bob", kept_messages=kept)
    page = await client.find_conversation(short.mine.sid).get_messages(5)
    found = indices(page)
    while page.has_prev_page:
        page = await page.prev_page()
        found[:0] = indices(page)
    assert found == FEW


async def test_old_messages_that_make_room_for_those_of_their_page_are_read_again(short: Any) -> None:
    client = await short.world.client("bob", kept_messages=4)
    conversation = client.find_conversation(short.mine.sid)
    for start in (5, 2, 7, 0, 6, 1):
        page = await conversation.get_messages(4, start, "forward")
        assert indices(page) == [index for index in FEW if index >= start][:4]


async def test_a_page_asked_for_while_the_line_is_down_comes_when_it_is_up(room: Any) -> None:
    room.line.down()
    seen: list[Any] = []
    room.mine.get_messages().subscribe(seen.append, seen.append)
    await advance(5)
    assert not seen
    room.line.up = True
    await advance(10)
    (page,) = seen
    assert indices(page) == [0]


async def test_a_page_outlives_its_conversation_and_its_neighbours_do_not(short: Any) -> None:
    page = await short.mine.get_messages(2)
    await short.mine.leave()
    assert indices(page) == FEW[-2:]
    with pytest.raises(ClosedError):
        await page.prev_page()


async def test_a_connection_lost_in_the_very_moment_the_list_stands_is_waited_for_anew(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands = Part.stands
    lost: list[str] = []

    def and_is_lost(self: Part) -> asyncio.Future[None]:
        standing = stands(self)
        if not lost:
            lost.append("once")
            standing.add_done_callback(lambda _: room.line.cut())  # before the reader gets its turn
        return standing

    monkeypatch.setattr(Part, "stands", and_is_lost)
    connections = room.line.opened
    assert indices(await room.mine.get_messages()) == [0]
    assert room.line.opened == connections + 1
