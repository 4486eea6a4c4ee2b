"""What a `Transaction` can do, by concern: Sync objects, and the tables to look things up in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from rxconvo.server.storage.records import (
    Date,
    Key,
    Order,
    Page,
    Replay,
    StoredChange,
    StoredConversation,
    StoredItem,
    StoredMedia,
    StoredMember,
    StoredObject,
    StoredReceipt,
    StoredRecipient,
    StoredRegistration,
    StoredResult,
    StoredTemplate,
    StoredUser,
)
from rxconvo.types import Identity, Sid

__all__ = ["ChannelTables", "DirectoryTables", "MediaTables", "SyncTables"]


class SyncTables(Protocol):
    """Documents, lists and maps with their items: the primary data."""

    @property
    def changes(self) -> list[StoredChange]:
        """What this work has changed so far, in order. The work returns it to have it published."""
        ...

    # Objects

    def object(self, object_id: int) -> StoredObject:
        """Return an object that must exist.

        Raises:
            StoreError: There is none.
        """
        ...

    def find_object(self, name: str) -> StoredObject | None:
        """Return the object with this sid or, failing that, this unique name."""
        ...

    def update_document(self, object_id: int, data: bytes, *, at: Date) -> StoredObject:
        """Replace a document's data and return the document as it is then."""
        ...

    # Items

    def item(self, object_id: int, key: Key) -> StoredItem | None:
        """Return an item, None if it is unknown or removed."""
        ...

    def item_by_name(self, object_id: int, name: str) -> StoredItem | None:
        """Return the list item that was added under this name (a message by its sid), None if unknown or removed."""
        ...

    def newest_item(self, object_id: int) -> StoredItem | None:
        """Return the item present with the highest key."""
        ...

    def items(
        self,
        object_id: int,
        *,
        start: Key | None = None,
        order: Order = "asc",
        limit: int = 100,
        max_bytes: int | None = None,
    ) -> Page:
        """Return a page of items. Removed ones do not appear.

        Args:
            object_id: A list or map.
            start: First key of the page, included; need not exist. None: the end that *order* begins with.
            order: By ascending or descending key.
            limit: At most so many items, at least 1.
            max_bytes: Stop before the items' data exceed this, but never before the first item.
        """
        ...

    def count_after(self, object_id: int, index: int) -> int:
        """Return how many list items with a higher index are present: the unread messages of a read horizon.

        Args:
            object_id: A list.
            index: Any integer; below 0 counts all.
        """
        ...

    def changes_after(
        self,
        object_id: int,
        event_id: int,
        *,
        seen: int | None = None,
        limit: int | None = None,
        max_bytes: int | None = None,
    ) -> Replay:
        """Return what a replica at *event_id* has missed.

        Items created since come as added, others as updated, items removed since as removed; each once, in the order of
        its last change. A document comes as one update.

        Args:
            object_id: Any object.
            event_id: Id of the last change that the replica knows. It decides what is *added*.
            seen: To go on with a replay: id of the last change of the page before. *event_id* stays what it was (if it
                moved, items made before and changed after the cut would be lost as additions).
            limit: At most so many changes.
            max_bytes: Stop before the changes' data exceed this, but never before the first change.
        """
        ...

    def add_list_item(self, object_id: int, data: bytes, *, at: Date, name: str | None = None) -> StoredItem:
        """Append an item to a list. Its index is `object(object_id).next_index`.

        Args:
            object_id: A list.
            data: The item's JSON.
            at: When.
            name: What `item_by_name` shall find it by; unique in the list.
        """
        ...

    def put_map_item(self, object_id: int, key: str, data: bytes, *, at: Date) -> StoredItem:
        """Add an item to a map, or replace it."""
        ...

    def update_item(self, object_id: int, key: Key, data: bytes, *, at: Date) -> StoredItem:
        """Replace the data of an item that must be present, in a list or map."""
        ...

    def remove_item(self, object_id: int, key: Key, *, at: Date) -> StoredItem | None:
        """Remove an item and return what it was, or None (and change nothing) if it was not present."""
        ...


class DirectoryTables(Protocol):
    """Conversations, members, users and answers to mutations: to look things up in."""

    # Conversations

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
        """Make a conversation: its document with *data*, an empty list of messages, an empty roster.

        The objects get the customary unique names (`Purpose.unique_name`). There is no change to publish, since nobody
        can be subscribed yet. The document's `last_event_id` is 1, that of the others 0.
        """
        ...

    def conversation(self, sid: Sid) -> StoredConversation | None:
        """Return a conversation by its sid."""
        ...

    def conversation_by_unique_name(self, unique_name: str) -> StoredConversation | None:
        """Return a conversation by its unique name."""
        ...

    def set_unique_name(self, sid: Sid, unique_name: str | None) -> None:
        """Rename a conversation in the look-up table. The document is the caller's to update."""
        ...

    def remove_conversation(self, sid: Sid, *, at: Date) -> None:
        """Remove a conversation with its members and objects: roster, messages, document.

        The changes `map_removed`, `list_removed`, `document_removed` come in this order. The members' channels items
        are the caller's to remove, before.
        """
        ...

    # Members

    def add_member(self, member: StoredMember) -> None:
        """Record a participant. The roster item and the channels item are the caller's to write."""
        ...

    def remove_member(self, conversation_sid: Sid, participant_sid: Sid) -> None:
        """Forget a participant. The roster item and the channels item are the caller's to remove."""
        ...

    def member(self, conversation_sid: Sid, identity: Identity) -> StoredMember | None:
        """Return the chat participant with this identity."""
        ...

    def member_by_participant(self, conversation_sid: Sid, participant_sid: Sid) -> StoredMember | None:
        """Return the participant with this sid."""
        ...

    def member_by_binding(self, binding: str) -> StoredMember | None:
        """Return the participant, of whichever conversation, with this binding."""
        ...

    def members(self, conversation_sid: Sid) -> list[StoredMember]:
        """Return all participants of a conversation, ordered by participant sid."""
        ...

    def memberships(self, identity: Identity, *, after: Sid = "", limit: int = 100) -> list[StoredMember]:
        """Return a page of the conversations that an identity takes part in, ordered by conversation sid.

        Args:
            identity: Whose.
            after: Last conversation sid of the page before.
            limit: At most so many.
        """
        ...

    # Users

    def create_user(self, *, identity: Identity, sid: Sid, info_sid: Sid, channels_sid: Sid, at: Date) -> StoredUser:
        """Make a user with an empty info map and an empty map of conversations, under the customary unique names."""
        ...

    def user(self, identity: Identity) -> StoredUser | None:
        """Return a user by identity."""
        ...

    def user_by_sid(self, sid: Sid) -> StoredUser | None:
        """Return a user by sid."""
        ...

    # Mutations

    def result(self, identity: Identity, mutation_id: str) -> StoredResult | None:
        """Return what this identity's mutation was answered with, if it was made before."""
        ...

    def remember_result(self, identity: Identity, mutation_id: str, status: int, body: bytes, *, at: Date) -> None:
        """Keep a mutation's answer, to repeat it if the mutation comes again."""
        ...

    def purge_mutations(self, before: Date, *, limit: int = 1000) -> int:
        """Forget answers that were kept before a date, the oldest first.

        Args:
            before: Older ones go.
            limit: At most so many, so that no work takes long.

        Returns:
            How many went; fewer than *limit*: all that were due.
        """
        ...


class ChannelTables(Protocol):
    """What other channels than the socket are about: devices, templates, and what became of messages there."""

    # Devices

    def put_registration(self, registration: StoredRegistration) -> StoredRegistration:
        """Keep a registration and return it; of one for the same device only the data is replaced."""
        ...

    def registrations(self, identity: Identity) -> list[StoredRegistration]:
        """Return all registrations of an identity, ordered by sid."""
        ...

    def remove_registration(self, sid: Sid) -> None:
        """Forget a registration, if it is there."""
        ...

    # Content templates

    def replace_templates(self, templates: Sequence[StoredTemplate]) -> None:
        """Keep these templates and no others."""
        ...

    def template(self, sid: Sid) -> StoredTemplate | None:
        """Return a template by its sid."""
        ...

    def templates(self, *, after: int = 0, before: int | None = None, limit: int = 100) -> list[StoredTemplate]:
        """Return a page of templates, by position.

        Args:
            after: The first templates after this position.
            before: If given, the last templates before this position instead.
            limit: At most so many.
        """
        ...

    # Messages on other channels

    def put_receipt(self, receipt: StoredReceipt) -> None:
        """Keep a receipt; of one for the same message and participant only status, error and date are replaced."""
        ...

    def receipt(self, conversation_sid: Sid, message_sid: Sid, participant_sid: Sid) -> StoredReceipt | None:
        """Return a participant's receipt for a message."""
        ...

    def receipts(
        self, conversation_sid: Sid, message_sid: Sid, *, after: int = 0, before: int | None = None, limit: int = 100
    ) -> list[StoredReceipt]:
        """Return a page of a message's receipts, by id.

        Args:
            conversation_sid: The conversation.
            message_sid: The message.
            after: The first receipts after this id.
            before: If given, the last receipts before this id instead.
            limit: At most so many.
        """
        ...

    def receipt_counts(self, conversation_sid: Sid, message_sid: Sid) -> Mapping[str, int]:
        """Return how many receipts a message has, by status."""
        ...

    def add_recipient(self, conversation_sid: Sid, message_sid: Sid, data: bytes) -> None:
        """Keep to whom a message was addressed."""
        ...

    def recipients(
        self,
        conversation_sid: Sid,
        message_sid: Sid | None = None,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = 100,
    ) -> list[StoredRecipient]:
        """Return a page of a conversation's recipients, or of those of one message, by id.

        Args:
            conversation_sid: The conversation.
            message_sid: The message; None for all.
            after: The first recipients after this id.
            before: If given, the last recipients before this id instead.
            limit: At most so many.
        """
        ...

    def put_channel_metadata(self, conversation_sid: Sid, message_sid: Sid, data: bytes) -> None:
        """Keep what a channel tells of a message, in place of what was kept."""
        ...

    def channel_metadata(self, conversation_sid: Sid, message_sid: Sid) -> bytes | None:
        """Return what a channel tells of a message, or None."""
        ...

    def forget_message(self, conversation_sid: Sid, message_sid: Sid) -> None:
        """Forget receipts, recipients and channel metadata of a message. `remove_conversation` forgets those of all."""
        ...


class MediaTables(Protocol):
    """Media: what is known of them. The bytes of uploads are kept as `Store.blobs`."""

    @property
    def dropped(self) -> list[Sid]:
        """The media that this work has removed and whose bytes are among the store's blobs."""
        ...

    def add_media(self, media: StoredMedia) -> None:
        """Record a media. Where it has no content, its bytes must be among the store's blobs already."""
        ...

    def media(self, sid: Sid) -> StoredMedia | None:
        """Return a media by its sid."""
        ...

    def attach_media(self, sid: Sid, conversation_sid: Sid, message_sid: Sid, *, at: Date) -> None:
        """Make a media part of a message."""
        ...

    def remove_media_of(self, conversation_sid: Sid, message_sid: Sid) -> None:
        """Remove all media of a message. After `remove_conversation` those of its messages go with `purge_media`."""
        ...

    def media_usage(self, identity: Identity | None = None) -> int:
        """Return how many bytes the media of an author take, or of all; each is counted as some KB at least."""
        ...

    def purge_media(self, before: Date, *, limit: int = 100) -> int:
        """Remove media of removed conversations, and uploads that are attached to no message.

        Args:
            before: Uploads of before go.
            limit: At most so many, so that no work takes long.

        Returns:
            How many went; fewer than *limit*: all that were due.
        """
        ...

    def unrecorded(self, blobs: Iterable[Sid]) -> list[Sid]:
        """Return those of some of the store's blobs that belong to no media."""
        ...
