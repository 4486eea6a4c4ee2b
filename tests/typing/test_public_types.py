"""What checkers make of rxconvo as a user writes it: mypy and pyright judge each `assert_type`, the run the rest.

In a `pipe`, mypy does not tell a lambda what it gets; functions with annotations are understood by both.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import AsyncGenerator
from typing import assert_type

import pytest
from reactivex import ConnectableObservable, Observable
from reactivex import operators as ops

import rxconvo
from rxconvo import operators as chat
from rxconvo.model import MarkedRead, Mention, Notification, ReadReceipts, TypingSent
from rxconvo.testing import settle

# What conversations, messages and so on are when they come from a client; written so only where it has to be exact.
Added = rxconvo.MessageAdded[rxconvo.Conversation]
Message = rxconvo.Message[rxconvo.Conversation]
Participant = rxconvo.Participant[rxconvo.Conversation]
MessageEvent = rxconvo.MessageEvent[rxconvo.Conversation]


@pytest.fixture
async def service() -> AsyncGenerator[rxconvo.Service]:
    async with rxconvo.Service() as service:
        yield service


@pytest.fixture
async def client(service: rxconvo.Service) -> AsyncGenerator[rxconvo.Client]:
    async with service.client("ada") as client:
        assert_type(client, rxconvo.Client)
        yield client


@pytest.fixture
async def lunch(client: rxconvo.Client) -> rxconvo.Conversation:
    conversation = await client.create_conversation()
    return assert_type(await conversation.join(), rxconvo.Conversation)


def sid_of(conversation: rxconvo.Conversation) -> str:
    return conversation.sid


def body_of(message: rxconvo.Message) -> str:
    return (
        f"{sid_of(message.conversation)}: {message.body}"  # whoever says no more than `Message` can go on all the same
    )


def messages_of(conversation: rxconvo.Conversation) -> Observable[MessageEvent]:
    return conversation.messages


def weight_of(conversation: rxconvo.Conversation) -> int:
    return len(conversation.friendly_name or "?")


def sid_of_message(message: rxconvo.Message) -> str | None:
    return message.conversation_sid


def noisy(message: rxconvo.Message) -> bool:
    return bool(message.body)


async def test_streams_of_a_client(client: rxconvo.Client) -> None:
    assert_type(client.messages, rxconvo.MessageStream[rxconvo.Conversation])
    assert_type(client.participants, rxconvo.ParticipantStream[rxconvo.Conversation])
    assert_type(client.typing, rxconvo.TypingStream[rxconvo.Conversation])
    assert_type(client.updated, rxconvo.HotStream[rxconvo.ConversationUpdated[rxconvo.Conversation]])
    assert_type(client.removed, rxconvo.HotStream[rxconvo.ConversationRemoved[rxconvo.Conversation]])
    assert_type(client.conversations, rxconvo.ConversationStream[rxconvo.Conversation])
    assert_type(client.users, rxconvo.UserStream)
    assert_type(client.connection_state, rxconvo.StateStream[str])
    assert_type(client.tokens, rxconvo.HotStream[rxconvo.TokenEvent])
    assert_type(client.errors, rxconvo.HotStream[rxconvo.RxconvoError])
    assert_type(client["messages$"], rxconvo.MessageStream[rxconvo.Conversation])
    assert_type(client["conversations$"], rxconvo.ConversationStream[rxconvo.Conversation])
    assert_type(client["connection_state$"], rxconvo.StateStream[str])
    assert_type(client["push$"], rxconvo.HotStream[rxconvo.PushNotification])


async def test_streams_of_a_conversation(lunch: rxconvo.Conversation) -> None:
    assert_type(lunch.messages, rxconvo.MessageStream[rxconvo.Conversation])
    assert_type(lunch.updated, rxconvo.HotStream[rxconvo.ConversationUpdated[rxconvo.Conversation]])
    assert_type(lunch["messages$"], rxconvo.MessageStream[rxconvo.Conversation])
    assert_type(lunch["participants$"], rxconvo.ParticipantStream[rxconvo.Conversation])
    assert_type(lunch["typing$"], rxconvo.TypingStream[rxconvo.Conversation])
    assert_type(lunch["updated$"], rxconvo.HotStream[rxconvo.ConversationUpdated[rxconvo.Conversation]])
    assert_type(lunch["removed$"], rxconvo.HotStream[rxconvo.ConversationRemoved[rxconvo.Conversation]])


async def test_views(client: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    assert_type(client.conversations.joined, rxconvo.HotStream[rxconvo.Conversation])
    assert_type(client.conversations.left, rxconvo.HotStream[rxconvo.ConversationLeft[rxconvo.Conversation]])
    assert_type(lunch.messages.added, rxconvo.HotStream[Message])
    assert_type(lunch.messages.updated, rxconvo.HotStream[rxconvo.MessageUpdated[rxconvo.Conversation]])
    assert_type(lunch.participants.joined, rxconvo.HotStream[Participant])
    assert_type(lunch.typing.started, rxconvo.HotStream[Participant])
    assert_type(lunch.typing.ended, rxconvo.HotStream[rxconvo.TypingEnded[rxconvo.Conversation]])
    assert_type(client.users.subscribed, rxconvo.HotStream[rxconvo.User])


async def test_what_leads_to_a_conversation_leads_to_its_handle(client: rxconvo.Client) -> None:
    everything = client.conversations.joined.flat_map(lambda conversation: conversation.messages)
    assert_type(everything, rxconvo.LoopObservable[MessageEvent])
    seen: list[Message] = []

    def see(event: MessageEvent) -> None:
        if isinstance(event, rxconvo.MessageAdded):
            seen.append(event.message)

    with everything.subscribe(see):
        lunch = await client.create_conversation()
        await lunch.join()
        await settle()
        await lunch.send_message("hello")
    (message,) = seen
    assert assert_type(message.conversation, rxconvo.Conversation) is lunch
    assert sid_of(message.conversation) == lunch.sid
    page = await message.conversation.get_messages()
    assert body_of(page.items[0]) == f"{lunch.sid}: hello"


async def test_events_are_told_apart(lunch: rxconvo.Conversation) -> None:
    coming = lunch.messages.next()
    await lunch.send_message("hello")
    event = assert_type(await coming, MessageEvent)
    match event:
        case rxconvo.MessageAdded(message):
            assert_type(message, Message)
            assert sid_of(message.conversation) == lunch.sid
        case rxconvo.MessageUpdated(before, after, reasons):
            assert_type(before, Message | None)
            assert_type(after.conversation, rxconvo.Conversation)
            assert_type(reasons, tuple[str, ...])
        case rxconvo.MessageRemoved():
            assert_type(event.message, Message | None)
            assert_type(event.home.get(), rxconvo.Conversation)
        case rxconvo.Discontinuity():
            assert_type(event.conversation_sid, str | None)
    assert isinstance(event, rxconvo.MessageAdded)
    assert_type(event, Added)


async def test_changes_of_a_conversation(lunch: rxconvo.Conversation) -> None:
    coming = lunch.updated.next()
    await lunch.update_friendly_name("Lunch")
    event = await coming
    assert_type(event.before, rxconvo.ConversationState)
    assert sid_of(assert_type(event.conversation, rxconvo.Conversation)) == lunch.sid


async def test_chains_of_stock_operators(client: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    added = lunch.messages.added
    assert_type(added.pipe(), rxconvo.HotStream[Message])
    assert_type(added.pipe(ops.map(body_of)), rxconvo.LoopObservable[str])
    assert_type(added.pipe(ops.filter(noisy), ops.map(body_of), ops.debounce(0.3)), rxconvo.LoopObservable[str])
    assert_type(
        added.pipe(
            ops.map(body_of), ops.map(len), ops.map(float), ops.map(str), ops.map(len), ops.map(float), ops.map(str)
        ),
        rxconvo.LoopObservable[str],
    )
    assert_type(client.conversations.joined.pipe(ops.flat_map(messages_of)), rxconvo.LoopObservable[MessageEvent])


async def test_chains_that_are_no_plain_observables(lunch: rxconvo.Conversation) -> None:
    published: ConnectableObservable[str] = lunch.messages.added.pipe(ops.map(body_of), ops.publish())
    connection = published.connect()
    assert connection is not None
    connection.dispose()
    future = lunch.messages.added.pipe(ops.to_future())
    assert_type(future, Future[Message])
    future.cancel()


async def test_chains_of_our_operators(lunch: rxconvo.Conversation) -> None:
    assert_type(lunch.typing.pipe(chat.typing_indicator()), rxconvo.LoopObservable[frozenset[str]])
    assert_type(lunch.messages.pipe(chat.unread_badge(lunch)), rxconvo.LoopObservable[int])
    assert_type(lunch.messages.pipe(chat.unread_badge(lunch), ops.map(str)), rxconvo.LoopObservable[str])


async def test_chains_of_our_operators_for_reading(client: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    added = lunch.messages.added
    assert_type(
        lunch.typing.pipe(chat.typing_indicator(), chat.typing_text(str.title)),
        rxconvo.LoopObservable[str],
    )
    assert_type(added.pipe(chat.send_typing(lunch)), rxconvo.LoopObservable[TypingSent])
    assert_type(client.messages.pipe(chat.unread_total([lunch])), rxconvo.LoopObservable[int])
    assert_type(
        client.messages.pipe(chat.unread_total([lunch], client.conversations, weight=weight_of)),
        rxconvo.LoopObservable[int],
    )
    receipts = chat.read_receipts(lunch.get_participants(), exclude="ada")
    assert_type(lunch.participants.pipe(receipts), rxconvo.LoopObservable[ReadReceipts])
    assert_type(
        added.map(lambda message: message.index).pipe(chat.auto_mark_read(lunch)),
        rxconvo.LoopObservable[MarkedRead],
    )
    assert_type(added.pipe(chat.mentions("ada")), rxconvo.LoopObservable[Mention[rxconvo.Conversation]])
    assert_type(
        client.messages.added.pipe(chat.notify("ada", focus=added.map(sid_of_message))),
        rxconvo.LoopObservable[Notification[rxconvo.Conversation]],
    )


async def test_fluent_chains(client: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    added = lunch.messages.added
    assert_type(added.map(lambda message: message.index), rxconvo.LoopObservable[int])
    assert_type(
        added.filter(lambda message: message.author != "ada").take(3).map(lambda message: message.conversation.sid),
        rxconvo.LoopObservable[str],
    )
    assert_type(
        added.debounce(0.3).skip(1).delay(1.0).distinct_until_changed().share().retry(2).timeout(5.0),
        rxconvo.LoopObservable[Message],
    )
    assert_type(added.merge(client.messages.added).take_until(lunch.removed), rxconvo.LoopObservable[Message])
    assert_type(
        added.map(lambda message: message.index).scan(lambda total, index: total + index), rxconvo.LoopObservable[int]
    )
    assert_type(
        client.conversations.joined.switch_map(lambda each: each.updated).do_action(print).map(str),
        rxconvo.LoopObservable[str],
    )


async def test_iterating(lunch: rxconvo.Conversation) -> None:
    await lunch.send_message("hello")
    async for event in lunch.messages.pipe(ops.take(0)):
        assert_type(event, MessageEvent)
    async for body in lunch.messages.added.pipe(ops.map(body_of), ops.take(0)):
        assert_type(body, str)
    async for index in lunch.messages.added.filter(noisy).map(lambda message: message.index).take(0):
        assert_type(index, int)
    async for sent in lunch.send_message("hello again"):
        assert assert_type(sent, int) == 1


async def test_results(client: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    sending = lunch.send_message("one")
    assert_type(sending, rxconvo.Cold[int])
    assert_type(sending.retry(3), rxconvo.LoopObservable[int])
    assert_type(await sending, int)
    assert_type(await lunch.send_message("two").retry(3), int)
    assert_type(await lunch.send_message("three").pipe(ops.retry(3)), int)
    assert_type(await lunch.advance_last_read_message_index(1), int | None)
    assert_type(await lunch.send_typing(), None)
    assert_type(await lunch.update_friendly_name("Lunch"), rxconvo.Conversation)
    assert_type(await client.get_conversation_by_sid(lunch.sid), rxconvo.Conversation)
    bob = await lunch.add("bob")
    assert_type(bob, Participant)
    assert_type(bob.conversation, rxconvo.Conversation)
    assert_type(await lunch.get_participants(), list[Participant])
    assert_type(await bob.update_attributes({"role": "cook"}), Participant)


async def test_pages(client: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    for body in ("one", "two"):
        await lunch.send_message(body)
    page = await lunch.get_messages(1)
    assert_type(page, rxconvo.Paginator[Message])
    assert_type(page.items, tuple[Message, ...])
    assert_type(await page.prev_page(), rxconvo.Paginator[Message])
    message = page.items[0]
    assert_type(await message.update_body("three"), Message)
    assert_type(await message.get_participant(), Participant)
    assert_type(await client.get_subscribed_conversations(), rxconvo.Paginator[rxconvo.Conversation])


async def test_media(client: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    note = rxconvo.SendMediaOptions("text/plain", "a note", "note.txt")
    assert_type(await lunch.send_message(note, {"a": 1}), int)
    unsent = assert_type(lunch.prepare_message().set_body("see").add_media(note).build(), rxconvo.UnsentMessage)
    assert_type(unsent.progress, rxconvo.HotStream[rxconvo.TransferProgress])
    assert_type(unsent.send(), rxconvo.Cold[int])
    assert_type(await lunch.prepare_message().set_subject("x").build_and_send(), int)
    message = (await lunch.get_messages()).items[0]
    media = assert_type(message.media, rxconvo.Media | None)
    assert media is not None
    assert_type(message.attached_media, tuple[rxconvo.Media, ...])
    assert_type(message.get_email_body(), rxconvo.Media | None)
    assert_type(await media.get_content_temporary_url(), str | None)
    assert_type(await media.read(), bytes)
    assert_type(media.download("note.txt"), Observable[rxconvo.TransferProgress])
    assert_type(await message.get_temporary_content_urls_for_attached_media(), dict[str, str])
    assert_type(await client.get_temporary_content_urls_for_media([media]), dict[str, str])
    assert_type(await message.attach_temporary_urls_for([media]), list[rxconvo.Media])
    assert_type(await message.get_content_data(), rxconvo.ContentData | None)
