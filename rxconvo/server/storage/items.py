"""Items of lists and maps: pages, replays, writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from msgspec.structs import replace

from rxconvo.errors import StoreError
from rxconvo.server.storage.records import Date, Key, Order, Page, Replay, StoredChange, StoredItem, StoredObject
from rxconvo.server.storage.rows import Rows

__all__ = ["Items"]

T = TypeVar("T", StoredItem, StoredChange)

_ITEM = "SELECT key, created_id, last_event_id, data, date_created, date_updated FROM item WHERE object_id = ?"
_BEFORE = "SELECT 1 FROM item WHERE object_id = ?"
_LARGEST = 2**63 - 1
"""What SQLite can compare with. Keys and ids come from outside, and larger ones are as good as this one."""

_CHANGES = """
    SELECT last_event_id, key, created_id, data, date_updated FROM item WHERE object_id = ?1 AND last_event_id > ?2
    UNION ALL
    SELECT last_event_id, key, NULL, NULL, date FROM tombstone WHERE object_id = ?1 AND last_event_id > ?2
    ORDER BY 1"""


class Items(Rows):
    """Documents' data and the items of lists and maps."""

    # Reading

    def item(self, object_id: int, key: Key) -> StoredItem | None:
        """Return an item by key."""
        inserted = self._batch.inserted_item(object_id, key)
        if inserted is not None:
            return inserted
        row = self._connection.execute(f"{_ITEM} AND key = ?", (object_id, _bounded(key))).fetchone()
        return None if row is None else StoredItem(*row)

    def item_by_name(self, object_id: int, name: str) -> StoredItem | None:
        """Return a list item by name."""
        return self._one(f"{_ITEM} AND name = ?", (object_id, name))

    def newest_item(self, object_id: int) -> StoredItem | None:
        """Return the item with the highest key."""
        return self._one(f"{_ITEM} ORDER BY key DESC LIMIT 1", (object_id,))

    def items(
        self,
        object_id: int,
        *,
        start: Key | None = None,
        order: Order = "asc",
        limit: int = 100,
        max_bytes: int | None = None,
    ) -> Page:
        """Return a page of items."""
        onward, backward, direction = (">=", "<", "ASC") if order == "asc" else ("<=", ">", "DESC")
        execute = self._batch.visible().execute
        if start is None:
            has_previous = False
            rows = execute(f"{_ITEM} ORDER BY key {direction} LIMIT ?", (object_id, limit + 1))
        else:
            start = _bounded(start)
            has_previous = execute(f"{_BEFORE} AND key {backward} ? LIMIT 1", (object_id, start)).fetchone() is not None
            rows = execute(
                f"{_ITEM} AND key {onward} ? ORDER BY key {direction} LIMIT ?", (object_id, start, limit + 1)
            )
        items, complete = _cut((StoredItem(*row) for row in rows), limit, max_bytes)
        return Page(items, has_next=not complete, has_previous=has_previous)

    def count_after(self, object_id: int, index: int) -> int:
        """Return how many list items come after an index.

        Indices are given without gaps, so it is all that were given less those removed: no counting of what may be
        very many.
        """
        stored = self._batch.get(object_id)
        index = max(index, -1)
        given = stored.next_index - 1 - index
        if given <= 0:
            return 0
        (removed,) = self._connection.execute(
            "SELECT count(*) FROM tombstone WHERE object_id = ? AND key > ?", (object_id, index)
        ).fetchone()
        return given - int(removed)

    def changes_after(
        self,
        object_id: int,
        event_id: int,
        *,
        seen: int | None = None,
        limit: int | None = None,
        max_bytes: int | None = None,
    ) -> Replay:
        """Return what a replica has missed."""
        stored = self._batch.get(object_id)
        after = event_id if seen is None else max(event_id, seen)
        if after >= stored.last_event_id:
            return Replay([], complete=True)
        if stored.purpose.kind == "document":
            change = _change(stored, "updated", stored.last_event_id, stored.date_updated, data=stored.data)
            return Replay([change], complete=True)
        rows = self._batch.visible().execute(_CHANGES, (object_id, max(after, -1)))
        return Replay(*_cut((_replayed(stored, event_id, row) for row in rows), limit, max_bytes))

    # Writing

    def update_document(self, object_id: int, data: bytes, *, at: Date) -> StoredObject:
        """Replace a document's data."""
        stored = self._batch.get(object_id)
        event_id = stored.last_event_id + 1
        changed = replace(stored, data=data, last_event_id=event_id, date_updated=at)
        self._batch.put(changed)
        self._changes.append(_change(stored, "updated", event_id, at, data=data))
        return changed

    def add_list_item(self, object_id: int, data: bytes, *, at: Date, name: str | None = None) -> StoredItem:
        """Append an item to a list."""
        return self._add(self._batch.get(object_id), None, data, at, name)

    def put_map_item(self, object_id: int, key: str, data: bytes, *, at: Date) -> StoredItem:
        """Add an item to a map, or replace it."""
        stored = self._batch.get(object_id)
        former = self.item(object_id, key)
        if former is not None:
            return self._replace(stored, former, data, at)
        self._batch.writable().execute("DELETE FROM tombstone WHERE object_id = ? AND key = ?", (object_id, key))
        return self._add(stored, key, data, at, None)

    def update_item(self, object_id: int, key: Key, data: bytes, *, at: Date) -> StoredItem:
        """Replace the data of an item."""
        stored = self._batch.get(object_id)
        former = self.item(object_id, key)
        if former is None:
            raise StoreError(f"{stored.unique_name} has no item {key}")
        return self._replace(stored, former, data, at)

    def remove_item(self, object_id: int, key: Key, *, at: Date) -> StoredItem | None:
        """Remove an item, and keep the id of its removal."""
        stored = self._batch.get(object_id)
        former = self.item(object_id, key)
        if former is None:
            return None
        event_id = self._advance(stored, at, count=-1)
        connection = self._batch.writable()
        connection.execute("DELETE FROM item WHERE object_id = ? AND key = ?", (object_id, key))
        connection.execute("INSERT INTO tombstone VALUES (?, ?, ?, ?)", (object_id, key, event_id, at))
        self._changes.append(_change(stored, "removed", event_id, at, key=key, data=former.data))
        return former

    def _remove_object(self, object_id: int, *, at: Date) -> None:
        """Remove an object with all that belongs to it."""
        stored = self._batch.get(object_id)
        self._batch.remove(object_id)
        self._changes.append(_change(stored, "removed", stored.last_event_id + 1, at))

    def _one(self, query: str, values: tuple[object, ...]) -> StoredItem | None:
        """Return the item that a query gives."""
        row = self._batch.visible().execute(query, values).fetchone()
        return None if row is None else StoredItem(*row)

    def _advance(self, stored: StoredObject, at: Date, *, count: int = 0, indices: int = 0) -> int:
        """Count one more change of a list or map, and return its event id."""
        event_id = stored.last_event_id + 1
        self._batch.put(
            replace(
                stored,
                last_event_id=event_id,
                count=stored.count + count,
                next_index=stored.next_index + indices,
                date_updated=at,
            )
        )
        return event_id

    def _add(self, stored: StoredObject, key: str | None, data: bytes, at: Date, name: str | None) -> StoredItem:
        """Add an item; *key* None takes a list's next index."""
        event_id = self._advance(stored, at, count=1, indices=int(key is None))
        item = StoredItem(stored.next_index if key is None else key, event_id, event_id, data, at, at)
        self._batch.insert_item(stored.id, item, name)
        self._changes.append(_change(stored, "added", event_id, at, key=item.key, data=data))
        return item

    def _replace(self, stored: StoredObject, former: StoredItem, data: bytes, at: Date) -> StoredItem:
        """Change an item that is present."""
        event_id = self._advance(stored, at)
        self._batch.writable().execute(
            "UPDATE item SET last_event_id = ?, data = ?, date_updated = ? WHERE object_id = ? AND key = ?",
            (event_id, data, at, stored.id, former.key),
        )
        self._changes.append(_change(stored, "updated", event_id, at, key=former.key, data=data))
        return replace(former, last_event_id=event_id, data=data, date_updated=at)


def _bounded(key: Key) -> Key:
    """Return a key that SQLite can compare with, in the same order to all keys that exist."""
    return max(-1, min(key, _LARGEST)) if isinstance(key, int) else key


def _change(
    stored: StoredObject, what: str, event_id: int, date: Date, *, key: Key | None = None, data: bytes | None = None
) -> StoredChange:
    """Return a change of an object or, with a key, of an item."""
    kind = stored.purpose.kind
    event_type = f"{kind}_{what}" if key is None else f"{kind}_item_{what}"
    return StoredChange(event_type, stored.sid, stored.unique_name, event_id, key, data, date)


def _replayed(stored: StoredObject, known: int, row: tuple[int, Key, int, bytes | None, Date]) -> StoredChange:
    """Return the change that tells a replica at *known* what became of an item."""
    event_id, key, created_id, data, date = row
    what = "removed" if data is None else "added" if created_id > known else "updated"
    return _change(stored, what, event_id, date, key=key, data=data)


def _cut(found: Iterator[T], limit: int | None, max_bytes: int | None) -> tuple[list[T], bool]:
    """Take as much as the bounds allow, at least one, and tell whether that was all."""
    taken: list[T] = []
    size = 0
    for one in found:
        size += len(one.data or b"")
        if taken and (len(taken) == limit or (max_bytes is not None and size > max_bytes)):
            return taken, False
        taken.append(one)
    return taken, True
