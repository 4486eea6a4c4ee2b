"""The streams of a client: those of all its conversations as one, and its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

import rxconvo
from rxconvo.errors import ConnectionError, ObserverError, PayloadError
from rxconvo.testing import advance, observers_may_raise, settle
from rxconvo.wire.packets import Request

if TYPE_CHECKING:
    from tests.client.conftest import Packets, World


async def shared(ada: rxconvo.Client, bob: rxconvo.Client) -> tuple[rxconvo.Conversation, rxconvo.Conversation]:
    """Return the two handles of a conversation that both have joined."""
    conversation = await ada.create_conversation()
    await conversation.join()
    await conversation.add("bob")
    return conversation, await bob.get_conversation_by_sid(conversation.sid)


def names(events: list[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


# -- of all conversations


async def test_messages_of_all_conversations_come_as_one(ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    first, theirs_first = await shared(ada, bob)
    second, theirs_second = await shared(ada, bob)
    seen: list[tuple[str, str | None]] = []
    ada.messages.added.subscribe(lambda message: seen.append((message.conversation.sid, message.body)))
    await ada.messages.opened
    await theirs_first.send_message("one")
    await theirs_second.send_message("two")
    await theirs_first.send_message("three")
    await settle()
    assert seen == [(first.sid, "one"), (second.sid, "two"), (first.sid, "three")]


async def test_conversations_joined_later_are_among_them(ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    seen: list[str | None] = []
    ada.messages.added.subscribe(lambda message: seen.append(message.body))
    await ada.messages.opened
    _, theirs = await shared(ada, bob)
    await advance(1)
    await theirs.send_message("hello")
    await settle()
    assert seen == ["hello"]


async def test_conversations_that_were_left_are_not(world: World, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    ours, theirs = await shared(ada, bob)
    seen: list[str | None] = []
    ada.messages.added.subscribe(lambda message: seen.append(message.body))
    await ada.messages.opened
    await ours.leave()
    await advance(2)
    await theirs.send_message("behind the back")
    await settle()
    assert seen == []


async def test_conversations_that_are_joined_again_are_again(ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    ours, theirs = await shared(ada, bob)
    seen: list[str | None] = []
    ada.messages.added.subscribe(lambda message: seen.append(message.body))
    await ada.messages.opened
    await ours.leave()
    await advance(2)
    await theirs.send_message("missed")
    await ours.join()
    await advance(2)
    await theirs.send_message("heard")
    await settle()
    assert seen == ["heard"]


async def test_participants_of_all_conversations_come_as_one(ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    first, _ = await shared(ada, bob)
    second, _ = await shared(ada, bob)
    seen: list[tuple[str, str | None]] = []
    ada.participants.joined.subscribe(lambda who: seen.append((who.conversation.sid, who.identity)))
    await ada.participants.opened
    await first.add("eve")
    await second.add("dan")
    await settle()
    assert seen == [(first.sid, "eve"), (second.sid, "dan")]


async def test_typing_of_all_conversations_comes_as_one(ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    _, theirs = await shared(ada, bob)
    events: list[Any] = []
    ada.typing.subscribe(events.append)
    await ada.typing.opened
    await theirs.send_typing()
    await settle()
    await theirs.send_message("done")
    await settle()
    assert names(events) == ["TypingStarted", "TypingEnded"]


@pytest.mark.parametrize("watch", ["documents", "all", "none"])
async def test_changed_properties_of_all_conversations_come_as_one(world: World, watch: str) -> None:
    ada = await world.client("ada", watch=watch)
    events: list[Any] = []
    ada.updated.subscribe(events.append)
    await ada.updated.opened
    conversation = await ada.create_conversation(friendly_name="old")
    await conversation.join()
    await advance(1)
    events.clear()
    await conversation.update_friendly_name("new")
    await settle()
    assert [(event.before.friendly_name, event.after.friendly_name) for event in events] == [("old", "new")]


async def test_what_becomes_of_conversations_is_told(ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    events: list[Any] = []
    removed: list[Any] = []
    bob.conversations.subscribe(events.append)
    bob.removed.subscribe(removed.append)
    ours, theirs = await shared(ada, bob)
    await settle()
    assert names(events) == ["ConversationAdded", "ConversationJoined"]
    assert all(event.conversation is theirs for event in events)
    events.clear()
    await theirs.leave()
    await settle()
    assert "ConversationLeft" in names(events)
    await ours.add("bob")
    await settle()
    events.clear()
    await ours.delete()
    await settle()
    assert "ConversationRemoved" in names(events)
    assert names(removed)[-1] == "ConversationRemoved"


# -- what is open


async def test_nothing_is_open_beyond_what_is_watched_until_somebody_observes(
    world: World, ada: rxconvo.Client, bob: rxconvo.Client
) -> None:
    await shared(ada, bob)
    await advance(2)
    server = world.service.server
    idle = server.subscriptions
    subscription = ada.messages.subscribe()
    await ada.messages.opened
    assert server.subscriptions == idle + 1
    with ada.typing.subscribe():
        await ada.typing.opened
        assert server.subscriptions == idle + 2  # the roster besides
    subscription.dispose()
    await advance(2)
    assert server.subscriptions == idle


@pytest.mark.parametrize("watch, each", [("none", 0), ("documents", 1), ("all", 3)])
async def test_so_much_of_each_conversation_is_open_unasked(world: World, watch: str, each: int) -> None:
    async with world.service.client("ada") as maker:
        for _ in range(4):
            await (await maker.create_conversation()).join()
    await settle()
    await world.client("ada", watch=watch)
    await advance(2)
    own = 2  # the user, the list of conversations
    assert world.service.server.subscriptions == own + 4 * each


async def test_without_watching_properties_become_true_when_they_are_asked_for(world: World) -> None:
    async with world.service.client("ada") as maker:
        sid = (await joined(maker, friendly_name="Stand-up")).sid
    ada = await world.client("ada", watch="none")
    handle = await ada.get_conversation_by_sid(sid)
    assert handle.friendly_name == "Stand-up"


async def joined(client: rxconvo.Client, **properties: Any) -> rxconvo.Conversation:
    conversation = await client.create_conversation(**properties)
    await conversation.join()
    return conversation


async def test_watching_everything_tells_nothing_to_those_who_do_not_observe(world: World) -> None:
    ada, bob = await world.client("ada", watch="all"), await world.client("bob")
    ours, theirs = await shared(ada, bob)
    await advance(1)
    await theirs.send_message("hello")
    await settle()
    seen: list[str | None] = []
    ours.messages.added.subscribe(lambda message: seen.append(message.body))
    await theirs.send_message("again")
    await settle()
    assert seen == ["again"]


@pytest.mark.parametrize("leave", [lambda each: each.leave(), lambda each: each.delete()], ids=["left", "deleted"])
async def test_a_conversation_that_goes_while_all_are_being_opened_is_not_waited_for(
    world: World, leave: Callable[[rxconvo.Conversation], Any]
) -> None:
    async with world.service.client("ada") as maker:
        staying, going = await joined(maker), await joined(maker)
        client = await world.client("ada")
        held = [going.sid]
        world.line("ada").replying = lambda packet: (
            [] if isinstance(packet, Request) and f"{held[0]}.messages" in packet.http_request.path else None
        )
        seen: list[str | None] = []
        client.messages.added.subscribe(lambda message: seen.append(message.body))
        opening = asyncio.ensure_future(client.messages.wait_until_open())
        await advance(1)
        assert not opening.done()
        await leave(going)
        await opening
        await staying.send_message("hello")
        await settle()
        assert seen == ["hello"]


# -- its own


async def test_the_state_of_the_connection_comes_first_and_then_each_change(world: World, ada: rxconvo.Client) -> None:
    states: list[str] = []
    ada.connection_state.subscribe(states.append)
    assert states == ["connected"]
    world.line("ada").cut()
    await advance(2)
    assert states == ["connected", "connecting", "connected"]
    assert ada.connection_state.value == "connected"


async def test_a_fault_that_is_observed_is_not_logged(
    world: World, ada: rxconvo.Client, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Any] = []
    ada.errors.subscribe(errors.append)
    world.line("ada").cut()
    await settle()
    assert [type(error) for error in errors] == [ConnectionError]
    assert caplog.records == []


async def test_a_fault_that_nobody_observes_is_logged(
    world: World, ada: rxconvo.Client, caplog: pytest.LogCaptureFixture
) -> None:
    world.line("ada").cut()
    await settle()
    [record] = caplog.records
    assert (record.name, record.levelno) == ("rxconvo", logging.WARNING)
    assert "cut" in record.getMessage()


@pytest.mark.parametrize("kind, traced", [(ConnectionError, False), (PayloadError, True)])
async def test_of_a_connection_that_does_not_come_up_the_message_alone_is_logged(
    ada: rxconvo.Client, caplog: pytest.LogCaptureFixture, kind: type[rxconvo.RxconvoError], traced: bool
) -> None:
    error = kind("it is so")
    error.__cause__ = OSError("and that is why")
    ada.report(error)
    [record] = caplog.records
    assert (record.getMessage(), record.exc_info is not None) == ("it is so", traced)


async def test_an_observer_that_raises_is_reported_and_the_others_go_on(ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    errors: list[Any] = []
    seen: list[str | None] = []
    failure = LookupError("a bug")

    def fail(_: object) -> None:
        raise failure

    ada.errors.subscribe(errors.append)
    conversation.messages.added.subscribe(fail)
    conversation.messages.added.subscribe(lambda message: seen.append(message.body))
    await conversation.send_message("one")
    await conversation.send_message("two")
    await settle()
    assert seen == ["one", "two"]
    assert [(type(error), error.__cause__) for error in errors] == [(ObserverError, failure)]
    assert ada.connection_state.value == "connected"


async def test_an_observer_of_faults_that_raises_is_logged(
    world: World, ada: rxconvo.Client, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise LookupError("a bug in the handler of bugs")

    ada.errors.subscribe(fail)
    with observers_may_raise():
        world.line("ada").cut()
        await settle()
    assert any("a bug in the handler of bugs" in record.getMessage() for record in caplog.records)
    assert ada.errors.observed is False


async def test_the_token_is_in_no_log(world: World, packets: type[Packets], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = world.service.token("ada")
    client = await world.client("ada", token=token)
    world.line("ada").tell(packets.close(401))
    await settle()
    assert caplog.records
    assert token not in caplog.text
    assert token not in repr(client)


async def test_a_fault_can_be_awaited(world: World, ada: rxconvo.Client, caplog: pytest.LogCaptureFixture) -> None:
    fault = ada.errors.next()
    world.line("ada").cut()
    assert isinstance(await fault, ConnectionError)
    assert caplog.records == []


async def test_a_stream_that_is_still_being_opened_at_the_end_says_so(world: World, ada: rxconvo.Client) -> None:
    await joined(ada)
    world.line("ada").down()
    await settle()
    opening = asyncio.ensure_future(ada.messages.wait_until_open())
    await settle()
    await ada.shutdown()
    with pytest.raises(rxconvo.ClosedError):
        await opening


async def test_a_conversation_whose_part_is_refused_is_reported_and_fails_only_who_waits_for_it(
    world: World, ada: rxconvo.Client, bob: rxconvo.Client, packets: type[Packets]
) -> None:
    errors: list[Any] = []
    seen: list[str | None] = []
    ada.errors.subscribe(errors.append)
    ada.messages.added.subscribe(lambda message: seen.append(message.body))
    await ada.messages.opened
    world.line("ada").replying = lambda packet: (
        [packets.answer(packet, 403, {"status": 403, "code": 54007, "message": "no"})]
        if isinstance(packet, Request) and packet.http_request.path.endswith(".messages")
        else None
    )
    await shared(ada, bob)
    await advance(1)
    assert [type(error) for error in errors] == [rxconvo.SyncError]
    world.line("ada").replying = lambda _: None
    _, theirs = await shared(ada, bob)
    await advance(1)
    await theirs.send_message("hello")
    await settle()
    assert seen == ["hello"]


# -- by their Rx names


@pytest.mark.parametrize(
    "name",
    [
        "messages",
        "participants",
        "typing",
        "updated",
        "removed",
        "conversations",
        "users",
        "connection_state",
        "tokens",
        "push",
        "errors",
    ],
)
async def test_each_stream_has_its_rx_name(ada: rxconvo.Client, name: str) -> None:
    assert ada[f"{name}$"] is getattr(ada, name)


async def test_names_do_not_make_it_iterable(ada: rxconvo.Client) -> None:
    thing: Any
    for thing in (ada, await ada.create_conversation()):
        with pytest.raises(TypeError, match="not iterable"):
            list(thing)


async def test_another_rx_name_is_unknown(ada: rxconvo.Client) -> None:
    with pytest.raises(KeyError, match="sid"):
        _ = ada["sid$"]
