"""Blobs as files: in a directory of their own, read and written on a thread of their own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from rxconvo.errors import ClosedError, StoreError
from rxconvo.server.storage.blobs import BlobReader, BlobWriter
from rxconvo.types import Sid

if sys.platform == "darwin":
    import fcntl

__all__ = ["FileBlobs"]

_log = logging.getLogger("rxconvo.server")
_NAMES = 1000
_NAME = re.compile(r"ME[0-9a-f]{32}")
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)  # as there are

Args = TypeVarTuple("Args")
T = TypeVar("T")


class _Worker:
    """Does what may take long: on a thread, one thing after the other, or at once.

    It is not the thread that commits, since making a large file durable takes seconds, and nobody's message should wait
    for that.

    Args:
        inline: At once, in the loop: for virtual time.
    """

    def __init__(self, *, inline: bool) -> None:
        self._inline = inline
        self._thread: ThreadPoolExecutor | None = None
        self._closed = False

    async def run(self, work: Callable[[*Args], T], *args: *Args) -> T:
        """Have something done, and wait for it. Cancelling the wait does not undo it."""
        if self._closed:
            raise ClosedError("the store is closed")
        try:
            if self._inline:
                return work(*args)
            return await asyncio.wrap_future(self._pool().submit(work, *args))
        except OSError as error:
            raise StoreError(f"media: {error.strerror}") from error

    def post(self, work: Callable[[], object]) -> None:
        """Have something done after all that was asked for before. What goes wrong is logged."""
        if self._inline or (self._closed and self._thread is None):
            _attempt(work)
        else:
            self._pool().submit(_attempt, work)

    async def close(self) -> None:
        """Wait for what was begun, and end the thread."""
        self._closed = True
        thread = self._thread
        if thread is not None:
            await asyncio.wrap_future(thread.submit(int))  # does nothing; all that was begun comes before
            self._thread = None
            thread.shutdown()

    def _pool(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "rxconvo-media")
        return self._thread


class FileBlobs:
    """Blobs as files of a directory.

    Their names are the sids, which are random and the service's own: nothing that a client sends becomes part of a
    path. The directory is made with the first blob.

    Args:
        directory: Where the files are. It and they are for this user alone.
        inline: Read and write in the loop, without a thread: for virtual time.
    """

    def __init__(self, directory: Path, *, inline: bool = False) -> None:
        self._directory = directory
        self._worker = _Worker(inline=inline)

    async def create(self, sid: Sid) -> BlobWriter:
        """Begin to write a blob."""
        writer = _FileWriter(self._worker, self._path(sid))
        try:
            await self._worker.run(writer.open)
        except BaseException:
            writer.abandon()
            raise
        return writer

    async def open(self, sid: Sid) -> BlobReader:
        """Begin to read a blob."""
        reader = _FileReader(self._worker, self._path(sid))
        try:
            await self._worker.run(reader.open)
        except BaseException:
            reader.close()
            raise
        return reader

    def discard(self, sids: Iterable[Sid]) -> None:
        """Remove blobs."""
        for sid in sids:
            self._worker.post(partial(_remove, self._path(sid)))

    async def names(self) -> AsyncGenerator[list[Sid]]:
        """Name all blobs, some at a time. Other files are not ours."""
        if not self._directory.is_dir():
            return
        entries = await self._worker.run(os.scandir, self._directory)
        try:
            while found := await self._worker.run(_next, entries):
                yield [name for name in found if _NAME.fullmatch(name) is not None]
        finally:
            self._worker.post(entries.close)

    async def close(self) -> None:
        """Finish what was begun."""
        await self._worker.close()

    def _path(self, sid: Sid) -> Path:
        """Return where a blob is."""
        if _NAME.fullmatch(sid) is None:
            raise StoreError("media: not a sid")
        return self._directory / sid


class _FileWriter:
    """A file that grows. Its descriptor is the worker's alone, which does one thing after the other."""

    def __init__(self, worker: _Worker, path: Path) -> None:
        self._worker = worker
        self._path = path
        self._descriptor: int | None = None
        self._made = False

    async def write(self, piece: bytes) -> None:
        await self._worker.run(self._write, piece)

    async def finish(self) -> None:
        await self._worker.run(self._finish)

    def abandon(self) -> None:
        self._worker.post(self._abandon)

    def open(self) -> None:
        """Make the file, and its directory if need be."""
        directory = self._path.parent
        with contextlib.suppress(FileExistsError):
            directory.mkdir(0o700)
            _sync(directory.parent)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
        self._made = True

    def _write(self, piece: bytes) -> None:
        """Append all of some bytes."""
        view = memoryview(piece)
        while view and self._descriptor is not None:
            view = view[os.write(self._descriptor, view) :]

    def _finish(self) -> None:
        """Have the file, and that it is there, on the medium."""
        if self._descriptor is not None:
            _flush(self._descriptor)
            self._close()
            _sync(self._path.parent)

    def _abandon(self) -> None:
        self._close()
        if self._made:
            _remove(self._path)

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


class _FileReader:
    """A file that changes no more. Its descriptor is the worker's alone."""

    def __init__(self, worker: _Worker, path: Path) -> None:
        self._worker = worker
        self._path = path
        self._descriptor: int | None = None

    async def read(self, start: int, size: int) -> bytes:
        return await self._worker.run(self._read, start, size)

    def close(self) -> None:
        self._worker.post(self._close)

    def open(self) -> None:
        """Find the file."""
        self._descriptor = os.open(self._path, os.O_RDONLY | _FLAGS)

    def _read(self, start: int, size: int) -> bytes:
        if self._descriptor is None:
            return b""
        os.lseek(self._descriptor, start, os.SEEK_SET)  # not `pread`, which Windows does not have
        return os.read(self._descriptor, size)

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


def _attempt(work: Callable[[], object]) -> None:
    """Do something that nobody waits for."""
    try:
        work()
    except OSError:
        _log.exception("media could not be tidied away")


def _sync(directory: Path) -> None:
    """Have the entries of a directory on the medium. Windows sees to that by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def _flush(descriptor: int) -> None:
    """Have what was written on the medium."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync alone leaves data in the drive's own cache
    else:
        os.fsync(descriptor)


def _remove(path: Path) -> None:
    """Remove a file, if it is there."""
    path.unlink(missing_ok=True)


def _next(entries: Iterator[os.DirEntry[str]]) -> list[str]:
    """Name the next files of a directory; none at its end."""
    return [entry.name for entry in islice(entries, _NAMES)]
