"""Whatever people write, a terminal prints it, and does not obey it."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from rxconvo import Message, MessageAdded
from rxconvo.cli.lines import JsonLines, PlainLines, TerminalLines
from rxconvo.cli.terminal import progress_bar, warn
from rxconvo.cli.text import json_line, one_line, printable
from rxconvo.errors import RejectedError
from rxconvo.integrations.web.encoding import to_json
from tests.cli.test_lines import happening, plain

if TYPE_CHECKING:
    from tests.cli.conftest import Run

HOSTILE = {
    "colours": "\x1b[31mred",
    "a cleared screen": "\x1b[2J\x1b[H",
    "a title": "\x1b]0;title\x07",
    "a link": "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "the clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "what the terminal answers": "\x1b[6n\x1bP$q q\x1b\\\x05",
    "one byte for two": "\x9b2J\x9d0;title\x9c",
    "a line overwritten": "nothing to see\rall is well",
    "backspaces": "no\x08\x08yes",
    "a line of its own": "one\n12:00:00  lunch  bob  forged\x85and\u2028again\u2029\x0b\x0c",
    "another direction": "\u202egnp.exe\u2066x\u2069\u200f\u061c",
    "nothing to be seen": "a\u200bb\u2060c\ufeffd\u00ade\U000e0041",
    "other character sets": "\x0e\x0f\x1b(0",
    "deleted": "\x7f\x00",
}
by_kind = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def unsafe(printed: str) -> set[str]:
    """Return what is in a line that may steer a terminal or be hidden in it."""
    return {each for each in printed if unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"}} - {"\n"}


@by_kind
def test_it_becomes_text(text: str) -> None:
    assert unsafe(printable(text)) == set()
    assert unsafe(one_line(text)) == set()
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    "text, line",
    [
        ("dix\u00a0euros\u202f!", "dix euros !"),
        ("a\tb\nc", "a b c"),
        ("Zoë \U0001f355 日本 עברית", "Zoë \U0001f355 日本 עברית"),
        ("\x1b[31mred", "[31mred"),
    ],
)
def test_what_people_mean_stays(text: str, line: str) -> None:
    assert one_line(text) == line


@by_kind
def test_json_holds_it_in_full_and_tells_no_terminal(text: str) -> None:
    line = json_line(to_json({"text": text}))
    assert unsafe(line) == set()
    assert "\n" not in line
    assert json.loads(line) == {"text": text}


@by_kind
def test_lines_for_pipes_and_programs(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    message: Message[Any] = Message("IM1", 0, author=text, body=text)
    shown = happening(text=text, author=text, conversation=text, event=MessageAdded(message))
    PlainLines(single=False).show(shown)
    JsonLines().show(shown)
    out = capsys.readouterr().out
    assert out.count("\n") == 2
    assert unsafe(out) == set()


@by_kind
def test_lines_on_a_terminal(text: str) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None, legacy_windows=False)
    typing = happening(kind="typing", text=text, author=text, conversation=text)
    with TerminalLines(console, single=False) as lines:
        for kind in ("message", "edit", "removal", "gap", "conversation"):
            lines.show(happening(kind=kind, text=text, author=text, conversation=text))
        lines.hint(typing)
    assert isinstance(console.file, io.StringIO)
    assert unsafe(plain(console.file.getvalue()).replace("\r", "")) == set()


@by_kind
def test_warnings_are_one_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    warn(text)
    err = capsys.readouterr().err
    assert err.startswith("rxconvo: ")
    assert err.count("\n") == 1
    assert unsafe(err) == set()


@by_kind
def test_errors_are_one_line(text: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> int:
        raise RejectedError(403, 50403, text)

    monkeypatch.setattr(sys.modules["rxconvo.cli.main"], "_run", refuse)
    code, out, err = run()
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("rxconvo: ")
    assert unsafe(err) == set()


@by_kind
def test_progress_bars(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None, legacy_windows=False)
    monkeypatch.setattr("rxconvo.cli.terminal.stderr", lambda: console)
    with progress_bar(text) as bar:
        bar.move(1, 2)
        bar.move(2, 2, text)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue()
    assert unsafe(plain(console.file.getvalue()).replace("\r", "")) == set()
