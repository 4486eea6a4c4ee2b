"""What has to be open for the merged streams of a client: one part of every joined conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rxconvo.client.conversation.sources import all_of
from rxconvo.errors import ClosedError

if TYPE_CHECKING:
    from rxconvo.client.conversation import Conversation
    from rxconvo.model import Topic
    from rxconvo.streams import Source
    from rxconvo.types import Sid

__all__ = ["Everywhere"]


class Everywhere:
    """What has to be open for a merged stream: the same part of every joined conversation, also of those to come.

    Args:
        topic: What the stream is about.
        joined: The conversations that are joined now.
        loop: The client's loop.
    """

    def __init__(
        self, topic: Topic, joined: Callable[[], Iterable[Conversation]], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._topic = topic
        self._joined = joined
        self._loop = loop
        self._held: dict[Sid, Source] | None = None
        self._opening: asyncio.Future[None] | None = None

    def acquire(self) -> asyncio.Future[None]:
        """Open the part everywhere; done when it has come up everywhere, but where one has left meanwhile."""
        self._held = {}
        openings = [self.enter(conversation) for conversation in self._joined()]
        return self._all_up(opening for opening in openings if opening is not None)

    def reopen(self) -> asyncio.Future[None]:
        """Try again where the part could not be opened; done when it has come up everywhere."""
        return self._all_up([self._up_or_gone(source.reopen()) for source in (self._held or {}).values()])

    def release(self) -> None:
        """Let it go everywhere."""
        if self._opening is not None:
            self._opening.cancel()
        held, self._held = self._held, None
        for source in (held or {}).values():
            source.release()

    def enter(self, conversation: Conversation) -> asyncio.Future[None] | None:
        """Open the part of a conversation that was joined, if somebody observes."""
        source = conversation.source(self._topic)
        if self._held is None or source is None or conversation.sid in self._held:
            return None
        self._held[conversation.sid] = source
        return self._up_or_gone(source.acquire())

    def leave(self, sid: Sid) -> None:
        """Let go of the part of a conversation that was left."""
        source = self._held.pop(sid, None) if self._held is not None else None
        if source is not None:
            source.release()

    def _all_up(self, openings: Iterable[asyncio.Future[None]]) -> asyncio.Future[None]:
        self._opening = all_of(list(openings), self._loop)
        return self._opening

    def _up_or_gone(self, opening: asyncio.Future[None]) -> asyncio.Future[None]:
        """Return what is done when *opening* is, or the conversation is gone: then there is nothing to wait for."""
        done: asyncio.Future[None] = self._loop.create_future()

        def settle(opening: asyncio.Future[None]) -> None:
            error = None if opening.cancelled() else opening.exception()
            if error is None or isinstance(error, ClosedError):
                done.set_result(None)
            else:
                done.set_exception(error)
                done.exception()  # seen: nobody waits for a conversation that was joined later

        opening.add_done_callback(settle)
        return done
