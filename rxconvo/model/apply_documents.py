"""Changes of conversations' documents.

A conversation is announced once its document is read: its properties are true then.
Source: Conversations, conversation (document data).
"""

from __future__ import annotations

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model.apply_messages import MessageLists
from rxconvo.model.apply_roster import Rosters
from rxconvo.model.conversation_data import merge_document, read_document
from rxconvo.model.decoding import text_of
from rxconvo.model.journal import Journal
from rxconvo.model.lifecycle import Conversations
from rxconvo.model.objects import gone, reopened, wanted
from rxconvo.model.record import ConversationRecord, Handlers, Owner, Replicas, Role
from rxconvo.sync import Discontinued, DocumentChanged, Established, Kind, ObjectFailed, ObjectRemoved, Opened, Replica

__all__ = ["Documents"]


class Documents:
    """Opens documents and applies their changes.

    Args:
        conversations: Those that the documents describe.
        replicas: Where documents come from.
        journal: Takes faults.
        messages: Opened by the name that the document gives, where they are wanted.
        rosters: Likewise.
    """

    def __init__(
        self,
        conversations: Conversations,
        *,
        replicas: Replicas,
        journal: Journal,
        messages: MessageLists,
        rosters: Rosters,
    ) -> None:
        self._conversations = conversations
        self._replicas = replicas
        self._journal = journal
        self._messages = messages
        self._rosters = rosters
        self._handlers: Handlers = {
            Opened: self._ignore,
            Established: self._ignore,
            DocumentChanged: self._changed,
            Discontinued: self._ignore,
            ObjectRemoved: self._object_removed,
            ObjectFailed: self._object_failed,
        }

    def open(self, record: ConversationRecord) -> None:
        """Want the document of a conversation."""
        if record.document is None:
            record.document_error = None
            owner = Owner(Role.DOCUMENT, self._handlers, record=record)
            found = wanted(self._replicas, record.document_name, Kind.DOCUMENT, owner)
            if isinstance(found, SyncError):
                self._journal.faults.append(found)
                self._give_up(record, found)
            else:
                record.document = found

    def close(self, record: ConversationRecord) -> None:
        """Release the document of a conversation; its properties stay as they were."""
        if record.document is not None and record.document_known:  # else somebody waits for it
            self._replicas.release(record.document)
            record.document = None
            record.document_known = False

    def _ignore(self, change: Opened[Owner] | Established[Owner] | Discontinued[Owner]) -> None:
        """Take what says nothing about a document. One that is read anew says by its data what was missed."""

    def _changed(self, change: DocumentChanged[Owner]) -> None:
        record = _find(change.replica)
        if record is None:
            return
        try:
            item = read_document(change.data)
            state, reasons = merge_document(record.state, item, change.data)
        except PayloadError as error:
            self._doubt(record, change.replica, error)
            return
        change.replica.owner.doubted = False
        if record.document_known:
            self._conversations.update(record, state, reasons)
            return
        record.messages_name = text_of(item.messages) or record.messages_name
        record.roster_name = text_of(item.roster) or record.roster_name
        record.document_known = True
        self._conversations.settle(record)
        self._conversations.update(record, state, reasons)
        if not record.announced:
            self._conversations.announce(record)
        if record.message_list is not None:
            self._messages.open(record)
        if record.roster is not None:
            self._rosters.open(record)

    def _doubt(self, record: ConversationRecord, replica: Replica[Owner], error: PayloadError) -> None:
        anew = reopened(replica, error, self._replicas, self._journal)
        if anew is not None:
            record.document = anew
        elif not record.document_known:
            self._replicas.release(replica)
            self._give_up(record, SyncError(replica.name, 0, None, str(error)))

    def _object_removed(self, change: ObjectRemoved[Owner]) -> None:
        record = _find(change.replica)
        if record is None:
            return
        record.document = None
        if record.announced:
            self._conversations.remove(record, left=False)
        else:
            self._journal.faults.append(gone(change.replica))
            self._give_up(record, gone(change.replica))

    def _object_failed(self, change: ObjectFailed[Owner]) -> None:
        record = _find(change.replica)
        if record is None:
            return
        self._journal.faults.append(change.error)
        self._give_up(record, change.error)

    def _give_up(self, record: ConversationRecord, error: SyncError) -> None:
        """Skip a conversation whose document cannot be read; the others work."""
        record.document = None
        record.document_error = error
        self._conversations.settle(record)
        for part in (record.message_list, record.roster):
            if part is not None and part.replica is None and part.error is None:
                part.error = error


def _find(replica: Replica[Owner]) -> ConversationRecord | None:
    """Return what a document belongs to, or None where it is of no interest any more."""
    record = replica.owner.record
    return record if record is not None and record.document is replica else None
