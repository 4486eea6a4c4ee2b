"""Open the SQLite database of a store: settings, lock, schema, version."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from importlib import resources
from pathlib import Path

from rxconvo.errors import StoreError, StoreLockedError
from rxconvo.server.storage.records import Date
from rxconvo.types import Ids

__all__ = ["SCHEMA", "open_database", "read_epoch", "store_error"]

SCHEMA = 2
"""The version of the schema that this code reads and writes. `schema_N.sql` leads to version N from the one before."""

_APPLICATION = 0x72786376
"""`rxcv`: marks a SQLite file as one of ours."""

_SETTINGS = (
    "journal_mode = WAL",
    # Each commit is on the medium when COMMIT returns. NORMAL would lose acknowledged changes with the power.
    "synchronous = FULL",
    "fullfsync = ON",  # macOS: its fsync alone leaves data in the drive's own cache
    "wal_autocheckpoint = 4000",
    "journal_size_limit = 67108864",
    "cache_size = -16000",
    "temp_store = MEMORY",
)


def open_database(path: Path | None, *, ids: Ids, at: Date) -> sqlite3.Connection:
    """Open the database of a store, and make it if there is none.

    Args:
        path: Its file; None for one in memory.
        ids: Source of a new store's epoch.
        at: Now; kept as a new store's date of creation.

    Returns:
        A connection in autocommit mode. Threads may take turns with it.

    Raises:
        StoreLockedError: Somebody has it open.
        StoreError: It cannot be opened, or is not ours, or was made by a newer version.
    """
    where = ":memory:" if path is None else str(path)
    connection: sqlite3.Connection | None = None
    try:
        if path is not None:
            _create_private(path)
        connection = sqlite3.connect(where, timeout=0, isolation_level=None, check_same_thread=False)
        _lock(connection)
        version = _version(connection, where)  # asked before anything is set: others' files are left as they are
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        if version < SCHEMA:
            _upgrade(connection, version, ids=ids, at=at)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error | OSError):
            raise store_error(error, where) from error
        raise
    return connection


def read_epoch(connection: sqlite3.Connection) -> str:
    """Return the epoch of an open store."""
    (epoch,) = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
    return str(epoch)


def store_error(error: Exception, where: str) -> StoreError:
    """Translate an error of SQLite or the system.

    Args:
        error: What it raised.
        where: The store's file.
    """
    if isinstance(error, sqlite3.Error) and (getattr(error, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_BUSY:
        translated: StoreError = StoreLockedError(where)
    else:
        reason = error.strerror if isinstance(error, OSError) else error
        translated = StoreError(f"{where}: {reason}")
    translated.__cause__ = error
    return translated


def _create_private(path: Path) -> None:
    """Make an empty file that its owner alone may read, unless there is a file.

    An existing file is not touched: closing a descriptor of it would drop the locks that this process has on it.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _lock(connection: sqlite3.Connection) -> None:
    """Take the file for this connection alone, until it is closed or the process ends.

    This spares the shared memory that readers in other processes would need, and allows to keep what was read.
    """
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # locks that were taken are not given back
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection, where: str) -> int:
    """Return the version of the database's schema, 0 for an empty one.

    Raises:
        StoreError: It is not ours, or was made by a newer version.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not (application or version or tables):
        return 0
    if application != _APPLICATION:
        raise StoreError(f"{where} is a database, but not a store of rxconvo")
    if version > SCHEMA:
        raise StoreError(f"{where} has schema {version}, made by a newer rxconvo; this one knows schema {SCHEMA}")
    return int(version)


def _upgrade(connection: sqlite3.Connection, version: int, *, ids: Ids, at: Date) -> None:
    """Make what the schema has more than a version had; of a new store everything. All or nothing."""
    connection.execute("BEGIN")
    for following in range(version + 1, SCHEMA + 1):
        for statement in _statements(following):
            connection.execute(statement)
    if version == 0:
        connection.executemany("INSERT INTO meta VALUES (?, ?)", [("epoch", ids()), ("created", at)])
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("COMMIT")


def _statements(version: int) -> list[str]:
    """Return the statements that lead to a version, one by one: `executescript` would commit their transaction."""
    script = resources.files("rxconvo.server.storage").joinpath(f"schema_{version}.sql").read_text(encoding="utf-8")
    statements: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements
