"""The events of clients and users; those of all conversations in process and over real sockets."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, NamedTuple

import pytest

import rxconvo
from rxconvo.client.tokens import Tokens
from rxconvo.testing import Log, World, advance, settle
from rxconvo.wire.codec import encode
from rxconvo.wire.packets import ClientUpdate, Close, Status

SOCKETS = pytest.param("websocket", marks=[pytest.mark.e2e, pytest.mark.real_time])


class Pair(NamedTuple):
    """Ada's and bob's clients."""

    world: World
    ada: rxconvo.Client
    bob: rxconvo.Client

    async def talk(self) -> tuple[rxconvo.Conversation, rxconvo.Conversation]:
        """Return ada's and bob's handle of a conversation that both have joined."""
        mine, his = await self.world.talk(self.ada, self.bob)
        return mine, his


@pytest.fixture(params=["memory", SOCKETS])
async def pair(request: pytest.FixtureRequest) -> AsyncGenerator[Pair]:
    async with World(request.param) as world:
        yield Pair(world, await world.client("ada"), await world.client("bob"))


def listen(entity: Any, *events: str) -> Log:
    """Note what listeners to some events get: name and arguments of each emission."""
    log = Log()

    def note(event: str, *arguments: object) -> None:
        log((event, *arguments))

    for event in events:
        assert entity.on(event, partial(note, event)) is entity
    return log


def names(log: Log) -> list[str]:
    return [event for event, *_ in log]


# -- conversations


async def test_conversations_that_come_and_go(pair: Pair) -> None:
    ada = pair.ada
    log = listen(ada, ada.CONVERSATION_ADDED, ada.CONVERSATION_JOINED, ada.CONVERSATION_LEFT, ada.CONVERSATION_REMOVED)
    mine = await ada.create_conversation()
    await mine.join()
    await mine.leave()
    await log.until(lambda log: len(log) == 4)
    assert log == [
        ("conversationAdded", mine),
        ("conversationJoined", mine),
        ("conversationLeft", mine),
        ("conversationRemoved", mine),
    ]


async def test_changes_of_conversations(pair: Pair) -> None:
    mine, his = await pair.talk()
    log = listen(pair.ada, pair.ada.CONVERSATION_UPDATED)
    await his.update_friendly_name("renamed")
    await log.until(lambda log: len(log) == 1)
    ((name, event),) = log
    assert (name, event.conversation, event.after.friendly_name) == ("conversationUpdated", mine, "renamed")
    assert event.reasons[0] == "friendlyName"


async def test_changes_of_conversations_that_nobody_watches_otherwise() -> None:
    async with World() as world:
        bob = await world.client("bob")
        ada = await world.client("ada", watch="none")
        his, _ = await world.talk(bob, ada)
        log = listen(ada, "conversationUpdated")
        await advance(1)
        log.clear()  # of what was read meanwhile
        await his.update_friendly_name("renamed")
        await settle()
        assert [event.after.friendly_name for _, event in log] == ["renamed"]


async def test_messages(pair: Pair) -> None:
    ada = pair.ada
    mine, his = await pair.talk()
    log = listen(ada, ada.MESSAGE_ADDED, ada.MESSAGE_UPDATED, ada.MESSAGE_REMOVED)
    await ada.messages.opened
    await his.send_message("hello")
    (message,) = (await his.get_messages()).items
    await message.update_body("hello, all")
    await message.remove()
    await log.until(lambda log: len(log) == 3)
    assert names(log) == ["messageAdded", "messageUpdated", "messageRemoved"]
    (_, added), (_, updated), (_, removed) = log
    assert [added.body, updated.message.body, removed.body] == ["hello", "hello, all", "hello, all"]
    assert added.conversation is mine


async def test_participants(pair: Pair) -> None:
    ada = pair.ada
    _, his = await pair.talk()
    log = listen(ada, ada.PARTICIPANT_JOINED, ada.PARTICIPANT_UPDATED, ada.PARTICIPANT_LEFT)
    await ada.participants.opened
    cyd = await his.add("cyd")
    await cyd.update_attributes({"mood": "good"})
    await cyd.remove()
    await log.until(lambda log: len(log) == 3)
    assert names(log) == ["participantJoined", "participantUpdated", "participantLeft"]
    (_, joined), (_, updated), (_, left) = log
    assert [joined.identity, updated.participant.identity, left.identity] == ["cyd"] * 3


async def test_typing(pair: Pair) -> None:
    ada = pair.ada
    _, his = await pair.talk()
    log = listen(ada, ada.TYPING_STARTED, ada.TYPING_ENDED)
    await ada.typing.opened
    await his.send_typing()
    await his.send_message("hello")
    await log.until(lambda log: len(log) == 2)
    assert [(event, participant.identity) for event, participant in log] == [
        ("typingStarted", "bob"),
        ("typingEnded", "bob"),
    ]


# -- the connection


async def test_the_connection(pair: Pair) -> None:
    ada = pair.ada
    log = listen(ada, ada.CONNECTION_STATE_CHANGED, ada.CONNECTION_ERROR)
    pair.world.lines["ada"].cut()
    await log.until(lambda log: len(log) > 2)
    errors = [error for event, error in log if event == "connectionError"]
    states = [state for event, state in log if event == "connectionStateChanged"]
    assert [(error.terminal, error.http_status_code, error.error_code) for error in errors] == [(False, None, None)]
    assert states == ["connecting", "connected"]


async def test_a_token_that_ends() -> None:
    async with World() as world:
        ada = await world.client("ada")
        log = listen(ada, ada.TOKEN_ABOUT_TO_EXPIRE, ada.TOKEN_EXPIRED)
        line = world.memory_line("ada")
        line.inject(encode(ClientUpdate("notice", "token_about_to_expire")))
        await settle()
        assert log == [("tokenAboutToExpire",)]
        line.inject(encode(Close("close", Status(410, "EXPIRED", error_code=20104))))
        await settle()
        assert log == [("tokenAboutToExpire",), ("tokenExpired",)]


async def test_a_refusal_for_good_is_an_error_of_the_connection() -> None:
    async with World() as world:
        ada = await world.client("ada")
        log = listen(ada, "connectionError")
        world.memory_line("ada").inject(encode(Close("close", Status(401, "DENIED", error_code=20101))))
        await settle()
        ((_, error),) = log
        assert isinstance(error, rxconvo.ConnectionError)
        assert (error.terminal, error.http_status_code) == (True, 401)
        assert "DENIED" in str(error)


async def test_an_error_that_a_listener_gets_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with World() as world:
        ada = await world.client("ada")
        log = listen(ada, "connectionError")
        errors: list[rxconvo.RxconvoError] = []
        world.lines["ada"].cut()
        await advance(2)
        assert (len(log), caplog.records) == (1, [])
        with ada.errors.subscribe(errors.append):
            world.lines["ada"].cut()
            await advance(2)
        assert (len(log), len(errors)) == (2, 1)
        ada.off("connectionError", *ada.listeners("connectionError"))
        world.lines["ada"].cut()
        await advance(2)
        assert (len(log), len(caplog.records)) == (2, 1)


async def test_other_errors_are_logged_though_errors_of_the_connection_are_heard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with World() as world:
        ada = await world.client("ada")
        log = listen(ada, "connectionError")
        ada.report(rxconvo.PayloadError("unreadable"))
        assert log == []
        assert [record.getMessage() for record in caplog.records] == ["unreadable"]


# -- the start


async def test_a_client_that_is_connected_is_initialized(pair: Pair) -> None:
    log, ada = Log(), pair.ada
    for event in (ada.INITIALIZED, ada.STATE_CHANGED, ada.INIT_FAILED, ada.CONNECTION_STATE_CHANGED):
        ada.on(event, partial(lambda event, *_: log((event, "no replay")), event))
        ada.on_with_replay(event, partial(lambda event, *arguments: log((event, *arguments)), event))
    assert log == [
        ("initialized",),
        ("stateChanged", "initialized"),
        ("connectionStateChanged", "connected"),
    ]


async def test_who_makes_a_client_sees_it_start() -> None:
    async with World() as world, world.service.client("bob"):
        ada = unstarted(world)
        log = listen(ada, "initialized", "stateChanged", "initFailed", "connectionStateChanged")
        async with await ada.start():
            assert log == [
                ("connectionStateChanged", "connecting"),
                ("connectionStateChanged", "connected"),
                ("stateChanged", "initialized"),
                ("initialized",),
            ]


async def test_who_makes_a_client_sees_that_it_cannot_start() -> None:
    async with World() as world:
        ada = unstarted(world, token="no token at all")
        log = listen(ada, "initialized", "stateChanged", "initFailed")
        with pytest.raises(rxconvo.DeniedError) as caught:
            await ada.start()
        assert log == [("stateChanged", "failed"), ("initFailed", caught.value)]
        assert len(ada._context.emitters) == 0


def unstarted(world: World, *, token: str | None = None) -> rxconvo.Client:
    """Make a client of a world's service."""
    return rxconvo.Client(
        world.service,
        Tokens(token or world.service.token("ada")),
        rxconvo.ClientOptions(),
        world.environment("ada"),
    )


# -- users


async def test_users(pair: Pair) -> None:
    ada, replayed = pair.ada, Log()
    log = listen(ada, ada.USER_SUBSCRIBED, ada.USER_UPDATED, ada.USER_UNSUBSCRIBED)
    user = await ada.get_user("bob")
    its = listen(user, user.USER_SUBSCRIBED, user.UPDATED, user.USER_UNSUBSCRIBED)
    user.on_with_replay("userSubscribed", replayed)
    assert replayed == [user]
    await pair.bob.user.update_friendly_name("Bob")
    await its.until(lambda log: len(log) == 1)
    await user.unsubscribe()
    user.once_with_replay("userSubscribed", replayed)
    assert replayed == [user]
    again = await ada.get_user("bob")
    assert replayed == [user, again, again]
    assert names(log) == ["userSubscribed", "userUpdated", "userUnsubscribed", "userSubscribed"]
    assert names(its) == ["updated", "userUnsubscribed", "userSubscribed"]
    (_, event), (_, last), _ = its
    assert (event.user.friendly_name, event.reasons, last.friendly_name) == ("Bob", ("friendlyName",), "Bob")
    assert log[1:3] == [("userUpdated", event), ("userUnsubscribed", last)]


async def test_the_own_user_hears_of_its_own_changes(pair: Pair) -> None:
    user, subscribed = pair.ada.user, Log()
    log = listen(user, user.UPDATED)
    user.on_with_replay("userSubscribed", subscribed)
    assert subscribed == [user]
    await pair.bob.user.update_friendly_name("Bob")
    await pair.ada.user.update_friendly_name("Ada")
    await log.until(lambda log: len(log) == 1)
    ((_, event),) = log
    assert (event.user, event.before, event.reasons) == (pair.ada.user, user, ("friendlyName",))


# -- push


async def test_push_notifications(pair: Pair) -> None:
    ada = pair.ada
    log = listen(ada, ada.PUSH_NOTIFICATION)
    payload = {"data": {"twi_message_type": "twilio.conversations.new_message", "twi_body": "bob: hello"}}
    await ada.handle_push_notification(payload)
    assert log == [("pushNotification", ada.parse_push_notification(payload))]
