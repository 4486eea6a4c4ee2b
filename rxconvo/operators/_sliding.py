"""Counts over a window that slides in steps: by key, with one deadline for all keys."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Hashable, Iterable
from math import inf
from typing import Final, Generic, TypeVar

from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.errors import ArgumentError
from rxconvo.operators._arguments import check_seconds
from rxconvo.operators._timed import Timed

__all__ = ["MOST_STEPS", "Sliding", "steps_of"]

A = TypeVar("A")
B = TypeVar("B")
K = TypeVar("K", bound=Hashable)

MOST_STEPS: Final = 1000
"""A window has no more steps than these, as each has counts of its own."""


def steps_of(window: float, slide: float, field: str) -> int:
    """Return how many steps a window has.

    Args:
        window: Its seconds.
        slide: Seconds of a step.
        field: Name of the window's argument.

    Raises:
        ArgumentError: Either is not positive, or the window has no whole number of steps, or too many.
    """
    check_seconds(field, window)
    steps = round(window / check_seconds("slide", slide))
    if not 1 <= steps <= MOST_STEPS or abs(steps * slide - window) > 1e-9 * window:
        raise ArgumentError("slide", f"{field} divided by a whole number, at most {MOST_STEPS}", slide)
    return steps


class Sliding(Timed[A, B], Generic[A, K, B]):
    """One subscription. Steps begin with the first value, and end when nothing is left in the window.

    Args:
        observer: Gets the results, and at once that for nothing.
        scheduler: Whose clock counts.
        slide: Seconds of a step.
        steps: How many the window has.
        max_keys: What has another key than these is not counted.

    Attributes:
        totals: How many are in the window, by key.
    """

    __slots__ = ("_begun", "_counts", "_max_keys", "_now", "_slide", "_steps", "_tick", "totals")

    def __init__(
        self, observer: ObserverBase[B], scheduler: SchedulerBase, *, slide: float, steps: int, max_keys: int
    ) -> None:
        super().__init__(observer, scheduler)
        self._slide = slide
        self._steps = steps
        self._max_keys = max_keys
        self.totals: dict[K, int] = {}
        self._now: dict[K, int] = {}  # those of the step that goes on
        self._counts: deque[dict[K, int]] = deque()  # those of the steps that are over
        self._begun = inf  # when the first step did; infinity while nothing is in the window
        self._tick = 0  # how many are over
        observer.on_next(self.result())

    @abstractmethod
    def key(self, value: A) -> K:
        """Return what a value is counted under."""

    @abstractmethod
    def result(self) -> B:
        """Return what to emit of the totals."""

    def on_next(self, value: A) -> None:
        """Count a value."""
        if self.observer is None:
            return
        try:
            key = self.key(value)
            total = self.totals.get(key, 0)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
            self.on_error(error)
            return
        if not total and len(self.totals) >= self._max_keys:
            return
        self.totals[key] = total + 1
        self._now[key] = self._now.get(key, 0) + 1
        if self._begun == inf:
            self._begun = self.clock()
            self._tick = 0
            self.arm(self._begun + self._slide)

    def due(self, now: float) -> None:
        """End the steps that are over."""
        while self.totals and self._begun + (self._tick + 1) * self._slide <= now:
            self._step()
        if self.totals:
            self.arm(self._begun + (self._tick + 1) * self._slide)
        else:
            self.forget()
        if self.observer is not None:
            self.observer.on_next(self.result())

    def last(self) -> Iterable[B]:
        """Return the result with what came in the step that goes on."""
        return (self.result(),) if self._now else ()

    def forget(self) -> None:
        """Let go of all counts."""
        self.totals.clear()
        self._now = {}
        self._counts.clear()
        self._begun = inf

    def _step(self) -> None:
        self._tick += 1
        self._counts.append(self._now)
        self._now = {}
        if len(self._counts) <= self._steps:
            return
        for key, count in self._counts.popleft().items():
            left = self.totals[key] - count
            if left:
                self.totals[key] = left
            else:
                del self.totals[key]
