from __future__ import annotations

import asyncio
from typing import Any

import pytest
from reactivex import Observable

from rxconvo import ConversationRemoved, ConversationUpdated, Message, MessageAdded, ParticipantJoined
from rxconvo.client.conversation.streams import STREAMS
from rxconvo.errors import ClosedError, SyncError
from rxconvo.testing import advance, settle

OPENS = {"messages": 1, "participants": 1, "typing": 2, "updated": 0, "removed": 0}
VIEWS = (
    "messages.added",
    "messages.updated",
    "messages.removed",
    "participants.joined",
    "participants.updated",
    "participants.left",
    "typing.started",
    "typing.ended",
)


def stream_of(conversation: Any, path: str) -> Any:
    for name in path.split("."):
        conversation = getattr(conversation, name)
    return conversation


class TestSources:
    @pytest.mark.parametrize("name, opens", OPENS.items())
    async def test_the_first_observer_opens_them_and_the_last_closes_them_a_while_later(
        self, room: Any, name: str, opens: int
    ) -> None:
        before = room.subscriptions()
        stream = getattr(room.mine, name)
        await settle()
        assert room.subscriptions() == before
        first, second = stream.subscribe(), stream.subscribe()
        await stream.opened
        assert room.subscriptions() == before + opens
        first.dispose()
        await advance(5)
        assert room.subscriptions() == before + opens
        second.dispose()
        linger = room.ada._context.options.linger
        await advance(linger / 2)
        assert room.subscriptions() == before + opens
        await advance(linger)
        assert room.subscriptions() == before

    @pytest.mark.parametrize("path", VIEWS)
    async def test_a_view_opens_what_its_stream_does(self, room: Any, path: str) -> None:
        before = room.subscriptions()
        with stream_of(room.mine, path).subscribe():
            await stream_of(room.mine, path).opened
            assert room.subscriptions() == before + OPENS[path.partition(".")[0]]
        await advance(5)
        assert room.subscriptions() == before

    async def test_streams_share_what_they_have_in_common(self, room: Any) -> None:
        before = room.subscriptions()
        with room.mine.messages.subscribe():
            with room.mine.typing.subscribe(), room.ada.messages.subscribe(), room.ada.participants.subscribe():
                await room.mine.typing.opened
                assert room.subscriptions() == before + 2
            await advance(5)
            assert room.subscriptions() == before + 1
        await advance(5)
        assert room.subscriptions() == before

    async def test_what_was_closed_can_be_opened_again(self, room: Any) -> None:
        room.mine.messages.subscribe().dispose()
        await advance(5)
        added: list[Message] = []
        room.mine.messages.added.subscribe(added.append)
        index = await room.mine.send_message("again")
        assert [message.index for message in added] == [index]

    async def test_awaiting_that_it_is_open_opens_it_for_a_while(self, room: Any) -> None:
        before = room.subscriptions()
        await room.mine.messages.opened
        assert room.subscriptions() == before + 1
        await advance(5)
        assert room.subscriptions() == before

    @pytest.mark.parametrize("name", ["messages", "participants", "typing"])
    async def test_where_all_is_watched_what_is_joined_stays_open(self, room: Any, name: str) -> None:
        client = await room.world.client("carol", watch="all")
        await room.mine.add("carol")
        await advance(5)
        before = room.subscriptions("carol")
        stream = getattr(client.find_conversation(room.mine.sid), name)
        await stream.opened
        await advance(5)
        assert room.subscriptions("carol") == before
        added: list[Any] = []
        client.messages.added.subscribe(added.append)
        await room.mine.send_message("x")
        await settle()
        assert len(added) == 1

    @pytest.mark.parametrize("name", ["messages", "participants", "typing"])
    async def test_where_all_is_watched_what_is_not_joined_closes(self, room: Any, name: str) -> None:
        client = await room.world.client("carol", watch="all")
        created = await client.create_conversation()
        await advance(5)
        before = room.subscriptions("carol")
        stream = getattr(created, name)
        await stream.opened
        assert room.subscriptions("carol") == before + OPENS[name]
        await advance(5)
        assert room.subscriptions("carol") == before

    async def test_where_nothing_is_watched_observing_changes_opens_the_document_for_good(self, room: Any) -> None:
        client = await room.world.client("carol", watch="none")
        await room.mine.add("carol")
        await advance(5)
        before = room.subscriptions("carol")
        updated: list[ConversationUpdated] = []
        stream = client.find_conversation(room.mine.sid).updated
        subscription = stream.subscribe(updated.append)
        await stream.opened
        await room.mine.update_friendly_name("x")
        await advance(1)
        assert updated[-1].after.friendly_name == "x"
        subscription.dispose()
        await advance(5)
        assert room.subscriptions("carol") == before + 1

    async def test_after_a_lost_connection_they_are_open_again(self, room: Any) -> None:
        added: list[Message] = []
        room.mine.messages.added.subscribe(added.append)
        await room.mine.messages.opened
        room.line.down()
        await room.theirs.send_message("missed")
        room.line.up = True
        await advance(10)
        assert [message.body for message in added] == ["missed"]


class TestObserving:
    async def test_all_members_hear_the_same(self, room: Any) -> None:
        heard: dict[str, list[Any]] = {"mine": [], "theirs": []}
        for name, handle in (("mine", room.mine), ("theirs", room.theirs)):
            for stream in (handle.messages, handle.participants):
                stream.subscribe(heard[name].append)
                await stream.opened
        await room.mine.send_message("one")
        await room.theirs.add("carol")
        await room.mine.remove_participant("carol")
        await settle()
        names = [[type(event).__name__ for event in heard[name]] for name in heard]
        assert names == [["MessageAdded", "ParticipantJoined", "ParticipantLeft"]] * 2

    async def test_what_a_view_emits_is_the_value(self, room: Any) -> None:
        events: list[MessageAdded | ParticipantJoined] = []
        values: list[Any] = []
        room.mine.messages.subscribe(events.append)
        room.mine.participants.subscribe(events.append)
        room.mine.messages.added.subscribe(values.append)
        room.mine.participants.joined.subscribe(values.append)
        await room.mine.send_message("one")
        await room.mine.add("carol")
        message, joined = events
        assert isinstance(message, MessageAdded)
        assert isinstance(joined, ParticipantJoined)
        assert values == [message.message, joined.participant]

    async def test_what_comes_next_can_be_awaited(self, room: Any) -> None:
        following = room.mine.messages.next()
        await room.mine.send_message("one")
        assert (await following).message.body == "one"

    async def test_what_comes_can_be_iterated_over_until_the_conversation_is_gone(self, room: Any) -> None:
        async def bodies() -> list[str]:
            return [message.body async for message in room.mine.messages.added]

        reader = asyncio.ensure_future(bodies())
        await settle()
        await room.mine.send_message("one")
        await room.mine.send_message("two")
        await room.mine.leave()
        assert await reader == ["one", "two"]

    async def test_the_clients_streams_carry_what_those_of_its_conversations_carry(self, room: Any) -> None:
        own: list[Any] = []
        merged: list[Any] = []
        for name in OPENS:
            getattr(room.mine, name).subscribe(own.append)
            getattr(room.ada, name).subscribe(merged.append)
        await advance(1)
        await room.mine.send_message("one")
        await room.mine.update_friendly_name("x")
        await room.theirs.send_typing()
        await room.mine.leave()
        await settle()
        assert {type(event).__name__ for event in own} >= {"MessageAdded", "ConversationUpdated", "ConversationRemoved"}
        assert own == merged

    async def test_the_clients_streams_hear_what_is_done_after_subscribing_too(self, room: Any) -> None:
        bodies: list[str] = []
        room.ada.messages.added.subscribe(lambda message: bodies.append(message.body))
        await room.mine.send_message("one")
        await room.lobby.join()
        await room.lobby.send_message("two")
        created = await room.ada.create_conversation()
        await created.join()
        await created.send_message("three")
        assert bodies == ["one", "two", "three"]

    @pytest.mark.parametrize("name", OPENS)
    async def test_they_have_their_rx_names(self, room: Any, name: str) -> None:
        stream = room.mine[f"{name}$"]
        assert stream is getattr(room.mine, name)
        assert isinstance(stream, Observable)

    def test_there_is_a_name_for_each(self) -> None:
        assert list(STREAMS.values()) == list(OPENS)

    @pytest.mark.parametrize("name", ["messages", "conversations$", "users$", "sid", ""])
    async def test_there_are_no_others(self, room: Any, name: str) -> None:
        with pytest.raises(KeyError):
            room.mine[name]


class TestTheEnd:
    @pytest.mark.parametrize("end", ["leave", "delete"])
    async def test_they_complete_when_the_conversation_is_gone(self, room: Any, end: str) -> None:
        paths = (*OPENS, *VIEWS)
        seen: list[str] = []
        for path in paths:
            stream_of(room.mine, path).subscribe(on_completed=lambda path=path: seen.append(path))
        await getattr(room.mine, end)()
        assert sorted(seen) == sorted(paths)
        for path in paths:
            stream_of(room.mine, path).subscribe(on_completed=lambda path=path: seen.append(path))
            with pytest.raises(ClosedError):
                await stream_of(room.mine, path).opened
        assert sorted(seen) == sorted(paths * 2)

    async def test_the_last_that_comes_is_the_removal(self, room: Any) -> None:
        seen: list[Any] = []
        room.mine.removed.subscribe(seen.append, on_completed=lambda: seen.append("|"))
        await room.theirs.remove_participant("ada")
        await settle()
        event, end = seen
        assert isinstance(event, ConversationRemoved)
        assert (event.state.status, end) == ("notParticipating", "|")

    async def test_those_first_asked_for_afterwards_are_complete(self, room: Any) -> None:
        await room.mine.leave()
        seen: list[str] = []
        for name in OPENS:
            getattr(room.mine, name).subscribe(on_completed=lambda name=name: seen.append(name))
        assert seen == list(OPENS)

    async def test_nothing_stays_open(self, room: Any) -> None:
        for name in OPENS:
            getattr(room.mine, name).subscribe()
        await advance(1)
        await room.mine.get_messages()
        await room.mine.leave()
        await advance(5)
        await room.lobby.delete()
        await advance(5)
        own_map_and_info = 2
        assert room.subscriptions() == own_map_and_info

    async def test_who_waits_for_them_to_open_hears_that_it_is_gone(self, room: Any) -> None:
        room.line.replying = room.silence("/Items")
        seen: list[Any] = []
        room.mine.get_participants().subscribe(seen.append, seen.append)
        await advance(1)
        assert not seen
        await room.theirs.remove_participant("ada")
        await settle()
        (error,) = seen
        assert isinstance(error, ClosedError)

    async def test_they_complete_when_the_client_is_shut_down(self, room: Any) -> None:
        seen: list[str] = []
        for name in OPENS:
            getattr(room.mine, name).subscribe(on_completed=lambda name=name: seen.append(name))
        await room.ada.shutdown()
        assert sorted(seen) == sorted(OPENS)


class TestWhatCannotBeOpened:
    """It is reported and skipped, and the rest works."""

    @pytest.fixture
    def faults(self, room: Any) -> list[Any]:
        faults: list[Any] = []
        room.ada.errors.subscribe(faults.append)
        return faults

    async def test_messages_that_are_missing(self, room: Any, faults: list[Any]) -> None:
        room.line.replying = room.missing("/Lists/")
        added: list[Message] = []
        room.mine.messages.added.subscribe(added.append)
        with pytest.raises(SyncError):
            await room.mine.messages.opened
        with pytest.raises(SyncError):
            await room.mine.get_messages()
        assert {(fault.status, fault.name) for fault in faults} == {(404, f"{room.mine.sid}.messages")}
        assert await room.mine.send_message("one") == 1
        assert room.mine.last_message.index == 1
        assert len(await room.mine.get_participants()) == 2
        assert not added

    async def test_a_roster_that_is_missing(self, room: Any, faults: list[Any]) -> None:
        room.line.replying = room.missing("/Maps/")
        for query in (
            room.mine.get_participants(),
            room.mine.get_participant_by_sid("MB1"),
            room.mine.get_participant_by_identity("bob"),
            room.message.get_participant(),
        ):
            with pytest.raises(SyncError):
                await query
        assert {(fault.status, fault.name) for fault in faults} == {(404, f"{room.mine.sid}.roster")}
        assert (await room.mine.get_messages()).items == (room.message,)
        assert (await room.mine.add("carol")).identity == "carol"

    async def test_typing_needs_both(self, room: Any, faults: list[Any]) -> None:
        room.line.replying = room.missing("/Lists/")
        with pytest.raises(SyncError):
            await room.mine.typing.opened
        assert len(faults) == 1

    async def test_it_is_tried_again_with_the_next_observer(self, room: Any, faults: list[Any]) -> None:
        room.line.replying = room.missing("/Lists/")
        with room.mine.messages.subscribe():
            await advance(1)
        assert len(faults) == 1
        room.line.replying = lambda _: None
        added: list[Message] = []
        room.mine.messages.added.subscribe(added.append)
        await room.mine.messages.opened
        await room.mine.send_message("one")
        assert [message.body for message in added] == ["one"]

    async def test_reading_tries_again_for_those_who_observe_already(self, room: Any, faults: list[Any]) -> None:
        room.line.replying = room.missing("/Lists/")
        added: list[Message] = []
        room.mine.messages.added.subscribe(added.append)
        await advance(1)
        room.line.replying = lambda _: None
        assert (await room.mine.get_messages()).items == (room.message,)
        await advance(5)
        await room.mine.send_message("one")
        assert [message.body for message in added] == ["one"]

    async def test_a_conversation_whose_document_is_missing_is_skipped(
        self, room: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        room.line.replying = room.missing(f"/Documents/{room.mine.sid}")
        await room.lobby.join()
        client = await room.world.client("ada")
        page = await client.get_subscribed_conversations()
        assert [conversation.sid for conversation in page.items] == [room.lobby.sid]
        assert f"{room.mine.sid}.channel" in caplog.text
        with pytest.raises(SyncError):
            await client.get_conversation_by_sid(room.mine.sid)
        room.line.replying = lambda _: None
        found = await client.get_conversation_by_sid(room.mine.sid)
        assert found.friendly_name == "standup"
