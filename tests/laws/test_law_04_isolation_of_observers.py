"""An observer that raises is reported and ended with its whole chain; the others and the connection never notice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import reactivex
from reactivex import operators as ops

import rxconvo
from rxconvo.testing import Log, World, advance, observers_may_raise, virtual_loop_factory


class Trouble(Exception):  # noqa: N818 - what it is called in the tests
    """What observers raise here."""


def ignore(_: object) -> None:
    """Take it."""


def fail(_: object) -> Any:
    raise Trouble


def cancel(_: object) -> Any:
    raise asyncio.CancelledError


def index_of(message: rxconvo.Message) -> int:
    return message.index


def sum_of(messages: rxconvo.MessageStream) -> reactivex.Observable[int]:
    return messages.added.pipe(ops.map(index_of), ops.scan(lambda before, now: before + now))


@dataclass
class Place:
    """Where observers can subscribe."""

    client: rxconvo.Client
    conversation: rxconvo.Conversation


Subscribe = Callable[[Place], object]

BAD: dict[str, Subscribe] = {
    "plain": lambda at: at.conversation.messages.subscribe(fail),
    "with on_error": lambda at: at.conversation.messages.subscribe(fail, ignore),
    "on_error raises as well": lambda at: at.conversation.messages.subscribe(fail, fail),
    "CancelledError": lambda at: at.conversation.messages.subscribe(cancel),
    "a view": lambda at: at.conversation.messages.added.subscribe(fail),
    "the client's stream": lambda at: at.client.messages.subscribe(fail),
    "a map": lambda at: at.conversation.messages.pipe(ops.map(fail)).subscribe(ignore),
    "after a chain": lambda at: sum_of(at.conversation.messages).subscribe(fail),
    "a merge": lambda at: at.conversation.messages.pipe(
        ops.merge(at.conversation.participants, at.client.users)
    ).subscribe(fail),
    "in a merge": lambda at: reactivex.merge(
        at.conversation.messages.pipe(ops.map(fail)), at.conversation.participants
    ).subscribe(ignore),
    "a flat_map": lambda at: at.conversation.messages.pipe(
        ops.flat_map(lambda _: at.conversation.get_messages_count()), ops.map(fail)
    ).subscribe(),
}


async def isolation(bad: Subscribe, *, world: World) -> list[str]:
    """Have one observer among others raise, and tell what the others, the reports and the sources say."""
    found: list[str] = []
    ada = await world.client("ada")
    (mine,) = await world.talk(ada)
    before, after, errors = Log(), Log(), Log()
    ada.errors.subscribe(errors)
    mine.messages.subscribe(before)
    subscription = bad(Place(ada, mine))
    mine.messages.subscribe(after)
    observers = len(mine.messages.observers)
    for _ in range(3):
        await mine.send_message("hello")
    await errors.until(lambda errors: errors != [])
    await mine.send_message("hello")
    if not [event.message.index for event in before] == [event.message.index for event in after] == [0, 1, 2, 3]:
        found.append(f"others saw {before} and {after}")
    causes = [error.__cause__ for error in errors if isinstance(error, rxconvo.ObserverError)]
    if {type(cause) for cause in causes} - {Trouble, asyncio.CancelledError} or len(causes) != len(errors):
        found.append(f"reported is {errors}")
    if len(mine.messages.observers) > observers:
        found.append(f"{mine.messages} has observers left")
    if ada.connection_state.value != "connected" or world.lines["ada"].connections != 1:
        found.append("the connection has suffered")
    del subscription
    return found


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_one_that_raises_harms_nobody(world: World, bad: Subscribe) -> None:
    assert await isolation(bad, world=world) == []


@pytest.mark.parametrize("name", sorted(BAD.keys() - {"on_error raises as well"}))
async def test_it_is_reported_once_and_released(name: str) -> None:
    async with World() as world:
        ada = await world.client("ada", linger=0.0)
        (mine,) = await world.talk(ada)
        errors = Log()
        ada.errors.subscribe(errors)
        await advance(1.0)
        subscriptions = world.service.server.subscriptions
        BAD[name](Place(ada, mine))
        await mine.messages.opened
        await mine.send_message("hello")
        await advance(1.0)
        assert len(errors) == 1
        assert world.service.server.subscriptions == subscriptions
        assert not mine.messages.observers


async def test_where_nobody_observes_errors_they_are_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    ada = await world.client("ada")
    (mine,) = await world.talk(ada)
    mine.messages.subscribe(fail)
    with caplog.at_level(logging.WARNING, logger="rxconvo"), observers_may_raise():
        await mine.send_message("hello")
    (record,) = [record for record in caplog.records if record.name == "rxconvo"]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], Trouble)


async def test_an_observer_of_errors_that_raises_ends_nothing(world: World) -> None:
    ada = await world.client("ada")
    (mine,) = await world.talk(ada)
    log = Log()
    ada.errors.subscribe(fail)
    mine.messages.subscribe(fail)
    mine.messages.subscribe(log)
    with observers_may_raise() as faults:
        for _ in range(2):
            await mine.send_message("hello")
    assert [event.message.index for event in log] == [0, 1]
    assert [fault.stream for fault in faults] == ["errors"]


async def reentrant() -> list[str]:
    """Do from inside of `on_next` what makes more events, and tell whether all saw the same in the same order."""
    async with World() as world:
        ada = await world.client("ada")
        (mine,) = await world.talk(ada)
        logs = [Log() for _ in range(3)]
        states = [Log() for _ in range(2)]

        def again(event: object) -> None:
            logs[1](event)
            if len(logs[1]) < 4:
                ada.push.push(rxconvo.PushNotification(f"after {len(logs[1])}"))
                if len(states[0]) == 1:
                    world.lines["ada"].cut()

        ada.push.subscribe(logs[0])
        ada.push.subscribe(again)
        ada.push.subscribe(logs[2])
        ada.connection_state.subscribe(states[0])
        mine.messages.subscribe(lambda _: ada.push.push(rxconvo.PushNotification("message")))
        ada.connection_state.subscribe(states[1])
        await mine.send_message("hello")
        await states[1].until(lambda states: len(states) == 3)
        await mine.send_message("hello")
        found = [] if logs[0] == logs[1] == logs[2] else [f"different orders: {logs}"]
        if [each.type for each in logs[0]] != ["message", "after 1", "after 2", "after 3", "message"]:
            found.append(f"{logs[0]}")
        if states[0] != states[1]:
            found.append(f"different states: {states}")
        return found


async def test_what_is_published_inside_comes_after_to_everyone_in_the_same_order() -> None:
    assert await reentrant() == []


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_is_meant_for_the_whole_program_reaches_it(kind: type[BaseException]) -> None:
    later = Log()

    async def scenario() -> None:
        async with World() as world:
            ada = await world.client("ada")
            (mine,) = await world.talk(ada)

            def stop(_: object) -> None:
                raise kind

            mine.messages.subscribe(stop)
            mine.messages.subscribe(later)
            await mine.send_message("hello")

    with asyncio.Runner(loop_factory=virtual_loop_factory) as runner, pytest.raises(kind):
        runner.run(scenario())
