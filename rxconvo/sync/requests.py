"""The requests that this layer wants sent, and how each is written down.

Source: Sync, REST; Sync, subscriptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec
import orjson

from rxconvo.sync.replica import Kind, Replica
from rxconvo.types import Ids, JSONInput, Sid

__all__ = ["Composer", "Purpose", "SyncRequest"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable

_COLLECTIONS: Final = {Kind.DOCUMENT: "Documents", Kind.LIST: "Lists", Kind.MAP: "Maps"}

_UNESCAPED: Final = "!'()*"
"""What `encodeURIComponent` leaves alone, besides what `quote` does."""


class Purpose(Enum):
    """What a request is for."""

    OPEN = "open"
    READ = "read"
    ESTABLISH = "establish"
    CANCEL = "cancel"
    PAGE = "page"
    ITEM = "item"


class SyncRequest(msgspec.Struct, frozen=True, eq=False):
    """A request to send. Its outcome goes to `Session.replied` or `Session.failed`.

    Attributes:
        method: HTTP method.
        host: HTTP host.
        path: Percent-encoded.
        params: Query, not encoded.
        headers: HTTP headers.
        body: JSON text, or empty.
        purpose: For people.
        job: Opaque; whose request it is.
    """

    method: str
    host: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes
    purpose: Purpose
    job: object


class Composer:
    """Writes requests down.

    Args:
        host: Host of the Sync requests.
        request_ids: Where the ids of requests come from.
    """

    def __init__(self, *, host: str, request_ids: Ids) -> None:
        self._host = host
        self._ids = request_ids

    def open(self, replica: Replica[O], job: object) -> SyncRequest:
        """Ask for the descriptor of an object, by unique name where it is known."""
        name = quote(replica.unique_name or replica.name, safe=_UNESCAPED)
        params = {"Include": "items"} if replica.include_items else {}
        return self._get((self._host, f"/v3/{_COLLECTIONS[replica.kind]}/{name}"), params, Purpose.OPEN, job)

    def items(self, replica: Replica[O], query: Mapping[str, str], purpose: Purpose, job: object) -> SyncRequest:
        """Ask for items of an opened list or map.

        Args:
            replica: The list or map.
            query: Which ones; `HideExpired` is added.
            purpose: What for.
            job: Whose request it is.
        """
        url = urlsplit(replica.items_url)
        path = url.path or f"/v3/{_COLLECTIONS[replica.kind]}/{replica.sid}/Items"
        params = {**dict(parse_qsl(url.query)), "HideExpired": "true", **query}
        return self._get((url.netloc or self._host, path), params, purpose, job)

    def establish(
        self, replicas: Mapping[Sid, Replica[O]], *, correlation: int, retried: int, renewal: bool, job: object
    ) -> SyncRequest:
        """Ask for subscriptions.

        Args:
            replicas: The objects, by sid.
            correlation: Comes back in the notifications.
            retried: How many of the objects have been asked for in vain before.
            renewal: Whether the subscriptions' time to live is over.
            job: Whose request it is.
        """
        asked: list[JSONInput] = [
            {"object_sid": sid, "object_type": replica.kind.value, "last_event_id": replica.last_event_id}
            for sid, replica in replicas.items()
        ]
        reason = {"reason": "ttl"} if renewal else {}
        numbers = {"correlation_id": correlation, "retried_requests": retried}
        return self._subscriptions(Purpose.ESTABLISH, {**numbers, **reason, "requests": asked}, job)

    def cancel(self, kinds: Mapping[Sid, Kind], *, correlation: int, retried: int, job: object) -> SyncRequest:
        """Ask to end subscriptions.

        Args:
            kinds: What the objects are, by sid.
            correlation: Comes back in the notifications.
            retried: How many of the objects have been asked for in vain before.
            job: Whose request it is.
        """
        asked: list[JSONInput] = [{"object_sid": sid, "object_type": kind.value} for sid, kind in kinds.items()]
        numbers = {"correlation_id": correlation, "retried_requests": retried}
        return self._subscriptions(Purpose.CANCEL, {**numbers, "requests": asked}, job)

    def _subscriptions(self, action: Purpose, members: Mapping[str, JSONInput], job: object) -> SyncRequest:
        body = orjson.dumps({"event_protocol_version": 4, "action": action.value, "ttl_in_s": -1, **members})
        return SyncRequest("POST", self._host, "/v4/Subscriptions", {}, self._headers(), body, action, job)

    def _get(self, address: tuple[str, str], params: dict[str, str], purpose: Purpose, job: object) -> SyncRequest:
        return SyncRequest("GET", *address, params, self._headers(), b"", purpose, job)

    def _headers(self) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "Twilio-Sync-Client-Info": '{"sdk":"rxconvo"}',
            "Twilio-Request-Id": f"RQ{self._ids()}",
        }
