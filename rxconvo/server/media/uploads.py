"""Uploads: from the body of a request to a stored media, in constant memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rxconvo.server.call import date_of
from rxconvo.server.checks import check_text
from rxconvo.server.exchanges import whole
from rxconvo.server.media.content_types import HEAD, OCTETS, essence_of, parse_type, served_type_of
from rxconvo.server.media.forms import read_form
from rxconvo.server.media.names import tidy_name
from rxconvo.server.media.pieces import cut
from rxconvo.server.media.room import Room
from rxconvo.server.refusals import Refusal, bad_request
from rxconvo.server.storage.records import StoredMedia

if TYPE_CHECKING:
    from rxconvo.server.call import Call
    from rxconvo.server.core import Core
    from rxconvo.server.limits import Limits
    from rxconvo.server.media.room import Claim, Usage
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.blobs import BlobWriter
    from rxconvo.transport.http import PlainRequest

__all__ = ["Uploads"]

_CATEGORIES = ("media", "body", "history")
_FORM = "multipart/form-data"
_FORM_OVERHEAD = 128 * 1024
_PURGED = 20


@dataclass(frozen=True, kw_only=True)
class _File:
    """What is uploaded, its bytes still to be read."""

    category: str
    content_type: str
    filename: str | None
    body: AsyncGenerator[bytes]


class Uploads:
    """Takes uploads.

    Args:
        core: What the service shares.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store
        self._limits = core.service.options.limits
        self._room = Room(self._limits, durable=core.store.path is not None)

    async def take(self, request: PlainRequest, call: Call) -> StoredMedia:
        """Store an upload. Returns once it is durable; whatever ends it before leaves nothing behind.

        Args:
            request: The request, its body unread.
            call: Who asks, and when; its query.

        Raises:
            Refusal: 400 for what is no upload, 413 for one that is too large, 415 for a type that may not be, 429 for
                one too many at the same time, 507 where there is no more room for the user or at all.
            ConnectionError: The body ended too early.
        """
        category = call.query.get("Category", "media")
        if category not in _CATEGORIES:
            raise bad_request("Category", "media, body or history")
        _check_size((request.length or 0) - _FORM_OVERHEAD, self._limits)
        with self._room.upload(call.identity) as claim:
            async with aclosing(whole(request)) as body:
                file = await _open(request, call, category, body)
                async with aclosing(file.body):
                    return await self._take(file, call, claim)

    async def _take(self, file: _File, call: Call, claim: Claim) -> StoredMedia:
        """Write the bytes of a file, then record it."""
        sid = call.sid("ME")
        usage = await self._store.run(lambda tx: self._tidy(tx, call), lambda usage: usage)
        writer = await self._store.blobs.create(sid)
        record = _Record(self._room, call, writer)
        try:
            head = b""
            async with aclosing(cut(file.body)) as pieces:
                async for piece in pieces:
                    claim.grow(len(piece))
                    _check_size(claim.size, self._limits)
                    self._room.check(call.identity, usage)
                    head = head or piece[:HEAD]
                    await writer.write(piece)
            await writer.finish()
            media = StoredMedia(
                sid=sid,
                author=call.identity,
                category=file.category,
                content_type=file.content_type,
                served_type=served_type_of(file.content_type, head),
                filename=file.filename,
                size=claim.size,
                content=None,
                conversation_sid=None,
                message_sid=None,
                date_created=call.now,
                date_updated=call.now,
            )
            await self._store.run(lambda tx: record.make(tx, media), lambda _: None)
        except BaseException:
            record.withdraw()
            raise
        return media

    def _tidy(self, tx: Transaction, call: Call) -> Usage:
        """Remove a few uploads that have waited too long for a message, and tell how much is left."""
        oldest = self._core.wall() - timedelta(seconds=self._core.service.options.media_ttl)
        tx.purge_media(date_of(oldest), limit=_PURGED)
        return self._room.usage(tx, call.identity)


class _Record:
    """The record of an upload, or that there is to be none.

    Whoever waits for a work may be cancelled while the work still waits for its turn. The bytes must not go then if the
    record is made after all; so they go only once it is sure that it is not.
    """

    def __init__(self, room: Room, call: Call, writer: BlobWriter) -> None:
        self._room = room
        self._call = call
        self._writer = writer
        self._made = False
        self._withdrawn = False

    def make(self, tx: Transaction, media: StoredMedia) -> None:
        """Record the upload, unless it was withdrawn or has no room."""
        if self._withdrawn:
            raise Refusal(400, 20400, "The upload was withdrawn")
        self._room.check_one(self._room.usage(tx, self._call.identity), media.size)
        tx.add_media(media)
        self._made = True

    def withdraw(self) -> None:
        """Give the upload up. If it is recorded, or may be in spite of an error, its bytes stay."""
        if not self._made:
            self._withdrawn = True
            self._writer.abandon()


async def _open(request: PlainRequest, call: Call, category: str, body: AsyncGenerator[bytes]) -> _File:
    """Find out what is uploaded."""
    limits = call.service.options.limits
    declared = request.headers.get("content-type", OCTETS)
    filename: str | None = call.query.get("Filename")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, 20415, "Content-Encoding must be identity")
    if essence_of(declared) == _FORM:
        form = await read_form(declared, body)
        declared, filename, body = form.content_type or OCTETS, filename or form.filename, form.body
    content_type = parse_type(declared)
    if content_type is None:
        raise bad_request("Content-Type", "a content type such as image/png")
    if category != "media" and essence_of(content_type) not in limits.email_types:
        raise Refusal(415, 20415, f"Content-Type of an e-mail's {category} must be {' or '.join(limits.email_types)}")
    if filename is not None:
        check_text("Filename", filename, length=limits.filename_length)
        filename = tidy_name(filename)
    return _File(category=category, content_type=content_type, filename=filename, body=body)


def _check_size(size: int, limits: Limits) -> None:
    """Refuse what is too large, or is going to be."""
    if size > limits.attachment:
        raise Refusal(413, 20413, f"A media must have at most {limits.attachment} bytes")
