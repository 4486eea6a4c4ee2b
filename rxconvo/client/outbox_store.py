"""A store for an outbox, in a file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Self

import orjson

from rxconvo.errors import StoreError, StoreLockedError
from rxconvo.model import Outgoing
from rxconvo.operators._arguments import check_kind

if TYPE_CHECKING:
    from types import TracebackType

    from rxconvo.types import FilePath

__all__ = ["SqliteOutbox"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    conversation_sid TEXT NOT NULL,
    payload BLOB NOT NULL
)
"""


class SqliteOutbox:
    """Keeps what `operators.outbox` has not sent yet, in a SQLite file. As a context manager it closes at the end.

    What a method has done is on the medium when it returns, so it survives the end of the process and loss of power.
    One process has the file at a time, as two would send everything twice.

    Args:
        path: The file, made if there is none, for its owner alone; None keeps it in memory.

    Raises:
        ArgumentError: The path is none.
        StoreLockedError: Somebody has it open.
        StoreError: It cannot be opened.
    """

    def __init__(self, path: FilePath | None = None) -> None:
        if path is not None:
            check_kind("path", path or None, (str, os.PathLike), "the path of a file, or None")
        self._where = ":memory:" if path is None else os.fspath(path)
        with self._errors():
            if path is not None:
                Path(path).touch(mode=0o600)
            connection = sqlite3.connect(self._where, timeout=0, isolation_level=None)
            try:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA fullfsync = ON")  # macOS: its fsync alone leaves data in the drive's cache
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute(_SCHEMA)
                connection.execute("COMMIT")
            except BaseException:
                connection.close()
                raise
            self._connection = connection

    def load(self) -> list[Outgoing]:
        """Return what is kept, in the order in which it was added.

        Raises:
            StoreError: The file cannot be read.
        """
        query = "SELECT id, conversation_sid, payload FROM outbox ORDER BY position"
        with self._errors():
            rows = self._connection.execute(query).fetchall()
            return [Outgoing(item_id, sid, orjson.loads(payload)) for item_id, sid, payload in rows]

    def add(self, item: Outgoing) -> None:
        """Keep an item, after all that are kept.

        Raises:
            ArgumentError: It is no `Outgoing`.
            StoreError: It is there already, its payload is no JSON, or the file cannot be written.
        """
        check_kind("item", item, Outgoing, "an Outgoing")
        with self._errors():
            row = (item.id, item.conversation_sid, orjson.dumps(item.payload))
            self._connection.execute("INSERT INTO outbox (id, conversation_sid, payload) VALUES (?, ?, ?)", row)

    def remove(self, id: str) -> None:
        """Forget an item, which need not be there.

        Raises:
            StoreError: The file cannot be written.
        """
        with self._errors():
            self._connection.execute("DELETE FROM outbox WHERE id = ?", (id,))

    def close(self) -> None:
        """Close the file. What is kept stays there."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Return this store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    @contextlib.contextmanager
    def _errors(self) -> Generator[None]:
        """Translate errors of SQLite, of JSON and of the system."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreLockedError(self._where, advice="close the other SqliteOutbox") from error
            raise StoreError(f"{self._where}: {error}") from error
        except (sqlite3.Error, TypeError, ValueError, OSError) as error:
            raise StoreError(f"{self._where}: {error}") from error
