"""One session of two, from the first byte of a connection to the last, cut once after every byte, in both directions.

In process a cut inside a message loses that message, wherever in it the cut is; so what is played is each message lost
and each boundary between two, which are all offsets there are. Over sockets, where aiohttp sees half a message, it is
every byte of the handshake and of the stream after it, of which each run takes its share: `RXCONVO_STRIDE=1` takes all.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from functools import partial
from itertools import accumulate, pairwise

import pytest

from rxconvo.testing import (
    Kind,
    Line,
    MemoryLine,
    Recorder,
    Violation,
    Way,
    World,
    advance,
    check,
    persist,
    run,
)
from tests.faults.session import BACKOFF, PATIENCE

STRIDE = int(os.environ.get("RXCONVO_STRIDE", "307"))


async def golden(kind: Kind, way: Way | None, offset: int, passed: dict[Way, Sequence[int]]) -> list[Violation]:
    """Play the session with a cut, and tell which laws it breaks; notes how much has passed after each piece."""
    async with asyncio.timeout(PATIENCE), World(kind) as world:
        bob = await world.client("bob", backoff=BACKOFF)
        his = await world.conversation(bob)
        await his.add("ada")

        def prepare(line: Line) -> None:
            if way is not None:
                line.cut_after(offset, way=way)

        async with world.visitor("ada", name="ada", prepare=prepare, backoff=BACKOFF, request_timeout=5.0) as visit:
            ada, line = visit
            mine = await persist(partial(ada.get_conversation_by_sid, his.sid))
            recorder = Recorder(world, mine, his)
            await recorder.observe(his)
            await recorder.observe(mine)
            await recorder.send(his, "b0")
            index = await recorder.send(mine, "a0")
            assert index is not None
            await recorder.edit(mine, index, "a0 edited")
            await recorder.read(mine, index)
            await advance(5.0)
            found = check(await recorder.finish())
        if isinstance(line, MemoryLine):
            passed["up"] = list(accumulate(map(len, line.sent)))
            passed["down"] = list(accumulate(map(len, line.received)))
        else:
            passed["up"], passed["down"] = [line.passed("up")], [line.passed("down")]
        if (line.connections > 1) != (way is not None and offset < passed[way][-1]):
            raise AssertionError(f"{line.connections} connections after a cut at {offset} {way}")
        return found


def cuts(kind: Kind, way: Way) -> list[int]:
    """Return the offsets that are played."""
    passed: dict[Way, Sequence[int]] = {}
    assert run(lambda: golden(kind, None, 0, passed)) == []
    if kind == "websocket":
        return list(range(0, passed[way][-1], STRIDE))
    boundaries = [0, *passed[way]]
    inside = [end - 1 for start, end in pairwise(boundaries) if end - start > 1]
    return sorted({*boundaries[:-1], *inside})


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("kind", ["memory", pytest.param("websocket", marks=pytest.mark.e2e)])
def test_a_cut_after_any_byte_breaks_no_law(kind: Kind, way: Way) -> None:
    offsets = cuts(kind, way)
    assert len(offsets) > 20
    for offset in offsets:
        found = run(partial(golden, kind, way, offset, {}))
        assert found == [], f"cut {way} after {offset} bytes"
