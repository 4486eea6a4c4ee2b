"""Sending from the command line: once, to where it was meant to go."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rxconvo import ArgumentError, RejectedError, ServerOptions, Service
from rxconvo.cli.failure import CommandError
from rxconvo.cli.send import join_or_create, send
from rxconvo.server import Roles

if TYPE_CHECKING:
    from tests.cli.conftest import Run


TO = ("--url", "sqlite:chat.db", "--as", "ada")
NOWHERE = (
    "rxconvo: ada sees no conversation 'lunch'; there: none; --create makes it, or somebody who is in it adds ada by "
    "`rxconvo send … --with ada`\n"
)


@pytest.mark.real_time
def test_a_conversation_is_made_and_the_index_printed(run: Run) -> None:
    assert run("send", "lunch", "pizza?", "--create", *TO) == (0, "0\n", "")
    assert run("send", "lunch", "sushi?", "--create", *TO) == (0, "1\n", "")
    assert run("send", "lunch", "gyoza?", *TO) == (0, "2\n", "")


@pytest.mark.real_time
def test_nobody_to_send_it_to(run: Run) -> None:
    assert run("send", "lunch", "x", *TO) == (1, "", NOWHERE)


@pytest.mark.real_time
def test_files_go_along(run: Run, place: Path) -> None:
    (place / "menu.txt").write_text("ramen")
    arguments = ("send", "lunch", "--file", "menu.txt", "--file", "menu.txt", "--create", *TO)
    assert run(*arguments) == (0, "0\n", "")


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["lunch"], "TEXT must be given, - to read it from stdin, or a --file"),
        (["lunch", "-", "--token", "-"], "--token must be given otherwise, where the text comes from stdin"),
        (["lunch", "", *TO, "--create"], "TEXT must be at least a character, where there is no --file"),
        (["lunch", "x", "--file", "nowhere.txt"], "does not exist"),
        (["lunch", "x" * 40_000, *TO, "--create"], "at most 32"),
        ([], "missing argument 'CONVERSATION'"),
    ],
)
@pytest.mark.real_time
def test_what_makes_no_sense(run: Run, arguments: list[str], told: str) -> None:
    code, out, err = run("send", *arguments)
    assert (code, out) == (2, "")
    assert told.lower() in err.lower()
    assert err.count("\n") == 1


@pytest.mark.real_time
def test_the_text_is_read_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("two\nlines\n"))
    assert run("send", "lunch", "-", "--create", *TO)[:2] == (0, "0\n")


@pytest.mark.parametrize("said", ["", "\n"])
def test_nothing_on_stdin_is_not_sent(run: Run, place: Path, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    code, out, err = run("send", "lunch", "-", "--create", *TO)
    assert (code, out) == (2, "")
    assert "at least a character" in err
    assert list(place.iterdir()) == []


@pytest.mark.real_time
def test_two_people_talk(run: Run) -> None:
    as_bob = ("--url", "sqlite:chat.db", "--as", "bob")
    assert run("send", "lunch", "pizza?", "--create", *TO) == (0, "0\n", "")
    code, _, err = run("send", "lunch", "here", "--create", *as_bob)
    assert (code, "adds bob by `rxconvo send … --with bob`" in err) == (1, True)
    assert run("send", "lunch", "come", "--with", "bob", "--with", "sue", *TO) == (0, "1\n", "")
    assert run("send", "lunch", "here", *as_bob) == (0, "2\n", "")
    assert run("send", "lunch", "again", "--with", "bob", *TO) == (0, "3\n", ""), "who is there stays there"


async def test_what_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "menu.txt"
    path.write_text("ramen")
    async with Service() as service, service.client("ada") as ada:
        assert await send(ada, "lunch", "today", [path], create=True) == 0
        conversation = await ada.get_conversation_by_unique_name("lunch")
        (message,) = (await conversation.get_messages()).items
        assert message.body == "today"
        assert [(each.filename, each.content_type, each.size) for each in message.attached_media] == [
            ("menu.txt", "text/plain", 5)
        ]
        assert (conversation.friendly_name, conversation.status) == ("lunch", "joined")


async def test_one_that_is_made_meanwhile_is_found() -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        made = await bob.create_conversation(unique_name="lunch")
        with pytest.raises(CommandError, match="there is a conversation 'lunch', which ada is not in"):
            await join_or_create(ada, "lunch")
        await made.join()
        await made.add("ada")
        assert (await join_or_create(ada, "lunch")).sid == made.sid


async def test_several_of_one_name_are_not_made_one_more() -> None:
    async with Service() as service, service.client("ada") as ada:
        for _ in range(2):
            await (await ada.create_conversation(friendly_name="lunch")).join()
        with pytest.raises(CommandError, match="several conversations are called 'lunch'"):
            await join_or_create(ada, "lunch")


async def test_nobody_is_made_for_a_name_that_is_none() -> None:
    async with Service() as service, service.client("ada") as ada:
        with pytest.raises(ArgumentError, match="--with"):
            await send(ada, "lunch", "x", [], create=True, people=[""])
        assert (await ada.get_subscribed_conversations()).items == ()


async def test_a_refusal_is_passed_on() -> None:
    async with (
        Service(options=ServerOptions(roles=Roles(may_create=False))) as service,
        service.client("ada") as ada,
    ):
        with pytest.raises(RejectedError):
            await join_or_create(ada, "lunch")


async def test_an_answer_that_is_lost_makes_no_second_message() -> None:
    async with Service() as service, service.client("ada") as ada:
        await join_or_create(ada, "lunch")
        await service.control("conflict")  # carried out, but not answered as one would like
        index = await send(ada, "lunch", "once", [], create=False)
        conversation = await ada.get_conversation_by_unique_name("lunch")
        assert [each.body for each in (await conversation.get_messages()).items] == ["once"]
        assert index == 0
