"""What the service's storage keeps: values.

All dates are strings, ISO 8601 in UTC with milliseconds and `Z`. They are stored as given; only
`purge_mutations` and `purge_media` compare them. All JSON is UTF-8 bytes, stored and returned unchanged, so that it can
be spliced into packets as it is.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias

import msgspec

from rxconvo.types import Identity, Sid

__all__ = [
    "Date",
    "Key",
    "Order",
    "Page",
    "Purpose",
    "Replay",
    "StoredChange",
    "StoredConversation",
    "StoredItem",
    "StoredMedia",
    "StoredMember",
    "StoredObject",
    "StoredReceipt",
    "StoredRecipient",
    "StoredRegistration",
    "StoredResult",
    "StoredTemplate",
    "StoredUser",
]

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


class StoredMedia(msgspec.Struct, frozen=True, gc=False):
    """A media: an upload, or a small text that belongs to a message.

    Attributes:
        sid: `ME…`.
        author: Who uploaded it.
        category: `media`, `body` or `history`.
        content_type: Its type, as it was declared.
        served_type: Its type as browsers may be told.
        filename: What the file was called, or None.
        size: Bytes.
        content: The bytes of a small text; None: they are among the store's blobs, under the sid.
        conversation_sid: The conversation of the message it is attached to, or None.
        message_sid: That message, or None.
        date_created: When it was made.
        date_updated: When it last changed.
    """

    sid: Sid
    author: Identity
    category: str
    content_type: str
    served_type: str
    filename: str | None
    size: int
    content: bytes | None
    conversation_sid: Sid | None
    message_sid: Sid | None
    date_created: Date
    date_updated: Date


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


class StoredRegistration(msgspec.Struct, frozen=True, gc=False):
    """A device that push notifications go to.

    Attributes:
        sid: `RG…`.
        identity: Whose it is.
        channel_type: `fcm` or `apn`.
        address: What the push service knows the device by.
        data: JSON of the registration, as it was asked for.
        date_created: When it was made.
    """

    sid: Sid
    identity: Identity
    channel_type: str
    address: str
    data: bytes
    date_created: Date


class StoredTemplate(msgspec.Struct, frozen=True, gc=False):
    """A content template.

    Attributes:
        position: Its place in the list, from 1.
        sid: `HX…`.
        data: JSON of its resource.
    """

    position: int
    sid: Sid
    data: bytes


class StoredReceipt(msgspec.Struct, frozen=True, gc=False):
    """How far a message has come on its way to one participant.

    Attributes:
        id: Its place in the list; 0 before it is stored.
        sid: `DY…`.
        conversation_sid: The conversation.
        message_sid: The message.
        participant_sid: The participant, who may have left since.
        channel_message_sid: `SM…`; the message as the participant's channel knows it.
        status: `sent`, `delivered`, `read`, `undelivered` or `failed`.
        error_code: Why it came no further, or None.
        date_created: When it was made.
        date_updated: When it last changed.
    """

    id: int
    sid: Sid
    conversation_sid: Sid
    message_sid: Sid
    participant_sid: Sid
    channel_message_sid: Sid
    status: str
    error_code: int | None
    date_created: Date
    date_updated: Date


class StoredRecipient(msgspec.Struct, frozen=True, gc=False):
    """Somebody to whom a message was addressed.

    Attributes:
        id: Its place in the list.
        message_sid: The message.
        data: JSON of its resource.
    """

    id: int
    message_sid: Sid
    data: bytes
