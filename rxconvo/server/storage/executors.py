"""Where and when works are committed: each at once in the loop, or in groups by a thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Protocol, TypeVarTuple

from rxconvo.errors import ClosedError
from rxconvo.server.storage.engine import Engine, Job

__all__ = ["Executor", "Inline", "Ticket", "Writer"]

Args = TypeVarTuple("Args")


class Ticket(Job, Protocol):
    """A job that somebody waits for."""

    def settle(self) -> None:
        """Tell whoever waits. Called on the event loop, in commit order."""
        ...


class Executor(Protocol):
    """Runs jobs one after the other and settles each once it is durable."""

    async def open(self) -> str:
        """Open the database and return the store's epoch."""
        ...

    async def submit(self, ticket: Ticket) -> None:
        """Take a job. It is settled now or later.

        Raises:
            ClosedError: It was not taken.
        """
        ...

    async def close(self) -> None:
        """Settle what was taken, then let go of the database."""
        ...


class Inline:
    """Runs, commits and settles each job at once: deterministic, also in virtual time.

    Args:
        open_engine: Opens the database.
    """

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        self._open_engine = open_engine
        self._engine: Engine | None = None

    async def open(self) -> str:
        """Open the database."""
        self._engine = self._open_engine()
        return self._engine.epoch

    async def submit(self, ticket: Ticket) -> None:
        """Run a job, commit and settle it."""
        if self._engine is None:
            raise ClosedError("the store is closed")
        if self._engine.perform([ticket]):
            self._engine.commit([ticket])
        ticket.settle()

    async def close(self) -> None:
        """Let go of the database."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None


class Writer:
    """Runs jobs in the loop and has a thread commit them, all that wait together.

    What takes long is making changes durable, and that needs no interpreter. So only this is the thread's; the works
    are a few microseconds each, and on a thread of their own they would spend more on taking turns with a busy loop.
    While the thread commits one group the next one gathers: the slower the medium and the more there is to do, the
    larger the groups. A job that comes alone waits for no others; a group that changed nothing needs no thread.

    Args:
        open_engine: Opens the database; called on the thread.
        max_waiting: How many jobs may be under way; `submit` waits for room.
        max_group: How many jobs are run and committed together, which bounds how long they keep the loop.
    """

    def __init__(self, open_engine: Callable[[], Engine], *, max_waiting: int, max_group: int) -> None:
        self._open_engine = open_engine
        self._max_group = max_group
        self._room = asyncio.Semaphore(max_waiting)
        self._waiting: deque[Ticket] = deque()
        self._active = False  # whether a group is being committed, or `_advance` is about to be called
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[Engine] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._groups: SimpleQueue[Sequence[Ticket] | None] = SimpleQueue()  # to be committed; None: the end
        # A daemon, so that a program that dies without closing the store does not hang: acknowledged changes are safe.
        self._thread = threading.Thread(target=self._main, name="rxconvo-writer", daemon=True)

    async def open(self) -> str:
        """Start the thread and open the database there."""
        self._thread.start()
        try:
            engine = await asyncio.shield(self._opened)
        except BaseException:
            await self.close()
            raise
        return engine.epoch

    async def submit(self, ticket: Ticket) -> None:
        """Wait for room, then queue a job."""
        await self._room.acquire()
        if self._closing:
            self._room.release()  # for the next one that waits, to learn the same
            raise ClosedError("the store is closed")
        self._waiting.append(ticket)
        if not self._active:
            self._active = True
            self._loop.call_soon(self._advance, ())  # soon: to take along what else is submitted in this turn

    async def close(self) -> None:
        """Settle what was taken, let go of the database and end the thread."""
        if not self._closing:
            self._closing = True
            if not self._active:
                self._groups.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    def _advance(self, committed: Sequence[Ticket]) -> None:
        """Run the next group, then settle the one before it: meanwhile the thread has something to do."""
        engine = self._opened.result()
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_group))]
        if group and engine.perform(group):
            self._groups.put(group)
            self._settle(committed)
            return
        self._settle(committed)
        self._settle(group)
        if self._waiting:
            self._loop.call_soon(self._advance, ())
            return
        self._active = False
        if self._closing:
            self._groups.put(None)

    def _settle(self, group: Sequence[Ticket]) -> None:
        """Settle jobs in the order in which they were committed."""
        for ticket in group:
            self._room.release()
            ticket.settle()

    def _main(self) -> None:
        """Be the thread: open the database, commit groups, close it."""
        try:
            engine = self._open_engine()
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever opens the store
            self._post(self._opened.set_exception, error)
        else:
            self._post(self._opened.set_result, engine)
            while (group := self._groups.get()) is not None:
                engine.commit(group)
                self._post(self._advance, group)
            engine.close()
        finally:
            self._post(self._ended.set_result, None)

    def _post(self, callback: Callable[[*Args], object], *args: *Args) -> None:
        """Have the loop call something; nobody is there to hear it if the loop was closed with the store open."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *args)
