"""JSON text of the service to typed values, and what can be told of text that is none.

Each notification is decoded in one go, checked, and without its data: those stay text (`msgspec.Raw`, a view) for the
layer that knows what they are. Numbers may come as numeric strings; unknown members are skipped; what may be absent may
be null. Integers fit into 64 bits, so that they can be sent back.
Source: Sync, REST, subscriptions, events; typing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Final, Generic, TypeAlias, TypeVar, get_args

import msgspec
import orjson

from rxconvo.errors import PayloadError
from rxconvo.types import Identity, Sid

__all__ = [
    "ABSENT",
    "Descriptor",
    "DocumentEvent",
    "DocumentRemoved",
    "DocumentUpdated",
    "EstablishedEvent",
    "ItemEvent",
    "ItemRemovedEvent",
    "ListContextUpdated",
    "ListItemAdded",
    "ListItemRemoved",
    "ListItemUpdated",
    "ListRemoved",
    "MapItemAdded",
    "MapItemRemoved",
    "MapItemUpdated",
    "MapRemoved",
    "Notification",
    "PageRead",
    "ReadItem",
    "Refusal",
    "Salvage",
    "SubscriptionCanceled",
    "SubscriptionEstablished",
    "SubscriptionFailed",
    "SubscriptionTerms",
    "Typing",
    "decode_descriptor",
    "decode_notification",
    "decode_page",
    "decode_refusal",
    "decode_terms",
    "decode_typing",
    "salvage",
]

E = TypeVar("E")
T = TypeVar("T")


ABSENT: Final = msgspec.Raw()
"""Stands for data that were not there."""

_Int64: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class _Struct(msgspec.Struct, frozen=True, gc=False):
    """What is decoded is a tree, so that the collector need not look at it."""


# ---- events ----------------------------------------------------------------------------------------------------------


class ListItemEvent(_Struct, frozen=True, gc=False):
    """The new value of an item of a list."""

    id: _Int64
    sid: Sid = msgspec.field(name="list_sid")
    key: _Int64 = msgspec.field(name="item_index")
    data: msgspec.Raw = msgspec.field(name="item_data")


class ListItemRemovedEvent(_Struct, frozen=True, gc=False):
    """An item of a list is gone."""

    id: _Int64
    sid: Sid = msgspec.field(name="list_sid")
    key: _Int64 = msgspec.field(name="item_index")


class ListEvent(_Struct, frozen=True, gc=False):
    """Something about a list as a whole. Its removal need not have an id."""

    sid: Sid = msgspec.field(name="list_sid")
    id: _Int64 | None = None


class MapItemEvent(_Struct, frozen=True, gc=False):
    """The new value of an item of a map."""

    id: _Int64
    sid: Sid = msgspec.field(name="map_sid")
    key: str = msgspec.field(name="item_key")
    data: msgspec.Raw = msgspec.field(name="item_data")


class MapItemRemovedEvent(_Struct, frozen=True, gc=False):
    """An item of a map is gone."""

    id: _Int64
    sid: Sid = msgspec.field(name="map_sid")
    key: str = msgspec.field(name="item_key")


class MapEvent(_Struct, frozen=True, gc=False):
    """A map is gone."""

    sid: Sid = msgspec.field(name="map_sid")


class DocumentEvent(_Struct, frozen=True, gc=False):
    """The new value of a document."""

    id: _Int64
    sid: Sid = msgspec.field(name="document_sid")
    data: msgspec.Raw = msgspec.field(name="document_data")


class DocumentRemovedEvent(_Struct, frozen=True, gc=False):
    """A document is gone."""

    sid: Sid = msgspec.field(name="document_sid")


class Refusal(_Struct, frozen=True, gc=False):
    """Why something was refused: the body of an HTTP error, or the error of a subscription."""

    status: _Int64 | None = None
    code: _Int64 | None = None
    message: str | None = None


class EstablishedEvent(_Struct, frozen=True, gc=False):
    """The answer for one object asked for."""

    sid: Sid = msgspec.field(name="object_sid")
    replay_status: str | None = None
    last_event_id: _Int64 | None = None


class CanceledEvent(_Struct, frozen=True, gc=False):
    """The answer for one object cancelled."""

    sid: Sid = msgspec.field(name="object_sid")


class FailedEvent(_Struct, frozen=True, gc=False):
    """The refusal for one object asked for."""

    sid: Sid = msgspec.field(name="object_sid")
    error: Refusal | None = None


class _Notification(_Struct, Generic[E], frozen=True, gc=False, tag_field="event_type", tag=""):
    """A packet of events of one type. Either `events` or the single `event` is given.

    Attributes:
        correlation_id: The request that it answers, or that made the service replay it.
    """

    events: list[E] | None = None
    event: E | None = None
    correlation_id: int | None = None

    @property
    def each(self) -> list[E]:
        """The events, in whatever form they came."""
        events = self.events or []
        return events if self.event is None else [*events, self.event]


class ListItemAdded(_Notification[ListItemEvent], frozen=True, gc=False, tag="list_item_added"):
    """Items were added to a list."""


class ListItemUpdated(_Notification[ListItemEvent], frozen=True, gc=False, tag="list_item_updated"):
    """Items of a list have new values."""


class ListItemRemoved(_Notification[ListItemRemovedEvent], frozen=True, gc=False, tag="list_item_removed"):
    """Items of a list are gone."""


class ListContextUpdated(_Notification[ListEvent], frozen=True, gc=False, tag="list_context_updated"):
    """A list has a new context, which we do not keep."""


class ListRemoved(_Notification[ListEvent], frozen=True, gc=False, tag="list_removed"):
    """Lists are gone."""


class MapItemAdded(_Notification[MapItemEvent], frozen=True, gc=False, tag="map_item_added"):
    """Items were added to a map."""


class MapItemUpdated(_Notification[MapItemEvent], frozen=True, gc=False, tag="map_item_updated"):
    """Items of a map have new values."""


class MapItemRemoved(_Notification[MapItemRemovedEvent], frozen=True, gc=False, tag="map_item_removed"):
    """Items of a map are gone."""


class MapRemoved(_Notification[MapEvent], frozen=True, gc=False, tag="map_removed"):
    """Maps are gone."""


class DocumentUpdated(_Notification[DocumentEvent], frozen=True, gc=False, tag="document_updated"):
    """Documents have new values."""


class DocumentRemoved(_Notification[DocumentRemovedEvent], frozen=True, gc=False, tag="document_removed"):
    """Documents are gone."""


class SubscriptionEstablished(_Notification[EstablishedEvent], frozen=True, gc=False, tag="subscription_established"):
    """Subscriptions stand, or were interrupted."""


class SubscriptionCanceled(_Notification[CanceledEvent], frozen=True, gc=False, tag="subscription_canceled"):
    """Subscriptions have ended."""


class SubscriptionFailed(_Notification[FailedEvent], frozen=True, gc=False, tag="subscription_failed"):
    """Subscriptions were refused."""


ItemEvent: TypeAlias = ListItemEvent | MapItemEvent
ItemRemovedEvent: TypeAlias = ListItemRemovedEvent | MapItemRemovedEvent

Notification: TypeAlias = (
    ListItemAdded
    | ListItemUpdated
    | ListItemRemoved
    | ListContextUpdated
    | ListRemoved
    | MapItemAdded
    | MapItemUpdated
    | MapItemRemoved
    | MapRemoved
    | DocumentUpdated
    | DocumentRemoved
    | SubscriptionEstablished
    | SubscriptionCanceled
    | SubscriptionFailed
)
"""Every notification of Sync that means anything to us."""


# ---- answers ---------------------------------------------------------------------------------------------------------


class ReadItem(_Struct, frozen=True, gc=False):
    """An item of a page, or of a descriptor."""

    last_event_id: _Int64
    data: msgspec.Raw
    key: str | None = None
    index: _Int64 | None = None


class Links(_Struct, frozen=True, gc=False):
    """Where the parts of an object are."""

    items: str | None = None


class Descriptor(_Struct, frozen=True, gc=False):
    """An object, opened.

    Attributes:
        data: Of a document; `ABSENT` of others.
        items: Those of a map, where they were asked for and the service gives them.
    """

    sid: Sid
    last_event_id: _Int64
    unique_name: str | None = None
    data: msgspec.Raw = ABSENT
    links: Links | None = None
    items: list[ReadItem] | None = None

    @property
    def items_url(self) -> str:
        """Where its items are read; empty if that is not said."""
        return (self.links.items or "") if self.links is not None else ""


class PageMeta(_Struct, frozen=True, gc=False):
    """Whether there are items before and after a page. Of the tokens only that matters."""

    previous_token: object = None
    next_token: object = None


class PageRead(_Struct, frozen=True, gc=False):
    """A page of items."""

    items: list[ReadItem]
    meta: PageMeta | None = None

    @property
    def has_more(self) -> bool:
        """Whether there are items after it."""
        return self.meta is not None and self.meta.next_token is not None

    @property
    def has_previous(self) -> bool:
        """Whether there are items before it."""
        return self.meta is not None and self.meta.previous_token is not None


class SubscriptionTerms(_Struct, frozen=True, gc=False):
    """What the service says to a request for subscriptions."""

    estimated_delivery_in_ms: float | None = None
    max_batch_size: _Int64 | None = None
    ttl_in_s: float | None = None


class Typing(_Struct, frozen=True, gc=False):
    """Somebody types, for so many seconds."""

    channel_sid: Sid
    identity: Identity
    typing_timeout: float


# ---- decoders --------------------------------------------------------------------------------------------------------


_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def _decoder(decoder: msgspec.json.Decoder[T]) -> Callable[[bytes], T]:
    decode = decoder.decode

    def checked(payload: bytes) -> T:
        try:
            return decode(payload)
        except _UNREADABLE as error:
            raise PayloadError(f"unreadable payload: {error}") from error

    return checked


decode_notification: Final = _decoder(msgspec.json.Decoder[Notification](Notification, strict=False))
decode_descriptor: Final = _decoder(msgspec.json.Decoder(Descriptor, strict=False))
decode_page: Final = _decoder(msgspec.json.Decoder(PageRead, strict=False))
decode_refusal: Final = _decoder(msgspec.json.Decoder(Refusal, strict=False))
decode_terms: Final = _decoder(msgspec.json.Decoder(SubscriptionTerms, strict=False))
decode_typing: Final = _decoder(msgspec.json.Decoder(Typing, strict=False))


# ---- what is left of an unreadable notification ----------------------------------------------------------------------


class Salvage(msgspec.Struct, frozen=True):
    """What could be told of a notification that cannot be read as a whole.

    Attributes:
        readable: Its readable events, each as a notification of its own.
        doubtful: The objects of its unreadable events, each once.
    """

    readable: list[Notification]
    doubtful: list[Sid]


class _Envelope(msgspec.Struct, frozen=True):
    event_type: object = None
    correlation_id: object = None
    events: list[msgspec.Raw] = []
    event: msgspec.Raw = ABSENT


_decode_envelope: Final = _decoder(msgspec.json.Decoder(_Envelope))

_EVENT_TYPES: Final = frozenset(type_.__struct_config__.tag for type_ in get_args(Notification))

_ADDRESS: Final = re.compile(rb'"(?:document|list|map)_sid"\s*:\s*"([A-Za-z0-9]{1,64})"')


def salvage(payload: bytes, error: PayloadError) -> Salvage:
    """Take an unreadable notification apart.

    Args:
        payload: The notification.
        error: Why it cannot be read.

    Returns:
        Its readable events and the objects of the others. Both are empty if its type means nothing to us.

    Raises:
        PayloadError: It has no type, or no object can be told.
    """
    try:
        envelope = _decode_envelope(payload)
    except PayloadError:  # not even JSON, or too deep: the addresses may still be legible
        return _legible([], _addresses(payload), error)
    if not isinstance(envelope.event_type, str):
        raise error
    if envelope.event_type not in _EVENT_TYPES:
        return Salvage([], [])
    readable: list[Notification] = []
    doubtful: list[Sid] = []
    head = orjson.dumps({"event_type": envelope.event_type})[:-1]
    if isinstance(envelope.correlation_id, int):
        head += b',"correlation_id":%d' % envelope.correlation_id
    for event in [*envelope.events, envelope.event]:
        if event is ABSENT:
            continue
        text = bytes(event)
        try:
            readable.append(decode_notification(b'%b,"event":%b}' % (head, text)))
        except PayloadError:
            doubtful += _addresses(text)[:1]
    return _legible(readable, doubtful, error)


def _legible(readable: list[Notification], doubtful: list[Sid], error: PayloadError) -> Salvage:
    if not readable and not doubtful:
        raise error
    return Salvage(readable, list(dict.fromkeys(doubtful)))


def _addresses(text: bytes) -> list[Sid]:
    """Find the sids that name objects. Inside a string of the payload their quotes would be escaped."""
    return [match.decode() for match in _ADDRESS.findall(text)]
