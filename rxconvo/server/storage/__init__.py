"""Durable storage of the embedded service: Sync objects, conversations, members, users, answers to mutations."""

from __future__ import annotations

from rxconvo.server.storage.base import Store, Transaction
from rxconvo.server.storage.records import (
    Date,
    Key,
    Order,
    Page,
    Purpose,
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
from rxconvo.server.storage.sqlite import SqliteStore, open_store, store_path

__all__ = [
    "Date",
    "Key",
    "Order",
    "Page",
    "Purpose",
    "Replay",
    "SqliteStore",
    "Store",
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
    "Transaction",
    "open_store",
    "store_path",
]
