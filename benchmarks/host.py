"""A service in a process of its own, which tells how much memory it has; or a bare server of websockets."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web

from benchmarks.children import listen_to_parent, resident, say
from rxconvo import Service

__all__ = ["bare", "main"]


async def bare() -> None:
    """Serve websockets that nothing comes of, with `aiohttp` alone. Says its address, then answers with its size."""

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async def answer(_question: object) -> object:
        return resident()

    runner = web.ServerRunner(web.Server(serve))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    say(f"ws://127.0.0.1:{runner.addresses[0][1]}/")
    await listen_to_parent(answer)


async def main() -> None:
    """Serve. Says its address, then answers each identity with a token for it, and null with its size."""
    async with Service() as service:
        listener = await service.listen()
        say(listener.url)

        async def answer(identity: str | None) -> object:
            return resident() if identity is None else service.token(identity)

        await listen_to_parent(answer)


if __name__ == "__main__":
    asyncio.run(bare() if "bare" in sys.argv else main())
