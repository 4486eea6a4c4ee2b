"""Pictures: what is in them, that they fit, and that conversations keep their places."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions

from rxconvo import Message, current_scheduler
from rxconvo.demo.board import Board, Row
from rxconvo.demo.screen import Screen
from rxconvo.testing import advance


@pytest.fixture
async def board() -> AsyncGenerator[Board]:
    board = Board(current_scheduler())
    yield board
    board.close()


def row(board: Board, name: str, *, said: str | None = None, unread: int = 0, typing: str = "") -> Row:
    """Put a conversation on the board, as seen by Ada."""
    new = board.rows[name] = Row("ada.hazel")
    new.touched = board.now
    new.unread = unread
    new.typing = frozenset(filter(None, [typing]))
    if said is not None:
        say(board, new, said)
    return new


def say(board: Board, into: Row, body: str) -> None:
    into.last = Message(sid="IM1", index=into.messages, author="bob.flint", body=body)
    into.messages += 1
    into.touched = board.now


def drawn(
    screen: Screen, board: Board, elapsed: float | None = 10.0, *, width: int = 80, height: int = 24
) -> list[str]:
    console = Console(width=width, height=height, color_system=None, force_terminal=True, legacy_windows=False)
    with console.capture() as capture:
        console.print(screen.picture(board, elapsed, ConsoleDimensions(width, height)))
    return capture.get().splitlines()


def shown(lines: list[str], names: str) -> str:
    """Tell which of some texts are in a picture, from top to bottom."""
    return "".join(name for line in lines for name in names if f"Bob: says {name}" in line)


@pytest.fixture
def screen() -> Screen:
    return Screen(seconds=60.0, speed=5.0)


async def test_what_is_to_be_seen(board: Board, screen: Screen) -> None:
    board.online.update(("ada", "bob"))
    row(board, "x", said="hello", unread=3, typing="bob.flint")
    row(board, "y")
    board.rates.extend([0, 4, 8])
    board.typing_rates.extend([1])
    lines = drawn(screen, board)
    text = "\n".join(lines)
    assert "2 online · 2 conversations · 1 messages" in lines[0]
    assert "▄█   8/s" in lines[1]
    assert "█   1/s" in lines[1]
    (line,) = [line for line in lines if "hello" in line]
    assert line.split() == ["Ada", "Hazel", "3", "Bob:", "hello", "Bob", "…"]
    assert "nothing yet" in text
    assert "10 of 60 s, 5x speed" in text


async def test_what_is_derived_and_made_up_is_said_so(board: Board, screen: Screen) -> None:
    for width in (60, 80, 120):
        text = " ".join(" ".join(drawn(screen, board, width=width)).split())
        assert "names made up; typing, reads, edits, removals derived" in text


async def test_progress(board: Board, screen: Screen) -> None:
    def bar(elapsed: float | None) -> int:
        (line,) = [line for line in drawn(screen, board, elapsed) if "5x speed" in line]
        return line.count("━")

    assert bar(None) == 0 < bar(15.0) < bar(30.0) < bar(60.0)
    assert "people are coming in" in "\n".join(drawn(screen, board, None))
    assert "60 of 60 s" in "\n".join(drawn(screen, board, 61.5)), "never more than all of it"


@pytest.mark.parametrize("width, height", [(60, 20), (80, 24), (120, 40), (30, 8), (10, 2)])
@pytest.mark.parametrize("conversations", [0, 1, 100])
async def test_pictures_fit(board: Board, screen: Screen, width: int, height: int, conversations: int) -> None:
    for number in range(conversations):
        row(board, str(number), said="word " * 50, unread=1000, typing="bob.flint")
    board.rates.extend([5] * 60)
    lines = drawn(screen, board, width=width, height=height)
    assert all(cell_len(line) <= width for line in lines)
    if height >= 20:
        assert len(lines) <= height
        assert sum("Bob:" in line for line in lines) == min(conversations, height - 9)


async def test_conversations_keep_their_places(board: Board, screen: Screen) -> None:
    rows = [row(board, name, said=f"says {name}") for name in "abc"]
    first = shown(drawn(screen, board), "abc")
    assert sorted(first) == ["a", "b", "c"]
    for number in (2, 0, 1, 0):
        await advance(1.0)
        say(board, rows[number], f"says {'abc'[number]}")
        assert shown(drawn(screen, board), "abc") == first


async def test_one_that_is_over_or_quiet_makes_room(board: Board, screen: Screen) -> None:
    rows = {name: row(board, name, said=f"says {name}") for name in "ab"}
    places = {"height": 11}
    assert sorted(shown(drawn(screen, board, **places), "abcd")) == ["a", "b"]
    await advance(1.0)
    row(board, "c", said="says c")
    assert "c" not in shown(drawn(screen, board, **places), "abcd"), "nobody is quiet yet"

    await advance(5.5)
    say(board, rows["a"], "says a")
    assert sorted(shown(drawn(screen, board, **places), "abcd")) == ["a", "c"], "b was quiet"

    row(board, "d", said="says d")
    rows["a"].over = True
    assert sorted(shown(drawn(screen, board, **places), "abcd")) == ["c", "d"]


async def test_a_conversation_in_which_somebody_spoke_comes_first(board: Board, screen: Screen) -> None:
    row(board, "a", said="says a")
    for name in "xyz":
        row(board, name)
    assert shown(drawn(screen, board, height=10), "a") == "a"


@pytest.mark.parametrize(
    "body, line",
    [
        ("two\nlines\tand a tab", "Bob: two lines and a tab"),
        ("[red]no markup[/red]", "Bob: [red]no markup[/red]"),
        ("\x1b[31mno escapes\x07", "Bob: [31mno escapes"),
        ("日本語", "Bob: 日本語"),
    ],
)
async def test_text_stays_text(board: Board, screen: Screen, body: str, line: str) -> None:
    row(board, "x", said=body)
    assert any(line in drawn_line for drawn_line in drawn(screen, board))


async def test_a_removed_message_is_not_shown(board: Board, screen: Screen) -> None:
    row(board, "x", said="never mind").last = None
    text = "\n".join(drawn(screen, board))
    assert "removed" in text
    assert "never mind" not in text
