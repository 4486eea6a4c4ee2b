"""What a request of a client asks for: its address taken apart.

Source: Sync, REST.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from rxconvo.recordings.replicas import Query
from rxconvo.sync import Kind
from rxconvo.wire import HttpRequest

__all__ = ["SUBSCRIPTIONS", "SyncAddress", "request_key", "sync_address"]

SUBSCRIPTIONS: Final = "/v4/Subscriptions"

_KINDS: Final = {"Documents": Kind.DOCUMENT, "Lists": Kind.LIST, "Maps": Kind.MAP}
_LONGEST: Final = 19  # digits of an index or a size


class SyncAddress(NamedTuple):
    """A replicated object, or items of it.

    Attributes:
        kind: What it holds.
        name: Unique name or sid.
        query: Which items; None for the descriptor.
        with_items: Whether the descriptor is to come with them.
    """

    kind: Kind
    name: str
    query: Query | None
    with_items: bool


def request_key(http: HttpRequest) -> str:
    """Return what two requests for the same thing have in common."""
    params = "&".join(f"{name}={value}" for name, value in sorted(http.params.items()))
    return f"{http.method} {http.path}?{params}"


def sync_address(http: HttpRequest) -> SyncAddress | None:
    """Return what replicated object a `GET` is for; None for anything else."""
    segments = http.path.split("/")
    if http.method != "GET" or segments[:2] != ["", "v3"]:
        return None
    place = 4 if segments[2:3] == ["Services"] else 2
    kind = _KINDS.get("".join(segments[place : place + 1]))
    match segments[place + 1 :]:
        case [name] if kind is not None:
            return SyncAddress(kind, unquote(name), None, http.params.get("Include") == "items")
        case [name, "Items"] if kind is not None:
            return SyncAddress(kind, unquote(name), _query(kind, http.params), with_items=False)
        case _:
            return None


def _query(kind: Kind, params: Mapping[str, str | list[str]]) -> Query:
    values = {name: unquote(value) for name, value in params.items() if isinstance(value, str)}
    start = values.get("From")
    key = values.get("Index" if kind is Kind.LIST else "Key")
    if kind is Kind.LIST:
        return Query(_whole(key), _whole(start), values.get("Order") == "desc", _whole(values.get("PageSize")) or 100)
    return Query(key, start, values.get("Order") == "desc", _whole(values.get("PageSize")) or 100)


def _whole(text: str | None) -> int | None:
    digits = (text or "").removeprefix("-")
    return int(text or "") if digits.isdecimal() and digits.isascii() and len(digits) < _LONGEST else None
