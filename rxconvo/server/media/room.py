"""Room for media: how much there is, for each user and for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rxconvo.server.refusals import Refusal
from rxconvo.server.storage.media import room_of

if TYPE_CHECKING:
    from rxconvo.server.limits import Limits
    from rxconvo.server.storage.base import Transaction
    from rxconvo.types import Identity

__all__ = ["Claim", "Room"]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """How many bytes are taken: by one user, and by all."""

    own: int
    total: int


class Room:
    """Counts the uploads under way and what has come of them, and refuses what is too much.

    Args:
        limits: How much there is.
        durable: Whether the store is a file; in memory there is less room.
    """

    def __init__(self, limits: Limits, *, durable: bool) -> None:
        self._limits = limits
        self._total = limits.media_total if durable else min(limits.media_total, limits.media_memory)
        self._uploads: Counter[Identity] = Counter()
        self._arrived: Counter[Identity] = Counter()

    def usage(self, tx: Transaction, identity: Identity) -> Usage:
        """Read how much is stored."""
        return Usage(own=tx.media_usage(identity), total=tx.media_usage())

    @contextmanager
    def upload(self, identity: Identity) -> Generator[Claim]:
        """Count an upload while it is under way.

        Raises:
            Refusal: 429: as many as are allowed are under way.
        """
        if self._uploads[identity] >= self._limits.uploads:
            raise Refusal(429, 20429, f"At most {self._limits.uploads} uploads at the same time", retry_after=1.0)
        self._uploads[identity] += 1
        claim = Claim(self, identity)
        try:
            yield claim
        finally:
            self._uploads[identity] -= 1
            self._arrived[identity] -= claim.size
            if self._uploads[identity] == 0:  # then nothing has arrived, either
                del self._uploads[identity], self._arrived[identity]

    def arrive(self, identity: Identity, size: int) -> None:
        """Count bytes of an upload that are not among what is stored."""
        self._arrived[identity] += size

    def check(self, identity: Identity, stored: Usage) -> None:
        """Check that there is room for what is stored and for what has arrived of uploads under way.

        Raises:
            Refusal: 507.
        """
        self._check(stored.own + self._arrived[identity], stored.total + self._arrived.total())

    def check_one(self, stored: Usage, size: int) -> None:
        """Check that there is room for one media more than what is stored.

        Raises:
            Refusal: 507.
        """
        self._check(stored.own + room_of(size), stored.total + room_of(size))

    def _check(self, own: int, total: int) -> None:
        if own > self._limits.media_quota:
            raise Refusal(507, 20507, f"Your media may take at most {self._limits.media_quota} bytes together")
        if total > self._total:
            raise Refusal(507, 20507, "The service has no room for more media")


class Claim:
    """What has arrived of one upload. Made by `Room.upload`.

    Args:
        room: What counts it.
        identity: Whose it is.

    Attributes:
        size: Bytes so far.
    """

    def __init__(self, room: Room, identity: Identity) -> None:
        self._room = room
        self._identity = identity
        self.size = 0

    def grow(self, size: int) -> None:
        """Count some bytes more."""
        self.size += size
        self._room.arrive(self._identity, size)
