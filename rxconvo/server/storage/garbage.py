"""Items of removed objects: they go little by little."""

from __future__ import annotations

import sqlite3

__all__ = ["discard", "sweep"]

_ITEMS = "DELETE FROM item WHERE rowid IN (SELECT rowid FROM item WHERE object_id = ? LIMIT ?)"
_TOMBSTONES = (
    "DELETE FROM tombstone WHERE object_id = ?1 AND key IN (SELECT key FROM tombstone WHERE object_id = ?1 LIMIT ?2)"
)


def discard(connection: sqlite3.Connection, object_id: int) -> None:
    """Remove an object. Nobody finds its items any more; `sweep` deletes them."""
    connection.execute("DELETE FROM object WHERE id = ?", (object_id,))
    connection.execute("INSERT INTO garbage VALUES (?)", (object_id,))


def sweep(connection: sqlite3.Connection, *, limit: int = 200) -> None:
    """Delete some of what is left of removed objects, if there is anything.

    A list may hold a million messages: deleting them at once would keep everybody waiting for many seconds.

    Args:
        connection: In a transaction.
        limit: At most so many items.
    """
    for (object_id,) in connection.execute("SELECT object_id FROM garbage ORDER BY object_id LIMIT 3").fetchall():
        for statement in (_ITEMS, _TOMBSTONES):
            limit -= connection.execute(statement, (object_id, limit)).rowcount
        if limit <= 0:
            return
        connection.execute("DELETE FROM garbage WHERE object_id = ?", (object_id,))
