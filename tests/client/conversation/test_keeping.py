"""What is subscribed of a conversation beside what its observers need: watched, and let go of."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

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


class TestWatching:
    async def test_streams_are_kept_without_observers(self, room: Any) -> None:
        before = room.subscriptions()
        assert await room.mine.watch(streams=True) is room.mine
        await room.mine.watch(streams=True)
        await advance(60)
        assert room.subscriptions() == before + 2
        room.said()
        assert {participant.identity for participant in await room.mine.get_participants()} == {"ada", "bob"}
        await room.mine.unwatch()
        await advance(5)
        assert room.subscriptions() == before

    async def test_two_who_open_it_at_once_open_it_once(self, room: Any) -> None:
        before = room.subscriptions()
        await asyncio.gather(room.mine.watch(streams=True), room.mine.watch(streams=True))
        await advance(5)
        assert room.subscriptions() == before + 2
        await room.mine.unwatch()
        await advance(5)
        assert room.subscriptions() == before

    async def test_who_gives_up_leaves_nothing(self, room: Any) -> None:
        before = room.subscriptions()
        room.line.replying = room.silence("/Lists/")
        room.mine.watch(streams=True).subscribe().dispose()
        opening = room.mine.watch(streams=True).subscribe()
        await advance(1)
        opening.dispose()
        await settle()
        room.line.replying = lambda _: None
        await advance(60)
        assert room.subscriptions() == before
        await room.mine.watch(streams=True)
        await advance(5)
        assert room.subscriptions() == before + 2

    async def test_who_observes_does_not_close_what_is_kept(self, room: Any) -> None:
        await room.mine.watch(streams=True)
        kept = room.subscriptions()
        room.mine.messages.subscribe().dispose()
        await advance(60)
        assert room.subscriptions() == kept

    async def test_what_is_observed_outlives_the_closing(self, room: Any) -> None:
        told: list[Any] = []
        room.mine.messages.added.subscribe(told.append)
        await room.mine.messages.opened
        await room.mine.watch(streams=True)
        await room.mine.unwatch()
        await room.theirs.send_message("still here")
        await advance(5)
        assert [message.body for message in told] == ["still here"]

    async def test_the_document_alone_costs_nothing_where_it_is_watched(self, room: Any) -> None:
        sent = len(room.line.sent)
        await room.mine.watch()
        assert len(room.line.sent) == sent

    @pytest.mark.parametrize("part", ["/Lists/", "/Maps/"])
    async def test_what_cannot_be_opened_is_told_and_leaves_nothing(self, room: Any, part: str) -> None:
        before = room.subscriptions()
        room.line.replying = room.missing(part)
        with pytest.raises(SyncError):
            await room.mine.watch(streams=True)
        await advance(5)
        assert room.subscriptions() == before
        room.line.replying = lambda _: None
        await room.mine.watch(streams=True)
        await advance(5)
        assert room.subscriptions() == before + 2

    async def test_without_a_connection_it_is_given_up(self, room: Any) -> None:
        room.line.down()
        with pytest.raises(OutcomeUnknownError):
            await room.mine.watch(streams=True)
        room.line.up = True

    async def test_what_is_kept_is_opened_again_after_a_lost_connection(self, room: Any) -> None:
        await room.mine.watch(streams=True)
        kept = room.subscriptions()
        room.line.cut()
        await advance(10)
        assert room.subscriptions() == kept

    async def test_a_conversation_that_is_gone_cannot_be_opened(self, room: Any) -> None:
        await room.mine.leave()
        with pytest.raises(ClosedError):
            await room.mine.watch()


class TestLettingGo:
    async def test_one_that_was_peeked_at_is_followed_until_it_is_let_go(self, peeked: Any) -> None:
        assert peeked.subscriptions("eve") == peeked.before + 1
        await peeked.public.update_friendly_name("market")
        await settle()
        assert peeked.seen.friendly_name == "market"
        assert await peeked.seen.unwatch() is peeked.seen
        await advance(1)
        assert peeked.subscriptions("eve") == peeked.before
        await peeked.public.update_friendly_name("agora")
        await settle()
        assert peeked.seen.friendly_name == "market"

    async def test_it_is_the_end_of_the_handle(self, peeked: Any) -> None:
        told: list[Any] = []
        for stream in (peeked.seen.updated, peeked.seen.removed, peeked.eve.conversations):
            stream.subscribe(told.append, on_completed=partial(told.append, "|"))
        await settle()
        heard: list[Any] = []
        peeked.seen.on("removed", heard.append)
        peeked.eve.on("conversationRemoved", heard.append)
        await peeked.seen.unwatch()
        assert [type(event).__name__ for event in told] == ["ConversationRemoved"] * 2 + ["str"] * 2
        assert heard == [peeked.seen] * 2
        with pytest.raises(ClosedError):
            await peeked.seen.get_attributes()

    async def test_whoever_asks_again_gets_another_one(self, peeked: Any) -> None:
        await peeked.seen.unwatch()
        await peeked.public.update_friendly_name("agora")
        anew = await peeked.eve.get_conversation_by_sid(peeked.public.sid)
        assert anew is not peeked.seen
        assert anew.friendly_name == "agora"

    async def test_it_can_be_joined(self, peeked: Any) -> None:
        await peeked.seen.unwatch()
        joined = await peeked.seen.join()
        await peeked.public.update_friendly_name("agora")
        await advance(1)
        assert joined.friendly_name == "agora"

    async def test_twice_is_once(self, peeked: Any) -> None:
        await peeked.seen.unwatch()
        assert await peeked.seen.unwatch() is peeked.seen
        await advance(1)
        assert peeked.subscriptions("eve") == peeked.before

    async def test_of_many_that_were_looked_at_nothing_is_left(self, peeked: Any) -> None:
        client = peeked.eve
        await peeked.seen.unwatch()
        known = len(client._context.store.conversations), len(client._conversations)
        for _ in range(5):
            made = await client.create_conversation()
            await made.get_messages_count()
            await made.unwatch()
        await advance(5)
        assert (len(client._context.store.conversations), len(client._conversations)) == known
        assert peeked.subscriptions("eve") == peeked.before

    async def test_one_that_cannot_be_opened_is_forgotten(self, peeked: Any) -> None:
        broken = await peeked.ada.create_conversation(access="public")
        line = peeked.world.line("eve")
        line.replying = peeked.missing("/Documents/")
        for look in (peeked.eve.peek_conversation_by_sid, peeked.eve.get_conversation_by_sid):
            with pytest.raises(SyncError):
                await look(broken.sid)
            assert peeked.eve.find_conversation(broken.sid) is None
        line.replying = lambda _: None
        assert (await peeked.eve.peek_conversation_by_sid(broken.sid)).sid == broken.sid

    async def test_what_the_client_watches_stays(self, room: Any) -> None:
        before = room.subscriptions()
        await room.mine.unwatch()
        await advance(5)
        assert room.subscriptions() == before
        await room.theirs.update_friendly_name("renamed")
        await settle()
        assert room.mine.friendly_name == "renamed"


class TestWatchingNothing:
    """What a client keeps of a joined conversation of which it was not told to keep anything."""

    @pytest.fixture
    async def spare(self, room: Any) -> Any:
        room.spare = await room.world.client("ada", watch="none")
        room.seen = await room.spare.get_conversation_by_sid(room.mine.sid)
        await advance(5)
        return room

    async def rename(self, room: Any, name: str) -> str | None:
        """Have bob rename the conversation, and return what the client takes for its name."""
        await room.theirs.update_friendly_name(name)
        await advance(5)
        friendly_name: str | None = room.seen.friendly_name
        return friendly_name

    async def test_what_was_asked_for_is_followed_until_it_is_let_go(self, spare: Any) -> None:
        assert await self.rename(spare, "one") == "one"
        await spare.seen.get_messages()  # which lingers
        await spare.seen.unwatch()
        assert await self.rename(spare, "two") == "one"
        assert spare.spare.find_conversation(spare.seen.sid) is spare.seen
        await spare.seen.watch()
        assert spare.seen.friendly_name == "two"
        assert await self.rename(spare, "three") == "three"

    async def test_it_is_followed_while_it_is_observed(self, spare: Any) -> None:
        told: list[Any] = []
        observing = spare.seen.updated.subscribe(told.append)
        await spare.seen.unwatch()
        assert await self.rename(spare, "one") == "one"
        observing.dispose()
        await advance(5)
        assert await self.rename(spare, "two") == "one"
        spare.seen.updated.subscribe(told.append)
        assert await self.rename(spare, "three") == "three"
        assert told[-1].after.friendly_name == "three"
