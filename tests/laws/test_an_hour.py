"""An hour of talk between people whose connections are lost every few minutes: everybody sees everything, once."""

from __future__ import annotations

import asyncio
import random

import rxconvo
from rxconvo.testing import Log, World, advance, run
from tests.laws import history
from tests.laws.history import DOCUMENT, MESSAGES, ROSTER, History

PEOPLE = ("ada", "bob", "cyd")
HOUR = 3600.0


class Person:
    """Somebody who talks, and what is seen meanwhile."""

    def __init__(self, world: World, conversation: rxconvo.Conversation, chance: random.Random) -> None:
        self.conversation = conversation
        self.logs = {MESSAGES: Log(), ROSTER: Log(), DOCUMENT: Log()}
        self.typing = Log()
        self.horizon: int | None = None
        self.sent: list[int] = []
        self._line = world.lines[conversation.identity]
        self._chance = chance

    async def begin(self) -> None:
        conversation = self.conversation
        conversation.messages.subscribe(self.logs[MESSAGES])
        conversation.participants.subscribe(self.logs[ROSTER])
        conversation.updated.subscribe(self.logs[DOCUMENT])
        conversation.typing.subscribe(self.typing)
        await conversation.typing.opened

    async def talk(self) -> None:
        """Do this and that for an hour."""
        loop = asyncio.get_running_loop()
        until = loop.time() + HOUR
        while loop.time() < until:
            await advance(self._chance.expovariate(1 / 20.0))
            await self._act()

    async def lose(self) -> None:
        """Lose the connection every few minutes for an hour, for a moment or a while."""
        loop = asyncio.get_running_loop()
        until = loop.time() + HOUR
        while loop.time() < until:
            await advance(self._chance.uniform(60.0, 300.0))
            self._line.refusing = self._chance.random() < 0.5
            self._line.cut()
            await advance(self._chance.uniform(0.0, 20.0))
            self._line.refusing = False

    async def _act(self) -> None:
        conversation = self.conversation
        match self._chance.randrange(8):
            case 0 | 1 | 2:
                await conversation.send_typing().retry(20)
                await advance(self._chance.uniform(0.0, 8.0))
                self.sent.append(await conversation.send_message(f"{self._chance.random()}").retry(20))
            case 3 if mine := self._own():
                await conversation.update_message_body(self._chance.choice(mine), f"{self._chance.random()}").retry(20)
            case 4 if mine := self._own():
                await conversation.remove_message(self._chance.choice(mine)).retry(20)
            case 5:
                await conversation.update_friendly_name(f"{self._chance.random()}").retry(20)
            case _ if newest := conversation.last_message:
                await conversation.advance_last_read_message_index(newest.index).retry(20)
                self.horizon = conversation.last_read_message_index

    def _own(self) -> list[rxconvo.Message]:
        held = {event.message.index: event.message for event in self.logs[MESSAGES].of(rxconvo.MessageAdded)}
        for event in self.logs[MESSAGES].of(rxconvo.MessageRemoved):
            held.pop(event.index, None)
        return [message for message in held.values() if message.author == self.conversation.identity]


async def hour(seed: int) -> list[str]:
    """Let an hour pass and tell what somebody has not seen, or not as it was."""
    async with World(seed=seed) as world:
        clients = [await world.client(identity) for identity in (*PEOPLE, "witness")]
        *handles, witness = await world.talk(*clients)
        witness.messages.subscribe()
        witness.participants.subscribe()
        await witness.messages.opened
        await witness.participants.opened
        people = [Person(world, handle, random.Random(f"{seed} {handle.identity}")) for handle in handles]
        for person in people:
            await person.begin()
        await asyncio.gather(*(person.talk() for person in people), *(person.lose() for person in people))
        await advance(60.0)
        truth = History(world.memory_line("witness").received, witness.sid)
        found: list[str] = []
        for person in people:
            who = person.conversation.identity
            for name, log in person.logs.items():
                seen = history.violations(truth.of[name], log, since=0, surely=_start(truth, name), missed=True)
                found += [f"{who}: {violation}" for violation in seen]
            found += [f"{who}: {violation}" for violation in await _left(person)]
            if world.lines[who].connections < 10:
                found.append(f"{who} was connected {world.lines[who].connections} times only")
        if len(truth.of[MESSAGES]) < 100:
            found.append("too little was said")
        return [f"seed {seed}: {violation}" for violation in found]


def _start(truth: History, name: str) -> int:
    """Return the id from which on everybody observed: the first message was sent later."""
    return {MESSAGES: 0, ROSTER: truth.of[ROSTER][0].id - 1, DOCUMENT: truth.of[DOCUMENT][0].id - 1}[name]


async def _left(person: Person) -> list[str]:
    """Tell what is not at rest in the end: who is still said to be typing, and a horizon that was lost."""
    found: list[str] = []
    typing: set[str] = set()
    for event in person.typing:
        if isinstance(event, rxconvo.TypingStarted):
            typing.add(event.participant.sid)
        elif event.participant.sid not in typing:
            found.append(f"{event} ends what has not begun")
        else:
            typing.discard(event.participant.sid)
    if typing:
        found.append(f"{typing} type for ever")
    if person.conversation.last_read_message_index != person.horizon:
        found.append(f"read up to {person.conversation.last_read_message_index}, not {person.horizon}")
    added = [event.message.index for event in person.logs[MESSAGES].of(rxconvo.MessageAdded)]
    if len(set(person.sent)) != len(person.sent) or not set(person.sent) <= set(added):
        found.append("something that was sent is not seen, or was sent twice")
    last = person.conversation.last_message
    if last is None or last.index != max(added):
        found.append(f"the last message is {last}")
    return found


def test_an_hour_of_talk_is_seen_by_everybody_once() -> None:
    assert run(lambda: hour(1)) == []
