"""Twilsock, the protocol between a client and its service, without sockets and clocks."""

from __future__ import annotations

from rxconvo.wire.codec import MAX_HEADER, MAX_MESSAGE, Reader, acknowledge, decode, encode
from rxconvo.wire.connection import CAPABILITIES, MESSAGE_TYPES, ClientConnection
from rxconvo.wire.happenings import (
    CloseRequested,
    Denied,
    Failed,
    Happening,
    Notified,
    Opened,
    Refused,
    Replied,
    TokenAboutToExpire,
    TokenUpdated,
)
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
from rxconvo.wire.server_connection import SERVER_MAX_MESSAGE, ServerConnection
from rxconvo.wire.states import ClientSignal, ClientState, ServerState

__all__ = [
    "CAPABILITIES",
    "JSON_TYPE",
    "MAX_HEADER",
    "MAX_MESSAGE",
    "MESSAGE_TYPES",
    "SERVER_MAX_MESSAGE",
    "ClientConnection",
    "ClientSignal",
    "ClientState",
    "ClientUpdate",
    "Close",
    "CloseRequested",
    "DeleteContext",
    "Denied",
    "Failed",
    "Happening",
    "HttpRequest",
    "Init",
    "Notification",
    "Notified",
    "Opened",
    "Other",
    "Packet",
    "PutContext",
    "Reader",
    "Refused",
    "Replied",
    "Reply",
    "Request",
    "ServerConnection",
    "ServerState",
    "Status",
    "Telemetry",
    "TokenAboutToExpire",
    "TokenUpdated",
    "Update",
    "acknowledge",
    "decode",
    "encode",
]
