"""The board on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import ConsoleDimensions, Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rxconvo.demo.board import Board, Row
from rxconvo.types import Identity

__all__ = ["Screen"]

_BARS = " ▁▂▃▄▅▆▇█"

_NOTE = "Messages as in the Chit-Chat corpus of 2018; names made up; typing, reads, edits, removals derived."

_FRESH = 0.8
"""Seconds for which a new message stands out."""

_QUIET = 6.0
"""Seconds without a message after which a conversation makes room for one that has some."""

_AROUND = 9
"""Lines of a picture that are no conversations, without the dashboard's link."""

_WIDE = 76
"""Columns from which on there is room for whole names."""


class Screen:
    """Draws pictures of a board, in which a conversation keeps its place for as long as something happens in it.

    Args:
        seconds: How long it all takes.
        speed: By how much time is compressed.
    """

    def __init__(self, *, seconds: float, speed: float) -> None:
        self._seconds = seconds
        self._speed = speed
        self._places: list[Row] = []
        self._link: Text | None = None

    def show_link(self, link: str) -> None:
        """Show the link of a dashboard from now on.

        Args:
            link: Where it is. Where terminals know links, it is one.
        """
        self._link = Text.assemble(("in the browser: ", "dim"), (link, f"cyan link {link}"), overflow="fold")

    def picture(self, board: Board, elapsed: float | None, size: ConsoleDimensions) -> RenderableType:
        """Return a picture of everything that is to be seen.

        Args:
            board: What is shown.
            elapsed: Seconds since the beginning, None before it.
            size: That of the terminal.
        """
        rows = [row for row in board.rows.values() if not row.over]
        footer = [Text(_NOTE, style="dim")] if self._link is None else [Text(_NOTE, style="dim"), self._link]
        self._seat(rows, board.now, max(1, size.height - _AROUND - len(footer) + 1))
        picture = Group(
            _headline(board, len(rows)),
            _rates(board, (size.width - 34) // 2),
            _conversations(self._places, board.now, wide=size.width >= _WIDE),
            self._progress(elapsed),
            *footer,
        )
        return Padding(picture, (0, 1))

    def _seat(self, rows: Iterable[Row], now: float, places: int) -> None:
        """Let conversations stay where they are; one that is over or quiet is followed by another."""
        waiting = [row for row in rows if row not in self._places]
        waiting.sort(key=lambda row: (row.messages > 0, row.touched))
        for place, row in enumerate(self._places):
            quiet = now - row.touched > _QUIET
            if waiting and (row.over or (quiet and waiting[-1].messages and waiting[-1].touched > row.touched)):
                self._places[place] = waiting.pop()
        self._places = [row for row in self._places if not row.over][:places]
        while waiting and len(self._places) < places:
            self._places.append(waiting.pop())

    def _progress(self, elapsed: float | None) -> Table:
        passed = min(elapsed or 0.0, self._seconds)
        told = "people are coming in" if elapsed is None else f"{passed:.0f} of {self._seconds:.0f} s"
        line = Table.grid(expand=True, padding=(0, 2))
        line.add_column(ratio=1)
        line.add_column(no_wrap=True, style="dim")
        line.add_row(ProgressBar(total=self._seconds, completed=passed), f"{told}, {self._speed:g}x speed")
        return line


def _headline(board: Board, conversations: int) -> Text:
    seen = sum(row.messages for row in board.rows.values())
    told = f"  {len(board.online)} online · {conversations} conversations · {seen:,} messages"
    return Text.assemble(("rxconvo", "bold cyan"), told, no_wrap=True, overflow="ellipsis")


def _rates(board: Board, width: int) -> Table:
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True)
    line.add_column(justify="right", no_wrap=True)
    line.add_row(
        Text.assemble("messages ", (_sparkline(board.rates, width), "green"), _latest(board.rates)),
        Text.assemble("typing ", (_sparkline(board.typing_rates, width), "magenta"), _latest(board.typing_rates)),
    )
    return line


def _conversations(rows: Sequence[Row], now: float, *, wide: bool) -> Table:
    table = Table(expand=True, box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", border_style="dim")
    table.add_column("seen by", no_wrap=True, width=16 if wide else 7)
    table.add_column("unread", justify="right", width=6)
    table.add_column("last message", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("typing", no_wrap=True, width=9, style="magenta")
    for row in rows:
        table.add_row(
            _name(row.viewer) if wide else _first_name(row.viewer),
            Text.assemble((str(row.unread), "bold white on red")) if row.unread else "",
            _last(row, fresh=now - row.touched < _FRESH),
            ", ".join(sorted(f"{_first_name(identity)} …" for identity in row.typing)),
        )
    return table


def _last(row: Row, *, fresh: bool) -> Text:
    if row.last is None:
        return Text("removed" if row.messages else "nothing yet", style="dim italic")
    body = " ".join((row.last.body or "").split())  # hostile or not, it stays one line of plain text
    style = "bold" if fresh else ""
    return Text.assemble(
        (f"{_first_name(row.last.author or '?')}: ", "cyan" if row.last.author == row.viewer else "yellow"),
        ("".join(filter(str.isprintable, body)), style),
    )


def _name(identity: Identity) -> str:
    return identity.replace(".", " ").title()


def _first_name(identity: Identity) -> str:
    return _name(identity).partition(" ")[0]


def _sparkline(counts: Sequence[int], width: int) -> str:
    recent = list(counts)[-width:] if width > 0 else []
    most = max(recent, default=0) or 1
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] for count in recent).rjust(max(width, 0))


def _latest(counts: Sequence[int]) -> str:
    return f" {counts[-1] if counts else 0:>3}/s"
