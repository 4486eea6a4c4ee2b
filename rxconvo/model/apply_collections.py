"""Changes of lists and maps whose items are held: what a conversation's messages and its participants have in common.

Source: Sync, rule of order between events and reads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Raw, Struct

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model.apply_typing import Typists
from rxconvo.model.conversation import ConversationActions
from rxconvo.model.events import Discontinuity, Event, Topic
from rxconvo.model.home import Home
from rxconvo.model.journal import Journal
from rxconvo.model.objects import gone, reopened, wanted
from rxconvo.model.record import Collection, ConversationRecord, Handlers, Owner, Replicas, Role
from rxconvo.sync import (
    Discontinued,
    Established,
    ItemAdded,
    ItemRemoved,
    ItemsRead,
    ItemUpdated,
    Key,
    Kind,
    Loaded,
    ObjectFailed,
    ObjectRemoved,
    Opened,
    Replica,
)

__all__ = ["Collections", "Sort"]

V = TypeVar("V")
D = TypeVar("D")


class Sort(Struct, Generic[V, D], frozen=True):
    """What sets the items of one sort apart.

    Attributes:
        noun: What one is called.
        role: What their list or map is to the model.
        kind: Which of the two it is.
        topic: What their events are about.
        read: Reads the data of one; raises `PayloadError`.
        new: Makes a value of an item's data, with its key.
        merge: Applies an update to a value; returns the value now, and what differs.
        added: Makes the event that there is a new one.
        updated: Makes the event that one was changed.
    """

    noun: str
    role: Role
    kind: Kind
    topic: Topic
    read: Callable[[Raw], D]
    new: Callable[[D, Any, Home[ConversationActions]], V]
    merge: Callable[[V, D], tuple[V, tuple[str, ...]]]
    added: Callable[[V], Event]
    updated: Callable[[V | None, V, tuple[str, ...]], Event]


class Collections(ABC, Generic[V, D]):
    """Opens lists or maps of one sort, and applies their changes.

    Args:
        sort: What sets their items apart.
        replicas: Where lists and maps come from.
        journal: Takes events and faults.
        typists: Hear of what ends typing.
    """

    def __init__(self, sort: Sort[V, D], replicas: Replicas, journal: Journal, typists: Typists) -> None:
        self._sort = sort
        self._replicas = replicas
        self._journal = journal
        self._typists = typists
        self._machine = typists.machine
        self._handlers: Handlers = {
            Opened: self._opened,
            Established: self._established,
            ItemAdded: self._added,
            ItemUpdated: self._updated,
            ItemRemoved: self._removed,
            ItemsRead: self._read,
            Loaded: self._loaded,
            Discontinued: self._discontinued,
            ObjectRemoved: self._object_removed,
            ObjectFailed: self._object_failed,
        }

    # -- what differs ------------------------------------------------------------------------------------------------

    @abstractmethod
    def _find(self, replica: Replica[Owner]) -> tuple[ConversationRecord, Collection[V]] | None:
        """Return what a list or map belongs to, or None where it is of no interest any more."""

    @abstractmethod
    def _renew(self, record: ConversationRecord) -> Collection[V]:
        """Hold nothing, whatever was held before."""

    @abstractmethod
    def _gone(self, record: ConversationRecord, key: Key, value: V | None) -> None:
        """Say that an item is gone; it need not have been held."""

    def _came(self, record: ConversationRecord, value: V) -> None:
        """Take that there is a new item, while somebody types."""

    def _loaded(self, change: Loaded[Owner]) -> None:
        """Take that all items are known."""

    # -- what does not -----------------------------------------------------------------------------------------------

    def _want(self, record: ConversationRecord, held: Collection[V], name: str | None) -> None:
        """Want the list or map of a conversation, as soon as its name is known."""
        sort = self._sort
        held.since = record.since.get(sort.role, held.since)
        if held.replica is not None or (name is None and not record.document_known):
            return
        owner = Owner(sort.role, self._handlers, record=record)
        read_items = sort.kind is Kind.MAP
        found = wanted(self._replicas, name or "", sort.kind, owner, read_items=read_items, since=held.since)
        if isinstance(found, SyncError):
            held.error = found
            self._journal.faults.append(found)
        else:
            held.replica = found

    def _opened(self, change: Opened[Owner]) -> None:
        """Take what says nothing about items yet."""

    def _established(self, change: Established[Owner]) -> None:
        found = self._find(change.replica)
        if found is not None:
            found[1].ahead.clear()  # all events up to now have come

    def _added(self, change: ItemAdded[Owner]) -> None:
        found = self._find(change.replica)
        if found is None:
            return
        record, held = found
        read, new, added = self._sort.read, self._sort.new, self._sort.added  # faster than as methods: the hot path
        key = change.key
        if held.seen is not None:
            held.seen.add(key)
        if held.ahead:
            shown = held.get(key)
            if shown is not None and held.ahead.overtakes(key, change.event_id):
                held.ahead.told(key)
                self._journal.events.append(added(shown))
                self._came(record, shown)
                return
            held.ahead.arrived(key)
        try:
            item = read(change.data)
        except PayloadError as error:
            self._doubt(record, held, change, error)
            return
        change.replica.owner.doubted = False
        value = new(item, key, record.home)
        held.put(value)
        self._journal.events.append(added(value))
        roster = record.roster
        if self._machine.count or (roster is not None and roster.waiting):
            self._came(record, value)

    def _updated(self, change: ItemUpdated[Owner]) -> None:
        found = self._find(change.replica)
        if found is None:
            return
        record, held = found
        key = change.key
        if held.seen is not None:
            held.seen.add(key)
        if held.ahead.overtakes(key, change.event_id):
            return
        news = held.ahead.arrived(key)
        try:
            item = self._sort.read(change.data)
        except PayloadError as error:
            self._doubt(record, held, change, error)
            return
        change.replica.owner.doubted = False
        before, after, reasons = self._take(record, held, key, item)
        if before is None or reasons:
            self._journal.events.append(self._sort.updated(before, after, reasons))
        elif news:
            self._journal.events.append(self._sort.updated(None, after, ()))

    def _removed(self, change: ItemRemoved[Owner]) -> None:
        found = self._find(change.replica)
        if found is not None:
            record, held = found
            held.ahead.arrived(change.key)
            self._gone(record, change.key, held.pop(change.key))

    def _read(self, change: ItemsRead[Owner]) -> None:
        found = self._find(change.replica)
        if found is None:
            return
        record, held = found
        for read in change.items:
            key = read.key
            if held.seen is not None:
                held.seen.add(key)
            try:
                item = self._sort.read(read.data)
            except PayloadError as error:  # reading it anew would give the same
                self._journal.faults.append(PayloadError(f"{self._sort.noun} {key} of {record.sid}: {error}"))
                continue
            untold = held.ahead.untold(key)
            before, after, reasons = self._take(record, held, key, item)
            if reasons and not untold:
                self._journal.events.append(self._sort.updated(before, after, reasons))
            if read.event_id > change.replica.last_event_id:
                held.ahead[key] = (read.event_id, before is not None and not untold)

    def _take(
        self, record: ConversationRecord, held: Collection[V], key: Key, item: D
    ) -> tuple[V | None, V, tuple[str, ...]]:
        """Hold an item in its new version; returns it before and now, and what differs."""
        before = held.get(key)
        reasons: tuple[str, ...] = ()
        if before is None:
            after = self._sort.new(item, key, record.home)
        else:
            after, reasons = self._sort.merge(before, item)
        held.put(after)
        return before, after, reasons

    def _doubt(
        self,
        record: ConversationRecord,
        held: Collection[V],
        change: ItemAdded[Owner] | ItemUpdated[Owner],
        error: PayloadError,
    ) -> None:
        replica = reopened(change.replica, error, self._replicas, self._journal)
        if replica is None:
            change.replica.forget((change.key,))  # a read that shows it is to be news
            return
        held.replica = replica
        held.restart()
        self._say_missed(record, f"{self._sort.noun} {change.key} could not be read")

    def _discontinued(self, change: Discontinued[Owner]) -> None:
        found = self._find(change.replica)
        if found is not None:
            record, held = found
            held.restart()
            self._say_missed(record, change.reason)

    def _object_removed(self, change: ObjectRemoved[Owner]) -> None:
        error = gone(change.replica)
        if self._end(change.replica, error) is not None and change.replica.sid is None:
            self._journal.faults.append(error)  # there never was one; another one goes with its conversation

    def _object_failed(self, change: ObjectFailed[Owner]) -> None:
        record = self._end(change.replica, change.error)
        if record is None:
            return
        self._journal.faults.append(change.error)
        if change.replica.sid is not None:  # it was open: what happens before it is opened again is missed
            self._say_missed(record, str(change.error))

    def _end(self, replica: Replica[Owner], error: SyncError) -> ConversationRecord | None:
        """Take the end of a list or map; returns whose it was, or None where it is of no interest any more."""
        found = self._find(replica)
        if found is None:
            return None
        record, _ = found
        self._renew(record).error = error
        return record

    def _say_missed(self, record: ConversationRecord, reason: str) -> None:
        self._journal.events.append(Discontinuity(self._sort.topic, record.sid, reason))
