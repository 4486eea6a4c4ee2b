"""Requests for media, as a client makes them, without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
import pytest

from rxconvo.transport.http import PlainRequest

if TYPE_CHECKING:
    from tests.server.conftest import Peer, Response, World

ORIGIN = "http://here.example:8080"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)


@dataclass(frozen=True)
class Got:
    """An answer, all of it."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return orjson.loads(self.content)

    @property
    def code(self) -> int:
        return int(self.body["code"])


class Desk:
    """Where media are handed in and fetched."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.path = f"/v1/Services/{world.keys.service_sid}/Media"

    async def ask(
        self,
        method: str,
        url: str,
        *,
        identity: str | None = "ada",
        body: bytes | Iterable[bytes] | None = None,
        length: int | None = None,
        **headers: str,
    ) -> Got:
        """Make a request; an identity brings its token along. A path goes to the origin of the tests."""
        pieces = None if body is None else in_pieces([body] if isinstance(body, bytes) else body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if identity is not None:
            named["x-twilio-token"] = self.world.server.mint(identity)
        request = PlainRequest(
            method=method,
            url=url if "://" in url else f"{ORIGIN}{url}",
            headers=named,
            body=pieces,
            length=length,
        )
        async with self.world.server.http.exchange(request) as answer:
            return Got(answer.status, dict(answer.headers), b"".join([piece async for piece in answer.body]))

    async def post(
        self,
        body: bytes | Iterable[bytes] | None = b"hello media!",
        *,
        content_type: str | None = "text/plain",
        identity: str | None = "ada",
        length: int | None = None,
        headers: dict[str, Any] | None = None,
        category: str | None = None,
        filename: str | None = None,
    ) -> Got:
        """Upload something."""
        query = {"Category": category, "Filename": filename}
        url = f"{self.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"
        more: dict[str, Any] = ({} if content_type is None else {"content-type": content_type}) | (headers or {})
        return await self.ask("POST", url, identity=identity, body=body, length=length, **more)

    async def upload(self, body: bytes | Iterable[bytes] | None = b"hello media!", **more: Any) -> dict[str, Any]:
        """Upload something that is taken."""
        got = await self.post(body, **more)
        assert got.status == 201, got
        resource: dict[str, Any] = got.body
        return resource

    async def get(self, sid: str, *, identity: str | None = "ada") -> Got:
        return await self.ask("GET", f"{self.path}/{sid}", identity=identity)

    async def content(self, sid: str, *, identity: str | None = "ada", **headers: Any) -> Got:
        return await self.ask("GET", f"{self.path}/{sid}/Content", identity=identity, **headers)

    async def find(self, *sids: str, identity: str = "ada") -> Got:
        """Ask for a set."""
        wanted = orjson.dumps({"command": "get", "list": [{"media_sid": sid} for sid in sids]})
        return await self.ask("POST", f"{self.path}Set", identity=identity, body=wanted)

    async def usage(self, identity: str | None = None) -> int:
        return await self.world.store.run(lambda tx: tx.media_usage(identity), lambda usage: usage)

    async def blobs(self) -> set[str]:
        """Name the media that are recorded as having bytes outside of the database."""
        query = "SELECT sid FROM media WHERE content IS NULL"

        def work(tx: Any) -> set[str]:
            return {sid for (sid,) in tx._connection.execute(query)}

        return await self.world.store.run(work, lambda blobs: blobs)


class Room:
    """A conversation of ada and bob, and what can be sent there."""

    def __init__(self, desk: Desk, ada: Peer, bob: Peer, sid: str) -> None:
        self.desk = desk
        self.ada = ada
        self.bob = bob
        self.sid = sid
        self.world = desk.world

    async def post(self, *media: str, peer: Peer | None = None, **more: Any) -> Response:
        body = {"media_sids": list(media), **more}
        return await (peer or self.ada).request("POST", self.world.path(self.sid, "Messages"), body)

    async def send(self, *media: str, **more: Any) -> dict[str, Any]:
        response = await self.post(*media, **more)
        assert response.status == 201, response
        resource: dict[str, Any] = response.body
        return resource

    async def items(self, peer: Peer | None = None) -> list[dict[str, Any]]:
        """Read the data of all messages."""
        page = await (peer or self.bob).get(f"/v3/Lists/{self.sid}.messages/Items")
        return [item["data"] for item in page.body["items"]]


async def in_pieces(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture
async def room(desk: Desk) -> Room:
    world = desk.world
    ada, bob = await world.peer("ada"), await world.peer("bob")
    sid = await world.create(ada)
    await world.join(ada, sid)
    await world.join(ada, sid, "bob")
    return Room(desk, ada, bob, sid)
