"""`rxconvo tail`: what happens, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import reactivex as rx
from reactivex import operators as ops

from rxconvo import Environment, Event, MessageAdded
from rxconvo import operators as chat
from rxconvo.cli.failure import CommandError
from rxconvo.cli.finding import find_conversation, joined_conversations
from rxconvo.cli.happenings import Happening, Wanted, describe_events
from rxconvo.cli.running import together
from rxconvo.cli.terminal import note

if TYPE_CHECKING:
    from rxconvo import Client, Conversation, HotStream
    from rxconvo.cli.lines import Lines
    from rxconvo.cli.upstream import Upstream

__all__ = ["follow", "tail"]

_ROOM: Final = 100_000  # happenings that may wait to be printed
_AT_ONCE: Final = 8  # conversations whose past is read at once
_PAGE: Final = 100
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_WALL: Final = Environment().wall

_STATES: Final = {"connected": "connected again", "connecting": "the connection was lost; trying again"}
_ENDS: Final = {
    "denied": "the service takes the token no more: `rxconvo token IDENTITY` prints another",
    "disconnected": "the service has ended the connection for good, as it does when a user's access is withdrawn",
}
"""States from which a client does not come back by itself."""

_Streams: TypeAlias = "Sequence[HotStream[Any]]"


async def tail(upstream: Upstream, names: Sequence[str], lines: Lines, wanted: Wanted, *, since: int = 0) -> None:
    """Tell what happens at a service, until the conversations are gone or it is interrupted.

    Args:
        upstream: The service, and who one is.
        names: Which conversations; none is all.
        lines: Tells it.
        wanted: What of it.
        since: How many of the newest messages are told first.

    Raises:
        RxconvoError: As `follow`, and where there is no connection to be had.
    """
    async with upstream.connected() as client:
        which = "all conversations" if not names else ", ".join(names)
        note(f"{which} of {client.user.identity} at {upstream.url}; Ctrl-C ends")
        await follow(client, names, lines, wanted, since=since)


async def follow(
    client: Client,
    names: Sequence[str],
    lines: Lines,
    wanted: Wanted,
    *,
    since: int = 0,
    wall: Callable[[], datetime] = _WALL,
    ready: Callable[[], object] = lambda: None,
    over: rx.Observable[Any] | None = None,
) -> None:
    """Tell what happens in conversations, until they are gone, or the client is.

    Args:
        client: Whose conversations.
        names: Which, by sid or name; none is all, those to come included.
        lines: Tells it.
        wanted: What of it.
        since: How many of the newest messages are told first.
        wall: The time of day, for what has none of its own.
        ready: Called once nothing is missed any more.
        over: Its first value ends it, once all that has happened until then is told.

    Raises:
        CommandError: There is no such conversation, or the service lets the client in no more.
    """
    conversations = [await find_conversation(client, name) for name in names]
    streams = _streams(client, conversations)
    describe = describe_events(client)
    happened = _happenings(client, streams, lambda event: describe(event, wall()), wall)
    if over is not None:
        happened = happened.pipe(ops.take_until(over))
    with lines:
        async with aclosing(happened.pipe(chat.to_async_iter(maxsize=_ROOM))) as happenings:
            for stream in streams:
                await stream.opened
            ready()
            past = await _past(client, conversations, since, describe) if since else []
            for happening in past:
                _tell(happening, lines, wanted)
            told = {(happening.conversation_sid, happening.index) for happening in past}
            async for happening in happenings:
                if (happening.conversation_sid, happening.index) in told and isinstance(happening.event, MessageAdded):
                    continue
                _tell(happening, lines, wanted)
                if over is None and happening.kind == "connection" and happening.text in _ENDS:
                    raise CommandError(_ENDS[happening.text])


def _streams(client: Client, conversations: Sequence[Conversation]) -> _Streams:
    if not conversations:
        return client.messages, client.participants, client.typing, client.conversations
    return [
        stream
        for each in conversations
        for stream in (each.messages, each.participants, each.typing, each.updated, each.removed)
    ]


def _happenings(
    client: Client,
    streams: _Streams,
    describe: Callable[[Event], Happening | None],
    wall: Callable[[], datetime],
) -> rx.Observable[Happening]:
    """Return all that happens, which completes when all streams have."""
    ended: rx.Subject[None] = rx.Subject()

    def end() -> None:
        ended.on_next(None)

    def connection(state: str) -> Happening:
        return Happening(kind="connection", at=wall(), text=_STATES.get(state, state))

    events: rx.Observable[Happening | None] = rx.merge(*streams).pipe(
        ops.map(describe), ops.do_action(on_completed=end)
    )
    worth = events.pipe(ops.filter(lambda happening: happening is not None))
    states = client.connection_state.pipe(ops.skip(1), ops.map(connection), ops.take_until(ended))
    return rx.merge(states, worth)


async def _past(
    client: Client,
    conversations: Sequence[Conversation],
    count: int,
    describe: Callable[[Event, datetime], Happening | None],
) -> list[Happening]:
    """Read the newest messages of some conversations, or of all; the oldest of them comes first."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(conversation: Conversation) -> list[Happening]:
        async with gate:
            events = await _newest(conversation, count)
        return [found for event in events if (found := describe(event, _LONG_AGO)) is not None]

    readers = [read(each) for each in conversations or await joined_conversations(client)]
    past = [happening for found in await together(*readers) for happening in found]
    past.sort(key=lambda happening: (happening.at, happening.conversation_sid, happening.index))
    return past[-count:]


async def _newest(conversation: Conversation, count: int) -> list[MessageAdded]:
    page = await conversation.get_messages(min(count, _PAGE))
    found = [*page.items]
    while len(found) < count and page.has_prev_page:
        page = await page.prev_page()
        found = [*page.items, *found]
    return [MessageAdded(message) for message in found[-count:]]


def _tell(happening: Happening, lines: Lines, wanted: Wanted) -> None:
    """Tell what is wanted; that somebody types, on a terminal, also without being asked for it."""
    if wanted.includes(happening):
        lines.show(happening)
    if happening.kind == "typing":
        lines.hint(happening)
