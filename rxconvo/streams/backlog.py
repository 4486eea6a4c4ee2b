"""Values that wait for a consumer, only so many, and what becomes of one more."""

from __future__ import annotations

from collections import deque
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, cast, get_args

from rxconvo.errors import ArgumentError
from rxconvo.model.diffs import DiffBatch, Reset, apply

__all__ = ["Backlog", "Overflow", "check_overflow"]

T = TypeVar("T")

Overflow: TypeAlias = Literal["error", "disconnect", "drop_oldest", "drop_newest", "reset"]
"""What becomes of a value for which there is no room.

`error`: it ends with a `SlowConsumerError`, after those that wait. `disconnect`: it completes instead. `drop_oldest`:
the one that waits longest makes room. `drop_newest`: it is dropped itself. `reset`: for diffs of lists; all that wait,
and this one, become a single `Reset`, so that the consumer has the list as it is.
"""

_OVERFLOWS: Final = get_args(Overflow)


def check_overflow(field: str, value: object) -> None:
    """Check a policy.

    Raises:
        ArgumentError: There is no such policy.
    """
    if value not in _OVERFLOWS:
        raise ArgumentError(field, f"one of {', '.join(_OVERFLOWS)}", value)


class Backlog(Generic[T]):
    """Values that wait, in order.

    Args:
        limit: How many may wait.
        overflow: What becomes of one more.

    Attributes:
        items: Those that wait; taken with `take`.
        limit: The same.
        overflow: The same.
        dropped: How many were dropped, or merged into a `Reset`, so far.
    """

    __slots__ = ("_list", "dropped", "items", "limit", "overflow")

    def __init__(self, limit: int, overflow: Overflow) -> None:
        self.items: deque[T] = deque()
        self.limit = limit
        self.overflow = overflow
        self.dropped = 0
        self._list: tuple[Any, ...] = ()  # with `reset`: the list as the consumer has it

    def put(self, value: T) -> bool:
        """Keep a value. Return whether it goes on; if not, there is no room and the policy is to end.

        Raises:
            ArgumentError: With `reset`, if it is no diff of the list.
        """
        items = self.items
        if len(items) < self.limit:
            items.append(value)
            return True
        match self.overflow:
            case "drop_oldest":
                items.popleft()
                items.append(value)
                self.dropped += 1
            case "drop_newest":
                self.dropped += 1
            case "reset":
                items.append(value)
                self.dropped += len(items) - 1
                values = self._list
                for batch in items:
                    values = apply(values, _batch(batch))
                items.clear()
                items.append(cast("T", DiffBatch((Reset(values),))))
            case _:
                return False
        return True

    def take(self) -> T:
        """Return the value that waits longest.

        Raises:
            IndexError: None waits.
        """
        value = self.items.popleft()
        if self.overflow == "reset":
            self._list = apply(self._list, _batch(value))
        return value


def _batch(value: Any) -> DiffBatch[Any]:
    batch: DiffBatch[Any] = value
    if not isinstance(value, DiffBatch):
        raise ArgumentError("overflow", "another one: reset is for diffs of lists", value)
    return batch
