"""What one packet or reply changed in our copies of the service's objects: the output of this layer.

A `Change` says what happened to one `Replica`; the data are still JSON text. The order of a list of changes is the
order in which they happened, and per object the order of its event ids.

    Opened ── DocumentChanged(read) ── Established ── ItemsRead* ── Loaded        a replica comes up
    ItemAdded, ItemUpdated, ItemRemoved, DocumentChanged                         while it stands, live or replayed
    Discontinued ── Opened ── ItemsRead* ── Loaded                               it has to be read anew
    ObjectRemoved | ObjectFailed                                                 its end: the replica is dropped
"""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

import msgspec

from rxconvo.errors import SyncError
from rxconvo.sync.replica import Key, Replica
from rxconvo.types import Identity, Sid

__all__ = [
    "Change",
    "Discontinued",
    "DocumentChanged",
    "Established",
    "Item",
    "ItemAdded",
    "ItemRemoved",
    "ItemUpdated",
    "ItemsRead",
    "Loaded",
    "ObjectFailed",
    "ObjectRemoved",
    "Opened",
    "TypingNotified",
]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable


class Item(msgspec.Struct, frozen=True):
    """One item as a read gave it.

    Attributes:
        key: Index in a list, key in a map.
        data: The whole value, JSON text. It is a view: decode it at once, or copy it.
        event_id: Id of the event that last changed it.
    """

    key: Key
    data: msgspec.Raw
    event_id: int


class Opened(msgspec.Struct, Generic[O], frozen=True):
    """The object's descriptor was read: `replica.sid` is known. A document's data follow.

    A `Discontinued` comes right before it where the object was wanted from an earlier event on that cannot be found.

    After a `Discontinued` it may come while the subscription stands, so without another `Established`.
    """

    replica: Replica[O]


class Established(msgspec.Struct, Generic[O], frozen=True):
    """The subscription stands; all that was missed has been said. Comes again after each reconnect."""

    replica: Replica[O]


class ItemAdded(msgspec.Struct, Generic[O], frozen=True):
    """An item was added; said once for each item that is added after the object was opened.

    It is said also if a read has shown the item before (`ItemsRead`), since nobody was told of its coming then.

    Attributes:
        key: Index in a list, key in a map.
        data: The whole value, JSON text. It is a view: decode it at once, or copy it.
        event_id: Id of the event.
    """

    replica: Replica[O]
    key: Key
    data: msgspec.Raw
    event_id: int


class ItemUpdated(msgspec.Struct, Generic[O], frozen=True):
    """An item was changed, perhaps several times while we were away. It need not be known yet.

    Attributes:
        key: Index in a list, key in a map.
        data: The whole new value, JSON text. It is a view: decode it at once, or copy it.
        event_id: Id of the event.
    """

    replica: Replica[O]
    key: Key
    data: msgspec.Raw
    event_id: int


class ItemRemoved(msgspec.Struct, Generic[O], frozen=True):
    """An item was removed. It need not be known.

    Attributes:
        key: Index in a list, key in a map.
        event_id: Id of the event.
    """

    replica: Replica[O]
    key: Key
    event_id: int


class ItemsRead(msgspec.Struct, Generic[O], frozen=True):
    """A read gave items that are news; they may have been there for long.

    Attributes:
        items: Never empty, in the order of the answer.
    """

    replica: Replica[O]
    items: list[Item]


class Loaded(msgspec.Struct, Generic[O], frozen=True):
    """Every item of an object wanted with `read_items` or `include_items` is known. Follows `Established`."""

    replica: Replica[O]


class DocumentChanged(msgspec.Struct, Generic[O], frozen=True):
    """The document has new data.

    Attributes:
        data: The whole new value, JSON text. It is a view: decode it at once, or copy it.
        read: True if a read gave it, False if an event did.
    """

    replica: Replica[O]
    data: msgspec.Raw
    read: bool


class ObjectRemoved(msgspec.Struct, Generic[O], frozen=True):
    """The object was removed, or there is none (that we may see). The replica is dropped."""

    replica: Replica[O]


class ObjectFailed(msgspec.Struct, Generic[O], frozen=True):
    """The object could not be opened, read or subscribed. The replica is dropped; want it again to try again.

    Attributes:
        error: Why, with status and code of the refusal.
    """

    replica: Replica[O]
    error: SyncError


class Discontinued(msgspec.Struct, Generic[O], frozen=True):
    """What was missed cannot be known: what is held of the object is void, and it is being read anew.

    Attributes:
        reason: A sentence for people.
    """

    replica: Replica[O]
    reason: str


class TypingNotified(msgspec.Struct, frozen=True):
    """Somebody types.

    Attributes:
        conversation_sid: Where.
        identity: Who.
        timeout: Seconds from now after which the typing has ended, unless it is said again.
    """

    conversation_sid: Sid
    identity: Identity
    timeout: float


Change: TypeAlias = (
    Opened[O]
    | Established[O]
    | ItemAdded[O]
    | ItemUpdated[O]
    | ItemRemoved[O]
    | ItemsRead[O]
    | Loaded[O]
    | DocumentChanged[O]
    | ObjectRemoved[O]
    | ObjectFailed[O]
    | Discontinued[O]
    | TypingNotified
)
"""Anything that this layer reports."""
