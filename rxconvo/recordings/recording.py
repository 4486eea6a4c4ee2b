"""A recording under way: what hears a client's connection, and keeps it in files."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

from rxconvo.errors import ClosedError, ConnectionError, FramingError, RecordingError, RxconvoError
from rxconvo.recordings.files import FORMAT, Entry, Frame, Header, Note, RecordingWriter, unwritable
from rxconvo.recordings.scrub import Scrubber
from rxconvo.recordings.tap import Tap
from rxconvo.recordings.tokens import without_secrets_in, without_secrets_in_text
from rxconvo.types import Sid
from rxconvo.version import __version__
from rxconvo.wire import Reply, decode

__all__ = ["Recorded", "Recording"]

_FLUSHED: Final = 1.0  # seconds that a killed process loses at most
_AGAIN: Final = 1.0  # seconds before what is open is read once more, where that has failed


class Recorded(Protocol):
    """What a recording needs of a client."""

    @property
    def taps(self) -> list[Tap]:
        """Who hears its connection."""
        ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Whose clock counts."""
        ...

    @property
    def live(self) -> bool:
        """Whether the service has accepted it."""
        ...

    @property
    def epoch(self) -> str | None:
        """Of the service's store, if it has told one."""
        ...

    @property
    def identity(self) -> str:
        """Whose client it is."""
        ...

    @property
    def upstream(self) -> str:
        """What it is connected to."""
        ...

    def wall(self) -> datetime:
        """Tell the time of day."""
        ...

    def report(self, error: RxconvoError) -> None:
        """Take a fault."""

    async def read_all(self) -> list[Sid]:
        """Read all that is open, over the connection; return whose changes come.

        Raises:
            RxconvoError: Something was not answered.
        """
        ...


class Recording:
    """Keeps what goes over a client's connection in a file. Made by `Client.record`.

    Awaited, or entered as a context, it has read all that the client has open, so that it can be played from there;
    what happens from then on is in it. It ends with `dispose`, with its block, or with the client.

    Args:
        client: What is recorded.
        path: The file. Neither it nor one of that name with a number may exist.
        scrubber: Replaces people and what they said; None keeps everything but tokens.
        recording: Id that all files of it share.
        max_bytes: Bytes of a file after which the next one is begun.
        max_seconds: Seconds likewise; None for no such limit.
        keep: Files that are kept at most, the one that is being written included.

    Attributes:
        path: The file that is being written. Those before have a number in their names.
        frames: How many frames were kept.
        error: Why it has ended before its time, or None.

    Raises:
        RecordingError: The file exists, or one with a number, or it cannot be made.
    """

    def __init__(
        self,
        client: Recorded,
        path: Path,
        *,
        scrubber: Scrubber | None,
        recording: str,
        max_bytes: int,
        max_seconds: float | None,
        keep: int,
    ) -> None:
        self.path = path
        self.frames = 0
        self.error: RecordingError | None = None
        self._client = client
        self._scrubber = scrubber
        self._clean: Callable[[bytes], bytes] = without_secrets_in if scrubber is None else scrubber.frame
        self._recording = recording
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._keep = keep
        self._loop = client.loop
        self._start = self._loop.time()
        self._started = client.wall()
        self._part = 0
        self._begun = 0.0  # when the file was, seconds after the start
        self._standing = False  # whether the file has a keyframe
        self._flushing: asyncio.TimerHandle | None = None
        self._whole: asyncio.Future[None] = self._loop.create_future()
        self._over = False
        self._reading: asyncio.Task[None] | None = None
        _check_room(path)
        self._writer = self._open(0.0)
        client.taps.append(self)

    def __repr__(self) -> str:
        return f"<Recording {self.path} part {self._part}, {self.frames} frames{', over' if self._over else ''}>"

    # -- its life ----------------------------------------------------------------------------------------------------

    def __await__(self) -> Generator[Any, Any, Self]:
        """Wait until it has what it begins with, and return it.

        Raises:
            RecordingError: It has ended before: the file cannot be written to.
            ClosedError: Likewise, because it was disposed of, or the client was shut down.
        """
        yield from asyncio.shield(self._whole).__await__()
        return self

    async def __aenter__(self) -> Self:
        """Wait until it has what it begins with."""
        return await self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        await self.close()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over

    def dispose(self) -> None:
        """End it: nothing more is kept, and the file is closed. Again does nothing."""
        self._end(None)

    async def close(self) -> None:
        """End it, and wait until nothing of it is under way. Again does nothing."""
        self._end(None)
        if self._reading is not None and self._reading is not asyncio.current_task():
            await asyncio.wait((self._reading,))

    # -- what it hears -----------------------------------------------------------------------------------------------

    def connected(self, now: float) -> None:
        """Keep that a socket is open."""
        self._keep_entry(Note(t=now - self._start, note="connected"))

    def received(self, messages: Sequence[bytes], now: float) -> None:
        """Keep what one read brought."""
        for message in messages:
            self._keep_frame(message, now, sent=False)

    def sent(self, messages: Sequence[bytes], now: float) -> None:
        """Keep what was sent, but for acknowledgements, which say nothing."""
        for message in messages:
            if not _is_reply(message):
                self._keep_frame(message, now, sent=True)

    def lost(self, now: float, fault: ConnectionError | None, *, opened: bool) -> None:
        """Keep that a connection has ended, or could not be opened."""
        if not opened and fault is None:
            return
        reason = None if fault is None else without_secrets_in_text(fault.message)
        if reason is not None and self._scrubber is not None:
            reason = "the connection was lost" if opened else "there is no connection"
        status = None if opened or fault is None else fault.http_status_code
        note = "lost" if opened else "failed"
        self._keep_entry(Note(t=now - self._start, note=note, reason=reason, status=status))

    def rang(self, now: float) -> None:
        """Keep when it was that time brought something about."""
        self._keep_entry(Note(t=now - self._start, note="rang"))

    def ended(self) -> None:
        """End with the client."""
        self._end(None)

    # -- what it keeps -----------------------------------------------------------------------------------------------

    def _keep_frame(self, message: bytes, now: float, *, sent: bool) -> None:
        try:
            kept = self._clean(message)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the client its connection
            self._fail(RecordingError(str(self.path), None, f"a frame cannot be kept: {error!r}"))
            return
        self.frames += 1
        self._keep_entry(Frame(now - self._start, sent, kept))

    def _keep_entry(self, entry: Entry) -> None:
        if self._over:
            return
        try:
            self._writer.write(entry)
            if self._full(entry.t):
                self._rotate(entry.t)
        except RecordingError as error:
            self._fail(error)
            return
        if self._flushing is None and self._writer.pending:
            self._flushing = self._loop.call_later(_FLUSHED, self._flush)

    def _flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        try:
            self._writer.flush()
        except RecordingError as error:
            self._fail(error)

    def _full(self, t: float) -> bool:
        """Tell whether the next file is to be begun. One without a keyframe is of little use, and has more room."""
        room = self._max_bytes if self._standing else 2 * self._max_bytes
        old = self._standing and self._max_seconds is not None and t - self._begun >= self._max_seconds
        return self._writer.size >= room or old

    def _rotate(self, t: float) -> None:
        self._writer.close()
        finished = self._numbered(self._part)
        try:
            if os.path.lexists(finished):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            with suppress(FileNotFoundError):  # taken away meanwhile: then there is nothing to be kept
                self.path.rename(finished)
            if self._part >= self._keep:
                self._numbered(self._part + 1 - self._keep).unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(finished, error) from error
        self._writer = self._open(t)

    def _numbered(self, part: int) -> Path:
        return self.path.with_name(f"{self.path.stem}.{part:04}{self.path.suffix}")

    def _open(self, t: float) -> RecordingWriter:
        """Begin a file, and have all that is open read, so that it can be played without those before it."""
        identity = self._client.identity
        upstream = self._client.upstream
        if self._scrubber is not None:
            identity, upstream = self._scrubber.text(identity), upstream.partition(":")[0] + ":"
        header = Header(
            format=FORMAT,
            started=self._started,
            identity=identity,
            upstream=upstream,
            version=__version__,
            scrubbed=self._scrubber is not None,
            part=self._part + 1,
            recording=self._recording,
            t=t,
        )
        writer = RecordingWriter(self.path, header)
        self._part += 1
        self._begun = t
        self._standing = False
        if self._client.live:
            writer.write(Note(t=t, note="ready", epoch=self._epoch()))
        if self._reading is None or self._reading.done():
            self._reading = self._loop.create_task(self._read(), name="rxconvo recording")
        return writer

    async def _read(self) -> None:
        """Read all that is open until it is in the file that is being written."""
        while not self._standing:
            part = self._part
            try:
                standing = await self._client.read_all()
            except ClosedError:
                return
            except RxconvoError:  # not answered, or not now: it is tried again, and what is heard is kept meanwhile
                await asyncio.sleep(_AGAIN)
                continue
            except Exception as error:  # noqa: BLE001 - whoever waits for it to begin is told
                self._fail(RecordingError(str(self.path), None, f"what is open cannot be read: {error!r}"))
                return
            if part == self._part:
                self._standing = True
                t = self._loop.time() - self._start
                if self._scrubber is not None:
                    standing = list(map(self._scrubber.sid, standing))
                self._keep_entry(Note(t=t, note="keyframe", epoch=self._epoch(), standing=standing))
                self._flush()
        if not self._whole.done():
            self._whole.set_result(None)

    def _epoch(self) -> str | None:
        epoch = self._client.epoch
        return epoch if epoch is None or self._scrubber is None else self._scrubber.text(epoch)

    # -- its end -----------------------------------------------------------------------------------------------------

    def _fail(self, error: RecordingError) -> None:
        if not self._over:
            self.error = error
            self._end(error)
            self._client.report(error)

    def _end(self, error: RxconvoError | None) -> None:
        if self._over:
            return
        self._over = True
        self._client.taps.remove(self)
        if self._flushing is not None:
            self._flushing.cancel()
        if self._reading is not None:
            self._reading.cancel()
        try:
            if error is None:
                self._writer.write(Note(t=self._loop.time() - self._start, note="end"))
            self._writer.close()
        except RecordingError as fault:
            if error is None:
                self.error = fault
                self._client.report(fault)
        if not self._whole.done():
            self._whole.set_exception(self.error or ClosedError("the recording has ended"))
            self._whole.exception()  # seen: nobody may be waiting


def _check_room(path: Path) -> None:
    """Check that the files that may follow one have their names for themselves.

    Raises:
        RecordingError: There is one of another recording.
    """
    numbered = re.compile(rf"{re.escape(path.stem)}\.\d{{4,}}{re.escape(path.suffix)}")
    try:
        taken = next((each for each in path.parent.iterdir() if numbered.fullmatch(each.name)), None)
    except OSError as error:
        raise unwritable(path, error) from error
    if taken is not None:
        raise unwritable(taken, FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)))


def _is_reply(message: bytes) -> bool:
    """Tell whether a frame of this side is an acknowledgement."""
    try:
        return isinstance(decode(message), Reply)
    except FramingError:
        return False
