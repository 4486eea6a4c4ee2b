"""The JSON header of each packet as it stands on the wire, and the ways between packet and header.

One tagged struct for each method, so that msgspec picks the struct by the field `method` and checks every field while
it parses. Private to `codec`: everybody else sees packets.

Rules: what the reference calls optional has a default; fields that nobody reads are `Any`, so that no oddity in them
can end a connection; fields nobody knows are skipped; anything else of a wrong type is an error.

Source: Twilsock, header fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from rxconvo.wire.packets import (
    JSON_TYPE,
    ClientUpdate,
    Close,
    DeleteContext,
    HttpRequest,
    Init,
    Notification,
    Other,
    Packet,
    PutContext,
    Reply,
    Request,
    Status,
    Telemetry,
    Update,
)

__all__ = ["KnownHeader", "OtherHeader", "header_of"]


class Header(msgspec.Struct, tag_field="method", kw_only=True, gc=False):
    """What all headers have. Its field comes last in each, as on the wire."""

    payload_size: int = 0

    def packet(self, payload: bytes, /) -> Packet:
        """Return the packet of this header.

        Args:
            payload: What followed the header, `payload_size` bytes.
        """
        raise NotImplementedError


class InitHeader(Header, tag="init", gc=False):
    """`init`: all of it is always written, null included."""

    id: str
    token: str
    continuation_token: str | None = None
    metadata: dict[str, Any] | None = None
    registrations: list[Any] | None = None
    tweaks: Any = None
    capabilities: list[str] | None = None

    @classmethod
    def of(cls, packet: Init) -> InitHeader:
        """Return the header of *packet*."""
        return cls(
            packet.id,
            packet.token,
            packet.continuation_token,
            packet.metadata,
            packet.registrations,
            packet.tweaks,
            packet.capabilities,
        )

    def packet(self, _payload: bytes, /) -> Init:
        """Return the `Init`."""
        return Init(
            self.id,
            self.token,
            self.continuation_token,
            self.metadata or {},
            self.registrations or [],
            self.tweaks,
            self.capabilities or [],
        )


class UpdateHeader(Header, tag="update", gc=False):
    """`update`."""

    id: str
    token: str

    @classmethod
    def of(cls, packet: Update) -> UpdateHeader:
        """Return the header of *packet*."""
        return cls(packet.id, packet.token)

    def packet(self, _payload: bytes, /) -> Update:
        """Return the `Update`."""
        return Update(self.id, self.token)


class RequestHeader(Header, tag="message", gc=False):
    """`message`."""

    id: str
    http_request: HttpRequest
    active_grant: str = "ip_messaging"
    payload_type: str = JSON_TYPE

    @classmethod
    def of(cls, packet: Request) -> RequestHeader:
        """Return the header of *packet*."""
        return cls(
            packet.id,
            packet.http_request,
            packet.active_grant,
            packet.payload_type,
            payload_size=len(packet.payload),
        )

    def packet(self, payload: bytes, /) -> Request:
        """Return the `Request`."""
        return Request(self.id, self.http_request, payload, self.payload_type, self.active_grant)


class ReplyHeader(Header, tag="reply", gc=False, omit_defaults=True):
    """`reply`: only what was given is written."""

    id: str
    status: Status
    http_status: Status | None = None
    http_headers: dict[str, Any] | None = None
    payload_type: str = ""
    continuation_token: str | None = None
    continuation_token_status: Any = None
    capabilities: list[str] | None = None
    offline_storage: Any = None
    init_registrations: Any = None
    epoch: str | None = None

    @classmethod
    def of(cls, packet: Reply) -> ReplyHeader:
        """Return the header of *packet*."""
        # Nothing is labelled as JSON that is none: on an empty payload the JavaScript library might wait in vain.
        labelled = packet.payload or packet.payload_type != JSON_TYPE
        return cls(
            packet.id,
            packet.status,
            packet.http_status,
            packet.http_headers or None,
            packet.payload_type if labelled else "",
            packet.continuation_token,
            packet.continuation_token_status,
            packet.capabilities,
            packet.offline_storage,
            packet.init_registrations,
            packet.epoch,
            payload_size=len(packet.payload),
        )

    def packet(self, payload: bytes, /) -> Reply:
        """Return the `Reply`."""
        headers = self.http_headers
        return Reply(
            self.id,
            self.status,
            self.http_status,
            {name: value for name, value in headers.items() if isinstance(value, str)} if headers else {},
            payload,
            self.payload_type or JSON_TYPE,
            self.continuation_token,
            self.continuation_token_status,
            self.capabilities,
            self.offline_storage,
            self.init_registrations,
            self.epoch,
        )


class NotificationHeader(Header, tag="notification", gc=False):
    """`notification`: nearly all that a client reads."""

    id: str
    message_type: str = ""
    notification_ctx_id: str = ""
    payload_type: str = JSON_TYPE

    @classmethod
    def of(cls, packet: Notification) -> NotificationHeader:
        """Return the header of *packet*."""
        return cls(
            packet.id,
            packet.message_type,
            packet.notification_ctx_id,
            packet.payload_type,
            payload_size=len(packet.payload),
        )

    def packet(self, payload: bytes, /) -> Notification:
        """Return the `Notification`."""
        return Notification(self.id, self.message_type, self.notification_ctx_id, payload, self.payload_type)


class ClientUpdateHeader(Header, tag="client_update", gc=False):
    """`client_update`."""

    id: str
    client_update_type: str = ""

    @classmethod
    def of(cls, packet: ClientUpdate) -> ClientUpdateHeader:
        """Return the header of *packet*."""
        return cls(packet.id, packet.client_update_type)

    def packet(self, _payload: bytes, /) -> ClientUpdate:
        """Return the `ClientUpdate`."""
        return ClientUpdate(self.id, self.client_update_type)


class CloseHeader(Header, tag="close", gc=False):
    """`close`: a client's has no status."""

    id: str
    status: Status | UnsetType | None = UNSET
    payload_type: str | UnsetType = UNSET

    @classmethod
    def of(cls, packet: Close) -> CloseHeader:
        """Return the header of *packet*."""
        payload_type = JSON_TYPE if packet.payload else UNSET
        return cls(packet.id, packet.status or UNSET, payload_type, payload_size=len(packet.payload))

    def packet(self, payload: bytes, /) -> Close:
        """Return the `Close`."""
        return Close(self.id, self.status or None, payload)


class TelemetryHeader(Header, tag="telemetry.v1", gc=False):
    """`telemetry.v1`."""

    id: str
    events: list[Any] | None = None

    @classmethod
    def of(cls, packet: Telemetry) -> TelemetryHeader:
        """Return the header of *packet*."""
        return cls(packet.id, packet.events)

    def packet(self, _payload: bytes, /) -> Telemetry:
        """Return the `Telemetry`."""
        return Telemetry(self.id, self.events or [])


class PutContextHeader(Header, tag="put_notification_ctx", gc=False):
    """`put_notification_ctx`."""

    id: str
    notification_ctx_id: str = ""

    @classmethod
    def of(cls, packet: PutContext) -> PutContextHeader:
        """Return the header of *packet*."""
        return cls(packet.id, packet.notification_ctx_id, payload_size=len(packet.payload))

    def packet(self, payload: bytes, /) -> PutContext:
        """Return the `PutContext`."""
        return PutContext(self.id, self.notification_ctx_id, payload)


class DeleteContextHeader(Header, tag="delete_notification_ctx", gc=False):
    """`delete_notification_ctx`."""

    id: str
    notification_ctx_id: str = ""

    @classmethod
    def of(cls, packet: DeleteContext) -> DeleteContextHeader:
        """Return the header of *packet*."""
        return cls(packet.id, packet.notification_ctx_id)

    def packet(self, _payload: bytes, /) -> DeleteContext:
        """Return the `DeleteContext`."""
        return DeleteContext(self.id, self.notification_ctx_id)


class OtherHeader(msgspec.Struct, gc=False):
    """Any other method: what an acknowledgement needs."""

    id: str
    method: str
    payload_size: int = 0

    @classmethod
    def of(cls, packet: Other) -> OtherHeader:
        """Return the header of *packet*."""
        return cls(packet.id, packet.method, len(packet.payload))

    def packet(self, payload: bytes, /) -> Other:
        """Return the `Other`."""
        return Other(self.id, self.method, payload)


KnownHeader: TypeAlias = (
    InitHeader
    | UpdateHeader
    | RequestHeader
    | ReplyHeader
    | NotificationHeader
    | ClientUpdateHeader
    | CloseHeader
    | TelemetryHeader
    | PutContextHeader
    | DeleteContextHeader
)
"""A header of a method that has a struct of its own."""

_OF: dict[type[Packet], Callable[[Any], KnownHeader | OtherHeader]] = {
    Init: InitHeader.of,
    Update: UpdateHeader.of,
    Request: RequestHeader.of,
    Reply: ReplyHeader.of,
    Notification: NotificationHeader.of,
    ClientUpdate: ClientUpdateHeader.of,
    Close: CloseHeader.of,
    Telemetry: TelemetryHeader.of,
    PutContext: PutContextHeader.of,
    DeleteContext: DeleteContextHeader.of,
    Other: OtherHeader.of,
}


def header_of(packet: Packet) -> KnownHeader | OtherHeader:
    """Return the header of *packet*."""
    return _OF[type(packet)](packet)
