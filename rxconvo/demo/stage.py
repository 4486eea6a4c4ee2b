"""The stage: each person a client over a real websocket, doing in compressed time what the timeline says."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeAlias

from rxconvo.client import Client, Conversation, Service, connect
from rxconvo.demo.actions import Action, Connect, Disconnect, Edit, Join, Leave, Read, Remove, Send, Typing
from rxconvo.demo.audit import Audit
from rxconvo.model import Message
from rxconvo.types import Identity

__all__ = ["Room", "Stage"]

_Entered: TypeAlias = Callable[[str, Conversation], None]


class Room:
    """One conversation: what happens in it happens one after the other.

    Attributes:
        name: Its unique name.
        present: Who has joined, with their handle of it.
        indices: Index that the service gave to each message, by its number in the timeline; None where it was refused.
        messages: The newest version of each message that was observed, by index.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.sid: str | None = None
        self.present: dict[Identity, Conversation] = {}
        self.indices: dict[int, int] = {}
        self.messages: dict[int, Message] = {}
        self._actions: asyncio.Queue[Awaitable[None] | None] = asyncio.Queue(maxsize=1_000)

    async def do(self, action: Awaitable[None]) -> None:
        """Have something done, after all that was asked for before."""
        await self._actions.put(action)

    async def end(self) -> None:
        """Have nothing done any more, after all that was asked for before."""
        await self._actions.put(None)

    async def play(self) -> None:
        """Do what is asked for, until the end."""
        while (action := await self._actions.get()) is not None:
            await action


class Stage:
    """Plays a timeline on a service.

    Args:
        service: A running service.
        url: Where its websockets are.
        entered: Hears of everybody who has joined a conversation: its unique name, and their handle of it.

    Attributes:
        audit: What was sent and observed.
        done: How many actions of each kind were carried out.
        online: Clients that are connected.
    """

    def __init__(self, service: Service, url: str, *, entered: _Entered) -> None:
        self._service = service
        self._url = url
        self._entered = entered
        self._clients: dict[Identity, asyncio.Task[Client]] = {}
        self._rooms: dict[str, Room] = {}
        self._busy: dict[Identity, set[str]] = {}  # conversations that people have joined and not left yet
        self.audit = Audit()
        self.done: Counter[str] = Counter()

    @property
    def online(self) -> int:
        """How many people are connected."""
        return len(self._clients)

    async def play(self, timeline: Iterable[Action], *, start: float, speed: float) -> None:
        """Play everything.

        Args:
            timeline: Actions in order of time.
            start: Unix time at which the timeline starts.
            speed: Seconds of the timeline that pass in one second.

        Raises:
            ExceptionGroup: Something went wrong; nothing is played any more then.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.TaskGroup() as group:
                for action in timeline:
                    delay = began + (action.at - start) / speed - loop.time()
                    if delay > 0:
                        await asyncio.sleep(delay)
                    await self._perform(action, group)
                for room in self._rooms.values():
                    await room.end()
        finally:
            for client in self._clients.values():
                await (await client).shutdown()
            self._clients.clear()

    async def _perform(self, action: Action, group: asyncio.TaskGroup) -> None:
        if isinstance(action, Connect):
            if action.identity not in self._clients:  # who was about to leave may come back before
                self._clients[action.identity] = group.create_task(self._connect(action.identity))
        elif isinstance(action, Disconnect):
            pass  # happens when the last conversation has been left, which may take longer than the timeline says
        else:
            room = self._rooms.get(action.conversation)
            if room is None:
                room = self._rooms[action.conversation] = Room(action.conversation)
                group.create_task(room.play())
            if isinstance(action, Join):
                self._busy.setdefault(action.identity, set()).add(room.name)
            await room.do(self._carry_out(action, room))

    async def _connect(self, identity: Identity) -> Client:
        async def token() -> str:
            return self._service.token(identity)

        return await connect(self._url, token=token)

    async def _carry_out(self, action: Action, room: Room) -> None:
        match action:
            case Join(identity=identity):
                await self._join(room, identity)
            case Leave(identity=identity):
                await self._leave(room, identity)
            case Typing(identity=identity):
                await room.present[identity].send_typing()
            case Send(identity=identity, index=number, body=body):
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
                pass  # people come and go by themselves
        self.done[type(action).__name__] += 1

    async def _join(self, room: Room, identity: Identity) -> None:
        client = await self._clients[identity]
        if room.sid is None:
            conversation = await client.create_conversation(unique_name=room.name, access="public")
            room.sid = conversation.sid
        else:
            conversation = await client.get_conversation_by_sid(room.sid)
        await conversation.join()
        conversation.messages.added.subscribe(partial(self._observed, room, identity))
        await conversation.messages.opened
        room.present[identity] = conversation
        self._entered(room.name, conversation)

    async def _leave(self, room: Room, identity: Identity) -> None:
        await room.present.pop(identity).leave()
        left = self._busy[identity]
        left.discard(room.name)
        if not left:
            await (await self._clients.pop(identity)).shutdown()

    def _observed(self, room: Room, identity: Identity, message: Message) -> None:
        self.audit.observed(room.name, identity, message.index)
        if message.author == identity:
            room.messages[message.index] = message
