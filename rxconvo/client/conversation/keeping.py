"""Watching a conversation though nobody observes it, and letting go of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rxconvo.client.conversation.streams import StreamsConcern

if TYPE_CHECKING:
    from rxconvo.streams import Cold

__all__ = ["KeepingConcern"]


class KeepingConcern(StreamsConcern):
    """What is subscribed of a conversation beside what its observers need."""

    __slots__ = ()

    def watch(self, *, streams: bool = False) -> Cold[Self]:
        """Keep the conversation up to date from now on, until `unwatch`: what the option `watch` does for all.

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
            self._document.stays = True
            await self.wait_until_known()
            if streams:
                await self._keep_streams()
            return self

        return self._query("watch", perform)

    def unwatch(self) -> Cold[Self]:
        """Let go of what `watch` keeps: what observers need stays, and what the option `watch` keeps.

        A conversation that is none of the own user's, but was created or peeked at, is let go of altogether: that is
        its end here, told as `removed`, and this handle is dead. Whoever asks for it again gets another one.

        Returns:
            Cold; emits this conversation.
        """

        async def perform() -> Self:
            self._let_go()
            store, driver = self._context.store, self._context.driver
            if not self._record.listed:
                driver.publish(store.forget(self._record))
            elif self._context.options.watch == "none":
                self._document.let_go()
            driver.pump()
            return self

        return self._context.query("unwatch", perform)

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
