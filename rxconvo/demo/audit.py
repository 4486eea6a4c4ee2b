"""Was every message seen by everybody who should have seen it, once and in order?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from rxconvo.types import Identity

__all__ = ["Audit", "Verdict"]


class Verdict(msgspec.Struct, frozen=True):
    """What an `Audit` found.

    Attributes:
        sent: Messages that the service has acknowledged.
        expected: Observations that there should be: each message by each participant at the time.
        observed: Observations that there were.
        missing: Messages that somebody did not observe.
        repeated: Messages that somebody observed more than once.
        unexpected: Messages that somebody observed who was not to.
        disordered: Observers who saw the messages in another order than they have.
    """

    sent: int
    expected: int
    observed: int
    missing: int
    repeated: int
    unexpected: int
    disordered: int

    @property
    def passed(self) -> bool:
        """Whether there was something to observe, and everything was observed as it should be."""
        return self.sent > 0 and not (self.missing or self.repeated or self.unexpected or self.disordered)


class Audit:
    """Books of what was sent and of what was observed. Knows nothing of clients."""

    def __init__(self) -> None:
        self._sent = 0
        self._expected: dict[tuple[str, Identity], list[int]] = {}
        self._observed: dict[tuple[str, Identity], list[int]] = {}

    def sent(self, conversation: str, index: int, present: Iterable[Identity]) -> None:
        """Book a message that the service has acknowledged.

        Args:
            conversation: Where.
            index: Its index.
            present: Who was joined when it was sent.
        """
        self._sent += 1
        for identity in present:
            self._expected.setdefault((conversation, identity), []).append(index)

    def observed(self, conversation: str, identity: Identity, index: int) -> None:
        """Book that *identity* observed a message."""
        self._observed.setdefault((conversation, identity), []).append(index)

    def verdict(self) -> Verdict:
        """Compare the books."""
        missing = repeated = unexpected = disordered = 0
        for observer in self._expected.keys() | self._observed.keys():
            expected = Counter(self._expected.get(observer, ()))
            observed = self._observed.get(observer, [])
            counts = Counter(observed)
            missing += (expected - counts).total()
            repeated += sum(count - 1 for count in counts.values())
            unexpected += sum(1 for index in counts if index not in expected)
            disordered += _is_disordered(observed)
        return Verdict(
            sent=self._sent,
            expected=sum(map(len, self._expected.values())),
            observed=sum(map(len, self._observed.values())),
            missing=missing,
            repeated=repeated,
            unexpected=unexpected,
            disordered=disordered,
        )


def _is_disordered(indices: Sequence[int]) -> bool:
    return any(later < earlier for earlier, later in pairwise(indices))
