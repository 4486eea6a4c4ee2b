"""The commands. Each reads its arguments and hands over to what does the work."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from rxconvo import __version__
from rxconvo.cli.demo import Performance, play
from rxconvo.cli.serve import serve_until_stopped
from rxconvo.cli.token import mint_token
from rxconvo.client import ServerOptions
from rxconvo.errors import ArgumentError
from rxconvo.server import TWILIO_LIMITS, Limits, Roles, load_roles
from rxconvo.server.storage import store_path

__all__ = ["app"]

app = typer.Typer(
    name="rxconvo",
    help="Reactive streams over chat.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # in which a line break within a paragraph is none
)

_STORE = "sqlite:rxconvo.db"
_LIMITS = {"sizes": Limits(), "twilio": TWILIO_LIMITS}


def _check_store(url: str) -> str:
    """Refuse what names no store, in the words of the command line."""
    try:
        store_path(url)
    except ArgumentError:
        raise typer.BadParameter(f"must be sqlite:PATH or memory:, not {url!r}") from None
    return url


Store = Annotated[
    str,
    typer.Option(
        envvar="RXCONVO_STORE",
        help="Where everything is kept: sqlite:PATH or memory:.",
        show_default=True,
        callback=_check_store,
    ),
]


def _warn(told: str) -> None:
    typer.echo(f"rxconvo: {told}", err=True)


@app.callback(invoke_without_command=True)
def common(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False
) -> None:
    """Reactive streams over chat."""
    if version:
        typer.echo(f"rxconvo {__version__}")
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8080,
    store: Store = _STORE,
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
        int, typer.Option(min=0, max=65535, help="Port of the dashboard, on this machine only; 0 takes a free one.")
    ] = 0,
) -> None:
    """Run the embedded service. Prints its address when it is ready, and runs until it is interrupted.

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


@app.command()
def token(
    identity: Annotated[str, typer.Argument(help="The user whom the token is for.")],
    ttl: Annotated[
        float, typer.Option(help="Seconds until it expires, more than 0 and at most 86400; fractions are rounded up.")
    ] = 3600.0,
    store: Store = _STORE,
) -> None:
    """Print an access token for a service with the same store or the same RXCONVO_* variables, and nothing else.

    Keys that are not there yet are made, and stderr tells so.

    Example: rxconvo token ada --ttl 600
    """
    typer.echo(mint_token(identity, ttl, store, os.environ, warn=_warn))


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(help="How long it takes.")] = 60.0,
    speed: Annotated[float, typer.Option(help="Seconds of the real chat that pass in one second.")] = 5.0,
    people: Annotated[int, typer.Option(min=2, max=200, help="How many are online at once, at most.")] = 200,
    seed: Annotated[int, typer.Option(help="Another one gives other names, edits and removals.")] = 0,
    *,
    headless: Annotated[bool, typer.Option("--headless", help="Draw nothing; print a summary at the end.")] = False,
    dashboard: Annotated[
        bool,
        typer.Option(help="Offer it in the browser, too, at a link that is shown; somebody else reads along then."),
    ] = True,
) -> None:
    """Replay real chat: each person a client over a websocket of its own, all of it live on the terminal.

    The messages are those of the Chit-Chat corpus (2018), from several times at once, until there are enough people;
    names are made up, and typing, reads, edits and removals are derived.

    Exits with 1 unless every message was observed once and in order by everybody who was there.

    Example: rxconvo demo --headless --seconds 10
    """
    performance = Performance(seconds=seconds, speed=speed, people=people, seed=seed)
    outcome = play(performance, headless=headless, dashboard=dashboard, announce=typer.echo)
    typer.echo(outcome.summary())
    raise typer.Exit(0 if outcome.verdict.passed else 1)
