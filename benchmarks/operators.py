"""What each operator costs, beside what one would compose with `reactivex`, and beside RxJS where that has it.

They take turns on the same input, and each has to come to the same result. The figures of RxJS are those of another
language, whose compiler they show as much.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from typing import Final

from benchmarks import (
    duels_diffs,
    duels_edges,
    duels_flow,
    duels_lists,
    duels_messages,
    duels_mutations,
    duels_people,
    duels_timed,
)
from benchmarks.children import Child
from benchmarks.duel import Duel, contender, play, weigh
from benchmarks.duels_input import Size, events, size_of
from benchmarks.harness import Contender, Row, Scale, Unit, race
from benchmarks.javascript import javascript, why_not

__all__ = ["WITHOUT_RXJS", "duels", "measure"]

_ROUNDS = {Scale.FULL: 5, Scale.QUICK: 3, Scale.TINY: 1}

_MODULES: Final = (
    duels_timed,
    duels_lists,
    duels_diffs,
    duels_people,
    duels_messages,
    duels_mutations,
    duels_flow,
    duels_edges,
)

WITHOUT_RXJS: Final[Mapping[str, str]] = {
    "conflate, diffs": "its operators drop what comes too fast, and merge nothing",
    "catch_up": "concat and expand lose what concat of reactivex does",
    "to_diffs": "it compares no lists, and neither does the library of JavaScript",
    "to_async_iter": "it has no asynchronous iterator; that is a package of its own",
}
"""Why there is nothing of RxJS beside an operator."""


def duels(size: Size) -> Iterator[Duel]:
    """Return all of them."""
    for each in _MODULES:
        yield from each.duels(size)


async def measure(scale: Scale) -> list[Row]:
    """Measure it."""
    size = size_of(scale)
    rows: list[Row] = []
    async with AsyncExitStack() as stack:
        missing = why_not()
        if missing is None:
            bursts = [[event.key for event in burst] for burst in events(size)]
            given = {"bursts": bursts, "keys": size.keys}
            rxjs = await stack.enter_async_context(javascript("operators.mjs", given))
        else:
            print(f"RxJS is left out: {missing}", file=sys.stderr)
            rxjs = None
        for duel in duels(size):
            rows += await _timed(duel, rxjs, _ROUNDS[scale])
            if duel.weighed:
                rows.append(await asyncio.to_thread(_weighed, duel))
    return rows


async def _timed(duel: Duel, rxjs: Child | None, rounds: int) -> list[Row]:
    ours, theirs = duel.ours.name, duel.theirs.name
    contenders = {ours: contender(duel, duel.ours), theirs: contender(duel, duel.theirs)}
    flaw = ""
    if duel.flaw is not None:
        _, result = await asyncio.to_thread(play, duel, duel.theirs)
        flaw = f": {duel.flaw(result)}"
    if rxjs is not None and duel.rxjs is not None:
        contenders["RxJS"] = _in_javascript(duel, rxjs)
    timings = await race(rounds, contenders)
    rows = [timings.row(ours, ours, theirs, peer=f"{theirs}{flaw}")]
    if "RxJS" in contenders:
        rows.append(timings.row(ours, ours, "RxJS", peer=f"RxJS {duel.rxjs}"))
    return rows


def _in_javascript(duel: Duel, rxjs: Child) -> Contender:
    async def take() -> float:
        answer = await rxjs.ask(duel.ours.name)
        assert answer["result"] == duel.expected, f"RxJS: {answer['result']} instead of {duel.expected}"
        seconds: float = answer["seconds"]
        return seconds / duel.values

    return take


def _weighed(duel: Duel) -> Row:
    ours, theirs = weigh(duel, duel.ours), weigh(duel, duel.theirs)
    return Row(
        what=f"{duel.ours.name}, for each key",
        ours=ours,
        peer=duel.theirs.name,
        theirs=theirs,
        ratio=ours / theirs,
        unit=Unit.BYTES,
    )
