"""After its subscription point an observer sees each change once, in the order of its object, on any line."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import rxconvo
from rxconvo.testing import QUICK, Log, World, advance, run
from tests.laws import history
from tests.laws.history import DOCUMENT, MESSAGES, ROSTER, History

SCRIPTS = 200
CUTS = 20


class Script:
    """Two who change a conversation in every way they can, and one who watches over a line that fails."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.count = 0
        self.guests: list[str] = []

    async def begin(self, *, watch: str) -> None:
        world = self.world
        self.bob, self.cyd = await world.client("bob"), await world.client("cyd")
        self.ada = await world.client("ada", watch=watch)
        self.actors = await world.talk(self.bob, self.cyd, self.ada)
        self.watched = self.actors.pop()
        self.truth = Log()
        for stream in (self.actors[0].messages, self.actors[0].participants):
            stream.subscribe(self.truth)
            await stream.opened
        await self.actors[0].send_message("before")
        await self.watched.wait_until_known()

    def messages_of(self, identity: str) -> list[rxconvo.Message]:
        held = {event.message.index: event.message for event in self.truth.of(rxconvo.MessageAdded)}
        for event in self.truth.of(rxconvo.MessageRemoved):
            held.pop(event.index, None)
        return [message for message in held.values() if message.author == identity]

    def change(self) -> Coroutine[Any, Any, object]:
        """Begin the next change."""
        self.count += 1
        text, attributes = f"{self.count}", {"n": self.count}
        who = self.chance.choice(self.actors)
        mine = self.messages_of(who.identity)
        changes: list[Callable[[], rxconvo.Cold[Any]]] = [
            lambda: who.send_message(text),
            lambda: who.send_message(text),
            lambda: who.add(self.invited(text)),
            lambda: who.update_participant_attributes(self.someone(), attributes),
            lambda: who.update_friendly_name(text),
        ]
        if mine:
            message = self.chance.choice(mine)
            changes += [
                lambda: who.update_message_body(message, text),
                lambda: who.update_message_body(message, text),
                lambda: who.update_message_attributes(message, attributes),
                lambda: who.remove_message(message),
            ]
        if self.guests:
            changes.append(lambda: who.remove_participant(self.guests.pop(self.chance.randrange(len(self.guests)))))
        return _once(self.chance.choice(changes)())

    def invited(self, name: str) -> str:
        self.guests.append(f"guest {name}")
        return self.guests[-1]

    def someone(self) -> rxconvo.Participant:
        return next(one for one in self.actors[0]._record.participants if one.identity == "cyd")

    async def changes(self, count: int) -> None:
        for _ in range(count):
            await asyncio.gather(*(self.change() for _ in range(self.chance.choice((1, 1, 3)))))
            if self.chance.random() < 0.2:
                await advance(self.chance.random())

    def history(self) -> History:
        return History(self.world.memory_line("bob").received, self.watched.sid)


async def _once(mutation: rxconvo.Cold[Any]) -> object:
    """Do it; that somebody else was quicker is no news."""
    try:
        return await mutation
    except rxconvo.RejectedError as error:
        return error


async def fail(script: Script) -> None:
    """Let one of the things happen that happen to lines, while others go on."""
    line, chance = script.world.lines["ada"], script.chance
    match chance.randrange(6):
        case 0:
            line.cut()
        case 1:
            line.refusing = True
            line.cut()
            await script.changes(chance.randrange(5))
            await advance(5 * chance.random())
            line.refusing = False
        case 2:
            line.hold("down")
            await script.changes(chance.randrange(4))
            line.cut()
        case 3:
            line.hold("up", "down")
            await script.changes(chance.randrange(4))
            line.release()
        case _:  # also in the middle of what is made up for
            await script.changes(chance.randrange(4))
            line.cut_after(*(chance.randrange(1, 8000) for _ in range(chance.randrange(1, 3))))
            line.cut()


async def played(seed: int, *, failures: bool) -> list[str]:
    """Play one script and tell what its observers should not have been told, or should have."""
    chance = random.Random(seed)
    async with World(seed=seed) as world:
        script = Script(world, chance)
        await script.begin(watch=chance.choice(["documents", "all", "none"]))
        await script.changes(chance.randrange(4))
        before = script.history()
        logs = {name: Log() for name in (MESSAGES, ROSTER, DOCUMENT, "client")}
        conversation = script.watched
        conversation.messages.subscribe(logs[MESSAGES])
        conversation.participants.subscribe(logs[ROSTER])
        conversation.updated.subscribe(logs[DOCUMENT])
        script.ada.messages.subscribe(logs["client"])
        await script.changes(chance.randrange(3))
        for stream in (conversation.messages, conversation.participants, conversation.updated):
            await stream.opened
        opened = script.history()
        for _ in range(chance.randrange(1, 5)):
            if failures and chance.random() < 0.6:
                await fail(script)
            await script.changes(chance.randrange(4))
        await advance(30)  # whatever delays there are between connections
        truth = script.history()
        found: list[str] = []
        for name in (MESSAGES, ROSTER, DOCUMENT):
            found += history.violations(
                truth.of[name],
                logs[name],
                since=before.last_id(name),
                surely=opened.last_id(name),
                missed=world.lines["ada"].connections > 1,
            )
        if logs["client"] != logs[MESSAGES]:
            found.append("the client's stream tells something else")
        found += [f"{event} was not called for" for log in logs.values() for event in log.of(rxconvo.Discontinuity)]
        return found


def violations(seeds: range, *, failures: bool = True) -> list[str]:
    """Play scripts until one is not as it should be."""
    for seed in seeds:
        found = run(lambda seed=seed: played(seed, failures=failures))  # type: ignore[misc]
        if found:
            return [f"seed {seed}: {violation}" for violation in found]
    return []


def test_every_change_is_seen_once_and_in_order() -> None:
    assert violations(range(10), failures=False) == []


def test_what_was_missed_is_made_up_for_once_and_in_order() -> None:
    assert violations(range(SCRIPTS)) == []


async def after_subscribing(world: World) -> list[str]:
    """Do things right after subscribing, and tell which were not seen, once, by the time they were done."""
    ada, bob = await world.client("ada"), await world.client("bob")
    _, his = await world.talk(ada, bob)
    people, messages, merged, properties = Log(), Log(), Log(), Log()
    his.participants.subscribe(people)
    guest = await his.add("cyd")
    his.messages.subscribe(messages)
    bob.messages.subscribe(merged)
    index = await his.send_message("mine")
    his.updated.subscribe(properties)
    await his.update_friendly_name("ours")
    seen: dict[str, bool] = {
        "joining": [event.participant for event in people] == [guest],
        "sending": [event.message.index for event in messages] == [index],
        "sending, on the client's stream": merged == messages,
        "renaming": [event.after.friendly_name for event in properties][-1:] == ["ours"],
    }
    return [f"{what} was not seen once" for what, was_seen in seen.items() if not was_seen]


async def test_what_is_done_after_subscribing_is_seen(world: World) -> None:
    assert await after_subscribing(world) == []


async def test_what_came_before_the_subscription_is_not_told(world: World) -> None:
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    await mine.send_message("before")
    log = Log()
    his.messages.subscribe(log)
    his.participants.subscribe(log)
    await his.messages.opened
    await his.participants.opened
    index = await mine.send_message("after")
    await log.until(lambda log: log != [])
    assert [event.message.index for event in log] == [index]


async def test_a_late_observer_sees_what_is_left_and_the_first_one_everything(world: World) -> None:
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    first, late = Log(), Log()
    his.messages.subscribe(first)
    await his.messages.opened
    await mine.send_message("0")
    await first.until(lambda log: len(log) == 1)
    his.messages.subscribe(late)
    await mine.send_message("1")
    await late.until(lambda log: len(log) == 1)
    assert late == first[1:]


@pytest.mark.parametrize("gone", [False, True], ids=["cut", "lost on the way"])
async def test_a_lost_connection_loses_nothing(world: World, gone: bool) -> None:
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    log, people = Log(), Log()
    his.messages.subscribe(log)
    his.participants.subscribe(people)
    kept = await his.send_message("kept")
    assert [event.message.index for event in log] == [kept]
    await his.participants.opened
    line = world.lines["bob"]
    if gone:
        line.swallow("down")
    else:
        line.refusing = True
        line.cut()
    new = await mine.send_message("new")
    await mine.add("cyd")
    await mine.update_friendly_name("renamed")
    line.refusing = False
    line.cut()
    await log.until(lambda log: new in [event.message.index for event in log])
    await people.until(lambda people: people != [])
    await his.send_message("last")
    assert [(type(event), event.message.body) for event in log[1:]] == [
        (rxconvo.MessageAdded, "new"),
        (rxconvo.MessageAdded, "last"),
    ]
    assert [event.participant.identity for event in people] == ["cyd"]
    assert his.friendly_name == "renamed"


@pytest.mark.e2e
@pytest.mark.real_time
async def test_a_cut_after_any_byte_loses_nothing() -> None:
    async with World("websocket") as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        log = Log()
        mine.messages.subscribe(log)
        await mine.messages.opened
        line = world.lines["ada"]
        for n in range(CUTS):
            line.cut_after(world.chance.randrange(1, 6000))
            assert await his.send_message(f"{n}") == n
            await log.until(lambda log: len(log) > n)  # noqa: B023 - called right here
        assert line.connections > CUTS / 4
        assert [event.message.index for event in log] == list(range(CUTS))


async def test_another_store_is_told_as_a_discontinuity_of_every_stream(world: World) -> None:
    ada = await world.client("ada")
    (mine,) = await world.talk(ada)
    logs = [Log(), Log()]
    streams: list[rxconvo.HotStream[Any]] = [mine.messages, mine.participants]
    for stream, log in zip(streams, logs, strict=True):
        stream.subscribe(log, None, partial(log, "complete"))
        await stream.opened
    await mine.send_message("hello")
    logs[0].clear()
    await world.restart(forget=True)
    for log, topic in zip(logs, (rxconvo.Topic.MESSAGES, rxconvo.Topic.PARTICIPANTS), strict=True):
        await log.until(lambda log: log[-1:] == ["complete"])
        (event, _) = log
        assert (type(event), event.topic) == (rxconvo.Discontinuity, topic)


@pytest.mark.real_time
async def test_an_older_state_is_told_as_a_discontinuity_and_then_told_from(tmp_path: Path) -> None:
    store, backup = tmp_path / "chat.db", tmp_path / "backup.db"
    async with World(url=f"sqlite:{store}") as world:
        ada = await world.client("ada", backoff=QUICK)
        (mine,) = await world.talk(ada)
        log = Log()
        mine.messages.subscribe(log)
        await mine.send_message("kept")
        await world.restart(lambda: shutil.copy(store, backup))
        await mine.send_message("lost").retry(9)
        await mine.send_message("lost as well")
        await world.restart(lambda: shutil.copy(backup, store))
        await log.until(lambda log: log.of(rxconvo.Discontinuity) != [])
        assert await mine.send_message("new").retry(9) == 1
    kinds = [type(event) for event in log]
    added, broken = rxconvo.MessageAdded, rxconvo.Discontinuity
    assert kinds == [added, added, added, broken, added]
    assert log[-1].message.body == "new"
