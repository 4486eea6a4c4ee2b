"""What travels over a Twilsock connection: one frozen struct for each method.

A packet is plain data. `codec` turns it into bytes and back, `connection` and `server_connection` know when it may be
sent. Payloads stay bytes here: what they mean is the affair of the layers above.

Source: Twilsock, header fields and methods.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from rxconvo.types import JSON

__all__ = [
    "JSON_TYPE",
    "ClientUpdate",
    "Close",
    "DeleteContext",
    "HttpRequest",
    "Init",
    "Notification",
    "Other",
    "Packet",
    "PutContext",
    "Reply",
    "Request",
    "Status",
    "Telemetry",
    "Update",
]

JSON_TYPE = "application/json"
"""The payload type that a header without `payload_type` stands for."""


class Status(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename={"error_code": "errorCode"}):
    """How something went: of a packet, of a close, or of the HTTP request inside a packet.

    Attributes:
        code: As in HTTP, 0 to 999; 200 to 299 is success.
        status: Short name of the code, for example `OK` or `UNAUTHORIZED`.
        description: A sentence for people, or None.
        error_code: The service's own code, for example 20104 for an expired token, or None.
    """

    code: Annotated[int, msgspec.Meta(ge=0, le=999)]
    status: str = ""
    description: str | None = None
    error_code: int | None = None

    @property
    def ok(self) -> bool:
        """Whether this is a success."""
        return 200 <= self.code <= 299

    @property
    def answered(self) -> bool:
        """Whether this is a decision: a success, or a refusal that would be repeated (4xx but 429)."""
        return self.ok or (400 <= self.code <= 499 and self.code != 429)


class HttpRequest(msgspec.Struct, frozen=True, gc=False):
    """The head of an HTTP request that travels inside a `Request`.

    Attributes:
        host: Host, with the port if the URL had one.
        path: Path of the URL as it stands, still percent-encoded.
        method: `GET`, `POST`, `PUT` or `DELETE`.
        params: The query cut at `&` and `=`: values still percent-encoded, a repeated name has a list.
        headers: Header fields by name.

    Source: Twilsock, message.
    """

    host: str
    path: str
    method: str
    params: dict[str, str | list[str]] = {}
    headers: dict[str, str] = {}


class Init(msgspec.Struct, frozen=True, gc=False):
    """First packet of a client: who it is and what it wants to hear of.

    Attributes:
        id: Packet id; the reply carries it.
        token: The access token.
        continuation_token: That of the client's last successful init, or None.
        metadata: About the client: library, version, platform.
        registrations: The notification types it wants.
        tweaks: Unused, None.
        capabilities: Names of protocol extensions it knows.

    Source: Twilsock, init.
    """

    id: str
    token: str
    continuation_token: str | None = None
    metadata: dict[str, JSON] = {}
    registrations: list[JSON] = []
    tweaks: JSON = None
    capabilities: list[str] = []


class Update(msgspec.Struct, frozen=True, gc=False):
    """A client's new token for the connection it has.

    Attributes:
        id: Packet id; the reply carries it.
        token: The new access token, of the same identity.

    Source: Twilsock, update.
    """

    id: str
    token: str


class Request(msgspec.Struct, frozen=True, gc=False):
    """An HTTP request of a client; method `message` on the wire.

    Attributes:
        id: Packet id; the reply carries it.
        http_request: The request without its body.
        payload: The body.
        payload_type: The body's type, as in the header field `Content-Type`.
        active_grant: Name of the product whose grant in the token is used.

    Source: Twilsock, message.
    """

    id: str
    http_request: HttpRequest
    payload: bytes = b""
    payload_type: str = JSON_TYPE
    active_grant: str = "ip_messaging"


class Reply(msgspec.Struct, frozen=True, gc=False):
    """Answers a packet; of a client always the bare acknowledgement.

    Attributes:
        id: Id of the packet it answers.
        status: How the packet fared. Says nothing of the HTTP request inside it.
        http_status: How the HTTP request fared; only in answers to a `Request`.
        http_headers: Header fields of the HTTP response; values that are no strings are left out.
        payload: Body of the HTTP response, or details of a refusal.
        payload_type: Its type.
        continuation_token: To be sent with the next `Init`. This and all that follow: only in answers to an `Init`.
        continuation_token_status: Whether and why the token is a new one.
        capabilities: The protocol extensions that both sides know.
        offline_storage: Names of storage by product.
        init_registrations: The registrations made.
        epoch: rxconvo's own service only: changes when its store is not the one it was.

    Source: Twilsock, init and message.
    """

    id: str
    status: Status
    http_status: Status | None = None
    http_headers: dict[str, str] = {}
    payload: bytes = b""
    payload_type: str = JSON_TYPE
    continuation_token: str | None = None
    continuation_token_status: JSON = None
    capabilities: list[str] | None = None
    offline_storage: JSON = None
    init_registrations: JSON = None
    epoch: str | None = None


class Notification(msgspec.Struct, frozen=True, gc=False):
    """What the service has to tell: mostly a Sync event.

    Attributes:
        id: Packet id. One id may be shared by the copies that go to several connections.
        message_type: What kind of payload it is, for example `twilio.sync.event`.
        notification_ctx_id: Id of the registration that asked for it, often empty.
        payload: The event.
        payload_type: Its type.

    Source: Twilsock, notification.
    """

    id: str
    message_type: str
    notification_ctx_id: str = ""
    payload: bytes = b""
    payload_type: str = JSON_TYPE


class ClientUpdate(msgspec.Struct, frozen=True, gc=False):
    """A hint of the service to the client itself.

    Attributes:
        id: Packet id.
        client_update_type: `token_about_to_expire`; others are ignored.

    Source: Twilsock, client_update.
    """

    id: str
    client_update_type: str


class Close(msgspec.Struct, frozen=True, gc=False):
    """Announces the end of the connection.

    Attributes:
        id: Packet id.
        status: Why, from a service; a client gives none.
        payload: From a service: when to come back.

    Source: Twilsock, close from the server, close from the client.
    """

    id: str
    status: Status | None = None
    payload: bytes = b""


class Telemetry(msgspec.Struct, frozen=True, gc=False):
    """What a client measured; method `telemetry.v1` on the wire.

    Attributes:
        id: Packet id.
        events: What took how long.

    Source: Twilsock, telemetry.v1.
    """

    id: str
    events: list[JSON] = []


class PutContext(msgspec.Struct, frozen=True, gc=False):
    """Registers for notifications; method `put_notification_ctx`. Other products' clients send it.

    Attributes:
        id: Packet id; the reply carries it.
        notification_ctx_id: Id of the registration.
        payload: What it asks for.

    Source: Twilsock, put_notification_ctx.
    """

    id: str
    notification_ctx_id: str
    payload: bytes = b""


class DeleteContext(msgspec.Struct, frozen=True, gc=False):
    """Takes a registration back; method `delete_notification_ctx`.

    Attributes:
        id: Packet id; the reply carries it.
        notification_ctx_id: Id of the registration.

    Source: Twilsock, delete_notification_ctx.
    """

    id: str
    notification_ctx_id: str


class Other(msgspec.Struct, frozen=True, gc=False):
    """A packet of a method that has no struct of its own, such as `ping`: acknowledged, otherwise ignored.

    Attributes:
        id: Packet id.
        method: Name of the method.
        payload: Whatever came with it.

    Source: Twilsock, methods.
    """

    id: str
    method: str
    payload: bytes = b""


Packet: TypeAlias = (
    Init
    | Update
    | Request
    | Reply
    | Notification
    | ClientUpdate
    | Close
    | Telemetry
    | PutContext
    | DeleteContext
    | Other
)
"""Anything that can travel over a Twilsock connection."""
