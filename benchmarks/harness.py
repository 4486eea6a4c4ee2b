"""What all measurements share: how they are timed, what they cost, and what they come to.

Figures of a machine mean little, and this one is busy with other things. So everything is a ratio of two figures of the
same run: the contenders take turns, round by round and in alternating order, each round gives one ratio, and the median
of these counts. What is timed is processor time, where nothing waits for a disk. The collector runs before each turn,
over what was made since the race began, and is off during it, as with `timeit`.
"""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import TypeAlias

__all__ = ["Budget", "Contender", "Row", "Scale", "Timings", "Unit", "race"]

Contender: TypeAlias = Callable[[], Awaitable[float]]
"""Runs a turn and returns its figure, having checked its own work."""


class Scale(Enum):
    """How much to measure."""

    FULL = "full"
    QUICK = "quick"
    TINY = "tiny"
    """Just enough to see that everything still works."""


class Unit(Enum):
    """What a figure counts; each is written with the largest prefix that leaves something before the point."""

    SECONDS = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9))
    BYTES = (("MB", 2.0**20), ("KB", 2.0**10), ("B", 1.0))
    PER_SECOND = (("/s", 1.0),)
    TIMES = (("x", 1.0),)

    def write(self, value: float) -> str:
        """Return *value* with its unit, in three digits or so."""
        name, size = next((step for step in self.value if abs(value) >= step[1]), self.value[-1])
        scaled = value / size
        digits = 0 if abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2
        return f"{scaled:,.{digits}f}{'' if name.startswith(('/', 'x')) else ' '}{name}"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a figure should come to.

    Attributes:
        limit: The bound.
        unit: That of the bound: `TIMES` bounds the ratio, any other our own figure.
        least: Whether it is a lower bound.
    """

    limit: float
    unit: Unit = Unit.TIMES
    least: bool = False

    def __str__(self) -> str:
        return f"{'>=' if self.least else '<='} {self.unit.write(self.limit)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        ours: Our figure.
        peer: What it is compared with.
        theirs: The figure of that.
        ratio: Ours to theirs.
        unit: Of both figures.
        budget: What it should come to, or None.
    """

    what: str
    ours: float
    peer: str
    theirs: float
    ratio: float
    unit: Unit = Unit.SECONDS
    budget: Budget | None = None

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None where there is none."""
        if self.budget is None:
            return None
        figure = self.ratio if self.budget.unit is Unit.TIMES else self.ours
        return figure >= self.budget.limit if self.budget.least else figure <= self.budget.limit


@dataclass(frozen=True, slots=True)
class Timings:
    """What each contender took, round by round."""

    rounds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        """Return the typical figure of a contender."""
        return median(self.rounds[name])

    def ratios(self, name: str, other: str) -> list[float]:
        """Return the ratio of two contenders in each round."""
        return [ours / theirs for ours, theirs in zip(self.rounds[name], self.rounds[other], strict=True)]

    def row(
        self,
        what: str,
        name: str,
        other: str,
        *,
        peer: str | None = None,
        unit: Unit = Unit.SECONDS,
        budget: Budget | None = None,
    ) -> Row:
        """Compare two contenders.

        Args:
            what: What was measured.
            name: Ours.
            other: The peer.
            peer: What the row calls it, if not the same.
            unit: Of their figures.
            budget: As in `Row`.
        """
        return Row(
            what=what,
            ours=self.median(name),
            peer=peer or other,
            theirs=self.median(other),
            ratio=median(self.ratios(name, other)),
            unit=unit,
            budget=budget,
        )


async def race(rounds: int, contenders: Mapping[str, Contender]) -> Timings:
    """Let contenders take turns.

    Args:
        rounds: How often each has a turn, after one that does not count.
        contenders: By name.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for number in range(rounds + 1):
            for name in list(contenders)[:: -1 if number % 2 else 1]:
                gc.collect()
                figure = await contenders[name]()
                if number:
                    taken[name].append(figure)
    finally:
        gc.enable()
        gc.unfreeze()
    return Timings(taken)
