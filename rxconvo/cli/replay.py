"""`rxconvo replay`: a recording, played and told as `tail` tells what is live."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import reactivex as rx

from rxconvo import Replay
from rxconvo.cli.finding import joined_conversations, name_of
from rxconvo.cli.tail import follow
from rxconvo.cli.terminal import note, warn
from rxconvo.cli.text import one_line
from rxconvo.errors import ArgumentError
from rxconvo.recordings import Note, RecordingReader, Tape

if TYPE_CHECKING:
    from rxconvo.cli.happenings import Wanted
    from rxconvo.cli.lines import Lines

__all__ = ["Facts", "Span", "describe_recording", "facts_as_text", "parse_moment", "parse_speed", "replay"]

_NAMED: Final = 8  # conversations that are named, at most
_CLOCK: Final = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)")


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording is to be played.

    Attributes:
        speed: How many of its seconds pass in one; infinite is as fast as can be.
        start: Where to begin: seconds after it was begun, or a time of day; None where it begins.
        end: Where to end likewise; None where it ends.
    """

    speed: float = 1.0
    start: float | datetime | None = None
    end: float | datetime | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording is.

    Attributes:
        path: The file.
        started: When it was begun.
        identity: Whose client it was.
        upstream: What that was connected to.
        version: Of the library that wrote it.
        scrubbed: Whether it has pseudonyms.
        parts: How many files it consists of.
        start: Seconds after the beginning from which it can be played.
        duration: Seconds that it lasts.
        truncated: Whether its end is missing.
        frames: How many messages of the websocket it holds.
        lost: How often the connection was lost.
        objects: How many Sync objects were open at once, at most.
        conversations: The conversations in it, as far as they are open at the start, with their names.
    """

    path: str
    started: datetime
    identity: str
    upstream: str
    version: str
    scrubbed: bool
    parts: int
    start: float
    duration: float
    truncated: bool
    frames: int
    lost: int
    objects: int
    conversations: list[str]


async def replay(path: Path, names: Sequence[str], lines: Lines, wanted: Wanted, span: Span, *, since: int = 0) -> None:
    """Play a recording and tell what happens in it.

    Args:
        path: The file.
        names: Which conversations; none is all.
        lines: Tells it.
        wanted: What of it.
        span: How fast, from where, and how far.
        since: How many of the newest messages of where it begins are told first.

    Raises:
        RecordingError: It cannot be read, or is no recording.
        CommandError: There is no such conversation in it.
        ArgumentError: It is to begin beyond its end.
    """
    async with Replay(path) as recording:
        if span.start is not None:
            await _seek(recording, span.start)
        async with recording.client() as client:
            ready, over = asyncio.Event(), rx.Subject[None]()

            def wall() -> datetime:
                return recording.header.started + timedelta(seconds=recording.position)

            async def play() -> None:
                await ready.wait()
                try:
                    await recording.play(speed=span.speed, until=span.end)
                finally:
                    over.on_next(None)

            note(f"{client.user.identity} on {recording.header.started:%d %B %Y}; Ctrl-C ends")
            playing = asyncio.create_task(play(), name="rxconvo replay")
            try:
                await follow(client, names, lines, wanted, since=since, wall=wall, ready=ready.set, over=over)
            finally:
                playing.cancel()
                await asyncio.wait([playing])
            if not playing.cancelled():
                playing.result()  # raises what was wrong with the file
        if recording.truncated and recording.over:
            warn("the end of the recording is missing: whoever wrote it was killed")


async def _seek(recording: Replay, start: float | datetime) -> None:
    """Begin elsewhere, and refuse in the words of the command line."""
    try:
        await recording.seek(start)
    except ArgumentError as error:
        raise ArgumentError("--from", error.expected, start) from None


async def describe_recording(path: Path) -> Facts:
    """Look at a recording.

    Args:
        path: The file.

    Raises:
        RecordingError: It cannot be read, or is no recording.
    """
    tape = Tape(path)
    notes = [entry for entry in tape if isinstance(entry, Note)]
    header = tape.header
    async with Replay(path) as recording, recording.client() as client:
        return Facts(
            path=str(path),
            started=header.started,
            identity=header.identity,
            upstream=header.upstream,
            version=header.version,
            scrubbed=header.scrubbed,
            parts=RecordingReader(path).header.part - header.part + 1,
            start=recording.position,
            duration=recording.duration,
            truncated=recording.truncated,
            frames=sum(1 for _ in tape) - len(notes),
            lost=sum(note.note == "lost" for note in notes),
            objects=max((len(note.standing or ()) for note in notes), default=0),
            conversations=sorted(name_of(each) for each in await joined_conversations(client)),
        )


def facts_as_text(facts: Facts) -> Iterator[str]:
    """Yield the lines that tell people what a recording is.

    Args:
        facts: What it is.
    """
    length = timedelta(seconds=round(facts.duration))
    ending = ", the end is missing" if facts.truncated else ""
    named = ", ".join(facts.conversations[:_NAMED]) + (", …" if len(facts.conversations) > _NAMED else "")
    where = f"an address that is not kept ({facts.upstream})" if facts.scrubbed else facts.upstream
    rows = {
        "recording": f"{facts.path}{f', {facts.parts} files' if facts.parts > 1 else ''}",
        "begun": f"{facts.started:%Y-%m-%d %H:%M:%S} UTC",
        "length": f"{length}, can be played from {facts.start:.1f} s on{ending}",
        "client": f"{facts.identity} at {where}, rxconvo {facts.version}",
        "content": "pseudonyms in place of names and texts" if facts.scrubbed else "raw: names and texts as they were",
        "frames": f"{facts.frames:,}; the connection was lost {facts.lost} times; up to {facts.objects} objects open",
        "conversations": f"{len(facts.conversations)} at the start{f': {named}' if named else ''}",
    }
    for title, value in rows.items():
        yield f"{title:<14} {one_line(value)}"


def parse_speed(text: str) -> float:
    """Read how fast a recording is to be played.

    Args:
        text: A number above 0, with or without an x, or `max`.

    Raises:
        ArgumentError: It is something else.
    """
    try:
        speed = math.inf if text == "max" else float(text.removesuffix("x"))
    except ValueError:
        speed = math.nan
    if not speed > 0:
        raise ArgumentError("--speed", "a number above 0, such as 10 or 0.5, or max", text)
    return speed


def parse_moment(field: str, text: str | None) -> float | datetime | None:
    """Read a place of a recording.

    Args:
        field: The option's name.
        text: Seconds, `M:SS` or `H:MM:SS` after the beginning, or a time of day in ISO 8601 with its offset.

    Raises:
        ArgumentError: It is something else.
    """
    if text is None:
        return None
    expected = "seconds, M:SS or H:MM:SS after the beginning, or a time such as 2026-01-31T12:00:00Z"
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        return int(clock[1] or 0) * 3600.0 + int(clock[2]) * 60.0 + float(clock[3])
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ArgumentError(field, expected, text) from None
        if moment.tzinfo is None:
            raise ArgumentError(field, "a time with its offset, such as …Z", text) from None
        return moment
    if not 0 <= seconds < math.inf:
        raise ArgumentError(field, expected, text)
    return seconds
