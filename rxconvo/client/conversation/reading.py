"""The read horizon: how far the own user has read, and how much is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rxconvo.client.conversation.streams import StreamsConcern
from rxconvo.client.resources import Counts, read_resource
from rxconvo.errors import RejectedError
from rxconvo.model import limits

if TYPE_CHECKING:
    from rxconvo.streams import Cold

__all__ = ["ReadingConcern"]


class ReadingConcern(StreamsConcern):
    """Moving the read horizon, and counting."""

    __slots__ = ()

    def update_last_read_message_index(self, index: int | None) -> Cold[int | None]:
        """Set the read horizon, forward or back.

        Args:
            index: Index of the last message read, or None for nothing read.

        Returns:
            Cold; emits how many messages are unread now, or None where nothing was read.

        Raises:
            ArgumentError: The index is neither None nor a non-negative integer.
        """
        limits.check_index(index, optional=True)
        return self._horizon("update_last_read_message_index", lambda: index)

    def advance_last_read_message_index(self, index: int) -> Cold[int | None]:
        """Move the read horizon forward; a lower index than the present one leaves it where it is.

        What this handle was asked for last counts as present even before it is answered.

        Args:
            index: Index of the last message read.

        Returns:
            Cold; emits how many messages are unread now.

        Raises:
            ArgumentError: The index is no non-negative integer.
        """
        limits.check_index(index)

        def furthest() -> int:
            present = self._record.state.last_read_message_index if self._moving is None else self._moving[1]
            return index if present is None else max(index, present)

        return self._horizon("advance_last_read_message_index", furthest)

    def set_all_messages_read(self) -> Cold[int | None]:
        """Move the read horizon to the newest message.

        Returns:
            Cold; emits how many messages are unread now: 0, unless one arrives meanwhile. Without any message
            it emits 0 and asks nothing.
        """

        async def perform(mutation_id: str) -> int | None:
            await self.wait_until_known()
            newest = self._record.state.last_message
            if newest is None:
                return 0
            return await self._move(newest.index, mutation_id)

        return self._cold("set_all_messages_read", perform)

    def set_all_messages_unread(self) -> Cold[int | None]:
        """Forget the read horizon.

        Returns:
            Cold; emits how many messages are unread now, or None where the service does not count without a horizon.
        """
        return self._horizon("set_all_messages_unread", lambda: None)

    def get_unread_messages_count(self) -> Cold[int | None]:
        """Ask how many messages are above the read horizon, the own ones included.

        Returns:
            Cold; emits the count, or None where there is no horizon.
        """
        return self._count("get_unread_messages_count", self._my_url, lambda counts: counts.unread_messages_count)

    def get_messages_count(self) -> Cold[int]:
        """Ask how many messages there are.

        Returns:
            Cold; emits the count.
        """
        return self._count("get_messages_count", self._url, lambda counts: counts.messages_count or 0)

    def get_participants_count(self) -> Cold[int]:
        """Ask how many participants there are.

        Returns:
            Cold; emits the count.
        """
        return self._count("get_participants_count", self._url, lambda counts: counts.participants_count or 0)

    def _horizon(self, name: str, target: Callable[[], int | None]) -> Cold[int | None]:
        return self._cold(name, lambda mutation_id: self._move(target(), mutation_id))

    async def _move(self, index: int | None, mutation_id: str) -> int | None:
        self._moving = mutation_id, index
        try:
            answer = await self._context.calls.mutate(
                "POST", self._my_url, {"last_read_message_index": index}, mutation_id
            )
            await self._context.echoed(self.sid, lambda: self._record.state.last_read_message_index == index)
        except RejectedError:
            self._moved(mutation_id)
            raise
        self._moved(mutation_id)
        return read_resource(answer, Counts).unread_messages_count

    def _moved(self, mutation_id: str) -> None:
        """Take that a move was answered: where it was the last one, the properties are right again."""
        if self._moving is not None and self._moving[0] == mutation_id:
            self._moving = None
