from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from rxconvo import Client, ConversationRemoved
from rxconvo.errors import ClosedError, DetachedError, OutcomeUnknownError
from rxconvo.testing import advance, settle


class TestIdentity:
    async def test_the_same_conversation_is_the_same_handle(self, room: Any) -> None:
        assert await room.ada.get_conversation_by_sid(room.mine.sid) is room.mine
        assert await room.ada.get_conversation_by_unique_name("standup") is room.mine
        assert room.ada.find_conversation(room.mine.sid) is room.mine
        assert room.mine in (await room.ada.get_subscribed_conversations()).items
        assert room.ada.find_conversation("CH1") is None

    async def test_its_values_lead_back_to_it(self, room: Any) -> None:
        events: list[Any] = []
        for stream in (room.mine.messages, room.mine.participants, room.mine.updated, room.mine.typing):
            stream.subscribe(events.append)
            await stream.opened
        await room.mine.send_message("one")
        await room.mine.add("carol")
        await room.theirs.send_typing()
        await settle()
        values = [
            room.message,
            *(await room.mine.get_participants()),
            *(await room.mine.get_messages()).items,
            *(event.message for event in events if hasattr(event, "message")),
            *(event.participant for event in events if hasattr(event, "participant")),
            *(event for event in events if hasattr(event, "before")),
        ]
        assert {type(value).__name__ for value in values} == {"Message", "Participant", "ConversationUpdated"}
        assert {value.conversation for value in values} == {room.mine}
        assert {value.conversation_sid for value in values} == {room.mine.sid}

    async def test_two_clients_have_two(self, room: Any) -> None:
        assert room.mine is not room.theirs
        assert room.mine.sid == room.theirs.sid


class TestRemoval:
    async def test_while_it_is_told_everybody_gets_the_one_handle(self, room: Any) -> None:
        seen: list[Any] = []
        for stream in (room.mine.removed, room.ada.removed, room.ada.conversations):
            stream.subscribe(lambda event: seen.append(event.conversation))
        await room.mine.leave()
        assert len(seen) > 2
        assert set(seen) == {room.mine}

    async def test_also_where_nobody_had_asked_for_it_before(self, room: Any) -> None:
        client = await room.world.client("ada")
        seen: list[Any] = []
        for _ in range(2):
            client.removed.subscribe(lambda event: seen.append(event.conversation))
        await room.mine.leave()
        await settle()
        first, second = seen
        assert first is second

    async def test_then_it_is_known_no_more_and_its_values_are_detached(self, room: Any) -> None:
        events: list[ConversationRemoved] = []
        room.ada.removed.subscribe(events.append)
        bob = await room.mine.get_participant_by_identity("bob")
        await room.mine.leave()
        assert room.ada.find_conversation(room.mine.sid) is None
        for value in (room.message, bob, events[0]):
            with pytest.raises(DetachedError):
                _ = value.conversation
        for act in (room.message.remove, lambda: room.message.update_body("x"), bob.remove, lambda: bob.is_typing):
            with pytest.raises(DetachedError):
                act()

    async def test_what_needs_its_objects_is_closed(self, room: Any) -> None:
        await room.mine.leave()
        for query in (room.mine.get_participants(), room.mine.get_messages()):
            with pytest.raises(ClosedError):
                await query

    async def test_its_properties_stay_what_they_were_last(self, room: Any) -> None:
        before = room.mine.snapshot
        await room.mine.leave()
        assert room.mine.status == "notParticipating"
        assert room.mine.friendly_name == before.friendly_name
        assert room.mine.last_message == before.last_message

    async def test_who_comes_back_gets_a_new_handle_and_new_streams(self, room: Any) -> None:
        old = room.theirs
        completed: list[str] = []
        old.messages.subscribe(on_completed=lambda: completed.append("|"))
        await old.leave()
        await room.mine.add("bob")
        await advance(1)
        new = room.bob.find_conversation(room.mine.sid)
        assert new is not None
        assert new is not old
        assert (new.status, old.status) == ("joined", "notParticipating")
        added: list[Any] = []
        new.messages.added.subscribe(added.append)
        await new.messages.opened
        await room.mine.send_message("welcome back")
        await settle()
        assert [message.body for message in added] == ["welcome back"]
        assert added[0].conversation is new
        assert completed == ["|"]

    async def test_the_creator_who_left_finds_it_again_and_rejoins(self, room: Any) -> None:
        await room.mine.leave()
        found = await room.ada.get_conversation_by_sid(room.mine.sid)
        assert found is not room.mine
        assert found.status == "notParticipating"
        assert await found.join() is found
        assert found.status == "joined"
        assert room.message.conversation is found


class TestShutdown:
    @pytest.fixture
    async def client(self, room: Any) -> Client:
        client: Client = await room.world.client("ada")
        return client

    async def test_values_outlive_their_client_and_are_detached(self, room: Any, client: Client) -> None:
        handle: Any = client.find_conversation(room.mine.sid)
        (message,) = (await handle.get_messages()).items
        _, bob = await handle.get_participants()
        await client.shutdown()
        assert message.body == "hello"
        for value in (message, bob):
            with pytest.raises(DetachedError):
                _ = value.conversation

    @pytest.mark.parametrize(
        "ask",
        [
            lambda handle: handle.get_participants(),
            lambda handle: handle.get_messages(),
            lambda handle: handle.get_messages_count(),
            lambda handle: handle.send_message("x"),
            lambda handle: handle.set_all_messages_read(),
            lambda handle: handle.send_typing(),
            lambda handle: handle.leave(),
        ],
    )
    async def test_nothing_can_be_asked_any_more_and_nobody_waits(self, room: Any, client: Client, ask: Any) -> None:
        handle: Any = client.find_conversation(room.mine.sid)
        await client.shutdown()
        asked_at = room.now
        with pytest.raises(ClosedError):
            await ask(handle)
        assert room.now == asked_at

    async def test_who_waits_for_something_to_open_is_told_and_nothing_is_left(self, room: Any, client: Client) -> None:
        handle: Any = client.find_conversation(room.mine.sid)
        room.line.passing = lambda _: False
        seen: list[Any] = []
        handle.messages.subscribe()
        for cold in (handle.get_participants(), handle.get_messages(), handle.send_message("x")):
            cold.subscribe(seen.append, seen.append)
        await settle()
        assert not seen
        await client.shutdown()
        await settle()
        assert {type(error) for error in seen} <= {ClosedError, OutcomeUnknownError}
        assert len(seen) == 3

    async def test_a_mutation_that_was_answered_gives_its_result(self, room: Any, client: Client) -> None:
        handle: Any = client.find_conversation(room.mine.sid)
        await handle.messages.opened
        seen: list[Any] = []
        room.hold()
        handle.send_message("x").subscribe(seen.append, seen.append)
        await settle()
        assert not seen
        await client.shutdown()
        await settle()
        assert seen == [1]

    async def test_a_client_is_freed_with_its_handles(self, room: Any) -> None:
        client = await room.world.service.client("ada")
        handle = client.find_conversation(room.mine.sid)
        handle.messages.subscribe()
        await handle.get_participants()
        alive = weakref.ref(handle)
        await client.shutdown()
        await settle()
        del client, handle
        gc.collect()
        assert alive() is None
