"""What checkers make of listeners as a user writes them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Literal, assert_type

import pytest

import rxconvo
from rxconvo import emitter as events

Message = rxconvo.Message[rxconvo.Conversation]
Participant = rxconvo.Participant[rxconvo.Conversation]


@pytest.fixture
async def client() -> AsyncGenerator[rxconvo.Client]:
    async with rxconvo.connect("memory:", identity="ada") as client:
        yield client


async def joined(client: rxconvo.Client) -> rxconvo.Conversation:
    conversation = await client.create_conversation()
    return await conversation.join()


async def test_constants_are_names(client: rxconvo.Client) -> None:
    assert_type(client.MESSAGE_ADDED, Literal["messageAdded"])
    assert_type(rxconvo.Conversation.REMOVED, Literal["removed"])
    assert_type(rxconvo.Message.UPDATED, Literal["updated"])
    assert_type(rxconvo.Participant.TYPING_STARTED, Literal["typingStarted"])
    assert_type(rxconvo.User.USER_SUBSCRIBED, Literal["userSubscribed"])


async def test_listeners_say_what_they_get(client: rxconvo.Client) -> None:
    seen: list[object] = []

    def added(message: Message) -> None:
        seen.append(message.conversation.sid)

    def updated(event: rxconvo.MessageUpdated) -> None:
        seen.append(event.reasons)

    async def removed(conversation: rxconvo.Conversation) -> None:
        seen.append(conversation)

    conversation = await joined(client)
    assert_type(conversation.on(conversation.MESSAGE_ADDED, added), rxconvo.Conversation)
    assert_type(client.once("messageUpdated", updated).off("messageUpdated", updated), rxconvo.Client)
    conversation.prepend_once_listener("removed", removed)
    conversation.on_with_replay("typingStarted", lambda who: seen.append(who.sid))
    await conversation.send_message("hello")
    (message,) = (await conversation.get_messages()).items
    assert_type(message.on("updated", updated), Message)
    ada = await conversation.get_participant_by_identity("ada")
    assert_type(ada.add_listener(ada.UPDATED, print).remove_listener(ada.UPDATED, print), Participant)
    assert_type(client.user.set_max_listeners(7), rxconvo.User)
    assert_type(message.listener_count("updated", updated), int)
    assert_type(message.emit("mine", 1, "two"), bool)
    assert_type(conversation.get_max_listeners(), float)
    assert seen == [conversation.sid]


async def test_entities_are_emitters_for_the_functions_of_the_module(client: rxconvo.Client) -> None:
    conversation = await joined(client)
    coming = events.once(conversation, "messageAdded")
    iteration = events.on(conversation, conversation.MESSAGE_ADDED)
    await conversation.send_message("hello")
    assert_type(await coming, tuple[Any, ...])
    async for (message,) in iteration:
        assert message.body == "hello"
        break
    events.set_max_listeners(3, client, conversation, message, client.user)
    assert events.listener_count(message, "updated") == 0
