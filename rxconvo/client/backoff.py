"""How long to wait before the next connection. It computes; the driver waits."""

from __future__ import annotations

from collections.abc import Callable

from rxconvo.client.options import BackoffPolicy

__all__ = ["Backoff"]


class Backoff:
    """Delays that double from the policy's minimum to its maximum, each varied at random.

    Args:
        policy: The bounds.
        chance: A source of numbers in [0, 1), for example `random.random`.

    Source: Twilsock, retry delays.
    """

    __slots__ = ("_base", "_chance", "_policy")

    def __init__(self, policy: BackoffPolicy, *, chance: Callable[[], float]) -> None:
        self._policy = policy
        self._chance = chance
        self._base = policy.minimum

    def reset(self) -> None:
        """Start anew, after a connection or a new token."""
        self._base = self._policy.minimum

    def next_delay(self, *, at_least: float | None = None) -> float:
        """Return the next delay in seconds.

        Args:
            at_least: Seconds that the service asks for; raises this delay, and with it those after it.
        """
        if at_least is not None and at_least > self._base:
            self._base = at_least
        delay = self._base
        self._base = min(self._base * 2, max(self._policy.maximum, delay))
        return delay * (1 + self._policy.randomness * (2 * self._chance() - 1))
