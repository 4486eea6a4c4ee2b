"""Who observes all conversations misses nothing of those that come: from the joining on, and nothing from before."""

from __future__ import annotations

from itertools import count

import msgspec
import orjson
import pytest

import rxconvo
from rxconvo.testing import Log, World, advance, run
from rxconvo.wire.codec import decode, encode
from rxconvo.wire.packets import Notification

SCRIPTS = 60


def story(log: Log, sid: str) -> list[tuple[str, object]]:
    """Tell what an observer was told of one conversation."""
    told: list[tuple[str, object]] = []
    for event in log:
        if event.conversation_sid != sid:
            continue
        match event:
            case rxconvo.MessageAdded(message=message):
                told.append(("message", message.body))
            case rxconvo.ParticipantJoined(participant=someone):
                told.append(("participant", someone.identity))
            case _:
                told.append((type(event).__name__, event))
    return told


class Newcomer:
    """One who observes all conversations, and another one who makes some and talks before anybody can look."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.names = count()
        self.messages, self.people = Log(), Log()
        self.expected: dict[str, tuple[list[tuple[str, object]], list[tuple[str, object]]]] = {}

    async def begin(self, *, watch: str) -> None:
        self.ada = await self.world.client("ada")
        self.bob = await self.world.client("bob", watch=watch)
        self.bob.messages.subscribe(self.messages)
        self.bob.participants.subscribe(self.people)
        await self.bob.messages.opened
        await self.bob.participants.opened

    async def converse(self, talk: rxconvo.Conversation, times: int) -> None:
        """Say something, or bring somebody along; what is told of it is expected where bob is there."""
        messages, people = self.expected.get(talk.sid, ([], []))
        for name in map(str, range(times)):
            if self.world.chance.random() < 0.7:
                await talk.send_message(name)
                messages.append(("message", name))
            else:
                guest = f"guest {next(self.names)}"
                await talk.add(guest)
                people.append(("participant", guest))

    async def introduce(self, *, before: int, after: int) -> None:
        """Make a conversation with some history, add bob, and go on at once."""
        talk = await self.ada.create_conversation()
        await talk.join()
        await self.converse(talk, before)
        await talk.add("bob")
        self.expected[talk.sid] = ([], [])
        await self.converse(talk, after)

    def violations(self) -> list[str]:
        return [
            f"{sid}: {story(log, sid)} is told, and {expected} happened"
            for sid, both in self.expected.items()
            for log, expected in zip((self.messages, self.people), both, strict=True)
            if story(log, sid) != expected
        ]


async def played(seed: int) -> list[str]:
    """Have somebody be added to conversations over a line that may fail."""
    async with World(seed=seed) as world:
        chance, scene = world.chance, Newcomer(world)
        await scene.begin(watch=chance.choice(["documents", "all", "none"]))
        line = world.lines["bob"]
        for _ in range(chance.randrange(1, 5)):
            match chance.randrange(4):
                case 0:
                    line.hold("up", "down")
                case 1:
                    line.cut_after(*(chance.randrange(1, 8000) for _ in range(chance.randrange(1, 3))))
                case 2:
                    line.cut()
                case _:
                    pass
            await scene.introduce(before=chance.randrange(3), after=chance.randrange(5))
            line.release()
            await advance(chance.choice([0.0, 0.03, 3.0]))
        await advance(60.0)
        return [f"seed {seed}: {violation}" for violation in scene.violations()]


def violations(seeds: range) -> list[str]:
    """Play scripts until one is not as it should be."""
    return next(filter(None, (run(lambda seed=seed: played(seed)) for seed in seeds)), [])  # type: ignore[misc]


def test_nothing_is_missed_of_conversations_that_come() -> None:
    assert violations(range(SCRIPTS)) == []


@pytest.mark.parametrize("watch", ["documents", "all", "none"])
async def test_what_is_said_right_after_somebody_was_added_is_seen(world: World, watch: str) -> None:
    scene = Newcomer(world)
    await scene.begin(watch=watch)
    for _ in range(5):
        await scene.introduce(before=1, after=2)
    wanted = sum(len(messages) for messages, _ in scene.expected.values())
    await scene.messages.until(lambda log: len(log) >= wanted)
    wanted = sum(len(people) for _, people in scene.expected.values())
    await scene.people.until(lambda log: len(log) >= wanted)
    assert scene.violations() == []


def since_nobody_knows_when(message: bytes) -> list[bytes]:
    """Leave out of a message after which events somebody became a participant, as other services do."""
    packet = decode(message)
    if not isinstance(packet, Notification) or b'"since"' not in packet.payload:
        return [message]
    note = orjson.loads(packet.payload)
    for event in note["events"]:
        del event["item_data"]["since"]
    return [encode(msgspec.structs.replace(packet, payload=orjson.dumps(note)))]


@pytest.mark.parametrize("watch", ["documents", "all", "none"])
async def test_where_the_service_does_not_tell_what_may_be_missed_is_told_as_one_discontinuity(watch: str) -> None:
    async with World() as world:
        scene = Newcomer(world)
        await scene.begin(watch=watch)
        world.memory_line("bob").rewrite = since_nobody_knows_when
        await scene.introduce(before=5, after=5)
        await advance(3)
        ((sid, both),) = scene.expected.items()
        talk = await scene.ada.get_conversation_by_sid(sid)
        await talk.send_message("from now on")
        both[0].append(("message", "from now on"))
        await scene.messages.until(lambda log: story(log, sid)[-1] == both[0][-1])
        for log, happened in zip((scene.messages, scene.people), both, strict=True):
            broken, *seen = log
            assert isinstance(broken, rxconvo.Discontinuity)
            assert broken.conversation_sid == sid
            assert story(log, sid)[1:] == happened[len(happened) - len(seen) :]


async def test_where_nothing_was_ever_said_nothing_can_be_missed() -> None:
    async with World() as world:
        scene = Newcomer(world)
        await scene.begin(watch="documents")
        world.memory_line("bob").rewrite = since_nobody_knows_when
        await scene.introduce(before=0, after=0)
        await advance(3)
        assert scene.messages == []


async def test_who_looked_at_a_public_conversation_before_joining_sees_it_live_afterwards(world: World) -> None:
    ada, eve = await world.client("ada"), await world.client("eve")
    talk = await ada.create_conversation(access="public")
    await talk.join()
    await talk.send_message("before")
    seen = await eve.get_conversation_by_sid(talk.sid)
    log, people = Log(), Log()
    seen.messages.added.subscribe(log)
    seen.typing.subscribe(people)
    with pytest.raises(rxconvo.SyncError):
        await seen.messages.opened
    await seen.join()
    await seen.send_message("mine")
    assert [message.body for message in log] == ["mine"]
    await seen.messages.opened
    await seen.typing.opened
    await talk.send_message("theirs")
    await talk.send_typing()
    await people.until(lambda people: people != [])
    assert [message.body for message in log] == ["mine", "theirs"]
