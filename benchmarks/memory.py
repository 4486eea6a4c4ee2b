"""What idle things weigh, each in a process of its own.

Conversations and indicators are weighed by what Python has allocated for them. A websocket is weighed by how much the
service's whole process grows with it, since much of it belongs to nobody else's count.
"""

from __future__ import annotations

from typing import Final

from benchmarks.budgets import BUDGETS
from benchmarks.children import child
from benchmarks.harness import Row, Scale, Unit
from benchmarks.raw import open_many

__all__ = ["measure"]

_SIZES: Final = {Scale.FULL: (5_000, 1_000), Scale.QUICK: (1_000, 300), Scale.TINY: (5, 5)}
"""Conversations or indicators, websockets."""


async def measure(scale: Scale) -> list[Row]:
    """Weigh everything."""
    amount, sockets = _SIZES[scale]
    weights: dict[str, float] = {}
    for name in ("handle", "subjects", "conversation", "indicator", "debouncer"):
        async with child("scales", name, amount) as process:
            weights[name] = await process.hear()
    return [
        _row(
            "idle conversation: handle and streams",
            weights["handle"],
            "four Subjects",
            weights["subjects"],
            "idle handle",
        ),
        _row(
            "idle conversation, with its data",
            weights["conversation"],
            "its handle",
            weights["handle"],
            "idle conversation",
        ),
        _row("an armed indicator", weights["indicator"], "ops.debounce", weights["debouncer"], "typing memory"),
        *await _websocket(sockets),
    ]


async def _websocket(amount: int) -> list[Row]:
    """Weigh a websocket in the service; nothing comes of it where the system does not tell sizes."""
    async with child("host") as host:
        url = await host.hear()
        tokens = [await host.ask(f"user {number}") for number in range(2 * amount)]
        warm = await open_many(url, tokens[:amount])
        before = await host.ask(None)
        clients = await open_many(url, tokens[amount:])
        after = await host.ask(None)
        for client in warm + clients:
            await client.close()
    if before is None or after is None:
        return []
    return [
        _row(
            "idle websocket in the service", (after - before) / amount, "none at all", before / amount, "idle websocket"
        )
    ]


def _row(what: str, ours: float, peer: str, theirs: float, budget: str) -> Row:
    return Row(
        what=what,
        ours=ours,
        peer=peer,
        theirs=theirs,
        ratio=ours / theirs,
        unit=Unit.BYTES,
        budget=BUDGETS[budget],
    )
