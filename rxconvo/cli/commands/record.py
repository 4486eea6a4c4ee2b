"""`rxconvo record`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from rxconvo.cli.options import DEFAULT_STORE, DEFAULT_URL, As, Keys, Token, Url
from rxconvo.cli.record import record as work
from rxconvo.cli.running import run
from rxconvo.cli.upstream import choose_upstream

__all__ = ["record"]


def record(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file to make: PATH.rxrec by custom.")],
    *,
    raw: Annotated[
        bool, typer.Option("--raw", help="Keep who it was and what was said, instead of pseudonyms.")
    ] = False,
    max_size: Annotated[
        float, typer.Option(min=0.001, metavar="MB", help="Begin another file once one is as large as this.")
    ] = 64.0,
    max_seconds: Annotated[
        float | None, typer.Option(min=1.0, metavar="SECONDS", help="Begin another file once one is as old as this.")
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="Keep so many files, the newest.")] = 16,
    url: Url = DEFAULT_URL,
    token: Token = None,
    identity: As = None,
    store: Keys = DEFAULT_STORE,
) -> None:
    """Record all that a service tells one user, for replay.

    The recording is scrubbed unless --raw says otherwise: names and texts become pseudonyms, structure and times stay.
    Tokens are never kept. Runs until Ctrl-C or SIGTERM, which are its ordinary end (exit code 0).

    Example: rxconvo record incident.rxrec --as sue
    """
    upstream = choose_upstream(url, token, identity, store, environ=os.environ)
    run(
        work(
            upstream,
            path,
            raw=raw,
            max_bytes=round(max_size * 1_000_000),
            max_seconds=max_seconds,
            keep=keep,
            announce=typer.echo,
        )
    )
