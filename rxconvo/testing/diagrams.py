"""Marble diagrams: what happens when, as text, and two of them side by side where they differ.

Each mark takes one tick, a second unless said otherwise:

    -        nothing
    a        a value, by its name
    (bc)     several at the same moment; the brackets take their ticks as well
    |        completion
    #        an error
    5s       time that passes: ms, s, m, h or d, with a blank on either side
    ^ !      in spans, where somebody subscribes, and where that ends

Other blanks are for the eye only. So `a--b` is two values three seconds apart, and `1h 300ms b` one after an hour and
300 ms; `1h300ms` or `a5s` is an error, as nobody can tell whether that was to be a duration.

Where an expectation is not met, what was expected and what was seen stand below each other, each moment in the same
column. Between two of them ` 5s ` is time that passes after the mark before it, as above; ` +300ms ` is less than the
tick which that mark takes, where a diagram could not say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rxconvo.errors import ArgumentError

__all__ = ["Diagram", "Kind", "Mark", "Span", "aligned", "parse", "parse_span"]

Kind: TypeAlias = Literal["next", "error", "completed", "subscribed", "disposed"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:^|(?<=\s))(\d+(?:\.\d+)?)(ms|s|m|h|d)(?=\s|$)")
_GLUED = re.compile(r"\d+(?:\.\d+)?(?:ms|s|m|h|d)")  # looks like one
_KINDS: dict[str, Kind] = {"|": "completed", "#": "error", "^": "subscribed", "!": "disposed"}
_FIGURES = 6  # of seconds, to which moments are compared
_LONGEST = 40  # dashes, until a gap is written as a duration


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one moment.

    Attributes:
        at: Seconds after the start of the diagram.
        kind: What.
        name: Of a value.
    """

    at: float
    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        """Return the character for it."""
        return self.name or next(sign for sign, kind in _KINDS.items() if kind == self.kind)


@dataclass(frozen=True, slots=True)
class Diagram:
    """A diagram, read.

    Attributes:
        marks: What it says, in order.
        end: Seconds that it takes.
    """

    marks: tuple[Mark, ...]
    end: float


@dataclass(frozen=True, slots=True)
class Span:
    """When somebody was subscribed.

    Attributes:
        subscribed: Seconds after the start.
        disposed: Likewise; None where that never ended.
    """

    subscribed: float
    disposed: float | None = None


def parse(diagram: str, *, tick: float = 1.0) -> Diagram:
    """Read a diagram.

    Args:
        diagram: The text.
        tick: Seconds that a mark takes.

    Returns:
        What it says.

    Raises:
        ArgumentError: A bracket is missing, something comes after the end, or a duration has no blank beside it.
    """
    marks: list[Mark] = []
    now = 0.0
    grouped: float | None = None  # the moment of the brackets that are open
    for word in _words(diagram):
        if not isinstance(word, str):
            now += word
            continue
        sign = word
        at = round(now if grouped is None else grouped, _FIGURES)
        now += tick
        if sign in "()":
            if (sign == "(") != (grouped is None):
                raise ArgumentError("diagram", "with a ) after each ( and a ( before each )", diagram)
            grouped = at if sign == "(" else None
        elif sign != "-":
            if marks and marks[-1].kind in ("completed", "error"):
                raise ArgumentError("diagram", "with nothing after its end", diagram)
            kind = _KINDS.get(sign, "next")
            marks.append(Mark(at, kind, sign if kind == "next" else ""))
    if grouped is not None:
        raise ArgumentError("diagram", "with a ) after each ( and a ( before each )", diagram)
    return Diagram(tuple(marks), round(now, _FIGURES))


def _words(diagram: str) -> Iterator[str | float]:
    """Yield each sign, and durations as seconds; in brackets there are none."""
    position, grouped = 0, False
    while position < len(diagram):
        if not grouped and (found := _DURATION.match(diagram, position)):
            yield float(found[1]) * _UNITS[found[2]]
            position = found.end()
            continue
        if not grouped and (glued := _GLUED.match(diagram, position)):
            raise ArgumentError("diagram", f"with a blank on either side of a duration such as {glued[0]}", diagram)
        sign = diagram[position]
        position += 1
        if not sign.isspace():
            grouped = sign == "(" or (grouped and sign != ")")
            yield sign


def parse_span(diagram: str, *, tick: float = 1.0) -> Span:
    """Read when somebody is subscribed: `--^---!`, or without an end `^`.

    Args:
        diagram: The text.
        tick: Seconds that a mark takes.

    Raises:
        ArgumentError: It says anything else.
    """
    marks = parse(diagram, tick=tick).marks
    kinds = [mark.kind for mark in marks]
    if kinds not in (["subscribed"], ["subscribed", "disposed"]):
        raise ArgumentError("diagram", "one ^, and perhaps one ! after it", diagram)
    return Span(marks[0].at, marks[1].at if len(marks) > 1 else None)


def aligned(*rows: Sequence[Mark], tick: float = 1.0) -> list[str]:
    """Write diagrams below each other, each moment in the same column.

    Args:
        rows: What each of them says.
        tick: Seconds that a mark takes.

    Returns:
        A line for each.
    """
    moments = sorted({0.0, *(mark.at for row in rows for mark in row)})
    lines = ["" for _ in rows]
    for position, moment in enumerate(moments):
        cells = [_cell(mark for mark in row if mark.at == moment) for row in rows]
        width = max(map(len, cells))
        gap = "" if position + 1 == len(moments) else _gap(moments[position + 1] - moment, width, tick)
        lines = [line + cell.ljust(width, "-") + gap for line, cell in zip(lines, cells, strict=True)]
    return lines


def _cell(marks: Iterable[Mark]) -> str:
    """Write what happens at one moment."""
    text = "".join(map(str, marks))
    return f"({text})" if len(text) > 1 else text or "-"


def _gap(seconds: float, width: int, tick: float) -> str:
    """Write the time between two moments, of which the first takes some columns."""
    ticks = seconds / tick
    if abs(ticks - round(ticks)) < 10**-_FIGURES and width <= round(ticks) <= _LONGEST:
        return "-" * (round(ticks) - width)
    return f" {duration(seconds - tick)} " if seconds > tick else f" +{duration(seconds)} "


def duration(seconds: float) -> str:
    """Write a duration as diagrams have it.

    Args:
        seconds: How long.

    Returns:
        For example `90s`, `1.5h` or `20ms`.
    """
    for unit in ("h", "m", "s"):
        amount = round(seconds / _UNITS[unit], _FIGURES)
        if amount >= 1 and (unit == "s" or amount == int(amount)):
            return f"{amount:g}{unit}"
    return f"{round(seconds * 1000, _FIGURES):g}ms"
