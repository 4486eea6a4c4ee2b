"""What calls can be made on: one of everything that has public methods, on a service in process."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from reactivex import Observable

import rxconvo
from rxconvo.server import Control
from rxconvo.testing import advance, seeded_ids
from tests.client.conftest import Line, PostOffice, World

__all__ = ["TEMPLATE", "Place", "place", "tried"]

TEMPLATE = {"sid": "HX" + "0" * 32, "variants": {"twilio/text": {"body": "hello {{1}}"}}}
"""The content template that there is."""

SETTLED = 5.0
"""Seconds after which nothing is left to be said: streams have lingered, subscriptions have been granted."""


@dataclass
class Place:
    """One of everything.

    Attributes:
        client: A client, which has joined the conversation.
        conversation: A conversation of two.
        message: A message with a file.
        media: That file.
        participant: The other member.
        user: The own user.
        pages: A page in the middle of others.
        line: What the client is connected by.
        office: What carries its requests for media.
        control: Brings about what no client can.
        token: Another token of the own user.
    """

    client: rxconvo.Client
    conversation: rxconvo.Conversation
    message: rxconvo.Message
    media: rxconvo.Media
    participant: rxconvo.Participant
    user: rxconvo.User
    pages: rxconvo.Paginator[Any]
    line: Line
    office: PostOffice
    control: Control
    token: str

    @property
    def builder(self) -> rxconvo.MessageBuilder:
        """A new builder."""
        return self.conversation.prepare_message()

    def one(self, kind: type) -> Any:
        """Return the one of a class."""
        candidates = (self.client, self.conversation, self.message, self.media, self.participant, self.user)
        return next(one for one in (*candidates, self.pages, self.builder) if isinstance(one, kind))

    def said(self) -> tuple[int, int]:
        """Count what the client has sent: packets, and requests for media."""
        return len(self.line.sent), len(self.office.asked)

    def known(self) -> tuple[object, ...]:
        """Return all that the client knows."""
        store = self.client._context.store
        return store.users, [
            (sid, record.state, record.removed, record.participants, [record.message(index) for index in range(8)])
            for sid, record in store.conversations.items()
        ]

    async def settle(self) -> None:
        """Let all that is under way come to its end."""
        await advance(SETTLED)


@asynccontextmanager
async def place(*, options: rxconvo.ServerOptions | None = None) -> AsyncGenerator[Place]:
    """Make one of everything."""
    environment = rxconvo.Environment(ids=seeded_ids("service"))
    async with rxconvo.Service(environment=environment, options=options) as service, AsyncExitStack() as stack:
        world = World(service, stack)
        ada = await world.client("ada")
        lunch = await ada.create_conversation(friendly_name="lunch", unique_name="lunch")
        await lunch.join()
        lunch.messages.subscribe()
        lunch.participants.subscribe()
        bob = await lunch.add("bob")
        for number in range(3):
            await lunch.send_message(str(number))
        await lunch.send_message(rxconvo.SendMediaOptions("text/plain", "a note", "note.txt"))
        pages = await lunch.get_messages(2)
        message = pages.items[-1]
        assert message.media is not None
        await service.control("templates", templates=[TEMPLATE])
        at = Place(
            client=ada,
            conversation=lunch,
            message=message,
            media=message.media,
            participant=bob,
            user=ada.user,
            pages=await (await pages.prev_page()).next_page() if pages.has_prev_page else pages,
            line=world.line("ada"),
            office=world.post("ada"),
            control=service.control,
            token=service.token("ada"),
        )
        await at.settle()
        yield at


async def tried(made: object) -> object:
    """Subscribe to what a call has made, if that is an Observable, and return what came of it."""
    if not isinstance(made, Observable):
        return made
    return await made
