"""`rxconvo replay`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rxconvo.cli.commands.tail import wanted
from rxconvo.cli.lines import choose_lines
from rxconvo.cli.options import Authors, Json, Kinds, Match
from rxconvo.cli.replay import Span, describe_recording, facts_as_text, parse_moment, parse_speed
from rxconvo.cli.replay import replay as work
from rxconvo.cli.running import run, while_read
from rxconvo.cli.text import json_line
from rxconvo.integrations.web.encoding import to_json

__all__ = ["replay"]


def replay(
    path: Annotated[Path, typer.Argument(metavar="PATH", exists=True, dir_okay=False, help="The recording.")],
    conversations: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONVERSATION", help="Which, by sid or name; all by default."),
    ] = None,
    *,
    speed: Annotated[
        str, typer.Option(metavar="X", help="How many of its seconds pass in one; max is as fast as can be.")
    ] = "1",
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="T", help="Begin there: seconds or M:SS after the beginning, or a time …Z."),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="T", help="End there.")] = None,
    info: Annotated[bool, typer.Option("--info", help="Tell what it is, and play nothing.")] = False,
    since: Annotated[int, typer.Option(min=0, max=10_000, help="Tell so many messages from before first.")] = 0,
    kind: Kinds = None,
    author: Authors = None,
    match: Match = None,
    as_json: Json = False,
) -> None:
    """Play a recording, and tell what happens in it as tail does.

    Ends with the recording, or with Ctrl-C (exit code 130).

    Example: rxconvo replay incident.rxrec --speed 60 --from 12:30

    Example: rxconvo replay incident.rxrec --speed max --json | jq -r .author | sort | uniq -c
    """
    span = Span(speed=parse_speed(speed), start=parse_moment("--from", start), end=parse_moment("--until", until))
    if info:
        facts = run(describe_recording(path))
        for line in [json_line(to_json(facts))] if as_json else facts_as_text(facts):
            print(line)
        return
    names = conversations or []
    lines = choose_lines(as_json=as_json, single=len(names) == 1)
    run(while_read(work(path, names, lines, wanted(kind, author, match, as_json=as_json), span, since=since)))
