"""Run works in transactions on one connection: no thread, no loop."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rxconvo.server.storage.base import Transaction
from rxconvo.server.storage.batch import Batch
from rxconvo.server.storage.channels import Devices, Messaging, Templates
from rxconvo.server.storage.conversations import Conversations
from rxconvo.server.storage.database import open_database, read_epoch, store_error
from rxconvo.server.storage.garbage import sweep
from rxconvo.server.storage.media import Media
from rxconvo.server.storage.mutations import Mutations
from rxconvo.server.storage.people import Members, Users
from rxconvo.server.storage.records import Date
from rxconvo.types import Ids

__all__ = ["Engine", "Job"]


class Job(Protocol):
    """A work on its way through the engine.

    Attributes:
        error: What went wrong, None if nothing did.
    """

    error: BaseException | None

    def perform(self, transaction: Transaction) -> None:
        """Run the work and keep what it returns. What the work raises goes through."""
        ...


class SqliteTransaction(Conversations, Members, Users, Mutations, Devices, Templates, Messaging, Media):
    """A `Transaction` on SQLite, by concern."""


class Engine:
    """An open database.

    Several threads may use it, one after the other.

    Args:
        path: Its file; None for one in memory.
        ids: Source of a new store's epoch.
        at: Now; kept as a new store's date of creation.

    Attributes:
        epoch: The store's epoch.

    Raises:
        StoreLockedError: Somebody has it open.
        StoreError: It cannot be opened.
    """

    def __init__(self, path: Path | None, *, ids: Ids, at: Date) -> None:
        self._where = "memory:" if path is None else str(path)
        self._connection = open_database(path, ids=ids, at=at)
        self._batch = Batch(self._connection)
        self.epoch = read_epoch(self._connection)

    def perform(self, jobs: Sequence[Job]) -> bool:
        """Run works in one transaction.

        A work that raises is undone alone. If the transaction as a whole fails, every job gets that error.

        Returns:
            Whether there is something to `commit`.
        """
        before = self._connection.total_changes
        try:
            self._connection.execute("BEGIN")
            for job in jobs:
                self._attempt(job)
            self._batch.flush()
            changed = self._connection.total_changes != before
            if changed:
                sweep(self._connection)
        except Exception as error:  # noqa: BLE001 - nobody may be left waiting, whatever it is
            self._fail(jobs, error)
            return False
        finally:
            self._batch.clear()
        if not changed:
            self._connection.execute("ROLLBACK")
        return changed

    def commit(self, jobs: Sequence[Job]) -> None:
        """Make what these jobs have changed durable. If that fails, every job gets the error."""
        try:
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - as in `perform`
            self._fail(jobs, error)

    def close(self) -> None:
        """Write everything to the database's file and let go of it."""
        self._connection.close()

    def _attempt(self, job: Job) -> None:
        """Run one work; undo it if it raises."""
        try:
            job.perform(SqliteTransaction(self._connection, self._batch))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever waits for this work
            job.error = store_error(error, self._where) if isinstance(error, sqlite3.Error) else error
            self._batch.undo()
        else:
            self._batch.keep()
        if not self._connection.in_transaction:  # some errors end it, and with it all works so far
            raise sqlite3.OperationalError("the transaction was lost")

    def _fail(self, jobs: Sequence[Job], error: Exception) -> None:
        """Give all jobs the error that has undone them."""
        for job in jobs:
            job.error = store_error(error, self._where)
        # Where even this fails, the next BEGIN will, too, and everybody is told.
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")
