"""Plays a script with twins: each user has a client of the official SDK and one of rxconvo."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import rxconvo
from tests.mixed.ours import OurClient
from tests.mixed.script import Act, Turn, Writer
from tests.mixed.sdk import DEADLINE, Node, RefusedError, SdkClient
from tests.mixed.truth import held

Plain = dict[str, Any]
AnyClient = SdkClient | OurClient

_READS = 3  # attempts to read everything while nothing changes


@dataclass
class Outcome:
    """What came of a script.

    Attributes:
        views: What each client sees in the end, by its name.
        truth: What the service holds for each user.
        histories: What each client was told.
        outages: How often each client's line was cut.
        faults: What each client has reported as wrong.
        reads: Who has read messages before the end, and of which conversations.
        done: How many acts were done, and how many were refused.
    """

    views: dict[str, Plain] = field(default_factory=dict)
    truth: dict[str, Plain] = field(default_factory=dict)
    histories: dict[str, list[Plain]] = field(default_factory=dict)
    outages: dict[str, int] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    reads: set[tuple[str, str]] = field(default_factory=set)
    done: int = 0
    refused: list[str] = field(default_factory=list)


class Scene:
    """A script being played.

    Args:
        service: What everybody talks to.
        url: Where it listens.
        node: Where the official SDK runs.
        writer: Who wrote the script.
    """

    def __init__(self, service: rxconvo.Service, url: str, node: Node, writer: Writer) -> None:
        self._service = service
        self._url = url
        self._writer = writer
        self.clients: dict[str, AnyClient] = {
            name: SdkClient(node, name, identity) if name.endswith("sdk") else OurClient(name, identity)
            for name, identity in writer.clients.items()
        }
        self._sids: list[str] = []
        self._members: list[set[str]] = []
        self._sent: list[list[tuple[str, int]]] = []
        self._pending: dict[str, set[asyncio.Task[Any]]] = {name: set() for name in self.clients}
        self.outcome = Outcome()
        self.at = "start"

    async def play(self, turns: list[Turn]) -> Outcome:
        """Play a script to its end, wait until all is settled, and return what came of it."""
        await asyncio.gather(
            *(client.start(self._url, self._service.token(client.identity)) for client in self.clients.values())
        )
        try:
            for number, turn in enumerate(turns):
                self.at = f"turn {number}: {turn}"
                async with asyncio.timeout(DEADLINE):
                    await self._play(turn)
            self.at = "settling"
            async with asyncio.timeout(DEADLINE):
                await self._settle()
            return self.outcome
        finally:
            for tasks in self._pending.values():
                for task in tasks:
                    task.cancel()
            await asyncio.gather(*(client.shutdown() for client in self.clients.values()))

    # -- turns -----------------------------------------------------------------------------------------------------

    async def _play(self, turn: Turn) -> None:
        if turn.kind == "restore":
            assert turn.restore is not None
            await self._restore(self.clients[turn.restore])
        elif turn.kind == "alone":
            await self._alone(turn.acts[0])
        elif turn.kind == "typing":
            await self._type(*turn.acts)
        else:
            waited: list[asyncio.Task[Any]] = []
            for act in turn.acts:
                task = asyncio.create_task(self._attempt(act))
                self._pending[act.client].add(task)
                if not self.clients[act.client].down and act.client not in turn.cut:
                    waited.append(task)
            await asyncio.gather(*(self.clients[name].cut() for name in turn.cut))
            await asyncio.gather(*waited)

    async def _alone(self, act: Act) -> None:
        """Change who takes part, and wait until all who are connected have seen it."""
        result = await self._attempt(act, surely=True)
        number = act.details.get("conversation", len(self._sids))
        identity = self.clients[act.client].identity
        if act.what == "create":
            self._sids.append(result)
            self._members.append({identity})
            self._sent.append([])
        elif act.what == "add":
            self._members[number].add(act.details["identity"])
        elif act.what == "remove":
            self._members[number].discard(act.details["identity"])
        elif act.what == "leave":
            self._members[number].discard(identity)
        else:
            self._members[number].clear()
        await asyncio.gather(*(self._home(client) for client in self.clients.values() if not client.down))
        if act.what in {"create", "add"}:
            await self._mark(number, act.client)

    async def _type(self, signal: Act, message: Act) -> None:
        """Signal typing, wait until all who are connected have seen it, and end it with a message."""
        number, identity = signal.details["conversation"], self.clients[signal.client].identity
        where = {"conversation": self._sids[number], "identity": identity}
        watchers = [client for client in self._present(number) if client.identity != identity]
        times = await asyncio.gather(*(watcher.do("times_typing", **where) for watcher in watchers))
        await self._attempt(signal, surely=True)
        await asyncio.gather(
            *(
                watcher.do("saw_typing", **where, times=before + 1)
                for watcher, before in zip(watchers, times, strict=True)
            )
        )
        await self._attempt(message, surely=True)

    async def _restore(self, client: AnyClient) -> None:
        """Let a client connect again, and wait until what it had begun has ended and it knows where it takes part."""
        if client.down:
            await client.restore()
        if self._pending[client.name]:
            await asyncio.wait(self._pending[client.name])
        await self._home(client)

    async def _home(self, client: AnyClient) -> None:
        await client.do("home", joined=self._joined(client.identity))

    def _joined(self, identity: str) -> list[str]:
        return [sid for sid, members in zip(self._sids, self._members, strict=True) if identity in members]

    # -- acts ------------------------------------------------------------------------------------------------------

    async def _attempt(self, act: Act, *, surely: bool = False) -> Any:
        """Do something; what is refused is only counted, unless it must not be."""
        details = dict(act.details)
        client = self.clients[act.client]
        number = int(details.get("conversation", -1))
        if number >= 0:
            details["conversation"] = self._sids[number]
        if "pick" in details:
            mine = [index for author, index in self._sent[number] if author == client.identity]
            pick = details.pop("pick")
            if not mine:
                return None
            details["index"] = mine[int(pick * len(mine))]
        if act.what == "read_all":
            self.outcome.reads.add((act.client, details["conversation"]))
        try:
            result = await client.do(act.what, **details)
        except RefusedError as error:
            if surely:
                raise
            self.outcome.refused.append(f"{act}: {error}")
            return None
        if act.what == "send":
            self._sent[number].append((client.identity, result))
        self.outcome.done += 1
        return result

    # -- the end ---------------------------------------------------------------------------------------------------

    async def _settle(self) -> None:
        """Bring everybody back, wait until everybody has seen the last changes of all objects, and read everything."""
        await asyncio.gather(*map(self._restore, self.clients.values()))
        numbers = [number for number, members in enumerate(self._members) if members]
        for attempt in range(_READS):
            for number in numbers:
                for name in (f"{identity} rxconvo" for identity in sorted(self._members[number])):
                    await self._mark(number, name)
            await self._name(f"settled {attempt}")
            before = await self._truth()
            views = await asyncio.gather(
                *(
                    client.do("view", page_size=self._writer.chance.choice((3, 10, 30)), counters=True)
                    for client in self.clients.values()
                )
            )
            self.outcome.truth = await self._truth()
            if before == self.outcome.truth:
                break
        self.outcome.views = dict(zip(self.clients, views, strict=True))
        for name, client in self.clients.items():
            self.outcome.histories[name] = await client.told()
            self.outcome.outages[name] = client.outages
            self.outcome.faults[name] = client.faults

    async def _truth(self) -> dict[str, Plain]:
        return {identity: await held(self._service, identity) for identity in self._writer.identities}

    def _present(self, number: int) -> list[AnyClient]:
        """Return the clients of a conversation's members that are connected."""
        return [
            client for client in self.clients.values() if not client.down and client.identity in self._members[number]
        ]

    async def _mark(self, number: int, name: str) -> None:
        """Change every object of a conversation once more, and wait until all who are connected have seen that.

        A message changes the list and the document; reading it changes the roster and what each has for itself.
        """
        where = {"conversation": self._sids[number]}
        client = self.clients[name]
        index = await client.do("send", **where, body="marker", attributes={}, subject=None)
        await client.do("set_horizon", **where, index=index)
        await asyncio.gather(
            *(
                watcher.do("saw_marker", **where, index=index, identity=client.identity)
                for watcher in self._present(number)
            )
        )

    async def _name(self, name: str) -> None:
        """Rename all users, and wait until their clients have seen that."""
        for client in self.clients.values():
            if client.kind == "rxconvo":
                await client.do("name_user", friendly_name=name)
        await asyncio.gather(*(client.do("saw_name", friendly_name=name) for client in self.clients.values()))
