"""Devices, templates, and what became of messages on other channels than the socket."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import astuple

from rxconvo.server.storage.records import StoredReceipt, StoredRecipient, StoredRegistration, StoredTemplate
from rxconvo.server.storage.rows import Rows
from rxconvo.types import Identity, Sid

__all__ = ["Devices", "Messaging", "Templates"]

_RECEIPT = (
    "SELECT id, sid, conversation_sid, message_sid, participant_sid, channel_message_sid, status, error_code,"
    " date_created, date_updated FROM receipt WHERE conversation_sid = ? AND message_sid = ?"
)
_PUT_RECEIPT = (
    "INSERT INTO receipt (sid, conversation_sid, message_sid, participant_sid, channel_message_sid, status, error_code,"
    " date_created, date_updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (conversation_sid, message_sid, participant_sid) DO UPDATE SET"
    " status = excluded.status, error_code = excluded.error_code, date_updated = excluded.date_updated"
)
_PUT_REGISTRATION = (
    "INSERT INTO registration VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (identity, channel_type, address) DO UPDATE SET data = excluded.data"
)
_REGISTRATION = "SELECT sid, identity, channel_type, address, data, date_created FROM registration WHERE identity = ?"


class Devices(Rows):
    """The table of push registrations."""

    def put_registration(self, registration: StoredRegistration) -> StoredRegistration:
        """Keep a registration."""
        connection = self._batch.writable()
        connection.execute(_PUT_REGISTRATION, astuple(registration))
        values = (registration.identity, registration.channel_type, registration.address)
        row = connection.execute(f"{_REGISTRATION} AND channel_type = ? AND address = ?", values).fetchone()
        return StoredRegistration(*row)

    def registrations(self, identity: Identity) -> list[StoredRegistration]:
        """Return the registrations of an identity."""
        return [
            StoredRegistration(*row) for row in self._connection.execute(f"{_REGISTRATION} ORDER BY sid", (identity,))
        ]

    def remove_registration(self, sid: Sid) -> None:
        """Forget a registration."""
        self._batch.writable().execute("DELETE FROM registration WHERE sid = ?", (sid,))


class Templates(Rows):
    """The table of content templates."""

    def replace_templates(self, templates: Sequence[StoredTemplate]) -> None:
        """Keep these templates and no others."""
        connection = self._batch.writable()
        connection.execute("DELETE FROM template")
        connection.executemany("INSERT INTO template VALUES (?, ?, ?)", map(astuple, templates))

    def template(self, sid: Sid) -> StoredTemplate | None:
        """Return a template by its sid."""
        row = self._connection.execute("SELECT position, sid, data FROM template WHERE sid = ?", (sid,)).fetchone()
        return None if row is None else StoredTemplate(*row)

    def templates(self, *, after: int = 0, before: int | None = None, limit: int = 100) -> list[StoredTemplate]:
        """Return a page of templates."""
        query = "SELECT position, sid, data FROM template WHERE TRUE"
        return [
            StoredTemplate(*row)
            for row in _page(self._connection, query, (), key="position", after=after, before=before, limit=limit)
        ]


class Messaging(Rows):
    """The tables of receipts, recipients and channel metadata."""

    def put_receipt(self, receipt: StoredReceipt) -> None:
        """Keep a receipt."""
        self._batch.writable().execute(_PUT_RECEIPT, astuple(receipt)[1:])

    def receipt(self, conversation_sid: Sid, message_sid: Sid, participant_sid: Sid) -> StoredReceipt | None:
        """Return a participant's receipt for a message."""
        values = (conversation_sid, message_sid, participant_sid)
        row = self._connection.execute(f"{_RECEIPT} AND participant_sid = ?", values).fetchone()
        return None if row is None else StoredReceipt(*row)

    def receipts(
        self, conversation_sid: Sid, message_sid: Sid, *, after: int = 0, before: int | None = None, limit: int = 100
    ) -> list[StoredReceipt]:
        """Return a page of a message's receipts."""
        rows = _page(
            self._connection, _RECEIPT, (conversation_sid, message_sid), after=after, before=before, limit=limit
        )
        return [StoredReceipt(*row) for row in rows]

    def receipt_counts(self, conversation_sid: Sid, message_sid: Sid) -> Mapping[str, int]:
        """Return how many receipts a message has, by status."""
        query = "SELECT status, count(*) FROM receipt WHERE conversation_sid = ? AND message_sid = ? GROUP BY status"
        return dict(self._connection.execute(query, (conversation_sid, message_sid)).fetchall())

    def add_recipient(self, conversation_sid: Sid, message_sid: Sid, data: bytes) -> None:
        """Keep to whom a message was addressed."""
        self._batch.writable().execute(
            "INSERT INTO recipient (conversation_sid, message_sid, data) VALUES (?, ?, ?)",
            (conversation_sid, message_sid, data),
        )

    def recipients(
        self,
        conversation_sid: Sid,
        message_sid: Sid | None = None,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = 100,
    ) -> list[StoredRecipient]:
        """Return a page of recipients."""
        query = (
            "SELECT id, message_sid, data FROM recipient WHERE conversation_sid = ?"
            " AND message_sid = ifnull(?, message_sid)"
        )
        rows = _page(self._connection, query, (conversation_sid, message_sid), after=after, before=before, limit=limit)
        return [StoredRecipient(*row) for row in rows]

    def put_channel_metadata(self, conversation_sid: Sid, message_sid: Sid, data: bytes) -> None:
        """Keep what a channel tells of a message."""
        self._batch.writable().execute(
            "INSERT OR REPLACE INTO channel_metadata VALUES (?, ?, ?)", (conversation_sid, message_sid, data)
        )

    def channel_metadata(self, conversation_sid: Sid, message_sid: Sid) -> bytes | None:
        """Return what a channel tells of a message."""
        query = "SELECT data FROM channel_metadata WHERE conversation_sid = ? AND message_sid = ?"
        row = self._connection.execute(query, (conversation_sid, message_sid)).fetchone()
        return None if row is None else bytes(row[0])

    def forget_message(self, conversation_sid: Sid, message_sid: Sid) -> None:
        """Forget what is kept of a message."""
        connection = self._batch.writable()
        for table in ("receipt", "recipient", "channel_metadata"):
            query = f"DELETE FROM {table} WHERE conversation_sid = ? AND message_sid = ?"  # noqa: S608 - names of ours
            connection.execute(query, (conversation_sid, message_sid))


def _page(
    connection: sqlite3.Connection,
    query: str,
    values: tuple[str | None, ...],
    *,
    key: str = "id",
    after: int,
    before: int | None,
    limit: int,
) -> list[tuple[Any, ...]]:
    """Return rows in the order of a key: the first ones after a value of it or, if that is given, the last before."""
    if before is None:
        return connection.execute(f"{query} AND {key} > ? ORDER BY {key} LIMIT ?", (*values, after, limit)).fetchall()
    rows = connection.execute(f"{query} AND {key} < ? ORDER BY {key} DESC LIMIT ?", (*values, before, limit)).fetchall()
    return rows[::-1]
