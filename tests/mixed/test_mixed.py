"""Clients of the official SDK and of rxconvo in the same conversations: in the end all see the same, told the same way.

`RXCONVO_MIXED_SEED=17 pytest tests/mixed` replays one script; `RXCONVO_MIXED_SCRIPTS=2000` plays so many.
"""

from __future__ import annotations

import asyncio
import os

import pytest

import rxconvo
from tests.mixed.compare import differences
from tests.mixed.scene import Scene
from tests.mixed.script import Turn, Writer
from tests.mixed.sdk import Node

pytestmark = [pytest.mark.node, pytest.mark.real_time]

_SCRIPTS = int(os.environ.get("RXCONVO_MIXED_SCRIPTS", "200"))
_SEED = os.environ.get("RXCONVO_MIXED_SEED")
_BATCH = 25
_AT_ONCE = 12

_BATCHES = (
    [range(int(_SEED), int(_SEED) + 1)]
    if _SEED
    else [range(first, min(first + _BATCH, _SCRIPTS)) for first in range(0, _SCRIPTS, _BATCH)]
)


async def _wrong(writer: Writer, turns: list[Turn], service: rxconvo.Service, url: str, node: Node) -> list[str]:
    """Play a script, and say what is wrong in the end."""
    scene = Scene(service, url, node, writer)
    try:
        return differences(await scene.play(turns))
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed belongs to it
        return [f"{error!r} at {scene.at}"]


async def _report(seed: int, service: rxconvo.Service, url: str, node: Node) -> str | None:
    """Play a script; return what is wrong, and what is needed to see it again, with fewer turns if possible."""
    writer = Writer(seed)
    turns = writer.write()
    wrong = await _wrong(writer, turns, service, url, node)
    if not wrong:
        return None
    for turn in [turn for turn in turns if turn.kind == "burst"]:
        fewer = [other for other in turns if other is not turn]
        # A service of its own: the users are the same.
        async with rxconvo.Service(options=rxconvo.ServerOptions(typing_timeout=600)) as another:
            listener = await another.listen()
            if await _wrong(Writer(seed), fewer, another, listener.url, node):
                turns = fewer
    return "\n".join([f"RXCONVO_MIXED_SEED={seed}", *wrong[:5], "With these turns:", *map(str, turns)])


@pytest.mark.parametrize("seeds", _BATCHES, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
async def test_all_see_the_same_after_any_script(seeds: range, service: rxconvo.Service, sdk: Node) -> None:
    listener = await service.listen()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def play(seed: int) -> str | None:
        async with gate:
            return await _report(seed, service, listener.url, sdk)

    print(f"seeds {seeds.start} to {seeds.stop - 1}")  # noqa: T201
    wrong = [found for found in await asyncio.gather(*map(play, seeds)) if found]
    assert not wrong, "\n\n".join(wrong)
    assert not sdk.strays, sdk.strays
