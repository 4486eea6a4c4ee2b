"""Fault plans: what goes wrong in a test, when, and with whom, as frozen values.

A plan is drawn from a seed, or written down; a field that makes no sense is an `ArgumentError`. It is played on a
`World` beside the test's own doings. One that breaks something is made as small as it can be, and printed as the code
that makes it again.

Example:
    from rxconvo.testing import Cut, FaultPlan, Jump, World, play

    plan = FaultPlan((Cut("ada", after=900), Jump(at=2.0, by=-600.0)))

    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        lunch = await world.conversation(ada, bob)
        async with play(plan, world):
            print(await lunch.send_message("hello").retry(9))  # -> 0
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import inf
from typing import Any, TypeAlias, cast, get_args

from rxconvo.errors import ArgumentError
from rxconvo.operators._arguments import (
    check_choice,
    check_iterable,
    check_kind,
    check_number,
    check_range,
    check_seconds,
    check_text,
)
from rxconvo.testing.lines import Way

__all__ = [
    "Cut",
    "Delay",
    "Duplicate",
    "Expire",
    "Fault",
    "FaultPlan",
    "HalfOpen",
    "Hold",
    "Jump",
    "Restart",
    "Slice",
]


_CHECKS: dict[str, Callable[[str, Any], object]] = {
    "line": lambda field, value: check_text(field, value, "the name of a line"),
    "way": lambda field, value: check_choice(field, value, get_args(Way)),
    "size": check_number,
    **dict.fromkeys(("after", "frame"), lambda field, value: check_number(field, value, 0)),
    **dict.fromkeys(("at", "by", "down", "lasting"), lambda field, value: check_seconds(field, value, zero=True)),
}
"""What each field of a fault must be."""


class _Checked:
    """A fault, whose fields are checked by their names when it is made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for field in fields(cast("Cut", self)):  # as any of them
            _CHECKS[field.name](field.name, getattr(self, field.name))


@dataclass(frozen=True, slots=True)
class Cut(_Checked):
    """The connection ends, in the middle of a message perhaps.

    Attributes:
        line: Whose, by the name of the line.
        after: Bytes that still pass.
        way: Whose bytes are counted.
        at: Seconds after the start from which they are.
        down: Seconds from *at* for which no connection can be made: 0 is none at all.
    """

    line: str
    after: int = 0
    way: Way = "down"
    at: float = 0.0
    down: float = 0.0


@dataclass(frozen=True, slots=True)
class HalfOpen(_Checked):
    """What is sent is lost without a word; later the connection ends.

    Attributes:
        line: Whose, by the name of the line.
        way: Which way it is lost.
        at: Seconds after the start.
        lasting: Seconds until the connection ends.
    """

    line: str
    way: Way = "down"
    at: float = 0.0
    lasting: float = 1.0


@dataclass(frozen=True, slots=True)
class Delay(_Checked):
    """What is sent arrives later.

    Attributes:
        line: Whose, by the name of the line.
        way: Which way.
        at: Seconds after the start.
        lasting: Seconds for which it is so.
        by: Seconds by which it is late.
    """

    line: str
    way: Way = "down"
    at: float = 0.0
    lasting: float = 5.0
    by: float = 1.0


@dataclass(frozen=True, slots=True)
class Slice(_Checked):
    """What is sent arrives in small pieces, one at a time.

    Attributes:
        line: Whose, by the name of the line.
        way: Which way.
        at: Seconds after the start.
        lasting: Seconds for which it is so.
        size: Size of a piece: messages in process, bytes on sockets.
    """

    line: str
    way: Way = "down"
    at: float = 0.0
    lasting: float = 5.0
    size: int = 1


@dataclass(frozen=True, slots=True)
class Duplicate(_Checked):
    """One message arrives twice. In process only: on sockets nobody knows where messages begin.

    Attributes:
        line: Whose, by the name of the line.
        way: Which way.
        frame: How many messages come before it.
        at: Seconds after the start from which they are counted.
    """

    line: str
    way: Way = "down"
    frame: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Hold(_Checked):
    """One message is kept for a while, and all that come behind it. In process only.

    Attributes:
        line: Whose, by the name of the line.
        way: Which way.
        frame: How many messages come before it.
        at: Seconds after the start from which they are counted.
        lasting: Seconds for which it is kept.
    """

    line: str
    way: Way = "down"
    frame: int = 0
    at: float = 0.0
    lasting: float = 1.0


@dataclass(frozen=True, slots=True)
class Restart(_Checked):
    """The service is stopped and started again, with what it had.

    Attributes:
        at: Seconds after the start.
        down: Seconds for which it is stopped.
    """

    at: float = 0.0
    down: float = 0.0


@dataclass(frozen=True, slots=True)
class Expire(_Checked):
    """All tokens in force expire: by the time of day an hour passes, which is what they hold for.

    Attributes:
        at: Seconds after the start.
    """

    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Jump(_Checked):
    """Everybody's time of day jumps; what counts seconds does not notice.

    Attributes:
        by: Seconds, forwards or backwards.
        at: Seconds after the start.
    """

    by: float
    at: float = 0.0

    def __post_init__(self) -> None:
        """Check the fields: clocks may go back."""
        check_range("by", self.by, -inf, inf, "a finite number of seconds")
        check_seconds("at", self.at, zero=True)


Fault: TypeAlias = Cut | HalfOpen | Delay | Slice | Duplicate | Hold | Restart | Expire | Jump
"""One thing that goes wrong."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What goes wrong, and when.

    Attributes:
        faults: The faults; their order does not matter.
        seed: Where they were drawn from, or None.

    Raises:
        ArgumentError: *faults* is no tuple of faults.
    """

    faults: tuple[Fault, ...] = ()
    seed: int | None = None

    def __post_init__(self) -> None:
        """Check the faults."""
        check_kind("faults", self.faults, tuple, "a tuple of faults, as `FaultPlan((Cut(…),))`")
        for fault in self.faults:
            check_kind("faults", fault, get_args(Fault), "a tuple of faults")

    def __str__(self) -> str:
        """Return the code that makes it again."""
        if not self.faults:
            return "FaultPlan()"
        return "FaultPlan((" + "".join(f"\n    {fault!r}," for fault in self.faults) + "\n))"

    @classmethod
    def seeded(
        cls, seed: int, *, lines: Sequence[str] = ("ada", "bob"), within: float = 10.0, most: int = 5, size: int = 6_000
    ) -> FaultPlan:
        """Draw a plan: the same for the same arguments.

        Args:
            seed: Where it is drawn from.
            lines: Names of the lines that fail, of which each is named after its user.
            within: Seconds after the start within which everything begins.
            most: How many faults at most; there is at least one.
            size: Bytes after which a cut comes at most.

        Returns:
            The plan. Clocks jump by an hour at most: a day and more is beyond what the service remembers.

        Raises:
            ArgumentError: There are no lines, or a number is less than 1, or *within* negative.
        """
        check_iterable("lines", lines, "names of lines, at least one")
        if not lines:
            raise ArgumentError("lines", "names of lines, at least one", lines)
        check_seconds("within", within, zero=True)
        check_number("most", most)
        check_number("size", size)
        chance = random.Random(seed)
        return cls(
            tuple(_drawn(chance, lines, within, size) for _ in range(chance.randint(1, most))),
            seed,
        )


def _drawn(chance: random.Random, lines: Sequence[str], within: float, size: int) -> Fault:
    """Draw one fault."""
    line, at = chance.choice(lines), round(chance.uniform(0.0, within), 2)
    way: Way = chance.choice(("up", "down"))
    lasting, some = round(chance.expovariate(0.5), 2), chance.randrange(8)
    drawn: Sequence[tuple[int, Fault]] = (
        (8, Cut(line, chance.randrange(size), way, at, chance.choice((0.0, 0.0, lasting)))),
        (3, HalfOpen(line, way, at, lasting)),
        (2, Delay(line, way, at, lasting, round(chance.expovariate(2.0), 2))),
        (1, Slice(line, way, at, lasting, 1 + some % 3)),
        (3, Duplicate(line, way, some, at)),
        (2, Hold(line, way, some, at, lasting)),
        (1, Restart(at, chance.choice((0.0, lasting)))),
        (1, Expire(at)),
        (1, Jump(round(chance.uniform(-3600.0, 3600.0)), at)),
    )
    return chance.choices([fault for _, fault in drawn], [weight for weight, _ in drawn])[0]
