"""Events of objects to changes: the hot path.

Source: Sync, events; versions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

from rxconvo.sync.changes import Change, DocumentChanged, ItemAdded, ItemRemoved, ItemUpdated
from rxconvo.sync.decoding import (
    DocumentUpdated,
    ListContextUpdated,
    ListItemAdded,
    ListItemRemoved,
    ListItemUpdated,
    MapItemAdded,
    MapItemRemoved,
    MapItemUpdated,
)
from rxconvo.sync.replica import DOCUMENT_KEY, Replica
from rxconvo.types import Sid

__all__ = ["Delivery", "Handler"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable

Handler: TypeAlias = Callable[[Any, float], list[Change[O]]]
"""What takes one type of notification: the notification, and the time."""


class Delivery(Generic[O]):
    """Tells what the events of a notification change.

    Args:
        by_sid: The opened objects. Events of others are dropped.
        ordered: Whether the events of an object come in the order of their ids.
    """

    def __init__(self, by_sid: Mapping[Sid, Replica[O]], *, ordered: bool) -> None:
        self._by_sid = by_sid
        self._ordered = ordered

    def handlers(self) -> dict[type, Handler[O]]:
        """Name the method for each type of notification that is taken here."""
        return {
            ListItemAdded: self._added,
            ListItemUpdated: self._updated,
            ListItemRemoved: self._removed,
            ListContextUpdated: self._skipped,
            MapItemAdded: self._added,
            MapItemUpdated: self._updated,
            MapItemRemoved: self._removed,
            DocumentUpdated: self._document,
        }

    def _added(self, notification: ListItemAdded | MapItemAdded, _now: float) -> list[Change[O]]:
        changes: list[Change[O]] = []
        for event in notification.events or notification.each:
            replica = self._by_sid.get(event.sid)
            if replica is None:
                continue
            known = replica.take_event(event.key, event.id, ordered=self._ordered)
            if known is None:
                continue
            if known:
                changes.append(ItemUpdated(replica, event.key, event.data, event.id))
            else:
                changes.append(ItemAdded(replica, event.key, event.data, event.id))
        return changes

    def _updated(self, notification: ListItemUpdated | MapItemUpdated, _now: float) -> list[Change[O]]:
        changes: list[Change[O]] = []
        for event in notification.events or notification.each:
            replica = self._by_sid.get(event.sid)
            if replica is not None and replica.take_event(event.key, event.id, ordered=self._ordered) is not None:
                changes.append(ItemUpdated(replica, event.key, event.data, event.id))
        return changes

    def _removed(self, notification: ListItemRemoved | MapItemRemoved, _now: float) -> list[Change[O]]:
        changes: list[Change[O]] = []
        for event in notification.events or notification.each:
            replica = self._by_sid.get(event.sid)
            if replica is not None and replica.take_removal(event.key, event.id, ordered=self._ordered):
                changes.append(ItemRemoved(replica, event.key, event.id))
        return changes

    def _document(self, notification: DocumentUpdated, _now: float) -> list[Change[O]]:
        changes: list[Change[O]] = []
        for event in notification.events or notification.each:
            replica = self._by_sid.get(event.sid)
            if replica is not None and replica.take_event(DOCUMENT_KEY, event.id, ordered=self._ordered) is not None:
                changes.append(DocumentChanged(replica, event.data, read=False))
        return changes

    def _skipped(self, notification: ListContextUpdated, _now: float) -> list[Change[O]]:
        for event in notification.events or notification.each:
            replica = self._by_sid.get(event.sid)
            if replica is not None and event.id is not None:
                replica.skip_event(event.id, ordered=self._ordered)
        return []
