"""What is to be seen on a terminal, as it is kept in `captures/`.

What has changed on purpose is written anew by `RXCONVO_CAPTURES=write pytest tests/cli/test_captures.py`; look at it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rxconvo.cli.app import COMMANDS
from tests.cli.terminals import Terminal, normalised

if TYPE_CHECKING:
    from tests.cli.conftest import Run

pytestmark = pytest.mark.e2e

CAPTURES = Path(__file__).with_name("captures")
WRITE = os.environ.get("RXCONVO_CAPTURES") == "write"


@contextmanager
def serving(run: Run) -> Generator[str]:
    """Run a service with a conversation in it; give its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "rxconvo", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"ws://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found is not None
            assert run("send", "lunch", "pizza?", "--create", "--as", "ada", "--url", found[0])[0] == 0
            yield found[0]
        finally:
            process.kill()


def compare(name: str, text: str) -> None:
    """Compare a screen with the one that is kept."""
    kept = CAPTURES / f"{name}.txt"
    if WRITE:
        CAPTURES.mkdir(exist_ok=True)
        kept.write_text(normalised(text), encoding="utf-8")
    assert normalised(text) == kept.read_text(encoding="utf-8")


def test_tail(place: Path, run: Run) -> None:
    with serving(run) as url, ExitStack() as stack:
        to = ("--as", "ada", "--url", url)
        terminals = [
            stack.enter_context(Terminal("tail", *to, "--since", "5", directory=place, columns=columns, rows=16))
            for columns in (80, 120)
        ]
        for terminal in terminals:
            terminal.wait_for("pizza?")
        run("send", "lunch", "sushi, with a lot of ginger and of wasabi " * 3, *to)
        run("send", "lunch", "two\nlines \x1b[31mof text", *to)
        for terminal in terminals:
            compare(f"tail-{terminal.screen.columns}", terminal.wait_for("of text"))
            assert terminal.interrupt() == 130
            assert "Traceback" not in terminal.text


def test_inspect(place: Path, run: Run) -> None:
    with serving(run) as url, Terminal("inspect", "--as", "ada", "--url", url, directory=place) as terminal:
        compare("inspect-80", terminal.wait_for("Ctrl-C ends"))
        assert terminal.interrupt() == 130


def test_doctor(place: Path, run: Run) -> None:
    with serving(run) as url:
        with Terminal("doctor", "--as", "ada", "--url", url, directory=place) as terminal:
            assert terminal.ends() == 0
            compare("doctor-well-80", _of_any_machine(terminal.text))
        with Terminal("doctor", "--token", "abc", "--url", url, directory=place) as terminal:
            assert terminal.ends() == 1
            compare("doctor-token-80", _of_any_machine(terminal.text))
    with Terminal("doctor", "--as", "ada", "--url", url, directory=place) as terminal:
        assert terminal.ends() == 1
        compare("doctor-nobody-80", _of_any_machine(terminal.text))


def _of_any_machine(text: str) -> str:
    """Leave out what is installed, which differs from machine to machine."""
    lines = text.split("\n")
    first = next(number for number, line in enumerate(lines) if line.split()[1:2] == ["store"])
    return "\n".join(lines[first:])


def test_demo(place: Path) -> None:
    with Terminal("demo", "--seconds", "4", "--people", "8", "--no-dashboard", directory=place) as terminal:
        drawn = terminal.wait_for(" of 4 s, 5x speed")
        assert "seen by" in drawn
        assert "rxconvo  " in drawn
        assert terminal.ends() == 0
        summary = terminal.text[terminal.text.index(" conversations of ") - 3 :]
        assert "each once, in order, by everybody who was there" in summary
        # How much was played, and whether in time, depends on the machine.
        told = re.sub(r"\d[\d.,]*", "N", summary).splitlines()
        compare("demo-80", "\n".join(line.strip() for line in told if " time: " not in line))


@pytest.mark.parametrize("command", list(COMMANDS))
def test_help(run: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run(command, "--help")
    assert code == 0
    # The tables below are as typer's release draws them.
    compare(f"help-{command}-80", out.partition("╭")[0])


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_the_help_says_of_no_flag_that_it_takes_a_value(run: Run, command: str | None) -> None:
    code, out, _ = run(*filter(None, [command]), "--help")
    assert code == 0
    assert "--help" in out
    assert "<bool>" not in out
    assert "BOOLEAN" not in out


def test_the_guide_shows_what_is_to_be_seen(root: Path) -> None:
    """Each block of the guide whose first line is that of a capture is that capture."""
    guide = (root / "docs" / "cli.md").read_text(encoding="utf-8")
    blocks = [normalised(block) for block in re.findall(r"```text\n(.*?)```", guide, re.DOTALL)]
    shown = {kept.stem for kept in CAPTURES.glob("*.txt") if kept.read_text(encoding="utf-8") in blocks}
    assert {"tail-80", "inspect-80", "doctor-well-80", "doctor-nobody-80"} <= shown
