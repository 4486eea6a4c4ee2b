"""`rxconvo send`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rxconvo.cli.options import DEFAULT_STORE, DEFAULT_URL, As, Files, Keys, Token, Url
from rxconvo.cli.running import run
from rxconvo.cli.send import send as work
from rxconvo.cli.upstream import Upstream, choose_upstream
from rxconvo.errors import ArgumentError

__all__ = ["send"]


def send(
    conversation: Annotated[str, typer.Argument(metavar="CONVERSATION", help="Where to, by sid or name.")],
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What to say; - reads it from stdin.", show_default=False)
    ] = None,
    *,
    file: Files = None,
    create: Annotated[
        bool, typer.Option("--create", help="Make the conversation where there is none, and join it.")
    ] = False,
    people: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="IDENTITY", help="Have this user be in the conversation; may be repeated."),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    identity: As = None,
    store: Keys = DEFAULT_STORE,
) -> None:
    """Send a message, with files if need be, and print its index.

    It is tried again while nobody knows what became of it, and sent once all the same.

    Example: rxconvo send lunch "pizza?" --as ada --create --with bob

    Example: git log -1 | rxconvo send deploys - --file report.pdf
    """
    files = file or []
    if text is None and not files:
        raise ArgumentError("TEXT", "given, - to read it from stdin, or a --file")
    if text == "-":
        if token == "-":  # noqa: S105 - that is stdin
            raise ArgumentError("--token", "given otherwise, where the text comes from stdin")
        text = sys.stdin.read().removesuffix("\n")
    if not text and not files:
        raise ArgumentError("TEXT", "at least a character, where there is no --file")
    upstream = choose_upstream(url, token, identity, store, environ=os.environ)
    print(run(_send(upstream, conversation, text, files, create=create, people=people or ())))


async def _send(
    upstream: Upstream, name: str, text: str | None, files: Sequence[Path], *, create: bool, people: Sequence[str]
) -> int:
    async with upstream.connected() as client:
        return await work(client, name, text, files, create=create, people=people)
