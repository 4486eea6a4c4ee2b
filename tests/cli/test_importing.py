"""Conversations from elsewhere: each message once, however often it is tried."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rxconvo import Service
from rxconvo.cli.failure import CommandError
from rxconvo.cli.importing import Line, Source, Talk, load, read_corpus, read_lines
from rxconvo.cli.terminal import progress_bar
from rxconvo.cli.token import mint_token
from rxconvo.cli.upstream import Upstream

if TYPE_CHECKING:
    from tests.cli.conftest import Run


LINES: list[dict[str, Any]] = [
    {"conversation": "lunch", "author": "ada", "body": "pizza?", "at": "2026-01-31T12:00:00Z", "title": "Lunch"},
    {"conversation": "lunch", "author": "bob", "text": "sushi", "kind": "message"},
    {"conversation": "lunch", "author": "bob", "text": "is typing", "kind": "typing"},
    {"conversation": "supper", "author": "cleo", "body": "", "attributes": {"a": 1}},
]


def encoded(lines: list[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(line).encode() + b"\n" for line in lines]


def test_what_lines_say() -> None:
    source = read_lines("x", [*encoded(LINES), b"\n", b"  \n"])
    assert source == Source(
        talks=(
            Talk(
                name="lunch",
                title="Lunch",
                lines=(
                    Line(author="ada", body="pizza?", at="2026-01-31T12:00:00Z"),
                    Line(author="bob", body="sushi"),
                ),
            ),
            Talk(name="supper", title="supper", lines=(Line(author="cleo", body="", attributes={"a": 1}),)),
        ),
        passed_over=1,
    )
    assert source.messages == 3


@pytest.mark.parametrize(
    "line, told",
    [
        (b"{", "chat.jsonl, line 2: "),
        (b"[]", "line 2: Expected `object`, got `array`"),
        (b'{"author": "ada", "body": "x"}', "line 2: conversation must be a name"),
        (b'{"conversation": "c", "body": "x"}', "line 2: author must be an identity"),
        (b'{"conversation": "c", "author": "a\\u0000", "body": "x"}', "line 2: author must be an identity"),
        (b'{"conversation": "c", "author": "ada"}', "line 2: body must be a text"),
        (b'{"conversation": "c", "author": "ada", "body": 7}', "line 2: Expected `str | null`"),
        (b'{"conversation": "c", "author": "ada", "body": "' + b"x" * 40_000 + b'"}', "line 2: body must be"),
        (b"[" * 100_000, "line 2: "),
        (b'{"conversation": "\xff"}', "line 2: "),
    ],
)
def test_a_line_that_is_none_is_named(line: bytes, told: str) -> None:
    with pytest.raises(CommandError) as caught:
        read_lines("chat.jsonl", [*encoded(LINES[:1]), line])
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_corpus() -> None:
    source = read_corpus(2)
    first, second = source.talks
    assert len(first.lines) >= len(second.lines) > 100
    assert len({line.author for line in first.lines}) == 2
    assert first.lines[0].at is not None


async def contents(client: Any, name: str) -> list[tuple[str | None, str | None, Any]]:
    conversation = await client.get_conversation_by_unique_name(name)
    return [(each.author, each.body, each.attributes) for each in (await conversation.get_messages(100)).items]


async def bring(upstream: Upstream, source: Source) -> tuple[int, int, int, int]:
    with progress_bar("importing") as bar:
        tally = await load(upstream, source, bar)
    return tally.made, tally.found, tally.sent, tally.skipped


async def test_everybody_says_their_own_once() -> None:
    source = read_lines("x", encoded(LINES))
    upstream = Upstream(url="memory:import", identity="sue")
    async with Service("memory:import") as service, service.client("sue") as sue, service.client("bob") as bob:
        assert await bring(upstream, source) == (2, 0, 3, 0)
        there = [
            ("ada", "pizza?", {"import": {"n": 0, "at": "2026-01-31T12:00:00Z"}}),
            ("bob", "sushi", {"import": {"n": 1}}),
        ]
        assert await contents(sue, "lunch") == there
        assert await bring(upstream, source) == (0, 2, 0, 3)
        assert await contents(bob, "lunch") == there
        assert await contents(sue, "supper") == [("cleo", "", {"a": 1, "import": {"n": 0}})]
        assert (await sue.get_conversation_by_unique_name("lunch")).friendly_name == "Lunch"


async def test_what_is_missing_is_brought_in_though_there_are_other_messages() -> None:
    source = read_lines("x", encoded(LINES))
    half = Source(talks=(Talk(name="lunch", title="Lunch", lines=source.talks[0].lines[:1]),))
    upstream = Upstream(url="memory:half", identity="sue")
    async with Service("memory:half") as service, service.client("sue") as sue:
        await bring(upstream, half)
        lunch = await sue.get_conversation_by_unique_name("lunch")
        await lunch.send_message("something else")
        assert await bring(upstream, source) == (1, 1, 2, 1)
        assert [body for _, body, _ in await contents(sue, "lunch")] == ["pizza?", "something else", "sushi"]


def exported(sid: str, *indices: int) -> list[bytes]:
    """Return lines as `rxconvo tail --json` prints them."""
    said: dict[str, Any] = {"kind": "message", "conversation": "lunch", "conversation_sid": sid, "author": "ada"}
    return encoded([{**said, "text": f"{sid} {index}", "index": index} for index in indices])


async def test_what_tail_prints_is_known_by_what_it_was_not_by_its_line() -> None:
    upstream = Upstream(url="memory:windows", identity="sue")
    async with Service("memory:windows") as service, service.client("sue") as sue:
        assert await bring(upstream, read_lines("x", exported("CH1", 0, 1, 2))) == (1, 0, 3, 0)
        assert await bring(upstream, read_lines("x", exported("CH1", 1, 2, 3, 3))) == (0, 1, 1, 3)
        assert await bring(upstream, read_lines("x", exported("CH2", 3))) == (0, 1, 1, 0), "of another one of that name"
        assert [body for _, body, _ in await contents(sue, "lunch")] == ["CH1 0", "CH1 1", "CH1 2", "CH1 3", "CH2 3"]


async def test_what_comes_from_the_conversation_itself_is_there() -> None:
    upstream = Upstream(url="memory:itself", identity="sue")
    async with Service("memory:itself") as service, service.client("sue") as sue:
        lunch = await (await sue.create_conversation(unique_name="lunch")).join()
        for text in ("pizza?", "sushi?"):
            await lunch.send_message(text)
        assert await bring(upstream, read_lines("x", exported(lunch.sid, 0, 1))) == (0, 1, 0, 2)


async def test_a_conversation_of_others_is_left_alone() -> None:
    async with Service("memory:others") as service, service.client("zoe") as zoe:
        await zoe.create_conversation(unique_name="lunch")
        with pytest.raises(CommandError, match="there is a conversation 'lunch' already, which sue is not in"):
            await bring(Upstream(url="memory:others", identity="sue"), read_lines("x", encoded(LINES)))


@pytest.mark.e2e
@pytest.mark.real_time
async def test_with_a_token_its_user_says_it_all() -> None:
    async with Service("sqlite:chat.db") as service, service.client("sue") as sue:
        listener = await service.listen()
        upstream = Upstream(url=listener.url, token=mint_token("sue", 60.0, "sqlite:chat.db", {}))
        assert await bring(upstream, read_lines("x", encoded(LINES))) == (2, 0, 3, 0)
        assert [(who, what["import"]["author"]) for who, _, what in await contents(sue, "lunch")] == [
            ("sue", "ada"),
            ("sue", "bob"),
        ]


@pytest.mark.real_time
def test_as_a_command(run: Run, place: Path) -> None:
    (place / "chat.jsonl").write_bytes(b"".join(encoded(LINES)))
    command = ("import", "chat.jsonl", "--url", "sqlite:chat.db", "--as", "sue")
    assert run(*command) == (
        0,
        "3 messages sent, 0 were there; 2 conversations made, 0 were there; 1 lines are no messages\n",
        "",
    )
    assert run(*command)[1].startswith("0 messages sent, 3 were there; 0 conversations made, 2 were there")


@pytest.mark.parametrize(
    "arguments, code, told",
    [
        ([], 2, "FILE must be given, or --corpus N, and not both"),
        (["x", "--corpus", "3"], 2, "FILE must be given, or --corpus N, and not both"),
        (["-", "--token", "-"], 2, "--token must be given otherwise"),
        (["nowhere.jsonl", "--url", "memory:", "--as", "sue"], 1, "nowhere.jsonl: No such file or directory"),
        (["--corpus", "0"], 2, "--corpus"),
    ],
)
def test_what_makes_no_sense(run: Run, arguments: list[str], code: int, told: str) -> None:
    exit_code, out, err = run("import", *arguments)
    assert (exit_code, out) == (code, "")
    assert told in err
    assert err.count("\n") == 1
