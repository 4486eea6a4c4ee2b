"""What all concerns of a conversation's handle build on: who it is, how it asks, when it may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from rxconvo.client.resources import Counts, read_resource

if TYPE_CHECKING:
    from rxconvo.client.context import Context
    from rxconvo.client.conversation.sources import Part
    from rxconvo.model import ConversationRecord
    from rxconvo.streams import Cold, ConversationStreams
    from rxconvo.types import Identity, JSONInput, Sid

__all__ = ["ConversationCore"]

T = TypeVar("T")

_LONG_AGO: Final = float("-inf")


class ConversationCore:
    """The record, the way to the service, and the wait for what was asked for before."""

    __slots__ = (
        "__weakref__",
        "_context",
        "_document_part",
        "_kept",
        "_list_part",
        "_moving",
        "_record",
        "_roster_part",
        "_streams",
        "_typing_silence",
    )

    def __init__(self, context: Context, record: ConversationRecord) -> None:
        self._context = context
        self._record = record
        self._document_part: Part | None = None
        self._list_part: Part | None = None
        self._roster_part: Part | None = None
        self._kept = False  # asked to be kept up to date, whoever observes
        self._moving: tuple[str, int | None] | None = None  # the last move of the horizon, until it is answered
        self._streams: ConversationStreams | None = None
        self._typing_silence = _LONG_AGO  # no typing signal before this time of the loop

    @property
    def sid(self) -> Sid:
        """The conversation's sid."""
        return self._record.sid

    @property
    def identity(self) -> Identity:
        """The own user."""
        return self._context.configuration.identity

    @property
    def _url(self) -> str:
        return self._context.configuration.conversation_url(self.sid)

    @property
    def _participants_url(self) -> str:
        return f"{self._url}/Participants"

    @property
    def _messages_url(self) -> str:
        return f"{self._url}/Messages"

    @property
    def _my_url(self) -> str:
        return self._context.configuration.my_conversation_url(self.sid)

    def _mutation(
        self,
        name: str,
        method: str,
        url: str,
        body: Mapping[str, JSONInput],
        result: Callable[[bytes], T],
        *,
        echo: Callable[[T], bool] | None = None,
    ) -> Cold[T]:
        """Make a mutation.

        Args:
            name: What reports call it.
            method: HTTP method.
            url: Address.
            body: JSON body.
            result: Makes the emitted value of the answer's body, once the state shows the change.
            echo: Tells whether the state shows the change that the answer speaks of.
        """

        async def perform(mutation_id: str) -> T:
            answer = await self._context.calls.mutate(method, url, body, mutation_id)
            if echo is not None:
                await self._context.echoed(self.sid, partial(echo, result(answer)))
            return result(answer)

        return self._cold(name, perform)

    def _cold(self, name: str, perform: Callable[[str], Awaitable[T]]) -> Cold[T]:
        """Make a mutation of a conversation that is there.

        Gone, it fails. But one that was not answered may be what has ended the conversation: that can be resumed.
        """

        async def admit() -> None:
            await self._openings()
            self._check_alive()

        async def attempt(mutation_id: str) -> T:
            await self._openings()
            return await perform(mutation_id)

        return self._context.cold(name, attempt, admit, sid=self.sid)

    async def _openings(self) -> None:
        """Wait for what observers of this conversation have asked to open, so that they see what is done now."""

    def _check_alive(self) -> None:
        """Check that the conversation is there.

        Raises:
            ClosedError: It is gone.
        """
        if self._record.removed:
            raise self._record.closed()

    def _query(self, name: str, perform: Callable[[], Awaitable[T]]) -> Cold[T]:
        """Make a query about a conversation that is there. Gone, it fails."""

        async def attempt() -> T:
            self._check_alive()
            return await perform()

        return self._context.query(name, attempt)

    def _count(self, name: str, url: str, count: Callable[[Counts], T]) -> Cold[T]:
        """Make a query for one of the counts of a resource."""

        async def perform() -> T:
            await self._openings()
            self._check_alive()
            return count(read_resource(await self._context.calls.query(url), Counts))

        return self._context.query(name, perform)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.sid}>"
