"""From an object's descriptor to a replica that can be subscribed.

Source: Sync, open an object.
"""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import urlsplit

from rxconvo.errors import PayloadError
from rxconvo.sync.changes import Change, DocumentChanged, Opened
from rxconvo.sync.decoding import ABSENT, Descriptor, decode_descriptor
from rxconvo.sync.reading import keyed, take_items
from rxconvo.sync.replica import DOCUMENT_KEY, Kind, Replica

__all__ = ["read_descriptor", "take_descriptor"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable


def read_descriptor(kind: Kind, payload: bytes) -> Descriptor:
    """Decode the descriptor of an object, and check it.

    Raises:
        PayloadError: It cannot be read, or lacks what has to be there.
    """
    descriptor = decode_descriptor(payload)
    if not descriptor.sid:
        raise PayloadError("a descriptor without a sid")
    if kind is Kind.DOCUMENT and descriptor.data is ABSENT:
        raise PayloadError(f"{descriptor.sid}: a document without data")
    try:
        urlsplit(descriptor.items_url)
    except ValueError as error:
        raise PayloadError(f"{descriptor.sid}: unusable address of its items") from error
    if descriptor.items is not None:
        keyed(kind, descriptor.items)
    return descriptor


def take_descriptor(replica: Replica[O], descriptor: Descriptor) -> list[Change[O]]:
    """Take what a descriptor says of an object whose ids are set already."""
    changes: list[Change[O]] = [Opened(replica)]
    if replica.kind is Kind.DOCUMENT:
        if replica.take_read(DOCUMENT_KEY, descriptor.last_event_id):
            changes.append(DocumentChanged(replica, descriptor.data, read=True))
        return changes
    replica.items_url = descriptor.items_url
    if replica.include_items and descriptor.items is not None:
        replica.items_came = True
        changes += take_items(replica, keyed(replica.kind, descriptor.items))
    return changes
