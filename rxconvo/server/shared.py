"""Running services, shared by those who name the same store."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Final
from weakref import WeakKeyDictionary

from rxconvo.server.app import Server
from rxconvo.server.call import date_of
from rxconvo.server.keys import keys_beside, load_keys
from rxconvo.server.options import ServerOptions
from rxconvo.server.storage import Store, open_store, store_path
from rxconvo.transport import Transport, pair
from rxconvo.types import Ids, WallClock

__all__ = ["Engine", "EngineLease", "acquire_engine"]


class Engine:
    """One store and the server on it, for as long as somebody uses them.

    Attributes:
        server: What serves.
    """

    def __init__(self, store: Store, server: Server) -> None:
        self.server = server
        self._store = store
        self._connections: set[asyncio.Task[None]] = set()

    def connect(self) -> Transport:
        """Open a connection in process."""
        ours, theirs = pair()
        task = asyncio.get_running_loop().create_task(self.server.serve(theirs))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        return ours

    async def close(self) -> None:
        """End every connection, then close the store."""
        await self.server.close()
        if self._connections:
            await asyncio.wait(self._connections)
        await self._store.close()


class _Shared:
    """An engine with a name, while somebody uses it or waits for it.

    Attributes:
        engine: The engine; None before it is started, and again once it is being closed.
        users: Who use it, those included who wait for it to be started.
        lock: Held while it is started or closed: these exclude each other.
    """

    __slots__ = ("engine", "lock", "users")

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.users = 0
        self.lock = asyncio.Lock()


_SHARED: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Shared]]] = WeakKeyDictionary()


class EngineLease:
    """The right to use an engine until it is released.

    Args:
        engine: The engine.
        end: Ends the use.

    Attributes:
        engine: The engine.
    """

    def __init__(self, engine: Engine, end: Callable[[], Awaitable[None]]) -> None:
        self.engine = engine
        self._end = end

    async def release(self) -> None:
        """Stop using it, once. The last user closes it."""
        await self._end()


async def acquire_engine(
    url: str, *, options: ServerOptions | None, ids: Ids, secrets: Callable[[], str], wall: WallClock
) -> EngineLease:
    """Use the engine of a store, started if nobody of this event loop uses it yet.

    Args:
        url: `memory:` is nobody else's; `memory:NAME` and `sqlite:PATH` are shared.
        options: The server's settings, if it is started now.
        ids: Makes sids and packet ids, likewise.
        secrets: Makes the signing key, where the store has none, likewise.
        wall: The time of day, likewise.

    Raises:
        ArgumentError: The URL names no store.
        StoreLockedError: Another process has the store.
        StoreError: The store cannot be used.
    """

    async def start() -> Engine:
        store = await open_store(url, ids=ids, at=date_of(wall()))
        try:
            keys = load_keys(os.environ, ids=ids, secrets=secrets, path=keys_beside(store.path))
            clock = asyncio.get_running_loop().time
            server = Server(store, clock=clock, wall=wall, ids=ids, keys=keys, options=options)
        except BaseException:
            await store.close()
            raise
        return Engine(store, server)

    path = store_path(url)
    if url == "memory:":
        engine = await start()
        return EngineLease(engine, engine.close)
    return await _share(url if path is None else str(path), start)


async def _share(name: str, start: Callable[[], Awaitable[Engine]]) -> EngineLease:
    """Use the engine of this name on the running loop, started if nobody uses it yet."""
    known = _SHARED.setdefault(asyncio.get_running_loop(), {})
    shared = known.setdefault(name, _Shared())

    async def leave() -> None:
        shared.users -= 1
        async with shared.lock:
            if shared.users == 0 and shared.engine is not None:
                engine, shared.engine = shared.engine, None
                await engine.close()
        if shared.users == 0 and known.get(name) is shared:
            del known[name]

    shared.users += 1
    try:
        async with shared.lock:
            if shared.engine is None:
                shared.engine = await start()
            return EngineLease(shared.engine, leave)
    except BaseException:
        await leave()
        raise
