"""A client in a process of its own: does what each line of standard input asks for, and tells what it sees.

Lines are JSON. In: `{"do": name, "id": n, ...arguments}`. Out: `{"did": n, "result" | "error": ...}` for each, and
`{"saw": event, ...}` for everything observed, in order.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import rxconvo
from rxconvo import operators as chat
from rxconvo.cli.token import mint_token


def tell(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def saw(event: Any) -> None:
    match event:
        case rxconvo.MessageAdded(message=message):
            tell(saw="added", index=message.index, body=message.body, author=message.author)
        case rxconvo.MessageUpdated(after=message, reasons=reasons):
            tell(saw="updated", index=message.index, body=message.body, reasons=list(reasons))
        case rxconvo.MessageRemoved(index=index):
            tell(saw="removed", index=index)
        case rxconvo.ParticipantJoined(participant=participant):
            tell(saw="joined", identity=participant.identity)
        case rxconvo.ParticipantUpdated(after=participant, reasons=reasons):
            tell(saw="read", identity=participant.identity, index=participant.last_read_message_index)
        case _:
            tell(saw=type(event).__name__)


class Talker:
    def __init__(self, client: rxconvo.Client) -> None:
        self.client = client
        self.conversation: rxconvo.Conversation | None = None

    async def observe(self, conversation: rxconvo.Conversation) -> None:
        self.conversation = conversation
        conversation.messages.subscribe(saw)
        conversation.participants.subscribe(saw)
        conversation.typing.pipe(chat.typing_indicator(settle=0.0)).subscribe(
            lambda who: tell(saw="typing", who=sorted(who))
        )
        await conversation.messages.opened
        await conversation.participants.opened

    async def create(self, access: Literal["private", "public"] | None = None) -> str:
        conversation = await self.client.create_conversation(friendly_name="e2e", access=access)
        await conversation.join()
        await self.observe(conversation)
        return conversation.sid

    async def find(self, sid: str, *, join: bool = False) -> str:
        conversation = await self.client.get_conversation_by_sid(sid)
        if join:
            await conversation.join()
        await self.observe(conversation)
        return conversation.status

    async def add(self, identity: str) -> str:
        return (await self.here.add(identity)).sid

    async def send(self, body: str) -> int:
        return await self.here.send_message(body).retry(8)

    async def edit(self, index: int, body: str) -> str | None:
        return (await (await self.message(index)).update_body(body)).body

    async def remove(self, index: int) -> None:
        await (await self.message(index)).remove()

    async def read(self, index: int) -> int | None:
        return await self.here.advance_last_read_message_index(index)

    async def type(self) -> None:
        await self.here.send_typing()

    async def messages(self) -> list[list[object]]:
        found: list[list[object]] = []
        page = await self.here.get_messages(100)
        while True:
            found[:0] = [[message.index, message.body] for message in page.items]
            if not page.has_prev_page:
                return found
            page = await page.prev_page()

    async def message(self, index: int) -> rxconvo.Message:
        return (await self.here.get_messages(1, index)).items[0]

    @property
    def here(self) -> rxconvo.Conversation:
        assert self.conversation is not None
        return self.conversation


async def main(url: str, identity: str, store: str) -> None:
    async def token() -> str:
        return mint_token(identity, 3600.0, store, os.environ)

    quick = rxconvo.BackoffPolicy(minimum=0.05, maximum=0.2)
    async with rxconvo.connect(url, token=token, backoff=quick) as client:
        client.connection_state.subscribe(lambda state: tell(saw="state", state=state))
        talker = Talker(client)
        loop = asyncio.get_running_loop()
        lines = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        async with asyncio.TaskGroup() as group:
            while line := await lines.readline():
                asked = json.loads(line)
                action: Callable[..., Awaitable[object]] = getattr(talker, asked.pop("do"))
                group.create_task(answer(asked.pop("id"), action(**asked)))


async def answer(number: int, doing: Awaitable[object]) -> None:
    try:
        tell(did=number, result=await doing)
    except rxconvo.RxconvoError as error:
        tell(did=number, error=repr(error))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
