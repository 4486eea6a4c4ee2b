"""Happenings as lines: for people at a terminal, for pipes, and for programs."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, cast

from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rxconvo import TypingStarted
from rxconvo.cli.happenings import Happening
from rxconvo.cli.terminal import stdout
from rxconvo.cli.text import json_line, one_line, printable
from rxconvo.integrations.web.encoding import to_json

if TYPE_CHECKING:
    from rxconvo.types import Identity, Sid

__all__ = ["JsonLines", "Lines", "PlainLines", "TerminalLines", "choose_lines", "colour_of"]

_COLOURS: Final = (
    "cyan",
    "green",
    "magenta",
    "yellow",
    "blue",
    "bright_cyan",
    "bright_green",
    "bright_magenta",
    "bright_yellow",
    "bright_blue",
)
"""Of the terminal's own palette, so that they can be read on light and dark; red is for what is wrong."""

_MARKS: Final = {"edit": "edited", "removal": "removed"}
_ASIDE: Final = {"join", "leave", "typing", "conversation", "connection"}
_NARROW: Final = 100  # columns below which names get less room
_NEWLINE: Final = " ⏎ "


class Lines(Protocol):
    """Tells what happens."""

    def show(self, happening: Happening) -> None:
        """Tell it."""
        ...

    def hint(self, happening: Happening) -> None:
        """Take note of what only shows while it lasts: who is typing."""
        ...

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave the terminal as it was."""
        ...


def choose_lines(*, as_json: bool, single: bool) -> Lines:
    """Return what fits the output.

    Args:
        as_json: Whether a program reads it.
        single: Whether there is only one conversation, which need not be named then.
    """
    if as_json:
        return JsonLines()
    console = stdout()
    if console.is_terminal and not console.is_dumb_terminal:
        return TerminalLines(console, single=single)
    return PlainLines(single=single)


def colour_of(identity: Identity) -> str:
    """Return the colour of somebody, the same one each time."""
    return _COLOURS[zlib.crc32(identity.encode("utf-8", "surrogatepass")) % len(_COLOURS)]


class _Written:
    """Lines that need no care."""

    def hint(self, happening: Happening) -> None:
        """Show nothing: what is written stays."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass


class JsonLines(_Written):
    """One JSON object a line: what every happening has, and its event in full."""

    def show(self, happening: Happening) -> None:
        """Write it."""
        _write(json_line(to_json(happening)))


class PlainLines(_Written):
    """One line of text each, in columns, without colours.

    Args:
        single: Whether the conversation is left out.
    """

    def __init__(self, *, single: bool) -> None:
        self._single = single

    def show(self, happening: Happening) -> None:
        """Write it."""
        where = [] if self._single else [_padded(happening.conversation, 16)]
        mark = f"({_MARKS[happening.kind]}) " if happening.kind in _MARKS else ""
        text = _NEWLINE.join(filter(None, map(one_line, printable(happening.text).split("\n"))))
        _write("  ".join([_clock(happening), *where, _padded(happening.author, 12), f"{mark}{text}"]))


class TerminalLines:
    """Lines in colour, wrapped within their columns; who is typing is told on the last one.

    Args:
        console: The terminal.
        single: Whether the conversation is left out.
    """

    def __init__(self, console: Console, *, single: bool) -> None:
        self._console = console
        self._single = single
        self._typing: dict[tuple[Sid | None, Identity], Happening] = {}
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def show(self, happening: Happening) -> None:
        """Print it above the last line."""
        self._console.print(_row(happening, single=self._single, wide=self._console.width >= _NARROW))

    def hint(self, happening: Happening) -> None:
        """Show on the last line who is typing now."""
        key = happening.conversation_sid, happening.author or "?"
        if isinstance(happening.event, TypingStarted):
            self._typing[key] = happening
        else:
            self._typing.pop(key, None)
        self._live.update(self._last_line(), refresh=True)

    def _last_line(self) -> RenderableType:
        line = Text(no_wrap=True, overflow="ellipsis", style="dim italic")
        for happening in self._typing.values():
            line.append(", " if line else "  … ")
            line.append(one_line(happening.author or "?"), style=colour_of(happening.author or "?"))
            if not self._single:
                line.append(f" in {one_line(happening.conversation or '?')}")
        if line:
            line.append(" is typing" if len(self._typing) == 1 else " are typing")
        return line


def _row(happening: Happening, *, single: bool, wide: bool) -> Table:
    """Return a happening as a row whose columns are those of all other rows."""
    row = Table.grid(padding=(0, 2, 0, 0), expand=True)
    row.add_column(width=8, no_wrap=True, style="dim")
    cells: list[RenderableType] = [Text(_clock(happening))]
    if not single:
        row.add_column(width=20 if wide else 14, no_wrap=True, overflow="ellipsis", style="dim")
        cells.append(Text(one_line(happening.conversation or "")))
    row.add_column(width=16 if wide else 10, no_wrap=True, overflow="ellipsis")
    who = one_line(happening.author or "")
    cells.append(Text(who, style=colour_of(happening.author) if happening.author else ""))
    row.add_column(ratio=1, overflow="fold")
    row.add_row(*cells, _text(happening))
    return row


def _text(happening: Happening) -> Text:
    text = printable(happening.text)
    match happening.kind:
        case "edit":
            return Text.assemble((text, ""), ("  edited", "dim italic"))
        case "removal":
            return Text.assemble((text, "dim strike"), ("  removed", "dim italic"))
        case "gap":
            return Text(text, style="bold red")
        case kind:
            return Text(text, style="dim italic" if kind in _ASIDE else "")


def _clock(happening: Happening) -> str:
    return f"{happening.at.astimezone():%H:%M:%S}"


def _padded(text: str | None, width: int) -> str:
    """Return a text in a column; a longer one is not cut, since a program may look for it."""
    text = one_line(text or "")
    return set_cell_size(text, width) if cell_len(text) < width else text


def _write(line: str) -> None:
    write = cast("Callable[[str], int]", sys.stdout.write)
    write(f"{line}\n")
    sys.stdout.flush()
