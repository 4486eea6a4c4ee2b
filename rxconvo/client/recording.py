"""Recording what goes over a client's connection."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rxconvo.client.configuration import api_url
from rxconvo.client.core import ClientCore
from rxconvo.errors import ArgumentError, ClosedError, LocalProtocolError, SyncError
from rxconvo.recordings import Recording, Scrubber, check_path
from rxconvo.sync import Kind
from rxconvo.sync.decoding import decode_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from rxconvo.client.context import Context
    from rxconvo.errors import RxconvoError
    from rxconvo.model import Owner
    from rxconvo.recordings import Tap
    from rxconvo.sync import Key, Replica
    from rxconvo.types import FilePath, Sid

__all__ = ["RecordingConcern"]

_PAGE: Final = 100  # messages that are read at once
_PAGES: Final = 10  # of one conversation, at most
_AT_ONCE: Final = 8  # objects that are read at once
_PATIENCE: Final = 2.0  # seconds in which what is being opened should be
_PAUSE: Final = 0.02


class RecordingConcern(ClientCore):
    """Recordings of a client."""

    def record(
        self,
        path: FilePath,
        *,
        raw: bool = False,
        max_bytes: int = 64 * 2**20,
        max_seconds: float | None = None,
        keep: int = 16,
    ) -> Recording:
        """Record what goes over the connection from now on, for `Replay` and `connect("replay:PATH")`.

        It begins with all that the client has open, which is read anew for that: own conversations, properties, and, as
        far as somebody observes them, rosters and the messages that the client holds. What is not open is not recorded:
        the messages of a conversation are lost to it while nobody observes them, unless the client was connected with
        `watch="all"`.

        Example:
            import tempfile
            import rxconvo

            async with rxconvo.connect("memory:", identity="ada") as client:
                with tempfile.TemporaryDirectory() as directory:
                    async with client.record(f"{directory}/lunch.rxrec"):
                        await client.create_conversation(friendly_name="lunch")

        Args:
            path: The file, which must not exist, nor one with a number (see *max_bytes*); `….rxrec` by custom. Nobody
                but its owner may read it.
            raw: Whether to keep who is who and what was said. Otherwise names, texts, attributes and the like become
                pseudonyms, the same one for the same text throughout the recording. Tokens are not kept in any case.
            max_bytes: Bytes of a file, compressed, after which it gets a number (`lunch.0001.rxrec`) and the next one
                is begun. Each can be played alone.
            max_seconds: Seconds of a file likewise.
            keep: Files that are kept at most, the newest ones.

        Returns:
            The recording, which has begun. Await it, or enter it as a context, for what it begins with to be in it;
            end it with `dispose`, or with its block. It ends with the client, and where the file cannot be written to
            any more, which `errors` tells.

        Raises:
            ArgumentError: An argument is out of range.
            RecordingError: The file exists, or one with a number, or it cannot be made.
            ClosedError: The client was shut down.
        """
        context = self._context
        if context.closed:
            raise ClosedError("the client was shut down")
        file = check_path(path)
        _check(max_bytes, max_seconds, keep)
        scrubber = None if raw else Scrubber(context.environment.secrets().encode())
        return Recording(
            _Recorded(context, self.report),
            file,
            scrubber=scrubber,
            recording=context.environment.ids(),
            max_bytes=max_bytes,
            max_seconds=max_seconds,
            keep=keep,
        )


def _check(max_bytes: object, max_seconds: object, keep: object) -> None:
    if type(max_bytes) is not int or max_bytes < 1:
        raise ArgumentError("max_bytes", "at least 1 byte", max_bytes)
    if max_seconds is not None and (
        isinstance(max_seconds, bool) or not isinstance(max_seconds, int | float) or not max_seconds > 0
    ):
        raise ArgumentError("max_seconds", "more than 0 seconds, or None", max_seconds)
    if type(keep) is not int or keep < 1:
        raise ArgumentError("keep", "at least 1 file", keep)


class _Recorded:
    """A client, as a recording sees it."""

    def __init__(self, context: Context, report: Callable[[RxconvoError], None]) -> None:
        self._context = context
        self._report = report
        self.taps: list[Tap] = context.driver.taps
        self.loop: asyncio.AbstractEventLoop = context.loop
        self.identity = context.configuration.identity
        self.upstream = context.upstream

    @property
    def live(self) -> bool:
        return self._context.driver.live

    @property
    def epoch(self) -> str | None:
        return self._context.driver.epoch

    def wall(self) -> datetime:
        return self._context.environment.wall()

    def report(self, error: RxconvoError) -> None:
        self._report(error)

    async def read_all(self) -> list[Sid]:
        """Read all that is open, a few objects at a time."""
        context = self._context
        await context.calls.fetch(api_url(context.region, "Configuration"))
        await self._opened()
        replicas = iter(context.session.replicas)

        async def work() -> None:
            for replica in replicas:
                await _read(context, replica)

        workers = [context.loop.create_task(work()) for _ in range(_AT_ONCE)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.wait(workers)
        return [replica.sid for replica in context.session.replicas if replica.established and replica.sid]

    async def _opened(self) -> None:
        """Wait a while for what is being opened, so that who plays the recording finds it open."""
        context = self._context
        deadline = context.loop.time() + _PATIENCE
        while context.loop.time() < deadline and not all(replica.established for replica in context.session.replicas):
            await context.driver.pause(_PAUSE)


async def _read(context: Context, replica: Replica[Owner]) -> None:
    """Read an object. What is refused is not there, or will be told to be gone."""
    await context.driver.ask(context.session.description(replica))
    if replica.kind is Kind.MAP and replica.sid is not None:
        await _read_map(context, replica)
    elif replica.kind is Kind.LIST and replica.established:
        await _read_list(context, replica)


async def _read_map(context: Context, replica: Replica[Owner]) -> None:
    """Read all of a map. The client knows it: the answers change nothing."""
    after: Key | None = None
    while True:
        answer = await context.driver.ask(context.session.contents(replica, after=after))
        if answer.status != 200:
            return
        page = decode_page(answer.body)
        if not page.has_more or not page.items or page.items[-1].key == after:
            return
        after = page.items[-1].key


async def _read_list(context: Context, replica: Replica[Owner]) -> None:
    """Read a list from its end to the oldest item that the client holds, so that it holds what was recorded."""
    record = replica.owner.record
    held = None if record is None else record.message_list
    oldest = None if held is None else held.oldest
    size = min(_PAGE, context.options.kept_messages)
    start: Key | None = None
    try:
        for _ in range(_PAGES):
            page = await context.driver.read(context.session.page(replica, start=start, order="desc", size=size))
            reached = min(map(int, page.keys), default=None)
            if reached is None or oldest is None or reached <= oldest or not page.has_more:
                return
            start = reached - 1
    except (SyncError, LocalProtocolError):
        return  # it was closed, or the connection lost: what follows is in the recording
