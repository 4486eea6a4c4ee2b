"""How often things may be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.server.refusals import Refusal

if TYPE_CHECKING:
    from rxconvo.server.limits import Limits
    from rxconvo.types import Clock

__all__ = ["Rates"]

_KEPT_RATES = 10_000
"""So many instants are kept before those in the past are dropped."""


class Rates:
    """Counts what is done (the generic cell rate algorithm: one instant kept for each name).

    Args:
        limits: The rates; where they are None everything is allowed.
        clock: Seconds.

    Source: ITU-T I.371, generic cell rate algorithm.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._due: dict[tuple[str, str], float] = {}

    def check(self, *, identity: str, conversation: str | None) -> None:
        """Count one mutation.

        Raises:
            Refusal: 429, with the seconds to wait.
        """
        limits = self._limits
        if limits.identity_rate is not None:
            self._take("identity", identity, limits.identity_rate, code=50074)
        if limits.conversation_rate is not None and conversation is not None:
            self._take("conversation", conversation, limits.conversation_rate, code=50063)

    def _take(self, kind: str, name: str, rate: float, *, code: int) -> None:
        now = self._clock()
        due = max(self._due.get((kind, name), now), now)
        wait = due - now - self._limits.burst
        if wait > 0:
            raise Refusal(429, code, "Too many requests", retry_after=wait)
        if len(self._due) > _KEPT_RATES:
            self._forget(now)
        self._due[kind, name] = due + 1 / rate

    def _forget(self, now: float) -> None:
        """Drop what is as good as never used."""
        self._due = {key: due for key, due in self._due.items() if due > now}
