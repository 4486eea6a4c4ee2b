"""What the service asks of its storage: `Transaction`, `Store`.

Sync objects and their items are the primary data; conversations, members, users and mutation results are tables to
look things up in; devices, templates and what became of messages on other channels are tables of their own. A `Store`
runs *works*: plain functions that get a `Transaction`. A work sees the result of all works before it and of none after
it, and is acknowledged only once its changes are durable.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from rxconvo.server.storage.blobs import Blobs
from rxconvo.server.storage.tables import ChannelTables, DirectoryTables, MediaTables, SyncTables

__all__ = ["Store", "Transaction"]

T = TypeVar("T")
R = TypeVar("R")


class Transaction(SyncTables, DirectoryTables, ChannelTables, MediaTables, Protocol):
    """What a work may do. Valid only while the work runs.

    Unknown ids of objects, unknown keys to be updated, and names already taken raise `StoreError`: a work checks first,
    which is safe, since no other work runs meanwhile. The exception undoes the work.
    """


class Store(Protocol):
    """The service's durable memory."""

    @property
    def epoch(self) -> str:
        """Random, drawn once when the store was made. Another epoch means that ids and sids of before mean nothing."""
        ...

    @property
    def path(self) -> Path | None:
        """The store's file, absolute; None if it is kept in memory."""
        ...

    @property
    def blobs(self) -> Blobs:
        """Where the bytes of media are. Those of a media that a work removes go once that is durable."""
        ...

    async def run(self, work: Callable[[Transaction], T], then: Callable[[T], R]) -> R:
        """Run *work* in a transaction, and *then* once its changes are durable.

        Works run one after the other, in the order of the calls. Several may be committed together; each is undone
        alone if it raises. *then* runs on the event loop, in commit order, so what one publishes precedes what a later
        one answers.

        Cancelling the call undoes nothing: unless it still waits for room in the queue, *work* and *then* run all the
        same.

        Args:
            work: Gets the transaction. Runs on the event loop; must not block, nor keep the transaction. What it raises
                undoes what it did.
            then: Gets what *work* returned (let that include `transaction.changes` if there is something to publish).
                Must not block. What it raises reaches the caller; the changes stay.

        Returns:
            What *then* returned.

        Raises:
            ClosedError: The store was closed.
            StoreError: The changes could not be made durable; none of them happened. They may be found after a crash
                (but never twice), as with any work that was not acknowledged.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun, write everything to the file and let go of it. May be called again."""
        ...
