"""What is played against fault plans: a session of two, small enough for ten thousand times, and one with a guest."""

from __future__ import annotations

import asyncio

import rxconvo
from rxconvo.testing import FaultPlan, Recorder, Violation, World, advance, check, persist, play

PATIENCE = 300.0  # virtual seconds
BACKOFF = rxconvo.BackoffPolicy(minimum=0.1, maximum=1.0)


async def session(plan: FaultPlan) -> list[Violation]:
    """Play a session while things go wrong, and tell which laws it breaks."""
    async with asyncio.timeout(PATIENCE), World(seed=plan.seed or 0) as world:
        ada, bob = await world.clients("ada", "bob", backoff=BACKOFF, request_timeout=5.0)
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.observe(mine)
        await recorder.observe(his)
        await recorder.observe_participants(mine)
        await recorder.observe_participants(his)
        await recorder.observe_typing(mine)
        await recorder.observe_typing(his)
        await recorder.consume(his, "bob slowly", limit=1, overflow="drop_oldest", every=3.0)

        async def hers() -> None:
            await recorder.type(mine)
            first = await recorder.send(mine, "a0")
            await advance(1.0)
            await recorder.send(mine, "a1")
            if first is not None:
                await recorder.edit(mine, first, "a0 edited")
            guest = await recorder.add(mine, "carol", "c0")
            if guest is not None:
                await recorder.change(mine, guest, "c1")
                await advance(1.0)
                await recorder.expel(mine, guest)

        async def bobs() -> None:
            await advance(0.5)
            first = await recorder.send(his, "b0")
            await advance(1.5)
            if first is not None:
                await recorder.read(his, first)
            await recorder.send(his, "b1")
            await recorder.type(his)
            await recorder.add(his, "dave", "d0")

        async with play(plan, world):
            await asyncio.gather(hers(), bobs())
        await advance(10.0)
        return check(await recorder.finish())


async def guest_session(plan: FaultPlan) -> list[Violation]:
    """Play a session to which somebody is added, who looks on, speaks and is removed."""
    async with asyncio.timeout(PATIENCE), World(seed=plan.seed or 0) as world:
        ada, bob, carol = await world.clients("ada", "bob", "carol", backoff=BACKOFF, request_timeout=5.0)
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        for handle in (mine, his):
            await recorder.observe(handle)
            await recorder.observe_participants(handle)
            await recorder.observe_typing(handle)
        async with play(plan, world):
            await recorder.send(mine, "before carol")
            guest = await recorder.add(mine, "carol", "a guest")
            hers = await _arrived(carol, mine.sid)
            await recorder.observe(hers)
            await recorder.observe_participants(hers)
            await recorder.observe_typing(hers)
            await recorder.type(mine)
            await recorder.type(hers)
            await advance(1.0)
            await recorder.send(hers, "by carol")
            if guest is not None:
                await recorder.change(his, guest, "a friend")
                await recorder.expel(mine, guest)
            await recorder.send(mine, "after carol")
            await recorder.type(his)
            await recorder.send(his, "after carol, too")
        await advance(10.0)
        return check(await recorder.finish())


async def _arrived(client: rxconvo.Client, sid: str) -> rxconvo.Conversation:
    """Wait until a client knows a conversation."""
    while True:
        try:
            return await persist(client.get_conversation_by_sid(sid))
        except rxconvo.NotFoundError:
            await advance(0.25)
