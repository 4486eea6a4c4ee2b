"""Conversations: where to find their objects."""

from __future__ import annotations

from rxconvo.errors import StoreError
from rxconvo.server.storage.items import Items
from rxconvo.server.storage.records import Date, Purpose, StoredConversation
from rxconvo.types import Identity, Sid

__all__ = ["Conversations"]

_SELECT = (
    "SELECT sid, unique_name, created_by, access, document_id, messages_id, roster_id, date_created"
    " FROM conversation WHERE"
)
_DISCARD_MEDIA = (
    "INSERT INTO media_garbage SELECT ?1 WHERE EXISTS (SELECT 1 FROM media WHERE conversation_sid = ?1)"  # see `Media`
)


class Conversations(Items):
    """The table of conversations."""

    def create_conversation(
        self,
        *,
        sid: Sid,
        document_sid: Sid,
        messages_sid: Sid,
        roster_sid: Sid,
        unique_name: str | None,
        created_by: Identity,
        access: str,
        data: bytes,
        at: Date,
    ) -> StoredConversation:
        """Make a conversation and its three objects."""

        def create(purpose: Purpose, object_sid: Sid, document: bytes = b"") -> int:
            return self._batch.create(purpose, sid=object_sid, owner=sid, conversation_sid=sid, data=document, at=at)

        made = StoredConversation(
            sid,
            unique_name,
            created_by,
            access,
            document_id=create(Purpose.DOCUMENT, document_sid, data),
            messages_id=create(Purpose.MESSAGES, messages_sid),
            roster_id=create(Purpose.ROSTER, roster_sid),
            date_created=at,
        )
        self._batch.writable().execute(
            "INSERT INTO conversation VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (sid, unique_name, created_by, access, made.document_id, made.messages_id, made.roster_id, at),
        )
        return made

    def conversation(self, sid: Sid) -> StoredConversation | None:
        """Return a conversation by its sid."""
        return self._conversation("sid = ?", sid)

    def conversation_by_unique_name(self, unique_name: str) -> StoredConversation | None:
        """Return a conversation by its unique name."""
        return self._conversation("unique_name = ?", unique_name)

    def set_unique_name(self, sid: Sid, unique_name: str | None) -> None:
        """Rename a conversation in the look-up table."""
        self._batch.writable().execute("UPDATE conversation SET unique_name = ? WHERE sid = ?", (unique_name, sid))

    def remove_conversation(self, sid: Sid, *, at: Date) -> None:
        """Remove a conversation with its members and objects."""
        gone = self.conversation(sid)
        if gone is None:
            raise StoreError(f"the store has no conversation {sid}")
        for object_id in (gone.roster_id, gone.messages_id, gone.document_id):
            self._remove_object(object_id, at=at)
        connection = self._batch.writable()
        for table in ("member", "receipt", "recipient", "channel_metadata"):
            connection.execute(f"DELETE FROM {table} WHERE conversation_sid = ?", (sid,))  # noqa: S608 - names of ours
        connection.execute(_DISCARD_MEDIA, (sid,))
        connection.execute("DELETE FROM conversation WHERE sid = ?", (sid,))

    def _conversation(self, where: str, value: str) -> StoredConversation | None:
        """Return the conversation that a condition gives."""
        row = self._connection.execute(f"{_SELECT} {where}", (value,)).fetchone()
        return None if row is None else StoredConversation(*row)
