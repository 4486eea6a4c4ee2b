"""What the works of one batch have changed and the database does not know yet."""

from __future__ import annotations

import sqlite3
from typing import TypeAlias

from rxconvo.errors import StoreError
from rxconvo.server.storage.garbage import discard
from rxconvo.server.storage.records import Date, Key, Purpose, StoredItem, StoredObject, StoredResult
from rxconvo.types import Identity, Sid

__all__ = ["Batch"]

_SELECT_OBJECT = (
    "SELECT id, sid, purpose, unique_name, conversation_sid, identity, last_event_id, count, next_index, data,"
    " date_created, date_updated FROM object WHERE"
)
_INSERT_OBJECT = (
    "INSERT INTO object (sid, purpose, unique_name, conversation_sid, identity, last_event_id, count, next_index, data,"
    " date_created, date_updated) VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?)"
)
_UPDATE_OBJECT = (
    "UPDATE object SET last_event_id = ?, count = ?, next_index = ?, data = ?, date_updated = ? WHERE id = ?"
)
_INSERT_ITEM = "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_RESULT = "INSERT OR IGNORE INTO mutation (identity, mutation_id, status, body, date) VALUES (?, ?, ?, ?, ?)"

_Item: TypeAlias = tuple[StoredItem, str | None]
_Result: TypeAlias = tuple[StoredResult, Date]


class _Inserts:
    """Rows that are to be inserted, by what they are looked up by."""

    def __init__(self) -> None:
        self.items: dict[tuple[int, Key], _Item] = {}
        self.results: dict[tuple[Identity, str], _Result] = {}

    def add(self, other: _Inserts) -> None:
        """Take over the rows of another one."""
        self.items.update(other.items)
        self.results.update(other.results)

    def clear(self) -> None:
        """Forget all rows."""
        self.items.clear()
        self.results.clear()

    def write(self, connection: sqlite3.Connection) -> None:
        """Insert all rows and forget them."""
        if self.items:
            connection.executemany(
                _INSERT_ITEM,
                (
                    (object_id, key, it.created_id, it.last_event_id, name, it.data, it.date_created, it.date_updated)
                    for (object_id, key), (it, name) in self.items.items()
                ),
            )
        if self.results:
            connection.executemany(
                _INSERT_RESULT,
                (
                    (identity, mutation, result.status, result.body, at)
                    for (identity, mutation), (result, at) in self.results.items()
                ),
            )
        self.clear()


class Batch:
    """The changes of several works, each of which can be undone alone.

    Sending a message reads and writes few rows, but the same ones again and again: its list and its document. And each
    statement costs more than what it does. So objects are read once and written once per batch, and new items and
    results are inserted together; all other changes are made at once, in a savepoint that is opened for the first of a
    work.

    Whoever makes the batch calls `keep` or `undo` after each work, `flush` before the commit, and `clear` after it or
    after its failure.

    Args:
        connection: In whose transaction all of this happens.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._objects: dict[int, StoredObject] = {}  # as the next work has to see them
        self._changed: set[int] = set()  # of these, not written yet
        self._former: list[tuple[int, StoredObject | None]] = []  # what the work that runs has changed, as it was
        self._kept = _Inserts()  # of the works before
        self._own = _Inserts()  # of the work that runs
        self._protected = False  # whether the work that runs has a savepoint

    # The database itself

    def visible(self) -> sqlite3.Connection:
        """Return the connection for reading items or results other than by key: with all that was inserted so far."""
        if self._own.items or self._own.results:
            return self.writable()
        self._kept.write(self._connection)
        return self._connection

    def writable(self) -> sqlite3.Connection:
        """Return the connection for changes: with all that was inserted so far, and ready to undo what comes."""
        if not self._protected:
            self._kept.write(self._connection)  # these have to stay if the work is undone
            self._connection.execute("SAVEPOINT work")
            self._protected = True
        self._own.write(self._connection)
        return self._connection

    # Objects

    def get(self, object_id: int) -> StoredObject:
        """Return an object.

        Raises:
            StoreError: There is none.
        """
        stored = self._objects.get(object_id) or self._read("id = ?", object_id)
        if stored is None:
            raise StoreError(f"the store has no object {object_id}")
        return stored

    def find(self, name: str) -> StoredObject | None:
        """Return the object with this sid or, failing that, this unique name."""
        return self._read("sid = ?", name) or self._read("unique_name = ?", name)

    def put(self, stored: StoredObject) -> None:
        """Change an object."""
        self._former.append((stored.id, self._objects.get(stored.id)))
        self._objects[stored.id] = stored
        self._changed.add(stored.id)

    def create(
        self,
        purpose: Purpose,
        *,
        sid: Sid,
        owner: str,
        at: Date,
        conversation_sid: Sid | None = None,
        identity: Identity | None = None,
        data: bytes = b"",
    ) -> int:
        """Make an object and return its id.

        Args:
            purpose: What it is for.
            sid: Its sid.
            owner: What its unique name begins with.
            at: When.
            conversation_sid: The conversation it belongs to.
            identity: The user it belongs to.
            data: A document's JSON; a document begins with event id 1, others with 0.
        """
        event_id = int(purpose is Purpose.DOCUMENT)
        name = purpose.unique_name(owner)
        values = (sid, purpose.name, name, conversation_sid, identity, event_id, data, at, at)
        object_id = self.writable().execute(_INSERT_OBJECT, values).lastrowid or 0  # an INSERT sets it
        # Kept as a change, not as something read: it has to go with the work if that is undone.
        self.put(StoredObject(object_id, sid, purpose, name, conversation_sid, identity, event_id, 0, 0, data, at, at))
        return object_id

    def remove(self, object_id: int) -> None:
        """Remove an object with its items."""
        discard(self.writable(), object_id)
        self._former.append((object_id, self._objects.pop(object_id, None)))

    def _read(self, where: str, value: object) -> StoredObject | None:
        """Return the object that a condition gives, as it is known already (the row may be older), else as its row."""
        row = self._connection.execute(f"{_SELECT_OBJECT} {where}", (value,)).fetchone()
        if row is None:
            return None
        known = self._objects.get(row[0])
        if known is None:
            known = self._objects[row[0]] = StoredObject(row[0], row[1], Purpose[row[2]], *row[3:])
        return known

    # Inserts. Text that SQLite cannot store has to fail here, in the work, not later and with all others.

    def insert_item(self, object_id: int, item: StoredItem, name: str | None) -> None:
        """Insert an item whose key is new to its object."""
        f"{item.key}{name}".encode()
        self._own.items[object_id, item.key] = (item, name)

    def inserted_item(self, object_id: int, key: Key) -> StoredItem | None:
        """Return an item that the database does not know yet."""
        found = self._own.items.get((object_id, key)) or self._kept.items.get((object_id, key))
        return None if found is None else found[0]

    def insert_result(self, identity: Identity, mutation_id: str, result: StoredResult, at: Date) -> None:
        """Insert a mutation's result. If there is one already, that stays."""
        f"{identity}{mutation_id}".encode()
        self._own.results.setdefault((identity, mutation_id), (result, at))

    def inserted_result(self, identity: Identity, mutation_id: str) -> StoredResult | None:
        """Return a result that the database does not know yet."""
        found = self._own.results.get((identity, mutation_id)) or self._kept.results.get((identity, mutation_id))
        return None if found is None else found[0]

    # Works and batches

    def keep(self) -> None:
        """Take over what the work has changed."""
        if self._protected:
            self._connection.execute("RELEASE work")
            self._protected = False
        self._kept.add(self._own)
        self._own.clear()
        self._former.clear()

    def undo(self) -> None:
        """Undo what the work has changed.

        Raises:
            sqlite3.Error: The work's error has ended the whole transaction.
        """
        self._own.clear()
        for object_id, former in reversed(self._former):
            if former is None:
                self._objects.pop(object_id, None)
            else:
                self._objects[object_id] = former
        self._former.clear()
        if self._protected:
            self._connection.execute("ROLLBACK TO work")
            self._connection.execute("RELEASE work")
            self._protected = False

    def flush(self) -> None:
        """Write what works have changed."""
        self._kept.write(self._connection)
        changed = (self._objects[object_id] for object_id in self._changed if object_id in self._objects)
        self._connection.executemany(
            _UPDATE_OBJECT,
            ((it.last_event_id, it.count, it.next_index, it.data, it.date_updated, it.id) for it in changed),
        )

    def clear(self) -> None:
        """Forget everything."""
        self._objects.clear()
        self._changed.clear()
        self._former.clear()
        self._kept.clear()
        self._own.clear()
        self._protected = False
