"""A service over memory transports, and peers that speak to it in raw packets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from rxconvo.errors import ConnectionError
from rxconvo.server import Server, ServerOptions, make_keys
from rxconvo.server.storage.sqlite import SqliteStore, open_store
from rxconvo.testing.ids import seeded_ids
from rxconvo.testing.loop import virtual_loop_factory
from rxconvo.transport import MemoryTransport, pair
from rxconvo.wire.codec import decode, encode
from rxconvo.wire.packets import HttpRequest, Init, Notification, Other, Packet, Reply, Request

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECRET = "correct horse battery staple correct horse"
REGISTRATION: dict[str, Any] = {"type": "ers", "product": "ip_messaging", "message_types": ["twilio.sync.event"]}


@dataclass(frozen=True)
class Response:
    """An answer to a request, and its packet."""

    status: int
    body: Any
    packet: Reply


@dataclass
class Peer:
    """One raw connection. `log` holds everything that came, in order."""

    transport: MemoryTransport
    identity: str = ""
    log: list[Packet] = field(default_factory=list)
    closed: bool = False
    _count: int = 0
    _correlations: int = 1760000000122

    def next_id(self) -> str:
        self._count += 1
        return f"TM{self._count}"

    def write(self, packet: Packet) -> None:
        self.transport.write([encode(packet)])

    async def pump(self) -> None:
        """Read what comes next."""
        try:
            messages = await self.transport.receive()
        except ConnectionError:
            self.closed = True
            raise
        self.log += map(decode, messages)

    async def reply(self, packet_id: str) -> Reply:
        while True:
            for packet in self.log:
                if isinstance(packet, Reply) and packet.id == packet_id:
                    return packet
            await self.pump()

    async def init(self, token: str, continuation_token: str | None = None) -> Reply:
        packet = Init(
            self.next_id(),
            token,
            continuation_token,
            registrations=[dict(REGISTRATION)],
            capabilities=["client_update", "offline_storage", "telemetry.v1"],
        )
        self.write(packet)
        return await self.reply(packet.id)

    def post(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        params: dict[str, str | list[str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> str:
        """Send a request without waiting for its answer."""
        payload = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        http = HttpRequest("host", path, method, params or {}, headers or {})
        packet = Request(self.next_id(), http, payload)
        self.write(packet)
        return packet.id

    async def answer(self, packet_id: str) -> Response:
        reply = await self.reply(packet_id)
        assert reply.status.code == 200
        assert reply.http_status is not None
        return Response(reply.http_status.code, orjson.loads(reply.payload) if reply.payload else None, reply)

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        params: dict[str, str | list[str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        return await self.answer(self.post(method, path, body, params=params, headers=headers))

    async def get(self, path: str, **params: str) -> Response:
        return await self.request("GET", path, params=dict(params))

    def notifications(self) -> list[dict[str, Any]]:
        """List the payloads of all notifications so far."""
        return [orjson.loads(packet.payload) for packet in self.log if isinstance(packet, Notification)]

    def events(self) -> list[tuple[str, str]]:
        """List the Sync events so far: type, and item or object."""
        found: list[tuple[str, str]] = []
        for payload in self.notifications():
            for event in payload.get("events", ()):
                kind = payload["event_type"].partition("_")[0]
                key = event.get("item_key", event.get("item_index", event.get(f"{kind}_sid", event.get("object_sid"))))
                found.append((payload["event_type"], str(key)))
        return found

    def forget(self) -> None:
        self.log.clear()

    async def catch_up(self) -> None:
        """Read everything that the service has sent so far."""
        ping = Other(self.next_id(), "ping")
        self.write(ping)
        await self.reply(ping.id)

    async def open(self, kind: str, name: str) -> dict[str, Any]:
        response = await self.get(f"/v3/{kind}/{name}")
        assert response.status == 200, response
        descriptor: dict[str, Any] = response.body
        return descriptor

    async def establish(self, *wanted: tuple[str, str, int | None], action: str = "establish") -> list[dict[str, Any]]:
        """Subscribe; returns the notifications that came from then on."""
        start = len(self.log)
        self._correlations += 1  # what an earlier request brings about may still be coming
        body = {
            "event_protocol_version": 4,
            "action": action,
            "correlation_id": self._correlations,
            "requests": [{"object_sid": sid, "object_type": kind, "last_event_id": last} for sid, kind, last in wanted],
        }
        response = await self.request("POST", "/v4/Subscriptions", body)
        assert response.status == 202, response
        ends = {"subscription_established", "subscription_failed", "subscription_canceled"}
        while True:
            found = [orjson.loads(packet.payload) for packet in self.log[start:] if isinstance(packet, Notification)]
            ours = (n for n in found if n.get("correlation_id") == self._correlations)
            if sum(len(n["events"]) for n in ours if n.get("event_type") in ends) >= len(wanted):
                return found
            await self.pump()

    async def watch(self, conversation_sid: str) -> None:
        """Subscribe to all three objects of a conversation."""
        found = [
            await self.open("Documents", f"{conversation_sid}.channel"),
            await self.open("Lists", f"{conversation_sid}.messages"),
            await self.open("Maps", f"{conversation_sid}.roster"),
        ]
        await self.establish(*((each["sid"], each["type"], each["last_event_id"]) for each in found))

    async def watch_channels(self) -> None:
        """Subscribe to the own map of conversations."""
        found = await self.open("Maps", f"{self.identity}.channels")
        await self.establish((found["sid"], "map", found["last_event_id"]))

    async def ended(self) -> None:
        """Read until the connection ends."""
        while not self.closed:
            try:
                await self.pump()
            except ConnectionError:
                return


class World:
    """One service and its peers."""

    def __init__(self, store: SqliteStore, options: ServerOptions) -> None:
        self.store = store
        self.loop = asyncio.get_running_loop()
        self.ids = seeded_ids("service")
        self.keys = make_keys(self.ids, lambda: SECRET)
        self.skew = 0.0
        self.options = options
        self.server = self.serve(options)
        self.tasks: list[asyncio.Task[None]] = []

    def serve(self, options: ServerOptions) -> Server:
        """Start a service on the store."""
        self.server = Server(
            self.store, clock=self.loop.time, wall=self.wall, ids=self.ids, keys=self.keys, options=options
        )
        return self.server

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.loop.time() + self.skew)

    @property
    def api(self) -> str:
        return f"/Client/v2/Services/{self.keys.service_sid}"

    def path(self, conversation_sid: str, *rest: str) -> str:
        return "/".join((self.api, "Conversations", conversation_sid, *rest))

    def connect(self) -> Peer:
        """Open a connection, without an init."""
        near, far = pair()
        self.tasks.append(self.loop.create_task(self.server.serve(far)))
        return Peer(near)

    async def peer(self, identity: str, *, ttl: float = 3600.0) -> Peer:
        """Open a connection for an identity."""
        peer = self.connect()
        reply = await peer.init(self.server.mint(identity, ttl))
        assert reply.status.code == 200, reply
        peer.identity = identity
        peer.forget()
        return peer

    async def create(self, peer: Peer, **body: object) -> str:
        """Create a conversation and return its sid."""
        response = await peer.request("POST", f"{self.api}/Conversations", body)
        assert response.status == 201, response
        sid: str = response.body["sid"]
        return sid

    async def join(self, peer: Peer, sid: str, identity: str | None = None) -> str:
        """Make a participant and return its sid."""
        body = {"identity": identity or peer.identity}
        response = await peer.request("POST", self.path(sid, "Participants"), body)
        assert response.status == 201, response
        participant: str = response.body["sid"]
        return participant

    async def send(self, peer: Peer, sid: str, body: str = "hello", **more: object) -> Response:
        response = await peer.request("POST", self.path(sid, "Messages"), {"body": body, **more})
        assert response.status == 201, response
        return response

    async def close(self) -> None:
        await self.server.close()
        if self.tasks:
            await asyncio.wait(self.tasks)


Scenario = Callable[[World], Coroutine[Any, Any, None]]


async def run_scenario(scenario: Scenario, options: ServerOptions) -> None:
    """Run something in a world of its own."""
    store = await open_store("memory:", ids=seeded_ids("store"), at="2026-01-31T12:00:00.000Z")
    world = World(store, options)
    try:
        await scenario(world)
    finally:
        await world.close()
        await store.close()


@pytest.fixture
def options() -> ServerOptions:
    return ServerOptions()


@pytest.fixture
async def world(options: ServerOptions) -> AsyncIterator[World]:
    store = await open_store("memory:", ids=seeded_ids("store"), at="2026-01-31T12:00:00.000Z")
    world = World(store, options)
    yield world
    await world.close()
    await store.close()


@pytest.fixture
def make_world() -> type[World]:
    """Hand out the class, which tests cannot import."""
    return World


@pytest.fixture
def run_in_world(options: ServerOptions) -> Callable[..., None]:
    """Give each example of a property a world and a virtual loop of its own."""

    def run(scenario: Scenario, options: ServerOptions = options) -> None:
        with asyncio.Runner(loop_factory=virtual_loop_factory) as runner:
            runner.run(run_scenario(scenario, options))

    return run
