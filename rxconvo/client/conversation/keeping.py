"""Keeping a conversation up to date though nobody observes it, and letting go of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rxconvo.client.conversation.streams import StreamsConcern

if TYPE_CHECKING:
    from rxconvo.streams import Cold

__all__ = ["KeepingConcern"]


class KeepingConcern(StreamsConcern):
    """What is subscribed of a conversation beside what its observers need."""

    __slots__ = ()

    def open(self, *, streams: bool = False) -> Cold[Self]:
        """Keep the conversation up to date from now on, until `close`.

        Args:
            streams: Also its messages and participants, not the properties alone.

        Returns:
            Cold; emits this conversation once all that stands.

        Errors:
            SyncError: The document, the list of messages or the map of participants cannot be opened.
            ClosedError: The conversation is gone.
            OutcomeUnknownError: There is no connection for too long.
        """

        async def perform() -> Self:
            self._check_alive()
            await self.wait_until_known()
            if streams:
                await self._keep_streams()
            return self

        return self._context.query("open", perform)

    def close(self) -> Cold[Self]:
        """Let go of what `open` keeps, and of what nobody needs: what observers need stays, and what `watch` keeps.

        A conversation that was only peeked at, or that one has not joined, is not followed any more after this: its
        properties stay as they are known until somebody asks for it, or observes it, again.

        Returns:
            Cold; emits this conversation.
        """

        async def perform() -> Self:
            self._let_go()
            watched = self._record.joined and self._context.options.watch != "none"
            if not watched and not self._is_observed:
                self._document_part = None
                self._context.store.close_document(self._record)
                self._context.driver.pump()
            return self

        return self._context.query("close", perform)

    async def _keep_streams(self) -> None:
        """Become a user of list and roster, once, and wait until they stand; what fails lets go of them again."""
        parts, is_first = (self._list, self._roster), not self._kept
        if is_first:
            self._kept = True
            for part in parts:
                part.acquire()
        standing = [part.stands() for part in parts]
        try:
            await self._context.settled(standing)
            for each in standing:
                each.result()
        except BaseException:
            if is_first:
                self._let_go()
            raise
        finally:
            for each in standing:
                each.cancel()

    def _let_go(self) -> None:
        if self._kept:
            self._kept = False
            for part in (self._list, self._roster):
                part.release()

    @property
    def _is_observed(self) -> bool:
        """Whether somebody needs the document: for the names of the others, or for what it tells."""
        store, streams = self._context.store, self._streams
        return (
            store.messages_watched(self._record)
            or store.roster_watched(self._record)
            or (streams is not None and (streams.updated.observed or streams.removed.observed))
        )
