"""What the service asks of its storage: values, `Transaction`, `Store`.

Sync objects and their items are the primary data; conversations, members, users and mutation results are tables to
look things up in. A `Store` runs *works*: plain functions that get a `Transaction`. A work sees the result of all works
before it and of none after it, and is acknowledged only once its changes are durable.

All dates are strings, ISO 8601 in UTC with milliseconds and `Z`. They are stored as given; only `purge_mutations`
compares them. All JSON is UTF-8 bytes, stored and returned unchanged, so that it can be spliced into packets as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, TypeVar

import msgspec

from rxconvo.types import Identity, Sid

__all__ = [
    "Date",
    "Key",
    "Order",
    "Page",
    "Purpose",
    "Replay",
    "Store",
    "StoredChange",
    "StoredConversation",
    "StoredItem",
    "StoredMember",
    "StoredObject",
    "StoredResult",
    "StoredUser",
    "Transaction",
]

T = TypeVar("T")
R = TypeVar("R")

Date: TypeAlias = str
"""ISO 8601, UTC, with milliseconds and `Z`, for example `2026-01-31T12:00:00.000Z`."""

Key: TypeAlias = int | str
"""Of an item: its index in a list, its key in a map."""

Order: TypeAlias = Literal["asc", "desc"]
"""Of a page of items: by ascending or descending key. Keys of maps are compared by code point."""


class Purpose(Enum):
    """What a Sync object is for. It decides the object's kind and its customary unique name.

    Attributes:
        kind: `document`, `list` or `map`; what events and addresses call it.
        suffix: End of the unique name, after its owner's sid or identity.
    """

    DOCUMENT = ("document", ".channel")
    MESSAGES = ("list", ".messages")
    ROSTER = ("map", ".roster")
    CHANNELS = ("map", ".channels")
    USER_INFO = ("map", ".info")

    def __init__(self, kind: Literal["document", "list", "map"], suffix: str) -> None:
        self.kind: Literal["document", "list", "map"] = kind
        self.suffix = suffix

    def unique_name(self, owner: str) -> str:
        """Return the object's unique name.

        Args:
            owner: The conversation's sid; for `CHANNELS` the identity, for `USER_INFO` the user's sid.
        """
        return owner + self.suffix


class StoredObject(msgspec.Struct, frozen=True, gc=False):
    """A Sync object without its items.

    Attributes:
        id: Its key in this store. Never shown to anybody.
        sid: `ET…`, `ES…` or `MP…`.
        purpose: What it is for; `purpose.kind` is its kind.
        unique_name: Its other name.
        conversation_sid: The conversation it belongs to, or None.
        identity: The user it belongs to, or None.
        last_event_id: Id of its newest change, 0 before the first.
        count: How many items are present; 0 for a document.
        next_index: Index of the next list item; no index is used twice. 0 for others.
        data: A document's JSON, else empty.
        date_created: When it was made.
        date_updated: When it, or an item of it, last changed.
    """

    id: int
    sid: Sid
    purpose: Purpose
    unique_name: str
    conversation_sid: Sid | None
    identity: Identity | None
    last_event_id: int
    count: int
    next_index: int
    data: bytes
    date_created: Date
    date_updated: Date

    @property
    def revision(self) -> str:
        """The opaque version that descriptors and events carry."""
        return str(self.last_event_id)


class StoredItem(msgspec.Struct, frozen=True, gc=False):
    """An item of a list or map that is present.

    Attributes:
        key: Index or key.
        created_id: Event id of its creation.
        last_event_id: Event id of its newest change.
        data: Its JSON, complete.
        date_created: When it was made.
        date_updated: When it last changed.
    """

    key: Key
    created_id: int
    last_event_id: int
    data: bytes
    date_created: Date
    date_updated: Date

    @property
    def revision(self) -> str:
        """The opaque version that items carry."""
        return str(self.last_event_id)


class Page(msgspec.Struct, frozen=True):
    """Consecutive items of one object, in the order asked for.

    Attributes:
        items: The items.
        has_next: Whether there are items after them, in that order.
        has_previous: Whether there are items before them, in that order.
    """

    items: list[StoredItem]
    has_next: bool
    has_previous: bool


class StoredChange(msgspec.Struct, frozen=True, gc=False):
    """One change of one Sync object, as its event tells it.

    Attributes:
        event_type: `document_updated`, `list_item_added`, `map_removed` and so on.
        object_sid: The object.
        unique_name: Its other name.
        id: Event id; grows with every change of the object.
        key: Of the item; None for a change of the whole object.
        data: JSON of the item or document; of a removed item what it was, or None where that is not known any more;
            of a removed object None.
        date: When it happened.
    """

    event_type: str
    object_sid: Sid
    unique_name: str
    id: int
    key: Key | None
    data: bytes | None
    date: Date

    @property
    def revision(self) -> str:
        """The version that the object and the item have after it."""
        return str(self.id)


class Replay(msgspec.Struct, frozen=True):
    """Changes that bring a replica towards the present state.

    Attributes:
        changes: In the order of their ids.
        complete: Whether these are all there are.
    """

    changes: list[StoredChange]
    complete: bool


class StoredConversation(msgspec.Struct, frozen=True, gc=False):
    """Where to find a conversation. What it is like stands in its document.

    Attributes:
        sid: `CH…`.
        unique_name: Unique among the conversations of the store, or None.
        created_by: Identity of its creator.
        access: `private` or `public`.
        document_id: Id of its document.
        messages_id: Id of its list of messages.
        roster_id: Id of its map of participants.
        date_created: When it was made.
    """

    sid: Sid
    unique_name: str | None
    created_by: Identity
    access: str
    document_id: int
    messages_id: int
    roster_id: int
    date_created: Date


class StoredMember(msgspec.Struct, frozen=True, gc=False):
    """Who takes part in a conversation. What the participant is like stands in the roster.

    Attributes:
        conversation_sid: `CH…`.
        participant_sid: `MB…`; its key in the roster.
        identity: Of a chat participant, else None.
        binding: Of other participants: their address and proxy address in a form of the caller's choice, else None.
        role_sid: `RL…`.
    """

    conversation_sid: Sid
    participant_sid: Sid
    identity: Identity | None
    binding: str | None
    role_sid: Sid


class StoredUser(msgspec.Struct, frozen=True, gc=False):
    """Where to find a user. What the user is like stands in the info map.

    Attributes:
        identity: Who it is.
        sid: `US…`.
        info_id: Id of the info map.
        channels_id: Id of the map of the user's conversations.
        date_created: When the user was first heard of.
    """

    identity: Identity
    sid: Sid
    info_id: int
    channels_id: int
    date_created: Date


class StoredResult(msgspec.Struct, frozen=True, gc=False):
    """What a mutation was answered with.

    Attributes:
        status: HTTP status.
        body: JSON of the answer.
    """

    status: int
    body: bytes


class Transaction(Protocol):
    """What a work may do. Valid only while the work runs.

    Unknown ids of objects, unknown keys to be updated, and names already taken raise `StoreError`: a work checks first,
    which is safe, since no other work runs meanwhile. The exception undoes the work.
    """

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


class Store(Protocol):
    """The service's durable memory."""

    @property
    def epoch(self) -> str:
        """Random, drawn once when the store was made. Another epoch means that ids and sids of before mean nothing."""
        ...

    @property
    def path(self) -> Path | None:
        """The store's file, absolute; None if it is kept in memory."""
        ...

    async def run(self, work: Callable[[Transaction], T], then: Callable[[T], R]) -> R:
        """Run *work* in a transaction, and *then* once its changes are durable.

        Works run one after the other, in the order of the calls. Several may be committed together; each is undone
        alone if it raises. *then* runs on the event loop, in commit order, so what one publishes precedes what a later
        one answers.

        Cancelling the call undoes nothing: unless it still waits for room in the queue, *work* and *then* run all the
        same.

        Args:
            work: Gets the transaction. Runs on the event loop; must not block, nor keep the transaction. What it raises
                undoes what it did.
            then: Gets what *work* returned (let that include `transaction.changes` if there is something to publish).
                Must not block. What it raises reaches the caller; the changes stay.

        Returns:
            What *then* returned.

        Raises:
            ClosedError: The store was closed.
            StoreError: The changes could not be made durable; none of them happened. They may be found after a crash
                (but never twice), as with any work that was not acknowledged.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun, write everything to the file and let go of it. May be called again."""
        ...
