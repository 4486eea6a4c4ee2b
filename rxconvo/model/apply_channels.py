"""Changes of the map of the own user's conversations.

Source: Conversations, my conversations (map item).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from sys import intern
from typing import Any, Final, TypeAlias, cast

import msgspec
from msgspec.structs import replace

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model.ahead import ReadAhead
from rxconvo.model.apply_documents import Documents
from rxconvo.model.apply_messages import MessageLists
from rxconvo.model.apply_roster import Rosters
from rxconvo.model.conversation_data import merge_channel
from rxconvo.model.decoding import decode_object, integer, text_of
from rxconvo.model.journal import Journal
from rxconvo.model.lifecycle import Conversations
from rxconvo.model.objects import gone, reopened, wanted
from rxconvo.model.record import ConversationRecord, Handlers, Owner, Replicas, Role
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
    Since,
)
from rxconvo.types import Sid

__all__ = ["Channels", "Watch"]

_SinceWhen: TypeAlias = Callable[[Mapping[str, Any]], Mapping[Role, int | Since]]

_SINCE: Final = {Role.MESSAGES: "messages", Role.ROSTER: "roster"}
"""Where an item tells the event after which somebody was a participant. Twilio does not tell."""


class Watch(Enum):
    """How much of each conversation is kept up to date without being asked for."""

    NONE = "none"
    """Only whether there is one."""
    DOCUMENTS = "documents"
    """Its properties."""
    ALL = "all"
    """Its messages and participants as well."""


class Channels:
    """Opens the map and applies its changes.

    Args:
        conversations: Those that the map lists.
        replicas: Where the map comes from.
        journal: Takes faults.
        documents: Opened for each conversation, as far as *watch* wants it.
        messages: Likewise.
        rosters: Likewise.
        watch: How much of each conversation is opened.

    Attributes:
        replica: The map, or None.
        loaded: All of it was read once.
        error: Why it could not be opened, or None.
    """

    def __init__(
        self,
        conversations: Conversations,
        *,
        replicas: Replicas,
        journal: Journal,
        documents: Documents,
        messages: MessageLists,
        rosters: Rosters,
        watch: Watch,
    ) -> None:
        self.replica: Replica[Owner] | None = None
        self.loaded = False
        self.error: SyncError | None = None
        self._seen: set[Key] | None = None  # until all of the map is read: what was found there so far
        self._ahead = ReadAhead()
        self._conversations = conversations
        self._replicas = replicas
        self._journal = journal
        self._documents = documents
        self._messages = messages
        self._rosters = rosters
        self._watch = watch
        self._handlers: Handlers = {
            Opened: self._ignore,
            Established: self._established,
            ItemAdded: self._changed,
            ItemUpdated: self._changed,
            ItemRemoved: self._removed,
            ItemsRead: self._read,
            Loaded: self._loaded,
            Discontinued: self._discontinued,
            ObjectRemoved: self._object_removed,
            ObjectFailed: self._object_failed,
        }

    def open(self, name: str) -> None:
        """Want the map; wanted already, it stays so."""
        if self.replica is None:
            self.error = None
            self._seen = set()
            owner = Owner(Role.CHANNELS, self._handlers)
            found = wanted(self._replicas, name, Kind.MAP, owner, read_items=True)
            if isinstance(found, SyncError):
                self.error = found
                self._journal.faults.append(found)
            else:
                self.replica = found

    def _ignore(self, change: Opened[Owner]) -> None:
        """Take what says nothing about the conversations yet."""

    def _established(self, change: Established[Owner]) -> None:
        if change.replica is self.replica:
            self._ahead.clear()  # all events up to now have come

    def _changed(self, change: ItemAdded[Owner] | ItemUpdated[Owner]) -> None:
        if change.replica is not self.replica:
            return
        self._see(change.key)
        if self._ahead.overtakes(change.key, change.event_id):
            return
        self._ahead.arrived(change.key)
        news = isinstance(change, ItemAdded) or self._seen is None
        try:
            self._take(str(change.key), change.data, _since_joining if news else _since_opening)
        except PayloadError as error:
            replica = reopened(change.replica, error, self._replicas, self._journal)
            if replica is not None:
                self.replica = replica
                self._read_anew()
        else:
            change.replica.owner.doubted = False

    def _read(self, change: ItemsRead[Owner]) -> None:
        if change.replica is not self.replica:
            return
        since = _since_some_time if self.loaded else _since_opening
        for item in change.items:
            self._see(item.key)
            try:
                self._take(str(item.key), item.data, since)
            except PayloadError as error:  # reading it anew would give the same
                self._journal.faults.append(PayloadError(f"item {item.key} of {change.replica.name}: {error}"))
            else:
                if item.event_id > change.replica.last_event_id:
                    self._ahead[item.key] = (item.event_id, True)

    def _removed(self, change: ItemRemoved[Owner]) -> None:
        if change.replica is not self.replica or self._ahead.overtakes(change.key, change.event_id):
            return
        self._ahead.arrived(change.key)
        record = self._conversations.records.get(str(change.key))
        if record is not None and record.listed:
            self._conversations.remove(record, left=True)

    def _loaded(self, change: Loaded[Owner]) -> None:
        if change.replica is not self.replica:
            return
        self.loaded = True
        seen, self._seen = self._seen, None
        if seen is not None:
            for record in list(self._conversations.records.values()):
                if record.listed and record.sid not in seen:
                    self._conversations.remove(record, left=True)

    def _discontinued(self, change: Discontinued[Owner]) -> None:
        if change.replica is self.replica:
            self._read_anew()

    def _read_anew(self) -> None:
        """Keep what is there until it is known what is there now."""
        self._seen = set()
        self._ahead.clear()

    def _object_removed(self, change: ObjectRemoved[Owner]) -> None:
        self._end(change.replica, gone(change.replica))

    def _object_failed(self, change: ObjectFailed[Owner]) -> None:
        self._end(change.replica, change.error)

    def _end(self, replica: Replica[Owner], error: SyncError) -> None:
        if replica is self.replica:
            self.replica = None
            self.error = error
            self._journal.faults.append(error)

    def _see(self, key: Key) -> None:
        if self._seen is not None:
            self._seen.add(key)

    def _take(self, sid: Sid, item: msgspec.Raw, since: _SinceWhen) -> None:
        """Take the item of one conversation.

        Args:
            sid: The conversation.
            item: The item.
            since: Tells since when changes in it are to be said, if it was not known to be joined.
        """
        data = decode_object(item)
        record = self._conversations.records.get(sid)
        name = text_of(data.get("channel"))
        if record is None:
            if not name:
                raise PayloadError("it names no document")
            record = self._conversations.add(sid, name)
        was_joined = record.joined
        record.listed = True
        record.messages_name = record.messages_name or text_of(data.get("messages"))
        record.roster_name = record.roster_name or text_of(data.get("roster"))
        state, reasons = merge_channel(record.state, data)
        status = text_of(data.get("status"))
        if status and status != "unknown":
            state = replace(state, status=intern(status))
        self._conversations.update(record, state, reasons)
        if record.joined and not was_joined:
            record.since = since(data)
            self._conversations.joined(record)
        elif was_joined and not record.joined:
            self._conversations.left(record)
        self._keep(record)

    def _keep(self, record: ConversationRecord) -> None:
        """Open what is kept up to date of a conversation."""
        if self._watch is Watch.NONE:
            if not record.announced:
                self._conversations.announce(record)
            return
        if record.document is None and record.document_error is None:
            self._conversations.await_document(record)
            self._documents.open(record)
        if self._watch is Watch.ALL and record.joined:
            if record.message_list is None:
                self._messages.open(record)
            if record.roster is None:
                self._rosters.open(record)


def _since_opening(_data: Mapping[str, Any]) -> Mapping[Role, int | Since]:
    """Take a conversation that has been joined for long: what happens is told from the opening on."""
    return {}


def _since_joining(data: Mapping[str, Any]) -> Mapping[Role, int | Since]:
    """Take a conversation that was just joined: what has happened since then is told, however late it is opened."""
    since = data.get("since")
    told = cast("dict[str, object]", since) if isinstance(since, dict) else {}
    return {role: _event(told.get(name)) for role, name in _SINCE.items()}


def _since_some_time(_data: Mapping[str, Any]) -> Mapping[Role, int | Since]:
    """Take a conversation that was joined while the list was lost: nobody knows when."""
    return dict.fromkeys(_SINCE, Since.UNKNOWN)


def _event(value: object) -> int | Since:
    event_id = integer(value)
    return Since.UNKNOWN if event_id is None else event_id
