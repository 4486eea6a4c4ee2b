from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxconvo.errors import RejectedError
from rxconvo.testing import advance, settle


@pytest.fixture
async def six(room: Any) -> Any:
    """Return the room with six messages, indices 0 to 5, of which the one at 3 is gone."""
    for number in range(1, 6):
        await room.mine.send_message(str(number))
    (three,) = (await room.mine.get_messages(1, 3)).items
    await three.remove()
    await room.rest()
    return room


@pytest.mark.parametrize("index, unread", [(0, 4), (2, 2), (3, 2), (4, 1), (5, 0), (99, 0), (None, None)])
async def test_the_horizon_leaves_unread_what_is_above_it(six: Any, index: int | None, unread: int | None) -> None:
    assert await six.mine.update_last_read_message_index(index) == unread
    assert six.mine.last_read_message_index == index
    assert await six.mine.get_unread_messages_count() == unread


async def test_without_a_horizon_nothing_is_counted(six: Any) -> None:
    assert await six.mine.get_unread_messages_count() is None


async def test_it_can_go_back(six: Any) -> None:
    await six.mine.update_last_read_message_index(5)
    assert await six.mine.update_last_read_message_index(2) == 2
    assert six.mine.last_read_message_index == 2


async def test_advancing_never_goes_back_and_asks_all_the_same(six: Any) -> None:
    await six.mine.advance_last_read_message_index(4)
    six.said()
    assert await six.mine.advance_last_read_message_index(2) == 1
    assert six.mine.last_read_message_index == 4
    assert len(six.said()) == 1


async def test_advancing_from_nothing_sets_it(six: Any) -> None:
    assert await six.mine.advance_last_read_message_index(0) == 4
    assert six.mine.last_read_message_index == 0


async def test_advancing_looks_at_the_horizon_when_it_is_subscribed(six: Any) -> None:
    advance_to_two = six.mine.advance_last_read_message_index(2)
    await six.mine.update_last_read_message_index(5)
    assert await advance_to_two == 0
    assert six.mine.last_read_message_index == 5


async def test_of_two_advances_under_way_the_further_one_counts(six: Any) -> None:
    advances = [six.mine.advance_last_read_message_index(index) for index in (5, 2, 4)]
    assert await asyncio.gather(*(asyncio.ensure_future(one.retry(1)) for one in advances)) == [0, 0, 0]
    assert six.mine.last_read_message_index == 5


async def test_an_advance_counts_from_what_was_asked_for_before(six: Any) -> None:
    await six.mine.update_last_read_message_index(5)
    moves = (six.mine.update_last_read_message_index(1), six.mine.advance_last_read_message_index(2))
    await asyncio.gather(*(asyncio.ensure_future(one.retry(1)) for one in moves))
    assert six.mine.last_read_message_index == 2


async def test_an_advance_that_was_not_answered_counts_all_the_same(six: Any) -> None:
    six.line.passing = lambda _: False
    subscription = six.mine.advance_last_read_message_index(4).subscribe()
    await settle()
    subscription.dispose()
    six.line.passing = lambda _: True
    assert await six.mine.advance_last_read_message_index(2) == 1
    assert six.mine.last_read_message_index == 4


async def test_an_advance_that_was_refused_counts_for_nothing(six: Any) -> None:
    with pytest.raises(RejectedError):
        await six.lobby.advance_last_read_message_index(7)
    await six.lobby.join()
    await six.lobby.advance_last_read_message_index(1)
    assert six.lobby.last_read_message_index == 1


async def test_all_is_read_up_to_the_newest_message(six: Any) -> None:
    assert await six.mine.set_all_messages_read() == 0
    assert six.mine.last_read_message_index == 5


async def test_all_is_read_after_the_newest_is_gone(six: Any) -> None:
    (newest,) = (await six.mine.get_messages(1)).items
    await newest.remove()
    assert await six.mine.set_all_messages_read() == 0
    assert six.mine.last_read_message_index == 4


async def test_where_there_is_no_message_all_is_read_without_a_request(room: Any) -> None:
    await room.message.remove()
    room.said()
    assert await room.mine.set_all_messages_read() == 0
    assert room.said() == []


async def test_all_is_unread_again(six: Any) -> None:
    await six.mine.set_all_messages_read()
    assert await six.mine.set_all_messages_unread() is None
    assert six.mine.last_read_message_index is None
    assert await six.mine.get_unread_messages_count() is None


async def test_with_nothing_watched_the_newest_message_is_asked_for(six: Any) -> None:
    client = await six.world.client("ada", watch="none")
    handle = client.find_conversation(six.mine.sid)
    assert await handle.set_all_messages_read() == 0
    assert handle.last_read_message_index == 5


async def test_everybody_sees_how_far_somebody_has_read(six: Any) -> None:
    updated: list[Any] = []
    six.theirs.participants.updated.subscribe(updated.append)
    await six.theirs.participants.opened
    await six.mine.update_last_read_message_index(2)
    await settle()
    (event,) = updated
    assert event.after.identity == "ada"
    assert event.after.last_read_message_index == 2
    assert event.after.last_read_timestamp is not None
    assert event.reasons == ("lastReadMessageIndex", "lastReadTimestamp")
    assert six.theirs.last_read_message_index is None


async def test_ones_own_messages_count_as_unread(room: Any) -> None:
    await room.mine.set_all_messages_read()
    await room.mine.send_message("mine")
    assert await room.mine.get_unread_messages_count() == 1


async def test_counts_follow_what_happens(six: Any) -> None:
    assert await six.mine.get_messages_count() == 5
    assert await six.mine.get_participants_count() == 2
    await six.mine.send_message("seven")
    await six.mine.add("carol")
    assert await six.mine.get_messages_count() == 6
    assert await six.mine.get_participants_count() == 3


async def test_a_count_is_taken_after_what_was_asked_to_open_before_is_open(room: Any) -> None:
    counts: list[int] = []
    room.mine.messages.subscribe()
    release = room.hold()
    room.mine.get_messages_count().subscribe(counts.append)
    await advance(1)
    await room.theirs.send_message("meanwhile")
    assert not counts
    release()
    await settle()
    assert counts == [2]


async def test_who_takes_no_part_has_no_horizon(room: Any) -> None:
    with pytest.raises(RejectedError) as error:
        await room.lobby.update_last_read_message_index(0)
    assert (error.value.status, error.value.code) == (403, 50430)
    assert room.lobby.last_read_message_index is None


async def test_two_sessions_share_one_horizon(six: Any) -> None:
    other = await six.world.client("ada")
    await six.mine.update_last_read_message_index(4)
    await settle()
    assert other.find_conversation(six.mine.sid).last_read_message_index == 4
