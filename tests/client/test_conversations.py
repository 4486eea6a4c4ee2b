"""Looking at conversations that are not one's own; conversations of which a part is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import rxconvo
from rxconvo import ConversationAdded, MessageAdded
from rxconvo.errors import ArgumentError, NotFoundError, SyncError
from rxconvo.testing import advance, settle
from rxconvo.wire.packets import Packet, Request


class TestPeeking:
    async def test_it_shows_what_everybody_may_see(self, world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
        square = await ada.create_conversation(
            friendly_name="Square", unique_name="square", attributes={"a": 1}, access="public"
        )
        await square.join()
        told: list[Any] = []
        bob.conversations.subscribe(told.append)
        seen = await bob.peek_conversation_by_sid(square.sid)
        assert (seen.sid, seen.friendly_name, seen.unique_name) == (square.sid, "Square", "square")
        assert (seen.attributes, seen.created_by, seen.status) == ({"a": 1}, "ada", "notParticipating")
        assert (seen.notification_level, seen.last_read_message_index) == ("default", None)
        assert [type(event) for event in told] == [ConversationAdded]
        assert (await bob.get_subscribed_conversations()).items == ()
        (http,) = [request.http_request for request in world.line("bob").requests("GET", f"/{square.sid}")]
        assert (http.params, http.headers) == ({}, {})

    async def test_it_asks_also_where_it_is_known(self, world: Any, ada: rxconvo.Client) -> None:
        lunch = await ada.create_conversation(friendly_name="Lunch")
        await lunch.join()
        before = lunch.snapshot
        for count in (1, 2):
            assert await ada.peek_conversation_by_sid(lunch.sid) is lunch
            assert len(world.line("ada").requests("GET", f"/Conversations/{lunch.sid}")) == count
        assert lunch.snapshot == before

    async def test_its_properties_are_kept_up_to_date(self, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
        square = await ada.create_conversation(access="public")
        seen = await bob.peek_conversation_by_sid(square.sid)
        told: list[Any] = []
        bob.updated.subscribe(told.append)
        await advance(1)
        await square.update_friendly_name("Square")
        await settle()
        assert seen.friendly_name == "Square"
        assert [event.reasons for event in told] == [("friendlyName", "dateUpdated")]

    async def test_its_messages_are_for_participants(self, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
        square = await ada.create_conversation(access="public")
        seen = await bob.peek_conversation_by_sid(square.sid)
        errors: list[Any] = []
        bob.errors.subscribe(errors.append)
        with pytest.raises(SyncError):
            await seen.get_messages()
        assert [type(error) for error in errors] == [SyncError]

    async def test_its_deletion_is_told(self, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
        square = await ada.create_conversation(access="public")
        seen = await bob.peek_conversation_by_sid(square.sid)
        told: list[Any] = []
        seen.removed.subscribe(lambda event: told.append(event.conversation))
        await advance(1)
        await square.delete()
        await settle()
        assert told == [seen]
        with pytest.raises(NotFoundError):
            await bob.peek_conversation_by_sid(square.sid)

    async def test_who_joins_keeps_the_handle(self, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
        square = await ada.create_conversation(access="public")
        seen = await bob.peek_conversation_by_sid(square.sid)
        assert await seen.join() is seen
        told: list[Any] = []
        seen.messages.subscribe(told.append)
        await seen.messages.opened
        await seen.send_message("hi")
        assert [type(event) for event in told] == [MessageAdded]

    async def test_what_one_may_not_see_is_not_there(self, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
        secret = await ada.create_conversation()
        for sid in (secret.sid, "CH" + "0" * 32):
            with pytest.raises(NotFoundError) as error:
                await bob.peek_conversation_by_sid(sid)
            assert (error.value.status, error.value.code) == (404, 50350)

    @pytest.mark.parametrize("key", ["", None, 5, "\ud800"])
    async def test_a_sid_is_a_text(self, world: Any, ada: rxconvo.Client, key: Any) -> None:
        sent = len(world.line("ada").sent)
        with pytest.raises(ArgumentError) as error:
            ada.peek_conversation_by_sid(key)
        assert error.value.field == "sid"
        await settle()
        assert len(world.line("ada").sent) == sent

    @pytest.mark.parametrize("answer", [{}, {"sid": None, "sync_objects": {}}, {"conversation_sid": None}])
    async def test_an_answer_that_names_none_is_none(
        self, world: Any, ada: rxconvo.Client, packets: Any, answer: Any
    ) -> None:
        world.line("ada").replying = lambda packet: (
            [packets.answer(packet, 200, answer)]
            if isinstance(packet, Request) and packet.http_request.path.endswith(("/x", "/CHx"))
            else None
        )
        with pytest.raises(NotFoundError, match="unique name x was not found"):
            await ada.get_conversation_by_unique_name("x")
        with pytest.raises(NotFoundError, match="SID CHx was not found"):
            await ada.peek_conversation_by_sid("CHx")
        with pytest.raises(NotFoundError, match="SID CHx was not found"):
            await ada.get_conversation_by_sid("CHx")


PARTS = {"document": "/Documents/{}", "list": "/Lists/{}", "map": "/Maps/{}.roster"}


def without(packets: Any, part: str, sid: str) -> Callable[[Packet], list[Packet] | None]:
    """Return a hook for a line: that part of a conversation does not exist."""
    beginning = "/v3" + PARTS[part].format(sid)

    def replying(packet: Packet) -> list[Packet] | None:
        if not isinstance(packet, Request) or not packet.http_request.path.startswith(beginning):
            return None
        return [packets.answer(packet, 404, {"status": 404, "code": 54100, "message": "no such object"})]

    return replying


class TestBroken:
    """A conversation with a missing part is told on `errors`; nothing else suffers."""

    @pytest.fixture
    async def sids(self, ada: rxconvo.Client) -> list[str]:
        """Two conversations of ada's and bob's: the first of them is broken."""
        sids: list[str] = []
        for name in ("broken", "sound"):
            conversation = await ada.create_conversation(friendly_name=name)
            await conversation.join()
            await conversation.add("bob")
            sids.append(conversation.sid)
        await ada.shutdown()
        return sids

    @pytest.mark.parametrize("watch", ["documents", "all"])
    @pytest.mark.parametrize("part", PARTS)
    async def test_at_the_start(self, world: Any, packets: Any, sids: list[str], part: str, watch: str) -> None:
        broken, sound = sids
        world.line("bob").replying = without(packets, part, broken)
        bob = world.make("bob", watch=watch)
        errors: list[Any] = []
        bob.errors.subscribe(errors.append)
        await bob.start()
        await advance(1)
        listed = {conversation.sid for conversation in (await bob.get_subscribed_conversations()).items}
        if part == "document":
            assert listed == {sound}
            with pytest.raises(SyncError):
                await bob.get_conversation_by_sid(broken)
        else:
            assert listed == {broken, sound}
            handle = bob.find_conversation(broken)
            with pytest.raises(SyncError):
                await (handle.get_messages() if part == "list" else handle.get_participants())
        assert errors
        assert {type(error) for error in errors} == {SyncError}
        assert all(broken in str(error) for error in errors)
        await bob.find_conversation(sound).send_message("works")
        assert len(await bob.find_conversation(sound).get_participants()) == 2

    @pytest.mark.parametrize("watch", ["documents", "all"])
    @pytest.mark.parametrize("part", PARTS)
    async def test_later(self, world: Any, packets: Any, part: str, watch: str) -> None:
        bob = await world.client("bob", watch=watch)
        ada = await world.client("ada")
        errors: list[Any] = []
        told: list[Any] = []
        bob.errors.subscribe(errors.append)
        bob.conversations.added.subscribe(told.append)
        broken = await ada.create_conversation(friendly_name="broken")
        world.line("bob").replying = without(packets, part, broken.sid)
        await broken.join()
        await broken.add("bob")
        await advance(1)
        sound = await ada.create_conversation(friendly_name="sound")
        await sound.join()
        await sound.add("bob")
        await advance(1)
        names = [conversation.friendly_name for conversation in told]
        assert names == (["sound"] if part == "document" else ["broken", "sound"])
        if part != "document" and watch == "documents":
            assert errors == []  # nobody needs it yet
            handle = bob.find_conversation(broken.sid)
            with pytest.raises(SyncError):
                await (handle.get_messages() if part == "list" else handle.get_participants())
        assert errors
        assert {type(error) for error in errors} == {SyncError}
        await bob.find_conversation(sound.sid).send_message("works")
        world.line("bob").replying = lambda _: None
        await (await bob.get_conversation_by_sid(broken.sid)).send_message("mended")

    async def test_what_is_mended_is_there(self, world: Any, packets: Any, sids: list[str]) -> None:
        world.line("bob").replying = without(packets, "document", sids[0])
        bob = await world.client("bob")
        told: list[Any] = []
        bob.conversations.added.subscribe(told.append)
        world.line("bob").replying = lambda _: None
        mended = await bob.get_conversation_by_sid(sids[0])
        assert mended.friendly_name == "broken"
        assert told == [mended]
        assert len((await bob.get_subscribed_conversations()).items) == 2
