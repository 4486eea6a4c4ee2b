"""What becomes of what was sent, as values: mutations that are repeated, shown before they are answered, or queued.

Frozen and pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.errors import ArgumentError
from rxconvo.model.limits import check_mutation_id
from rxconvo.types import Sid

__all__ = ["Echoed", "Failed", "OutboxStore", "Outgoing", "Pending", "RetryPolicy", "SendState", "Sent"]

L = TypeVar("L")
M = TypeVar("M")
L_co = TypeVar("L_co", covariant=True)
M_co = TypeVar("M_co", covariant=True)


class RetryPolicy(Struct, Displayed, frozen=True, kw_only=True):
    """How often a mutation that was not answered is tried, and how long to wait in between.

    Delays double from the first to the longest, each of them varied at random, so that not all come back at once.

    Attributes:
        attempts: How many there may be, the first included; None for no end.
        minimum: Seconds before the second attempt.
        maximum: Seconds that no delay exceeds, before it is varied or the service asks for more.
        randomness: Share by which each delay is varied either way, 0 to 1.

    Raises:
        ArgumentError: One of them is outside its limits.
    """

    attempts: int | None = 5
    minimum: float = 0.5
    maximum: float = 30.0
    randomness: float = 0.2

    def __post_init__(self) -> None:
        if self.attempts is not None and self.attempts < 1:
            raise ArgumentError("attempts", "at least 1, or None", self.attempts)
        if not (isfinite(self.maximum) and self.maximum > 0):
            raise ArgumentError("maximum", "more than 0 seconds", self.maximum)
        if not 0 < self.minimum <= self.maximum:
            raise ArgumentError("minimum", f"above 0 and at most maximum ({self.maximum} s)", self.minimum)
        if not 0 <= self.randomness <= 1:
            raise ArgumentError("randomness", "between 0 and 1", self.randomness)

    def delay(self, failures: int, chance: float, *, at_least: float | None = None) -> float:
        """Return how many seconds to wait before the next attempt.

        Args:
            failures: How many attempts have failed, at least 1.
            chance: A number in [0, 1).
            at_least: Seconds that the service asks for. Those who were sent away together do not come back together:
                the delay is that or up to the policy's share of it more.
        """
        doubled = min(self.minimum * 2.0 ** min(failures - 1, 64), self.maximum)
        delay = doubled * (1 + self.randomness * (2 * chance - 1))
        return delay if at_least is None else max(delay, at_least * (1 + self.randomness * chance))


class Pending(Struct, Displayed, Generic[L_co], frozen=True):
    """Something is on its way.

    Attributes:
        local: What it is, as its sender shows it.
    """

    local: L_co


class Sent(Struct, Displayed, Generic[L_co], frozen=True):
    """The service has taken it.

    Attributes:
        local: What it is, as its sender shows it.
        index: Its place among the messages.
    """

    local: L_co
    index: int


class Echoed(Struct, Displayed, Generic[L_co, M_co], frozen=True):
    """It has come back as a message, which takes its place.

    Attributes:
        local: What it was, as its sender showed it.
        message: The message.
    """

    local: L_co
    message: M_co


class Failed(Struct, Displayed, Generic[L_co], frozen=True):
    """It was refused, or nobody knows what became of it.

    Attributes:
        local: What it is, as its sender shows it.
        error: Why: `RejectedError` was refused; after `OutcomeUnknownError` it may have been sent all the same.
    """

    local: L_co
    error: Exception


SendState: TypeAlias = Pending[L] | Sent[L] | Echoed[L, M] | Failed[L]
"""How far something that is sent has come."""


class Outgoing(Struct, Displayed, frozen=True):
    """Something that is to be sent, as an outbox keeps it.

    Attributes:
        id: Its own; the id of the mutation that sends it, so 32 hexadecimal digits are best, and 1 to 128 printable
            ASCII characters will do.
        conversation_sid: Where it goes.
        payload: What it is: whatever the one who sends it wants to know. A store may want it to be JSON.

    Raises:
        ArgumentError: The id or the sid is none.
    """

    id: str
    conversation_sid: Sid
    payload: Any = None

    def __post_init__(self) -> None:
        check_mutation_id(self.id, field="id")
        sid: Any = self.conversation_sid
        if not isinstance(sid, str) or not sid:
            raise ArgumentError("conversation_sid", "the sid of a conversation", sid)


class OutboxStore(Protocol):
    """Where an outbox keeps what was not sent yet. What a method has done must be kept when it returns."""

    def load(self) -> Sequence[Outgoing]:
        """Return what is kept, in the order in which it was added."""
        ...

    def add(self, item: Outgoing, /) -> None:
        """Keep something, after all that is kept."""
        ...

    def remove(self, id: str, /) -> None:
        """Forget something, which need not be there."""
        ...
