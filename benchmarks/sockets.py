"""Over real sockets: what a client's path costs there, and how many sends a second a service acknowledges.

The client and the service that feeds it are processes of their own, so that only the client's work is counted. The
sends come from bare connections in the service's process, many at once, and go to a file: each is acknowledged when it
is on the medium. The peer is the same service when it commits each one alone. Where temporary files are kept in memory,
that costs nothing, and the ratio means nothing; TMPDIR names another place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, process_time
from typing import Final
from urllib.parse import urlsplit

import rxconvo
from benchmarks.budgets import BUDGETS
from benchmarks.children import child
from benchmarks.harness import Contender, Row, Scale, Unit, race
from benchmarks.limit import LIMIT, limit_of
from benchmarks.raw import open_many
from benchmarks.upstream import client_of, conversation_sid
from rxconvo import Environment
from rxconvo.server import Server, make_keys
from rxconvo.server.storage import open_store
from rxconvo.server.urls import Urls
from rxconvo.server.web import listen
from rxconvo.transport.websocket import WebSocketConnector

__all__ = ["measure"]

_CLIENT: Final = {Scale.FULL: (1_000, 10_000, 7), Scale.QUICK: (1_000, 5_000, 3), Scale.TINY: (3, 30, 1)}
"""Conversations, frames a round, rounds."""

_SENDS: Final = {Scale.FULL: (8, 4_000, 800, 3), Scale.QUICK: (8, 1_600, 400, 2), Scale.TINY: (2, 20, 4, 1)}
"""Connections, sends a round in groups, sends a round one by one, rounds."""

_AT_ONCE: Final = 32
"""Sends that wait on each connection."""

_GROUPED, _ALONE = "group commit", "one commit each"
_AT: Final = "2026-01-31T12:00:00.000Z"


async def measure(scale: Scale) -> list[Row]:
    """Measure both."""
    return [await _client(*_CLIENT[scale]), await _sends(*_SENDS[scale])]


async def _client(conversations: int, amount: int, rounds: int) -> Row:
    """Compare the client's path with LIMIT."""
    received = 0

    def observe(_event: object) -> None:
        nonlocal received
        received += 1

    async def take() -> float:
        before, start = received, process_time()
        confirmed = await feed.ask(amount)
        seconds = process_time() - start
        assert confirmed == received - before == amount
        return seconds / amount

    async with child("feed", conversations) as feed, await client_of(WebSocketConnector(await feed.hear())) as client:
        for number in range(conversations):
            conversation = client.find_conversation(conversation_sid(number))
            assert conversation is not None
            conversation.messages.subscribe(observe)
        timings = await race(rounds, {"ours": take, LIMIT: limit_of()})
    what = f"socket to observer to reply, {conversations:,} conversations"
    return timings.row(what, "ours", LIMIT, budget=BUDGETS["socket"])


async def _sends(connections: int, grouped: int, alone: int, rounds: int) -> Row:
    """Compare sends by the second, committed in groups and one by one."""
    with TemporaryDirectory(prefix="rxconvo-") as directory:
        async with AsyncExitStack() as stack:
            contenders = {
                name: await stack.enter_async_context(_senders(Path(directory) / name, connections, amount, group))
                for name, amount, group in ((_GROUPED, grouped, 256), (_ALONE, alone, 1))
            }
            timings = await race(rounds, contenders)
    what = f"acknowledged sends, {connections * _AT_ONCE} at once"
    return timings.row(what, _GROUPED, _ALONE, unit=Unit.PER_SECOND, budget=BUDGETS["sends"])


@asynccontextmanager
async def _senders(path: Path, connections: int, amount: int, group: int) -> AsyncGenerator[Contender]:
    """Serve a file, and return what sends messages to it and counts how many a second are acknowledged.

    Args:
        path: The file.
        connections: That send.
        amount: Messages a turn.
        group: How many of them may be committed together.
    """
    world = Environment()
    keys = make_keys(world.ids, world.secrets)
    store = await open_store(f"sqlite:{path}", ids=world.ids, at=_AT, max_group=group)
    server = Server(store, clock=monotonic, wall=lambda: datetime.now(UTC), ids=world.ids, keys=keys)
    listener = await listen(server)
    async with rxconvo.connect(listener.url, token=server.mint("ada")) as client:
        conversation = await client.create_conversation()
        await conversation.join()
        path_of_messages = f"{urlsplit(Urls(keys, server.options).conversation(conversation.sid)).path}/Messages"
        clients = await open_many(listener.url, [server.mint("ada")] * connections)
        bodies = ["hello"] * (amount // connections)

        async def send() -> float:
            before = await conversation.get_messages_count()
            start = perf_counter()
            await asyncio.gather(*(one.send(path_of_messages, bodies, at_once=_AT_ONCE) for one in clients))
            seconds = perf_counter() - start
            sent = await conversation.get_messages_count() - before
            assert sent == len(bodies) * connections
            return sent / seconds

        yield send
        for one in clients:
            await one.close()
    await listener.close()
    await server.close()
    await store.close()
