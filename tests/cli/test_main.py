"""What goes wrong is one line on stderr, with the right exit code and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from rxconvo.cli import main
from rxconvo.cli.commands import token as token_command
from rxconvo.errors import StoreError

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["nope"], "no such command 'nope'"),
        (["serve", "--port", "99999"], "'--port'"),
        (["serve", "--port", "-1"], "'--port'"),
        (["serve", "--port", "http"], "'--port'"),
        (["serve", "--prot", "1"], "--prot"),
        (["serve", "--store", "postgres:x"], "must be sqlite:PATH or memory:, not 'postgres:x'"),
        (["token", "ada", "--store", "chat.db"], "must be sqlite:PATH or memory:, not 'chat.db'"),
        (["serve", "--store", "chat.db"], "value for '--store'"),
        (["token"], "'identity'"),
        (["token", ""], "identity must be 1 to 256 characters"),
        (["token", "x" * 257], "identity must be 1 to 256 characters"),
        (["token", "ada", "bob"], "bob"),
        (["token", "ada", "--ttl", "0"], "ttl must be more than 0 and at most 86400 seconds"),
        (["token", "ada", "--ttl", "86401"], "ttl must be more than 0 and at most 86400 seconds"),
        (["token", "ada", "--ttl", "nan"], "ttl must be more than 0 and at most 86400 seconds"),
        (["token", "ada", "--ttl", "soon"], "'--ttl'"),
        (["token", "ada", "--store", "memory:"], "memory keeps no keys"),
        (["tail", "--kind", "foo"], "'--kind': 'foo' is not one of"),
        (["demo", "--seconds", "0"], "seconds must be finite and more than 0"),
        (["demo", "--seconds", "inf"], "seconds must be finite and more than 0"),
        (["demo", "--speed", "-1"], "speed must be finite and more than 0"),
        (["demo", "--people", "1"], "'--people'"),
        (["demo", "--people", "201"], "'--people'"),
    ],
)
def test_bad_arguments(run: Run, arguments: Sequence[str], told: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("rxconvo: ")
    assert told.lower() in err.lower()
    assert err.count("\n") == 1
    assert "Input should be" not in err, "which is what a release of typer says"
    assert "unable to parse" not in err


@pytest.mark.parametrize("command", [["serve"], ["token", "ada"]])
def test_a_store_that_cannot_be_had(run: Run, command: list[str]) -> None:
    code, out, err = run(*command, "--store", "sqlite:no/such/directory/chat.db")
    assert (code, out) == (1, "")
    assert err.startswith("rxconvo: ")
    assert "no/such/directory/chat.db" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", [["tail", "--help"], ["doctor", "--url", "ws://127.0.0.1:1"]])
def test_letters_that_the_encoding_lacks_are_written_otherwise(command: list[str]) -> None:
    program = [sys.executable, "-m", "rxconvo", *command]
    environ = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(program, capture_output=True, env=environ, timeout=60, check=False)  # noqa: S603 - ourselves
    assert done.stderr == b""
    assert rb"\u2" in done.stdout


def test_ctrl_c_while_the_library_is_loaded_is_no_traceback() -> None:
    """What takes long to import is imported where that is caught."""
    code = "import sys; import rxconvo.cli; sys.exit(any(name in sys.modules for name in ('typer', 'rxconvo.client')))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)  # noqa: S603 - ourselves


@pytest.mark.parametrize(
    "error, code, told",
    [
        (StoreError("chat.db is broken"), 1, "chat.db is broken"),
        (OSError("no line"), 1, "no line"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_each_failure_has_its_exit_code(
    run: Run, error: BaseException, code: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mint(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr(token_command, "mint_token", mint)
    assert run("token", "ada") == (code, "", f"rxconvo: {told}\n")


def test_a_bug_is_not_hushed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def mint(*_: object, **__: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(token_command, "mint_token", mint)
    with pytest.raises(ZeroDivisionError):
        main(["token", "ada"])


@pytest.mark.parametrize(
    "command, name", [("token", "IDENTITY"), ("send", "CONVERSATION"), ("record", "PATH"), ("replay", "PATH")]
)
def test_what_is_missing_is_called_as_the_help_calls_it(run: Run, command: str, name: str) -> None:
    assert run(command)[2] == f"rxconvo: missing argument '{name}'.\n"


def test_without_arguments_it_tells_what_there_is(run: Run) -> None:
    code, out, err = run()
    assert code == 2
    assert "Commands" in out + err
    assert "rxconvo: " not in err


def test_help_is_no_error(run: Run) -> None:
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert "Commands" in out


def test_a_missing_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    code, out, err = run("token", "ada")
    assert (code, out) == (1, "")
    assert "the extra cli: python -m pip install 'rxconvo[cli]', or '.[cli]' in a clone" in err


def test_the_extra_for_the_demo_includes_that_for_the_command_line() -> None:
    wanted = [Requirement(line) for line in requires("rxconvo") or []]

    def of(extra: str) -> set[str]:
        return {each.name for each in wanted if each.marker is not None and each.marker.evaluate({"extra": extra})}

    assert of("demo") == of("cli") | {"chitchat-dataset"}


def test_a_missing_corpus_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chitchat_dataset", None)
    code, out, err = run("demo", "--headless")
    assert (code, out) == (1, "")
    assert "rxconvo[demo]" in err


def test_as_a_process(place: Path) -> None:
    program = [sys.executable, "-m", "rxconvo", "token", "ada", "--ttl"]
    done = subprocess.run([*program, "60"], capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    assert done.stderr.startswith(f"rxconvo: new keys made at {place / 'rxconvo.db.keys'}: ")
    assert len(done.stdout.split()) == 1
    failed = subprocess.run([*program, "0"], capture_output=True, text=True, check=False)  # noqa: S603 - likewise
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr == "rxconvo: ttl must be more than 0 and at most 86400 seconds, not 0.0\n"
