"""What streams really did, as a marble diagram."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from reactivex import Observable
from reactivex.abc import SchedulerBase
from reactivex.disposable import CompositeDisposable
from reactivex.scheduler import VirtualTimeScheduler

from rxconvo.errors import ArgumentError
from rxconvo.integrations.notebook.drawing import draw
from rxconvo.integrations.notebook.tracks import Track, Witness, name_of
from rxconvo.operators._arguments import check_observable, check_scheduler, check_seconds
from rxconvo.streams import current_scheduler

__all__ = ["Marbles", "marbles"]


class Marbles:
    """A marble diagram of what streams did. `marbles` makes it.

    As the last value of a notebook's cell it is drawn. `svg` is a picture by itself, for a file or another page.

    Attributes:
        tracks: What each stream did.
        seconds: How long they were watched.
    """

    __slots__ = ("seconds", "tracks")

    def __init__(self, tracks: tuple[Track, ...], seconds: float) -> None:
        self.tracks = tracks
        self.seconds = seconds

    @property
    def svg(self) -> str:
        """The diagram as SVG, with colours of its own for light and dark."""
        return draw(self.tracks, self.seconds, alone=True)

    def __repr__(self) -> str:
        values = sum(len(track.marks) + track.hidden for track in self.tracks)
        return f"<Marbles of {len(self.tracks)} streams: {values} values in {round(self.seconds, 2):g} s>"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return draw(self.tracks, self.seconds)


async def marbles(
    *streams: Observable[Any],
    seconds: float,
    labels: Sequence[str] | None = None,
    scheduler: SchedulerBase | None = None,
) -> Marbles:
    """Watch streams for a while, and draw what they did.

    Example:
        import reactivex
        from reactivex.testing import TestScheduler
        from rxconvo.integrations.notebook import marbles

        clock = TestScheduler()
        ticks = reactivex.timer(1.0, 1.0).pipe(reactivex.operators.take(3))
        diagram = await marbles(ticks, seconds=5, labels=["ticks"], scheduler=clock)
        print(diagram)  # -> <Marbles of 1 streams: 3 values in 3 s>
        print([mark.at for mark in diagram.tracks[0].marks])  # -> [1.0, 2.0, 3.0]

    Args:
        streams: Which, from top to bottom; hot or cold.
        seconds: How long. It is less where all of them end before.
        labels: What each is called; by default its own name, or its number.
        scheduler: Whose clock counts, and which is supplied to the streams; by default the running loop's. A
            `VirtualTimeScheduler`, such as reactivex's `TestScheduler`, is advanced, and nothing is waited for.

    Returns:
        The diagram. Its marbles are at the times at which values came; those that collide are above each other, and
        all that is told of a value is in its tooltip. Of very many values of a stream the first 500 are drawn.

    Raises:
        ArgumentError: There is no stream, or something else among them; *seconds* are not more than 0; there are not
            as many *labels* as streams.
    """
    if not streams:
        raise ArgumentError("streams", "at least one Observable", streams)
    for stream in streams:
        check_observable("streams", stream)
    check_seconds("seconds", seconds)
    check_scheduler(scheduler)
    numbered = enumerate(streams, start=1)
    names = [name_of(stream, str(number)) for number, stream in numbered] if labels is None else list(map(str, labels))
    if len(names) != len(streams):
        raise ArgumentError("labels", f"one for each of {len(streams)} streams", labels)
    clock = current_scheduler() if scheduler is None else scheduler
    over = asyncio.get_running_loop().create_future()

    def finish(*_: object) -> None:
        if not over.done():
            over.set_result(None)

    def ended() -> None:
        if all(witness.ended is not None for witness in witnesses):
            finish()

    witnesses = [Witness(name, clock, ended) for name in names]
    start = clock.now
    subscriptions = CompositeDisposable()
    with subscriptions:
        for witness, stream in zip(witnesses, streams, strict=True):
            subscriptions.add(witness.watch(stream))
        if isinstance(clock, VirtualTimeScheduler):
            clock.advance_by(seconds)
        else:
            subscriptions.add(clock.schedule_relative(seconds, finish))
            await over
    tracks = tuple(witness.track() for witness in witnesses)
    ends = [track.ended for track in tracks if track.ended is not None]
    return Marbles(tracks, max(ends) if len(ends) == len(tracks) else (clock.now - start).total_seconds())
