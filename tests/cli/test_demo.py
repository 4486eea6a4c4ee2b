"""The demo as a command: drawn on a terminal, plain in a pipe, and with an exit code that tells the truth."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rxconvo import Message
from rxconvo.cli import demo
from rxconvo.demo.corpus import Corpus
from rxconvo.demo.run import Performance
from rxconvo.demo.stage import Room, Stage

if TYPE_CHECKING:
    from tests.cli.conftest import Run

SHORT = ("--seconds", "0.4", "--speed", "50", "--people", "4")
DEMO = [sys.executable, "-m", "rxconvo", "demo"]


@pytest.mark.parametrize(
    "terminal, kind, headless, drawn",
    [
        (True, "xterm", False, True),
        (True, "xterm", True, False),
        (True, "dumb", False, False),
        (False, "xterm", False, False),
        (False, "xterm", True, False),
    ],
)
def test_it_is_drawn_on_a_terminal_only(
    terminal: bool, kind: str, headless: bool, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[bool] = []

    async def perform(_corpus: Corpus, _performance: Performance, **_options: object) -> None:
        played.append(False)

    async def perform_live(_corpus: Corpus, _performance: Performance, **_options: object) -> None:
        played.append(True)

    monkeypatch.setattr(demo, "load_corpus", lambda: Corpus((), 0))
    monkeypatch.setattr(demo, "perform", perform)
    monkeypatch.setattr(demo, "perform_live", perform_live)
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    demo.play(Performance(), headless=headless)
    assert played == [drawn]


@pytest.mark.e2e
def test_a_client_that_loses_a_message_makes_it_fail(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    observed = Stage._observed

    def lossy(stage: Stage, room: Room, identity: str, message: Message) -> None:
        if message.index != 1 or message.author == identity:
            observed(stage, room, identity, message)

    monkeypatch.setattr(Stage, "_observed", lossy)
    code, out, _ = run("demo", "--headless", *SHORT)
    assert code == 1
    assert " missing, 0 repeated, 0 unexpected, 0 observers out of order" in out
    assert "each once" not in out


@pytest.mark.e2e
def test_in_a_pipe_it_is_a_plain_summary() -> None:
    done = subprocess.run([*DEMO, *SHORT], capture_output=True, text=True, check=True)  # noqa: S603 - this very program
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "each once, in order, by everybody who was there" in done.stdout
    link, *summary = done.stdout.splitlines()
    assert re.fullmatch(r"in the browser: http://127\.0\.0\.1:\d+/#token=[\w-]{22}", link)
    assert len(summary) == 5
    assert max(map(len, (link, *summary))) <= 80


@pytest.mark.e2e
def test_without_a_dashboard_there_is_no_link(run: Run) -> None:
    code, out, err = run("demo", "--headless", "--no-dashboard", *SHORT)
    assert (code, err) == (0, "")
    assert "http" not in out
    assert len(out.splitlines()) == 5


@pytest.mark.e2e
def test_interrupted_it_leaves_the_terminal_as_it_was() -> None:
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "24"}
    process = subprocess.Popen(  # noqa: S603 - this very program
        [*DEMO, "--people", "4"], stdout=theirs, stderr=theirs, env=environ
    )
    os.close(theirs)
    drawn = b""
    with os.fdopen(ours, "rb", buffering=0) as screen:
        while b"of 60 s" not in drawn or not re.search(rb"#token=[\w-]{22}", drawn):  # a picture comes in pieces
            drawn += screen.read(4096)
        process.send_signal(signal.SIGINT)
        try:
            while chunk := screen.read(4096):
                drawn += chunk
        except OSError:  # how Linux tells that nobody writes any more
            pass
    assert process.wait() == 130
    text = drawn.decode()
    assert "typing, reads, edits, removals derived" in text
    assert re.search(r"http://127\.0\.0\.1:\d+/#token=[\w-]{22}", text)
    assert text.index("\x1b[?1049h") < text.index("\x1b[?1049l"), "another screen, and back"
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor is there again"
    assert text.endswith("rxconvo: interrupted\r\n")
