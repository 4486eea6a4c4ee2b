"""A room: one conversation of ada's with bob, seen from both sides, and what ada's client says and tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import rxconvo
from rxconvo.testing import advance
from rxconvo.wire.packets import Notification, Packet, Reply, Request, Status

LONG = 5.0  # seconds: any source has closed by then


class Room:
    """One conversation that ada has created, and that she and bob have joined; she has sent one message.

    Attributes:
        world: The service, the clients and their lines.
        ada: Her client.
        bob: His.
        line: Her line.
        mine: Her handle.
        theirs: His.
        lobby: Her handle of another conversation of hers, which nobody has joined.
        message: Her message.
        events: What ada's client has told since `watch`.
    """

    mine: rxconvo.Conversation
    theirs: rxconvo.Conversation
    lobby: rxconvo.Conversation
    message: rxconvo.Message

    def __init__(self, world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
        self.world = world
        self.ada = ada
        self.bob = bob
        self.line = world.line("ada")
        self.events: list[Any] = []
        self._marks: dict[str, int] = {}

    async def furnish(self) -> Room:
        self.mine = await self.ada.create_conversation(friendly_name="standup", unique_name="standup")
        self.lobby = await self.ada.create_conversation(friendly_name="lobby", unique_name="lobby")
        await self.mine.join()
        await self.mine.add("bob")
        await self.mine.send_message("hello")
        (self.message,) = (await self.mine.get_messages()).items
        theirs = self.bob.find_conversation(self.mine.sid)
        assert theirs is not None
        self.theirs = theirs
        await self.rest()
        return self

    async def rest(self) -> None:
        """Let what lingers close, and forget what was said."""
        await advance(LONG)
        self.said("ada")
        self.said("bob")

    async def watch(self) -> None:
        """Collect what ada's client tells from now on, and hold her message."""
        for stream in (self.ada.messages, self.ada.participants, self.ada.conversations, self.ada.users):
            stream.subscribe(self.events.append)
            await stream.opened
        await self.mine.get_messages()
        self.said()

    @property
    def now(self) -> float:
        """The time of the loop."""
        return asyncio.get_running_loop().time()

    def cut_once(self) -> list[Packet]:
        """Cut ada's line, and let what she says from now on pass."""
        self.line.replying = lambda _: None
        self.line.cut()
        return []

    def hold(self) -> Callable[[], None]:
        """Keep from ada's client what the service tells, until the result is called."""
        held: list[Packet] = []

        def passing(packet: Packet) -> bool:
            if isinstance(packet, Notification):
                held.append(packet)
            return not isinstance(packet, Notification)

        def release() -> None:
            self.line.passing = lambda _: True
            self.line.tell(*held)

        self.line.passing = passing
        return release

    @staticmethod
    def silence(part: str) -> Callable[[Packet], list[Packet] | None]:
        """Return a hook for a line: requests with that part in their path get no answer."""
        return lambda packet: [] if isinstance(packet, Request) and part in packet.http_request.path else None

    @staticmethod
    def missing(part: str) -> Callable[[Packet], list[Packet] | None]:
        """Return a hook for a line: what is asked for with that part in the path does not exist."""

        def replying(packet: Packet) -> list[Packet] | None:
            if not isinstance(packet, Request) or part not in packet.http_request.path:
                return None
            return [Reply(packet.id, Status(200, "OK"), http_status=Status(404, "Not Found"), payload=b"{}")]

        return replying

    @property
    def told(self) -> list[str]:
        """Name what ada's client has told."""
        return [type(event).__name__ for event in self.events]

    def requests(self, identity: str = "ada") -> list[Request]:
        """Take what a client has asked for since the last time; its Sync requests do not count."""
        sent = self.world.line(identity).sent
        start, self._marks[identity] = self._marks.get(identity, 0), len(sent)
        return [
            packet
            for packet in sent[start:]
            if isinstance(packet, Request) and not packet.http_request.path.startswith(("/v3/", "/v4/"))
        ]

    def said(self, identity: str = "ada") -> list[str]:
        """Take the same, as methods and last segments of paths."""
        return [
            f"{request.http_request.method} {request.http_request.path.rpartition('/')[2]}"
            for request in self.requests(identity)
        ]

    async def stranger(self, identity: str = "eve") -> rxconvo.Client:
        """Start the client of somebody who has nothing to do with the room."""
        client: rxconvo.Client = await self.world.client(identity)
        return client

    def subscriptions(self, identity: str = "ada") -> int:
        """Count the subscriptions of an identity's connections in the service."""
        broker = self.world.service.server._core.broker
        return sum(map(broker.count, broker.of(identity)))


class Loss:
    """Cuts a line once, at the first request that changes something.

    Args:
        line: The line.
        seen: Whether the service has seen the request by then: its answer is lost, not the request.
    """

    def __init__(self, line: Any, *, seen: bool) -> None:
        self._line = line
        self._seen = seen
        self._lost: str | None = None
        line.replying = self._says
        line.passing = self._hears

    def _says(self, packet: Packet) -> list[Packet] | None:
        if self._lost is not None or not isinstance(packet, Request) or packet.http_request.method == "GET":
            return None
        if packet.http_request.path.startswith("/v4/"):
            return None
        self._lost = packet.id
        if self._seen:
            return None
        self._line.cut()
        return []

    def _hears(self, packet: Packet) -> bool:
        if isinstance(packet, Reply) and packet.id == self._lost:
            self._line.cut()
            return False
        return True


@pytest.fixture
async def room(world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> Room:
    return await Room(world, ada, bob).furnish()


@pytest.fixture
def lose() -> type[Loss]:
    return Loss
