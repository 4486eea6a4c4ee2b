"""What all parts of a transaction share."""

from __future__ import annotations

import sqlite3

from rxconvo.server.storage.batch import Batch
from rxconvo.server.storage.records import StoredChange, StoredObject

__all__ = ["Rows"]


class Rows:
    """A transaction's connection, its objects and what it has changed.

    Args:
        connection: In whose transaction all of this happens.
        batch: What the database does not know yet.
    """

    def __init__(self, connection: sqlite3.Connection, batch: Batch) -> None:
        self._connection = connection
        self._batch = batch
        self._changes: list[StoredChange] = []

    @property
    def changes(self) -> list[StoredChange]:
        """What was changed so far, in order."""
        return self._changes

    def object(self, object_id: int) -> StoredObject:
        """Return an object that must exist."""
        return self._batch.get(object_id)

    def find_object(self, name: str) -> StoredObject | None:
        """Return an object by sid or unique name."""
        return self._batch.find(name)
