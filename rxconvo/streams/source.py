"""What feeds a stream, and for how long it is kept open."""

from __future__ import annotations

import asyncio
from typing import Protocol

__all__ = ["LINGER", "Lease", "Source"]

LINGER = 1.0
"""How long a source stays open after the last observer of its stream, seconds."""


class Source(Protocol):
    """What must be open for a stream to carry anything, for example subscriptions of replicated objects."""

    def acquire(self) -> asyncio.Future[None]:
        """Open it.

        Returns:
            Done when it is open, or with the error that keeps it closed. The stream only looks at it: it neither
            cancels nor settles it.
        """
        ...

    def reopen(self) -> asyncio.Future[None]:
        """Try again what could not be opened, and leave open what is. Called between `acquire` and `release`.

        Returns:
            As `acquire`.
        """
        ...

    def release(self) -> None:
        """Close it again. Called exactly once for each `acquire`, and never before it."""
        ...


class Lease:
    """Keeps a source open while it is wanted, and a while longer.

    Args:
        source: What to open.
        loop: Whose clock counts.
        linger: How long it stays open after it was last wanted, seconds.

    Attributes:
        well: Whether the source is known to have come up: there is nothing to try again.
    """

    __slots__ = ("_linger", "_loop", "_opening", "_source", "_timer", "_until", "well")

    def __init__(self, source: Source, loop: asyncio.AbstractEventLoop, linger: float) -> None:
        self._source = source
        self._loop = loop
        self._linger = linger
        self._opening: asyncio.Future[None] | None = None
        self._until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.well = False

    @property
    def opening(self) -> asyncio.Future[None] | None:
        """Done when the source is open; None while it is not held."""
        return self._opening

    def take(self) -> None:
        """Want the source: open it, or keep it open. One that could not be opened is tried again."""
        self._until = None
        opening = self._opening
        if opening is None:
            self._follow(self._source.acquire())
        elif opening.done() and _failed(opening):
            self.reopen()

    def reopen(self) -> None:
        """Try again what could not be opened of a source that is held."""
        if self._opening is not None:
            self._follow(self._source.reopen())

    def drop(self) -> None:
        """Want it no more: close it in a while."""
        # One timer, armed once and checked when it fires: an observer that comes and goes must not cost two timers.
        self._until = until = self._loop.time() + self._linger
        if self._timer is None:
            self._timer = self._loop.call_at(until, self._check, until)

    def close(self) -> None:
        """Close it now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._opening is not None:
            self._opening = None
            self.well = False
            self._source.release()

    def _check(self, armed_for: float) -> None:
        self._timer = None
        until = self._until
        if until is None:
            return
        if until <= armed_for:
            self.close()
        else:
            self._timer = self._loop.call_at(until, self._check, until)

    def _follow(self, opening: asyncio.Future[None]) -> None:
        self._opening = opening
        self.well = False
        opening.add_done_callback(self._opened)

    def _opened(self, opening: asyncio.Future[None]) -> None:
        """Look at the outcome. It also keeps asyncio from complaining where nobody awaits `opened`."""
        failed = _failed(opening)
        if opening is self._opening:
            self.well = not failed


def _failed(opening: asyncio.Future[None]) -> bool:
    """Tell whether what is done has failed."""
    return opening.cancelled() or opening.exception() is not None
