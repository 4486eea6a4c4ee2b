"""The other end of a socket, in a process of its own: sends a client as many messages as it is told."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

from aiohttp import web

from benchmarks.children import listen_to_parent, say
from benchmarks.upstream import Traffic, Upstream
from rxconvo import ConnectionError
from rxconvo.transport import Transport
from rxconvo.transport.websocket import serve_websocket

__all__ = ["main"]


async def main(conversations: int) -> None:
    """Serve one client. Says its address, then answers each number with itself when so many messages are confirmed."""
    upstream, traffic = Upstream(conversations), Traffic(conversations)
    opened: asyncio.Future[Transport] = asyncio.get_running_loop().create_future()
    answers: asyncio.Queue[int] = asyncio.Queue()

    async def serve(transport: Transport) -> None:
        await upstream.serve(transport, until=lambda: upstream.settled(conversations))
        opened.set_result(transport)
        with suppress(ConnectionError):
            while True:
                answers.put_nowait(len(await transport.receive()))

    async def send(amount: int) -> int:
        transport = await opened
        transport.write(traffic.frames(amount))
        confirmed = 0
        while confirmed < amount:
            confirmed += await answers.get()
        return confirmed

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return await serve_websocket(request, serve)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    say(f"ws://127.0.0.1:{runner.addresses[0][1]}/")
    await listen_to_parent(send)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
