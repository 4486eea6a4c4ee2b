"""`rxconvo demo`."""

from __future__ import annotations

from typing import Annotated

import typer

from rxconvo.cli.demo import Performance, play

__all__ = ["demo"]


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
    """Replay real chat, live on the terminal and in the browser.

    Each person is a client over a websocket of its own.

    The messages are those of the Chit-Chat corpus (2018), from several times at once, until there are enough people;
    names are made up, and typing, reads, edits and removals are derived.

    Exits with 1 unless every message was observed once and in order by everybody who was there.

    Example: rxconvo demo --headless --seconds 10
    """
    performance = Performance(seconds=seconds, speed=speed, people=people, seed=seed)
    outcome = play(performance, headless=headless, dashboard=dashboard, announce=typer.echo)
    typer.echo(outcome.summary())
    raise typer.Exit(0 if outcome.verdict.passed else 1)
