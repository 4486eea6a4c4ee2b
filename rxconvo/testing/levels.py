"""How large what has a limit has become: buffers and caches of clients and of the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from rxconvo.testing.entries import Bounded
from rxconvo.testing.noting import record_of

if TYPE_CHECKING:
    from rxconvo.client.conversation import Conversation
    from rxconvo.testing.world import World

__all__ = ["Levels"]

# Nobody else has a use for these, so they are looked up where they are.
# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false

_Level: TypeAlias = tuple[str, int, int]  # what, how large it is, how large it may be


class Levels:
    """The highest levels that were seen.

    Args:
        world: Whose service it is.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._highest: dict[str, tuple[int, int]] = {}

    def look(self, conversations: Iterable[Conversation]) -> None:
        """Look how large everything is now.

        Args:
            conversations: Whose clients are looked at.
        """
        for conversation in conversations:
            for what, size, limit in _of_client(conversation):
                self._note(f"{what} of {conversation.identity}", size, limit)
        for what, size, limit in _of_service(self._world):
            self._note(what, size, limit)

    def highest(self, now: float) -> list[Bounded]:
        """Return how large everything has been at most, as far as it was looked at.

        Args:
            now: When that is asked.
        """
        return [Bounded(now, what, size, limit) for what, (size, limit) in self._highest.items()]

    def _note(self, what: str, size: int, limit: int) -> None:
        known = self._highest.get(what)
        if known is None or size > known[0]:
            self._highest[what] = size, limit


def _of_client(conversation: Conversation) -> Iterator[_Level]:
    """Yield how many messages are kept, and their ids, and how many requests wait for the connection."""
    context = conversation._context
    messages = record_of(conversation).message_list
    if messages is not None:
        known = 0 if messages.replica is None else len(messages.replica._known)
        yield "messages kept", max(len(messages), known), context.options.kept_messages
    yield "queue of requests", len(context.driver._connection._queue), context.options.max_queued


def _of_service(world: World) -> Iterator[_Level]:
    """Yield how many bytes wait for the readers of each connection that goes on."""
    if world.service._lease is not None:
        server = world.service.server
        for session in server._sessions:
            if session._ending is None:
                waiting = session._outgoing_size + session._transport.buffered
                yield f"bytes for {session.identity}", waiting, server.options.max_outbound
