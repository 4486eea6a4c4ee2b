"""Running services, shared by those who name the same store."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from rxconvo.server.app import Server
from rxconvo.server.call import date_of
from rxconvo.server.keys import keys_beside, load_keys
from rxconvo.server.options import ServerOptions
from rxconvo.server.storage import Store, open_store
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

    @property
    def connections(self) -> int:
        """How many in-process connections there are."""
        return len(self._connections)

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
    """An engine with a name, and how many use it."""

    __slots__ = ("engine", "lock", "users")

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.users = 0
        self.lock = asyncio.Lock()  # opening and closing exclude each other


class EngineLease:
    """The right to use an engine until it is released.

    Attributes:
        engine: The engine.
    """

    def __init__(self, engine: Engine, shared: _Shared | None) -> None:
        self.engine = engine
        self._shared = shared

    async def release(self) -> None:
        """Stop using it. The last user closes it."""
        shared = self._shared
        if shared is None:
            await self.engine.close()
            return
        async with shared.lock:
            shared.users -= 1
            if shared.users == 0:
                shared.engine = None
                await self.engine.close()


_SHARED: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Shared]]] = WeakKeyDictionary()


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

    if url == "memory:":
        return EngineLease(await start(), None)
    known = _SHARED.setdefault(asyncio.get_running_loop(), {})
    shared = known.setdefault(_name(url), _Shared())
    async with shared.lock:
        if shared.engine is None:
            shared.engine = await start()
        shared.users += 1
        return EngineLease(shared.engine, shared)


def _name(url: str) -> str:
    scheme, _, path = url.partition(":")
    return f"sqlite:{Path(path).resolve()}" if scheme == "sqlite" else url
