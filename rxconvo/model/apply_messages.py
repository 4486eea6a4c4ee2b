"""Changes of a conversation's list of messages.

Source: Conversations, messages.
"""

from __future__ import annotations

from typing import Final

from rxconvo.model.apply_collections import Collections, Sort
from rxconvo.model.apply_typing import Typists
from rxconvo.model.events import MessageAdded, MessageRemoved, MessageUpdated, Topic
from rxconvo.model.journal import Journal
from rxconvo.model.message import Message
from rxconvo.model.message_data import MessageItem, merge_message, new_message, read_message
from rxconvo.model.record import ConversationRecord, MessageList, Owner, Replicas, Role
from rxconvo.sync import Key, Kind, Replica

__all__ = ["MessageLists"]

_MESSAGE: Final = Sort[Message, MessageItem](
    noun="message",
    role=Role.MESSAGES,
    kind=Kind.LIST,
    topic=Topic.MESSAGES,
    read=read_message,
    new=new_message,
    merge=merge_message,
    added=MessageAdded,
    updated=MessageUpdated,
)


class MessageLists(Collections[Message, MessageItem]):
    """Opens lists of messages and applies their changes.

    Args:
        replicas: Where lists come from.
        journal: Takes events and faults.
        typists: Hear of each message's author.
        kept: Messages held of a conversation.
    """

    def __init__(self, replicas: Replicas, journal: Journal, typists: Typists, *, kept: int) -> None:
        super().__init__(_MESSAGE, replicas, journal, typists)
        self._kept = kept

    def open(self, record: ConversationRecord) -> None:
        """Want the messages of a conversation, as soon as their list's name is known."""
        messages = record.message_list
        if messages is None or messages.error is not None:
            messages = self._renew(record)
        self._want(record, messages, record.messages_name)

    def close(self, record: ConversationRecord) -> None:
        """Release the messages of a conversation; those held would not be kept up to date any more."""
        messages, record.message_list = record.message_list, None
        if messages is not None and messages.replica is not None:
            self._replicas.release(messages.replica)

    def _find(self, replica: Replica[Owner]) -> tuple[ConversationRecord, MessageList] | None:
        record = replica.owner.record
        messages = record.message_list if record is not None else None
        if record is None or messages is None or messages.replica is not replica:
            return None
        return record, messages

    def _renew(self, record: ConversationRecord) -> MessageList:
        messages = record.message_list = MessageList(self._kept)
        return messages

    def _came(self, record: ConversationRecord, value: Message) -> None:
        self._typists.message_by(value.author, record)

    def _gone(self, record: ConversationRecord, key: Key, value: Message | None) -> None:
        self._journal.events.append(MessageRemoved(value, int(key), record.home))
