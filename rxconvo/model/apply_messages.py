"""Changes of a conversation's list of messages.

Source: Conversations, messages; Sync, rule of order between events and reads.
"""

from __future__ import annotations

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model.apply_typing import Typists
from rxconvo.model.events import Discontinuity, MessageAdded, MessageRemoved, MessageUpdated, Topic
from rxconvo.model.journal import Journal
from rxconvo.model.message import Message
from rxconvo.model.message_data import MessageItem, merge_message, new_message, read_message
from rxconvo.model.objects import gone, reopened, wanted
from rxconvo.model.record import ConversationRecord, Handlers, MessageList, Owner, Replicas, Role
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

__all__ = ["MessageLists"]


class MessageLists:
    """Opens lists of messages and applies their changes.

    Args:
        replicas: Where lists come from.
        journal: Takes events and faults.
        typists: Hear of each message's author.
        kept: Messages held of a conversation.
    """

    def __init__(self, replicas: Replicas, journal: Journal, typists: Typists, *, kept: int) -> None:
        self._replicas = replicas
        self._journal = journal
        self._typists = typists
        self._machine = typists.machine
        self._kept = kept
        self._handlers: Handlers = {
            Opened: self._ignore,
            Established: self._established,
            ItemAdded: self._added,
            ItemUpdated: self._updated,
            ItemRemoved: self._removed,
            ItemsRead: self._read,
            Loaded: self._ignore,
            Discontinued: self._discontinued,
            ObjectRemoved: self._object_removed,
            ObjectFailed: self._object_failed,
        }

    def open(self, record: ConversationRecord) -> None:
        """Want the messages of a conversation, as soon as their list's name is known."""
        messages = record.message_list
        if messages is None or messages.error is not None:
            messages = record.message_list = MessageList(self._kept)
        if messages.replica is not None or (record.messages_name is None and not record.document_known):
            return
        owner = Owner(Role.MESSAGES, self._handlers, record=record)
        found = wanted(self._replicas, record.messages_name or "", Kind.LIST, owner)
        if isinstance(found, SyncError):
            messages.error = found
            self._journal.faults.append(found)
        else:
            messages.replica = found

    def close(self, record: ConversationRecord) -> None:
        """Release the messages of a conversation; those held would not be kept up to date any more."""
        messages, record.message_list = record.message_list, None
        if messages is not None and messages.replica is not None:
            self._replicas.release(messages.replica)

    def _ignore(self, change: Opened[Owner] | Loaded[Owner]) -> None:
        """Take what says nothing about a list: its messages are read page by page, on demand."""

    def _established(self, change: Established[Owner]) -> None:
        found = _find(change.replica)
        if found is not None:
            found[1].ahead.clear()  # all events up to now have come

    def _added(self, change: ItemAdded[Owner]) -> None:
        found = _find(change.replica)
        if found is None:
            return
        record, messages = found
        index = int(change.key)
        if messages.ahead:
            message = messages.get(index)
            if message is not None and messages.ahead.overtakes(index, change.event_id):
                messages.ahead.told(index)
                self._journal.events.append(MessageAdded(message))
                self._typists.message_by(message.author, record)
                return
            messages.ahead.arrived(index)
        try:
            item = read_message(change.data)
        except PayloadError as error:
            self._doubt(record, messages, change, error)
            return
        change.replica.owner.doubted = False
        message = new_message(item, index, record.home)
        messages.put(message)
        self._journal.events.append(MessageAdded(message))
        roster = record.roster
        if self._machine.count or (roster is not None and roster.waiting):
            self._typists.message_by(message.author, record)

    def _updated(self, change: ItemUpdated[Owner]) -> None:
        found = _find(change.replica)
        if found is None:
            return
        record, messages = found
        index = int(change.key)
        if messages.ahead.overtakes(index, change.event_id):
            return
        news = messages.ahead.arrived(index)
        try:
            item = read_message(change.data)
        except PayloadError as error:
            self._doubt(record, messages, change, error)
            return
        change.replica.owner.doubted = False
        before, after, reasons = _take(record, messages, index, item)
        if before is None or reasons:
            self._journal.events.append(MessageUpdated(before, after, reasons))
        elif news:
            self._journal.events.append(MessageUpdated(None, after))

    def _removed(self, change: ItemRemoved[Owner]) -> None:
        found = _find(change.replica)
        if found is None:
            return
        record, messages = found
        index = int(change.key)
        messages.ahead.arrived(index)
        self._journal.events.append(MessageRemoved(messages.pop(index), index, record.home))

    def _read(self, change: ItemsRead[Owner]) -> None:
        found = _find(change.replica)
        if found is None:
            return
        record, messages = found
        for read in change.items:
            index = int(read.key)
            try:
                item = read_message(read.data)
            except PayloadError as error:  # reading it anew would give the same
                self._journal.faults.append(PayloadError(f"message {index} of {record.sid}: {error}"))
                continue
            untold = messages.ahead.untold(index)
            before, after, reasons = _take(record, messages, index, item)
            if reasons and not untold:
                self._journal.events.append(MessageUpdated(before, after, reasons))
            if read.event_id > change.replica.last_event_id:
                messages.ahead[index] = (read.event_id, before is not None and not untold)

    def _discontinued(self, change: Discontinued[Owner]) -> None:
        found = _find(change.replica)
        if found is not None:
            self._forget(*found, change.reason)

    def _forget(self, record: ConversationRecord, messages: MessageList, reason: str) -> None:
        messages.clear()
        self._journal.events.append(Discontinuity(Topic.MESSAGES, record.sid, reason))

    def _doubt(
        self,
        record: ConversationRecord,
        messages: MessageList,
        change: ItemAdded[Owner] | ItemUpdated[Owner],
        error: PayloadError,
    ) -> None:
        replica = reopened(change.replica, error, self._replicas, self._journal)
        if replica is None:
            change.replica.forget((change.key,))  # a read that shows it is to be news
            return
        messages.replica = replica
        self._forget(record, messages, f"message {change.key} could not be read")

    def _object_removed(self, change: ObjectRemoved[Owner]) -> None:
        error = gone(change.replica)
        if self._end(change.replica, error) is not None and change.replica.sid is None:
            self._journal.faults.append(error)  # there never was one; another one goes with its conversation

    def _object_failed(self, change: ObjectFailed[Owner]) -> None:
        found = self._end(change.replica, change.error)
        if found is None:
            return
        self._journal.faults.append(change.error)
        if change.replica.sid is not None:  # it was open: what happens before it is opened again is missed
            self._forget(*found, str(change.error))

    def _end(self, replica: Replica[Owner], error: SyncError) -> tuple[ConversationRecord, MessageList] | None:
        """Take the end of a list; returns what it belonged to, or None where it is of no interest any more."""
        found = _find(replica)
        if found is not None:
            _, messages = found
            messages.replica = None
            messages.error = error
            messages.clear()
        return found


def _find(replica: Replica[Owner]) -> tuple[ConversationRecord, MessageList] | None:
    """Return what a list belongs to, or None where it is of no interest any more."""
    record = replica.owner.record
    messages = record.message_list if record is not None else None
    if record is None or messages is None or messages.replica is not replica:
        return None
    return record, messages


def _take(
    record: ConversationRecord, messages: MessageList, index: int, item: MessageItem
) -> tuple[Message | None, Message, tuple[str, ...]]:
    """Hold a message in its new version; returns it before and now, and what differs."""
    before = messages.get(index)
    reasons: tuple[str, ...] = ()
    if before is None:
        after = new_message(item, index, record.home)
    else:
        after, reasons = merge_message(before, item)
    messages.put(after)
    return before, after, reasons
