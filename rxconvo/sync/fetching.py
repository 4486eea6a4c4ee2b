"""Reads that have to succeed: queued, few in flight at a time, repeated while that is sensible.

Source: Sync, errors of Sync requests; guide for implementers, a client of one's own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from rxconvo.sync.replica import Replica
from rxconvo.sync.requests import Purpose, SyncRequest
from rxconvo.sync.timers import Timers

__all__ = ["Fetch", "Fetches"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable

MAX_IN_FLIGHT: Final = 20
"""How many reads may be in flight."""

FIRST_DELAY: Final = 4.0
LONGEST_DELAY: Final = 60.0
"""Seconds before a read is repeated: none at first, then doubling from the one to the other."""

PATIENCE: Final = 90.0
"""Seconds after which a read that the service cannot answer is given up."""


class Fetch(Generic[O]):
    """One read, through all its attempts.

    Attributes:
        replica: What is read.
        purpose: `OPEN`: its descriptor. `READ`: the next page of its items.
        live: Whether its outcome still matters.
        attempts: How many have failed in a row.
        since: When the first of these did, in seconds of the caller's clock.
        unreadable: Whether an answer could not be read.
    """

    __slots__ = ("attempts", "live", "purpose", "replica", "since", "unreadable")

    def __init__(self, replica: Replica[O], purpose: Purpose) -> None:
        self.replica = replica
        self.purpose = purpose
        self.live = True
        self.attempts = 0
        self.since = 0.0
        self.unreadable = False


class Fetches(Generic[O]):
    """The reads under way, at most one for each object.

    Args:
        compose: Writes the request of a read down.
    """

    def __init__(self, compose: Callable[[Fetch[O]], SyncRequest]) -> None:
        self._compose = compose
        self._current: dict[Replica[O], Fetch[O]] = {}
        self._queue: deque[Fetch[O]] = deque()
        self._sleeping: Timers[Fetch[O]] = Timers()
        self._flying: set[SyncRequest] = set()

    def __contains__(self, replica: Replica[O]) -> bool:
        return replica in self._current

    @property
    def idle(self) -> bool:
        """Whether nothing is to be read, and no answer is awaited."""
        return not self._current

    def submit(self, replica: Replica[O], purpose: Purpose) -> None:
        """Read something of *replica*, in place of what was to be read of it."""
        self.withdraw(replica)
        fetch = self._current[replica] = Fetch(replica, purpose)
        self._queue.append(fetch)

    def withdraw(self, replica: Replica[O]) -> None:
        """Do not read *replica*; an answer that still comes is not looked at."""
        fetch = self._current.pop(replica, None)
        if fetch is not None:
            fetch.live = False

    def take(self) -> list[SyncRequest]:
        """Take the requests to send now."""
        requests: list[SyncRequest] = []
        while self._queue and len(self._flying) < MAX_IN_FLIGHT:
            fetch = self._queue.popleft()
            if fetch.live:
                request = self._compose(fetch)
                self._flying.add(request)
                requests.append(request)
        return requests

    def landed(self, fetch: Fetch[O], request: SyncRequest) -> bool:
        """Note that an attempt has ended, in whatever way.

        Returns:
            Whether its outcome matters.
        """
        if request not in self._flying:
            return False
        self._flying.remove(request)
        return fetch.live

    def finish(self, fetch: Fetch[O]) -> None:
        """Note that a read has come to its end."""
        fetch.live = False
        self._current.pop(fetch.replica, None)

    def repeat(self, fetch: Fetch[O], now: float, *, patience: float | None = PATIENCE) -> bool:
        """Try again, at once or after a while.

        Args:
            fetch: What has landed without success.
            now: Seconds of the caller's clock.
            patience: Seconds since the first failure after which it is given up; None: never.

        Returns:
            False if it is given up.
        """
        if fetch.attempts == 0:
            fetch.since = now
            self._queue.append(fetch)
        else:
            due = now + min(FIRST_DELAY * 2 ** min(fetch.attempts - 1, 10), LONGEST_DELAY)
            if patience is not None and due - fetch.since > patience:
                return False
            self._sleeping.set(due, fetch)
        fetch.attempts += 1
        return True

    def lost(self) -> None:
        """Prepare for the next connection: descriptors are asked for again, items once their subscription stands."""
        self._queue.clear()
        self._sleeping.clear()
        self._flying.clear()
        for fetch in list(self._current.values()):
            if fetch.purpose is Purpose.OPEN:
                fetch.attempts = 0
                self._queue.append(fetch)
            else:
                self.withdraw(fetch.replica)

    def next_deadline(self) -> float | None:
        """Tell when `advance` should be called next, or None."""
        return self._sleeping.next_deadline()

    def advance(self, now: float) -> None:
        """Do what is due."""
        self._queue.extend(self._sleeping.take_due(now))
