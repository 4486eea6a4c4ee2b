"""Plain HTTP beside the websocket: media go this way, streamed in both directions.

Source: Media; RFC 9110.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["HttpExchange", "PlainRequest", "PlainResponse"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainRequest:
    """One HTTP request.

    Attributes:
        method: `GET`, `POST`, …
        url: Absolute address, percent-encoded, with its query.
        headers: By lower-case name.
        body: Its bytes, in pieces of any size; None for none. Read once, as fast as the other side takes it.
        length: Size of the body in bytes; None where it is not known beforehand.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: AsyncIterable[bytes] | None = None
    length: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainResponse:
    """The answer to it, whose body is still to be read.

    Attributes:
        status: HTTP status.
        reason: The phrase beside it; may be empty.
        headers: By lower-case name.
        body: Its bytes, in pieces of any size. Raises `ConnectionError` where they end too early.
    """

    status: int
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: AsyncIterator[bytes]


class HttpExchange(Protocol):
    """What answers HTTP requests: a web client over sockets, or a service in the same process."""

    def exchange(self, request: PlainRequest) -> AbstractAsyncContextManager[PlainResponse]:
        """Make a request.

        Returns:
            Entered, it has sent the request and read the head of the answer; left, it lets go of the connection,
            whatever of the body is still unread. Redirects are not followed.

        Raises:
            ConnectionError: On entering: there is no connection, or it was lost.
        """
        ...
