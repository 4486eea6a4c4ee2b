"""Replicated objects: payloads of the service in, changes and requests out. Pure."""

from __future__ import annotations

from rxconvo.sync.changes import (
    Change,
    Discontinued,
    DocumentChanged,
    Established,
    Item,
    ItemAdded,
    ItemRemoved,
    ItemsRead,
    ItemUpdated,
    Loaded,
    ObjectFailed,
    ObjectRemoved,
    Opened,
    TypingNotified,
)
from rxconvo.sync.reading import Page
from rxconvo.sync.replica import Key, Kind, Replica, Since
from rxconvo.sync.requests import Purpose, SyncRequest
from rxconvo.sync.session import Session

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
    "Key",
    "Kind",
    "Loaded",
    "ObjectFailed",
    "ObjectRemoved",
    "Opened",
    "Page",
    "Purpose",
    "Replica",
    "Session",
    "Since",
    "SyncRequest",
    "TypingNotified",
]
