"""How commands end: by Ctrl-C, because nobody reads any more, and with an error told in one line."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rxconvo.cli.app import COMMANDS
from rxconvo.cli.failure import CommandError
from rxconvo.cli.running import run as run_to_the_end
from rxconvo.cli.running import together, while_read
from rxconvo.errors import StoreLockedError

if TYPE_CHECKING:
    from tests.cli.conftest import Run

DEADLINE = 60.0
AS = ("--url", "sqlite:chat.db", "--as", "ada")


@contextmanager
def program(*arguments: str) -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "rxconvo", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.parametrize("command", [["tail", "--since", "1"], ["inspect", "--json", "--every", "0.1"]])
def test_ctrl_c_is_130_and_says_nothing(run: Run, command: list[str]) -> None:
    run("send", "lunch", "x", "--create", *AS)
    with program(*command, *AS) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, err) == (130, "")


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recording_ends_well(place: Path, number: signal.Signals) -> None:
    with program("record", "x.rxrec", *AS) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("recording ada at sqlite:chat.db to x.rxrec, with pseudonyms")
        process.send_signal(number)
        out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, err) == (0, "")
    assert out.endswith("`rxconvo replay x.rxrec` plays them\n")
    assert (place / "x.rxrec").exists()


@pytest.mark.e2e
@pytest.mark.real_time
def test_nobody_reads_any_more() -> None:
    with program("inspect", "--json", "--every", "0.1", *AS) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        process.wait(DEADLINE)
        assert (process.returncode, process.stderr.read()) == (141, "")


@pytest.mark.e2e
@pytest.mark.real_time
def test_nobody_reads_any_more_while_there_is_nothing_to_tell(run: Run) -> None:
    run("send", "lunch", "x", "--create", *AS)
    with program("tail", "--json", "--since", "1", *AS) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        process.wait(DEADLINE)
        assert (process.returncode, process.stderr.read()) == (141, "")


@pytest.mark.e2e
@pytest.mark.real_time
def test_tail_survives_a_service_that_is_killed_and_started_again(run: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = ("serve", "--port", f"{port}", "--store", "sqlite:chat.db")
    to = ("--as", "ada", "--url", f"ws://127.0.0.1:{port}", "--store", "sqlite:chat.db")
    with program(*serve) as first:
        assert first.stdout is not None
        assert first.stdout.readline()
        assert run("send", "lunch", "before", "--create", *to)[0] == 0
        with program("tail", "--since", "1", "--kind", "message", "--json", *to) as tail:
            assert tail.stdout is not None
            assert json.loads(tail.stdout.readline())["text"] == "before"
            first.kill()
            first.wait(DEADLINE)
            with program(*serve) as second:
                assert second.stdout is not None
                assert second.stdout.readline()
                assert run("send", "lunch", "after", *to)[0] == 0
                assert json.loads(tail.stdout.readline())["text"] == "after"


@pytest.mark.e2e
@pytest.mark.real_time
def test_the_store_of_another_process(run: Run) -> None:
    with program("serve", "--port", "0", "--store", "sqlite:chat.db") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        for command in (["tail"], ["send", "lunch", "x"], ["inspect"], ["record", "x.rxrec"]):
            code, out, err = run(*command, *AS)
            assert (code, out, err.count("\n")) == (1, "", 1)
            assert "in use by another process" in err
            assert "connect to its rxconvo serve instead" in err


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.parametrize("command", [["tail"], ["send", "lunch", "x"], ["inspect"], ["record", "x.rxrec"]])
def test_nobody_is_there(run: Run, command: list[str]) -> None:
    code, out, err = run(*command, "--url", "ws://127.0.0.1:1", "--token", "a.b.c")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("rxconvo: nobody listens at 127.0.0.1:1: start a service there with `rxconvo serve --port 1`")


@pytest.mark.e2e
@pytest.mark.real_time
def test_a_token_that_is_refused(run: Run) -> None:
    with program("serve", "--port", "0") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        code, out, err = run("tail", "--url", url, "--token", "a.b.c")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "`rxconvo doctor` with the same options explains" in err


@pytest.mark.parametrize("command", ["tail", "send", "import", "inspect", "record"])
def test_without_a_token_one_is_told_how_to_get_one(run: Run, command: str) -> None:
    positional = {"send": ["lunch", "x"], "import": ["--corpus", "1"], "record": ["x.rxrec"]}.get(command, [])
    code, out, err = run(command, *positional)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "`rxconvo token IDENTITY` prints one" in err


@pytest.mark.parametrize("options", [["--kind", "nothing"], ["--match", "("], ["--since", "-1"], ["--since", "x"]])
def test_filters_that_make_no_sense(run: Run, options: list[str]) -> None:
    code, out, err = run("tail", *AS, *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert options[0] in err


def test_the_help_tells_each_command_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run("--help")
    told = out[out.index("Commands") :].splitlines()[1:-1]
    assert [line.split()[1] for line in told if line.startswith("│")] == list(COMMANDS)


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_help_fits_80_columns_and_begins_with_one_line(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert f"Example: rxconvo {command}" in out


def test_errors_pass_through() -> None:
    async def fail() -> None:
        raise CommandError("no")

    with pytest.raises(CommandError, match="no"):
        run_to_the_end(fail())


@pytest.mark.real_time
def test_a_pipe_that_is_read_is_no_reason_to_end(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(place / "pipe")
    both = os.open(place / "pipe", os.O_RDWR)  # which is ready to be read from, as well
    os.write(both, b"x")
    with os.fdopen(both, "w", encoding="utf-8") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert run_to_the_end(while_read(asyncio.sleep(0.01, "done"))) == "done"


def test_what_fails_while_it_is_read() -> None:
    async def fail() -> None:
        raise CommandError("no")

    with pytest.raises(CommandError, match="no"):
        run_to_the_end(while_read(fail()))


async def test_what_runs_together() -> None:
    async def give(value: int) -> int:
        await asyncio.sleep(value)
        return value

    async def fail() -> int:
        await asyncio.sleep(2)
        raise StoreLockedError("x")

    assert await together(give(2), give(1)) == [2, 1]
    with pytest.raises(StoreLockedError):
        await together(give(100), fail())
