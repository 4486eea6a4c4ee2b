"""The entry point: what every command has in common."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

from rxconvo.errors import ArgumentError, MissingExtraError, RxconvoError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Exit codes: 0 done, 1 it failed, 2 the arguments are off, 130 interrupted. What went wrong is one line on stderr.

    Args:
        arguments: Those after the program's name; the process's own by default.
    """
    try:
        _run(arguments)
    except ArgumentError as error:
        _complain(error, 2)
    except (RxconvoError, OSError) as error:
        _complain(error, 1)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


def _run(arguments: Sequence[str] | None) -> None:
    try:
        from rxconvo.cli.commands import app
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich"}:
            raise
        raise MissingExtraError("cli", "the command line") from error
    app(args=None if arguments is None else list(arguments))


def _complain(error: Exception, code: int) -> NoReturn:
    print(f"rxconvo: {error}", file=sys.stderr)
    sys.exit(code)
