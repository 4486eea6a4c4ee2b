"""What nobody will see any more goes, with its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rxconvo.testing import advance
from rxconvo.transport.http import PlainRequest

if TYPE_CHECKING:
    from tests.server.media.conftest import Desk, Room

HOUR = 3600.0


async def kept(desk: Desk) -> int:
    """Count the media, which must be those with bytes."""
    recorded = await desk.blobs()
    assert recorded == set(desk.world.store.blobs._blobs)  # type: ignore[attr-defined]
    assert (await desk.usage() == 0) == (recorded == set())
    return len(recorded)


async def test_a_removed_message_takes_its_media_along(desk: Desk, room: Room) -> None:
    one, two, other = [await desk.upload() for _ in range(3)]
    message = await room.send(one["sid"], two["sid"])
    await room.send(other["sid"])
    url = one["links"]["content_direct_temporary"]
    assert (await desk.ask("GET", url, identity=None)).status == 200
    await room.ada.request("DELETE", desk.world.path(room.sid, "Messages", message["sid"]))
    assert await kept(desk) == 1
    assert (await desk.ask("GET", url, identity=None)).status == 404
    assert (await desk.get(one["sid"])).status == 404
    assert (await desk.get(other["sid"])).status == 200


async def test_a_download_under_way_comes_to_its_end(desk: Desk, room: Room) -> None:

    upload = await desk.upload(bytes(600_000))
    message = await room.send(upload["sid"])
    request = PlainRequest(method="GET", url=upload["links"]["content_direct_temporary"])
    async with desk.world.server.http.exchange(request) as answer:
        size = len(await anext(answer.body))
        await room.ada.request("DELETE", desk.world.path(room.sid, "Messages", message["sid"]))
        assert await kept(desk) == 0
        size += sum([len(piece) async for piece in answer.body])
    assert size == 600_000


async def test_one_removed_as_its_download_begins_is_not_found(
    desk: Desk, room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    upload = await desk.upload()
    message = await room.send(upload["sid"])
    blobs = desk.world.store.blobs
    open_blob = blobs.open

    async def open_late(sid: str) -> object:
        await room.ada.request("DELETE", desk.world.path(room.sid, "Messages", message["sid"]))
        return await open_blob(sid)

    monkeypatch.setattr(blobs, "open", open_late)
    assert (await desk.content(upload["sid"])).status == 404
    assert not caplog.records


async def test_a_deleted_conversation_takes_its_media_along(desk: Desk, room: Room) -> None:
    upload = await desk.upload()
    await room.send(upload["sid"])
    url = upload["links"]["content_direct_temporary"]
    await room.ada.request("DELETE", desk.world.path(room.sid))
    for identity in ("ada", "bob"):
        assert (await desk.get(upload["sid"], identity=identity)).status == 404
        assert (await desk.content(upload["sid"], identity=identity)).status == 404
    assert (await desk.ask("GET", url, identity=None)).status == 404
    await desk.upload()  # tidies up a little
    assert await kept(desk) == 1


async def test_media_of_a_large_conversation_go_little_by_little(desk: Desk, room: Room) -> None:
    for _ in range(25):
        await room.send((await desk.upload())["sid"])
    await room.ada.request("DELETE", desk.world.path(room.sid))
    await desk.upload()
    assert 0 < await kept(desk) - 1 < 25
    await desk.upload()
    assert await kept(desk) == 2


async def test_what_is_never_attached_goes_after_a_day(desk: Desk, room: Room) -> None:
    late, attached = await desk.upload(), await desk.upload()
    await room.send(attached["sid"])
    await advance(23.9 * HOUR)
    fresh = await desk.upload()
    assert (await desk.get(late["sid"])).status == 200
    await advance(0.2 * HOUR)
    await desk.upload(identity="bob")
    assert (await desk.get(late["sid"])).status == 404
    for sid in (attached["sid"], fresh["sid"]):
        assert (await desk.get(sid)).status == 200
    assert await kept(desk) == 3


async def test_any_mutation_tidies_up_now_and_then(desk: Desk) -> None:
    for _ in range(150):
        await desk.upload(b"")
    await advance(24.1 * HOUR)
    ada = await desk.world.peer("ada")
    for count, left in ((1, 50), (2, 0)):
        headers = {"X-Twilio-Mutation-Id": f"m{count}"}
        await ada.request("POST", f"{desk.world.api}/Conversations", {}, headers=headers)
        assert await kept(desk) == left
