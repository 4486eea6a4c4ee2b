"""Emitters as views of the streams: what they keep open, whom they reach, what becomes of faults, and what is left."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple, NoReturn

import pytest
from reactivex import Observable

import rxconvo
from rxconvo import emitter as events
from rxconvo.client.emitters import EntityEmitter
from rxconvo.testing import Log, World, advance, held, leaks_since, settle

LONG = 5.0  # seconds: any source has closed by then


class Pair(NamedTuple):
    """Ada's and bob's clients and handles of one conversation."""

    world: World
    ada: rxconvo.Client
    mine: rxconvo.Conversation
    his: rxconvo.Conversation

    @property
    def emitters(self) -> int:
        """How many of ada's entities have an emitter."""
        return len(self.ada._context.emitters)

    @property
    def subscriptions(self) -> int:
        """What is subscribed in the service."""
        return self.world.service.server.subscriptions

    async def say(self, body: str) -> rxconvo.Message:
        """Have ada say something; returns it as she knows it."""
        await self.mine.send_message(body)
        (*_, message) = (await self.mine.get_messages()).items
        return message


@pytest.fixture
async def pair() -> AsyncGenerator[Pair]:
    async with World() as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        await advance(LONG)
        yield Pair(world, ada, mine, his)


def body_into(log: list[str | None], mark: str = "") -> Callable[[rxconvo.Message], None]:
    return lambda message: log.append(f"{mark}{message.body}")


# -- what is open


async def test_listeners_are_one_observer_together(pair: Pair) -> None:
    mine, log = pair.mine, list[Any]()
    for _ in range(3):
        mine.on("messageAdded", log.append).on("messageUpdated", log.append).once("messageRemoved", log.append)
    assert len(mine.messages.observers) == 1
    await pair.say("hello")
    assert len(log) == 3
    mine.remove_all_listeners("messageAdded").remove_all_listeners("messageUpdated")
    assert len(mine.messages.observers) == 1
    mine.remove_all_listeners()
    assert len(mine.messages.observers) == pair.emitters == 0


async def test_messages_share_one_observer(pair: Pair) -> None:
    messages = [await pair.say(str(n)) for n in range(5)]
    logs = [list[Any]() for _ in messages]
    for message, log in zip(messages, logs, strict=True):
        message.on("updated", log.append)
    assert len(pair.mine.messages.observers) == 1
    await messages[3].update_body("new")
    assert [len(log) for log in logs] == [0, 0, 0, 1, 0]
    for message, log in zip(messages, logs, strict=True):
        assert len(pair.mine.messages.observers) == 1
        message.off("updated", log.append)
    assert len(pair.mine.messages.observers) == pair.emitters == 0


async def test_what_listeners_need_is_open_while_they_are_there(pair: Pair) -> None:
    idle, log = pair.subscriptions, list[Any]()
    pair.mine.on("updated", log.append).on("removed", log.append).on("removeListener", fail).on("mine", log.append)
    await advance(LONG)
    assert pair.subscriptions == idle
    pair.mine.on("messageAdded", log.append)
    await advance(LONG)
    assert pair.subscriptions == idle + 1
    pair.mine.on("typingStarted", log.append)
    await advance(LONG)
    assert pair.subscriptions == idle + 2  # the roster besides
    pair.mine.remove_all_listeners("removeListener")
    pair.mine.off("messageAdded", log.append).off("typingStarted", log.append)
    await advance(LONG)
    assert pair.subscriptions == idle
    assert pair.mine.event_names() == ["updated", "removed", "mine"]


async def test_a_listener_for_one_emission_lets_go_after_it(pair: Pair) -> None:
    idle, log = pair.subscriptions, list[str | None]()
    pair.mine.once("messageAdded", body_into(log))
    await pair.say("one")
    await pair.say("two")
    await advance(LONG)
    assert (log, pair.emitters, pair.subscriptions) == (["one"], 0, idle)


async def test_what_is_done_after_listening_is_heard(pair: Pair) -> None:
    log = list[str | None]()
    pair.mine.on("messageAdded", body_into(log))
    await pair.mine.send_message("hello")
    assert log == ["hello"]


async def test_state_is_ahead_of_listeners(pair: Pair) -> None:
    log = list[object]()
    pair.mine.on("updated", lambda event: log.append((event.conversation.friendly_name, event.after.friendly_name)))
    await pair.his.update_friendly_name("renamed")
    await settle()
    assert log == [("renamed", "renamed")]


# -- whom they reach


async def test_listeners_are_called_in_the_order_of_node(pair: Pair) -> None:
    log = list[str | None]()
    a, b, c, d = (body_into(log, name) for name in "abcd")
    pair.mine.on("messageAdded", a).add_listener("messageAdded", b)
    pair.mine.prepend_listener("messageAdded", c).prepend_once_listener("messageAdded", d)
    await pair.say("1")
    await pair.say("2")
    assert log == ["d1", "c1", "a1", "b1", "c2", "a2", "b2"]


async def test_listeners_that_come_and_go_meanwhile_count_from_the_next_event_on(pair: Pair) -> None:
    log = list[str | None]()
    second, third = body_into(log, "second "), body_into(log, "third ")

    def first(message: rxconvo.Message) -> None:
        log.append(f"first {message.body}")
        pair.mine.off("messageAdded", first).off("messageAdded", second).on("messageAdded", third)

    pair.mine.on("messageAdded", first).on("messageAdded", second)
    await pair.say("1")
    await pair.say("2")
    assert log == ["first 1", "second 1", "third 2"]


async def test_emit_reaches_listeners_and_nobody_else(pair: Pair) -> None:
    message = await pair.say("hello")
    observed, listened = list[Any](), list[Any]()
    pair.mine.messages.subscribe(observed.append)
    pair.ada.messages.subscribe(observed.append)
    pair.ada.on("messageAdded", observed.append)
    assert pair.mine.emit("messageAdded", message) is False
    pair.mine.on("messageAdded", lambda *arguments: listened.append(arguments))
    assert pair.mine.emit("messageAdded", message, 7) is True
    assert (observed, listened) == ([], [(message, 7)])


async def test_emit_raises_what_a_listener_raises(pair: Pair) -> None:
    faults, log = list[Any](), list[Any]()
    pair.ada.errors.subscribe(faults.append)
    pair.mine.on("mine", fail).on("mine", log.append)
    with pytest.raises(LookupError, match="a bug"):
        pair.mine.emit("mine", 1)
    assert faults == log == []


async def test_an_error_that_nobody_listens_to_is_raised(pair: Pair) -> None:
    error = LookupError("mine")
    with pytest.raises(LookupError) as caught:
        pair.mine.emit("error", error)
    assert caught.value is error
    assert pair.mine.on("error", lambda _: None).emit("error", error)


async def test_comings_and_goings_of_listeners_are_events(pair: Pair) -> None:
    log = list[Any]()
    listener = log.append
    pair.mine.on("newListener", lambda *arguments: log.append(("new", *arguments)))
    pair.mine.on("removeListener", lambda *arguments: log.append(("removed", *arguments)))
    log.clear()
    pair.mine.once("messageAdded", listener).off("messageAdded", listener)
    assert log == [("new", "messageAdded", listener), ("removed", "messageAdded", listener)]


class Ear:
    """A listener, and an observer that hears what it is to hear.

    Args:
        entity: Whose listener.
        event: To what.
        stream: What the observer observes.
    """

    def __init__(self, entity: Any, event: str, stream: Observable[Any]) -> None:
        self._entity, self._event = entity, event
        self._log, self._expected = list[Any](), list[Any]()
        entity.on(event, self._log.append)
        self._subscription = stream.subscribe(self._expected.append)

    def close(self) -> int:
        """Stop both, and return how much they have heard."""
        self._entity.off(self._event, self._log.append)
        self._subscription.dispose()
        assert self._log == self._expected
        return len(self._log)


@pytest.mark.parametrize("seed", range(8))
async def test_listeners_get_what_observers_get(pair: Pair, seed: int) -> None:
    chance = random.Random(seed)
    ada, mine, his = pair.ada, pair.mine, pair.his
    bob, first = await mine.get_participant_by_identity("bob"), await pair.say("first")
    changes: list[Callable[[str], Awaitable[object]]] = [
        mine.send_message,
        his.send_message,
        first.update_body,
        bob.update_attributes,
        his.update_friendly_name,
        lambda _: his.send_typing(),
    ]
    choices: list[tuple[Any, str, Observable[Any]]] = [
        (mine, "messageAdded", mine.messages.added),
        (mine, "messageUpdated", mine.messages.updated),
        (mine, "participantUpdated", mine.participants.updated),
        (mine, "updated", mine.updated),
        (mine, "typingEnded", mine.typing.ended.map(lambda event: event.participant)),
        (first, "updated", mine.messages.updated.filter(lambda event: event.message.sid == first.sid)),
        (bob, "updated", mine.participants.updated.filter(lambda event: event.participant.sid == bob.sid)),
        (bob, "typingStarted", mine.typing.started.filter(lambda participant: participant.sid == bob.sid)),
        (ada, "messageAdded", ada.messages.added),
        (ada, "conversationUpdated", ada.updated),
    ]
    ears, heard = list[Ear](), 0
    for n in range(80):
        if chance.random() < 0.3:
            ears.append(Ear(*chance.choice(choices)))
        if ears and chance.random() < 0.15:
            heard += ears.pop(chance.randrange(len(ears))).close()
        await chance.choice(changes)(f"number {n}")
        await advance(chance.choice([0.0, 1.0, 6.0]))
    heard += sum(ear.close() for ear in ears)
    assert heard > 80
    assert pair.emitters == 0


# -- faults


def fail(*_: object) -> NoReturn:
    raise LookupError("a bug")


async def test_a_listener_that_raises_is_reported_and_stays(pair: Pair) -> None:
    faults, log = list[Any](), list[str | None]()
    pair.ada.errors.subscribe(faults.append)
    pair.mine.on("messageAdded", fail).on("messageAdded", body_into(log))
    pair.ada.on("messageAdded", body_into(log, "all "))
    await pair.say("1")
    await pair.say("2")
    await settle()
    assert sorted(filter(None, log)) == ["1", "2", "all 1", "all 2"]
    assert [type(fault) for fault in faults] == [rxconvo.ObserverError] * 2
    assert isinstance(faults[0].__cause__, LookupError)
    assert str(faults[0]) == f"an observer of messageAdded of {pair.mine.sid} raised LookupError('a bug')"
    assert pair.mine.listener_count("messageAdded", fail) == 1


async def test_a_coroutine_function_is_a_listener(pair: Pair) -> None:
    faults, log = list[Any](), list[str | None]()
    pair.ada.errors.subscribe(faults.append)

    async def take(message: rxconvo.Message) -> None:
        log.append(message.body)
        await asyncio.sleep(1)
        fail()

    pair.ada.on("messageAdded", take)
    await pair.ada.messages.opened
    await pair.say("hello")
    await advance(0.5)
    assert (log, faults) == (["hello"], [])
    await advance(1)
    assert [(str(fault), type(fault.__cause__)) for fault in faults] == [
        ("an observer of messageAdded raised LookupError('a bug')", LookupError)
    ]


async def test_rejections_are_captured_where_all_emitters_do(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rxconvo.EventEmitter, "capture_rejections", True)
    log = list[Any]()

    async def reject(_: object) -> None:
        fail()

    pair.mine.on("messageAdded", reject).on("error", log.append)
    await pair.say("hello")
    await settle()
    assert [type(error) for error in log] == [LookupError]


async def test_a_conversation_that_is_gone_before_its_event_is_delivered_is_a_fault_like_any_other(pair: Pair) -> None:
    faults, log = list[Any](), list[Any]()
    pair.ada.errors.subscribe(faults.append)
    nowhere = rxconvo.ConversationRemoved(pair.mine.snapshot, rxconvo.Message("IM", 0).home)
    pair.ada.on("conversationRemoved", log.append)
    pair.ada._hub.publish([nowhere])
    assert (log, [type(fault.__cause__) for fault in faults]) == ([], [rxconvo.DetachedError])


# -- replay


async def test_what_came_while_somebody_listened_is_replayed(pair: Pair) -> None:
    log = list[str | None]()
    pair.mine.on_with_replay("messageAdded", body_into(log, "a"))
    assert log == []
    await pair.say("1")
    await pair.say("2")
    pair.mine.add_listener_with_replay("messageAdded", body_into(log, "b"))
    pair.mine.once_with_replay("messageAdded", body_into(log, "c"))
    await pair.say("3")
    assert log == ["a1", "a2", "b2", "c2", "a3", "b3"]
    pair.mine.remove_all_listeners()
    pair.mine.once_with_replay("messageAdded", body_into(log, "d"))
    await pair.say("4")
    await pair.say("5")
    assert log[6:] == ["d4"]


async def test_the_end_of_a_conversation_is_replayed(pair: Pair) -> None:
    log = list[Any]()
    pair.mine.on_with_replay("removed", log.append)
    assert log == []
    await pair.mine.delete()
    pair.mine.once_with_replay("removed", log.append).on("removed", log.append)
    assert log == [pair.mine, pair.mine]
    assert pair.emitters == 0


# -- limits


async def test_a_limit_is_kept_without_listeners(pair: Pair) -> None:
    assert pair.mine.get_max_listeners() == 10
    pair.mine.set_max_listeners(1)
    assert (pair.mine.get_max_listeners(), pair.his.get_max_listeners()) == (1, 10)
    pair.mine.on("messageAdded", fail)
    with pytest.warns(events.MaxListenersExceededWarning) as caught:
        pair.mine.on("messageAdded", fail)
    (warning,) = caught
    assert warning.filename == __file__
    message = warning.message
    assert isinstance(message, events.MaxListenersExceededWarning)
    assert (message.type, message.count) == ("messageAdded", 2)
    assert str(message.emitter) == f"<EntityEmitter of {pair.mine.sid}>"
    pair.mine.remove_all_listeners()
    assert pair.mine.get_max_listeners() == 1
    await pair.mine.delete()
    assert pair.emitters == 0


# -- the functions of the module


async def test_an_event_can_be_awaited(pair: Pair) -> None:
    coming = events.once(pair.mine, "messageAdded")
    message = await pair.say("hello")
    assert await coming == (message,)
    assert pair.emitters == 0
    waiting, signalled = events.once(message, "updated"), rxconvo.AbortController()
    aborted = events.once(message, "updated", signal=signalled.signal)
    waiting.cancel()
    signalled.abort()
    with pytest.raises(rxconvo.AbortError):
        await aborted
    await settle()
    assert pair.emitters == 0


async def test_events_can_be_iterated_over(pair: Pair) -> None:
    log = list[str | None]()
    iteration = events.on(pair.mine, "messageAdded", close=["removed"])
    for body in ("one", "two"):
        await pair.say(body)
    await pair.mine.delete()
    async for (message,) in iteration:
        log.append(message.body)
    assert (log, pair.emitters) == (["one", "two"], 0)


async def test_listeners_can_be_counted_and_limited_from_outside(pair: Pair) -> None:
    message = await pair.say("hello")
    message.once("updated", fail)
    assert events.listener_count(message, "updated") == 1
    assert events.get_event_listeners(message, "updated") == message.listeners("updated") == [fail]
    assert message.raw_listeners("updated") != [fail]
    events.set_max_listeners(3, message, pair.mine)
    assert [events.get_max_listeners(each) for each in (message, pair.mine, pair.ada)] == [3, 3, 10]


# -- the end


async def test_after_the_shutdown_nobody_listens(pair: Pair) -> None:
    message = await pair.say("hello")
    values: list[Any] = [message, await pair.mine.get_participant_by_identity("bob"), pair.ada.user]
    coming = events.once(message, "updated")
    for entity in (*values, pair.ada, pair.mine):
        entity.on("updated", fail).on("mine", fail)
    assert pair.emitters == 5
    await pair.ada.shutdown()
    assert pair.emitters == 0
    for value in values:
        with pytest.raises(rxconvo.DetachedError):
            value.on("updated", fail)
        with pytest.raises(rxconvo.DetachedError):
            value.emit("updated")
        assert value.off("updated", fail).remove_all_listeners() is value
    for handle in (pair.ada, pair.mine):
        assert handle.on("mine", fail).listener_count("mine") == 0
    coming.cancel()
    await settle()
    assert pair.emitters == 0


@pytest.mark.parametrize("event", ["messageAdded", "typingStarted", "updated", "removed", "mine", "newListener"])
async def test_after_the_end_of_a_conversation_nobody_listens(pair: Pair, event: str) -> None:
    message = await pair.say("hello")
    pair.mine.on(event, lambda *_: None)
    message.on("updated", fail)
    await pair.mine.delete()
    assert pair.emitters == 0
    assert pair.mine.on(event, fail).listener_count(event) == 0


async def test_a_dead_handle_hears_nothing_of_its_successor_but_values_do(pair: Pair) -> None:
    message = await pair.say("hello")
    log = list[Any]()
    dead = pair.mine.on("messageAdded", log.append)
    await pair.mine.leave()
    assert dead.on("messageAdded", log.append).listener_count("messageAdded") == 0
    await pair.his.add("ada")
    await advance(LONG)
    live = pair.ada.find_conversation(dead.sid)
    assert live is not None
    assert live is not dead
    message.on("updated", lambda event: log.append(event.message.body))
    await live.messages.opened
    await live.send_message("again")
    assert log == []
    (same, *_) = (await live.get_messages()).items
    assert same.listener_count("updated") == 1
    await same.update_body("hello again")
    assert log == ["hello again"]


async def test_listeners_hear_the_end_and_may_stop_listening_then(pair: Pair) -> None:
    log = list[str]()
    mine, bob = pair.mine, await pair.mine.get_participant_by_identity("bob")

    def left(event: str, *_: object) -> None:
        log.append(event)
        mine.off("removed", listeners["removed"])
        mine.on("messageAdded", fail)
        bob.on("updated", fail)

    listeners = {event: partial(left, event) for event in ("typingEnded", "removed")}
    for event, listener in listeners.items():
        mine.on(event, listener)
    await mine.typing.opened
    await pair.his.send_typing()
    await settle()
    await mine.delete()
    await settle()
    assert log == ["typingEnded"]
    assert pair.emitters == 0


async def test_listening_again_and_again_leaves_nothing(pair: Pair) -> None:
    async def once() -> None:
        message = await pair.say("hello")
        bob = await pair.mine.get_participant_by_identity("bob")
        log = Log()
        for entity in (pair.ada, pair.mine, message, bob, pair.ada.user):
            entity.on("updated", log).once("typingStarted", log).prepend_listener("messageUpdated", log)
        await message.update_body("changed")
        for entity in (pair.ada, pair.mine, message, bob, pair.ada.user):
            entity.remove_all_listeners("messageUpdated").off("updated", log).off("typingStarted", log)
        assert len(log) >= 3
        await message.remove()
        await advance(LONG)

    def left() -> list[int]:
        gc.collect()
        kept = pair.ada._context.emitters
        emitters = sum(type(each) is EntityEmitter for each in gc.get_objects())
        return [emitters, len(kept), len(kept._sorters), pair.subscriptions]

    await once()
    before, at_first = held(), left()
    for _ in range(20):
        await once()
    assert left() == at_first == [0, 0, 0, at_first[-1]]
    assert [leak for leak in await leaks_since(before) if not leak.startswith("timer")] == []


async def test_entities_without_listeners_hold_nothing(pair: Pair) -> None:
    message = await pair.say("hello")
    bob = await pair.mine.get_participant_by_identity("bob")
    for entity in (pair.ada, pair.mine, message, bob, pair.ada.user):
        assert entity.listeners("updated") == entity.event_names() == []
        assert entity.emit("updated", 1) is False
    assert pair.emitters == 0
    assert not any(hasattr(entity, "__dict__") for entity in (pair.mine, message, bob, pair.ada.user))
