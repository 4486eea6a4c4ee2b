"""What a `ClientConnection` has to say to its owner.

A reply to a request is a `Replied` or a `Failed`; everything else concerns the connection as a whole. Notifications are
handed on as the packets they came as.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from rxconvo.errors import ConnectionError, DeniedError, RxconvoError
from rxconvo.wire.packets import Notification, Reply

__all__ = [
    "CloseRequested",
    "Denied",
    "Failed",
    "Happening",
    "Notified",
    "Opened",
    "Refused",
    "Replied",
    "TokenAboutToExpire",
    "TokenUpdated",
]

Notified: TypeAlias = Notification
"""The service notifies: `message_type` and `payload` say of what."""


class Opened(msgspec.Struct, frozen=True):
    """The service accepted `init`: the connection is live.

    Attributes:
        reply: Its answer.
        epoch_changed: The service's store is not the one of the last connection; nothing known of it holds.
    """

    reply: Reply
    epoch_changed: bool


class Replied(msgspec.Struct, frozen=True, gc=False):
    """The service carried a request out, or refused it, in terms of HTTP.

    Attributes:
        id: Packet id of the request.
        status: HTTP status code.
        reason: Name of the status.
        headers: Header fields of the response.
        payload: Body of the response.
        payload_type: Its type.
    """

    id: str
    status: int
    reason: str
    headers: dict[str, str]
    payload: bytes
    payload_type: str


class Failed(msgspec.Struct, frozen=True):
    """A request got no HTTP response, and will get none.

    Attributes:
        id: Packet id of the request.
        error: `RejectedError` if the service refused the packet, else `OutcomeUnknownError`.
        sent: Whether it had been handed to the socket.
    """

    id: str
    error: RxconvoError
    sent: bool


class Denied(msgspec.Struct, frozen=True):
    """The service refused the token. The socket is to be closed; only another token helps.

    Attributes:
        error: Why.
        token_expired: Whether the reason is the token's age.
    """

    error: DeniedError
    token_expired: bool


class Refused(msgspec.Struct, frozen=True):
    """`init` or `update` failed for another reason. The socket is to be closed and opened again after a while.

    Attributes:
        error: Why.
        retry_after: Seconds that the service asks to wait, or None.
    """

    error: ConnectionError
    retry_after: float | None


class TokenAboutToExpire(msgspec.Struct, frozen=True):
    """The service asks for a new token."""


class TokenUpdated(msgspec.Struct, frozen=True):
    """The service accepted the newest token given."""


class CloseRequested(msgspec.Struct, frozen=True):
    """The service ends the connection. The socket is to be closed.

    Attributes:
        code: Why: 308 offload, 401 and 410 token, 406 and 417 unsupported; 0 if it did not say.
        status: Name of the reason.
        retry_after: Seconds that the service asks to wait, or None.
        terminal: Whether to stay away: for 401 and 410 until there is another token, for 406 and 417 for good.
        description: The reason in words, or None.
        error_code: The service's own code, or None.
    """

    code: int
    status: str
    retry_after: float | None
    terminal: bool
    description: str | None = None
    error_code: int | None = None


Happening: TypeAlias = (
    Opened | Replied | Failed | Notified | Denied | Refused | TokenAboutToExpire | TokenUpdated | CloseRequested
)
"""Anything that a client's connection reports."""
