"""Other processes: what shall not share ours, and what shall have one of its own to be weighed in."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

__all__ = ["Child", "child", "listen_to_parent", "resident", "running", "say"]

_ROOT: Final = Path(__file__).parent.parent
_DEADLINE: Final = 120.0
_LONGEST_LINE: Final = 2**20


class Child:
    """A process that answers questions, one line each.

    Args:
        process: It.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, question: object) -> Any:
        """Return what it answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(question)}\n".encode())
        return await self.hear()

    async def hear(self) -> Any:
        """Return what it says next."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_DEADLINE):
            return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def child(module: str, *arguments: object) -> AsyncGenerator[Child]:
    """Run a module of this package in a process of its own, until the context ends."""
    async with running(sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)) as process:
        yield process


@asynccontextmanager
async def running(*command: str) -> AsyncGenerator[Child]:
    """Run a command, until the context ends."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=_ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST_LINE
    )
    try:
        yield Child(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def listen_to_parent(answer: Callable[[Any], Awaitable[object]]) -> None:
    """Answer the questions of the parent until it goes. To be called in the child."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        say(await answer(json.loads(line)))


def say(answer: object) -> None:
    """Tell the parent something."""
    print(json.dumps(answer), flush=True)


def resident() -> int | None:
    """Return how many bytes of memory this process occupies; None where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGESIZE")
