"""Where conversations come from: JSON lines, or the Chit-Chat corpus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from rxconvo.cli.failure import CommandError
from rxconvo.demo import load_corpus
from rxconvo.demo.people import make_up_people
from rxconvo.errors import ArgumentError
from rxconvo.model import limits
from rxconvo.server.auth import is_identity
from rxconvo.types import Identity, Sid

__all__ = ["Line", "Source", "Talk", "origin", "read_corpus", "read_lines"]

_MESSAGE: Final = "message"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it was.

    Attributes:
        author: Who wrote it.
        body: What it says.
        at: When it was written, as it was told; None where it was not.
        attributes: The application's own data.
        origin: Which message of which conversation it was, where that is known; None: its place in the file counts.
    """

    author: Identity
    body: str
    at: str | None = None
    attributes: dict[str, Any] = {}
    origin: str | None = None


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as it was.

    Attributes:
        name: Its unique name.
        title: The name to show.
        lines: Its messages, oldest first.
    """

    name: str
    title: str
    lines: tuple[Line, ...]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be brought in.

    Attributes:
        talks: The conversations.
        passed_over: How many lines were no messages.
    """

    talks: tuple[Talk, ...]
    passed_over: int = 0

    @property
    def messages(self) -> int:
        """How many messages there are."""
        return sum(len(talk.lines) for talk in self.talks)


class _Read(msgspec.Struct):
    """A line of a file; those of `rxconvo tail --json` are such, too."""

    conversation: str | None = None
    author: str | None = None
    body: str | None = None
    text: str | None = None
    at: str | None = None
    title: str | None = None
    kind: str = _MESSAGE
    attributes: dict[str, Any] = {}
    conversation_sid: str | None = None
    index: int | None = None


_DECODER: Final = msgspec.json.Decoder(_Read)


def read_lines(name: str, lines: Iterable[bytes]) -> Source:
    """Read JSON lines.

    Args:
        name: What the file is called.
        lines: Its lines, each an object with `conversation`, `author` and `body` (or `text`), and perhaps `at`, `title`
            and `attributes`. Those with a `kind` other than `message` are passed over, and so are empty ones.

    Raises:
        CommandError: A line is something else. It says which.
    """
    talks: dict[str, list[Line]] = {}
    titles: dict[str, str] = {}
    passed_over = 0
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            read = _DECODER.decode(text)
            if read.kind != _MESSAGE:
                passed_over += 1
                continue
            where, line = _line(read)
        except (msgspec.MsgspecError, RecursionError, ArgumentError, UnicodeDecodeError) as error:
            raise CommandError(f"{name}, line {number}: {error}") from error
        talks.setdefault(where, []).append(line)
        if read.title is not None:
            titles[where] = read.title
    return Source(
        talks=tuple(
            Talk(name=where, title=titles.get(where, where), lines=tuple(said)) for where, said in talks.items()
        ),
        passed_over=passed_over,
    )


def _line(read: _Read) -> tuple[str, Line]:
    """Check what a line says.

    Raises:
        ArgumentError: Something is missing, or too long.
    """
    body = read.text if read.body is None else read.body
    if not read.conversation:
        raise ArgumentError("conversation", "a name")
    if not is_identity(read.author):
        raise ArgumentError("author", "an identity: 1 to 256 characters without control characters")
    if body is None:
        raise ArgumentError("body", "a text")
    limits.check_body(body)
    limits.check_unique_name(read.conversation)
    return read.conversation, Line(
        author=read.author,
        body=body,
        at=read.at,
        attributes=read.attributes,
        origin=None
        if read.conversation_sid is None or read.index is None
        else origin(read.conversation_sid, read.index),
    )


def origin(sid: Sid, index: int) -> str:
    """Return what a message is known by wherever it is brought to: its conversation's sid, and its index there."""
    return f"{sid}#{index}"


def read_corpus(count: int | None) -> Source:
    """Read the Chit-Chat corpus; names are made up.

    Args:
        count: How many conversations, the longest first; None is all.

    Raises:
        MissingExtraError: It is not installed.
    """
    corpus = load_corpus()
    people = make_up_people(corpus.people)
    chats = sorted(corpus.chats, key=lambda chat: -len(chat.lines))[:count]
    return Source(
        talks=tuple(
            Talk(
                name=chat.name,
                title=" & ".join(people[uuid].name for uuid in chat.people),
                lines=tuple(
                    Line(author=people[line.sender].identity, body=line.text, at=line.date.isoformat())
                    for line in chat.lines
                ),
            )
            for chat in chats
        )
    )
