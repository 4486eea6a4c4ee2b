"""`record` and `replay`: what was, told again."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import rxconvo
from rxconvo import ArgumentError, RecordingError
from rxconvo.cli.record import record
from rxconvo.cli.replay import Facts, describe_recording, facts_as_text, parse_moment, parse_speed
from rxconvo.cli.upstream import Upstream

if TYPE_CHECKING:
    from tests.cli.conftest import Run

DEADLINE = 20.0
HERE = Upstream(url="sqlite:chat.db", identity="ada")


async def recorded(path: Path, *, raw: bool) -> list[str]:
    """Record a little chat with the command's own work; return what it announced."""
    told: list[str] = []
    begun = asyncio.Event()

    def announce(line: str) -> None:
        told.append(line)
        begun.set()

    async with rxconvo.connect("sqlite:chat.db", identity="bob") as bob:
        lunch = await (await bob.create_conversation(friendly_name="lunch", unique_name="noon")).join()
        await lunch.add("ada")
        await lunch.send_message("before")
        task = asyncio.create_task(
            record(HERE, path, raw=raw, max_bytes=10**6, max_seconds=None, keep=3, announce=announce)
        )
        async with asyncio.timeout(DEADLINE):
            await begun.wait()
            await lunch.send_message("pizza?")
            await (await lunch.get_messages(1)).items[0].update_body("pizza!")
            await lunch.send_message("secret sushi")
            os.kill(os.getpid(), signal.SIGINT)
            await task
    return told


@pytest.mark.real_time
@pytest.mark.parametrize("raw", [True, False])
def test_what_was_recorded_is_told_again(run: Run, place: Path, raw: bool) -> None:
    path = place / "x.rxrec"
    told = asyncio.run(recorded(path, raw=raw))
    assert told[0].startswith(f"recording ada at sqlite:chat.db to {path}, ")
    assert ("pseudonyms" in told[0]) is not raw
    assert told[1].endswith(f" frames in {path}; `rxconvo replay {path}` plays them")

    code, out, err = run("replay", str(path), "--speed", "max", "--json")
    assert (code, err) == (0, "")
    happenings = [json.loads(line) for line in out.splitlines()]
    assert [each["kind"] for each in happenings if each["kind"] in {"message", "edit"}] == [
        "message",
        "edit",
        "message",
    ]
    assert ("secret sushi" in out) is raw
    if raw:
        code, out, _ = run("replay", str(path), "--speed", "max", "--since", "5", "--kind", "message")
        assert [line.split("  ")[-1].strip() for line in out.splitlines()] == ["before", "pizza?", "secret sushi"]
        code, out, _ = run("replay", str(path), "noon", "--speed", "max", "--match", "SUSHI", "--author", "bob")
        assert out.count("\n") == 1

    code, out, _ = run("replay", str(path), "--info", "--json")
    facts = json.loads(out)
    assert (code, facts["scrubbed"], facts["parts"], facts["truncated"], facts["lost"]) == (0, not raw, 1, False, 0)
    assert facts["frames"] > 5
    assert (facts["conversations"] == ["lunch"]) is raw
    code, out, _ = run("replay", str(path), "--info")
    assert [line.split()[0] for line in out.splitlines()] == [
        "recording", "begun", "length", "client", "content", "frames", "conversations",
    ]  # fmt: skip

    assert run("record", str(path), "--url", "sqlite:chat.db", "--as", "ada")[0] == 1, "it exists"


@pytest.mark.real_time
def test_a_part_of_it(run: Run, place: Path) -> None:
    path = place / "x.rxrec"
    asyncio.run(recorded(path, raw=True))
    facts = asyncio.run(describe_recording(path))
    code, out, _ = run("replay", str(path), "--speed", "max", "--until", "0")
    assert (code, out) == (0, "")
    code, out, err = run("replay", str(path), "--speed", "max", "--from", f"{facts.duration + 60}")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--from must be within the recording, from 0 to " in err
    code, out, _ = run("replay", str(path), "--speed", "max", "--from", f"{facts.duration}", "--since", "2")
    assert [line.split("  ")[-1].strip() for line in out.splitlines()] == ["pizza!", "secret sushi"]


@pytest.mark.real_time
def test_a_loss_is_told_to_pipes_as_well(run: Run, place: Path) -> None:
    path = place / "x.rxrec"
    asyncio.run(recorded(path, raw=True))
    path.write_bytes(path.read_bytes()[:-9])
    code, out, err = run("replay", str(path), "--speed", "max", "--json")
    assert code == 0
    assert "pizza?" in out
    assert err == "rxconvo: the end of the recording is missing: whoever wrote it was killed\n"


@pytest.mark.real_time
def test_what_is_no_recording(run: Run, place: Path) -> None:
    (place / "x.rxrec").write_text("something else")
    for arguments in (["replay", "x.rxrec"], ["replay", "x.rxrec", "--info"]):
        code, out, err = run(*arguments)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "x.rxrec" in err
    code, _, err = run("replay", "nowhere.rxrec")
    assert (code, err.count("\n")) == (2, 1)


@pytest.mark.real_time
async def test_a_file_that_cannot_be_made() -> None:
    with pytest.raises(RecordingError):
        await record(HERE, Path("no/such/x.rxrec"), raw=True, max_bytes=1000, max_seconds=None, keep=1, announce=print)


@pytest.mark.parametrize("text, speed", [("1", 1.0), ("60x", 60.0), ("0.5", 0.5), ("max", math.inf)])
def test_speeds(text: str, speed: float) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "nan", "fast", ""])
def test_no_speeds(text: str) -> None:
    with pytest.raises(ArgumentError, match="--speed must be a number above 0"):
        parse_speed(text)


@pytest.mark.parametrize(
    "text, moment",
    [
        (None, None),
        ("90", 90.0),
        ("1.5", 1.5),
        ("1:30", 90.0),
        ("1:02:03", 3723.0),
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_moments(text: str | None, moment: object) -> None:
    assert parse_moment("--from", text) == moment


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "noon", "2026-01-31T12:00:00", ""])
def test_no_moments(text: str) -> None:
    with pytest.raises(ArgumentError, match="--from must be"):
        parse_moment("--from", text)


def test_facts_of_a_long_one() -> None:
    facts = Facts(
        path="x",
        started=datetime(2026, 1, 31, 12, tzinfo=UTC),
        identity="ada",
        upstream="ws:",
        version="1",
        scrubbed=True,
        parts=3,
        start=1.0,
        duration=3725.0,
        truncated=True,
        frames=1234,
        lost=2,
        objects=9,
        conversations=[f"c{number}" for number in range(20)],
    )
    text = "\n".join(facts_as_text(facts))
    assert "x, 3 files" in text
    assert "ada at an address that is not kept (ws:), rxconvo 1" in text
    assert "1:02:05, can be played from 1.0 s on, the end is missing" in text
    assert "20 at the start: c0, c1, c2, c3, c4, c5, c6, c7, …" in text
