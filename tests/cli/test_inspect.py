"""A client at a glance."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from rxconvo.cli.inspect import Inspection, picture
from rxconvo.integrations.dashboard.overview import StreamRow

if TYPE_CHECKING:
    from tests.cli.conftest import Run


AS = ("--url", "sqlite:chat.db", "--as", "ada")


def drawn(inspection: Inspection, width: int = 80, hint: str = "") -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(picture(inspection, hint=hint))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def inspection(*streams: StreamRow, state: str = "connected", conversations: int = 1) -> Inspection:
    return Inspection(
        identity="ada",
        upstream="ws://chat",
        connection=state,
        conversations=conversations,
        unread=1234,
        streams=streams,
    )


def test_what_is_drawn() -> None:
    streams = (
        StreamRow("messages", 2, 12345, 6.5, 0.012, 0, None),
        StreamRow("typing of 3 conversations", 3, None, None, None, 7, "boom\x1b[31m\nbang"),
    )
    lines = drawn(inspection(*streams), hint="Ctrl-C ends")
    assert lines[0] == " ada at ws://chat  ● connected  1 conversation · 1,234 unread"
    assert lines[2].split() == ["stream", "observers", "items", "per", "s", "lag", "ms", "drops"]
    assert lines[4].split() == ["messages", "2", "12,345", "6.5", "12", "0"]
    assert lines[5].split()[-5:] == ["3", "-", "-", "-", "7"]
    assert "boom" in lines[6]
    assert "\x1b" not in lines[6]
    assert lines[-1] == " Ctrl-C ends"
    assert max(map(len, lines)) <= 80


def test_several_conversations() -> None:
    assert "2 conversations" in drawn(inspection(conversations=2, state="denied"))[0]
    assert "● denied" in drawn(inspection(state="denied"))[0]


@pytest.mark.real_time
def test_once_for_a_program(run: Run) -> None:
    run("send", "lunch", "x", "--create", "--url", "sqlite:chat.db", "--as", "bob")
    code, out, err = run("inspect", "--once", "--json", *AS)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["identity"], told["connection"], told["conversations"], told["unread"]) == ("ada", "connected", 0, 0)
    assert {"messages", "participants", "typing"} <= {stream["name"] for stream in told["streams"]}


@pytest.mark.real_time
def test_once_for_people(run: Run) -> None:
    code, out, err = run("inspect", "--once", *AS)
    assert (code, err) == (0, "")
    assert "ada at sqlite:chat.db  ● connected  0 conversations · 0 unread" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("every", ["0", "nan", "soon"])
def test_what_makes_no_sense(run: Run, every: str) -> None:
    code, out, err = run("inspect", "--every", every, *AS, "--once") if every != "nan" else (2, "", "x\n")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
