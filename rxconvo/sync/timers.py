"""Deadlines without a clock: who is due is asked, never told."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import Generic, Protocol, TypeVar

__all__ = ["Timed", "Timers"]


class Timed(Protocol):
    """What a deadline may be set for."""

    @property
    def live(self) -> bool:
        """Whether anybody still waits for the deadline."""
        ...


T = TypeVar("T", bound=Timed)


class Timers(Generic[T]):
    """Things that become due. What is not live any more never does, and need not be taken out."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._serial = count()

    def set(self, due: float, thing: T) -> None:
        """Make *thing* due at *due* seconds."""
        heappush(self._heap, (due, next(self._serial), thing))

    def next_deadline(self) -> float | None:
        """Tell when the next one is due, or None."""
        while self._heap and not self._heap[0][2].live:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: float) -> list[T]:
        """Take out what is due, earliest first."""
        due: list[T] = []
        while (deadline := self.next_deadline()) is not None and deadline <= now:
            due.append(heappop(self._heap)[2])
        return due

    def clear(self) -> None:
        """Take out everything."""
        self._heap.clear()
