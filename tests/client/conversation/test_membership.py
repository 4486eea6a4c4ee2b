from __future__ import annotations

from typing import Any

import orjson
import pytest

from rxconvo import Participant, ParticipantBindingOptions, ParticipantJoined
from rxconvo.errors import ArgumentError, ClosedError, NotFoundError, OutcomeUnknownError, RejectedError
from rxconvo.testing import advance, settle


async def identities(conversation: Any) -> list[str]:
    return [participant.identity for participant in await conversation.get_participants()]


class TestJoining:
    async def test_who_has_joined_takes_part(self, room: Any) -> None:
        await room.lobby.join()
        assert room.lobby.status == "joined"
        assert await identities(room.lobby) == ["ada"]

    async def test_joining_twice_is_refused(self, room: Any) -> None:
        with pytest.raises(RejectedError) as error:
            await room.mine.join()
        assert (error.value.status, error.value.code) == (409, 50433)

    async def test_a_public_conversation_can_be_joined_by_everybody(self, room: Any) -> None:
        public = await room.ada.create_conversation(access="public")
        eve = await room.stranger()
        found = await eve.get_conversation_by_sid(public.sid)
        assert found.status == "notParticipating"
        assert await found.join() is found
        assert found.status == "joined"
        assert await identities(public) == ["eve"]


class TestReturning:
    @pytest.mark.parametrize("watch", ["documents", "all", "none"])
    async def test_who_returns_gets_the_live_handle_at_once(self, room: Any, watch: str) -> None:
        client = await room.world.client("ada", watch=watch)
        old = client.find_conversation(room.mine.sid)
        await old.leave()
        asked_at = room.now
        new = await old.join()
        assert room.now == asked_at
        assert new is client.find_conversation(room.mine.sid) is not old
        assert (new.status, old.status) == ("joined", "notParticipating")
        assert new.friendly_name == "standup"
        added: list[Any] = []
        new.messages.added.subscribe(added.append)
        await new.send_message("back again")
        assert [message.body for message in added] == ["back again"]

    async def test_who_is_looked_up_meanwhile_is_the_same(self, room: Any) -> None:
        await room.mine.leave()
        found = await room.ada.get_conversation_by_sid(room.mine.sid)
        assert await room.mine.join() is found
        assert found.status == "joined"

    async def test_who_leaves_again_does_so_with_the_live_handle(self, room: Any) -> None:
        await room.mine.leave()
        new = await room.mine.join()
        with pytest.raises(ClosedError):
            await room.mine.leave()
        assert await identities(room.theirs) == ["bob", "ada"]
        await new.leave()
        assert await identities(room.theirs) == ["bob"]

    async def test_who_has_returned_by_another_handle_is_refused(self, room: Any) -> None:
        await room.mine.leave()
        await room.mine.join()
        with pytest.raises(RejectedError) as error:
            await room.mine.join()
        assert error.value.status == 409

    async def test_who_was_only_invited_cannot_return(self, room: Any) -> None:
        await room.theirs.leave()
        with pytest.raises(NotFoundError):
            await room.theirs.join()

    async def test_what_has_not_appeared_in_time_is_waited_for_by_the_next_attempt(self, room: Any) -> None:
        await room.mine.leave()
        release = room.hold()
        join = room.mine.join()
        asked_at = room.now
        with pytest.raises(OutcomeUnknownError, match="appear"):
            await join
        assert room.now == asked_at + room.ada._context.options.echo_timeout
        release()
        assert await join is room.ada.find_conversation(room.mine.sid)
        first, second = (request.http_request.headers for request in room.requests()[-2:])
        assert first == second


class TestLeaving:
    async def test_who_has_not_joined_leaves_without_a_request(self, room: Any) -> None:
        assert await room.lobby.leave() is room.lobby
        assert room.said() == []

    async def test_the_others_stay(self, room: Any) -> None:
        await room.mine.leave()
        assert await identities(room.theirs) == ["bob"]

    @pytest.mark.parametrize("identity", ["a/b", "ä ö", "100%", "..", "a?b"])
    async def test_whatever_ones_identity(self, room: Any, identity: str) -> None:
        client = await room.stranger(identity)
        await room.mine.add(identity)
        await advance(1)
        handle = client.find_conversation(room.mine.sid)
        assert handle is not None
        await handle.leave()
        assert handle.status == "notParticipating"
        assert await identities(room.mine) == ["ada", "bob"]


class TestDeleting:
    async def test_it_is_gone_for_everybody(self, room: Any) -> None:
        ended: list[str] = []
        for handle, name in ((room.mine, "mine"), (room.theirs, "theirs")):
            handle.removed.subscribe(on_completed=lambda name=name: ended.append(name))
        assert await room.mine.delete() is room.mine
        await settle()
        assert sorted(ended) == ["mine", "theirs"]
        for client in (room.ada, room.bob):
            assert client.find_conversation(room.mine.sid) is None
            with pytest.raises(NotFoundError):
                await client.get_conversation_by_sid(room.mine.sid)

    async def test_the_creator_need_not_take_part(self, room: Any) -> None:
        await room.lobby.delete()
        assert room.ada.find_conversation(room.lobby.sid) is None

    async def test_a_member_may_not(self, room: Any) -> None:
        with pytest.raises(RejectedError) as error:
            await room.theirs.delete()
        assert error.value.status == 403
        assert await room.mine.get_participants_count() == 2


class TestAdding:
    async def test_who_is_added_is_told(self, room: Any) -> None:
        eve = await room.stranger()
        joined: list[Any] = []
        eve.conversations.joined.subscribe(joined.append)
        added = await room.mine.add("eve")
        await advance(1)
        assert [conversation.sid for conversation in joined] == [room.mine.sid]
        assert (added.identity, added.type, added.attributes) == ("eve", "chat", {})

    async def test_an_identity_not_heard_of_before_is_made_on_the_spot(self, room: Any) -> None:
        await room.mine.add("newcomer")
        newcomer = await room.stranger("newcomer")
        assert newcomer.find_conversation(room.mine.sid) is not None

    async def test_the_participant_is_that_of_the_roster_where_it_is_open(self, room: Any) -> None:
        joined: list[Participant] = []
        room.mine.participants.joined.subscribe(joined.append)
        assert [await room.mine.add("carol", [1])] == joined

    async def test_the_participant_is_the_same_where_it_is_not(self, room: Any) -> None:
        added = await room.mine.add("carol", [1])
        found = await room.mine.get_participant_by_identity("carol")
        assert added.conversation is room.mine
        shown = ("sid", "identity", "attributes", "date_created", "date_updated", "role_sid", "type")
        assert [getattr(added, name) for name in shown] == [getattr(found, name) for name in shown]

    async def test_whoever_takes_part_already_is_refused(self, room: Any) -> None:
        with pytest.raises(RejectedError) as error:
            await room.mine.add("bob")
        assert (error.value.status, error.value.code) == (409, 50433)

    @pytest.mark.parametrize("identity", ["a/b", "ä ö", "100%", "a?b=c&d", "..", "CH" + "0" * 32])
    async def test_any_identity_is_added_found_and_removed(self, room: Any, identity: str) -> None:
        added = await room.mine.add(identity)
        assert added.identity == identity
        assert (await room.mine.get_participant_by_identity(identity)).sid == added.sid
        await room.mine.remove_participant(identity)
        assert await identities(room.mine) == ["ada", "bob"]


class TestRemoving:
    async def test_who_is_removed_is_told_and_the_others_see_it(self, room: Any) -> None:
        gone: list[Any] = []
        left: list[Participant] = []
        room.bob.removed.subscribe(gone.append)
        room.mine.participants.left.subscribe(left.append)
        await room.mine.remove_participant("bob")
        await settle()
        assert [event.conversation_sid for event in gone] == [room.mine.sid]
        assert [participant.identity for participant in left] == ["bob"]
        assert room.theirs.status == "notParticipating"

    @pytest.mark.parametrize("key", ["nobody", "MB" + "0" * 32])
    async def test_who_does_not_take_part_is_not_found(self, room: Any, key: str) -> None:
        with pytest.raises(NotFoundError) as error:
            await room.mine.remove_participant(key)
        assert error.value.code == 50432

    async def test_oneself_can_be_removed(self, room: Any) -> None:
        await room.mine.remove_participant("ada")
        assert room.mine.status == "notParticipating"
        assert room.ada.find_conversation(room.mine.sid) is None


class TestLookingUp:
    async def test_participants_come_in_the_order_of_their_joining(self, room: Any) -> None:
        names = ["zoe", "mia", "abe"]
        for name in names:
            await advance(0.1)
            await room.mine.add(name)
        assert await identities(room.mine) == ["ada", "bob", *names]

    async def test_nobody_takes_part_in_a_conversation_nobody_has_joined(self, room: Any) -> None:
        assert await room.lobby.get_participants() == []

    async def test_the_roster_is_opened_for_it_and_closed_a_while_later(self, room: Any) -> None:
        before = room.subscriptions()
        await room.mine.get_participants()
        await advance(0.5)
        assert room.subscriptions() == before + 1
        await advance(5)
        assert room.subscriptions() == before

    async def test_an_unknown_sid_is_not_found(self, room: Any) -> None:
        with pytest.raises(NotFoundError, match="Participant with SID MB1 was not found"):
            await room.mine.get_participant_by_sid("MB1")

    async def test_an_unknown_identity_is_not_found(self, room: Any) -> None:
        with pytest.raises(NotFoundError, match="Participant with identity carol was not found"):
            await room.mine.get_participant_by_identity("carol")

    async def test_each_subscription_looks_anew(self, room: Any) -> None:
        query = room.mine.get_participants()
        await query
        await room.theirs.add("carol")
        await settle()
        assert len(await query) == 3

    async def test_looked_up_while_the_line_is_down_they_come_when_it_is_up(self, room: Any) -> None:
        room.line.down()
        seen: list[Any] = []
        room.mine.get_participants().subscribe(seen.append, seen.append)
        await advance(5)
        assert not seen
        room.line.up = True
        await advance(10)
        ((ada, bob),) = seen
        assert (ada.identity, bob.identity) == ("ada", "bob")

    async def test_without_a_connection_they_are_given_up_in_time(self, room: Any) -> None:
        room.line.down()
        await settle()
        asked_at = room.now
        with pytest.raises(OutcomeUnknownError):
            await room.mine.get_participants()
        assert room.now == asked_at + room.ada._context.options.queue_timeout


class TestParticipants:
    async def test_their_attributes_change_for_everybody(self, room: Any) -> None:
        bob = await room.theirs.get_participant_by_identity("bob")
        updated: list[Any] = []
        room.mine.participants.updated.subscribe(updated.append)
        await room.mine.participants.opened
        changed = await bob.update_attributes({"role": "host"})
        await settle()
        assert (bob.attributes, changed.attributes) == ({}, {"role": "host"})
        (event,) = updated
        assert event.after.attributes == {"role": "host"}
        assert set(event.reasons) == {"attributes", "dateUpdated"}

    async def test_one_that_is_not_held_is_told_once_before_the_result(self, room: Any) -> None:
        await room.watch()
        carol = await room.mine.add("carol")
        room.events.clear()
        await carol.update_attributes([1])
        assert room.told == ["ParticipantUpdated"]

    async def test_who_joined_belongs_to_the_conversation(self, room: Any) -> None:
        joined: list[ParticipantJoined] = []
        room.mine.participants.subscribe(joined.append)
        await room.mine.add("carol")
        assert joined[0].participant.conversation is room.mine
        assert joined[0].participant.conversation_sid == room.mine.sid

    async def test_one_that_is_gone_cannot_be_removed_again(self, room: Any) -> None:
        bob = await room.mine.get_participant_by_identity("bob")
        await bob.remove()
        with pytest.raises(NotFoundError):
            await bob.remove()


class TestOtherChannels:
    async def test_somebody_is_added_by_a_number(self, room: Any) -> None:
        await room.watch()
        phone = await room.mine.add_non_chat_participant("+15005550006", "+15005550001", {"desk": 3})
        assert (phone.type, phone.identity, phone.attributes) == ("sms", None, {"desk": 3})
        assert phone.bindings == {"sms": {"address": "+15005550001", "proxy_address": "+15005550006"}}
        assert room.told == ["ParticipantJoined"]
        assert room.events[0].participant == phone
        (request,) = room.requests()
        assert orjson.loads(request.payload) == {
            "attributes": '{"desk":3}',
            "messaging_binding": {"address": "+15005550001", "proxy_address": "+15005550006"},
        }

    async def test_somebody_is_added_by_an_email_address(self, room: Any) -> None:
        await room.watch()
        ann = await room.mine.add_non_chat_participant(
            "team@example.test",
            "ann@example.test",
            binding_options=ParticipantBindingOptions(email={"name": "Ann", "level": "cc"}),
        )
        assert (ann.type, ann.attributes) == ("email", {})
        assert ann.bindings["email"] == {
            "name": "Ann",
            "address": "ann@example.test",
            "proxy_address": "team@example.test",
            "level": "cc",
        }
        (request,) = room.requests()
        assert orjson.loads(request.payload)["messaging_binding"] == {
            "address": "ann@example.test",
            "proxy_address": "team@example.test",
            "name": "Ann",
            "level": "cc",
        }

    async def test_where_nobody_watches_the_roster_the_answer_says_it(self, room: Any) -> None:
        phone = await room.mine.add_non_chat_participant("+15005550006", "+15005550001")
        assert phone.type == "sms"
        assert phone.bindings == {"sms": {"address": "+15005550001", "proxy_address": "+15005550006"}}

    async def test_a_pair_of_addresses_is_used_once(self, room: Any) -> None:
        await room.mine.add_non_chat_participant("+15005550006", "+15005550001")
        with pytest.raises(RejectedError) as error:
            await room.mine.add_non_chat_participant("+15005550006", "+15005550001")
        assert (error.value.status, error.value.code) == (409, 50416)

    async def test_they_are_changed_and_removed_like_others(self, room: Any) -> None:
        phone = await room.mine.add_non_chat_participant("+15005550006", "+15005550001")
        changed = await phone.update_attributes({"a": 1})
        assert changed.attributes == {"a": 1}
        assert changed.bindings == phone.bindings
        await phone.remove()
        assert await identities(room.mine) == ["ada", "bob"]

    @pytest.mark.parametrize(
        "arguments,options,field",
        [
            (("", "+1500"), {}, "proxy_address"),
            ((None, "+1500"), {}, "proxy_address"),
            (("+1500", ""), {}, "address"),
            (("+1500", 1500), {}, "address"),
            (("+1500", "+1500", {1}), {}, "attributes"),
            (("+1500", "+1500", "x" * 5000), {}, "attributes"),
            (("+1500", "+1500"), {"binding_options": {"email": {}}}, "binding_options"),
            (("+1500", "+1500"), {"binding_options": "email"}, "binding_options"),
        ],
    )
    async def test_wrong_arguments_are_refused_at_once(
        self, room: Any, arguments: Any, options: Any, field: str
    ) -> None:
        with pytest.raises(ArgumentError) as error:
            room.mine.add_non_chat_participant(*arguments, **options)
        assert error.value.field == field
        await settle()
        assert room.requests() == []
