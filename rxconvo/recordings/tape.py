"""The files of a recording as one, and what is on them: where it can begin, and what it tells of at all."""

from __future__ import annotations

import asyncio
import re
from array import array
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from rxconvo.errors import PayloadError, RecordingError
from rxconvo.recordings.addresses import request_key, sync_address
from rxconvo.recordings.files import Entry, Header, Note, RecordingReader
from rxconvo.recordings.mirror import decoded
from rxconvo.sync import Kind
from rxconvo.sync.decoding import (
    SubscriptionCanceled,
    SubscriptionEstablished,
    decode_descriptor,
    decode_notification,
)
from rxconvo.types import Sid
from rxconvo.wire import Notification, Reply, Request

__all__ = ["MAX_INDEX", "TURN", "Contents", "Tape"]

TURN: Final = 1_000
"""Entries that are looked at before others have their turn."""

MAX_INDEX: Final = 5_000_000
"""Places of a recording that are remembered, at most."""


class Contents(msgspec.Struct):
    """What is on a tape. Entries are numbered from 0.

    Attributes:
        count: How many entries there are.
        begin: Number of the first entry after the first keyframe: from there on it can be played.
        start: When that is, seconds after the recording was begun.
        end: When it ends, likewise.
        rang: When time brought something about, likewise, ascending.
        described: Number of the last entry in which an object is described, by kind and name.
        established: Number of the last entry by which the changes of an object begin to come, by sid.
        canceled: When those of an object have ended, seconds after the recording was begun, by sid.
        answered: Number of the last entry that answers a request, by its key.
        truncated: Whether the end of a file is missing.
        places: How often something of all these was taken down.
    """

    count: int = 0
    begin: int | None = None
    start: float = 0.0
    end: float = 0.0
    rang: array[float] = msgspec.field(default_factory=lambda: array("d"))
    described: dict[tuple[Kind, str], int] = {}
    established: dict[Sid, int] = {}
    canceled: dict[Sid, array[float]] = {}
    answered: dict[str, int] = {}
    truncated: bool = False
    places: int = 0


class Tape:
    """A recording: one file, and those of it that were finished before.

    Args:
        path: The file.

    Attributes:
        header: Of its first file.

    Raises:
        RecordingError: A file cannot be read, or is no recording.
    """

    def __init__(self, path: Path) -> None:
        last = RecordingReader(path)
        self._readers = [*_finished(path, last.header), last]
        self.header = self._readers[0].header
        self._path = path

    def __iter__(self) -> Iterator[Entry]:
        """Yield all entries.

        Raises:
            RecordingError: A line is none.
        """
        for reader in self._readers:
            yield from reader

    def at(self, moment: float | datetime) -> float:
        """Return a moment in seconds after the recording was begun."""
        if isinstance(moment, datetime):
            return (moment - self.header.started) / timedelta(seconds=1)
        return moment

    async def contents(self) -> Contents:
        """Look through all of it.

        Raises:
            RecordingError: A line is none, or it has no keyframe.
        """
        contents, requests = Contents(), dict[str, Request]()
        for number, entry in enumerate(self):
            _look(contents, requests, number, entry)
            if number % TURN == 0:
                if contents.places > MAX_INDEX:
                    raise RecordingError(str(self._path), None, f"more than {MAX_INDEX:,} places would be remembered")
                await asyncio.sleep(0)
        if contents.begin is None:
            raise RecordingError(
                str(self._path),
                None,
                "it ends before what was open could be read, so that there is nothing to begin with",
            )
        contents.truncated = any(reader.truncated for reader in self._readers)
        return contents


def _finished(path: Path, header: Header) -> list[RecordingReader]:
    """Find the files that belong before one, oldest first: as many of them as are there without a gap."""
    if re.search(r"\.\d{4,}$", path.stem):
        return []  # one of them: it is meant alone
    found: list[RecordingReader] = []
    for part in range(header.part - 1, 0, -1):
        before = path.with_name(f"{path.stem}.{part:04}{path.suffix}")
        if not before.exists():
            break
        reader = RecordingReader(before)
        if (reader.header.recording, reader.header.part) != (header.recording, part):
            break
        found.insert(0, reader)
    return found


def _look(contents: Contents, requests: dict[str, Request], number: int, entry: Entry) -> None:
    contents.count = number + 1
    contents.end = entry.t
    if isinstance(entry, Note):
        if entry.note == "rang":
            contents.rang.append(entry.t)
            contents.places += 1
        elif entry.note == "keyframe" and contents.begin is None:
            contents.begin, contents.start = number + 1, entry.t
        return
    if (
        not entry.sent
        and b'"method":"notification"' in entry.data[:300]
        and b"subscription_established" not in entry.data
    ):
        return
    match decoded(entry.data):
        case Request() as request if entry.sent and request.http_request.method == "GET":
            requests[request.id] = request
            contents.places += 1
        case Reply() as reply if not entry.sent and (asked := requests.pop(reply.id, None)) is not None:
            _answered(contents, asked, reply, number)
        case Notification() as notification if not entry.sent:
            _subscriptions(contents, notification, number, entry.t)
        case _:
            pass


def _answered(contents: Contents, request: Request, reply: Reply, number: int) -> None:
    contents.answered[request_key(request.http_request)] = number
    address = sync_address(request.http_request)
    if address is None or address.query is not None or reply.http_status is None or not reply.http_status.ok:
        return
    try:
        descriptor = decode_descriptor(reply.payload)
    except PayloadError:
        return
    for name in (address.name, descriptor.sid, descriptor.unique_name):
        if name is not None:
            contents.described[address.kind, name] = number


def _subscriptions(contents: Contents, notification: Notification, number: int, t: float) -> None:
    try:
        told = decode_notification(notification.payload)
    except PayloadError:
        return
    if isinstance(told, SubscriptionEstablished):
        for event in told.each:
            contents.established[event.sid] = number
            contents.places += 1
    elif isinstance(told, SubscriptionCanceled):
        for canceled in told.each:
            contents.canceled.setdefault(canceled.sid, array("d")).append(t)
            contents.places += 1
