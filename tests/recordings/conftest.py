"""Sessions of people in a world, recorded, and what observers of a client were told."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

import rxconvo
from rxconvo.testing import World, advance, settle
from rxconvo.testing.world import Kind


def encoded(value: object) -> object:
    """Return all of a value or event, in plain data: the type's name, and every field."""
    if isinstance(value, msgspec.Struct):
        names = [name for name in value.__struct_fields__ if name != "home"]
        fields = {name: encoded(getattr(value, name)) for name in names}
        home = getattr(value, "home", None)
        return {"": type(value).__name__, "home": repr(home), **fields}
    if isinstance(value, Exception):
        return {"": type(value).__name__, "text": str(value)}
    if isinstance(value, rxconvo.Conversation):
        return {"": "Conversation", "state": encoded(value.snapshot)}
    if isinstance(value, tuple | list):
        return [encoded(each) for each in value]
    if isinstance(value, dict):
        return {key: encoded(each) for key, each in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


@dataclass
class Ear:
    """What the streams of one client have carried, in order.

    Attributes:
        heard: The name of the stream, and what it carried.
    """

    heard: list[tuple[str, object]] = field(default_factory=list[tuple[str, object]])

    async def listen(self, client: rxconvo.Client, *, errors: bool = True) -> None:
        """Listen to everything, and wait until that has begun."""
        streams: dict[str, Any] = {
            name: getattr(client, name)
            for name in ("messages", "participants", "typing", "updated", "removed", "conversations", "users")
        }
        for name, stream in streams.items():
            stream.subscribe(self.listener(name))
        client.connection_state.subscribe(self.listener("connection_state"))
        if errors:
            client.errors.subscribe(self.listener("errors"))
        else:
            client.errors.subscribe(lambda _: None)
        for stream in streams.values():
            await stream.opened
        await settle()

    def listener(self, name: str) -> Callable[[object], None]:
        """Return an observer that writes down what a stream carries."""
        return lambda value: self.heard.append((name, encoded(value)))


@dataclass
class Scene:
    """Ada, who is recorded, and those she talks with.

    Attributes:
        world: Where.
        ada: The recorded client.
        bob: Somebody else.
        carol: Likewise; not in the first conversation.
        ear: What ada's streams have carried since the recording was begun.
        path: The recording.
    """

    world: World
    ada: rxconvo.Client
    bob: rxconvo.Client
    carol: rxconvo.Client
    ear: Ear
    path: Path
    talks: list[str] = field(default_factory=list[str])


@asynccontextmanager
async def scene(path: Path, *, seed: int = 0, kind: Kind = "memory", **options: Any) -> AsyncGenerator[Scene]:
    """Let ada be recorded for the length of a block, in a world with some history."""
    async with World(kind, seed=seed) as world:
        ada, bob, carol = await world.clients("ada", "bob", "carol")
        mine, his = await world.talk(ada, bob)
        await his.send_message("before")
        await his.send_message("also before")
        ear = Ear()
        await ear.listen(ada)
        async with ada.record(path, **options):
            ear.heard.clear()
            yield Scene(world, ada, bob, carol, ear, path, [mine.sid])


async def replayed(path: Path, *, speed: float, errors: bool = True) -> Ear:
    """Play a recording to its end, and return what the streams of a client have carried."""
    ear = Ear()
    async with rxconvo.Replay(path) as replay, replay.client() as client:
        await ear.listen(client, errors=errors)
        ear.heard.clear()
        await replay.play(speed=speed)
        return ear


Act = Callable[[Scene, random.Random], Awaitable[object]]


async def _handle(client: rxconvo.Client, sid: str) -> rxconvo.Conversation | None:
    if client.identity == "ada":  # who is recorded does nothing that only she would know of, such as to look around
        return client.find_conversation(sid)
    try:
        return await client.get_conversation_by_sid(sid)
    except (rxconvo.RequestError, rxconvo.SyncError, rxconvo.ClosedError):
        return None


async def _do(cold: Awaitable[object]) -> None:
    """Do something that may be refused, or get lost."""
    with suppress(rxconvo.RequestError, rxconvo.SyncError, rxconvo.ClosedError, rxconvo.ConnectionError):
        await cold


async def _bobs(at: Scene, chance: random.Random) -> rxconvo.Conversation | None:
    client = chance.choice([at.bob, at.bob, at.ada, at.carol])
    return await _handle(client, chance.choice(at.talks))


async def send(at: Scene, chance: random.Random) -> None:
    """Somebody says something."""
    if (talk := await _bobs(at, chance)) is not None:
        await _do(talk.send_message(f"said {chance.random()}", {"n": chance.randint(0, 9)}))


async def _any_message(at: Scene, talk: rxconvo.Conversation, chance: random.Random) -> rxconvo.Message[Any] | None:
    """Choose a message of a conversation. Bob reads it: what who is recorded reads, she would hold."""
    his = await _handle(at.bob, talk.sid)
    if his is None:
        return None
    try:
        page = await his.get_messages(10)
    except (rxconvo.RequestError, rxconvo.SyncError, rxconvo.ClosedError):
        return None
    return chance.choice(page.items) if page.items else None


async def edit(at: Scene, chance: random.Random) -> None:
    """Somebody changes a message of any age."""
    talk = await _bobs(at, chance)
    if talk is not None and (message := await _any_message(at, talk, chance)) is not None:
        await _do(talk.update_message_body(message, f"edited {chance.random()}"))


async def remove(at: Scene, chance: random.Random) -> None:
    """Somebody takes a message back."""
    talk = await _bobs(at, chance)
    if talk is not None and (message := await _any_message(at, talk, chance)) is not None:
        await _do(talk.remove_message(message))


async def type_(at: Scene, chance: random.Random) -> None:
    """Somebody types."""
    if (talk := await _bobs(at, chance)) is not None:
        await _do(talk.send_typing())


async def rename(at: Scene, chance: random.Random) -> None:
    """A conversation gets another name."""
    if (talk := await _bobs(at, chance)) is not None:
        await _do(talk.update_friendly_name(f"name {chance.random()}"))


async def read(at: Scene, chance: random.Random) -> None:
    """Somebody has read everything."""
    if (talk := await _bobs(at, chance)) is not None:
        await _do(talk.set_all_messages_read())


async def invite(at: Scene, chance: random.Random) -> None:
    """Somebody is added."""
    if (talk := await _bobs(at, chance)) is not None:
        await _do(talk.add(chance.choice(["ada", "bob", "carol"])))


async def expel(at: Scene, chance: random.Random) -> None:
    """Somebody has to go."""
    if (talk := await _bobs(at, chance)) is not None:
        await _do(talk.remove_participant(chance.choice(["ada", "carol"])))


async def begin(at: Scene, chance: random.Random) -> None:
    """Bob begins another conversation."""
    created = await at.bob.create_conversation(friendly_name=f"talk {chance.random()}")
    await created.join()
    await _do(created.add("ada"))
    at.talks.append(created.sid)


async def delete(at: Scene, chance: random.Random) -> None:
    """A conversation is deleted."""
    if len(at.talks) > 1 and (talk := await _handle(at.bob, at.talks.pop())) is not None:
        await _do(talk.delete())


async def cut(at: Scene, chance: random.Random) -> None:
    """Ada's connection is lost."""
    at.world.lines["ada"].cut()


async def wait(at: Scene, chance: random.Random) -> None:
    """Time passes."""
    await advance(chance.choice([0.0, 0.01, 0.1, 1.0, 5.0, 7.0]))


async def stay_away(at: Scene, chance: random.Random) -> None:
    """Ada's connection is lost, and cannot be made for a while."""
    with at.world.lines["ada"].refused():
        at.world.lines["ada"].cut()
        await advance(chance.choice([0.5, 3.0]))
        await send(at, chance)
        await edit(at, chance)


async def rename_user(at: Scene, chance: random.Random) -> None:
    """A user gets another name."""
    await _do(at.ada.user.update_friendly_name(f"Ada {chance.random()}"))


ACTS: tuple[Act, ...] = (
    *(send, send, send, edit, edit, remove, type_, type_, rename, read, invite, expel, begin, delete, cut, wait, wait),
    *(stay_away, rename_user),
)


async def play_at_random(at: Scene, seed: int, acts: int) -> None:
    """Let people do things."""
    chance = random.Random(seed)
    for _ in range(acts):
        await chance.choice(ACTS)(at, chance)
    await advance(chance.choice([0.0, 10.0]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a recording may be."""
    return tmp_path / "lunch.rxrec"
