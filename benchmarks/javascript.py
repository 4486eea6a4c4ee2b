"""Measurements that run under Node.js, where that is there with the packages they need."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.children import Child, running

__all__ = ["javascript", "why_not"]

_FOLDER: Final = Path(__file__).parent / "rxjs"


def why_not() -> str | None:
    """Tell what is missing, if anything is."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (_FOLDER / "node_modules" / "rxjs").is_dir():
        return "its package is not installed: npm ci --prefix benchmarks/rxjs"
    return None


@asynccontextmanager
async def javascript(script: str, given: object) -> AsyncGenerator[Child]:
    """Run a script until the context ends. What it is given is its first question."""
    async with running(str(shutil.which("node")), "--no-warnings", str(_FOLDER / script)) as process:
        assert await process.ask(given) is True, json.dumps(script)
        yield process
