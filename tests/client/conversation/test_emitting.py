"""The events of conversations, messages and participants, in process and over real sockets."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, NamedTuple

import pytest

import rxconvo
from rxconvo.testing import Log, World

SOCKETS = pytest.param("websocket", marks=[pytest.mark.e2e, pytest.mark.real_time])


class Pair(NamedTuple):
    """Ada's and bob's clients and handles of one conversation."""

    world: World
    ada: rxconvo.Client
    mine: rxconvo.Conversation
    his: rxconvo.Conversation


@pytest.fixture(params=["memory", SOCKETS])
async def pair(request: pytest.FixtureRequest) -> AsyncGenerator[Pair]:
    async with World(request.param) as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        yield Pair(world, ada, *await world.talk(ada, bob))


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


async def get_message(conversation: rxconvo.Conversation) -> rxconvo.Message:
    (*_, message) = (await conversation.get_messages()).items
    return message


# -- a conversation


async def test_messages(pair: Pair) -> None:
    log = listen(pair.mine, pair.mine.MESSAGE_ADDED, pair.mine.MESSAGE_UPDATED, pair.mine.MESSAGE_REMOVED)
    await pair.mine.messages.opened
    await pair.his.send_message("hello")
    message = await get_message(pair.his)
    await message.update_body("hello, all")
    await message.remove()
    await log.until(lambda log: len(log) == 3)
    (added, first), (updated, event), (removed, last) = log
    assert (added, updated, removed) == ("messageAdded", "messageUpdated", "messageRemoved")
    assert (first.body, first.author, first.conversation) == ("hello", "bob", pair.mine)
    assert (event.message.body, event.before.body) == ("hello, all", "hello")
    assert "body" in event.reasons
    assert (type(last), last.sid, last.body) == (rxconvo.Message, first.sid, "hello, all")


async def test_the_removal_of_a_message_that_was_not_known_is_no_event(pair: Pair) -> None:
    await pair.his.send_message("before")
    unseen = await get_message(pair.his)
    log = listen(pair.mine, "messageRemoved", "messageAdded")
    await pair.mine.messages.opened
    await unseen.remove()
    await pair.his.send_message("after")
    await log.until(lambda log: len(log) > 0)
    assert names(log) == ["messageAdded"]


async def test_participants(pair: Pair) -> None:
    mine = pair.mine
    log = listen(mine, mine.PARTICIPANT_JOINED, mine.PARTICIPANT_UPDATED, mine.PARTICIPANT_LEFT)
    await mine.participants.opened
    cyd = await pair.his.add("cyd")
    await cyd.update_attributes({"mood": "good"})
    await cyd.remove()
    await log.until(lambda log: len(log) == 3)
    (joined, first), (updated, event), (left, last) = log
    assert (joined, updated, left) == ("participantJoined", "participantUpdated", "participantLeft")
    assert {type(value) for value in (first, event.participant, last)} == {rxconvo.Participant}
    assert {value.identity for value in (first, event.participant, last)} == {"cyd"}
    assert (event.participant.attributes, event.reasons[0]) == ({"mood": "good"}, "attributes")


async def test_typing(pair: Pair) -> None:
    log = listen(pair.mine, pair.mine.TYPING_STARTED, pair.mine.TYPING_ENDED)
    await pair.mine.typing.opened
    await pair.his.send_typing()
    await log.until(lambda log: len(log) == 1)
    assert log[0][1].is_typing
    await pair.his.send_message("hello")
    await log.until(lambda log: len(log) == 2)
    assert names(log) == ["typingStarted", "typingEnded"]
    assert [participant.identity for _, participant in log] == ["bob", "bob"]
    assert not log[1][1].is_typing


async def test_properties(pair: Pair) -> None:
    log = listen(pair.mine, pair.mine.UPDATED)
    await pair.his.update_friendly_name("renamed")
    await log.until(lambda log: len(log) == 1)
    ((name, event),) = log
    assert (name, event.conversation) == ("updated", pair.mine)
    assert event.reasons[0] == "friendlyName"
    assert (event.before.friendly_name, event.after.friendly_name) == ("lunch", "renamed")


@pytest.mark.parametrize("end", ["deleted", "left", "expelled"])
async def test_the_end(pair: Pair, end: str) -> None:
    log = listen(pair.mine, pair.mine.REMOVED)
    match end:
        case "deleted":
            await pair.mine.delete()
        case "left":
            await pair.mine.leave()
        case _:
            await pair.his.remove_participant("ada")
    await log.until(lambda log: len(log) == 1)
    assert log == [("removed", pair.mine)]
    assert len(pair.ada._context.emitters) == 0
    assert pair.mine.listener_count("removed") == 0


# -- a message


async def test_a_message_hears_of_its_own_changes(pair: Pair) -> None:
    await pair.mine.send_message("one")
    first = await get_message(pair.mine)
    await pair.mine.send_message("two")
    second = await get_message(pair.mine)
    logs = [listen(first, first.UPDATED), listen(second, rxconvo.Message.UPDATED)]
    await pair.mine.messages.opened
    await second.update_body("two!")
    await first.update_attributes({"seen": True})
    for log in logs:
        await log.until(lambda log: len(log) == 1)
    ((_, of_first),), ((_, of_second),) = logs
    assert (of_first.message.index, "attributes" in of_first.reasons) == (0, True)
    assert (of_second.message.index, "body" in of_second.reasons) == (1, True)
    assert second.body == "two"  # as it was
    assert of_second.message.body == "two!"


async def test_all_values_of_a_message_share_their_listeners(pair: Pair) -> None:
    await pair.mine.send_message("one")
    before = await get_message(pair.mine)
    await before.update_body("two")
    after = await get_message(pair.mine)
    assert before != after
    log = listen(before, "updated")
    assert after.listener_count("updated") == before.listener_count("updated") == 1
    after.remove_all_listeners("updated")
    assert before.event_names() == []
    assert log == []


async def test_the_listeners_of_a_message_go_with_it(pair: Pair) -> None:
    await pair.mine.send_message("hello")
    message = await get_message(pair.mine)
    log = listen(pair.mine, "messageRemoved")
    listen(message, "updated")
    await pair.mine.messages.opened
    assert len(pair.ada._context.emitters) == 2
    await message.remove()
    await log.until(lambda log: len(log) == 1)
    assert message.listener_count("updated") == 0
    assert len(pair.ada._context.emitters) == 1


# -- a participant


async def test_a_participant_hears_of_its_own_doings(pair: Pair) -> None:
    ada, bob = [await pair.mine.get_participant_by_identity(identity) for identity in ("ada", "bob")]
    his = listen(bob, bob.TYPING_STARTED, bob.TYPING_ENDED, bob.UPDATED)
    hers = listen(ada, *(rxconvo.Participant.TYPING_STARTED, rxconvo.Participant.TYPING_ENDED, ada.UPDATED))
    await pair.mine.typing.opened
    await pair.his.send_typing()
    await his.until(lambda log: len(log) == 1)
    await pair.his.send_message("hello")
    await his.until(lambda log: len(log) == 2)
    await bob.update_attributes({"mood": "good"})
    await his.until(lambda log: len(log) == 3)
    (started, first), (ended, last), (updated, event) = his
    assert (started, ended, updated) == ("typingStarted", "typingEnded", "updated")
    assert (first.sid, last.sid, event.participant.sid) == (bob.sid,) * 3
    assert (event.participant.attributes, event.reasons[0]) == ({"mood": "good"}, "attributes")
    assert hers == []


@pytest.mark.parametrize("event", ["typingStarted", "updated"])
async def test_the_listeners_of_a_participant_go_with_it(pair: Pair, event: str) -> None:
    bob = await pair.mine.get_participant_by_identity("bob")
    log = listen(pair.mine, "participantLeft")
    listen(bob, event)
    await pair.mine.typing.opened
    await bob.remove()
    await log.until(lambda log: len(log) == 1)
    assert bob.listener_count(event) == 0
    assert len(pair.ada._context.emitters) == 1
