"""What hears of everything that goes over a client's connection: the seam between driver and recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rxconvo.errors import ConnectionError

__all__ = ["Tap"]


class Tap(Protocol):
    """Told by the driver, each time before it acts on it. Must not raise; times are those of the driver's clock."""

    def connected(self, now: float) -> None:
        """Take that a socket is open."""

    def received(self, messages: Sequence[bytes], now: float) -> None:
        """Take what one read of it brought."""

    def sent(self, messages: Sequence[bytes], now: float) -> None:
        """Take what is written at once."""

    def lost(self, now: float, fault: ConnectionError | None, *, opened: bool) -> None:
        """Take that it has ended, or that none could be opened. May be told again.

        Args:
            now: When.
            fault: Why; None where this side has hung up.
            opened: Whether there was one.
        """

    def rang(self, now: float) -> None:
        """Take that it is time alone that brings something about now: events, as of typing that ends, or requests."""

    def ended(self) -> None:
        """Take that the client is being shut down."""
