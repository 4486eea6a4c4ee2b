"""The main job: real chat flows through rxconvo, live on the terminal or counted at the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from math import isfinite
from typing import TypeAlias

import msgspec
import reactivex as rx

from rxconvo import Connecting, Environment, ServerOptions, Service, connect, current_scheduler
from rxconvo.demo.audit import Verdict
from rxconvo.demo.board import Board
from rxconvo.demo.corpus import Corpus
from rxconvo.demo.derive import TYPING_REFRESH
from rxconvo.demo.stage import Stage
from rxconvo.demo.supervision import SUPERVISOR, supervision
from rxconvo.demo.timeline import Timeline
from rxconvo.errors import ArgumentError, MissingExtraError
from rxconvo.types import Identity

__all__ = ["Outcome", "Performance", "perform", "perform_live"]

_FRAMES = 8
"""Drawings of the board a second."""

_SETTLE = 0.3
"""Seconds of the corpus that somebody has to type until it shows."""

_ON_TIME = 1.0
"""Seconds by which a message may be late without the performance being called so."""


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be played.

    Attributes:
        seconds: How long it takes.
        speed: Seconds of the corpus that pass in one second.
        people: How many may be connected at once.
        seed: Another one gives other names, edits and removals.
    """

    seconds: float = 60.0
    speed: float = 5.0
    people: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("seconds", "speed"):
            if not (isfinite(value := getattr(self, name)) and value > 0):
                raise ArgumentError(name, "finite and more than 0", value)

    @property
    def duration(self) -> float:
        """How much time of the corpus is played, in seconds."""
        return self.seconds * self.speed


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was played, and whether all was observed.

    Attributes:
        performance: What was to be played.
        windows: How many stretches of the corpus were played side by side.
        conversations: How many there were.
        people: How many people took part.
        most: How many of them were online at once, at most.
        done: How many actions of each kind were carried out.
        behind: By how many seconds the message that was latest was sent too late.
        verdict: Who observed what.
    """

    performance: Performance
    windows: int
    conversations: int
    people: int
    most: int
    done: dict[str, int]
    behind: float
    verdict: Verdict

    def summary(self) -> str:
        """Tell it in a few lines."""
        done, verdict, performance = self.done, self.verdict, self.performance
        judgement = (
            "nothing was sent, so nothing is shown"
            if not verdict.sent
            else "each once, in order, by everybody who was there"
            if verdict.passed
            else f"{verdict.missing} missing, {verdict.repeated} repeated, {verdict.unexpected} unexpected, "
            f"{verdict.disordered} observers out of order"
        )
        pace = (
            f"on time: no message was sent more than {max(self.behind, 0.01):.2f} s late"
            if self.behind <= _ON_TIME
            else f"behind time: messages were up to {self.behind:.1f} s late; this machine needs a lower speed, "
            f"such as --speed {performance.speed / 2:g}"
        )
        return (
            f"{self.conversations} conversations of {self.people} people, {self.most} of them online at once, "
            "a websocket each\n"
            f"{self.windows} stretches of {performance.duration:g} s of real chat side by side, "
            f"{performance.speed:g} times as fast\n"
            f"{verdict.sent} messages; derived: {done.get('Typing', 0)} typing signals, {done.get('Read', 0)} reads, "
            f"{done.get('Edit', 0)} edits, {done.get('Remove', 0)} removals\n"
            f"{pace}\n"
            f"{verdict.observed} of {verdict.expected} observations: {judgement}"
        )


Drawing: TypeAlias = Callable[[Board, float | None], None]
"""Draws the board; gets the seconds since the clock started as well, None while people come in."""


async def perform(
    corpus: Corpus,
    performance: Performance,
    *,
    draw: Drawing | None = None,
    show_link: Callable[[str], None] | None = None,
) -> Outcome:
    """Play the busiest part of the corpus on a service of its own, over real websockets.

    Args:
        corpus: The chat.
        performance: How much of it, and how fast.
        draw: Called several times a second.
        show_link: Gets the link of a dashboard, whose user is a member of every conversation; None: there is neither.
    """
    start, *beside = corpus.stretches(performance.duration)
    timeline = Timeline(
        corpus,
        start=start,
        end=start + performance.duration,
        beside=beside,
        max_people=performance.people,
        seed=performance.seed,
    )
    scheduler = current_scheduler(wall=Environment().wall)
    board = Board(scheduler, settle=_SETTLE / performance.speed)
    # Between two signals clients keep silent for as long as the service says: that is compressed like all other time.
    options = ServerOptions(typing_timeout=round(TYPING_REFRESH / performance.speed))
    async with Service(options=options) as service, AsyncExitStack() as stack:
        url = (await service.listen()).url
        if show_link is not None:
            show_link(await stack.enter_async_context(supervision(service, url, speed=performance.speed)))
        stage = Stage(
            _over_websockets(service, url),
            audience=board,
            seats=performance.people,
            titles=_titles(timeline),
            names={person.identity: person.name for person in timeline.people.values()},
            supervisor=None if show_link is None else SUPERVISOR,
        )
        frames = rx.interval(1 / _FRAMES, scheduler=scheduler).subscribe(
            lambda _: None if draw is None else draw(board, stage.began and scheduler.loop.time() - stage.began)
        )
        try:
            await stage.play(timeline, start=start, speed=performance.speed)
        finally:
            frames.dispose()
            board.close()
    return Outcome(
        performance=performance,
        windows=timeline.windows,
        conversations=len(timeline.spans),
        people=len({uuid for span in timeline.spans for uuid in span.chat.people}),
        most=stage.most,
        done=dict(stage.done),
        behind=stage.behind,
        verdict=stage.audit.verdict(),
    )


def _titles(timeline: Timeline) -> dict[str, str]:
    """Name each conversation after its two people: few have a topic."""
    return {
        span.chat.name: " & ".join(timeline.people[uuid].name for uuid in span.chat.people) for span in timeline.spans
    }


def _over_websockets(service: Service, url: str) -> Callable[[Identity], Connecting]:
    """Return what connects somebody to a service by its address, with a token that they ask it for."""

    def enter(identity: Identity) -> Connecting:
        async def token() -> str:
            return service.token(identity)

        return connect(url, token=token)

    return enter


async def perform_live(corpus: Corpus, performance: Performance, *, dashboard: bool = False) -> Outcome:
    """Play as `perform` does, and show it on the terminal meanwhile.

    Args:
        corpus: The chat.
        performance: How much of it, and how fast.
        dashboard: Whether to offer a dashboard as well, and show its link.

    Raises:
        MissingExtraError: rich is not installed.
    """
    try:
        from rich.live import Live

        from rxconvo.demo.screen import Screen
    except ModuleNotFoundError as error:
        raise MissingExtraError("demo", "the live view") from error

    with Live(screen=True, auto_refresh=False) as live:
        screen = Screen(seconds=performance.seconds, speed=performance.speed)

        def draw(board: Board, elapsed: float | None) -> None:
            live.update(screen.picture(board, elapsed, live.console.size), refresh=True)

        return await perform(corpus, performance, draw=draw, show_link=screen.show_link if dashboard else None)
