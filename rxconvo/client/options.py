"""What may be set on a client: timeouts, bounds and policies, in one frozen value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, Literal, TypeAlias

from rxconvo.errors import ArgumentError

__all__ = ["BackoffPolicy", "ClientOptions", "Watch"]

Watch: TypeAlias = Literal["documents", "all", "none"]
"""What a client keeps subscribed of each joined conversation without being asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackoffPolicy:
    """How long to wait before the next connection.

    Attributes:
        minimum: Seconds before the first retry.
        maximum: Seconds that no delay exceeds, before it is varied.
        randomness: Share by which each delay is varied either way, 0 to 1.

    Source: Twilsock, retry delays.
    """

    minimum: float = 1.0
    maximum: float = 120.0
    randomness: float = 0.2

    def __post_init__(self) -> None:
        if not _is_number(self.maximum):
            raise ArgumentError("maximum", "a number of seconds", self.maximum)
        if not _is_number(self.minimum) or not 0 < self.minimum <= self.maximum:
            raise ArgumentError("minimum", f"above 0 and at most maximum ({self.maximum} s)", self.minimum)
        if not _is_number(self.randomness) or not 0 <= self.randomness <= 1:
            raise ArgumentError("randomness", "between 0 and 1", self.randomness)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """Options of a client; every duration is in seconds.

    Attributes:
        watch: What is kept subscribed: each conversation's document, everything, or nothing until asked.
        linger: How long a stream's source stays open after its last observer.
        echo_timeout: How long a result waits for its own change to arrive, where the object is watched.
        connect_timeout: How long `connect` tries before it gives up.
        request_timeout: How long a request waits for its reply.
        queue_timeout: How long a request waits for the connection.
        max_queued: How many requests may wait for the connection.
        kept_messages: How many messages of each conversation are kept; least recently used go first.
        max_message: Bytes of the largest packet accepted.
        backoff: Delays between connections.
    """

    watch: Watch = "documents"
    linger: float = 1.0
    echo_timeout: float = 1.0
    connect_timeout: float = 30.0
    request_timeout: float = 30.0
    queue_timeout: float = 20.0
    max_queued: int = 1_000
    kept_messages: int = 1_000
    max_message: int = 16 * 2**20
    backoff: BackoffPolicy = field(default_factory=BackoffPolicy)

    def __post_init__(self) -> None:
        for names, expected, holds in _RULES:
            for name in names:
                if not holds(getattr(self, name)):
                    raise ArgumentError(name, expected, getattr(self, name))


_RULES: Final[tuple[tuple[tuple[str, ...], str, Callable[[Any], bool]], ...]] = (
    (("watch",), '"documents", "all" or "none"', lambda value: value in ("documents", "all", "none")),
    (("linger", "echo_timeout"), "0 seconds or more", lambda value: _is_number(value) and value >= 0),
    (
        ("connect_timeout", "request_timeout", "queue_timeout"),
        "more than 0 seconds",
        lambda value: _is_number(value) and value > 0,
    ),
    (
        ("max_queued", "kept_messages", "max_message"),
        "a whole number, at least 1",
        lambda value: type(value) is int and value >= 1,
    ),
    (("backoff",), "a BackoffPolicy", lambda value: isinstance(value, BackoffPolicy)),
)
"""What must hold for which options."""


def _is_number(value: object) -> bool:
    """Tell whether something is a finite number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
