"""A service that can be restarted in virtual time, and has what it had."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rxconvo.client.environment import Environment
from rxconvo.client.service import ServerOptions, Service
from rxconvo.server import Server
from rxconvo.server.call import date_of
from rxconvo.server.keys import keys_beside, load_keys
from rxconvo.server.shared import Engine, EngineLease
from rxconvo.server.storage import Store, Transaction, open_store
from rxconvo.server.storage.blobs import Blobs
from rxconvo.testing.loop import VirtualLoop

__all__ = ["KeptService"]

T = TypeVar("T")
R = TypeVar("R")


class KeptService(Service):
    """A service of its own that keeps its store in memory over a restart, until it is told to forget it.

    What is restarted is everything but the store: sessions, subscriptions, limits. A store in a file is closed and
    opened again; on a virtual loop it is used without a thread.

    Args:
        url: As for `Service`.
        options: Likewise.
        environment: Likewise.
    """

    def __init__(self, url: str, *, options: ServerOptions | None, environment: Environment) -> None:
        super().__init__(url, options=options, environment=environment)
        self._in_memory = url.startswith("memory:")
        self._store: Store | None = None
        self._keys = None if not self._in_memory else load_keys({}, ids=environment.ids, secrets=environment.secrets)

    async def start(self) -> KeptService:
        """Open the store and begin to serve, as often as wanted. See `Service.start`."""
        if not self._in_memory and not isinstance(asyncio.get_running_loop(), VirtualLoop):
            await super().start()
            return self
        async with self._starting:
            if self._lease is None:
                engine = await self._make()
                self._lease = EngineLease(engine, engine.close)
        return self

    async def forget(self) -> bool:
        """Let go of what is kept in memory. To be called while it is closed.

        Returns:
            Whether there was something, so that it is lost.
        """
        store, self._store = self._store, None
        if store is not None:
            await store.close()
        return store is not None and self._in_memory

    async def look(self, work: Callable[[Transaction], T]) -> T:
        """Look into the store.

        Args:
            work: Gets a transaction, and returns what it makes of it.
        """
        return await self._running.engine._store.run(work, lambda found: found)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    async def _make(self) -> Engine:
        world = self._environment
        if self._store is None or not self._in_memory:
            self._store = await open_store(self.url, ids=world.ids, at=date_of(world.wall()), inline=True)
        keys = self._keys
        if keys is None:
            keys = load_keys(os.environ, ids=world.ids, secrets=world.secrets, path=keys_beside(self._store.path))
        store = _Lent(self._store) if self._in_memory else self._store
        clock = asyncio.get_running_loop().time
        server = Server(store, clock=clock, wall=world.wall, ids=world.ids, keys=keys, options=self._options)
        return Engine(store, server)


class _Lent:
    """A store that outlives who uses it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def epoch(self) -> str:
        return self._store.epoch

    @property
    def path(self) -> Path | None:
        return self._store.path

    @property
    def blobs(self) -> Blobs:
        return self._store.blobs

    async def run(self, work: Callable[[Transaction], T], then: Callable[[T], R]) -> R:
        return await self._store.run(work, then)

    async def close(self) -> None:
        """Nothing: it is not ours."""
