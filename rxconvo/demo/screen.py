"""The board on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rxconvo.demo.board import Board, Row

__all__ = ["picture"]

_BARS = " ▁▂▃▄▅▆▇█"


def picture(board: Board, *, online: int, elapsed: float, duration: float, speed: float, height: int) -> RenderableType:
    """Return a picture of everything that the demo shows.

    Args:
        board: What is shown.
        online: How many clients are connected.
        elapsed: Seconds since the beginning.
        duration: Seconds that it takes in all.
        speed: By how much time is compressed.
        height: Lines of the terminal.
    """
    seen = sum(row.messages for row in board.rows.values())
    running = [row for row in board.rows.values() if not row.over]
    head = Table.grid(expand=True, padding=(0, 2))
    head.add_column(no_wrap=True)
    head.add_column(no_wrap=True)
    head.add_column(justify="right", no_wrap=True)
    head.add_row(
        Text.assemble(("rxconvo ", "bold cyan"), f"{online} people online · {len(running)} conversations"),
        Text.assemble(f"{seen} messages ", (_sparkline(board.rates), "green"), f" {_latest(board.rates)}/s"),
        Text.assemble("typing ", (_sparkline(board.typing_rates), "magenta"), f" {_latest(board.typing_rates)}/s"),
    )
    progress = Table.grid(expand=True, padding=(0, 2))
    progress.add_column(ratio=1)
    progress.add_column(no_wrap=True)
    progress.add_row(
        ProgressBar(total=duration, completed=min(elapsed, duration)),
        f"{min(elapsed, duration):.0f} of {duration:.0f} s, {speed:g} times as fast as it was",
    )
    note = Text("Chit-Chat corpus, 2018. Names are made up; typing and reading are derived.", style="dim")
    return Group(head, progress, Panel(_table(running, rows=max(3, height - 9)), border_style="dim"), note)


def _table(running: Sequence[Row], *, rows: int) -> Table:
    table = Table(expand=True, box=None, pad_edge=False, header_style="dim")
    table.add_column("seen by", no_wrap=True, width=18)
    table.add_column("", justify="right", width=3)
    table.add_column("last message", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("typing", no_wrap=True, width=20, style="magenta")
    for row in sorted(running, key=lambda row: -row.touched)[:rows]:
        table.add_row(_name(row.viewer), _badge(row.unread), _last(row), _typing(row))
    return table


def _last(row: Row) -> Text:
    if row.last is None:
        return Text("nothing yet", style="dim")
    body = " ".join((row.last.body or "").split())  # hostile or not, it stays one line of plain text
    return Text.assemble((f"{_name(row.last.author or '?')}: ", "bold"), "".join(filter(str.isprintable, body)))


def _typing(row: Row) -> Text:
    return Text(", ".join(sorted(map(_name, row.typing))) + " …" if row.typing else "")


def _badge(unread: int) -> Text:
    return Text(str(unread), style="bold white on red") if unread else Text("")


def _name(identity: str) -> str:
    return identity.replace(".", " ").title()


def _sparkline(counts: Sequence[int], width: int = 20) -> str:
    recent = list(counts)[-width:]
    most = max(recent, default=0)
    return "".join(_BARS[round(count / most * (len(_BARS) - 1))] if most else _BARS[0] for count in recent)


def _latest(counts: Sequence[int]) -> int:
    return counts[-1] if counts else 0
