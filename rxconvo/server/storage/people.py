"""Members of conversations, and users."""

from __future__ import annotations

from rxconvo.server.storage.records import Date, Purpose, StoredMember, StoredUser
from rxconvo.server.storage.rows import Rows
from rxconvo.types import Identity, Sid

__all__ = ["Members", "Users"]

_MEMBER = "SELECT conversation_sid, participant_sid, identity, binding, role_sid FROM member WHERE"
_USER = "SELECT identity, sid, info_id, channels_id, date_created FROM user WHERE"


class Members(Rows):
    """The table of who takes part in which conversation."""

    def add_member(self, member: StoredMember) -> None:
        """Record a participant."""
        self._batch.writable().execute(
            "INSERT INTO member VALUES (?, ?, ?, ?, ?)",
            (member.conversation_sid, member.participant_sid, member.identity, member.binding, member.role_sid),
        )

    def remove_member(self, conversation_sid: Sid, participant_sid: Sid) -> None:
        """Forget a participant."""
        self._batch.writable().execute(
            "DELETE FROM member WHERE conversation_sid = ? AND participant_sid = ?", (conversation_sid, participant_sid)
        )

    def member(self, conversation_sid: Sid, identity: Identity) -> StoredMember | None:
        """Return a participant by identity."""
        return self._member("identity = ? AND conversation_sid = ?", identity, conversation_sid)

    def member_by_participant(self, conversation_sid: Sid, participant_sid: Sid) -> StoredMember | None:
        """Return a participant by its sid."""
        return self._member("conversation_sid = ? AND participant_sid = ?", conversation_sid, participant_sid)

    def member_by_binding(self, binding: str) -> StoredMember | None:
        """Return a participant by its binding."""
        return self._member("binding = ?", binding)

    def members(self, conversation_sid: Sid) -> list[StoredMember]:
        """Return all participants of a conversation."""
        return self._members("conversation_sid = ? ORDER BY participant_sid", conversation_sid)

    def memberships(self, identity: Identity, *, after: Sid = "", limit: int = 100) -> list[StoredMember]:
        """Return a page of the conversations of an identity."""
        where = "identity = ? AND conversation_sid > ? ORDER BY conversation_sid LIMIT ?"
        return self._members(where, identity, after, limit)

    def _member(self, where: str, *values: str) -> StoredMember | None:
        """Return the one participant that a condition gives."""
        found = self._members(where, *values)
        return found[0] if found else None

    def _members(self, where: str, *values: str | int) -> list[StoredMember]:
        """Return the participants that a condition gives."""
        return [StoredMember(*row) for row in self._connection.execute(f"{_MEMBER} {where}", values)]


class Users(Rows):
    """The table of users."""

    def create_user(self, *, identity: Identity, sid: Sid, info_sid: Sid, channels_sid: Sid, at: Date) -> StoredUser:
        """Make a user and the two maps."""
        info_id = self._batch.create(Purpose.USER_INFO, sid=info_sid, owner=sid, identity=identity, at=at)
        channels_id = self._batch.create(Purpose.CHANNELS, sid=channels_sid, owner=identity, identity=identity, at=at)
        values = (identity, sid, info_id, channels_id, at)
        self._batch.writable().execute("INSERT INTO user VALUES (?, ?, ?, ?, ?)", values)
        return StoredUser(*values)

    def user(self, identity: Identity) -> StoredUser | None:
        """Return a user by identity."""
        return self._user("identity = ?", identity)

    def user_by_sid(self, sid: Sid) -> StoredUser | None:
        """Return a user by sid."""
        return self._user("sid = ?", sid)

    def _user(self, where: str, value: str) -> StoredUser | None:
        """Return the user that a condition gives."""
        row = self._connection.execute(f"{_USER} {where}", (value,)).fetchone()
        return None if row is None else StoredUser(*row)
