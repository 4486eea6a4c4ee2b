"""Each reason of an update, where a service brings it about, exactly as the reference says; and the end, told once.

What no service changes (creator, date of creation, author) is in the tests of the model.
Source: Conversations, update reasons; life cycle sequences.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import rxconvo
from rxconvo import (
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    MessageUpdated,
    ParticipantUpdated,
    UserUpdated,
)
from rxconvo.testing import advance


class Chat:
    """One conversation of ada's and bob's with a message of hers and a phone; what bob's client tells of it."""

    mine: rxconvo.Conversation
    theirs: rxconvo.Conversation
    message: rxconvo.Message
    phone: rxconvo.Participant

    def __init__(self, world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
        self.world = world
        self.ada = ada
        self.bob = bob
        self.events: list[Any] = []

    async def begin(self) -> Chat:
        self.mine = await self.ada.create_conversation(friendly_name="lunch")
        await self.mine.join()
        await self.mine.add("bob")
        self.phone = await self.mine.add_non_chat_participant("+15005550006", "+15005550001")
        await self.mine.send_message("hello")
        (self.message,) = (await self.mine.get_messages()).items
        theirs = self.bob.find_conversation(self.mine.sid)
        assert theirs is not None
        self.theirs = theirs
        for stream in (self.bob.messages, self.bob.participants, self.bob.conversations, self.bob.users):
            stream.subscribe(self.events.append)
            await stream.opened
        await self.theirs.get_messages()
        await self.bob.get_user("ada")
        await advance(2)
        self.events.clear()
        return self

    def control(self, op: str, **fields: Any) -> Awaitable[Any]:
        return self.world.service.server.control(op, conversation=self.mine.sid, **fields)  # type: ignore[no-any-return]

    def reasons(self, kind: type[Any]) -> list[tuple[str, ...]]:
        return [event.reasons for event in self.events if isinstance(event, kind)]


@pytest.fixture
async def chat(world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> Chat:
    return await Chat(world, ada, bob).begin()


Act = Callable[[Chat], Awaitable[Any]]

CONVERSATION: list[tuple[Act, list[tuple[str, ...]]]] = [
    (lambda chat: chat.mine.update_friendly_name("dinner"), [("friendlyName", "dateUpdated")]),
    (lambda chat: chat.mine.update_unique_name("dinner"), [("uniqueName", "dateUpdated")]),
    (lambda chat: chat.mine.update_attributes({"a": 1}), [("attributes", "dateUpdated")]),
    (lambda chat: chat.mine.send_message("again"), [("lastMessage",)]),
    (lambda chat: chat.message.remove(), [("lastMessage",)]),
    (lambda chat: chat.theirs.update_last_read_message_index(0), [("lastReadMessageIndex",)]),
    (lambda chat: chat.theirs.set_user_notification_level("muted"), [("notificationLevel",)]),
    (lambda chat: chat.control("state", state="inactive"), [("dateUpdated", "state")]),
    (lambda chat: chat.control("bindings", bindings={"sms": {"address": "+1500"}}), [("dateUpdated", "bindings")]),
    (lambda chat: chat.mine.update_friendly_name("lunch"), []),
]

MESSAGE: list[tuple[Act, list[tuple[str, ...]]]] = [
    (lambda chat: chat.message.update_body("hi"), [("body", "lastUpdatedBy", "dateUpdated")]),
    (lambda chat: chat.message.update_attributes({"a": 1}), [("lastUpdatedBy", "dateUpdated", "attributes")]),
    (
        lambda chat: chat.control("delivery", message=chat.message.sid, statuses={chat.phone.sid: "sent"}),
        [("deliveryReceipt",)],
    ),
    (
        lambda chat: chat.control("metadata", message=chat.message.sid, metadata={"type": "x", "data": {}}),
        [],
    ),
]

PARTICIPANT: list[tuple[Act, list[tuple[str, ...]]]] = [
    (lambda chat: chat.phone.update_attributes({"a": 1}), [("attributes", "dateUpdated")]),
    (lambda chat: chat.mine.update_last_read_message_index(0), [("lastReadMessageIndex", "lastReadTimestamp")]),
]

USER: list[tuple[Act, list[tuple[str, ...]]]] = [
    (lambda chat: chat.ada.user.update_friendly_name("Ada"), [("friendlyName",)]),
    (lambda chat: chat.ada.user.update_attributes({"a": 1}), [("attributes",)]),
    (lambda chat: chat.ada.set_push_registration_id("fcm", "device"), [("reachabilityNotifiable",)]),
    (lambda chat: chat.ada.shutdown(), [("reachabilityOnline",)]),
]

CASES = [
    (kind, act, reasons)
    for kind, cases in (
        (ConversationUpdated, CONVERSATION),
        (MessageUpdated, MESSAGE),
        (ParticipantUpdated, PARTICIPANT),
        (UserUpdated, USER),
    )
    for act, reasons in cases
]


@pytest.mark.parametrize("kind,act,reasons", CASES)
async def test_an_update_tells_its_reasons(
    chat: Chat, kind: type[Any], act: Act, reasons: list[tuple[str, ...]]
) -> None:
    await act(chat)
    await advance(1)
    assert [set(each) for each in chat.reasons(kind)] == [set(each) for each in reasons]
    if kind is not ConversationUpdated:  # whose reasons come in the order of the document's members
        assert chat.reasons(kind) == reasons


ENDS: list[tuple[Act, list[type[Any]]]] = [
    (lambda chat: chat.mine.delete(), [ConversationLeft, ConversationRemoved]),
    (lambda chat: chat.mine.remove_participant("bob"), [ConversationLeft, ConversationRemoved]),
    (lambda chat: chat.theirs.leave(), [ConversationLeft, ConversationRemoved]),
]


@pytest.mark.parametrize("act,kinds", ENDS)
async def test_the_end_is_told_once_whether_of_the_conversation_or_of_the_own_access(
    chat: Chat, act: Act, kinds: list[type[Any]]
) -> None:
    removed: list[Any] = []
    done: list[str] = []
    chat.theirs.removed.subscribe(
        lambda event: removed.append(event.conversation), on_completed=lambda: done.append("")
    )
    await act(chat)
    await advance(1)
    told = [type(event) for event in chat.events if isinstance(event, ConversationLeft | ConversationRemoved)]
    assert told == kinds
    assert removed == [chat.theirs]
    assert done == [""]
    assert chat.theirs.status == "notParticipating"


async def test_a_client_tells_its_version(ada: rxconvo.Client) -> None:
    assert ada.version == rxconvo.Client.version == rxconvo.__version__
