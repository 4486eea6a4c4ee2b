"""Who may not see a media gets what an unknown one gives, to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.server.media.conftest import Desk, Got, Room

UNKNOWN = "ME" + "0" * 32


async def seen(desk: Desk, sid: str, identity: str) -> list[Got]:
    """Ask for a media in every way; what a client has said itself, the sid, is made the same."""
    answers = [
        await desk.get(sid, identity=identity),
        await desk.content(sid, identity=identity),
        await desk.content(sid, identity=identity, range="bytes=0-0"),
        await desk.ask("HEAD", f"{desk.path}/{sid}/Content", identity=identity),
        await desk.find(sid, identity=identity),
    ]
    return [type(got)(got.status, got.headers, got.content.replace(sid.encode(), b"SID")) for got in answers]


async def check(desk: Desk, sid: str, *, visible: set[str]) -> None:
    """Check who sees a media, and that for all others it does not exist."""
    for identity in ("ada", "bob", "cho", "former"):
        answers, unknown = await seen(desk, sid, identity), await seen(desk, UNKNOWN, identity)
        if identity in visible:
            assert [got.status for got in answers] == [200, 200, 206, 200, 200], identity
            assert answers[4].body[0]["code"] == 200
        else:
            assert answers == unknown, identity
            assert [got.status for got in answers] == [404, 404, 404, 404, 200], identity


@pytest.fixture
async def upload(desk: Desk) -> str:
    return str((await desk.upload())["sid"])


async def test_an_upload_is_its_author_s(desk: Desk, room: Room, upload: str) -> None:
    await check(desk, upload, visible={"ada"})


async def test_an_attached_one_is_for_who_may_read_the_conversation(desk: Desk, room: Room, upload: str) -> None:
    world = desk.world
    await world.join(room.ada, room.sid, "former")
    await room.send(upload)
    await check(desk, upload, visible={"ada", "bob", "former"})
    await room.ada.request("DELETE", world.path(room.sid, "Participants", "former"))
    await check(desk, upload, visible={"ada", "bob"})


async def test_an_address_holds_no_longer_than_it_s_seen(desk: Desk, room: Room, upload: str) -> None:
    world = desk.world
    await world.join(room.ada, room.sid, "former")
    await room.send(upload)
    addresses = {
        identity: (await desk.get(upload, identity=identity)).body["links"]["content_direct_temporary"]
        for identity in ("ada", "former")
    }
    assert [(await desk.ask("GET", url, identity=None)).status for url in addresses.values()] == [200, 200]
    await room.ada.request("DELETE", world.path(room.sid, "Participants", "former"))
    assert [(await desk.ask("GET", url, identity=None)).status for url in addresses.values()] == [200, 404]


async def test_its_author_sees_it_no_longer_than_others(desk: Desk, room: Room) -> None:
    upload = str((await desk.upload(identity="bob"))["sid"])
    assert (await room.post(upload, peer=room.bob)).status == 201
    await check(desk, upload, visible={"ada", "bob"})
    await room.bob.request("DELETE", desk.world.path(room.sid, "Participants", "bob"))
    await check(desk, upload, visible={"ada"})


async def test_a_public_conversation_shows_its_media_to_members_alone(desk: Desk, upload: str) -> None:
    world = desk.world
    ada = await world.peer("ada")
    sid = await world.create(ada, access="public")
    await world.join(ada, sid)
    response = await ada.request("POST", world.path(sid, "Messages"), {"media_sids": [upload]})
    assert response.status == 201
    await check(desk, upload, visible={"ada"})


async def test_a_removed_one_is_nobody_s(desk: Desk, room: Room, upload: str) -> None:
    message = await room.send(upload)
    await room.ada.request("DELETE", desk.world.path(room.sid, "Messages", message["sid"]))
    await check(desk, upload, visible=set())


async def test_one_of_a_deleted_conversation_is_nobody_s(desk: Desk, room: Room, upload: str) -> None:
    await room.send(upload)
    await room.ada.request("DELETE", desk.world.path(room.sid))
    await check(desk, upload, visible=set())


async def test_media_of_others_cannot_be_attached_to_be_seen(desk: Desk, room: Room, upload: str) -> None:
    world = desk.world
    cho = await world.peer("cho")
    sid = await world.create(cho)
    await world.join(cho, sid)
    refusals = [
        await cho.request("POST", world.path(sid, "Messages"), {"media_sids": [wanted]}) for wanted in (upload, UNKNOWN)
    ]
    assert refusals[0].status == 400
    assert refusals[0].body == refusals[1].body
    await check(desk, upload, visible={"ada"})


@pytest.mark.parametrize("token", [None, "", "nonsense", "eyJ.eyJ.x"])
@pytest.mark.parametrize("method, rest", [("POST", ""), ("GET", "/{sid}"), ("GET", "/{sid}/Content"), ("POST", "Set")])
async def test_without_a_good_token_nothing_is_told(
    desk: Desk, upload: str, method: str, rest: str, token: str | None
) -> None:
    headers: dict[str, Any] = {} if token is None else {"x_twilio_token": token}
    answers = [
        await desk.ask(method, f"{desk.path}{rest.format(sid=sid)}", identity=None, body=b"{}", **headers)
        for sid in (upload, UNKNOWN)
    ]
    assert (answers[0].status, answers[0].code) == (401, 20101)
    assert answers[0] == answers[1]


async def test_the_code_says_what_is_wrong_with_a_token(desk: Desk) -> None:
    world = desk.world
    token = world.server.mint("ada", 60.0)
    world.skew = 61.0
    got = await desk.ask("GET", f"{desk.path}/ME1", identity=None, x_twilio_token=token)
    assert (got.status, got.code) == (401, 20104)
