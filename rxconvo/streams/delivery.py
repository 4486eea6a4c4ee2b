"""One queue for all streams of a client: everybody sees everything in the same order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from rxconvo.streams.context import Context, Report
from rxconvo.streams.scheduler import LoopScheduler

__all__ = ["Delivery"]

V = TypeVar("V")


class Delivery(Context):
    """Hands values to streams one by one; what is published meanwhile comes after.

    While a value is handed over (`busy`), no set of observers may change. What would change one goes to `waiting`, and
    `settle` does it before the next value. So the loops over observers need no copy, a new observer sees later values
    only, and a disposed one gets nothing any more at once, since disposing takes its callbacks away.

    Args:
        scheduler: The scheduler that chains get when `subscribe` is given none.
        report: Gets every fault of an observer.

    Attributes:
        busy: Whether a value is being handed over.
        waiting: What has to wait for the end of that.
    """

    __slots__ = ("_queue", "busy", "waiting")

    def __init__(self, scheduler: LoopScheduler, report: Report) -> None:
        super().__init__(scheduler, report)
        self.busy = False
        self.waiting: list[Callable[[], None]] = []
        self._queue: deque[tuple[Callable[[Any], None], Iterator[Any]]] = deque()

    def run(self, hand_over: Callable[[Iterator[V]], None], values: Sequence[V]) -> None:
        """Hand over values in order, after all that is being handed over already.

        Args:
            hand_over: Takes the values one by one to those who observe them, and calls `settle` after each where
                something is waiting.
            values: The values; not to be changed afterwards.

        Raises:
            BaseException: What an observer raised that is meant for the whole program. The values that are left come
                first next time.
        """
        rest = iter(values)
        if self.busy or self._queue:
            self._queue.append((hand_over, rest))
            if self.busy:
                return
            hand_over, rest = self._queue.popleft()  # left by an exception
        self.busy = True
        try:
            hand_over(rest)
            if self._queue:
                self._drain()
        except BaseException:
            self._queue.appendleft((hand_over, rest))
            self.settle()
            raise
        finally:
            self.busy = False

    def call(self, act: Callable[[], None]) -> None:
        """Do something that belongs between two values, such as to complete a stream, after all that is queued."""
        self.run(self._call, (act,))

    def settle(self) -> None:
        """Do what is waiting. To be called between two values."""
        while self.waiting:
            waiting, self.waiting = self.waiting, []
            for change in waiting:
                change()

    def _call(self, acts: Iterator[Callable[[], None]]) -> None:
        for act in acts:
            act()
            if self.waiting:
                self.settle()

    def _drain(self) -> None:
        while self._queue:
            hand_over, rest = self._queue[0]
            hand_over(rest)
            self._queue.popleft()
