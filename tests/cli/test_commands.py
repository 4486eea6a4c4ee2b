"""Every command by typer's runner: its help, its defaults, its variables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import rxconvo
from rxconvo.cli.app import COMMANDS, app
from rxconvo.cli.commands import demo as demo_command
from rxconvo.cli.commands import serve as serve_command
from rxconvo.cli.commands import token as token_command
from rxconvo.cli.demo import Performance
from rxconvo.cli.main import main
from rxconvo.demo.audit import Verdict
from rxconvo.demo.run import Outcome
from rxconvo.server import TWILIO_LIMITS, Roles, ServerOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_the_help_names_every_command() -> None:
    code, output = invoke("--help")
    assert code == 0
    assert all(command in output for command in COMMANDS)


def test_the_version_is_that_of_the_package() -> None:
    assert invoke("--version") == (0, f"rxconvo {rxconvo.__version__}\n")


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_a_help_with_an_example(command: str) -> None:
    code, output = invoke(command, "--help")
    assert code == 0
    assert f"Example: rxconvo {command}" in output


@pytest.mark.parametrize(
    "arguments, served",
    [
        ([], ("127.0.0.1", 8080, "sqlite:rxconvo.db", ServerOptions(), False, ())),
        (
            ["--host", "::1", "--port", "0", "--store", "memory:", "--limits", "twilio", "--control"],
            ("::1", 0, "memory:", ServerOptions(limits=TWILIO_LIMITS), True, ()),
        ),
        (
            ["--roles", "roles.toml"],
            ("127.0.0.1", 8080, "sqlite:rxconvo.db", ServerOptions(roles=Roles(may_create=False)), False, ()),
        ),
        (
            ["--origin", "http://localhost:3000", "--origin", "*", "--media-url", "https://files.example"],
            (
                "127.0.0.1",
                8080,
                "sqlite:rxconvo.db",
                ServerOptions(media_url="https://files.example"),
                False,
                ("http://localhost:3000", "*"),
            ),
        ),
    ],
)
def test_serve_takes(
    arguments: list[str],
    served: tuple[object, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    taken: list[tuple[object, ...]] = []
    dashboards: list[tuple[str | None, int | None]] = []

    async def serve(
        host: str,
        port: int,
        store: str,
        *,
        options: ServerOptions,
        control: bool,
        origins: Collection[str],
        dashboard_of: str | None,
        dashboard_port: int | None,
        announce: object,
    ) -> None:
        taken.append((host, port, store, options, control, tuple(origins)))
        dashboards.append((dashboard_of, dashboard_port))

    monkeypatch.chdir(tmp_path)
    Path("roles.toml").write_text("may_create = false", encoding="utf-8")

    monkeypatch.setattr(serve_command, "serve_until_stopped", serve)
    assert invoke("serve", *arguments) == (0, "")
    assert taken == [served]
    assert dashboards == [(None, None)]
    assert invoke("serve", *arguments, "--dashboard", "ada", "--dashboard-port", "81") == (0, "")
    assert (taken, dashboards[1:]) == ([served, served], [("ada", 81)])


@pytest.mark.parametrize("command", [["serve"], ["token", "ada"]])
def test_the_store_can_be_set_by_a_variable(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    async def serve(_host: str, _port: int, store: str, **_: object) -> None:
        taken.append(store)

    def mint(_identity: str, _ttl: float, store: str, _environ: object, *, warn: object) -> str:
        assert callable(warn)
        taken.append(store)
        return "token"

    monkeypatch.setattr(serve_command, "serve_until_stopped", serve)
    monkeypatch.setattr(token_command, "mint_token", mint)
    monkeypatch.setenv("RXCONVO_STORE", "sqlite:there.db")
    assert invoke(*command)[0] == 0
    assert invoke(*command, "--store", "sqlite:here.db")[0] == 0
    assert taken == ["sqlite:there.db", "sqlite:here.db"]


def test_token_prints_the_token_and_nothing_else(place: Path) -> None:
    first, second = (CliRunner().invoke(app, ["token", "ada", "--ttl", "60"]) for _ in range(2))
    for result in (first, second):
        assert result.exit_code == 0
        assert result.stdout.endswith("\n")
        assert len(result.stdout.split()) == 1
        assert result.stdout.count(".") == 2
    assert (place / "rxconvo.db.keys").exists()
    assert f"new keys made at {place / 'rxconvo.db.keys'}" in first.stderr
    assert first.stderr.count("\n") == 1
    assert second.stderr == "", "the store is known now"


@pytest.mark.parametrize(
    "arguments, performance, headless",
    [
        ([], Performance(), False),
        (["--headless"], Performance(), True),
        (
            ["--seconds", "3", "--speed", "9", "--people", "8", "--seed", "7"],
            Performance(seconds=3.0, speed=9.0, people=8, seed=7),
            False,
        ),
    ],
)
@pytest.mark.parametrize("missing", [0, 1])
def test_demo_plays_and_judges(
    arguments: list[str], performance: Performance, headless: bool, missing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = Verdict(sent=1, expected=2, observed=2 - missing, missing=missing, repeated=0, unexpected=0, disordered=0)
    outcome = Outcome(
        performance=performance, windows=1, conversations=1, people=2, most=2, done={}, behind=0.0, verdict=verdict
    )

    def play(asked: Performance, *, headless: bool, dashboard: bool, announce: Callable[[str], None]) -> Outcome:
        played.append((asked, headless, dashboard))
        return outcome

    played: list[tuple[Performance, bool, bool]] = []
    monkeypatch.setattr(demo_command, "play", play)
    assert invoke("demo", *arguments) == (missing, f"{outcome.summary()}\n")
    assert invoke("demo", *arguments, "--no-dashboard")[0] == missing
    assert played == [(performance, headless, True), (performance, headless, False)]


@pytest.mark.parametrize(
    "text, told",
    [
        ('[rights]\nmember = ["fly"]', "rights.member[0] must be one of look_up"),
        ("may_create = 1", "may_create must be true or false"),
        (None, "roles.toml: No such file"),
    ],
)
def test_roles_that_make_no_sense_are_told_in_one_line(
    text: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "roles.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--roles", str(path)])
    assert caught.value.code == (1 if text is None else 2)
    error = capsys.readouterr().err
    assert told in error
    assert "Errno" not in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == ([] if text is None else [path]), "nothing is made before all is known"
