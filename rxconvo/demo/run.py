"""The main job: real chat flows through rxconvo, live on the terminal or counted at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec
import reactivex as rx

from rxconvo.client import Service
from rxconvo.demo.audit import Verdict
from rxconvo.demo.board import Board
from rxconvo.demo.corpus import Corpus
from rxconvo.demo.stage import Stage
from rxconvo.demo.timeline import Timeline
from rxconvo.errors import ArgumentError, MissingExtraError
from rxconvo.streams import current_scheduler

__all__ = ["Outcome", "Performance", "perform", "perform_live"]

_FRAMES = 8
"""Drawings of the board a second."""


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be played.

    Attributes:
        seconds: How long it takes.
        speed: Seconds of the corpus that pass in one second.
        people: How many may be connected at once.
        seed: Another one gives other names, edits and removals.
    """

    seconds: float = 60.0
    speed: float = 60.0
    people: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ArgumentError("seconds", "more than 0", self.seconds)
        if not self.speed > 0:
            raise ArgumentError("speed", "more than 0", self.speed)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was played, and whether all was observed.

    Attributes:
        conversations: How many there were.
        left_out: How many there was no room for.
        people: How many people took part.
        done: How many actions of each kind were carried out.
        verdict: Who observed what.
    """

    conversations: int
    left_out: int
    people: int
    done: dict[str, int]
    verdict: Verdict

    def summary(self) -> str:
        """Tell it in a few lines."""
        done, verdict = self.done, self.verdict
        judgement = (
            "each once, in order, by everybody who was there"
            if verdict.passed
            else f"{verdict.missing} missing, {verdict.repeated} repeated, {verdict.unexpected} unexpected, "
            f"{verdict.disordered} observers out of order"
        )
        return (
            f"{self.conversations} conversations of {self.people} people over websockets"
            f"{f', {self.left_out} left out for want of room' if self.left_out else ''}\n"
            f"{verdict.sent} messages sent, {done.get('Edit', 0)} edited, {done.get('Remove', 0)} removed; "
            f"derived: {done.get('Typing', 0)} typing signals, {done.get('Read', 0)} reads\n"
            f"{verdict.observed} of {verdict.expected} observations: {judgement}"
        )


Drawing: TypeAlias = Callable[[Board, Stage, float], None]
"""Draws the board; gets the stage and the seconds since the beginning as well."""


async def perform(corpus: Corpus, performance: Performance, *, draw: Drawing | None = None) -> Outcome:
    """Play the busiest part of the corpus on a service of its own, over real websockets.

    Args:
        corpus: The chat.
        performance: How much of it, and how fast.
        draw: Called several times a second.
    """
    duration = performance.seconds * performance.speed
    start, _ = corpus.busiest(duration)
    timeline = Timeline(corpus, start=start, end=start + duration, max_people=performance.people, seed=performance.seed)
    scheduler = current_scheduler()
    board = Board(scheduler)
    began = scheduler.loop.time()
    async with Service("memory:") as service:
        stage = Stage(service, (await service.listen()).url, entered=board.watch)
        frames = rx.interval(1 / _FRAMES, scheduler=scheduler).subscribe(
            lambda _: None if draw is None else draw(board, stage, scheduler.loop.time() - began)
        )
        try:
            await stage.play(timeline, start=start, speed=performance.speed)
        finally:
            frames.dispose()
            board.close()
    return Outcome(
        conversations=len(timeline.spans),
        left_out=timeline.left_out,
        people=len({uuid for span in timeline.spans for uuid in span.chat.people}),
        done=dict(stage.done),
        verdict=stage.audit.verdict(),
    )


async def perform_live(corpus: Corpus, performance: Performance) -> Outcome:
    """Play as `perform` does, and show it on the terminal meanwhile.

    Raises:
        MissingExtraError: rich is not installed.
    """
    try:
        from rich.live import Live

        from rxconvo.demo.screen import picture
    except ModuleNotFoundError as error:
        raise MissingExtraError("demo", "the live view") from error

    with Live(screen=True, auto_refresh=False) as live:

        def draw(board: Board, stage: Stage, elapsed: float) -> None:
            live.update(
                picture(
                    board,
                    online=stage.online,
                    elapsed=elapsed,
                    duration=performance.seconds,
                    speed=performance.speed,
                    height=live.console.height,
                ),
                refresh=True,
            )

        return await perform(corpus, performance, draw=draw)
