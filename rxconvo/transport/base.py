"""What carries messages: the two Protocols that every transport keeps.

A transport is one connection. It knows nothing of packets: what goes in on one side comes out on the other, message by
message, in order. Its end is told in one place only, by `Transport.receive`; nothing else raises because the connection
is gone, so that code which writes needs no handling of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

__all__ = ["HIGH_WATER", "MAX_BUFFERED", "MAX_MESSAGE", "Connector", "Transport"]

HIGH_WATER: Final = 256 * 1024
"""`Transport.drain` waits while more bytes than this are buffered."""

MAX_BUFFERED: Final = 32 * 2**20
"""A connection whose peer leaves more bytes than this unread is cut."""

MAX_MESSAGE: Final = 16 * 2**20
"""Largest message in bytes that a client reads."""


class Transport(Protocol):
    """One connection, open from the start. One reader at a time; anybody may write."""

    @property
    def buffered(self) -> int:
        """Bytes written here that have not left.

        For a socket, those that its kernel has not taken; in process, those that the peer has not read.
        """
        ...

    async def receive(self) -> Sequence[bytes]:
        """Wait for messages and take all that have arrived since the last call.

        Cancelling loses nothing: what had arrived comes with the next call.

        Returns:
            At least one message, oldest first.

        Raises:
            ConnectionError: The connection has ended: closed by the peer and everything read, closed or aborted here,
                cut, or broken by a message that is too long. From then on each call raises.
        """
        ...

    def write(self, messages: Iterable[bytes]) -> None:
        """Send messages in order, with one write to the socket for all of them.

        Never waits. After the end they are dropped without an error. When more than the transport's limit would be
        buffered then, the connection is cut (as by `abort`): a peer that does not read costs bounded memory.

        Args:
            messages: Binary messages; an empty iterable does nothing.
        """
        ...

    async def drain(self) -> None:
        """Wait until no more than the high-water mark is buffered, or the connection has ended."""
        ...

    async def close(self, code: int = 1000) -> None:
        """Close: the peer can read what was written, then its reads raise.

        Reads here raise from now on, what has arrived unread is lost. Returns when the connection is gone, for which a
        socket's peer is given a few seconds. Closing again, or after the end, only waits for that.

        Args:
            code: Close code of the websocket, 1000 to 4999; in process it has no effect.
        """
        ...

    def abort(self) -> None:
        """Cut the connection now: what either side has not read is lost, and reads of both raise.

        Aborting twice is harmless.
        """
        ...


class Connector(Protocol):
    """Makes connections to one address."""

    async def connect(self) -> Transport:
        """Open a connection.

        Returns:
            A connection of its own for every call. Cancelling leaves nothing behind.

        Raises:
            ConnectionError: It could not be opened; `http_status_code` holds the status when the service refused the
                handshake.
        """
        ...
