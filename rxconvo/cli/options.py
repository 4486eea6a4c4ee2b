"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from rxconvo.cli.happenings import KINDS, Kind
from rxconvo.cli.upstream import DEFAULT_URL
from rxconvo.errors import ArgumentError
from rxconvo.server.storage import store_path

__all__ = [
    "DEFAULT_STORE",
    "DEFAULT_URL",
    "As",
    "Authors",
    "Files",
    "Json",
    "Keys",
    "Kinds",
    "Match",
    "Store",
    "Token",
    "Url",
]

DEFAULT_STORE = "sqlite:rxconvo.db"
"""The store of `rxconvo serve`, where none is named."""


def _check_store(url: str) -> str:
    """Refuse what names no store, in the words of the command line."""
    try:
        store_path(url)
    except ArgumentError:
        raise typer.BadParameter(f"must be sqlite:PATH or memory:, not {url!r}") from None
    return url


Store: TypeAlias = Annotated[
    str,
    typer.Option(
        envvar="RXCONVO_STORE",
        help="Where everything is kept: sqlite:PATH or memory:.",
        show_default=True,
        callback=_check_store,
    ),
]

Keys: TypeAlias = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="RXCONVO_STORE",
        metavar="STORE",
        help="The service's store: the keys beside it sign the tokens of --as.",
        show_default=True,
        callback=_check_store,
    ),
]

Url: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="URL",
        envvar="RXCONVO_URL",
        help="The service: ws://…, wss://…, twilio:REGION; or sqlite:PATH, memory:NAME, which need --as.",
        show_default=True,
    ),
]

Token: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="TOKEN", help="An access token; better in RXCONVO_TOKEN, or - for stdin: others see options."),
]

As: TypeAlias = Annotated[
    str | None,
    typer.Option("--as", metavar="IDENTITY", help="Be this user, with a token made here: beside the keys of --store."),
]

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

Files: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--file", metavar="PATH", exists=True, dir_okay=False, readable=True, help="Send this file; may be repeated."
    ),
]

Kinds: TypeAlias = Annotated[
    list[Kind] | None,
    typer.Option("--kind", metavar="KIND", help=f"Only this kind: {', '.join(KINDS)}; may be repeated."),
]

Authors: TypeAlias = Annotated[
    list[str] | None, typer.Option("--author", metavar="IDENTITY", help="Only what this user does; may be repeated.")
]

Match: TypeAlias = Annotated[
    str | None, typer.Option(metavar="REGEX", help="Only what this is found in, in capitals or not.")
]
