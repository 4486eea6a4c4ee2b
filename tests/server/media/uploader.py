"""A program to be killed: makes one process per line of its input, which uploads until it dies.

It forks, so that the interpreter starts once and not for every kill. Each child prints `started PID`, then `stored SID
SIZE` for each upload that the service has acknowledged; when it is dead, its parent prints `dead`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import orjson

from rxconvo.server import Server, make_keys
from rxconvo.server.storage import open_store
from rxconvo.testing.ids import seeded_ids
from rxconvo.transport.http import PlainRequest

SECRET = "correct horse battery staple correct horse"


def tell(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def wall() -> datetime:
    return datetime.now(UTC)


async def content(size: int) -> AsyncIterator[bytes]:
    """Make bytes that tell of their size."""
    pattern = size.to_bytes(4, "big")
    for start in range(0, size, 50_000):
        yield (pattern * 12_500)[: min(50_000, size - start)]


async def upload(server: Server, path: str, number: int) -> None:
    """Upload something, of a size that the number decides."""
    size = number * 7919 % 1_500_000
    headers = {"x-twilio-token": server.mint("ada")}
    request = PlainRequest(method="POST", url=f"http://x{path}", headers=headers, body=content(size))
    async with server.http.exchange(request) as answer:
        body = b"".join([piece async for piece in answer.body])
    assert answer.status == 201, body
    tell(f"stored {orjson.loads(body)['sid']} {size}")


async def main(url: str, first: int, uploaders: int = 3) -> None:
    store = await open_store(url, ids=seeded_ids(first), at="2026-01-31T12:00:00.000Z")
    ids = seeded_ids(f"sids {first}")
    keys = make_keys(ids, lambda: SECRET)
    server = Server(store, clock=asyncio.get_running_loop().time, wall=wall, ids=ids, keys=keys)
    numbers = iter(range(first, sys.maxsize))

    async def work() -> None:
        for number in numbers:
            await upload(server, f"/v1/Services/{keys.service_sid}/Media", number)

    await asyncio.gather(*(work() for _ in range(uploaders)))


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            tell(f"started {os.getpid()}")
            asyncio.run(main(sys.argv[1], int(line)))
        os.waitpid(child, 0)
        tell("dead")
