"""What idle things weigh, in fresh processes.

Conversations and indicators are weighed by what Python has allocated for them. A websocket is weighed by how much the
service's whole process grows with it, since much of it belongs to nobody else's count.
"""

from __future__ import annotations

from typing import Final

from benchmarks.budgets import BUDGETS
from benchmarks.children import child
from benchmarks.harness import Row, Scale, Unit
from benchmarks.raw import open_many
from rxconvo.transport.websocket import WebSocketConnector

__all__ = ["measure"]

_SIZES: Final = {Scale.FULL: (2_000, 500), Scale.QUICK: (500, 100), Scale.TINY: (5, 20)}
"""Conversations or indicators, websockets."""


async def measure(scale: Scale) -> list[Row]:
    """Weigh everything."""
    amount, sockets = _SIZES[scale]
    async with child("scales", amount) as scales:
        weight = await scales.hear()
    rows = [
        _row("idle conversation: handle and streams", weight["handle"], "four Subjects", weight["subjects"], "handle"),
        _row(
            "idle conversation, with its data", weight["conversation"], "its handle", weight["handle"], "conversation"
        ),
        _row("an armed indicator", weight["indicator"], "ops.debounce", weight["debouncer"], "indicator"),
    ]
    ours, bare = await _websocket(sockets), await _bare_websocket(sockets)
    if ours is not None and bare is not None:
        rows.append(_row("idle websocket in the service", ours, "one of aiohttp alone", bare, "websocket"))
    return rows


async def _websocket(amount: int) -> float | None:
    """Weigh a websocket in the service; None where the system does not tell sizes."""
    async with child("host") as host:
        url = await host.hear()
        tokens = [await host.ask("ada")] * amount  # all of one user, whose data are not to be weighed
        warm = await open_many(url, tokens)
        before = await host.ask(None)
        clients = await open_many(url, tokens)
        after = await host.ask(None)
        for client in warm + clients:
            await client.close()
    return _each(before, after, amount)


async def _bare_websocket(amount: int) -> float | None:
    """Weigh a websocket in a server that is nothing else."""
    async with child("host", "bare") as host:
        connector = WebSocketConnector(await host.hear())
        warm = [await connector.connect() for _ in range(amount)]
        before = await host.ask(None)
        sockets = [await connector.connect() for _ in range(amount)]
        after = await host.ask(None)
        for socket in warm + sockets:
            socket.abort()
    return _each(before, after, amount)


def _each(before: int | None, after: int | None, amount: int) -> float | None:
    return None if before is None or after is None else (after - before) / amount


def _row(what: str, ours: float, peer: str, theirs: float, budget: str) -> Row:
    return Row(
        what=what,
        ours=ours,
        peer=peer,
        theirs=theirs,
        ratio=ours / theirs,
        unit=Unit.BYTES,
        budget=BUDGETS[f"idle {budget}"],
    )
