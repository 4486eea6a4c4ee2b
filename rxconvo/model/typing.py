"""Who is typing, and until when. Pure: the caller owns the clock.

One machine serves all conversations, with one deadline for all. A participant that goes on typing only moves its own
deadline; the queue is not touched then, but looked at again when its old place in it comes up.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TypeAlias

from rxconvo.types import Sid

__all__ = ["TypingMachine", "Typist"]

Typist: TypeAlias = tuple[Sid, Sid]
"""A participant of a conversation: the sids of both, the conversation's first."""


class TypingMachine:
    """The deadlines of all who are typing.

    Attributes:
        count: How many are typing.
    """

    __slots__ = ("_deadlines", "_queue", "count")

    def __init__(self) -> None:
        self._deadlines: dict[Typist, float] = {}  # negative: ended, but its place in the queue is left over
        self._queue: list[tuple[float, Typist]] = []
        self.count = 0

    def __contains__(self, typist: Typist) -> bool:
        """Tell whether a participant is typing."""
        return self._deadlines.get(typist, 0) > 0

    def start(self, typist: Typist, deadline: float) -> None:
        """Note that a participant is typing, until *deadline* unless it is said again.

        Args:
            typist: The participant.
            deadline: Seconds of the caller's clock, positive.
        """
        held = self._deadlines.get(typist)
        if held is None or deadline < abs(held):
            heappush(self._queue, (deadline, typist))
        if held is None or held < 0:
            self._deadlines.pop(typist, None)  # so that it becomes the last to have begun
            self.count += 1
        self._deadlines[typist] = deadline

    def end(self, typist: Typist) -> bool:
        """Note that a participant is typing no more.

        Returns:
            Whether it was.
        """
        deadline = self._deadlines.get(typist, 0)
        if deadline <= 0:
            return False
        self._deadlines[typist] = -deadline
        self.count -= 1
        if not self.count:
            self.clear()
        return True

    def clear(self) -> list[Typist]:
        """End all typing.

        Returns:
            Who was typing, in the order in which they began.
        """
        typists = [typist for typist, deadline in self._deadlines.items() if deadline > 0]
        self._deadlines.clear()
        self._queue.clear()
        self.count = 0
        return typists

    def next_deadline(self) -> float | None:
        """Return when `advance` is due, or None while nobody is typing. It may be too early, never too late."""
        return self._queue[0][0] if self._queue else None

    def advance(self, now: float) -> list[Typist]:
        """End the typing of those whose time is over.

        Args:
            now: Seconds of the caller's clock.

        Returns:
            Who they are, in the order of their deadlines.
        """
        expired: list[tuple[float, Typist]] = []
        queue = self._queue
        while queue and queue[0][0] <= now:
            _, typist = heappop(queue)
            deadline = self._deadlines.get(typist)
            if deadline is None:
                continue  # a second place, left over from a deadline that was moved forward
            if deadline > now:
                heappush(queue, (deadline, typist))
                continue
            del self._deadlines[typist]
            if deadline > 0:
                self.count -= 1
                expired.append((deadline, typist))
        if not self.count:
            self.clear()
        return [typist for _, typist in sorted(expired)]
