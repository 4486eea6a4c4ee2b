"""The official SDK, three clients of it and more, against a real `rxconvo serve`: one run for all tests."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
# The SDK takes the runtime's websocket where there is one (Node.js 22), else that of the package ws.
OF_THE_PACKAGE, OF_THE_RUNTIME = "--no-experimental-websocket", "--experimental-websocket"
OVER_THE_RUNTIMES = ("a_picture_is_sent", "a_lost_connection_is_resumed", "a_token_about_to_expire_is_updated")
LIMIT = 180.0  # seconds for the whole run
SERVICE_DEADLINE = 30.0


@dataclass(frozen=True)
class Outcome:
    """What the runner has printed: each scenario's result by its name, and what nobody has caught."""

    scenarios: dict[str, dict[str, Any]]
    unhandled: list[str]


def why_not() -> str | None:
    """Tell what is missing for these tests, if anything is."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (PACKAGES / "@twilio" / "conversations").is_dir():
        return "the packages of the SDK are not installed: npm ci --prefix tests/interop"
    return None


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run a service on a store of its own, and give its address."""
    command = (sys.executable, "-m", "rxconvo", "serve", "--control", "--port", "0", "--store", store_in(folder))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - a command of ours
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"ws://\S+", line)
            assert found, f"the service does not come up: {line!r}"
            yield found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SERVICE_DEADLINE)


def store_in(folder: Path) -> str:
    return f"sqlite:{folder / 'chat.db'}"


def play(folder: Path, *scenarios: str, websocket: str) -> Outcome:
    """Run scenarios, all unless some are named, on a service of their own."""
    token = [sys.executable, "-m", "rxconvo", "token", "--store", store_in(folder)]
    with serving(folder) as url:
        config = json.dumps({"url": url, "token": token})
        ran = subprocess.run(  # noqa: S603 - a command of ours
            [str(shutil.which("node")), websocket, str(HERE / "run.mjs"), config, *scenarios],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    assert ran.returncode == 0, f"the runner has failed: {ran.stderr}"
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return Outcome(
        scenarios={line["scenario"]: line for line in lines if "scenario" in line},
        unhandled=next(line["unhandled"] for line in lines if "unhandled" in line),
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes a place for a run, or skips where what it needs is missing."""
    missing = why_not()
    if missing is not None:
        pytest.skip(missing)
    return lambda: tmp_path_factory.mktemp("interop")


@pytest.fixture(scope="session")
def outcome(folder: Callable[[], Path]) -> Outcome:
    """Run all scenarios, once."""
    return play(folder(), websocket=OF_THE_PACKAGE)


@pytest.fixture
def some(folder: Callable[[], Path]) -> Outcome:
    """Run a few over the runtime's websocket. (Not all: that of Node.js 20 does not tell of a failed connection.)"""
    return play(folder(), *OVER_THE_RUNTIMES, websocket=OF_THE_RUNTIME)
