"""What is sent beside the text of a message: files in any form, read piece by piece.

Files are read and written by the event loop itself, 64 KB at a time: that takes microseconds where the system has the
file in memory and rarely more than the network takes for the same bytes, every other task has its turn between two
pieces, and no thread is needed, which virtual time could not wait for. Whoever has files where reading takes long hands
in a callable that reads them elsewhere.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import stat
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from rxconvo.errors import ArgumentError, OutcomeUnknownError

__all__ = [
    "PIECE",
    "Content",
    "Contents",
    "SendEmailOptions",
    "SendMediaOptions",
    "check_media",
    "file_path",
    "media_size",
    "open_contents",
    "write_file",
]

PIECE: Final = 64 * 1024
"""Bytes that are read or written at once."""

Contents: TypeAlias = "bytes | bytearray | str | os.PathLike[str] | Callable[[], AsyncIterable[bytes]]"
"""What can be uploaded: bytes, text (sent as UTF-8), the path of a file, or a callable that gives the bytes in pieces,
called anew for each attempt."""

_MAX_TYPE: Final = 255
_TYPE: Final = f"a MIME type such as image/png, of at most {_MAX_TYPE} printable ASCII characters"
_TYPE_FORM: Final = re.compile(r"\s*[^\s/;]+/[^\s/;]+\s*(;.*)?")
_CONTENTS: Final = "bytes, a string, the path of a file, or a callable that returns an async iterable of bytes"


@dataclass(frozen=True, slots=True)
class SendMediaOptions:
    """A file to be sent with a message.

    Attributes:
        content_type: MIME type. None only for parts of an e-mail, whose format says it.
        media: The content: bytes, text (sent as UTF-8), a path (`pathlib.Path` or any other `os.PathLike`; a string is
            text), or a callable that returns an async iterable of bytes. A file is opened, and the callable called,
            when the upload begins, and anew for each attempt. Nothing is copied: it is not to be changed until then.
        filename: The name to show; that of the path by default. An empty one is none.

    Raises:
        ArgumentError: One of them is of another type.
    """

    content_type: str | None
    media: Contents = field(repr=False)
    filename: str | None = None

    def __post_init__(self) -> None:
        _check_content_type(self.content_type)
        if not isinstance(self.media, bytes | bytearray | str) and not _path(self.media) and not callable(self.media):
            raise ArgumentError("media", _CONTENTS, type(self.media).__name__)
        if self.filename is not None:
            _check_text("filename", self.filename)
        if isinstance(self.media, str):
            _check_text("media", self.media)

    def check_complete(self) -> None:
        """Check what every media but parts of e-mails must have.

        Raises:
            ArgumentError: There is no content type, or the content is empty.
        """
        if self.content_type is None:
            raise ArgumentError("content_type", _TYPE, None)
        if not self.media:
            raise ArgumentError("media", "not empty")

    @property
    def name(self) -> str | None:
        """The name that is sent, or None."""
        path = _path(self.media) if self.filename is None else None
        return self.filename or None if path is None else path.name


@dataclass(frozen=True, slots=True)
class SendEmailOptions:
    """What an e-mail has beside its text.

    Attributes:
        subject: The subject, at most 256 characters, or None.
    """

    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one upload.

    Attributes:
        length: How many there are, or None where that is not known beforehand.
        pieces: They, read once, each piece when it is wanted.
    """

    length: int | None
    pieces: AsyncIterator[bytes]


def check_media(field: str, value: object) -> SendMediaOptions:
    """Check that something is `SendMediaOptions`.

    Raises:
        ArgumentError: It is none.
    """
    if not isinstance(value, SendMediaOptions):
        raise ArgumentError(field, "SendMediaOptions", type(value).__name__)
    return value


def media_size(media: Contents) -> int | None:
    """Return how many bytes something has; None where only its end will tell, or where it cannot be told.

    Files are looked at, not opened.
    """
    if isinstance(media, str):
        return len(media.encode())
    if isinstance(media, bytes | bytearray):
        return len(media)
    path = _path(media)
    if path is not None:
        try:
            return path.stat().st_size
        except OSError:  # it may be there when it is to be sent
            return None
    return None


def file_path(path: object) -> Path:
    """Check where a file is to be.

    Raises:
        ArgumentError: That is no path.
    """
    found = Path(path) if isinstance(path, str) and path else _path(path)
    if found is None or not found.name or "\0" in found.name:
        raise ArgumentError("path", "the path of a file: a string or an os.PathLike", path)
    return found


@asynccontextmanager
async def open_contents(media: Contents) -> AsyncGenerator[Content]:
    """Open what is to be uploaded, for one attempt.

    Raises:
        ArgumentError: A path leads to something else than a file.
        OSError: A file cannot be opened.
    """
    if isinstance(media, str):
        media = media.encode()
    if isinstance(media, bytes | bytearray):
        view = memoryview(media)
        yield Content(len(view), _Taken(bytes(view[at : at + PIECE]) for at in range(0, len(view), PIECE)))
    elif callable(media):
        pieces = aiter(media())
        try:
            yield Content(None, pieces)
        finally:
            close = getattr(pieces, "aclose", None)  # a generator should let go of what it holds now, not some day
            if close is not None:
                await close()
    else:
        with _open_file(Path(media)) as file:
            length = os.fstat(file.fileno()).st_size
            yield Content(length, _Taken(_read_exactly(file, length)))


@asynccontextmanager
async def write_file(path: Path, unique: str) -> AsyncGenerator[BinaryIO]:
    """Write a file that is there as a whole or not at all.

    Args:
        path: Where it is to be; what is there is replaced.
        unique: Part of the name of the hidden file beside it that holds what has come so far.

    Raises:
        OSError: It cannot be written.
    """
    partial = _beside(path, f".{unique}.part")
    with partial.open("xb") as file:
        try:
            yield file
            file.close()
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


class _Taken(AsyncIterator[bytes]):
    """Pieces that are at hand; everybody else has a turn before each."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    async def __anext__(self) -> bytes:
        await asyncio.sleep(0)
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


def _path(media: object) -> Path | None:
    """Return where a file is, if that is what was given."""
    if not isinstance(media, os.PathLike):
        return None
    path: object = os.fspath(media)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return Path(path) if isinstance(path, str) else None


def _open_file(path: Path) -> BinaryIO:
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe, for example, could take for ever
        raise ArgumentError("media", "the path of a file", str(path))
    return path.open("rb", buffering=0)


def _beside(path: Path, name: str) -> Path:
    if path.is_dir():  # which would else be seen when all of it is there
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return path.with_name(name)


def _read_exactly(file: BinaryIO, length: int) -> Iterator[bytes]:
    left = length
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise OutcomeUnknownError(f"a file of {length} bytes has lost some while it was read")
        left -= len(piece)
        yield piece


def _check_content_type(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str) or len(value) > _MAX_TYPE or not (value.isascii() and value.isprintable()):
        raise ArgumentError("content_type", _TYPE, value)
    if _TYPE_FORM.fullmatch(value) is None:
        raise ArgumentError("content_type", _TYPE, value)


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise ArgumentError(name, "a string", value)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(name, "text that can be written as UTF-8 (lone surrogates cannot)") from error
