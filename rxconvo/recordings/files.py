"""The file of a recording: gzip of JSON lines, a header and then what happened, in order.

    {"rxconvo_recording": 1, "started": "2026-01-31T12:00:00Z", "identity": "ada", …}
    {"t": 0.0, "d": ">", "frame": "TWILSOCK V3.0 …"}          sent
    {"t": 0.25, "d": "<", "frame": "TWILSOCK V3.0 …"}         received; "base64" in place of "frame" if it is no UTF-8
    {"t": 9.5, "d": "!", "note": "lost", "reason": "…"}       what happened beside frames

It is written in pieces that each can be read alone, so that a file whose writer was killed can be read up to its last
piece. Whatever else is wrong with a file is one `RecordingError` that names it and the line.
"""

from __future__ import annotations

import os
import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

import msgspec

from rxconvo.errors import ArgumentError, RecordingError

__all__ = [
    "FORMAT",
    "MAX_LINE",
    "Entry",
    "Frame",
    "Header",
    "Note",
    "RecordingReader",
    "RecordingWriter",
    "check_path",
    "unwritable",
]

FORMAT: Final = 1
"""Version of the format that is written, and the only one that is read."""

MAX_LINE: Final = 32 * 2**20
"""Bytes of the longest line that is read or written."""

MAX_TEXT: Final = 16 * 2**30
"""Bytes of the longest recording that is read, decompressed."""

_LATEST_YEAR: Final = 9_000  # of a header, so that every time of a recording is a date
_LONGEST: Final = 100 * 365 * 86_400.0  # seconds of a recording

_BUFFERED: Final = 64 * 1024  # bytes that are gathered before they are compressed
_CHUNK: Final = 256 * 1024
_LEVEL: Final = 3  # of zlib: a fraction of the default's time, for a tenth more bytes
_GZIP: Final = 31  # of zlib: with the header and checksum of gzip


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line.

    Attributes:
        format: Version of the format.
        started: When the recording was begun: aware, UTC.
        identity: Whose client it was; a pseudonym where it is scrubbed.
        upstream: What the client was connected to, without anything secret.
        version: Of the library that wrote it.
        scrubbed: Whether people and what they said were replaced by pseudonyms.
        part: Number of this file among those of the recording, from 1.
        recording: Id that all files of one recording share.
        t: Seconds after `started` at which this file begins.
    """

    format: int = msgspec.field(name="rxconvo_recording")
    started: datetime
    identity: str
    upstream: str
    version: str
    scrubbed: bool
    part: int = 1
    recording: str = ""
    t: float = 0.0


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One message of the websocket.

    Attributes:
        t: Seconds after the recording was begun.
        sent: Whether the client has sent it.
        data: Its bytes.
    """

    t: float
    sent: bool
    data: bytes


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened beside frames.

    Attributes:
        t: Seconds after the recording was begun.
        note: What: `connected` (a socket is open), `ready` (and the service has accepted the client), `lost`, `failed`
            (there was no connection to be had), `rang` (time has brought something about), `keyframe` (all that is
            open was read), `end`.
        reason: Why, for `lost` and `failed`.
        status: Of the refused handshake, for `failed`.
        epoch: Of the service's store, if it has told one, for `ready` and `keyframe`.
        standing: Sids of the objects whose changes come, for `keyframe`.
    """

    t: float
    note: str
    reason: str | None = None
    status: int | None = None
    epoch: str | None = None
    standing: list[str] | None = None


Entry: TypeAlias = Frame | Note
"""A line but the first."""


class _Line(msgspec.Struct, frozen=True):
    t: float
    d: Literal["<", ">", "!"]
    frame: str | None = None
    base64: str | None = None
    note: str | None = None
    reason: str | None = None
    status: int | None = None
    epoch: str | None = None
    standing: list[str] | None = None


_read_header = msgspec.json.Decoder(Header).decode
_read_line = msgspec.json.Decoder(_Line).decode
_write = msgspec.json.Encoder().encode


def check_path(path: object) -> Path:
    """Return the path of a file.

    Raises:
        ArgumentError: It is none.
    """
    try:
        name = os.fspath(cast("str", path))
        if isinstance(cast("object", name), str) and name and b"\0" not in os.fsencode(name):
            return Path(name)
    except (TypeError, UnicodeError):
        pass
    raise ArgumentError("path", "the path of a file", path)


def unwritable(path: Path, error: OSError) -> RecordingError:
    """Return what it means that a file cannot be written."""
    return RecordingError(str(path), None, f"cannot be written: {error.strerror or error}")


class RecordingWriter:
    """Writes one file, that nobody but its owner may read.

    Args:
        path: The file, which must not exist.
        header: Its first line.

    Attributes:
        path: The file.
        size: Bytes in it, without what is still gathered.
        pending: Whether there is something that a killed process would lose.

    Raises:
        RecordingError: It exists, or cannot be made.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.size = 0
        self._gathered = bytearray()
        self._zip = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        try:
            self._file = open(path, "xb", buffering=0, opener=_private)  # noqa: SIM115 - closed by `close`
        except OSError as error:
            raise unwritable(path, error) from error
        self._line(_write(header))
        self.flush()

    @property
    def pending(self) -> bool:
        """Whether something was gathered that is not in the file yet."""
        return bool(self._gathered)

    def write(self, entry: Entry) -> None:
        """Add a line.

        Raises:
            RecordingError: The file cannot be written to, or the line is too long.
        """
        self._line(_note_line(entry) if isinstance(entry, Note) else _frame_line(entry))
        if len(self._gathered) >= _BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Put all that was added into the file, in a piece that can be read alone.

        Raises:
            RecordingError: The file cannot be written to.
        """
        if self._gathered:
            piece = self._zip.compress(bytes(self._gathered)) + self._zip.flush(zlib.Z_SYNC_FLUSH)
            self._gathered.clear()
            self._put(piece)

    def close(self) -> None:
        """Write what is left, and the end. Again does nothing.

        Raises:
            RecordingError: The file cannot be written to. It is closed nevertheless.
        """
        if self._file.closed:
            return
        try:
            self._put(self._zip.compress(bytes(self._gathered)) + self._zip.flush())
        finally:
            self._gathered.clear()
            self._file.close()

    def _line(self, line: bytes) -> None:
        if len(line) >= MAX_LINE:
            raise RecordingError(str(self.path), None, f"a line of {len(line)} bytes, {MAX_LINE} are allowed")
        self._gathered += line
        self._gathered += b"\n"

    def _put(self, piece: bytes) -> None:
        try:
            view = memoryview(piece)
            while view:  # a raw file may take less than all
                view = view[self._file.write(view) :]
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.size += len(piece)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _note(line: _Line, note: str) -> Note:
    return Note(t=line.t, note=note, reason=line.reason, status=line.status, epoch=line.epoch, standing=line.standing)


def _note_line(note: Note) -> bytes:
    line = msgspec.structs.asdict(note)
    return _write({"t": line.pop("t"), "d": "!"} | {name: value for name, value in line.items() if value is not None})


def _frame_line(frame: Frame) -> bytes:
    way = ">" if frame.sent else "<"
    try:
        return _write({"t": frame.t, "d": way, "frame": frame.data.decode()})
    except UnicodeDecodeError:
        return _write({"t": frame.t, "d": way, "base64": b64encode(frame.data).decode()})


class RecordingReader:
    """Reads one file, line by line, in bounded memory.

    Args:
        path: The file.

    Attributes:
        path: The file.
        header: Its first line.
        number: Of the line that was read last, from 1.
        truncated: Whether its end is missing; known once all lines were read.

    Raises:
        RecordingError: It cannot be opened, is no recording, or is one of another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.truncated = False
        self.number = 0
        lines = self._lines()
        first = next(lines, None)
        lines.close()
        self.number = 1
        if first is None:
            raise self.error("there is no header")
        self.header = self._header(first)

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries, from the first on.

        Raises:
            RecordingError: A line is none, is longer than may be, or goes back in time; or the file is damaged.
        """
        latest = self.header.t
        self.truncated = False
        for number, line in enumerate(self._lines(), 1):
            self.number = number
            if number > 1:
                entry = self._entry(line)
                if not latest <= entry.t <= _LONGEST:
                    raise self.error(f"time goes from {latest} s to {entry.t} s")
                latest = entry.t
                yield entry

    def error(self, reason: str) -> RecordingError:
        """Say what is wrong with the line that was read last."""
        return RecordingError(str(self.path), self.number or None, reason)

    def _header(self, line: bytes) -> Header:
        try:
            header = _read_header(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise self.error(f"this is no header of a recording: {error}") from error
        if header.format != FORMAT:
            raise self.error(f"a recording of version {header.format}, only {FORMAT} can be read")
        if header.started.tzinfo is None or header.started.year > _LATEST_YEAR or not 0 <= header.t <= _LONGEST:
            raise self.error("the header does not tell when it was begun")
        return header

    def _entry(self, line: bytes) -> Entry:
        try:
            read = _read_line(line)
            if read.d == "!":
                if read.note is None:
                    raise self.error("a note that says nothing")
                return _note(read, read.note)
            if read.frame is not None:
                return Frame(read.t, read.d == ">", read.frame.encode())
            if read.base64 is not None:
                return Frame(read.t, read.d == ">", b64decode(read.base64, validate=True))
        except (msgspec.MsgspecError, RecursionError, UnicodeError, Base64Error) as error:
            raise self.error(f"this is no entry: {error}") from error
        raise self.error("a frame without bytes")

    def _lines(self) -> Generator[bytes]:
        """Yield complete lines; what follows the last line end is none."""
        number, kept = 0, bytearray()
        for text in self._texts():
            kept += text
            if b"\n" in text:
                *lines, rest = bytes(kept).split(b"\n")
                kept = bytearray(rest)
                for line in lines:
                    number += 1
                    yield line
            if len(kept) > MAX_LINE:
                self.number = number + 1
                raise self.error(f"a line of more than {MAX_LINE} bytes")
        if kept:
            self.truncated = True

    def _texts(self) -> Iterator[bytes]:
        """Yield what is in the file, decompressed, in pieces of bounded size."""
        unzip, total, rest = zlib.decompressobj(_GZIP), 0, b""
        try:
            with self.path.open("rb") as file:
                while rest or (rest := file.read(_CHUNK)):
                    text = unzip.decompress(rest, _CHUNK)
                    rest = unzip.unconsumed_tail
                    total += len(text)
                    if total > MAX_TEXT:
                        raise self.error(f"more than {MAX_TEXT} bytes")
                    if text:
                        yield text
                    if unzip.eof:
                        if unzip.unused_data:
                            raise self.error("there is something after the end")
                        return
        except OSError as error:
            raise RecordingError(str(self.path), None, f"cannot be read: {error.strerror or error}") from error
        except zlib.error as error:
            raise self.error(f"damaged, or no gzip at all: {error}") from error
        self.truncated = True
