"""`rxconvo inspect`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from rxconvo.cli.inspect import inspect as work
from rxconvo.cli.options import DEFAULT_STORE, DEFAULT_URL, As, Json, Keys, Token, Url
from rxconvo.cli.running import run, while_read
from rxconvo.cli.upstream import choose_upstream

__all__ = ["inspect"]


def inspect(
    *,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
    every: Annotated[float, typer.Option(min=0.1, max=3600.0, help="Seconds between two looks.")] = 1.0,
    as_json: Json = False,
    url: Url = DEFAULT_URL,
    token: Token = None,
    identity: As = None,
    store: Keys = DEFAULT_STORE,
) -> None:
    """Watch a client's connection, and what its streams carry.

    The client is one of the command's own, which observes all conversations of the user. Ends with Ctrl-C (exit
    code 130).

    Example: rxconvo inspect --as ada

    Example: rxconvo inspect --once --json | jq .unread
    """
    upstream = choose_upstream(url, token, identity, store, environ=os.environ)
    run(while_read(work(upstream, every=every, once=once, as_json=as_json)))
