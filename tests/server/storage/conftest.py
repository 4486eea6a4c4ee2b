"""Stores to test: in memory, committed in the loop; on file, committed by the thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from rxconvo.server.storage import Store, StoredConversation, StoredItem, Transaction, open_store
from rxconvo.testing.ids import seeded_ids

T = TypeVar("T")
AT = "2026-01-31T12:00:00.000Z"


@dataclass
class Desk:
    """A store with one conversation, and the shortest way to have it do something."""

    store: Store
    conversation: StoredConversation

    @property
    def messages(self) -> int:
        return self.conversation.messages_id

    @property
    def roster(self) -> int:
        return self.conversation.roster_id

    @property
    def document(self) -> int:
        return self.conversation.document_id

    async def do(self, work: Callable[[Transaction], T]) -> T:
        return await self.store.run(work, lambda made: made)

    async def send(self, *texts: str) -> list[StoredItem]:
        return await self.do(lambda tx: [tx.add_list_item(self.messages, text.encode(), at=AT) for text in texts])

    async def edit(self, index: int, text: str, at: str = AT) -> StoredItem:
        return await self.do(lambda tx: tx.update_item(self.messages, index, text.encode(), at=at))

    async def remove(self, *indices: int) -> list[StoredItem | None]:
        return await self.do(lambda tx: [tx.remove_item(self.messages, index, at=AT) for index in indices])


def create(tx: Transaction, number: int = 1, unique_name: str | None = None) -> StoredConversation:
    return tx.create_conversation(
        sid=f"CH{number}",
        document_sid=f"ET{number}",
        messages_sid=f"ES{number}",
        roster_sid=f"MP{number}",
        unique_name=unique_name,
        created_by="ada",
        access="private",
        data=b"{}",
        at=AT,
    )


@pytest.fixture(params=["memory", "writer"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = "memory:" if request.param == "memory" else f"sqlite:{tmp_path / 'chat.db'}"
    opened = await open_store(url, ids=seeded_ids(), at=AT)
    yield opened
    await opened.close()


@pytest.fixture
async def desk(store: Store) -> Desk:
    return Desk(store, await store.run(create, lambda made: made))


@pytest.fixture
def make_conversation() -> Callable[..., StoredConversation]:
    """Return the work that makes a conversation, for tests that open a store of their own."""
    return create


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the address of a store on file that is not there yet."""
    return f"sqlite:{tmp_path / 'chat.db'}"
