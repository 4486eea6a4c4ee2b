"""Items read by pages: all of an object in the background, or a page that somebody asked for.

Items are read only while their subscription stands, so that no page overtakes an event. Pages follow each other by key:
the next one begins with the last item of the one before, which is no news then.
Source: Sync, read items; rule of order between events and reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Generic, Literal, TypeVar

import msgspec

from rxconvo.errors import LocalProtocolError, PayloadError, SyncError
from rxconvo.sync.changes import Change, Item, ItemsRead
from rxconvo.sync.decoding import ReadItem, decode_page
from rxconvo.sync.replica import Key, Kind, Replica

__all__ = [
    "Lookup",
    "Page",
    "Portion",
    "background_query",
    "item_query",
    "keyed",
    "page_query",
    "read_page",
    "take_items",
]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable

PAGE_SIZE: Final = 100
"""Items a page, reading in the background."""


class Page(msgspec.Struct, frozen=True):
    """What a page asked for holds.

    Attributes:
        keys: Keys of the items, in the order asked for. Their data came as changes, now or before.
        has_more: Whether there are items after it, in that order.
        has_previous: Whether there are items before it, in that order.
    """

    keys: list[Key]
    has_more: bool
    has_previous: bool


class Portion(msgspec.Struct, frozen=True):
    """A page as the service gave it."""

    items: list[Item]
    has_more: bool
    has_previous: bool


class Lookup(Generic[O]):
    """A read that somebody asked for, and waits for.

    Attributes:
        replica: What is read.
        generation: That of the replica when it was asked.
        connection: Number of the connection that it was asked on.
    """

    __slots__ = ("_outcome", "connection", "generation", "replica")

    def __init__(self, replica: Replica[O], connection: int) -> None:
        self.replica = replica
        self.generation = replica.generation
        self.connection = connection
        self._outcome: Page | SyncError | None = None

    def take(self, portion: Portion) -> list[Change[O]]:
        """Take the answer."""
        changes = take_items(self.replica, portion.items)
        keys = [item.key for item in portion.items if self.replica.knows(item.key)]
        self._outcome = Page(keys, portion.has_more, portion.has_previous)
        return changes

    def fail(self, status: int, code: int | None, message: str) -> None:
        """Take note that there is no answer that helps."""
        self._outcome = SyncError(self.replica.name, status, code, message)

    def result(self) -> Page:
        """Give the page.

        Raises:
            SyncError: It was refused, cannot be read, or is of another connection or object.
            LocalProtocolError: There is no answer yet.
        """
        if self._outcome is None:
            raise LocalProtocolError("the page has not been answered")
        if isinstance(self._outcome, SyncError):
            raise self._outcome
        return self._outcome


def keyed(kind: Kind, items: Iterable[ReadItem]) -> list[Item]:
    """Give items their keys.

    Raises:
        PayloadError: One has none.
    """
    result: list[Item] = []
    for item in items:
        key = item.index if kind is Kind.LIST else item.key
        if key is None:
            raise PayloadError("an item without a key")
        result.append(Item(key, item.data, item.last_event_id))
    return result


def read_page(kind: Kind, payload: bytes) -> Portion:
    """Decode a page of items.

    Raises:
        PayloadError: It cannot be read.
    """
    page = decode_page(payload)
    return Portion(keyed(kind, page.items), page.has_more, page.has_previous)


def take_items(replica: Replica[O], items: Iterable[Item]) -> list[Change[O]]:
    """Take items that were read: those that are news make one change."""
    news = [item for item in items if replica.take_read(item.key, item.event_id)]
    return [ItemsRead(replica, news)] if news else []


def background_query(cursor: Key | None) -> dict[str, str]:
    """Ask for the next page of everything."""
    return page_query(cursor, "asc", PAGE_SIZE)


def page_query(start: Key | None, order: Literal["asc", "desc"], size: int) -> dict[str, str]:
    """Ask for a page of at most *size* items, from *start* (included) or the end that *order* begins with."""
    first = {} if start is None else {"From": str(start)}
    return {**first, "PageSize": str(size), "Order": order}


def item_query(kind: Kind, key: Key) -> dict[str, str]:
    """Ask for one item."""
    return {"Index" if kind is Kind.LIST else "Key": str(key)}
