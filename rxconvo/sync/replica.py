"""Our copy of one of the service's objects, reduced to what decides which news are new: the ids.

The data live one layer up. Three numbers decide:
- `last_event_id` of the object: every change up to it has been said. An event in order with an id up to it is old.
- the id of each known item: that of the event that last changed it, as an event or a read said.
- the id of each removed item's removal, because a read or an event out of order may still show it as it was before.

Compare first, then advance. The other way round each change of a document would look old.

The object's id advances only while the subscription stands. A replay tells the last change of each item, in the order
of these, and so is no beginning of history: resumed from its middle, the service would tell of an item that was added
before that point and changed after it that it was changed, and nobody would ever tell that it was added.
Source: Sync, versions; what a server does on establish; rule of order between events and reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final, Generic, TypeAlias, TypeVar

from rxconvo.sync.standing import ESTABLISHED, Signal, Standing, next_standing
from rxconvo.types import Sid

__all__ = ["DOCUMENT_KEY", "MAX_REMOVED", "Key", "Kind", "Replica", "Since"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable

Key: TypeAlias = int | str
"""Index of an item of a list, or key of an item of a map."""

DOCUMENT_KEY: Final = ""
"""A document is held as an object with one item, under this key."""

MAX_REMOVED: Final = 1000
"""How many removals an object remembers; the oldest go first."""

_NOTHING: Final[dict[Key, int]] = {}
"""Stands for a dict into which nothing was put yet, of each of very many idle objects. Stays empty."""


class Kind(Enum):
    """What an object holds."""

    DOCUMENT = "document"
    LIST = "list"
    MAP = "map"


class Since(Enum):
    """From when on the changes of an object are to be said, where that is not the id of an event."""

    OPENING = "opening"
    """From its descriptor on."""
    UNKNOWN = "unknown"
    """From an earlier moment, and nobody knows after which event that was."""


class Replica(Generic[O]):
    """The ids of one object of the service. Only this package writes it.

    Attributes:
        name: What it was wanted by: its unique name or its sid.
        kind: What it holds.
        owner: Whatever the caller gave; it comes back with every change.
        read_items: Whether all items are to be read once the subscription stands.
        include_items: Whether they are to come with the descriptor.
        since: The event after which its changes are to be said once it is opened.
        sid: Known once the object was opened.
        unique_name: Likewise, if it has one.
        items_url: Where its items are read, likewise; empty for documents.
        items_came: Its items came with the descriptor, all of them.
        last_event_id: Every change up to this one has been said.
        standing: Where its subscription is.
        established: Whether that is where the service sends every change, and items may be read.
        muted: Events of it come from an earlier subscription: they are not for it.
        doubted: An event of it could not be read, and no good one has come since.
        loaded: Every item is known.
        cursor: Key of the last item read while not all are known.
        interruptions: How often its replay was interrupted since it was complete.
        generation: How often everything was forgotten; an answer to an earlier question means nothing.
        dropped: It is not wanted any more, or there is no such object.
    """

    __slots__ = (
        "_ahead",
        "_evicted",
        "_known",
        "_removed",
        "cursor",
        "doubted",
        "dropped",
        "established",
        "generation",
        "include_items",
        "interruptions",
        "items_came",
        "items_url",
        "kind",
        "last_event_id",
        "loaded",
        "muted",
        "name",
        "owner",
        "read_items",
        "sid",
        "since",
        "standing",
        "unique_name",
    )

    def __init__(
        self,
        name: str,
        kind: Kind,
        owner: O,
        *,
        read_items: bool = False,
        include_items: bool = False,
        since: int | Since = Since.OPENING,
    ) -> None:
        self.name = name
        self.kind = kind
        self.owner = owner
        self.read_items = read_items
        self.include_items = include_items
        self.since = since
        self.sid: Sid | None = None
        self.unique_name: str | None = None
        self.items_url = ""
        self.items_came = False
        self.last_event_id = -1
        self.standing = Standing.ABSENT
        self.established = False
        self.muted = False
        self.doubted = False
        self.loaded = False
        self.cursor: Key | None = None
        self.interruptions = 0
        self.generation = 0
        self.dropped = False
        self._known: dict[Key, int] = {}
        self._removed = _NOTHING
        self._ahead = _NOTHING  # versions of items that a read has shown before their event came
        self._evicted: list[Key] = []  # items to be forgotten once no replay can be repeated

    def __repr__(self) -> str:
        return (
            f"<Replica {self.kind.value} {self.name} {self.standing.value}"
            f" at {self.last_event_id}, {len(self._known)} items>"
        )

    @property
    def wants_items(self) -> bool:
        """Whether all items are to be read, and are not known yet."""
        return (self.read_items or self.include_items) and not self.loaded and self.kind is not Kind.DOCUMENT

    def knows(self, key: Key) -> bool:
        """Tell whether the item is there, as far as events and reads have said."""
        return key in self._known or key in self._ahead

    def move(self, signal: Signal) -> None:
        """Take what happens to the subscription."""
        self.standing = next_standing(self.standing, signal)
        self.established = self.standing in ESTABLISHED

    def take_event(self, key: Key, event_id: int, *, ordered: bool) -> bool | None:
        """Decide about an event that gives an item a value, and remember it.

        Args:
            key: The item.
            event_id: Id of the event.
            ordered: Whether the events of the object come in the order of their ids.

        Returns:
            None if it is old; else whether the item was known before (to events, not to reads ahead of them).
        """
        if ordered:
            if event_id <= self.last_event_id:
                return None
            if self.established:
                self.last_event_id = event_id
        if self.muted:
            return None
        known = self._known.get(key)
        if known is None:
            if self._removed and event_id <= self._removed.get(key, -1):
                return None
        elif event_id <= known:
            return None
        self._known[key] = event_id
        self.doubted = False
        return known is not None

    def take_removal(self, key: Key, event_id: int, *, ordered: bool) -> bool:
        """Decide about an event that removes an item, and remember it.

        Args:
            key: The item.
            event_id: Id of the event.
            ordered: Whether the events of the object come in the order of their ids.

        Returns:
            Whether it is news. The item need not have been known.
        """
        if ordered:
            if event_id <= self.last_event_id:
                return False
            if self.established:
                self.last_event_id = event_id
        if self.muted:
            return False
        if event_id <= self._known.get(key, -1) or event_id <= self._removed.get(key, -1):
            return False
        self.doubted = False
        self._known.pop(key, None)
        if self._ahead.get(key, event_id + 1) <= event_id:
            del self._ahead[key]
        removed = self._removed = self._removed or {}
        removed.pop(key, None)  # so that it becomes the youngest
        removed[key] = event_id
        if len(removed) > MAX_REMOVED:
            del removed[next(iter(removed))]
        return True

    def take_read(self, key: Key, event_id: int) -> bool:
        """Decide about an item that a read gave, and remember it.

        A read may show a version whose event has not come yet. It is remembered apart, so that the event is still news.

        Args:
            key: The item.
            event_id: Id of the event that last changed it.

        Returns:
            Whether it is news.
        """
        known = self._known.get(key)
        if known is None:
            if event_id <= self._removed.get(key, -2):
                return False
        elif event_id <= known:
            return False
        if event_id > self.last_event_id:
            if event_id <= self._ahead.get(key, -2):
                return False
            self._ahead = self._ahead or {}
            self._ahead[key] = event_id
            return True
        self._known[key] = event_id
        return True

    def begin(self, event_id: int) -> bool:
        """Take the event that the object has reached as it is opened, and go back to where it was wanted from.

        Returns:
            Whether all changes since then are going to be said.
        """
        since, self.since = self.since, Since.OPENING
        known = isinstance(since, int) and -1 <= since <= event_id
        self.last_event_id = since if isinstance(since, int) and known else event_id
        return known or since is Since.OPENING or event_id <= 0  # 0 and -1 both are no event at all

    def skip_event(self, event_id: int, *, ordered: bool) -> None:
        """Remember an event of the object that changes none of its items."""
        if ordered and self.established:
            self.last_event_id = max(self.last_event_id, event_id)

    def catch_up(self, event_id: int) -> None:
        """Remember that every change up to *event_id* has been said: the subscription was established there."""
        self.last_event_id = event_id
        self.interruptions = 0
        evicted, self._evicted = self._evicted, []
        self.forget(evicted)

    def forget(self, keys: Iterable[Key]) -> None:
        """Forget items that are not kept any more; they are news when they are read again.

        While the subscription does not stand, a replay may be repeated, and what it has said must not be news again.
        """
        if not self.established:
            self._evicted.extend(keys)
            return
        for key in keys:
            self._known.pop(key, None)
            self._ahead.pop(key, None)

    def forget_all(self) -> None:
        """Forget all items, their removals, and how far they were read."""
        self._known.clear()
        self._removed.clear()
        self._ahead.clear()
        self._evicted.clear()
        self.generation += 1
        self.items_came = False
        self.loaded = False
        self.cursor = None
