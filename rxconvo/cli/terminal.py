"""Where the commands write to: results on stdout, all else on stderr; calm where that is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from rxconvo.cli.text import one_line

__all__ = ["Bar", "note", "progress_bar", "stderr", "stdout", "warn"]

_DRAWN: Final = 0.05  # seconds between two drawings of a bar


def stdout() -> Console:
    """Return a console for results. It colours and fills a terminal, and prints plainly to anything else."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def stderr() -> Console:
    """Return a console for what is told beside results."""
    return Console(highlight=False, markup=False, emoji=False, stderr=True, soft_wrap=not sys.stderr.isatty())


def warn(told: str) -> None:
    """Tell something beside the results, in one line."""
    print(f"rxconvo: {one_line(told)}", file=sys.stderr)


def note(told: str) -> None:
    """Tell people at a terminal something; pipes are spared it."""
    if sys.stderr.isatty():
        stderr().print(Text(one_line(told), style="dim"))


@contextmanager
def progress_bar(what: str, *, bytes_: bool = False) -> Generator[Bar]:
    """Show how far long work has come, on stderr where that is a terminal, and nothing once it is done.

    Args:
        what: What is being done, a word or two.
        bytes_: Whether it is counted in bytes.
    """
    console = stderr()
    counts: tuple[ProgressColumn, ...] = (
        (DownloadColumn(), TransferSpeedColumn()) if bytes_ else (MofNCompleteColumn(), TimeRemainingColumn())
    )
    progress = Progress(
        TextColumn("{task.description}", style="dim", markup=False),
        BarColumn(bar_width=None),
        *counts,
        console=console,
        auto_refresh=False,  # without a thread
        transient=True,
        expand=True,
        disable=not console.is_terminal or console.is_dumb_terminal,
    )
    with progress:
        yield Bar(progress, progress.add_task(one_line(what), total=None))


class Bar:
    """A progress bar. Made by `progress_bar`.

    Args:
        progress: Draws it.
        task: Which of its bars.
    """

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._drawn = 0.0

    def move(self, done: float, total: float | None, what: str | None = None) -> None:
        """Say how far it is.

        Args:
            done: How much is done.
            total: Of how much; None where that is not known.
            what: What is being done now, if that has changed.
        """
        self._progress.update(self._task, completed=done, total=total, description=what and one_line(what))
        now = self._progress.get_time()
        if now - self._drawn >= _DRAWN or done == total:
            self._drawn = now
            self._progress.refresh()
