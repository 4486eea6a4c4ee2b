"""A program to be killed: makes one process per line of its input, which writes to a store until it dies.

It forks, so that the interpreter starts once and not for every kill. Each child prints `started PID`, then `sent N` for
each message that the store has acknowledged; when it is dead, its parent prints `dead`.
"""

from __future__ import annotations

import asyncio
import os
import sys

from rxconvo.server.storage import Store, Transaction, open_store
from rxconvo.testing.ids import seeded_ids

AT = "2026-01-31T12:00:00.000Z"


def tell(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def send(tx: Transaction, number: int) -> None:
    """Do what sending a message does: result, list, document, and a map for good measure."""
    conversation = tx.conversation("CH1") or tx.create_conversation(
        sid="CH1",
        document_sid="ET1",
        messages_sid="ES1",
        roster_sid="MP1",
        unique_name=None,
        created_by="ada",
        access="private",
        data=b"{}",
        at=AT,
    )
    data = f"{number} {'x' * (number * 37 % 700)}".encode()
    tx.add_list_item(conversation.messages_id, data, at=AT, name=f"IM{number}")
    tx.update_document(conversation.document_id, str(number).encode(), at=AT)
    tx.put_map_item(conversation.roster_id, f"MB{number % 5}", str(number).encode(), at=AT)
    tx.remember_result("ada", str(number), 201, b"", at=AT)


async def write(store: Store, first: int, *, senders: int = 8) -> None:
    """Send messages for ever, several at a time."""
    numbers = iter(range(first, sys.maxsize))

    async def sender() -> None:
        for number in numbers:
            await store.run(lambda tx, number=number: send(tx, number), lambda _: None)  # type: ignore[misc]
            tell(f"sent {number}")

    await asyncio.gather(*(sender() for _ in range(senders)))


async def main(url: str, first: int) -> None:
    await write(await open_store(url, ids=seeded_ids(), at=AT), first)


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            tell(f"started {os.getpid()}")
            asyncio.run(main(sys.argv[1], int(line)))
        os.waitpid(child, 0)
        tell("dead")
