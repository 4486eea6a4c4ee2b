"""The stage: each person a client, doing in compressed time what the timeline says."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Protocol, TypeAlias

from rxconvo import Client, Conversation, Message
from rxconvo.demo.actions import Action, Connect, Disconnect, Edit, Join, Leave, Read, Remove, Send, Typing
from rxconvo.demo.audit import Audit
from rxconvo.types import Identity

__all__ = ["Audience", "Entrance", "Room", "Stage"]

Entrance: TypeAlias = Callable[[Identity], Awaitable[Client]]
"""Connects somebody."""


class Audience(Protocol):
    """Watches what happens on a stage, through the handles of those who are on it."""

    def meet(self, client: Client) -> None:
        """Hear of everybody who has come online."""

    def watch(self, name: str, conversation: Conversation) -> None:
        """Hear of everybody who has joined a conversation: its unique name, and their handle of it."""


class Room:
    """One conversation: what happens in it happens one after the other.

    Attributes:
        name: Its unique name.
        sid: Its sid, once somebody has created it.
        present: Who has joined, with their handle of it.
        indices: Index that the service gave to each message, by its number in the timeline.
        messages: Each message as its author observed it, by index.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.sid: str | None = None
        self.present: dict[Identity, Conversation] = {}
        self.indices: dict[int, int] = {}
        self.messages: dict[int, Message] = {}
        self._actions: asyncio.Queue[Action | None] = asyncio.Queue(maxsize=1_000)

    async def ask(self, action: Action | None) -> None:
        """Ask for something, after all that was asked for before. None ends it."""
        await self._actions.put(action)

    async def settled(self) -> None:
        """Wait until all that was asked for is done."""
        await self._actions.join()

    async def play(self, carry_out: Callable[[Action, Room], Awaitable[None]]) -> None:
        """Have done what is asked for, until the end."""
        while (action := await self._actions.get()) is not None:
            await carry_out(action, self)
            self._actions.task_done()


class Stage:
    """Plays a timeline.

    Args:
        connect: Connects somebody to the service that it is played on.
        audience: Who watches.
        seats: How many people may be online at once. Who comes while others are late to go waits for them.
        titles: Names to show of the conversations, by unique name.
        names: Names to show of the people, by identity.
        supervisor: Who is added to every conversation for as long as it lasts; None: nobody. They have no part in what
            is played: what they write is in no book of the audit.

    Attributes:
        audit: What was sent and observed.
        done: How many actions of each kind were carried out.
        began: When the clock of the timeline started, in seconds of the loop's; None while people come in.
        online: How many people are online.
        most: How many were at once, at most.
        behind: By how many seconds the message that was latest was sent later than the timeline says.
    """

    def __init__(
        self,
        connect: Entrance,
        *,
        audience: Audience,
        seats: int,
        titles: Mapping[str, str] = MappingProxyType({}),
        names: Mapping[Identity, str] = MappingProxyType({}),
        supervisor: Identity | None = None,
    ) -> None:
        self._connect = connect
        self._audience = audience
        self._titles = titles
        self._names = names
        self._supervisor = supervisor
        self._clients: dict[Identity, asyncio.Task[Client]] = {}
        self._rooms: dict[str, Room] = {}
        self._busy: dict[Identity, set[str]] = {}  # conversations that people have joined and not left yet
        self._seats = asyncio.Semaphore(seats)
        self._start = 0.0
        self._speed = 1.0
        self.audit = Audit()
        self.done: Counter[str] = Counter()
        self.began: float | None = None
        self.online = 0
        self.most = 0
        self.behind = 0.0

    async def play(self, timeline: Iterable[Action], *, start: float, speed: float) -> None:
        """Play everything. Who is there from the start comes in first; then the clock starts.

        Args:
            timeline: Actions in order of time.
            start: Unix time at which the timeline starts.
            speed: Seconds of the timeline that pass in one second.

        Raises:
            ExceptionGroup: Something went wrong; nothing is played any more then.
        """
        loop = asyncio.get_running_loop()
        self._start, self._speed = start, speed
        try:
            async with asyncio.TaskGroup() as group:
                for action in timeline:
                    if self.began is None and action.at > start:
                        for room in self._rooms.values():
                            await room.settled()
                        self.began = loop.time()
                    await asyncio.sleep(max(0.0, -self._late(action)))
                    await self._ask(action, group)
                for room in self._rooms.values():
                    await room.ask(None)
        finally:
            await self._clear()

    def _late(self, action: Action) -> float:
        """Return by how many seconds it is too late for an action; less than 0 if it is too early."""
        if self.began is None:
            return 0.0
        return asyncio.get_running_loop().time() - self.began - (action.at - self._start) / self._speed

    async def _ask(self, action: Action, group: asyncio.TaskGroup) -> None:
        if isinstance(action, Connect | Disconnect):
            return  # people come with their first conversation and go after their last, which may end late
        room = self._rooms.get(action.conversation)
        if room is None:
            room = self._rooms[action.conversation] = Room(action.conversation)
            group.create_task(room.play(self._carry_out))
        if isinstance(action, Join):
            self._busy.setdefault(action.identity, set()).add(room.name)
            if action.identity not in self._clients:
                self._clients[action.identity] = group.create_task(self._come(action.identity))
        await room.ask(action)

    async def _come(self, identity: Identity) -> Client:
        await self._seats.acquire()  # in the order of the timeline: whoever is late to go has come before
        client = await self._connect(identity)
        self.online += 1
        self.most = max(self.most, self.online)
        self._audience.meet(client)
        if (name := self._names.get(identity)) not in (None, client.user.friendly_name):
            await client.user.update_friendly_name(name).retry(3)
        return client

    async def _carry_out(self, action: Action, room: Room) -> None:
        match action:
            case Join(identity=identity):
                await self._join(room, identity)
            case Leave(identity=identity):
                await self._leave(room, identity)
            case Typing(identity=identity):
                await room.present[identity].send_typing()
            case Send(identity=identity, index=number, body=body):
                self.behind = max(self.behind, self._late(action))
                index = await room.present[identity].send_message(body).retry(3)
                room.indices[number] = index
                self.audit.sent(room.name, index, room.present)
            case Read(identity=identity, index=number):
                await room.present[identity].advance_last_read_message_index(room.indices[number])
            case Edit(index=number, body=body):
                await room.messages[room.indices[number]].update_body(body)
            case Remove(index=number):
                await room.messages[room.indices[number]].remove()
            case _:
                return
        self.done[type(action).__name__] += 1

    async def _join(self, room: Room, identity: Identity) -> None:
        client = await self._clients[identity]
        if room.sid is None:
            conversation = await client.create_conversation(
                friendly_name=self._titles.get(room.name), unique_name=room.name, access="public"
            )
            room.sid = conversation.sid
            await conversation.join()
            if self._supervisor is not None:
                await conversation.add(self._supervisor)
        else:
            conversation = await client.get_conversation_by_sid(room.sid)
            await conversation.join()
        conversation.messages.added.subscribe(partial(self._observed, room, identity))
        await conversation.messages.opened
        room.present[identity] = conversation
        self._audience.watch(room.name, conversation)

    async def _leave(self, room: Room, identity: Identity) -> None:
        conversation = room.present.pop(identity)
        if self._supervisor is not None and not room.present:
            await conversation.remove_participant(self._supervisor)
        await conversation.leave()
        left = self._busy[identity]
        left.discard(room.name)
        if not left:
            client = await self._clients.pop(identity)
            await client.shutdown()
            self.online -= 1
            self._seats.release()

    def _observed(self, room: Room, identity: Identity, message: Message) -> None:
        if message.author is not None and message.author == self._supervisor:
            return
        self.audit.observed(room.name, identity, message.index)
        if message.author == identity:
            room.messages[message.index] = message

    async def _clear(self) -> None:
        """See everybody off who is still there, because something went wrong."""
        clients, self._clients = self._clients, {}
        for client in await asyncio.gather(*clients.values(), return_exceptions=True):
            if isinstance(client, Client):
                await client.shutdown()
