"""Bringing conversations in: what is there already is passed over, so that it can be done again."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rxconvo import RejectedError
from rxconvo import operators as chat
from rxconvo.cli.failure import CommandError
from rxconvo.cli.importing.sources import Line, Source, Talk, origin
from rxconvo.cli.running import together
from rxconvo.cli.upstream import Upstream, reach
from rxconvo.errors import NotFoundError

if TYPE_CHECKING:
    from rxconvo import Client, Conversation
    from rxconvo.cli.terminal import Bar
    from rxconvo.types import Identity, Sid

__all__ = ["Tally", "load"]

_AT_ONCE: Final = 8  # conversations
_PAGE: Final = 100
_CONFLICT: Final = 409
_MARK: Final = "import"
"""Where, in a message's attributes, it is said which one of its conversation it was."""


class Tally(msgspec.Struct, kw_only=True):
    """What was done.

    Attributes:
        made: How many conversations were made.
        found: How many there were.
        sent: How many messages were sent.
        skipped: How many there were.
    """

    made: int = 0
    found: int = 0
    sent: int = 0
    skipped: int = 0


async def load(upstream: Upstream, source: Source, bar: Bar) -> Tally:
    """Bring conversations in.

    Where one may be anybody, everybody says what they have said, and *upstream*'s own identity becomes a member of all
    conversations. With a token for one user, that one says it all, and the message's attributes tell who it was.

    Args:
        upstream: The service.
        source: The conversations. Each is known by its unique name, each message by its place in it.
        bar: Shows how far it is.

    Raises:
        CommandError: A conversation is there, but not for who is to write in it.
        RxconvoError: There is no connection to be had, or something was refused.
    """
    tally, gate = Tally(), asyncio.Semaphore(_AT_ONCE)
    await reach(upstream.url)
    async with AsyncExitStack() as stack:
        # Stays, so that a service in this process does. It is also who says it all, where nobody else can.
        own = await stack.enter_async_context(upstream.connected(watch="none"))

        async def bring(talk: Talk) -> None:
            async with gate, AsyncExitStack() as talking:
                await _Bringing(upstream, own, talk, tally, talking).run(
                    lambda: bar.move(tally.sent + tally.skipped, source.messages)
                )

        await together(*map(bring, source.talks))
    return tally


class _Bringing:
    """One conversation on its way.

    Args:
        upstream: The service.
        own: Who brings it.
        talk: The conversation.
        tally: What was done.
        stack: What closes at the end of it.
    """

    def __init__(self, upstream: Upstream, own: Client, talk: Talk, tally: Tally, stack: AsyncExitStack) -> None:
        self._upstream = upstream
        self._own = own
        self._talk = talk
        self._tally = tally
        self._stack = stack
        self._seats: dict[Identity, Conversation] = {}
        self._sid: Sid | None = None

    async def run(self, moved: Any) -> None:
        """Bring it in."""
        talk, tally = self._talk, self._tally
        opening, fresh = await self._open()
        tally.made += fresh
        tally.found += not fresh
        there = set[int | str]() if fresh else await _there(opening)
        for number, line in enumerate(talk.lines):
            which = number if line.origin is None else line.origin
            if which in there:
                tally.skipped += 1
            else:
                await self._say(which, line)
                there.add(which)
                tally.sent += 1
            moved()

    async def _open(self) -> tuple[Conversation, bool]:
        """Find the conversation or make it, and have all its people in it; tell whether it was made."""
        owner = self._own
        try:
            conversation, fresh = await owner.get_conversation_by_unique_name(self._talk.name), False
        except NotFoundError:
            conversation, fresh = await self._make(owner), True
        self._sid = conversation.sid
        if conversation.status != "joined":
            await conversation.join().pipe(chat.retry_mutation())
        self._seats[owner.user.identity] = conversation
        if self._upstream.knows_everybody:
            for identity in dict.fromkeys(line.author for line in self._talk.lines):
                if identity != owner.user.identity:
                    await _add(conversation, identity)
        return conversation, fresh

    async def _make(self, owner: Client) -> Conversation:
        try:
            return await owner.create_conversation(unique_name=self._talk.name, friendly_name=self._talk.title).pipe(
                chat.retry_mutation()
            )
        except RejectedError as error:
            if error.status != _CONFLICT:
                raise
            name, who = self._talk.name, owner.user.identity
            raise CommandError(f"there is a conversation {name!r} already, which {who} is not in") from error

    async def _say(self, which: int | str, line: Line) -> None:
        mark: dict[str, Any] = {"n": which}
        if line.at is not None:
            mark["at"] = line.at
        if not self._upstream.knows_everybody:
            mark["author"] = line.author
        conversation = await self._seat(line.author)
        attributes = {**line.attributes, _MARK: mark}
        await conversation.send_message(line.body, attributes).pipe(chat.retry_mutation())

    async def _seat(self, author: Identity) -> Conversation:
        """Return the conversation as its author sees it."""
        who = author if self._upstream.knows_everybody else self._own.user.identity
        if who not in self._seats:
            client = await self._stack.enter_async_context(self._upstream.connecting(who, watch="none"))
            self._seats[who] = await client.get_conversation_by_sid(self._sid or "")
        return self._seats[who]


async def _add(conversation: Conversation, identity: Identity) -> None:
    try:
        await conversation.add(identity).pipe(chat.retry_mutation())
    except RejectedError as error:
        if error.status != _CONFLICT:  # is in it already
            raise


async def _there(conversation: Conversation) -> set[int | str]:
    """Read which messages a conversation has."""
    found: set[int | str] = set()
    page = await conversation.get_messages(_PAGE)
    while True:
        for message in page.items:
            found.add(origin(conversation.sid, message.index))  # what comes from here is there
            attributes = message.attributes
            mark = attributes.get(_MARK) if isinstance(attributes, dict) else None
            which = mark.get("n") if isinstance(mark, dict) else None
            if isinstance(which, int | str):
                found.add(which)
        if not page.has_prev_page:
            return found
        page = await page.prev_page()
