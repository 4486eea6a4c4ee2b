"""Room for media: quotas, and how much may be under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

from rxconvo.server.limits import Limits
from rxconvo.server.options import ServerOptions
from rxconvo.transport.http import PlainRequest
from tests.server.media.conftest import ORIGIN

if TYPE_CHECKING:
    from tests.server.media.conftest import Desk, Got, Room

BLOCK = 4096


class Slow:
    """An upload whose bytes come when they are let come."""

    def __init__(self, desk: Desk, identity: str = "ada") -> None:
        self.desk = desk
        self.identity = identity
        self.pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.task = asyncio.create_task(self._run())

    async def _body(self) -> AsyncIterator[bytes]:
        while (piece := await self.pieces.get()) is not None:
            yield piece

    async def _run(self) -> int:
        headers = {"x-twilio-token": self.desk.world.server.mint(self.identity)}
        request = PlainRequest(method="POST", url=f"{ORIGIN}{self.desk.path}", headers=headers, body=self._body())
        async with self.desk.world.server.http.exchange(request) as answer:
            return answer.status

    async def send(self, *pieces: bytes | None) -> None:
        for piece in pieces:
            self.pieces.put_nowait(piece)
        await asyncio.sleep(1.0)


class TestOfOne:
    """The quota of a user."""

    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(media_quota=3 * BLOCK, attachment=10**6))

    async def test_many_small_ones_are_counted_as_blocks(self, desk: Desk) -> None:
        statuses = [(await desk.post(b"x")).status for _ in range(4)]
        assert statuses == [201, 201, 201, 507]
        assert await desk.usage("ada") == await desk.usage() == 3 * BLOCK

    async def test_a_large_one_is_refused_before_it_is_whole(self, desk: Desk) -> None:
        taken: list[int] = []

        def endless() -> Iterator[bytes]:
            while True:
                taken.append(1000)
                yield bytes(1000)

        got = await desk.post(endless())
        assert (got.status, got.code) == (507, 20507)
        assert sum(taken) < 300_000
        assert await desk.usage() == 0

    async def test_the_quota_is_each_one_s_own(self, desk: Desk) -> None:
        for identity in ("ada", "bob"):
            await desk.upload(bytes(3 * BLOCK), identity=identity)
            assert (await desk.post(b"x", identity=identity)).status == 507

    async def test_what_goes_makes_room(self, desk: Desk, room: Room) -> None:
        resource = await desk.upload(bytes(3 * BLOCK))
        message = await room.send(resource["sid"])
        assert (await desk.post(b"x")).status == 507
        await room.ada.request("DELETE", desk.world.path(room.sid, "Messages", message["sid"]))
        assert await desk.usage() == 0
        assert (await desk.post(b"x")).status == 201

    async def test_what_is_under_way_takes_room(self, desk: Desk) -> None:
        slow = Slow(desk)
        await slow.send(bytes(300_000))
        assert await slow.task == 507  # a piece that is written counts, though the upload goes on
        first, second = Slow(desk), Slow(desk)
        await first.send(bytes(2 * BLOCK))
        await second.send(bytes(2 * BLOCK), None)
        assert await second.task == 201
        await first.send(None)
        assert await first.task == 507
        assert await desk.usage() == 2 * BLOCK

    async def test_as_many_at_a_time_as_are_allowed(self, desk: Desk) -> None:
        slow = [Slow(desk) for _ in range(8)]
        await slow[0].send()
        got: Got = await desk.post(b"x")
        assert (got.status, got.code, got.headers["retry-after"]) == (429, 20429, "1.000")
        assert (await desk.post(b"x", identity="bob")).status == 201
        slow[0].task.cancel()
        await asyncio.wait([slow[0].task])
        assert (await desk.post(b"x")).status == 201
        for each in slow[1:]:
            each.task.cancel()
        await asyncio.wait([each.task for each in slow])
        assert await desk.blobs() == set(desk.world.store.blobs._blobs)  # type: ignore[attr-defined]


class TestOfAll:
    """The room that there is."""

    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(media_memory=2 * BLOCK))

    async def test_it_is_shared(self, desk: Desk) -> None:
        for identity in ("ada", "bob"):
            await desk.upload(b"x", identity=identity)
        got = await desk.post(b"x", identity="cho")
        assert (got.status, got.code) == (507, 20507)
        assert b"ada" not in got.content


class TestRates:
    """Uploads are mutations."""

    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(identity_rate=1.0))

    async def test_uploads_count(self, desk: Desk) -> None:
        statuses = [(await desk.post(b"x")).status for _ in range(3)]
        assert statuses == [201, 201, 429]
