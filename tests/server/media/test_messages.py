"""Media in messages: what is attached, what is told of it, and when it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.server.limits import Limits
from rxconvo.server.media.attaching import media_fields, store_text_media
from rxconvo.server.options import ServerOptions

if TYPE_CHECKING:
    from rxconvo.server.call import Call
    from rxconvo.server.storage.base import Transaction
    from tests.server.media.conftest import Desk, Room


async def test_a_message_tells_of_its_media(desk: Desk, room: Room) -> None:
    one = await desk.upload(b"hello media!", filename="note.txt")
    two = await desk.upload(b"<p>", content_type="text/html", category="body")
    message = await room.send(two["sid"], one["sid"], body="see")
    described = {"sid": one["sid"], "size": 12, "content_type": "text/plain", "filename": "note.txt"}
    body = {"sid": two["sid"], "size": 3, "content_type": "text/html", "filename": None}
    assert message["media"] == [body, described]
    (item,) = await room.items()
    first = {"sid": one["sid"], "category": "media", "filename": "note.txt", "contentType": "text/plain", "size": 12}
    second = {"sid": two["sid"], "category": "body", "filename": None, "contentType": "text/html", "size": 3}
    assert (item["type"], item["medias"], item["media"]) == ("media", [second, first], first)
    resource = (await desk.get(one["sid"], identity="bob")).body
    assert (resource["channel_sid"], resource["message_sid"]) == (room.sid, message["sid"])
    assert (await desk.content(one["sid"], identity="bob")).content == b"hello media!"


async def test_a_message_without_media_has_no_fields_of_them(room: Room) -> None:
    for body in ({"body": "x"}, {"body": "x", "media_sids": None}, {"body": "x", "media_sids": []}):
        response = await room.ada.request("POST", room.world.path(room.sid, "Messages"), body)
        assert response.body["media"] is None
    for item in await room.items():
        assert item["type"] == "text"
        assert not {"media", "medias"} & item.keys()


async def test_an_e_mail_alone_has_no_deprecated_media(desk: Desk, room: Room) -> None:
    body = await desk.upload(b"x", category="body")
    await room.send(body["sid"])
    (item,) = await room.items()
    assert (item["type"], len(item["medias"]), "media" in item) == ("media", 1, False)


async def test_edits_leave_the_media(desk: Desk, room: Room) -> None:
    message = await room.send((await desk.upload())["sid"], body="x")
    path = room.world.path(room.sid, "Messages", message["sid"])
    edited = (await room.ada.request("POST", path, {"body": "y"})).body
    assert edited["media"] == message["media"]
    (item,) = await room.items()
    assert (item["text"], len(item["medias"]), item["media"]["sid"]) == ("y", 1, message["media"][0]["sid"])


class TestRefusals:
    """What may not be attached; a refused message changes nothing."""

    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(attachments=2, attachments_total=20))

    @pytest.fixture
    async def uploads(self, desk: Desk) -> dict[str, str]:
        return {
            "mine": (await desk.upload(b"x"))["sid"],
            "more": (await desk.upload(b"x"))["sid"],
            "many": (await desk.upload(b"x"))["sid"],
            "large": (await desk.upload(bytes(20)))["sid"],
            "theirs": (await desk.upload(b"x", identity="bob"))["sid"],
            "html": (await desk.upload(b"x", content_type="text/html", category="body"))["sid"],
            "same": (await desk.upload(b"x", content_type="Text/Html;a=b", category="body"))["sid"],
        }

    @pytest.mark.parametrize(
        "media, expected",
        [
            (["theirs"], "your own uploads"),
            (["mine", "unknown"], "your own uploads"),
            (["mine", "mine"], "different"),
            (["mine", "more", "many"], "at most 2 media of category media"),
            (["mine", "large"], "at most 20 bytes"),
            (["html", "same"], "one body and one history of each"),
            (["mine"] * 7, "at most 6"),
        ],
    )
    async def test_it_is_refused(self, room: Room, uploads: dict[str, str], media: list[str], expected: str) -> None:
        response = await room.post(*(uploads.get(name, "ME" + "0" * 32) for name in media))
        assert (response.status, response.body["code"]) == (400, 20400)
        assert response.body["message"].startswith("media_sids must be")
        assert expected in response.body["message"]
        assert await room.items() == []
        await room.send(uploads["mine"], uploads["more"], uploads["html"])

    async def test_a_media_is_attached_once(self, room: Room, uploads: dict[str, str]) -> None:
        await room.send(uploads["mine"])
        assert (await room.post(uploads["mine"])).status == 400
        assert len(await room.items()) == 1

    async def test_a_message_refused_for_something_else_leaves_its_media_free(
        self, room: Room, uploads: dict[str, str]
    ) -> None:
        assert (await room.post(uploads["mine"], attributes="not json")).status == 400
        await room.send(uploads["mine"])

    async def test_a_message_that_comes_again_is_the_same(self, room: Room, uploads: dict[str, str]) -> None:
        path, body = room.world.path(room.sid, "Messages"), {"media_sids": [uploads["mine"]]}
        headers = {"X-Twilio-Mutation-Id": "m1"}
        answers = [await room.ada.request("POST", path, body, headers=headers) for _ in range(2)]
        assert answers[0].body == answers[1].body
        assert len(await room.items()) == 1

    async def test_who_may_not_send_attaches_nothing(self, desk: Desk, room: Room, uploads: dict[str, str]) -> None:
        cho = await desk.world.peer("cho")
        sid = (await desk.upload(b"x", identity="cho"))["sid"]
        assert (await room.post(sid, peer=cho)).status == 404
        assert (await desk.get(sid, identity="cho")).body["message_sid"] is None


class TestConfiguration:
    """The client is told the limits that hold."""

    @pytest.fixture
    def options(self) -> ServerOptions:
        limits = Limits(attachments=3, attachment=7 * 2**20, attachments_total=9 * 2**20, email_types=("text/plain",))
        return ServerOptions(limits=limits)

    async def test_they_are_in_the_configuration(self, desk: Desk) -> None:
        told = (await (await desk.world.peer("ada")).get("/Client/v2/Configuration")).body["options"]
        assert {name: value for name, value in told.items() if name.startswith(("media", "email"))} == {
            "media_attachments_count_limit": 3,
            "media_attachment_size_limit_in_mb": 7,
            "media_attachments_total_size_limit_in_mb": 9,
            "email_histories_allowed_mime_types": ["text/plain"],
            "email_bodies_allowed_mime_types": ["text/plain"],
        }
        assert (await desk.post(content_type="text/html", category="body")).status == 415


async def test_a_small_text_can_be_a_part_of_a_message(desk: Desk, room: Room) -> None:
    rich = "application/x-vnd.com.twilio.rich.text"
    service = desk.world.server._core

    def work(tx: Transaction) -> Any:
        call: Call = service.call("ada")
        media = store_text_media(
            tx, call, '{"data": {}}', content_type=rich, conversation_sid=room.sid, message_sid="IM1"
        )
        return media_fields([media])

    fields = await desk.world.store.run(work, lambda fields: fields)
    assert (fields["type"], "media" in fields) == ("media", False)
    (item,) = fields["medias"]
    assert (item["category"], item["contentType"], item["size"]) == ("body", rich, 12)
    got = await desk.content(item["sid"], identity="bob")
    assert (got.content, got.headers["content-type"]) == (b'{"data": {}}', "application/octet-stream")
    assert (await desk.content(item["sid"], identity="bob", range="bytes=0-0")).content == b"{"
    assert await desk.blobs() == set()
    assert (await desk.get(item["sid"], identity="cho")).status == 404
