"""Media: what is known of them, and how much room they take. The bytes of uploads are elsewhere, see `blobs`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from msgspec.structs import astuple

from rxconvo.server.storage.batch import Batch
from rxconvo.server.storage.records import Date, StoredMedia
from rxconvo.server.storage.rows import Rows
from rxconvo.types import Identity, Sid

__all__ = ["Media", "room_of"]

_BLOCK = 4096
"""Even the smallest media takes as much, so that the quota bounds their number, too."""

_ALL = ""
"""Stands for all authors; nobody's identity is empty."""

_SELECT = (
    "SELECT sid, author, category, content_type, served_type, filename, size, content, conversation_sid, message_sid,"
    " date_created, date_updated FROM media WHERE"
)
_USE = (
    "INSERT INTO media_usage VALUES (?, ?) ON CONFLICT (identity) DO UPDATE SET bytes = media_usage.bytes"
    " + excluded.bytes"
)
_OF_MESSAGE = "conversation_sid = ? AND message_sid = ?"
_OF_CONVERSATION = "conversation_sid = ? LIMIT ?"
_GARBAGE = "SELECT conversation_sid FROM media_garbage LIMIT 1"
_UNATTACHED = "conversation_sid IS NULL AND date_created < ? ORDER BY date_created LIMIT ?"


class Media(Rows):
    """The table of media.

    Args:
        connection: In whose transaction all of this happens.
        batch: What the database does not know yet.
    """

    def __init__(self, connection: sqlite3.Connection, batch: Batch) -> None:
        super().__init__(connection, batch)
        self._dropped: list[Sid] = []

    @property
    def dropped(self) -> list[Sid]:
        """The media that this work has removed: once that is durable, their bytes can go."""
        return self._dropped

    def add_media(self, media: StoredMedia) -> None:
        """Record a media."""
        self._batch.writable().execute("INSERT INTO media VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(media))
        self._use(media.author, room_of(media.size))

    def media(self, sid: Sid) -> StoredMedia | None:
        """Return a media by its sid."""
        found = self._find("sid = ?", sid)
        return found[0] if found else None

    def attach_media(self, sid: Sid, conversation_sid: Sid, message_sid: Sid, *, at: Date) -> None:
        """Make a media part of a message."""
        self._batch.writable().execute(
            "UPDATE media SET conversation_sid = ?, message_sid = ?, date_updated = ? WHERE sid = ?",
            (conversation_sid, message_sid, at, sid),
        )

    def remove_media_of(self, conversation_sid: Sid, message_sid: Sid) -> None:
        """Remove all media of a message."""
        self._remove(self._find(_OF_MESSAGE, conversation_sid, message_sid))

    def media_usage(self, identity: Identity | None = None) -> int:
        """Return how many bytes the media of an author, or of all, take."""
        name = _ALL if identity is None else identity
        row = self._connection.execute("SELECT bytes FROM media_usage WHERE identity = ?", (name,)).fetchone()
        return 0 if row is None else int(row[0])

    def purge_media(self, before: Date, *, limit: int = 100) -> int:
        """Remove what nobody will see: media of removed conversations, and old uploads never attached to a message."""
        left = limit
        while left > 0 and (row := self._connection.execute(_GARBAGE).fetchone()) is not None:
            left -= self._remove(self._find(_OF_CONVERSATION, *row, left))
            if left > 0:
                self._batch.writable().execute("DELETE FROM media_garbage WHERE conversation_sid = ?", row)
        left -= self._remove(self._find(_UNATTACHED, before, left))
        return limit - left

    def unrecorded(self, blobs: Iterable[Sid]) -> list[Sid]:
        """Return those of some blobs that belong to no media."""
        query = "SELECT 1 FROM media WHERE sid = ? AND content IS NULL"
        return [sid for sid in blobs if self._connection.execute(query, (sid,)).fetchone() is None]

    def _find(self, where: str, *values: str | int) -> list[StoredMedia]:
        """Return the media that a condition gives."""
        return [StoredMedia(*row) for row in self._connection.execute(f"{_SELECT} {where}", values)]

    def _remove(self, media: list[StoredMedia]) -> int:
        """Remove media, and return how many these were."""
        for gone in media:
            self._batch.writable().execute("DELETE FROM media WHERE sid = ?", (gone.sid,))
            self._use(gone.author, -room_of(gone.size))
            if gone.content is None:
                self._dropped.append(gone.sid)
        return len(media)

    def _use(self, author: Identity, amount: int) -> None:
        """Count bytes that are taken, or given back."""
        self._batch.writable().executemany(_USE, [(author, amount), (_ALL, amount)])


def room_of(size: int) -> int:
    """Return how much room a media takes: whole blocks, at least one."""
    return max(1, -(-size // _BLOCK)) * _BLOCK
