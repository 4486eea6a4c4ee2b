"""The bytes of media: files beside the store, or memory.

A blob is written before the transaction that records it, and removed after the one that forgets it. So what is recorded
is there, whatever happens; what is there without being recorded was left behind by a crash, and goes at the next start.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Protocol

from rxconvo.errors import StoreError
from rxconvo.types import Sid

__all__ = ["BlobReader", "BlobWriter", "Blobs", "MemoryBlobs", "blobs_beside"]


class BlobWriter(Protocol):
    """A blob that is being written, by one task."""

    async def write(self, piece: bytes) -> None:
        """Append some bytes.

        Raises:
            StoreError: They could not be written.
        """
        ...

    async def finish(self) -> None:
        """Make the blob durable.

        Raises:
            StoreError: It is not.
        """
        ...

    def abandon(self) -> None:
        """Remove the blob, finished or not."""
        ...


class BlobReader(Protocol):
    """A blob that is being read, by one task. It stays readable if it is removed meanwhile."""

    async def read(self, start: int, size: int) -> bytes:
        """Read at most *size* bytes from a position on; none at the end.

        Raises:
            StoreError: They could not be read.
        """
        ...

    def close(self) -> None:
        """Let go of the blob."""
        ...


class Blobs(Protocol):
    """The bytes of all media, by their sids."""

    async def create(self, sid: Sid) -> BlobWriter:
        """Begin to write a blob.

        Raises:
            StoreError: It could not be made.
        """
        ...

    async def open(self, sid: Sid) -> BlobReader:
        """Begin to read a finished blob.

        Raises:
            StoreError: There is none.
        """
        ...

    def discard(self, sids: Iterable[Sid]) -> None:
        """Remove blobs, now or soon. Never raises: what stays goes at the next start."""
        ...

    def names(self) -> AsyncGenerator[list[Sid]]:
        """Name all blobs, some at a time. Those that come or go meanwhile may be among them or not."""
        ...

    async def close(self) -> None:
        """Finish what was begun. May be called again."""
        ...


def blobs_beside(store: Path) -> Path:
    """Return the directory that holds the blobs of a store: beside its file."""
    return store.with_name(f"{store.name}.media")


class MemoryBlobs:
    """Blobs in memory."""

    def __init__(self) -> None:
        self._blobs: dict[Sid, bytearray] = {}

    async def create(self, sid: Sid) -> BlobWriter:
        """Begin to write a blob."""
        return _MemoryWriter(self._blobs, sid)

    async def open(self, sid: Sid) -> BlobReader:
        """Begin to read a blob."""
        blob = self._blobs.get(sid)
        if blob is None:
            raise StoreError(f"the store has no bytes of {sid}")
        return _MemoryReader(blob)

    def discard(self, sids: Iterable[Sid]) -> None:
        """Remove blobs."""
        for sid in sids:
            self._blobs.pop(sid, None)

    async def names(self) -> AsyncGenerator[list[Sid]]:
        """Name all blobs."""
        yield list(self._blobs)

    async def close(self) -> None:
        """Forget all blobs."""
        self._blobs.clear()


class _MemoryWriter:
    """A blob that grows."""

    def __init__(self, blobs: dict[Sid, bytearray], sid: Sid) -> None:
        self._blobs = blobs
        self._sid = sid
        self._blob = bytearray()

    async def write(self, piece: bytes) -> None:
        self._blob += piece

    async def finish(self) -> None:
        self._blobs[self._sid] = self._blob

    def abandon(self) -> None:
        self._blobs.pop(self._sid, None)


class _MemoryReader:
    """A blob that changes no more."""

    def __init__(self, blob: bytearray) -> None:
        self._blob = blob

    async def read(self, start: int, size: int) -> bytes:
        return bytes(memoryview(self._blob)[start : start + size])

    def close(self) -> None:
        """Nothing: memory goes by itself."""
