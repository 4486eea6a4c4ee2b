"""The store: works in, durable changes out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from rxconvo.errors import ArgumentError, StoreError
from rxconvo.server.storage.base import Transaction
from rxconvo.server.storage.blobs import Blobs, MemoryBlobs, blobs_beside
from rxconvo.server.storage.engine import Engine
from rxconvo.server.storage.executors import Executor, Inline, Writer
from rxconvo.server.storage.files import FileBlobs
from rxconvo.server.storage.records import Date
from rxconvo.types import Ids, Sid

__all__ = ["SqliteStore", "open_store", "store_path"]

T = TypeVar("T")
R = TypeVar("R")


class _Ticket(Generic[T, R]):
    """A work, what comes of it, and who waits for that.

    Args:
        work: Runs in a transaction.
        then: Runs on the loop with what *work* returned.
        settled: Done once both have run.
        blobs: What the media that *work* removes have left.
    """

    def __init__(
        self,
        work: Callable[[Transaction], T],
        then: Callable[[T], R],
        settled: asyncio.Future[None],
        blobs: Blobs,
    ) -> None:
        self._work = work
        self._then = then
        self._settled = settled
        self._blobs = blobs
        self._dropped: list[Sid] = []
        self._made: T
        self._result: R
        self.error: BaseException | None = None

    def perform(self, transaction: Transaction) -> None:
        """Run the work."""
        self._made = self._work(transaction)
        self._dropped = transaction.dropped

    def settle(self) -> None:
        """Run what comes then, and wake who waits."""
        if self.error is None:
            self._blobs.discard(self._dropped)
            try:
                self._result = self._then(self._made)
            except BaseException as error:  # noqa: BLE001 - it belongs to the caller; the next ones have to be settled
                self.error = error
                self._report(error)
        if not self._settled.done():
            self._settled.set_result(None)

    async def result(self) -> R:
        """Wait, and return what *then* returned or raise what went wrong."""
        await self._settled
        if self.error is not None:
            raise self.error
        return self._result

    def _report(self, error: BaseException) -> None:
        """Do not let an error pass unseen because the caller was cancelled."""
        if self._settled.cancelled():
            context = {"message": "a change was made, but what follows it failed", "exception": error}
            self._settled.get_loop().call_exception_handler(context)


class SqliteStore:
    """A `Store` on SQLite. Made by `open_store`.

    Args:
        path: Its file, absolute; None if it is kept in memory.
        epoch: Drawn once when the store was made.
        executor: Where works run; opened.
        blobs: Where the bytes of media are.
    """

    def __init__(self, path: Path | None, epoch: str, executor: Executor, blobs: Blobs) -> None:
        self._path = path
        self._epoch = epoch
        self._executor = executor
        self._blobs = blobs

    @property
    def epoch(self) -> str:
        """Random, drawn once when the store was made."""
        return self._epoch

    @property
    def path(self) -> Path | None:
        """The store's file, absolute; None if it is kept in memory."""
        return self._path

    @property
    def blobs(self) -> Blobs:
        """Where the bytes of media are."""
        return self._blobs

    async def run(self, work: Callable[[Transaction], T], then: Callable[[T], R]) -> R:
        """Run *work* in a transaction, and *then* once its changes are durable. See `Store.run`."""
        ticket = _Ticket(work, then, asyncio.get_running_loop().create_future(), self._blobs)
        await self._executor.submit(ticket)
        return await ticket.result()

    async def close(self) -> None:
        """Finish what was begun, write everything to the file and let go of it."""
        await self._executor.close()
        await self._blobs.close()


async def open_store(
    url: str, *, ids: Ids, at: Date, inline: bool = False, max_waiting: int = 4096, max_group: int = 256
) -> SqliteStore:
    """Open the store that a URL names, and make it if there is none.

    Args:
        url: `sqlite:PATH`, `memory:` or `memory:NAME`. Each call makes a new one in memory; sharing it is the caller's
            affair.
        ids: Source of a new store's epoch.
        at: Now; kept as a new store's date of creation.
        inline: Commit each work alone and in the loop, even to a file: no thread, for virtual time.
        max_waiting: How many works may be under way; `run` waits for room.
        max_group: How many works are committed together at most.

    Returns:
        The open store. It has to be closed.

    Raises:
        ArgumentError: The URL names no store.
        StoreLockedError: The file is open already, here or in another process.
        StoreError: The file cannot be used: unreadable, not a store, or made by a newer version.
    """
    path = store_path(url)
    open_engine = partial(Engine, path, ids=ids, at=at)
    executor: Executor
    if path is None or inline:
        executor = Inline(open_engine)
    else:
        executor = Writer(open_engine, max_waiting=max_waiting, max_group=max_group)
    blobs: Blobs = MemoryBlobs() if path is None else FileBlobs(blobs_beside(path), inline=inline)
    store = SqliteStore(path, await executor.open(), executor, blobs)
    if path is not None:
        try:
            await _sweep(store)
        except BaseException:
            await store.close()
            raise
    return store


async def _sweep(store: SqliteStore) -> None:
    """Remove the blobs that a crash has left behind."""
    async with aclosing(store.blobs.names()) as batches:
        async for names in batches:

            def work(transaction: Transaction, names: list[Sid] = names) -> list[Sid]:
                return transaction.unrecorded(names)

            await store.run(work, store.blobs.discard)


def store_path(url: str) -> Path | None:
    """Return the file that a URL names, absolute, or None for memory. Nothing is opened.

    Raises:
        ArgumentError: The URL names no store.
        StoreError: The path cannot be resolved.
    """
    scheme, colon, rest = url.partition(":")
    if scheme + colon == "memory:":
        return None
    if scheme != "sqlite" or rest in {"", ":memory:"}:
        raise ArgumentError("url", "memory:, memory:NAME or sqlite:PATH", url)
    try:
        return Path(rest).resolve()
    except (OSError, ValueError) as error:
        raise StoreError(f"{rest!r}: {error}") from error
