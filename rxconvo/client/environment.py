"""Chance, ids and the time of day: the arguments that make a client's behaviour repeatable in tests."""

from __future__ import annotations

import asyncio
import random
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from rxconvo.types import Ids, WallClock

__all__ = ["Environment"]


def _random_id() -> str:
    return uuid.uuid4().hex


def _random_secret() -> str:
    return secrets.token_urlsafe(48)


def _time_of_day() -> datetime:
    """Return the time of day: that of the running loop if there is one that keeps its own, as a virtual loop does."""
    try:
        wall: WallClock | None = getattr(asyncio.get_running_loop(), "wall", None)
    except RuntimeError:  # no loop runs
        wall = None
    return datetime.now(UTC) if wall is None else wall()


@dataclass(frozen=True, slots=True)
class Environment:
    """Where clients and embedded services take unique ids, secrets, chance and the time of day from.

    Attributes:
        ids: Unique ids, 32 hexadecimal digits each.
        secrets: Unguessable texts of at least 32 bytes, for signing keys.
        chance: Numbers in [0, 1), for example to vary delays.
        wall: The time of day.
    """

    ids: Ids = _random_id
    secrets: Callable[[], str] = _random_secret
    chance: Callable[[], float] = random.random
    wall: WallClock = _time_of_day

    def uuid(self) -> str:
        """Return a fresh id in the hyphenated form that the wire uses."""
        return str(uuid.UUID(hex=self.ids()))
