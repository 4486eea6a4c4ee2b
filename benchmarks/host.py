"""A service in a process of its own, which tells how much memory it has."""

from __future__ import annotations

import asyncio

from benchmarks.children import listen_to_parent, resident, say
from rxconvo import Service

__all__ = ["main"]


async def main() -> None:
    """Serve. Says its address, then answers each identity with a token for it, and null with its size."""
    async with Service() as service:
        listener = await service.listen()
        say(listener.url)

        async def answer(identity: str | None) -> object:
            return resident() if identity is None else service.token(identity)

        await listen_to_parent(answer)


if __name__ == "__main__":
    asyncio.run(main())
