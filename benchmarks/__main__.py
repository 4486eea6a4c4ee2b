"""Measures everything and prints one table: `python -m benchmarks`.

Ratios count, not figures: each is of two things that took turns in the same run. Beside them stands what they should
come to, and whether they do. That is an aim: a miss is printed, and fails nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from time import perf_counter
from typing import Final

from benchmarks import (
    frames,
    imports,
    memory,
    operators,
    sockets,
    storage,
    subscriptions,
    typing_events,
    viewers,
    waiting,
)
from benchmarks.harness import Row, Scale
from benchmarks.table import table

__all__ = ["MEASUREMENTS", "main"]

MEASUREMENTS: Final[Mapping[str, Callable[[Scale], Coroutine[None, None, list[Row]]]]] = {
    "frames": frames.measure,
    "sockets": sockets.measure,
    "storage": storage.measure,
    "typing": typing_events.measure,
    "waiting": waiting.measure,
    "operators": operators.measure,
    "subscriptions": subscriptions.measure,
    "viewers": viewers.measure,
    "memory": memory.measure,
    "imports": imports.measure,
}
"""What can be measured, by name."""


def main() -> None:
    """Measure what the command line names, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Print what things cost, as ratios.")
    parser.add_argument("--only", action="append", choices=list(MEASUREMENTS), help="measure this; may be repeated")
    parser.add_argument("--quick", action="store_true", help="with less, in a fraction of the time")
    chosen = parser.parse_args()
    scale = Scale.QUICK if chosen.quick else Scale.FULL
    rows: list[Row] = []
    for name in chosen.only or MEASUREMENTS:
        start = perf_counter()
        rows += asyncio.run(MEASUREMENTS[name](scale))
        print(f"{name}: {perf_counter() - start:.1f} s", file=sys.stderr)
    print(table(rows))


if __name__ == "__main__":
    main()
