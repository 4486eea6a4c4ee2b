"""What is told, as text: hostile or not, it does not steer the terminal."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from rxconvo import Message, MessageAdded, Participant, TypingEnded, TypingStarted
from rxconvo.cli.happenings import Happening, Wanted
from rxconvo.cli.lines import JsonLines, PlainLines, TerminalLines, colour_of

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
EVIL = "a\x1b[31mb\x07\u202ec\r\nd\ttab"


def happening(**fields: Any) -> Happening:
    usual: dict[str, Any] = {
        "kind": "message",
        "at": NOON,
        "text": "pizza?",
        "conversation": "lunch",
        "author": "ada",
        "index": 0,
    }
    return Happening(**usual | fields)


def clock() -> str:
    return f"{NOON.astimezone():%H:%M:%S}"


def drawn(*shown: Happening, single: bool = False, width: int = 80, hints: tuple[Happening, ...] = ()) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, legacy_windows=False)
    lines = TerminalLines(console, single=single)
    with lines:
        for each in shown:
            lines.show(each)
        for each in hints:
            lines.hint(each)
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()


def plain(text: str) -> str:
    """Return what was drawn without what moves the cursor."""
    return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", text)


def test_a_line_for_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainLines(single=False) as lines:
        lines.show(happening())
        lines.show(happening(kind="edit", conversation="a long name of a conversation"))
        lines.show(happening(kind="removal"))
        lines.hint(happening(kind="typing"))
    with PlainLines(single=True) as lines:
        lines.show(happening(text="two\nlines"))
    assert capsys.readouterr().out == (
        f"{clock()}  lunch             ada           pizza?\n"
        f"{clock()}  a long name of a conversation  ada           (edited) pizza?\n"
        f"{clock()}  lunch             ada           (removed) pizza?\n"
        f"{clock()}  ada           two ⏎ lines\n"
    )


def test_hostile_text_stays_text_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    PlainLines(single=False).show(happening(text=EVIL, author=EVIL, conversation=EVIL))
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", out)


def test_hostile_text_stays_text_on_a_terminal() -> None:
    text = drawn(happening(text=EVIL, author=EVIL, conversation="[bold]x[/]"))
    assert "\x1b[31m" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "[bold]x[/]" in text, "and no markup"


def test_columns_are_the_same_in_each_line_and_long_texts_wrap_within_theirs() -> None:
    text = plain(drawn(happening(text="word " * 30), happening(author="somebody with a long name")))
    lines = [line for line in text.splitlines() if "word" in line or "pizza" in line]
    assert len(lines) > 3
    assert {line.index("word") if "word" in line else line.index("pizza") for line in lines} == {38}


def test_the_last_line_tells_who_types_where() -> None:
    started = happening(kind="typing", event=TypingStarted(Participant("MB1", "ada")))
    other = happening(kind="typing", author="bob", event=TypingStarted(Participant("MB2", "bob")))
    ended = happening(kind="typing", event=TypingEnded(Participant("MB1", "ada"), "expired"))
    assert "… ada in lunch is typing" in drawn(hints=(started,))
    assert "… ada, bob are typing" in drawn(hints=(started, other), single=True)
    last = drawn(hints=(started, other, ended)).rpartition("\r")[2]
    assert "bob in lunch is typing" in last
    assert "ada" not in last


def test_everybody_keeps_a_colour() -> None:
    assert colour_of("ada") == colour_of("ada")
    assert len({colour_of(f"user {number}") for number in range(200)}) > 5
    assert "red" not in {colour_of(f"user {number}") for number in range(200)}


def test_a_line_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    message: Message[Any] = Message("IM1", 3, author="ada", body=EVIL)
    JsonLines().show(happening(text=EVIL, event=MessageAdded(message), index=3))
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    told = json.loads(out)
    assert list(told) == ["kind", "at", "text", "conversation", "conversation_sid", "author", "index", "event"]
    assert told["text"] == EVIL, "in full: JSON escapes it"
    assert told["at"] == "2026-01-31T12:00:00Z"
    assert (told["event"]["type"], told["event"]["message"]["index"]) == ("MessageAdded", 3)


@pytest.mark.parametrize(
    "wanted, included",
    [
        (Wanted(), True),
        (Wanted(kinds=["message"]), True),
        (Wanted(kinds=["edit"]), False),
        (Wanted(authors=["ada", "bob"]), True),
        (Wanted(authors=["bob"]), False),
        (Wanted(pattern=re.compile("PIZZA", re.IGNORECASE)), True),
        (Wanted(pattern=re.compile("sushi")), False),
        (Wanted(kinds=["message"], authors=["ada"], pattern=re.compile("z+a")), True),
    ],
)
def test_filters(wanted: Wanted, included: bool) -> None:
    assert wanted.includes(happening()) is included
