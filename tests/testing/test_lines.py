"""Lines do to what passes what they are told to, and nothing else."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

import rxconvo
from rxconvo.errors import ArgumentError
from rxconvo.testing import Kind, Log, World, advance

KINDS = ["memory", pytest.param("websocket", marks=pytest.mark.e2e)]


class Scene:
    """Ada, who sends, and bob, whose line fails."""

    def __init__(self, world: World, mine: rxconvo.Conversation) -> None:
        self.world = world
        self.mine = mine
        self.line = world.lines["bob"]
        self.log = Log()
        self.now = asyncio.get_running_loop().time

    @classmethod
    async def begin(cls, world: World) -> Scene:
        ada, bob = await world.clients("ada", "bob", request_timeout=60.0)
        mine, his = await world.talk(ada, bob)
        scene = cls(world, mine)
        his.messages.added.subscribe(scene.log)
        await his.messages.opened
        return scene

    async def say(self, *texts: str) -> None:
        for text in texts:
            await self.mine.send_message(text)

    async def hears(self, *texts: str) -> float:
        """Wait until all of that was heard, and nothing else; return how long that took."""
        began = self.now()
        await self.log.until(lambda log: len(log) >= len(texts))
        assert [message.body for message in self.log] == list(texts)
        return self.now() - began


async def test_without_a_way_it_is_both_ways() -> None:
    async with World() as world:
        scene = await Scene.begin(world)
        world.lines["ada"].delay(2.0)
        began = scene.now()
        await scene.say("a")
        assert scene.now() - began == pytest.approx(4.0)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_held_comes_after_the_release(kind: Kind) -> None:
    async with World(kind) as world:
        scene = await Scene.begin(world)
        scene.line.hold("down")
        await scene.say("a", "b")
        await advance(5.0)
        assert scene.log == []
        scene.line.release()
        await scene.hears("a", "b")
        assert scene.line.connections == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_delayed_comes_so_much_later(kind: Kind) -> None:
    async with World(kind) as world:
        scene = await Scene.begin(world)
        scene.line.delay(2.0, "down")
        await scene.say("a")
        assert await scene.hears("a") == pytest.approx(2.0, abs=0.1)
        scene.line.delay(0.0, "down")
        await scene.say("b")
        assert await scene.hears("a", "b") == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_swallowed_is_lost_until_the_next_connection(kind: Kind) -> None:
    async with World(kind) as world:
        scene = await Scene.begin(world)
        scene.line.swallow("down")
        await scene.say("a")
        await advance(5.0)
        assert scene.line.lost.is_set()
        assert scene.log == []
        scene.line.cut()
        await scene.hears("a")
        assert scene.line.connections == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_slices_change_nothing(kind: Kind) -> None:
    async with World(kind) as world:
        scene = await Scene.begin(world)
        scene.line.slice(1, "up", "down")
        await scene.say("a", "b")
        await scene.hears("a", "b")
        scene.line.mend()
        await scene.say("c")
        await scene.hears("a", "b", "c")
        assert scene.line.connections == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_cut_comes_after_so_many_bytes(kind: Kind) -> None:
    async with World(kind) as world:
        scene = await Scene.begin(world)
        before = scene.line.passed("down")
        scene.line.cut_after(100, 50)
        await scene.say("a")
        await scene.hears("a")
        assert scene.line.connections == 3
        assert scene.line.passed("down") > before


async def test_a_message_that_a_cut_goes_through_is_lost_in_process() -> None:
    async with World() as world:
        scene = await Scene.begin(world)
        line = world.memory_line("bob")
        received = len(line.received)
        await scene.say("a")
        sizes = [len(message) for message in line.received[received:]]
        received = len(line.received)
        line.refusing = True
        line.cut_after(sizes[0])
        await scene.say("b")
        await advance(1.0)
        assert [len(message) for message in line.received[received:]] == sizes[:1]
        line.refusing = False
        await scene.hears("a", "b")


async def test_a_message_that_comes_twice_is_told_once() -> None:
    async with World() as world:
        scene = await Scene.begin(world)
        line = world.memory_line("bob")
        line.duplicate("down")
        received = len(line.received)
        await scene.say("a", "b")
        await scene.hears("a", "b")
        assert line.received[received] == line.received[received + 1]


async def test_a_message_that_is_kept_keeps_those_behind_it() -> None:
    async with World() as world:
        scene = await Scene.begin(world)
        world.memory_line("bob").hold_frame("down", 0, 3.0)
        await scene.say("a", "b")
        assert await scene.hears("a", "b") == pytest.approx(3.0, abs=0.1)


async def test_a_cut_ends_what_is_kept() -> None:
    async with World() as world:
        scene = await Scene.begin(world)
        scene.line.hold("down")
        await scene.say("a")
        scene.line.cut()
        await scene.hears("a")


async def test_while_it_is_refused_nobody_connects() -> None:
    async with World() as world:
        scene = await Scene.begin(world)
        with scene.line.refused(), scene.line.refused():
            scene.line.cut()
            await advance(30.0)
            assert scene.line.connections == 1
        await scene.say("a")
        await advance(300.0)
        await scene.hears("a")


async def test_taps_hear_what_is_handed_over() -> None:
    async with World() as world:
        scene = await Scene.begin(world)
        heard: list[bytes] = []
        world.memory_line("bob").taps.append(heard.append)
        await scene.say("unmistakable")
        await scene.hears("unmistakable")
        assert any(b"unmistakable" in message for message in heard)


async def test_what_makes_no_sense_is_refused() -> None:
    async with World() as world:
        await world.client("ada")
        line = world.lines["ada"]
        with pytest.raises(ArgumentError, match="amounts"):
            line.cut_after(-1)
        with pytest.raises(ArgumentError, match="seconds"):
            line.delay(-1.0, "up")
        with pytest.raises(ArgumentError, match="size"):
            line.slice(-1, "up")
        sideways: Any = "sideways"
        for do in (line.passed, line.hold, line.swallow, partial(line.delay, 1.0), partial(line.slice, 1)):
            with pytest.raises(ArgumentError, match='way must be "up" or "down", not \'sideways\''):
                do(sideways)
        with pytest.raises(ArgumentError, match="way must be"):
            line.cut_after(1, way=sideways)
