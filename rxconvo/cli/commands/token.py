"""`rxconvo token`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from rxconvo.cli.options import DEFAULT_STORE, Store
from rxconvo.cli.terminal import warn
from rxconvo.cli.token import mint_token

__all__ = ["token"]


def token(
    identity: Annotated[str, typer.Argument(metavar="IDENTITY", help="The user whom the token is for.")],
    ttl: Annotated[
        float, typer.Option(help="Seconds until it expires, more than 0 and at most 86400; fractions are rounded up.")
    ] = 3600.0,
    store: Store = DEFAULT_STORE,
) -> None:
    """Print an access token, and nothing else.

    It is for a service with the same store or the same RXCONVO_* variables.

    Keys that are not there yet are made, and stderr tells so.

    Example: rxconvo token ada --ttl 600
    """
    typer.echo(mint_token(identity, ttl, store, os.environ, warn=warn))
