"""What all pages of one identity share: the client, and the feeds, which encode each message once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from weakref import WeakValueDictionary

from rxconvo import Client, Conversation
from rxconvo import operators as chat
from rxconvo.integrations.dashboard.conversation import conversation_streams
from rxconvo.integrations.dashboard.desk import Desk
from rxconvo.integrations.dashboard.overview import overview
from rxconvo.integrations.web import Feed
from rxconvo.types import Sid

__all__ = ["Seat"]

_OVER: Final = ("denied", "disconnected")
"""States of a connection that does not come back by itself."""

_FOR_GOOD: Final = 1.0
"""Seconds for which they last then: a client that can ask for another token does so at once."""


class Seat:
    """A client, for as long as a page of its identity is open.

    Args:
        client: The client, which is the seat's own from now on.
        linger: Seconds that it stays after the last page.
        over: Called when it is over: nobody came back, or the service takes the token no more.

    Attributes:
        client: The same.
    """

    def __init__(self, client: Client, *, linger: float, over: Callable[[Seat], None]) -> None:
        self.client = client
        self._closed = False
        self._linger = linger
        self._over = over
        self._visits: set[asyncio.Timeout] = set()
        self._overview: Feed | None = None
        self._conversations: WeakValueDictionary[Conversation, Feed] = WeakValueDictionary()
        lasting = client.connection_state.pipe(chat.debounce(_FOR_GOOD)).filter(lambda state: state in _OVER)
        self._ending = lasting.subscribe(lambda _: over(self), on_completed=lambda: over(self))
        self._going = asyncio.get_running_loop().call_later(linger, over, self)

    @property
    def taken(self) -> bool:
        """Whether a page is open."""
        return bool(self._visits)

    def enter(self, visit: asyncio.Timeout) -> None:
        """Take in a page.

        Args:
            visit: Ends it.
        """
        self._going.cancel()
        self._visits.add(visit)
        if self._closed:
            visit.reschedule(asyncio.get_running_loop().time())

    def leave(self, visit: asyncio.Timeout) -> None:
        """Let a page go.

        Args:
            visit: As for `enter`.
        """
        self._visits.discard(visit)
        if not (self._visits or self._closed):
            self._going.cancel()
            self._going = asyncio.get_running_loop().call_later(self._linger, self._over, self)

    def overview(self, desk: Desk) -> Feed:
        """Return the feed of the first page.

        Args:
            desk: What is measured, the same each time.
        """
        if self._overview is None:
            self._overview = Feed(overview(self.client, desk))
        return self._overview

    def conversation(self, sid: Sid, desk: Desk) -> Feed | None:
        """Return the feed of a conversation, None where it is not one of the identity's own. Nothing is asked.

        Args:
            sid: Its sid.
            desk: What is measured, the same each time.
        """
        conversation = self.find(sid)
        if conversation is None:
            return None
        feed = self._conversations.get(conversation)
        if feed is None:
            feed = Feed(conversation_streams(self.client, conversation, desk))
            self._conversations[conversation] = feed
        return feed

    def find(self, sid: Sid) -> Conversation | None:
        """Return a conversation that the identity has joined, or None. Nothing is asked.

        Args:
            sid: Its sid.
        """
        conversation = self.client.find_conversation(sid)
        return conversation if conversation is not None and conversation.status == "joined" else None

    async def close(self) -> None:
        """End all pages, and shut the client down."""
        self._closed = True
        self._ending.dispose()
        self._going.cancel()
        for feed in (self._overview, *self._conversations.values()):
            if feed is not None:
                feed.close()
        now = asyncio.get_running_loop().time()
        for visit in self._visits:
            visit.reschedule(now)
        await self.client.shutdown()
