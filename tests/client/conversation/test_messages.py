from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxconvo import Message, MessageAdded, MessageUpdated, TypingStarted
from rxconvo.errors import NotFoundError, OutcomeUnknownError, RejectedError
from rxconvo.testing import advance, settle
from rxconvo.wire.packets import Request


class TestSending:
    @pytest.mark.parametrize("body, shown", [("hi", "hi"), ("", ""), (None, ""), ("ü\n🎉", "ü\n🎉")])
    async def test_a_text_is_what_everybody_gets(self, room: Any, body: str | None, shown: str) -> None:
        added: list[Message] = []
        room.theirs.messages.added.subscribe(added.append)
        await room.theirs.messages.opened
        index = await room.mine.send_message(body)
        await settle()
        (message,) = added
        assert (message.index, message.body, message.author, message.subject) == (index, shown, "ada", None)
        assert (message.type, message.attributes, message.last_updated_by) == ("text", {}, None)
        assert message.date_created == message.date_updated
        assert message.conversation is room.theirs

    @pytest.mark.parametrize("attributes", [{"a": [1, None]}, [], "text", 0, False])
    async def test_with_attributes_and_a_subject(self, room: Any, attributes: Any) -> None:
        index = await room.mine.send_message("hi", attributes, subject="about it")
        (message,) = (await room.theirs.get_messages(1)).items
        assert (message.index, message.attributes, message.subject) == (index, attributes, "about it")

    async def test_indices_ascend_in_the_order_of_sending(self, room: Any) -> None:
        indices: list[int] = []
        for number in range(5):
            room.mine.send_message(str(number)).subscribe(indices.append)
        await settle()
        assert indices == [1, 2, 3, 4, 5]
        assert [message.body for message in (await room.mine.get_messages()).items] == ["hello", *map(str, range(5))]

    async def test_what_was_subscribed_before_sees_what_is_sent_at_once(self, room: Any) -> None:
        bodies: list[str] = []
        room.mine.messages.added.subscribe(lambda message: bodies.append(message.body))
        index = await room.mine.send_message("first")
        assert bodies == ["first"]
        assert index == 1

    async def test_while_the_line_is_down_too(self, room: Any) -> None:
        room.line.down()
        await settle()
        bodies: list[str] = []
        room.mine.messages.added.subscribe(lambda message: bodies.append(message.body))
        sent: list[Any] = []
        room.mine.send_message("first").subscribe(sent.append, sent.append)
        await advance(1)
        room.line.up = True
        await advance(10)
        assert (sent, bodies) == ([1], ["first"])

    async def test_an_observer_that_leaves_meanwhile_does_not_hold_it_up(self, room: Any) -> None:
        room.line.down()
        await settle()
        sent: list[Any] = []
        observer = room.mine.messages.subscribe()
        room.mine.send_message("first").subscribe(sent.append, sent.append)
        await settle()
        observer.dispose()
        await advance(2)  # the source has been closed by now, before it was ever open
        room.line.up = True
        await advance(10)
        assert sent == [1]

    async def test_without_a_connection_it_is_not_sent_and_says_so_in_time(self, room: Any) -> None:
        room.line.down()
        await settle()
        room.mine.messages.subscribe()
        asked_at = room.now
        with pytest.raises(OutcomeUnknownError):
            await room.mine.send_message("first")
        assert room.now == asked_at + room.ada._context.options.queue_timeout
        room.line.up = True
        await advance(60)
        assert await room.mine.get_messages_count() == 1

    async def test_however_often_the_line_is_cut_each_is_sent_and_told_once(self, room: Any) -> None:
        bodies: list[str] = []
        room.mine.messages.added.subscribe(lambda message: bodies.append(message.body))
        await room.mine.messages.opened
        sent: list[Any] = []
        for number in range(40):
            room.mine.send_message(str(number)).retry(9).subscribe(sent.append, sent.append)
            if number % 7 == 0:
                await asyncio.sleep(0)  # some have been written by then, and some have not
                room.line.cut()
        await advance(120)
        assert sorted(sent) == list(range(1, 41))
        assert sorted(map(int, bodies)) == list(range(40))

    async def test_who_takes_no_part_cannot_send(self, room: Any) -> None:
        with pytest.raises(RejectedError) as error:
            await room.lobby.send_message("hi")
        assert (error.value.status, error.value.code) == (403, 50430)


class TestChanging:
    async def test_a_new_text_is_told_with_what_it_was(self, room: Any) -> None:
        told: list[Any] = []
        for conversation in (room.mine, room.theirs):
            conversation.messages.subscribe(told.append)
            await conversation.get_messages()
        changed = await room.message.update_body("better")
        await settle()
        for event in told:
            assert isinstance(event, MessageUpdated)
            assert event.before is not None
            assert (event.before.body, event.after.body) == ("hello", "better")
            assert set(event.reasons) == {"body", "dateUpdated", "lastUpdatedBy"}
        assert len(told) == 2
        assert changed is told[0].after
        assert changed.last_updated_by == "ada"
        assert room.message.body == "hello"
        assert changed.date_updated > room.message.date_updated

    async def test_new_attributes_leave_the_text(self, room: Any) -> None:
        changed = await room.message.update_attributes([1])
        assert (changed.attributes, changed.body) == ([1], "hello")
        (message,) = (await room.theirs.get_messages()).items
        assert (message.attributes, message.body) == ([1], "hello")

    async def test_one_that_is_not_held_is_told_without_what_it_was_before_the_result(self, room: Any) -> None:
        told: list[Any] = []
        room.mine.messages.subscribe(told.append)
        await room.mine.messages.opened
        release = room.hold()
        results: list[Any] = []
        room.message.update_body("better").subscribe(lambda message: results.append((message, list(told))))
        await settle()
        assert not results
        release()
        await settle()
        ((changed, told_before),) = results
        assert told_before == [MessageUpdated(None, changed)]

    async def test_the_text_of_somebody_else_stays(self, room: Any) -> None:
        (theirs,) = (await room.theirs.get_messages()).items
        with pytest.raises(RejectedError) as error:
            await theirs.update_body("mine")
        assert error.value.status == 403

    async def test_one_that_is_gone_is_not_found(self, room: Any) -> None:
        await room.message.remove()
        for change in (room.message.update_body("x"), room.message.update_attributes({}), room.message.remove()):
            with pytest.raises(NotFoundError):
                await change


class TestRemoving:
    async def test_it_is_gone_for_everybody(self, room: Any) -> None:
        removed: list[Any] = []
        room.theirs.messages.removed.subscribe(removed.append)
        await room.theirs.messages.opened
        assert await room.message.remove() is room.message
        await settle()
        assert [event.index for event in removed] == [room.message.index]
        assert (await room.theirs.get_messages()).items == ()

    async def test_its_index_is_not_given_again(self, room: Any) -> None:
        await room.message.remove()
        assert await room.mine.send_message("next") == room.message.index + 1


class TestAuthors:
    async def test_the_author_is_found_by_the_participants_sid(self, room: Any) -> None:
        author = await room.message.get_participant()
        assert author.sid == room.message.participant_sid
        assert author.identity == "ada"

    async def test_one_who_came_back_is_found_by_identity(self, room: Any) -> None:
        await room.theirs.send_message("bye")
        (message,) = (await room.mine.get_messages(1)).items
        await room.mine.remove_participant("bob")
        again = await room.mine.add("bob")
        author = await message.get_participant()
        assert author.sid == again.sid != message.participant_sid

    async def test_one_who_is_gone_is_not_found(self, room: Any) -> None:
        await room.theirs.send_message("bye")
        (message,) = (await room.mine.get_messages(1)).items
        await room.mine.remove_participant("bob")
        with pytest.raises(NotFoundError, match=message.sid):
            await message.get_participant()


class TestTyping:
    @pytest.fixture
    async def typing(self, room: Any) -> list[Any]:
        """Return what ada hears of who types."""
        heard: list[Any] = []
        room.mine.typing.subscribe(heard.append)
        await room.mine.typing.opened
        return heard

    @staticmethod
    def names(heard: list[Any]) -> list[str]:
        """Name what was heard, with the reasons of what ended."""
        return [f"{type(event).__name__} {getattr(event, 'reason', '')}".strip() for event in heard]

    async def test_the_others_see_it(self, room: Any, typing: list[Any]) -> None:
        assert await room.theirs.send_typing() is None
        await settle()
        (event,) = typing
        assert isinstance(event, TypingStarted)
        assert event.participant.identity == "bob"
        assert event.participant.is_typing
        assert event.participant.conversation is room.mine

    async def test_a_further_signal_is_swallowed_until_the_service_wants_one(
        self, room: Any, typing: list[Any]
    ) -> None:
        await room.theirs.send_typing()
        timeout = room.world.service.server._core.service.options.typing_timeout
        room.said("bob")
        for _ in range(3):
            assert await room.theirs.send_typing() is None
        await advance(timeout - 0.1)
        await room.theirs.send_typing()
        assert room.said("bob") == []
        await advance(0.1)
        await room.theirs.send_typing()
        assert room.said("bob") == ["POST Typing"]
        await settle()
        assert self.names(typing) == ["TypingStarted", "TypingStarted"]

    @pytest.mark.parametrize("seconds", [1.5, "1.5", 30])
    async def test_the_service_says_for_how_long(self, room: Any, packets: Any, seconds: Any) -> None:
        room.line.replying = lambda packet: (
            [packets.answer(packet, 200, {"typing_timeout": seconds})]
            if isinstance(packet, Request) and packet.http_request.path.endswith("/Typing")
            else None
        )
        assert room.mine.typing_silence == 0
        await room.mine.send_typing()
        await advance(float(seconds) - 0.5)
        assert room.mine.typing_silence == pytest.approx(0.5)
        await room.mine.send_typing()
        assert room.said() == ["POST Typing"]
        await advance(1)
        assert room.mine.typing_silence == 0
        await room.mine.send_typing()
        assert room.said() == ["POST Typing"]

    async def test_signals_at_once_are_one(self, room: Any, typing: list[Any]) -> None:
        seen: list[Any] = []
        for _ in range(3):
            room.theirs.send_typing().subscribe(seen.append)
        await settle()
        assert seen == [None, None, None]
        assert room.said("bob") == ["POST Typing"]

    async def test_each_conversation_has_its_own_silence(self, room: Any) -> None:
        await room.lobby.join()
        room.said()
        await room.mine.send_typing()
        await room.lobby.send_typing()
        assert room.said() == ["POST Typing", "POST Typing"]

    async def test_it_ends_after_its_time(self, room: Any, typing: list[Any]) -> None:
        await room.theirs.send_typing()
        await advance(60)
        assert self.names(typing) == ["TypingStarted", "TypingEnded expired"]
        assert not typing[0].participant.is_typing

    async def test_it_ends_with_the_authors_message(self, room: Any, typing: list[Any]) -> None:
        room.mine.messages.subscribe(typing.append)
        await room.theirs.send_typing()
        await room.theirs.send_message("done")
        await settle()
        assert self.names(typing) == ["TypingStarted", "MessageAdded", "TypingEnded message"]
        assert isinstance(typing[1], MessageAdded)

    async def test_it_goes_on_after_a_message_of_somebody_else(self, room: Any, typing: list[Any]) -> None:
        await room.theirs.send_typing()
        await room.mine.send_message("meanwhile")
        assert self.names(typing) == ["TypingStarted"]

    async def test_it_ends_when_the_typist_leaves(self, room: Any, typing: list[Any]) -> None:
        await room.theirs.send_typing()
        await room.theirs.leave()
        await settle()
        assert self.names(typing) == ["TypingStarted", "TypingEnded left"]

    async def test_a_signal_that_nobody_may_have_heard_can_be_sent_again(
        self, room: Any, typing: list[Any], lose: Any
    ) -> None:
        lose(room.world.line("bob"), seen=False)
        assert await room.theirs.send_typing().retry(3) is None
        await settle()
        assert self.names(typing) == ["TypingStarted"]

    async def test_who_takes_no_part_cannot_signal_however_often(self, room: Any) -> None:
        for _ in range(2):
            with pytest.raises(RejectedError) as error:
                await room.lobby.send_typing()
            assert error.value.status == 403
