"""The board shows what the streams tell, and is made of nothing else."""

from __future__ import annotations

import ast
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

import rxconvo
from rxconvo import Client, Conversation, Service, current_scheduler
from rxconvo import operators as chat
from rxconvo.demo.board import Board
from rxconvo.testing import advance, settle


@pytest.fixture
async def board() -> AsyncGenerator[Board]:
    board = Board(current_scheduler(), settle=0.1)
    yield board
    board.close()


@pytest.fixture
async def ada(service: Service) -> AsyncGenerator[Client]:
    async with service.client("ada") as client:
        yield client


@pytest.fixture
async def bob(service: Service) -> AsyncGenerator[Client]:
    async with service.client("bob") as client:
        yield client


async def talk(ada: Client, bob: Client, name: str) -> tuple[Conversation, Conversation]:
    """Let both join a conversation; return the handle of each."""
    hers = await ada.create_conversation(unique_name=name, access="public")
    await hers.join()
    his = await bob.get_conversation_by_sid(hers.sid)
    await his.join()
    return hers, his


async def test_a_conversation_as_one_of_its_people_sees_it(board: Board, ada: Client, bob: Client) -> None:
    hers, his = await talk(ada, bob, "x")
    board.watch("x", hers)
    await settle()
    row = board.rows["x"]
    assert (row.viewer, row.last, row.unread, row.messages, row.typing) == ("ada", None, 0, 0, frozenset())

    await his.send_typing()
    await advance(0.2)
    assert row.typing == {"bob"}
    await his.send_message("hello")
    await his.send_message("are you there?")
    await advance(0.2)
    assert (row.typing, row.unread, row.messages) == (frozenset(), 2, 2)
    assert row.last is not None
    assert (row.last.author, row.last.body) == ("bob", "are you there?")

    await hers.set_all_messages_read()
    await settle()
    assert row.unread == 0


async def test_the_last_message_is_shown_as_it_is_now(board: Board, ada: Client, bob: Client) -> None:
    hers, his = await talk(ada, bob, "x")
    board.watch("x", hers)
    for body in ("first", "last"):
        await his.send_message(body)
    first, last = (await his.get_messages()).items
    row = board.rows["x"]
    await first.update_body("FIRST")
    await settle()
    assert row.last is not None
    assert row.last.body == "last"
    await last.update_body("LAST")
    await settle()
    assert row.last.body == "LAST"
    await last.remove()
    await settle()
    assert row.last is None


async def test_rates_are_those_of_all_conversations(board: Board, ada: Client, bob: Client) -> None:
    rooms = [await talk(ada, bob, name) for name in ("x", "y")]
    for name, (hers, _) in zip("xy", rooms, strict=True):
        board.watch(name, hers)
        await hers.typing.opened
    await advance(1.0)
    board.rates.clear()
    for _, his in rooms:
        await his.send_typing()
        await his.send_message("hello")
    await advance(1.0)
    assert (list(board.rates), list(board.typing_rates)[-1]) == ([2], 2)


async def test_the_end_of_one_conversation_does_not_end_the_counting(board: Board, ada: Client, bob: Client) -> None:
    rooms = [await talk(ada, bob, name) for name in ("x", "y")]
    for name, (hers, _) in zip("xy", rooms, strict=True):
        board.watch(name, hers)
        await hers.typing.opened
    await rooms[0][0].leave()
    await settle()
    assert [board.rows[name].over for name in "xy"] == [True, False]
    await advance(1.0)
    board.rates.clear()
    await rooms[1][1].send_typing()
    await rooms[1][1].send_message("still here")
    await advance(1.0)
    assert (list(board.rates), list(board.typing_rates)[-1]) == ([1], 1)


async def test_the_first_to_come_is_shown_and_after_the_end_the_next(board: Board, ada: Client, bob: Client) -> None:
    hers, his = await talk(ada, bob, "x")
    board.watch("x", hers)
    board.watch("x", his)
    assert board.rows["x"].viewer == "ada"
    await hers.leave()
    await settle()
    board.watch("x", his)
    assert board.rows["x"].viewer == "bob"


async def test_who_is_online(board: Board, service: Service, ada: Client) -> None:
    board.meet(ada)
    async with service.client("bob") as bob:
        board.meet(bob)
        assert board.online == {"ada", "bob"}
    await settle()
    assert board.online == {"ada"}


@pytest.mark.parametrize("module", ["board", "screen", "stage", "run"])
def test_the_demo_uses_what_everybody_can_use(root: Path, module: str) -> None:
    """No way around the public streams: all names come from `rxconvo`, its operators, or the demo itself."""
    public = {"rxconvo": {*rxconvo.__all__, "operators"}, "rxconvo.operators": set(chat.__all__)}
    tree = ast.parse((root / "rxconvo" / "demo" / f"{module}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Import) or not any(name.name.startswith("rxconvo.") for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("rxconvo"):
            if node.module.startswith("rxconvo.demo.") or node.module in {"rxconvo.types", "rxconvo.errors"}:
                continue
            assert {alias.name for alias in node.names} <= public.get(node.module, set()), node.module
