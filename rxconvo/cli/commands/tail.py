"""`rxconvo tail`."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from rxconvo.cli.happenings import KINDS, Wanted
from rxconvo.cli.lines import choose_lines
from rxconvo.cli.options import DEFAULT_STORE, DEFAULT_URL, As, Authors, Json, Keys, Kinds, Match, Token, Url
from rxconvo.cli.running import run, while_read
from rxconvo.cli.tail import tail as work
from rxconvo.cli.upstream import choose_upstream

__all__ = ["tail", "wanted"]


def tail(
    conversations: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONVERSATION", help="Which, by sid or name; all by default."),
    ] = None,
    *,
    url: Url = DEFAULT_URL,
    token: Token = None,
    identity: As = None,
    store: Keys = DEFAULT_STORE,
    since: Annotated[int, typer.Option(min=0, max=10_000, help="Tell so many of the newest messages first.")] = 0,
    kind: Kinds = None,
    author: Authors = None,
    match: Match = None,
    as_json: Json = False,
) -> None:
    """Follow conversations live, a line for each thing that happens.

    Ends with Ctrl-C (exit code 130), or when the conversations named are gone.

    Example: rxconvo tail --as ada

    Example: rxconvo tail lunch --since 20 --kind message --match "pizza|sushi"

    Example: rxconvo tail --json | jq -r .text
    """
    upstream = choose_upstream(url, token, identity, store, environ=os.environ)
    names = conversations or []
    lines = choose_lines(as_json=as_json, single=len(names) == 1)
    run(while_read(work(upstream, names, lines, wanted(kind, author, match, as_json=as_json), since=since)))


def wanted(kinds: Sequence[str] | None, authors: Collection[str] | None, match: str | None, *, as_json: bool) -> Wanted:
    """Read the filters: without any, people get all but who is typing, which is told elsewhere, and programs get all.

    Args:
        kinds: What kinds of happenings; None or empty is those.
        authors: By whom; None or empty is everybody.
        match: A regular expression that is to be found in the text, whatever the case.
        as_json: Whether a program reads it.

    Raises:
        BadParameter: The expression is none.
    """
    try:
        pattern = None if match is None else re.compile(match, re.IGNORECASE)
    except re.error as error:
        raise typer.BadParameter(f"must be a regular expression: {error}", param_hint="--match") from None
    default = KINDS if as_json else [each for each in KINDS if each != "typing"]
    return Wanted(kinds=kinds or default, authors=authors or (), pattern=pattern)
