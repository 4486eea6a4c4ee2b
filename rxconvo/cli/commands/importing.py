"""`rxconvo import`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from rxconvo.cli.importing import Source, Tally, load, read_corpus, read_lines
from rxconvo.cli.options import DEFAULT_STORE, DEFAULT_URL, As, Keys, Token, Url
from rxconvo.cli.running import run
from rxconvo.cli.terminal import progress_bar
from rxconvo.cli.upstream import Upstream, choose_upstream
from rxconvo.errors import ArgumentError

__all__ = ["import_"]


def import_(
    path: Annotated[
        str | None, typer.Argument(metavar="FILE", help="JSON lines; - reads them from stdin.", show_default=False)
    ] = None,
    *,
    corpus: Annotated[
        int | None,
        typer.Option(min=1, max=4008, metavar="N", help="Instead: the N longest chats of the Chit-Chat corpus."),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    identity: As = None,
    store: Keys = DEFAULT_STORE,
) -> None:
    """Bring conversations in from a file or the Chit-Chat corpus.

    Each line of the file is a JSON object with conversation (its unique name), author and body, and perhaps at, title
    and attributes; what `rxconvo tail --json` prints will do. With --as everybody says their own, and IDENTITY is
    a member everywhere; with a token its user says it all. What is there already is skipped, so that it
    may be run again.

    Example: rxconvo import --corpus 20 --as sue

    Example: rxconvo import chat.jsonl --url sqlite:chat.db --as sue
    """
    if (path is None) == (corpus is None):
        raise ArgumentError("FILE", "given, or --corpus N, and not both")
    if path == token == "-":
        raise ArgumentError("--token", "given otherwise, where the lines come from stdin")
    upstream = choose_upstream(url, token, identity, store, environ=os.environ)
    source = _read(path, corpus)
    tally = run(_load(upstream, source))
    print(
        f"{tally.sent:,} messages sent, {tally.skipped:,} were there; "
        f"{tally.made:,} conversations made, {tally.found:,} were there"
        + (f"; {source.passed_over:,} lines are no messages" if source.passed_over else "")
    )


def _read(path: str | None, corpus: int | None) -> Source:
    if path is None:
        return read_corpus(corpus)
    if path == "-":
        return read_lines("stdin", sys.stdin.buffer)
    with Path(path).open("rb") as file:
        return read_lines(path, file)


async def _load(upstream: Upstream, source: Source) -> Tally:
    with progress_bar("importing") as bar:
        return await load(upstream, source, bar)
