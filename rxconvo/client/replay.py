"""A recording as an object, as `Service` is: clients of it are told what the recorded one was told."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self, TypeVar, cast

from reactivex.abc import ObservableBase

from rxconvo.client.client import Client
from rxconvo.client.connecting import Connecting
from rxconvo.client.environment import Environment
from rxconvo.client.options import BackoffPolicy, ClientOptions
from rxconvo.client.stage import Stage
from rxconvo.client.tokens import Tokens
from rxconvo.errors import ArgumentError, ClosedError, ConnectionError
from rxconvo.operators._arguments import check_callable, check_kind
from rxconvo.recordings import Header, Peer, PlayedSession, Player, Tape, check_path
from rxconvo.streams import LoopScheduler

if TYPE_CHECKING:
    from types import TracebackType

    from rxconvo.transport.http import PlainRequest, PlainResponse
    from rxconvo.types import FilePath, Identity

__all__ = ["Replay"]

T = TypeVar("T")

_AT_ONCE: Final = BackoffPolicy(minimum=1e-12, maximum=1e-12, randomness=0)
"""Delays between connections: the recording says when there is one."""

_ROUNDED: Final = 1e-6  # seconds by which a time of day may be beside the place that it tells


class Replay:
    """A recording, played to clients of its own.

    Each client gets what the recorded one got, when it got it, on the recording's clock: at any speed the same, to the
    bit, from a recording that was not scrubbed. Whatever is piped onto its streams waits by that clock, too.

    Example:
        import tempfile
        import rxconvo

        async with rxconvo.connect("memory:", identity="ada") as ada:
            lunch = await ada.create_conversation(friendly_name="lunch")
            await lunch.join()
            lunch.messages.subscribe(lambda _: None)
            with tempfile.TemporaryDirectory() as directory:
                path = f"{directory}/lunch.rxrec"
                async with ada.record(path, raw=True):
                    await lunch.send_message("pizza?")
                async with rxconvo.Replay(path) as replay, replay.client() as client:
                    client.messages.added.subscribe(lambda message: print(message.body))
                    await client.messages.opened
                    await replay.play(speed=60)  # -> pizza?

    Args:
        path: The file; files of the same recording that were finished before it belong to it.
        environment: Where its clients take ids from.

    Raises:
        ArgumentError: The path is none.
    """

    def __init__(self, path: FilePath, *, environment: Environment | None = None) -> None:
        self.path = check_path(path)
        self._environment = environment or Environment()
        self._player: Player | None = None
        self._tape: Tape | None = None
        self._scheduler: LoopScheduler | None = None
        self._clients: list[Client] = []

    def __repr__(self) -> str:
        place = "closed" if self._player is None else f"at {round(self._player.position, 2):g} s"
        return f"<Replay {self.path} {place}>"

    # -- its life ----------------------------------------------------------------------------------------------------

    async def start(self) -> Self:
        """Read the file through, and stand where it can begin. Entering the context does the same.

        Raises:
            RecordingError: It cannot be read, or is no recording.
        """
        if self._player is None:
            tape = Tape(self.path)
            contents = await tape.contents()
            real = asyncio.get_running_loop()
            self._player = Player(tape, contents, real)
            self._tape = tape
            self._scheduler = LoopScheduler(self._player.loop, epoch=tape.header.started)
        return self

    async def close(self) -> None:
        """Shut its clients down, and let go of the file. May be called again."""
        player, self._player = self._player, None
        for client in tuple(self._clients):
            await client.shutdown()
        if player is not None:
            player.close()

    async def __aenter__(self) -> Self:
        """Start, and return this recording."""
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    # -- what it is --------------------------------------------------------------------------------------------------

    @property
    def header(self) -> Header:
        """What its file says of it.

        Raises:
            ClosedError: It was not started, or is closed.
        """
        if self._tape is None:
            raise ClosedError("the recording was not started")
        return self._tape.header

    @property
    def identity(self) -> Identity:
        """Whose client was recorded; a pseudonym where it was scrubbed."""
        return self.header.identity

    @property
    def position(self) -> float:
        """Where it stands, seconds after the recording was begun."""
        return self._playing.reached

    @property
    def duration(self) -> float:
        """Where it ends, seconds after the recording was begun."""
        return self._playing.contents.end

    @property
    def truncated(self) -> bool:
        """Whether its end is missing, as after the recorded process was killed."""
        return self._playing.contents.truncated

    @property
    def over(self) -> bool:
        """Whether all of it was played."""
        return self._playing.over

    @property
    def scheduler(self) -> LoopScheduler:
        """Its clock, for what waits beside the streams of its clients, or is drawn of them: its `now` is back then.

        Raises:
            ClosedError: It was not started.
        """
        if self._scheduler is None:
            raise ClosedError("the recording was not started")
        return self._scheduler

    @property
    def _playing(self) -> Player:
        if self._player is None:
            raise ClosedError("the recording was not started, or is closed")
        return self._player

    # -- playing -----------------------------------------------------------------------------------------------------

    def client(self, *, options: ClientOptions | None = None) -> Connecting:
        """Make a client that plays it. It can do all that any client can, but change nothing: that is refused.

        What the recorded client had not opened is not in the recording: to open it fails, and says so; what it opened
        later opens then.

        Args:
            options: The client's settings, but for `backoff`: it is connected when the recorded one was.

        Returns:
            What `connect` returns: await it, or enter it. It is ready where the recording stands now.
        """

        async def token() -> str:
            return "recording"

        async def start() -> Client:
            player, environment = self._playing, self._environment
            scheduler = self._scheduler or LoopScheduler(player.loop)
            peer = Peer(
                player.mirror,
                player.contents,
                position=lambda: player.number,
                time=lambda: player.position,
                ids=environment.ids,
            )
            client = Client(
                peer,
                Tokens(token),
                _with_backoff(options or ClientOptions()),
                environment,
                http=_NoMedia(),
                upstream=f"replay:{self.path}",
                stage=Stage(player.loop, scheduler, PlayedSession),
            )

            async def leave() -> None:
                peer.close()
                player.peers.remove(peer)
                self._clients.remove(client)

            player.peers.append(peer)
            self._clients.append(client)
            client.on_shutdown(leave)
            await client.start()
            await player.settle()
            return client

        return Connecting(start)

    async def play(self, *, speed: float = 1.0, until: float | datetime | None = None) -> None:
        """Play from where it stands. Being cancelled, it stands where it is.

        Args:
            speed: How many of its seconds pass in one; `math.inf` is as fast as can be.
            until: Up to where: seconds after the recording was begun, or a time of day; None: to its end.

        Raises:
            ArgumentError: The speed is not above 0, or *until* is no place.
            RecordingError: A line of the file is none.
            RuntimeError: It is being played already.
            ClosedError: It was not started, or is closed.
        """
        if isinstance(speed, bool) or not isinstance(cast("object", speed), int | float) or not speed > 0:
            raise ArgumentError("speed", "a number above 0", speed)
        await self._playing.play(speed, math.inf if until is None else self._place("until", until))

    async def seek(self, moment: float | datetime) -> None:
        """Go to another place at once.

        To a client that is a lost connection: forwards, it is told what has become of everything meanwhile, as after
        any; backwards, nothing it knows holds any more, and each of its streams carries a `Discontinuity`.

        Args:
            moment: Seconds after the recording was begun, or a time of day. Before the first place from which it can
                be played, that one is meant.

        Raises:
            ArgumentError: It is no place, or not within the recording.
            RecordingError: A line of the file is none.
            ClosedError: It was not started, or is closed.
        """
        player = self._playing
        place, end = self._place("moment", moment), player.contents.end
        if not -_ROUNDED <= place <= end + _ROUNDED:
            raise ArgumentError(
                "moment", f"within the recording, from 0 to {end:.3f} seconds after it was begun", moment
            )
        await player.seek(place)

    async def collect(self, build: Callable[[Client], ObservableBase[T]]) -> list[T]:
        """Play all that is left, as fast as can be, to a client of its own, and return what an Observable has carried.

        So a recording is a regression test of a pipeline: what comes out is the same each time.

        Args:
            build: Makes the Observable of the client.

        Raises:
            ArgumentError: *build* cannot be called, or makes no Observable.
            RuntimeError: Nothing is left: all of it was played. `seek(0)` goes back.
            RecordingError: A line of the file is none.
            ClosedError: It was not started, or is closed.
            Exception: What the Observable has failed with.
        """
        check_callable("build", build)
        player = self._playing
        if player.over and player.position > player.contents.start:
            raise RuntimeError("all of the recording was played already: `await replay.seek(0)` goes back")
        carried: list[T] = []
        failures: list[Exception] = []
        async with self.client() as client:
            built = build(client)
            check_kind("build", built, ObservableBase, "a function that returns an Observable")
            with built.subscribe(carried.append, failures.append):
                await player.settle()
                await self.play(speed=math.inf)
        if failures:
            raise failures[0]
        return carried

    def _place(self, field: str, moment: object) -> float:
        number = isinstance(moment, int | float) and not isinstance(moment, bool) and not math.isnan(moment)
        if self._tape is None or not (number or (isinstance(moment, datetime) and moment.tzinfo is not None)):
            raise ArgumentError(field, "a number of seconds, or an aware datetime", moment)
        return self._tape.at(cast("float | datetime", moment))


def _with_backoff(options: ClientOptions) -> ClientOptions:
    return dataclasses.replace(options, backoff=_AT_ONCE)


class _NoMedia:
    """Stands for the media service, whose answers are in no recording."""

    def exchange(self, request: PlainRequest) -> AbstractAsyncContextManager[PlainResponse]:
        """Refuse."""
        raise ConnectionError(f"media are not in a recording: {request.method} {request.url}")
