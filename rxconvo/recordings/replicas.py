"""One replicated object as the frames of a recording have shown it: what the service would answer about it.

Source: Sync, versions, read items, what a server does on establish.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, cast

import msgspec

from rxconvo.recordings.coverage import END, START, Coverage, bound, page_stretch
from rxconvo.sync import Key, Kind
from rxconvo.sync.decoding import ABSENT, Descriptor, ReadItem
from rxconvo.types import Sid

__all__ = ["MirroredObject", "Query"]

_MAX_REMOVED: Final = 10_000  # removals that are remembered, the oldest go first

_encode = msgspec.json.Encoder().encode


class Query(msgspec.Struct, frozen=True):
    """Which items of an object are asked for.

    Attributes:
        key: One alone, or None.
        start: Where from, included; None: the end that the order begins with.
        descending: Whether that is the last one.
        size: At most so many.
    """

    key: Key | None = None
    start: Key | None = None
    descending: bool = False
    size: int = 100


class _Item(msgspec.Struct):
    data: msgspec.Raw
    event_id: int
    created: int  # id of the event that added it, or one before which it was added


class MirroredObject:
    """A document, list or map.

    Attributes:
        sid: Its sid.
        kind: What it holds.
        last_event_id: Id of its newest event.
    """

    def __init__(self, kind: Kind, descriptor: Descriptor, text: bytes) -> None:
        self.sid: Sid = descriptor.sid
        self.kind = kind
        self.last_event_id = descriptor.last_event_id
        self._members: dict[str, msgspec.Raw] = {}
        self._data = ABSENT
        self._items: dict[Key, _Item] = {}
        self._removed: dict[Key, int] = {}
        self._coverage = Coverage()
        self.described(descriptor, text)

    # -- in ----------------------------------------------------------------------------------------------------------

    def described(self, descriptor: Descriptor, text: bytes) -> None:
        """Take a descriptor."""
        members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        self._members = {name: value.copy() for name, value in members.items() if name not in ("items", "data")}
        if descriptor.last_event_id >= self.last_event_id and descriptor.data is not ABSENT:
            self._data = descriptor.data.copy()
        self.last_event_id = max(self.last_event_id, descriptor.last_event_id)
        if descriptor.items is not None:
            self._read(descriptor.items)
            self._coverage.add(START, END)

    def page_read(self, query: Query, items: list[ReadItem], *, has_more: bool) -> None:
        """Take a page."""
        keys = self._read(items)
        if query.key is not None:
            self._coverage.add(bound(query.key), bound(query.key))
        else:
            stretch = page_stretch(keys, query.start, descending=query.descending, has_more=has_more)
            self._coverage.add(*stretch)

    def item_set(self, key: Key, data: msgspec.Raw, event_id: int, *, added: bool) -> None:
        """Take that an item was added, or has a new value."""
        self._reach(event_id)
        held = self._items.get(key)
        if event_id <= (self._removed.get(key, -2) if held is None else held.event_id):
            return
        created = held.created if held is not None else event_id if added else -1
        self._removed.pop(key, None)
        self._items[key] = _Item(data.copy(), event_id, created)

    def item_removed(self, key: Key, event_id: int) -> None:
        """Take that an item was removed."""
        self._reach(event_id)
        held = self._items.get(key)
        if held is not None and event_id <= held.event_id:
            return
        self._items.pop(key, None)
        self._removed[key] = event_id
        if len(self._removed) > _MAX_REMOVED:
            del self._removed[next(iter(self._removed))]

    def document_set(self, data: msgspec.Raw, event_id: int) -> None:
        """Take that a document has new data."""
        if event_id > self.last_event_id:
            self._data = data.copy()
            self.last_event_id = event_id

    def established(self, event_id: int) -> None:
        """Take that its changes come from now on. Where the service has forgotten events, so does this."""
        if event_id < self.last_event_id and self.last_event_id > 0:
            self.forget()
        self.last_event_id = event_id

    def reopened(self) -> None:
        """Take that it is opened anew: whoever does so holds no item of it until it is read."""
        self._coverage.clear()

    def forget(self) -> None:
        """Know of no item any more: they may have changed unseen."""
        self._items.clear()
        self._removed.clear()
        self._coverage.clear()

    def _reach(self, event_id: int) -> None:
        self.last_event_id = max(self.last_event_id, event_id)

    def _read(self, items: list[ReadItem]) -> list[Key]:
        keys: list[Key] = []
        for item in items:
            key = item.index if self.kind is Kind.LIST else item.key
            if key is None:
                continue
            keys.append(key)
            held = self._items.get(key)
            if item.last_event_id > (self._removed.get(key, -2) if held is None else held.event_id):
                created = item.last_event_id if held is None else held.created
                self._items[key] = _Item(item.data.copy(), item.last_event_id, created)
        return keys

    # -- out ---------------------------------------------------------------------------------------------------------

    def descriptor(self, *, with_items: bool) -> bytes | None:
        """Write its descriptor; None if its items are asked for, too, and not all are known."""
        members: dict[str, object] = {**self._members, "last_event_id": self.last_event_id}
        if self.kind is Kind.DOCUMENT:
            members["data"] = self._data
        elif with_items:
            if self._coverage.around(START) != (START, END):
                return None
            members["items"] = [self._item(key, item) for key, item in self._in_order()]
        return _encode(members)

    def page(self, query: Query) -> bytes | None:
        """Write a page: of what is known from where it is asked for, perhaps less than that. None if nothing is."""
        if query.key is not None:
            if self._coverage.around(bound(query.key)) is None:
                return None
            item = self._items.get(query.key)
            return self._page([] if item is None else [(query.key, item)], after=False, before=False)
        near, far = (END, START) if query.descending else (START, END)
        start = near if query.start is None else bound(query.start)
        stretch = self._coverage.around(start)
        if stretch is None:
            return None
        low, high = stretch
        known = [(key, item) for key, item in self._in_order() if low <= bound(key) <= high]
        if query.descending:
            known.reverse()
        skipped = sum(bound(key) > start if query.descending else bound(key) < start for key, _ in known)
        end = skipped + query.size
        return self._page(
            known[skipped:end],
            after=end < len(known) or far not in stretch,
            before=skipped > 0 or near not in stretch,
        )

    def beginning(self, query: Query) -> bytes:
        """Write a page of what is known up to the end, from its beginning on: as if there were nothing before that."""
        newest = self._coverage.newest
        if newest is None:
            return self._page([], after=False, before=False)
        low = newest[0] if query.start is None else bound(query.start)
        known = [(key, item) for key, item in self._in_order() if low <= bound(key)]
        return self._page(known[: query.size], after=len(known) > query.size, before=False)

    def changes_after(self, event_id: int) -> Iterator[bytes]:
        """Write the notifications of what has changed since an event, as the service does when a client comes back."""
        if self.kind is Kind.DOCUMENT:
            if self.last_event_id > event_id:
                yield self._event("document_updated", {"id": self.last_event_id, "document_data": self._data})
            return
        changes: list[tuple[int, str, dict[str, object]]] = []
        name = "item_index" if self.kind is Kind.LIST else "item_key"
        for key, item in self._items.items():
            if item.event_id > event_id:
                what = "added" if item.created > event_id else "updated"
                changes.append((item.event_id, what, {name: key, "item_data": item.data}))
        for key, gone in self._removed.items():
            if gone > event_id:
                changes.append((gone, "removed", {name: key}))
        for changed, what, members in sorted(changes, key=lambda change: change[0]):
            yield self._event(f"{self.kind.value}_item_{what}", {"id": changed, **members})

    def _event(self, event_type: str, members: Mapping[str, object]) -> bytes:
        event = {f"{self.kind.value}_sid": self.sid, **members}
        return _encode({"event_type": event_type, "event_protocol_version": 4, "events": [event]})

    def _in_order(self) -> list[tuple[Key, _Item]]:
        return sorted(self._items.items(), key=lambda item: cast("str", item[0]))

    def _item(self, key: Key, item: _Item) -> dict[str, object]:
        name = "index" if self.kind is Kind.LIST else "key"
        return {name: key, "last_event_id": item.event_id, "data": item.data}

    def _page(self, items: list[tuple[Key, _Item]], *, after: bool, before: bool) -> bytes:
        meta = {"next_token": "next" if after else None, "previous_token": "previous" if before else None}
        return _encode({"items": [self._item(key, item) for key, item in items], "meta": meta})
