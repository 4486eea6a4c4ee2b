"""The entry point: what every command has in common."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from rxconvo.cli.failure import INTERRUPTED
from rxconvo.cli.text import one_line
from rxconvo.errors import ArgumentError, MissingExtraError, RxconvoError

__all__ = ["main"]

_SAID: Final = {
    ": Value error, ": ": ",
    ": Input should be ": ": must be ",
    "a valid integer, unable to parse string as an integer": "a whole number",
    "a valid number, unable to parse string as a number": "a number",
    "less than or equal to": "at most",
    "greater than or equal to": "at least",
}
"""What a release of typer says of a value, and how it is said here."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Exit codes: 0 done, 1 it failed, 2 the arguments are off, 130 interrupted. What went wrong is one line on stderr.

    Args:
        arguments: Those after the program's name; the process's own by default.
    """
    logging.getLogger("rxconvo").addHandler(logging.NullHandler())  # what counts is told here
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a letter that the encoding lacks is no reason to end
    try:
        code = _run(arguments)
    except ArgumentError as error:
        _fail(str(error), 2)
    except RxconvoError as error:
        _fail(str(error), 1)
    except OSError as error:
        _fail(str(error) if error.filename is None else f"{error.filename}: {error.strerror}", 1)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        _fail("interrupted", code)
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        import typer

        from rxconvo.cli.app import app
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        raise MissingExtraError("cli", "the command line") from error
    # What is wrong with the usage is click's to say, of which releases of typer bring along their own: this is the
    # root of it that all of them show.
    usage_error: type[Exception] = typer.BadParameter.__bases__[0]
    try:
        # Not standalone: the errors are ours to tell, in one line.
        given = None if arguments is None else list(arguments)
        code: int | None = app(args=given, prog_name="rxconvo", standalone_mode=False)
    except usage_error as error:
        told = getattr(error, "format_message", error.__str__)()
        for theirs, ours in _SAID.items():
            told = told.replace(theirs, ours)
        _fail(f"{told[:1].lower()}{told[1:]}", 2)
    return code or 0


def _fail(told: str, code: int) -> NoReturn:
    if told:
        print(f"rxconvo: {one_line(told)}", file=sys.stderr)  # also what a service has said
    sys.exit(code)
