"""Processes under test, and what they print."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

DEADLINE = 20.0  # seconds, for anything that is waited for


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServiceProcess:
    """`rxconvo serve`, which can be killed and started again on the same port and store."""

    def __init__(self, store: str, port: int) -> None:
        self.store = store
        self._port = port
        self._process: Process | None = None
        self.url = ""

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "rxconvo", "serve", "--port", str(self._port), "--store", self.store),
            stdout=PIPE,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            line = (await self._process.stdout.readline()).decode()
        self.url = next(word for word in line.split() if word.startswith("ws://"))

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        return await self._end(signal.SIGTERM)

    async def end(self) -> None:
        """Stop it, unless it is stopped already."""
        if self._process is not None:
            await self.kill()

    async def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(number)
        async with asyncio.timeout(DEADLINE):
            await process.communicate()
        assert process.returncode is not None
        return process.returncode


class TalkerProcess:
    """A client in a process of its own."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._asked = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._changed = asyncio.Condition()
        self.seen: list[dict[str, Any]] = []

    async def ask(self, do: str, **arguments: object) -> Any:
        """Have something done and wait for its result."""
        async with asyncio.timeout(DEADLINE):
            return await self.begin(do, **arguments)

    def begin(self, do: str, **arguments: object) -> asyncio.Future[Any]:
        """Have something done; the future gets its result."""
        self._asked += 1
        future = self._answers[self._asked] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, "id": self._asked, **arguments}).encode() + b"\n")
        return future

    async def until(self, holds: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until what was seen is so."""
        async with asyncio.timeout(DEADLINE), self._changed:
            await self._changed.wait_for(lambda: holds(self.seen))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.seen if line["saw"] == kind]

    async def listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            told = json.loads(line)
            if "saw" in told:
                async with self._changed:
                    self.seen.append(told)
                    self._changed.notify_all()
            else:
                future = self._answers.pop(told["did"])
                if "error" in told:
                    future.set_exception(AssertionError(told["error"]))
                else:
                    future.set_result(told["result"])


@pytest.fixture
async def service(tmp_path: Path) -> AsyncGenerator[ServiceProcess]:
    """A running `rxconvo serve` on a store of its own."""
    service = ServiceProcess(f"sqlite:{tmp_path / 'chat.db'}", free_port())
    await service.start()
    yield service
    await service.end()


@pytest.fixture
async def talking(service: ServiceProcess) -> AsyncGenerator[Callable[[str], Awaitable[TalkerProcess]]]:
    """Starts clients of that service, each in a process of its own."""
    async with AsyncExitStack() as stack:

        async def start(identity: str) -> TalkerProcess:
            return await stack.enter_async_context(_talking(service, identity))

        yield start


@asynccontextmanager
async def _talking(service: ServiceProcess, identity: str) -> AsyncGenerator[TalkerProcess]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).with_name("talker.py")), service.url, identity, service.store),
        stdin=PIPE,
        stdout=PIPE,
    )
    talker = TalkerProcess(process)
    listening = asyncio.create_task(talker.listen())
    try:
        yield talker
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(DEADLINE):
            await process.wait()
            await listening
