"""What an import costs, in fresh processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.budgets import BUDGETS
from benchmarks.harness import Contender, Row, Scale, race

__all__ = ["measure"]

_ROUNDS: Final = {Scale.FULL: 5, Scale.QUICK: 2, Scale.TINY: 1}
_ROOT: Final = Path(__file__).parent.parent

_OURS, _PEER = "import rxconvo", "import reactivex, msgspec"
_ALL, _ALL_PEER = "import rxconvo; rxconvo.connect", "import reactivex, msgspec, orjson, aiohttp"


async def measure(scale: Scale) -> list[Row]:
    """Measure it, and also what it takes to connect."""
    statements = (_OURS, _PEER, _ALL, _ALL_PEER)
    timings = await race(_ROUNDS[scale], {statement: _run(statement) for statement in statements})
    return [timings.row(_OURS, _OURS, _PEER, budget=BUDGETS["import"]), timings.row(_ALL, _ALL, _ALL_PEER)]


def _run(statement: str) -> Contender:
    """Return what runs a statement in a process of its own and tells its seconds."""
    program = f"from time import process_time as t; start = t(); {statement}; print(t() - start)"

    async def run() -> float:
        done = subprocess.run(  # noqa: ASYNC221, S603 - nothing else is to run meanwhile; our own program
            [sys.executable, "-c", program], cwd=_ROOT, check=True, capture_output=True, text=True
        )
        return float(done.stdout)

    return run
