"""Changes of users' info maps.

Source: Conversations, users and reachability.
"""

from __future__ import annotations

import msgspec

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model.decoding import decode_object
from rxconvo.model.events import Event, UserSubscribed, UserUnsubscribed, UserUpdated
from rxconvo.model.home import ClientHome
from rxconvo.model.journal import Journal
from rxconvo.model.objects import gone, reopened, wanted
from rxconvo.model.record import Handlers, Owner, Replicas, Role
from rxconvo.model.user import User, UserActions
from rxconvo.model.user_data import merge_user
from rxconvo.sync import (
    Discontinued,
    Established,
    ItemAdded,
    ItemRemoved,
    ItemsRead,
    ItemUpdated,
    Kind,
    Loaded,
    ObjectFailed,
    ObjectRemoved,
    Opened,
    Replica,
)
from rxconvo.types import Identity

__all__ = ["UserRecord", "Users"]


class UserRecord:
    """One user as the store knows it.

    Attributes:
        user: The user.
        replica: The info map, or None where it could not be opened.
        known: The info map was read.
        subscribed: Observers know that it is followed, or need not be told.
        error: Why it could not be opened, or None.
        is_self: It is the own user, who is followed from the start without a word.
    """

    __slots__ = ("error", "is_self", "known", "replica", "subscribed", "user")

    def __init__(self, user: User, *, is_self: bool) -> None:
        self.user = user
        self.replica: Replica[Owner] | None = None
        self.known = False
        self.subscribed = is_self
        self.error: SyncError | None = None
        self.is_self = is_self


class Users:
    """Opens info maps and applies their changes.

    Args:
        replicas: Where maps come from.
        journal: Takes events and faults.
        home: The weak link that all users share.

    Attributes:
        records: Those whose info maps are wanted; who is known stands behind those known before.
        limit: So many others are followed at most; who was followed first goes first.
    """

    def __init__(self, replicas: Replicas, journal: Journal, home: ClientHome[UserActions]) -> None:
        self._replicas = replicas
        self._journal = journal
        self._home = home
        self.records: dict[Identity, UserRecord] = {}
        self.limit = 100
        self._handlers: Handlers = {
            Opened: self._ignore,
            Established: self._ignore,
            ItemAdded: self._changed,
            ItemUpdated: self._changed,
            ItemRemoved: self._ignore,
            ItemsRead: self._read,
            Loaded: self._loaded,
            Discontinued: self._ignore,
            ObjectRemoved: self._object_removed,
            ObjectFailed: self._object_failed,
        }

    def open(self, identity: Identity, name: str, *, is_self: bool = False) -> None:
        """Want the info map of a user; who is wanted already stays so."""
        record = self.records.get(identity)
        if record is not None and record.error is None:
            return
        if record is None or not record.known:
            record = self.records[identity] = UserRecord(User(identity, home=self._home), is_self=is_self)
        self._want(record, name)

    def close(self, identity: Identity) -> list[Event]:
        """Release the info map of a user; returns what observers are to hear of it."""
        record = self.records.pop(identity, None)
        if record is None:
            return []
        if record.replica is not None:
            self._replicas.release(record.replica)
        return [UserUnsubscribed(record.user)] if record.known else []

    def reopen(self, identity: Identity) -> list[Event]:
        """Release the info map of a user and want it at once again; returns what observers are to hear of it.

        The user stays as it is known until the map is read, then it is said to be followed.
        """
        record = self.records[identity]
        replica = record.replica
        if replica is None or not record.subscribed:
            return []
        self._replicas.release(replica)
        record.subscribed = False
        self._want(record, replica.name)
        return [UserUnsubscribed(record.user)]

    def _want(self, record: UserRecord, name: str) -> None:
        record.error = None
        owner = Owner(Role.USER_INFO, self._handlers, identity=record.user.identity)
        found = wanted(self._replicas, name, Kind.MAP, owner, include_items=True)
        if isinstance(found, SyncError):
            record.error = found
            self._journal.faults.append(found)
        else:
            record.replica = found

    def _ignore(self, change: Opened[Owner] | Established[Owner] | ItemRemoved[Owner] | Discontinued[Owner]) -> None:
        """Take what says nothing about a user. A map that is read anew says by its items what was missed."""

    def _changed(self, change: ItemAdded[Owner] | ItemUpdated[Owner]) -> None:
        record = self._find(change.replica)
        if record is None:
            return
        try:
            self._take(record, str(change.key), change.data)
        except PayloadError as error:
            record.replica = reopened(change.replica, error, self._replicas, self._journal) or change.replica
        else:
            change.replica.owner.doubted = False

    def _read(self, change: ItemsRead[Owner]) -> None:
        record = self._find(change.replica)
        if record is None:
            return
        for item in change.items:
            try:
                self._take(record, str(item.key), item.data)
            except PayloadError as error:  # reading it anew would give the same
                self._journal.faults.append(PayloadError(f"{item.key} of user {record.user.identity}: {error}"))
        self._know(record)

    def _take(self, record: UserRecord, key: str, data: msgspec.Raw) -> None:
        before = record.user
        record.user, reasons = merge_user(before, key, decode_object(data))
        if reasons and record.known:
            self._journal.events.append(UserUpdated(before, record.user, reasons))

    def _loaded(self, change: Loaded[Owner]) -> None:
        record = self._find(change.replica)
        if record is not None:
            self._know(record)

    def _know(self, record: UserRecord) -> None:
        if not record.known:
            record.known = True
            self.records[record.user.identity] = self.records.pop(record.user.identity)
        if not record.subscribed:
            record.subscribed = True
            self._journal.events.append(UserSubscribed(record.user))
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Stop following who was followed first, where there are too many."""
        others = [record.user.identity for record in self.records.values() if record.known and not record.is_self]
        for identity in others[: max(0, len(others) - max(1, self.limit))]:
            self._journal.events += self.close(identity)

    def _object_removed(self, change: ObjectRemoved[Owner]) -> None:
        self._end(change.replica, gone(change.replica))

    def _object_failed(self, change: ObjectFailed[Owner]) -> None:
        self._end(change.replica, change.error)

    def _end(self, replica: Replica[Owner], error: SyncError) -> None:
        record = self._find(replica)
        if record is None:
            return
        record.replica = None
        record.error = error
        self._journal.faults.append(error)
        if record.known and not record.is_self:
            del self.records[record.user.identity]
            self._journal.events.append(UserUnsubscribed(record.user))

    def _find(self, replica: Replica[Owner]) -> UserRecord | None:
        """Return the user that a map belongs to, or None where it is of no interest any more."""
        record = self.records.get(replica.owner.identity or "")
        return record if record is not None and record.replica is replica else None
