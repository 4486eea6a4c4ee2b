"""What is subscribed of a conversation beside what its observers need: opened, kept, let go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxconvo import ConversationUpdated
from rxconvo.errors import ClosedError, OutcomeUnknownError, SyncError
from rxconvo.testing import advance, settle


@pytest.fixture
async def peeked(room: Any) -> Any:
    """The room, with a client of eve's who has looked at a public conversation of ada's."""
    room.public = await room.ada.create_conversation(friendly_name="square", access="public")
    room.eve = await room.stranger()
    room.before = room.subscriptions("eve")
    room.seen = await room.eve.peek_conversation_by_sid(room.public.sid)
    await advance(1)
    return room


class TestOpening:
    async def test_streams_are_kept_without_observers(self, room: Any) -> None:
        before = room.subscriptions()
        assert await room.mine.open(streams=True) is room.mine
        await room.mine.open(streams=True)
        await advance(60)
        assert room.subscriptions() == before + 2
        room.said()
        assert {participant.identity for participant in await room.mine.get_participants()} == {"ada", "bob"}
        await room.mine.close()
        await advance(5)
        assert room.subscriptions() == before

    async def test_two_who_open_it_at_once_open_it_once(self, room: Any) -> None:
        before = room.subscriptions()
        await asyncio.gather(room.mine.open(streams=True), room.mine.open(streams=True))
        await advance(5)
        assert room.subscriptions() == before + 2
        await room.mine.close()
        await advance(5)
        assert room.subscriptions() == before

    async def test_who_gives_up_leaves_nothing(self, room: Any) -> None:
        before = room.subscriptions()
        room.line.replying = room.silence("/Lists/")
        room.mine.open(streams=True).subscribe().dispose()
        opening = room.mine.open(streams=True).subscribe()
        await advance(1)
        opening.dispose()
        await settle()
        room.line.replying = lambda _: None
        await advance(60)
        assert room.subscriptions() == before
        await room.mine.open(streams=True)
        await advance(5)
        assert room.subscriptions() == before + 2

    async def test_who_observes_does_not_close_what_is_kept(self, room: Any) -> None:
        await room.mine.open(streams=True)
        kept = room.subscriptions()
        room.mine.messages.subscribe().dispose()
        await advance(60)
        assert room.subscriptions() == kept

    async def test_what_is_observed_outlives_the_closing(self, room: Any) -> None:
        told: list[Any] = []
        room.mine.messages.added.subscribe(told.append)
        await room.mine.messages.opened
        await room.mine.open(streams=True)
        await room.mine.close()
        await room.theirs.send_message("still here")
        await advance(5)
        assert [message.body for message in told] == ["still here"]

    async def test_the_document_alone_costs_nothing_where_it_is_watched(self, room: Any) -> None:
        sent = len(room.line.sent)
        await room.mine.open()
        assert len(room.line.sent) == sent

    @pytest.mark.parametrize("part", ["/Lists/", "/Maps/"])
    async def test_what_cannot_be_opened_is_told_and_leaves_nothing(self, room: Any, part: str) -> None:
        before = room.subscriptions()
        room.line.replying = room.missing(part)
        with pytest.raises(SyncError):
            await room.mine.open(streams=True)
        await advance(5)
        assert room.subscriptions() == before
        room.line.replying = lambda _: None
        await room.mine.open(streams=True)
        await advance(5)
        assert room.subscriptions() == before + 2

    async def test_without_a_connection_it_is_given_up(self, room: Any) -> None:
        room.line.down()
        with pytest.raises(OutcomeUnknownError):
            await room.mine.open(streams=True)
        room.line.up = True

    async def test_what_is_kept_is_opened_again_after_a_lost_connection(self, room: Any) -> None:
        await room.mine.open(streams=True)
        kept = room.subscriptions()
        room.line.cut()
        await advance(10)
        assert room.subscriptions() == kept

    async def test_a_conversation_that_is_gone_cannot_be_opened(self, room: Any) -> None:
        await room.mine.leave()
        with pytest.raises(ClosedError):
            await room.mine.open()


class TestClosing:
    async def test_one_that_was_peeked_at_is_followed_until_it_is_closed(self, peeked: Any) -> None:
        assert peeked.subscriptions("eve") == peeked.before + 1
        await peeked.public.update_friendly_name("market")
        await settle()
        assert peeked.seen.friendly_name == "market"
        assert await peeked.seen.close() is peeked.seen
        await advance(1)
        assert peeked.subscriptions("eve") == peeked.before
        await peeked.public.update_friendly_name("agora")
        await settle()
        assert peeked.seen.friendly_name == "market"

    async def test_who_asks_again_sees_what_is_true(self, peeked: Any) -> None:
        await peeked.seen.close()
        await peeked.public.update_friendly_name("agora")
        told: list[Any] = []
        peeked.eve.conversations.subscribe(told.append)
        assert await peeked.eve.get_conversation_by_sid(peeked.public.sid) is peeked.seen
        assert peeked.seen.friendly_name == "agora"
        assert [type(event) for event in told] == [ConversationUpdated]
        await peeked.seen.close()
        await peeked.public.update_attributes({"a": 1})
        assert await peeked.seen.get_attributes() == {"a": 1}

    async def test_who_observes_again_hears_of_it(self, peeked: Any) -> None:
        await peeked.seen.close()
        told: list[Any] = []
        peeked.seen.updated.subscribe(told.append)
        await peeked.seen.updated.opened
        await peeked.public.update_friendly_name("agora")
        await advance(1)
        assert [event.after.friendly_name for event in told][-1:] == ["agora"]

    @pytest.mark.parametrize("stream", ["updated", "removed", "messages", "participants"])
    async def test_what_is_observed_is_not_closed(self, peeked: Any, stream: str) -> None:
        seen = peeked.public if stream in {"messages", "participants"} else peeked.seen
        getattr(seen, stream).subscribe()
        await settle()
        await seen.close()
        assert seen._record.document is not None

    async def test_what_is_watched_stays(self, room: Any) -> None:
        before = room.subscriptions()
        await room.mine.close()
        await advance(5)
        assert room.subscriptions() == before
        await room.theirs.update_friendly_name("renamed")
        await settle()
        assert room.mine.friendly_name == "renamed"

    async def test_one_that_is_closed_can_be_joined(self, peeked: Any) -> None:
        await peeked.seen.close()
        joined = await peeked.seen.join()
        assert joined is peeked.seen
        await advance(1)
        await peeked.public.update_friendly_name("agora")
        await settle()
        assert joined.friendly_name == "agora"

    async def test_closed_twice_it_stays_closed(self, peeked: Any) -> None:
        await peeked.seen.close()
        await peeked.seen.close()
        await advance(1)
        assert peeked.subscriptions("eve") == peeked.before
