"""The coming and going of conversations: which are known, what is announced of them, what ends with them.

Source: Conversations, my conversations; life cycle sequences.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from rxconvo.model.apply_messages import MessageLists
from rxconvo.model.apply_roster import Rosters
from rxconvo.model.apply_typing import Typists
from rxconvo.model.conversation import ConversationActions, ConversationState
from rxconvo.model.conversation_data import NOT_PARTICIPATING
from rxconvo.model.events import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
)
from rxconvo.model.home import Home
from rxconvo.model.journal import Journal
from rxconvo.model.record import ConversationRecord, Replicas
from rxconvo.types import Sid

__all__ = ["Conversations"]


class Conversations:
    """All conversations that are known.

    Args:
        records: They, by sid.
        replicas: Where their objects are released.
        journal: Takes the events.
        typists: End with their conversation.
        messages: Likewise.
        rosters: Likewise.
        make_home: Makes the weak link to a conversation's handle.

    Attributes:
        records: All that are known, by sid.
        departed: Those removed, until observers have heard of it: they may still ask for them.
        moved: Those joined, left or removed, until observers have heard of it.
        unsettled: How many of one's conversations are still to be read.
    """

    def __init__(
        self,
        records: dict[Sid, ConversationRecord],
        *,
        replicas: Replicas,
        journal: Journal,
        typists: Typists,
        messages: MessageLists,
        rosters: Rosters,
        make_home: Callable[[Sid], Home[ConversationActions]],
    ) -> None:
        self.records = records
        self.departed: dict[Sid, ConversationRecord] = {}
        self.moved: list[ConversationRecord] = []
        self.unsettled = 0
        self._replicas = replicas
        self._journal = journal
        self._typists = typists
        self._messages = messages
        self._rosters = rosters
        self._make_home = make_home

    def add(self, sid: Sid, document_name: str) -> ConversationRecord:
        """Make a record of a conversation that is not known yet."""
        record = self.records[sid] = ConversationRecord(sid, self._make_home(sid), document_name=document_name)
        return record

    def await_document(self, record: ConversationRecord) -> None:
        """Count a conversation among those that are still to be read."""
        if not record.pending and not record.document_known:
            record.pending = True
            self.unsettled += 1

    def settle(self, record: ConversationRecord) -> None:
        """Note that a conversation was read, or cannot be."""
        if record.pending:
            record.pending = False
            self.unsettled -= 1

    def announce(self, record: ConversationRecord) -> None:
        """Say that a conversation is there, and that it is joined if it is."""
        record.announced = True
        self._journal.events.append(ConversationAdded(record.state, record.home))
        if record.joined:
            self.moved.append(record)
            self._journal.events.append(ConversationJoined(record.state, record.home))

    def update(self, record: ConversationRecord, state: ConversationState, reasons: tuple[str, ...]) -> None:
        """Give a conversation new properties, and say so where they differ."""
        before, record.state = record.state, state
        if reasons and record.announced:
            self._journal.events.append(ConversationUpdated(before, state, reasons, record.home))

    def joined(self, record: ConversationRecord) -> None:
        """Say that a conversation was joined; one that is not announced yet says so then."""
        self.moved.append(record)
        if record.announced:
            self._journal.events.append(ConversationJoined(record.state, record.home))

    def left(self, record: ConversationRecord) -> None:
        """Say that a conversation was left."""
        self.moved.append(record)
        if record.announced:
            self._journal.events.append(ConversationLeft(record.state, record.home))

    def remove(self, record: ConversationRecord, *, left: bool) -> None:
        """Forget a conversation, and say so.

        Args:
            record: The conversation.
            left: Whether it goes because the own user is no participant any more.
        """
        record.removed = True
        self.moved.append(record)
        del self.records[record.sid]
        self.settle(record)
        if record.roster is not None:
            self._typists.end_roster(record.roster, "left")
        self.release(record)
        if left and record.joined:
            record.state = replace(record.state, status=NOT_PARTICIPATING)
            self.left(record)
        if record.announced:
            self.departed[record.sid] = record
            self._journal.events.append(ConversationRemoved(record.state, record.home))

    def told(self) -> None:
        """Take that observers have heard who came and went."""
        self.departed.clear()
        for record in self.moved:
            record.told()
        self.moved.clear()

    def release(self, record: ConversationRecord) -> None:
        """Release all objects of a conversation."""
        self._messages.close(record)
        self._rosters.close(record)
        document, record.document = record.document, None
        if document is not None:
            self._replicas.release(document)
