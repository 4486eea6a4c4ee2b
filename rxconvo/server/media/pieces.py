"""Bytes in pieces of a handy size."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Final

__all__ = ["PIECE", "cut"]

PIECE: Final = 256 * 1024
"""Size of the pieces in which media are written and read: large enough that each is worth a turn of a thread."""


async def cut(body: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """Make pieces of one size, and the rest."""
    pending = bytearray()
    async for piece in body:
        for start in range(0, len(piece), PIECE):
            pending += piece[start : start + PIECE]
            if len(pending) >= PIECE:
                yield bytes(memoryview(pending)[:PIECE])
                del pending[:PIECE]
    if pending:
        yield bytes(pending)
