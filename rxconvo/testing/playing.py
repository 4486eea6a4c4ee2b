"""Plays fault plans on a world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from rxconvo.errors import ArgumentError
from rxconvo.operators._arguments import check_kind
from rxconvo.testing.faults import (
    Cut,
    Delay,
    Duplicate,
    Expire,
    Fault,
    FaultPlan,
    HalfOpen,
    Hold,
    Jump,
    Restart,
    Slice,
)
from rxconvo.testing.lines import Line
from rxconvo.testing.world import TOKEN_TTL, World

__all__ = ["LineError", "play"]


class LineError(ArgumentError):
    """A fault names a line that the world has not."""


@asynccontextmanager
async def play(plan: FaultPlan, world: World) -> AsyncGenerator[None]:
    """Let things go wrong while the block runs, and until all of them have; then mend every line.

    Args:
        plan: What goes wrong.
        world: Where.

    Raises:
        ArgumentError: This is no plan or no world, or a fault names no line of this world (a `LineError`).
        TypeError: A fault of messages is played on a line of sockets.
    """
    check_kind("plan", plan, FaultPlan, "a FaultPlan")
    check_kind("world", world, World, "a World")
    for fault in plan.faults:
        name: str | None = getattr(fault, "line", None)
        if name is not None and name not in world.lines:
            lines = ", ".join(map(repr, world.lines)) or "which has none yet"
            raise LineError("line", f"one of this world ({lines})", name)
    playing = [asyncio.create_task(_befall(fault, world), name=repr(fault)) for fault in plan.faults]
    try:
        yield
        await asyncio.gather(*playing)
    finally:
        for task in playing:
            task.cancel()
        if playing:
            await asyncio.wait(playing)
        for line in world.lines.values():
            line.mend()


async def _befall(fault: Fault, world: World) -> None:
    """Let one thing go wrong, to its end."""
    await asyncio.sleep(fault.at)
    match fault:
        case Restart(_, down):
            await world.restart(down=down)
        case Expire():
            world.skew += TOKEN_TTL
        case Jump(by):
            world.skew += timedelta(seconds=by)
        case Duplicate(name, way, frame):
            world.memory_line(name).duplicate(way, frame)
        case Hold(name, way, frame, lasting=lasting):
            world.memory_line(name).hold_frame(way, frame, lasting)
        case _:
            await _disturb(world.lines[fault.line], fault)


async def _disturb(line: Line, fault: Cut | HalfOpen | Delay | Slice) -> None:
    """Let something go wrong with a line for a while."""
    match fault:
        case Cut(_, after, way, down=down):
            line.cut_after(after, way=way)
            if down:
                with line.refused():
                    await asyncio.sleep(down)
        case HalfOpen(_, way, lasting=lasting):
            line.swallow(way)
            await asyncio.sleep(lasting)
            line.cut()
        case Delay(_, way, lasting=lasting, by=by):
            line.delay(by, way)
            await asyncio.sleep(lasting)
            line.delay(0.0, way)
        case Slice(_, way, lasting=lasting, size=size):
            line.slice(size, way)
            await asyncio.sleep(lasting)
            line.slice(0, way)
