"""The application: what there is to be run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from rxconvo import __version__
from rxconvo.cli.commands.demo import demo
from rxconvo.cli.commands.doctor import doctor
from rxconvo.cli.commands.importing import import_
from rxconvo.cli.commands.inspect import inspect
from rxconvo.cli.commands.record import record
from rxconvo.cli.commands.replay import replay
from rxconvo.cli.commands.send import send
from rxconvo.cli.commands.serve import serve
from rxconvo.cli.commands.tail import tail
from rxconvo.cli.commands.token import token

__all__ = ["COMMANDS", "app"]


class _Command(TyperCommand):
    """A command whose help says of no flag that it takes a value."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return its parameters."""
        return _bare_flags(super().get_params(ctx))


class _Commands(TyperGroup):
    """All commands, likewise."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return their parameters."""
        return _bare_flags(super().get_params(ctx))


def _bare_flags(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""  # else it reads `--json <bool>`
    return parameters


app = typer.Typer(
    name="rxconvo",
    cls=_Commands,
    help="Reactive streams over chat.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # in which a line break within a paragraph is none
)


@app.callback(invoke_without_command=True)
def common(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False
) -> None:
    """Reactive streams over chat."""
    if version:
        typer.echo(f"rxconvo {__version__}")
        raise typer.Exit


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "demo": demo,
    "serve": serve,
    "token": token,
    "tail": tail,
    "send": send,
    "import": import_,
    "inspect": inspect,
    "record": record,
    "replay": replay,
    "doctor": doctor,
}
"""What there is, in the order in which one comes to need it."""

for name, command in COMMANDS.items():
    app.command(name, cls=_Command)(command)
