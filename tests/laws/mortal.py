"""A program to be killed: makes a process per line of its input, a client with a durable service, which sends for ever.

It forks, so that everything is loaded once and not for every kill. Each child prints `in SID` and then `sent TEXT` for
each message that was acknowledged to it; its parent prints `pid PID`, and `dead` when the child is.
"""

from __future__ import annotations

import asyncio
import os
import sys

from rxconvo import Conversation, connect

SENDERS = 4


def tell(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


async def send(conversation: Conversation, first: int) -> None:
    for number in range(first, sys.maxsize, SENDERS):
        await conversation.send_message(f"{number}")
        tell(f"sent {number}")


async def live(url: str, first: int) -> None:
    async with connect(url, identity="ada") as client:
        page = await client.get_subscribed_conversations()
        if page.items:
            conversation = page.items[0]
        else:
            conversation = await client.create_conversation()
            await conversation.join()
        tell(f"in {conversation.sid}")
        await asyncio.gather(*(send(conversation, first + number) for number in range(SENDERS)))


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(live(sys.argv[1], int(line)))
        tell(f"pid {child}")
        os.waitpid(child, 0)
        tell("dead")
