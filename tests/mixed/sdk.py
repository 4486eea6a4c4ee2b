"""Clients of the official SDK, in one Node process."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

DEADLINE = 30.0
"""Seconds, for anything that is waited for."""

_HERE = Path(__file__).parent
_PACKAGE = _HERE.parent / "interop" / "package.json"
_LONGEST_LINE = 64 * 2**20


def missing() -> str | None:
    """Say what is missing to run the official SDK, or None."""
    if shutil.which("node") is None:
        return "needs Node.js"
    if not (_PACKAGE.parent / "node_modules" / "@twilio" / "conversations").is_dir():
        return "needs `npm ci --prefix tests/interop`"
    return None


class RefusedError(Exception):
    """What was to be done was not done, as far as the client knows: refused, or the line was cut meanwhile."""


class UnknownHereError(RefusedError):
    """The client does not hold what it was to act on."""


class Node:
    """The Node process.

    Attributes:
        strays: What went wrong there outside any answer.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._asked = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.strays: list[str] = []

    async def ask(self, client: str, do: str, **details: object) -> Any:
        """Have a client do something, and wait for its result."""
        self._asked += 1
        future = self._answers[self._asked] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        order = {"id": self._asked, "client": client, "do": do, **details}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return await future

    async def listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            told = json.loads(line)
            if "stray" in told:
                self.strays.append(told["stray"])
                continue
            future = self._answers.pop(told["id"])
            if future.done():
                continue
            if "error" not in told:
                future.set_result(told["result"])
            elif told["kind"] == "unknown":
                future.set_exception(UnknownHereError(told["error"]))
            elif told["kind"] == "refused":
                future.set_exception(RefusedError(told["error"]))
            else:
                future.set_exception(AssertionError(told["error"]))
        for future in self._answers.values():
            if not future.done():
                future.set_exception(AssertionError("the Node process has ended"))


@asynccontextmanager
async def node() -> AsyncGenerator[Node]:
    """Run Node for a while."""
    process = await asyncio.create_subprocess_exec(
        *("node", str(_HERE / "driver.mjs"), str(_PACKAGE)),
        stdin=PIPE,
        stdout=PIPE,
        limit=_LONGEST_LINE,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    found = Node(process)
    listening = asyncio.create_task(found.listen())
    try:
        yield found
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(DEADLINE):
            await process.wait()
            await listening


class SdkClient:
    """A client of the official SDK. Its name begins with whose it is.

    Attributes:
        name: How the Node process calls it.
        identity: The user.
        outages: How often its line was cut.
        faults: What it has reported as wrong: it does not.
    """

    kind = "sdk"

    def __init__(self, node: Node, name: str, identity: str) -> None:
        self._node = node
        self.name = name
        self.identity = identity
        self.down = False
        self.outages = 0
        self.faults: list[str] = []

    async def start(self, url: str, token: str) -> None:
        await self._node.ask(self.name, "start", url=url, token=token)

    async def do(self, what: str, **details: object) -> Any:
        """Do something.

        Raises:
            RefusedError: It was not done, or nobody can tell.
        """
        return await self._node.ask(self.name, what, **details)

    async def cut(self) -> None:
        self.down = True
        self.outages += 1
        await self._node.ask(self.name, "cut")

    async def restore(self) -> None:
        self.down = False
        await self._node.ask(self.name, "restore")

    async def told(self) -> list[dict[str, Any]]:
        """Return all events so far."""
        told: list[dict[str, Any]] = await self._node.ask(self.name, "told")
        return told

    async def shutdown(self) -> None:
        await self._node.ask(self.name, "shutdown")
