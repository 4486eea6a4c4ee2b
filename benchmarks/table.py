"""The table that everything ends in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.harness import Row, Unit

__all__ = ["table"]

_HEAD: Final = ("measured", "ours", "against", "theirs", "ratio", "budget", "")
_VERDICTS: Final = {True: "met", False: "MISSED", None: ""}


def table(rows: Sequence[Row]) -> str:
    """Return rows as text, in columns."""
    lines = [_HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(_line(cells, widths).rstrip() for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        row.unit.write(row.ours),
        row.peer,
        row.unit.write(row.theirs),
        Unit.TIMES.write(row.ratio),
        "" if row.budget is None else str(row.budget),
        _VERDICTS[row.met],
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    what, ours, peer, *rest = (
        cell.ljust(width) if column in (0, 2, 6) else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join((what, ours, peer, *rest))
