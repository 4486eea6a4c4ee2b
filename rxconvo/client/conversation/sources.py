"""What a conversation's streams are built from: its list and its roster, open while somebody needs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rxconvo.client.context import Context
    from rxconvo.errors import SyncError
    from rxconvo.model import ConversationRecord

__all__ = ["Both", "Part", "document_part", "messages_part", "roster_part"]


class Part:
    """A replicated object of a conversation, open while it has users. A `Source` for streams.

    Args:
        context: The client's parts.
        record: The conversation.
        open: Asks the store to open it.
        close: Asks the store to close it.
        is_open: Tells whether it stands and has been read.
        error: Why it could not be opened, or None.
        stays: Whether it stays open without users.

    Attributes:
        stays: The same.
    """

    __slots__ = ("_close", "_context", "_error", "_is_open", "_open", "_opening", "_record", "_users", "stays")

    def __init__(
        self,
        context: Context,
        record: ConversationRecord,
        *,
        open: Callable[[ConversationRecord], None],
        close: Callable[[ConversationRecord], None],
        is_open: Callable[[ConversationRecord], bool],
        error: Callable[[ConversationRecord], SyncError | None],
        stays: bool = False,
    ) -> None:
        self.stays = stays
        self._context = context
        self._record = record
        self._open = open
        self._close = close
        self._is_open = is_open
        self._error = error
        self._users = 0
        self._opening: asyncio.Future[None] | None = None

    @property
    def opening(self) -> asyncio.Future[None] | None:
        """What is done when it has come up; None where it has, or nobody wants it."""
        return None if self._opening is None or self._opening.done() else self._opening

    def acquire(self) -> asyncio.Future[None]:
        """Become a user.

        Returns:
            Done when it has come up, or with the error that keeps it from that.
        """
        self._users += 1
        return self.reopen()

    def reopen(self) -> asyncio.Future[None]:
        """Open it, unless it is open or coming up: try again if it could not be opened.

        Returns:
            Done when it has come up, or with the error that keeps it from that.
        """
        opening = self._opening
        if opening is None or (opening.done() and self._error(self._record) is not None):
            self._open(self._record)
            self._context.driver.pump()
            opening = self._opening = self.stands()
        return opening

    def release(self) -> None:
        """Stop being a user."""
        self._users -= 1
        if self._users == 0:
            opening, self._opening = self._opening, None
            if opening is not None and not opening.done():
                opening.cancel()
            if not self.stays:
                self._close(self._record)
                self._context.driver.pump()

    def let_go(self) -> None:
        """Stay open no longer than there are users."""
        self.stays = False
        if self._users == 0:
            self._close(self._record)
            self._context.driver.pump()

    @asynccontextmanager
    async def visit(self) -> AsyncGenerator[None]:
        """Use it for a moment: entered when it stands, and it lingers afterwards.

        Raises:
            SyncError: It cannot be opened.
            ClosedError: The conversation is gone.
            OutcomeUnknownError: There is no connection for too long.
        """
        self.acquire()
        try:
            while not self._standing():  # again, if the connection is lost between that being told and heard
                standing = self.stands()
                try:
                    await self._context.settled((standing,))
                    standing.result()
                finally:
                    standing.cancel()
            yield
        finally:
            self._context.later(self._context.options.linger, self.release)

    def stands(self) -> asyncio.Future[None]:
        """Return what is done when it stands, now or after the next connection."""
        return self._context.driver.waits.until(self._record.sid, self._standing)

    def _standing(self) -> bool:
        if self._record.removed:
            raise self._record.closed()
        if (error := self._error(self._record)) is not None:
            raise error
        return self._is_open(self._record)


class Both:
    """Two parts as one source."""

    __slots__ = ("_loop", "_parts")

    def __init__(self, first: Part, second: Part, loop: asyncio.AbstractEventLoop) -> None:
        self._parts = (first, second)
        self._loop = loop

    def acquire(self) -> asyncio.Future[None]:
        """Become a user of both; done when both have come up."""
        return all_of([part.acquire() for part in self._parts], self._loop)

    def reopen(self) -> asyncio.Future[None]:
        """Try again to open what could not be opened; done when both have come up."""
        return all_of([part.reopen() for part in self._parts], self._loop)

    def release(self) -> None:
        """Stop being a user of both."""
        for part in self._parts:
            part.release()


def all_of(futures: list[asyncio.Future[None]], loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
    """Return what is done when all *futures* are, with the first error among them. It cancels none of them."""
    whole: asyncio.Future[None] = loop.create_future()
    left = len(futures)

    def one_done(future: asyncio.Future[None]) -> None:
        nonlocal left
        left -= 1
        if whole.done():
            return
        if future.cancelled():
            whole.cancel()
        elif (error := future.exception()) is not None:
            whole.set_exception(error)
        elif left == 0:
            whole.set_result(None)

    for future in futures:
        future.add_done_callback(one_done)
    if not futures:
        whole.set_result(None)
    return whole


def messages_part(context: Context, record: ConversationRecord) -> Part:
    """Return the list of a conversation's messages."""
    store = context.store
    return Part(
        context,
        record,
        open=store.open_messages,
        close=_unless_watched(context, store.close_messages),
        is_open=store.messages_open,
        error=store.messages_error,
    )


def roster_part(context: Context, record: ConversationRecord) -> Part:
    """Return the map of a conversation's participants."""
    store = context.store
    return Part(
        context,
        record,
        open=store.open_roster,
        close=_unless_watched(context, store.close_roster),
        is_open=store.roster_open,
        error=store.roster_error,
    )


def document_part(context: Context, record: ConversationRecord) -> Part:
    """Return the document of a conversation. Once opened it stays so, that properties are true, until let go of."""
    return Part(
        context,
        record,
        open=context.store.open_document,
        close=context.store.close_document,
        is_open=lambda known: known.document_known,
        error=lambda known: known.document_error,
        stays=True,
    )


def _unless_watched(
    context: Context, close: Callable[[ConversationRecord], None]
) -> Callable[[ConversationRecord], None]:
    def close_unwatched(record: ConversationRecord) -> None:
        if context.options.watch != "all" or not record.joined:
            close(record)

    return close_unwatched
