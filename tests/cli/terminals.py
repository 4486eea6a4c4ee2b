"""Programs in a pseudo terminal, and what is to be seen on it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

__all__ = ["Terminal", "normalised"]

DEADLINE = 60.0

_CHANGING = (
    (r"\b(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\b", "HH:MM:SS"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"--port \d+", "--port PORT"),
    (r"\bSK[0-9a-f]{8}…", "SK…"),
    (r"eyJ[\w.-]+", "TOKEN"),
)


def normalised(text: str) -> str:
    """Return what was on a screen without what differs each time, and without empty lines around it."""
    for pattern, word in _CHANGING:
        text = re.sub(pattern, word, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n")).strip("\n") + "\n"


class Terminal:
    """A program in a terminal of its own, ended with the block.

    Args:
        arguments: Those of `python -m rxconvo`.
        directory: Where it runs.
        columns: How wide the terminal is.
        rows: How high.
        environ: Variables to add.
    """

    def __init__(
        self,
        *arguments: str,
        directory: Path,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        variables = {**os.environ, "TERM": "xterm-256color", "TZ": "UTC", **(environ or {})}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
            variables.pop(name, None)
        program: Sequence[str] = [sys.executable, "-m", "rxconvo", *arguments]
        self.process = subprocess.Popen(  # noqa: S603 - ourselves
            program, stdin=slave, stdout=slave, stderr=slave, cwd=directory, env=variables, start_new_session=True
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, part: str, *, gone: bool = False) -> str:
        """Wait until something is on the screen, or no more; return the screen."""
        deadline = time.monotonic() + DEADLINE
        while (part in self.text) is gone:
            assert self._read(deadline), f"{part!r} did not come:\n{self.text}"
        return self.text

    def ends(self) -> int:
        """Wait for the end; return the exit code."""
        deadline = time.monotonic() + DEADLINE
        while self._read(deadline):
            pass
        return self.process.wait(DEADLINE)

    def interrupt(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.ends()

    def _read(self, deadline: float) -> bool:
        """Read what has come; return whether more may."""
        ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # nobody holds the other end any more
            return False
        self._stream.feed(data)
        return bool(data)
