"""Downloads: a stored media as the body of an answer, whole or in part."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final

from rxconvo.server.core import phrase_of
from rxconvo.server.media.names import disposition_of
from rxconvo.server.media.pieces import PIECE
from rxconvo.server.media.ranges import UNSATISFIABLE, part_of
from rxconvo.transport.http import PlainResponse

if TYPE_CHECKING:
    from rxconvo.server.storage.base import Store
    from rxconvo.server.storage.blobs import BlobReader
    from rxconvo.server.storage.records import StoredMedia
    from rxconvo.transport.http import PlainRequest

__all__ = ["download"]

_SAFE: Final = {
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=60",
    # Pages of the application may show pictures; a page that a browser is led to by the address itself gets nothing.
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@asynccontextmanager
async def download(store: Store, media: StoredMedia, request: PlainRequest) -> AsyncGenerator[PlainResponse]:
    """Answer with the bytes of a media.

    Args:
        store: Where they are.
        media: The media.
        request: What may ask for a part.

    Raises:
        StoreError: The bytes are not there.
    """
    etag = f'"{media.sid}"'
    asked = request.headers.get("range") if request.headers.get("if-range", etag) == etag else None
    part = part_of(asked, media.size)
    headers = {**_SAFE, "content-type": media.served_type, "content-disposition": disposition_of(media.filename)}
    headers["etag"] = etag
    if part is None:
        status, part = 200, range(media.size)
    elif part == UNSATISFIABLE:
        status = 416
        headers["content-range"] = f"bytes */{media.size}"
    else:
        status = 206
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{media.size}"
    headers["content-length"] = str(len(part))
    reader: BlobReader = _Text(media.content) if media.content is not None else await store.blobs.open(media.sid)
    try:
        async with aclosing(_read(reader, part)) as body:
            yield PlainResponse(status=status, reason=phrase_of(status), headers=headers, body=body)
    finally:
        reader.close()


class _Text:
    """The bytes of a small text, which are at hand."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def read(self, start: int, size: int) -> bytes:
        return self._content[start : start + size]

    def close(self) -> None:
        """Nothing."""


async def _read(reader: BlobReader, part: range) -> AsyncGenerator[bytes]:
    """Read a part, piece by piece."""
    position = part.start
    while position < part.stop:
        piece = await reader.read(position, min(PIECE, part.stop - position))
        if not piece:
            raise ConnectionError("the media is shorter than it was")
        position += len(piece)
        yield piece
