"""Law 7: nothing outgrows its limit, and who is too slow for what comes is told of all that it misses."""

from __future__ import annotations

from collections.abc import Iterator

from rxconvo.testing.entries import Bounded, Consuming, Missed, Offered, Taken, Violation
from rxconvo.testing.facts import Facts

__all__ = ["broken_by_bounds"]


def broken_by_bounds(facts: Facts) -> Iterator[Violation]:
    """Find what grew too large, and what was lost without a word.

    Args:
        facts: What happened.
    """
    for level in facts.of_kind(Bounded):
        if level.size > level.limit:
            yield Violation(7, "too large", f"{level.what} is {level.size}, the limit {level.limit}")
    consumers = {entry.consumer: _Consumer(entry) for entry in facts.of_kind(Consuming)}
    for entry in facts.entries:
        if isinstance(entry, Offered | Taken | Missed) and entry.consumer in consumers:
            yield from consumers[entry.consumer].follow(entry)
    for consumer in consumers.values():
        yield from consumer.leave()


class _Consumer:
    """What waits for a consumer, as far as it has been told.

    What was dropped still waits here, until the consumer gets something that came later.
    """

    def __init__(self, consuming: Consuming) -> None:
        self._name = consuming.consumer
        self._limit = consuming.limit
        self._resets = consuming.overflow == "reset"
        self._ends = consuming.overflow in {"error", "disconnect"}
        self._waiting: list[str] = []
        self._dropped = 0  # of those that wait, as it was told
        self._ended: Missed | None = None

    def follow(self, entry: Offered | Taken | Missed) -> Iterator[Violation]:
        """Take what happens next."""
        match entry:
            case Offered(value=value):
                yield from self._level()
                self._waiting.append(value)
            case Missed(how="dropped", count=count):
                self._dropped += count
            case Missed():
                self._ended = entry
            case Taken():
                yield from self._take(entry)

    def leave(self) -> Iterator[Violation]:
        """Decide about what waits in the end, when all has been taken that could be."""
        lost = len(self._waiting)
        if self._ended is None:
            if self._ends and self._dropped:
                yield Violation(7, "not told", f"{self._name} misses all that comes, and is not told so")
            elif lost > self._dropped:
                yield self._untold(self._waiting[self._dropped :])
            elif lost < self._dropped:
                text = f"{self._name} is told that it misses {self._dropped} more, and misses {lost}"
                yield Violation(7, "not called for", text)
        elif self._ended.how == "error" and not lost:
            yield Violation(7, "not called for", f"{self._name} is told that it was too slow, and misses nothing")

    def _level(self) -> Iterator[Violation]:
        waiting = len(self._waiting) - self._dropped
        if waiting > self._limit:
            yield Violation(7, "too large", f"{waiting} values wait for {self._name}, the limit {self._limit}")

    def _take(self, taken: Taken) -> Iterator[Violation]:
        if self._ended is not None or taken.value not in self._waiting:
            yield Violation(7, "never was", f"{self._name} gets {taken.value!r}, which does not wait for it")
            return
        lost = self._waiting.index(taken.value)
        if lost > self._dropped or (lost and self._resets and not taken.anew):
            yield self._untold(self._waiting[:lost])
        self._dropped = max(0, self._dropped - lost)
        del self._waiting[: lost + 1]

    def _untold(self, lost: list[str]) -> Violation:
        return Violation(7, "not told", f"{self._name} misses {', '.join(map(repr, lost))}, and is not told so")
