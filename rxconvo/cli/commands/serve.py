"""`rxconvo serve`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from rxconvo.cli.options import DEFAULT_STORE, Store
from rxconvo.cli.serve import serve_until_stopped
from rxconvo.client import ServerOptions
from rxconvo.server import TWILIO_LIMITS, Limits, Roles, load_roles

__all__ = ["serve"]

_LIMITS = {"sizes": Limits(), "twilio": TWILIO_LIMITS}


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8080,
    store: Store = DEFAULT_STORE,
    *,
    limits: Annotated[
        Literal["sizes", "twilio"],
        typer.Option(help="Documented sizes and counts alone, or Twilio's rates as well: 30 changes a second."),
    ] = "sizes",
    roles: Annotated[
        Path | None, typer.Option(help="Who may do what: a TOML file; without one members manage their conversations.")
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            help="An origin whose web pages may connect, such as http://localhost:3000, or * for all; may be repeated."
            " Pages of the service's own host always may, and so may whatever is no page."
        ),
    ] = None,
    media_url: Annotated[
        str | None,
        typer.Option(help="Where files are, as clients reach it, where that is not where they connect to: a proxy's."),
    ] = None,
    control: Annotated[
        bool,
        typer.Option(
            "--control",
            help="Offer POST /control on loopback, for tests of applications: delivery receipts, states, ends of"
            " connections and what else no client can bring about. It needs no token.",
        ),
    ] = False,
    dashboard: Annotated[
        str | None,
        typer.Option(metavar="IDENTITY", help="Show the conversations of this user in the browser; prints a link."),
    ] = None,
    dashboard_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port of the dashboard, on this machine only; 0 takes a free one.",
            show_default="the one after --port, or a free one where that is taken",
        ),
    ] = None,
) -> None:
    """Run the embedded service until it is interrupted.

    Prints its address when it is ready.

    The signing key is taken from RXCONVO_ACCOUNT_SID, RXCONVO_API_KEY, RXCONVO_API_SECRET and RXCONVO_SERVICE_SID;
    what is not set is made once and kept beside the store.

    Example: rxconvo serve --port 8080 --origin http://localhost:3000
    """
    who = Roles() if roles is None else load_roles(roles)
    options = ServerOptions(limits=_LIMITS[limits], roles=who, media_url=media_url)
    asyncio.run(
        serve_until_stopped(
            host,
            port,
            store,
            options=options,
            control=control,
            origins=origin or (),
            dashboard_of=dashboard,
            dashboard_port=dashboard_port,
            announce=typer.echo,
        )
    )
