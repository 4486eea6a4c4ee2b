"""Addresses, downloads and contents of the media of a conversation's messages."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import orjson
import pytest

import rxconvo
from rxconvo import (
    ContentDataOther,
    ContentDataText,
    ContentTemplateVariable,
    Media,
    SendMediaOptions,
    TransferProgress,
)
from rxconvo.errors import (
    ArgumentError,
    ConnectionError,
    DetachedError,
    NotFoundError,
    OutcomeUnknownError,
    PayloadError,
    RejectedError,
)
from rxconvo.testing import advance, settle
from rxconvo.transport.http import PlainResponse

PIECE = 256 * 1024  # as the service gives them
CONTENT = bytes(range(256)) * 4096  # four of these
RICH = "application/x-vnd.com.twilio.rich."


class Gallery:
    """A message of bob's with two files and the body of an e-mail, as ada sees it.

    Attributes:
        message: The message.
        big: The first file, of four pieces.
        office: What carries ada's requests for media.
    """

    def __init__(self, room: Any, message: rxconvo.Message[rxconvo.Conversation]) -> None:
        self.room = room
        self.message = message
        self.big, self.small, self.page = message.medias
        self.office = room.world.post("ada")

    def asked(self) -> list[str]:
        names: list[str] = self.office.requests()
        return names


@pytest.fixture
async def gallery(room: Any) -> Gallery:
    await (
        room.theirs.prepare_message()
        .add_media(SendMediaOptions("application/octet-stream", CONTENT, "big.bin"))
        .add_media(SendMediaOptions("text/plain", "note", "note.txt"))
        .set_email_body("text/html", SendMediaOptions(None, "<p>"))
        .build_and_send()
    )
    await settle()
    page = await room.mine.get_messages(1)
    return Gallery(room, page.items[-1])


def contents(answer: Any) -> Any:
    """Return a hook for a post office: who asks for contents gets that answer."""
    return lambda request: answer if "?" in request.url else None


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


class TestAddresses:
    async def test_of_one_media(self, gallery: Gallery) -> None:
        url = await gallery.big.get_content_temporary_url()
        assert url is not None
        assert url.startswith("http://rxconvo.invalid/")
        assert gallery.asked() == [f"GET {gallery.big.sid[:8]}"]
        (request,) = gallery.office.asked
        assert set(request.headers) == {"x-twilio-token"}
        await advance(2)
        assert await gallery.big.get_content_temporary_url() != url

    async def test_of_all_files_of_a_message(self, gallery: Gallery) -> None:
        urls = await gallery.message.get_temporary_content_urls_for_attached_media()
        assert urls.keys() == {gallery.big.sid, gallery.small.sid}
        (request,) = gallery.office.asked
        assert (request.method, request.url.endswith("/MediaSet")) == ("POST", True)
        assert request.headers["content-type"] == "application/json"
        assert request.length == len(gallery.office.bodies[0])
        assert orjson.loads(bytes(gallery.office.bodies[0])) == {
            "command": "get",
            "list": [{"media_sid": gallery.big.sid}, {"media_sid": gallery.small.sid}],
        }

    async def test_of_some(self, gallery: Gallery) -> None:
        message, page = gallery.message, gallery.page
        assert (await message.get_temporary_content_urls_for_media([page])).keys() == {page.sid}
        assert (await message.get_temporary_content_urls_for_media_sids((page.sid,))).keys() == {page.sid}
        client = gallery.room.ada
        assert (await client.get_temporary_content_urls_for_media([page])).keys() == {page.sid}
        assert (await client.get_temporary_content_urls_for_media_sids([page.sid])).keys() == {page.sid}

    async def test_one_that_cannot_be_had_fails_them_all(self, gallery: Gallery) -> None:
        sids = [gallery.big.sid, f"ME{'0' * 32}"]
        with pytest.raises(NotFoundError, match=sids[1]):
            await gallery.message.get_temporary_content_urls_for_media_sids(sids)

    async def test_media_anew_with_their_addresses(self, gallery: Gallery) -> None:
        page, big = await gallery.message.attach_temporary_urls_for([gallery.page, gallery.big])
        assert (page.sid, big.sid) == (gallery.page.sid, gallery.big.sid)
        assert page.temporary_url is not None
        assert msgspec.structs.replace(big, temporary_url=None) == gallery.big
        assert await big.read() == CONTENT

    @pytest.mark.parametrize("answer", [{"sid": "ME1"}, {"sid": "ME1", "links": {"content_direct_temporary": None}}])
    async def test_where_the_service_gives_none(self, gallery: Gallery, packets: Any, answer: Any) -> None:
        media = gallery.big
        gallery.office.asking = lambda _: packets.plain_answer(200, answer)
        assert await media.get_content_temporary_url() is None
        with pytest.raises(PayloadError, match="no address"):
            await media.read()
        gallery.office.asking = lambda _: packets.plain_answer(200, [{"code": 200, "media_record": answer}])
        assert await gallery.message.get_temporary_content_urls_for_media([media]) == {}
        assert await gallery.message.attach_temporary_urls_for([media]) == [media]

    @pytest.mark.parametrize("wrong", [(), [], None, "ME1", [1], [""]])
    async def test_wrong_arguments_are_refused_and_nothing_is_asked(self, gallery: Gallery, wrong: Any) -> None:
        client, message = gallery.room.ada, gallery.message
        for owner in (client, message):
            with pytest.raises(ArgumentError, match="media"):
                owner.get_temporary_content_urls_for_media(wrong)
            with pytest.raises(ArgumentError, match="sids"):
                owner.get_temporary_content_urls_for_media_sids(wrong)
        with pytest.raises(ArgumentError, match="media"):
            message.attach_temporary_urls_for(wrong)
        with pytest.raises(ArgumentError, match="sids"):
            gallery.room.mine.get_temporary_content_urls(wrong)
        with pytest.raises(ArgumentError, match="media"):
            gallery.room.mine.attach_temporary_urls(wrong)
        with pytest.raises(ArgumentError, match="non-empty"):
            gallery.room.message.get_temporary_content_urls_for_attached_media()
        await settle()
        assert gallery.asked() == []

    @pytest.mark.parametrize("body", [b"", b"[{}]", b"[1]", b"{", b'[{"code":200,"media_record":1}]', b"\xff"])
    async def test_an_answer_that_cannot_be_read_is_an_error(self, gallery: Gallery, packets: Any, body: bytes) -> None:
        gallery.office.asking = lambda _: packets.plain_answer(200, body)
        with pytest.raises(PayloadError):
            await gallery.message.get_temporary_content_urls_for_attached_media()

    @pytest.mark.parametrize(
        "code,kind", [(403, RejectedError), (429, OutcomeUnknownError), (500, OutcomeUnknownError)]
    )
    async def test_the_code_of_one_counts_like_a_status(
        self, gallery: Gallery, packets: Any, code: int, kind: type[Exception]
    ) -> None:
        answer = [{"code": code, "media_record": {"sid": gallery.big.sid}}]
        gallery.office.asking = lambda _: packets.plain_answer(200, answer)
        with pytest.raises(kind, match=gallery.big.sid):
            await gallery.message.get_temporary_content_urls_for_attached_media()

    async def test_requests_for_media_are_not_repeated(self, gallery: Gallery, packets: Any) -> None:
        gallery.office.asking = lambda _: packets.plain_answer(503)
        with pytest.raises(OutcomeUnknownError, match="503"):
            await gallery.big.get_content_temporary_url()
        assert len(gallery.office.asked) == 1

    async def test_a_stranger_sees_none_of_them(self, gallery: Gallery) -> None:
        eve = await gallery.room.stranger()
        with pytest.raises(NotFoundError):
            await eve.get_temporary_content_urls_for_media([gallery.big])

    async def test_without_a_media_service_there_is_an_error(self, gallery: Gallery) -> None:
        context = gallery.room.ada._context
        links = msgspec.structs.replace(context.configuration.links, media_service=None)
        context.configuration = msgspec.structs.replace(context.configuration, links=links)
        with pytest.raises(PayloadError, match="no media service"):
            await gallery.big.get_content_temporary_url()


class TestDownload:
    async def test_the_file_is_there_when_it_completes(self, gallery: Gallery, tmp_path: Path) -> None:
        seen: list[object] = []
        target = tmp_path / "cat.bin"
        gallery.big.download(target).subscribe(seen.append, seen.append, lambda: seen.append(target.read_bytes()))
        await settle()
        total = len(CONTENT)
        assert seen == [*(TransferProgress(done, total) for done in range(0, total + 1, PIECE)), CONTENT]
        assert names(tmp_path) == ["cat.bin"]
        assert [set(request.headers) for request in gallery.office.asked] == [{"x-twilio-token"}, set()]

    async def test_awaited_it_gives_the_last_progress(self, gallery: Gallery, tmp_path: Path) -> None:
        path = str(tmp_path / "note.txt")
        assert await gallery.small.download(path) == TransferProgress(4, 4)
        assert (tmp_path / "note.txt").read_text() == "note"

    async def test_nothing_happens_before_it_is_subscribed(self, gallery: Gallery, tmp_path: Path) -> None:
        gallery.big.download(tmp_path / "cat.bin")
        await settle()
        assert (gallery.asked(), names(tmp_path)) == ([], [])

    async def test_each_subscription_downloads_anew(self, gallery: Gallery, tmp_path: Path) -> None:
        download = gallery.small.download(tmp_path / "note.txt")
        await download
        (tmp_path / "note.txt").unlink()
        await download
        assert names(tmp_path) == ["note.txt"]
        assert len(gallery.office.asked) == 4

    @pytest.mark.parametrize("path", ["", None, 1, b"x"])
    async def test_a_wrong_path_is_refused(self, gallery: Gallery, path: Any) -> None:
        with pytest.raises(ArgumentError, match="path"):
            gallery.big.download(path)
        await settle()
        assert gallery.asked() == []

    async def test_dispose_breaks_it_off_and_leaves_nothing(self, gallery: Gallery, tmp_path: Path) -> None:
        async def moving(piece: bytes) -> None:
            await asyncio.sleep(1)

        gallery.office.moving = moving
        told: list[object] = []
        subscription = gallery.big.download(tmp_path / "cat.bin").subscribe(lambda _: None, told.append)
        await asyncio.sleep(3.5)
        assert len(names(tmp_path)) == 1
        subscription.dispose()
        await settle()
        assert (names(tmp_path), told, gallery.office.begun) == ([], [], 0)

    async def test_its_own_observer_can_break_it_off(self, gallery: Gallery, tmp_path: Path) -> None:
        seen: list[TransferProgress] = []
        ended: list[bool] = []
        gallery.big.download(tmp_path / "cat.bin").take(2).subscribe(seen.append, None, lambda: ended.append(True))
        await settle()
        assert (len(seen), ended, names(tmp_path), gallery.office.begun) == (2, [True], [], 0)

    async def test_an_observer_that_raises_breaks_it_off(self, gallery: Gallery, tmp_path: Path) -> None:
        def wrong(_: object) -> None:
            raise ValueError("mine")

        faults: list[object] = []
        gallery.room.ada.errors.subscribe(faults.append)
        gallery.big.download(tmp_path / "cat.bin").subscribe(wrong)
        await settle()
        assert (len(faults), names(tmp_path), gallery.office.begun) == (1, [], 0)

    async def test_cancelling_who_awaits_it_breaks_it_off(self, gallery: Gallery, tmp_path: Path) -> None:
        async def moving(piece: bytes) -> None:
            await asyncio.sleep(1)

        gallery.office.moving = moving
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3.5):
                await gallery.big.download(tmp_path / "cat.bin")
        await settle()
        assert (names(tmp_path), gallery.office.begun) == ([], 0)

    async def test_the_shutdown_breaks_it_off(self, gallery: Gallery, tmp_path: Path) -> None:
        async def moving(piece: bytes) -> None:
            await asyncio.sleep(1)

        gallery.office.moving = moving
        told: list[object] = []
        gallery.big.download(tmp_path / "cat.bin").subscribe(lambda _: None, told.append)
        await asyncio.sleep(3.5)
        await gallery.room.ada.shutdown()
        await settle()
        assert (names(tmp_path), gallery.office.begun) == ([], 0)
        assert "shut down" in str(told[0])

    async def test_after_the_shutdown_it_fails(self, gallery: Gallery, tmp_path: Path) -> None:
        download = gallery.big.download(tmp_path / "cat.bin")
        await gallery.room.ada.shutdown()
        with pytest.raises(rxconvo.ClosedError):
            await download
        with pytest.raises(DetachedError):
            gallery.big.download(tmp_path / "cat.bin")

    async def test_a_connection_lost_on_the_way_leaves_a_former_file(self, gallery: Gallery, tmp_path: Path) -> None:
        target = tmp_path / "cat.bin"
        target.write_bytes(b"former")

        async def moving(piece: bytes) -> None:
            if len(piece) == PIECE:
                raise ConnectionError("cut")

        gallery.office.moving = moving
        with pytest.raises(OutcomeUnknownError, match="cut"):
            await gallery.big.download(target)
        assert (names(tmp_path), target.read_bytes()) == (["cat.bin"], b"former")

    async def test_an_address_that_has_expired_is_refused(self, gallery: Gallery, tmp_path: Path, packets: Any) -> None:
        gallery.office.asking = contents(packets.plain_answer(403, {"message": "late"}))
        with pytest.raises(RejectedError, match="late"):
            await gallery.big.download(tmp_path / "cat.bin")
        assert names(tmp_path) == []

    async def test_a_file_that_cannot_be_written_is_its_own_error(self, gallery: Gallery, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            await gallery.big.download(tmp_path / "no" / "cat.bin")
        assert gallery.office.begun == 0

    async def test_an_empty_file(self, gallery: Gallery, tmp_path: Path) -> None:
        path = tmp_path / "empty"
        path.write_bytes(b"")
        await gallery.room.theirs.send_message(SendMediaOptions("text/plain", path))
        await settle()
        (message,) = (await gallery.room.mine.get_messages(1)).items
        assert await message.media.read() == b""
        assert await message.media.download(tmp_path / "copy") == TransferProgress(0, 0)
        assert (tmp_path / "copy").read_bytes() == b""

    async def test_where_the_size_is_not_told_it_is_not_guessed(
        self, gallery: Gallery, tmp_path: Path, packets: Any
    ) -> None:
        gallery.office.asking = contents(packets.plain_answer(200, b"some"))
        assert await gallery.big.download(tmp_path / "x") == TransferProgress(4, None)

    async def test_a_size_of_what_was_packed_is_not_taken_for_that_of_the_content(
        self, gallery: Gallery, tmp_path: Path, packets: Any
    ) -> None:
        packed = {"content-length": "2", "content-encoding": "gzip"}
        gallery.office.asking = contents(replace(packets.plain_answer(200, b"some"), headers=packed))
        assert await gallery.big.download(tmp_path / "x") == TransferProgress(4, None)

    async def test_a_service_that_is_not_there_is_an_unknown_outcome(self, gallery: Gallery, tmp_path: Path) -> None:
        await gallery.room.world.service.close()
        with pytest.raises(OutcomeUnknownError, match="not running"):
            await gallery.big.download(tmp_path / "x")


class TestRead:
    async def test_it_gives_the_content(self, gallery: Gallery) -> None:
        assert await gallery.big.read() == CONTENT
        assert await gallery.page.read(3) == b"<p>"

    @pytest.mark.parametrize("max_size", [3, 0, -1, None, "4", 4.0, True])
    async def test_what_is_larger_is_refused(self, gallery: Gallery, max_size: Any) -> None:
        with pytest.raises(ArgumentError, match="max_size"):
            gallery.small.read(max_size)
        await settle()
        assert gallery.asked() == []

    async def test_more_than_was_told_is_not_taken(self, gallery: Gallery) -> None:
        lying = msgspec.structs.replace(gallery.big, size=4)
        with pytest.raises(PayloadError, match="more than 1000 bytes"):
            await lying.read(1000)
        assert gallery.office.begun == 0

    async def test_a_connection_lost_on_the_way_is_an_unknown_outcome(self, gallery: Gallery, packets: Any) -> None:
        gallery.office.asking = contents(packets.plain_answer(200, b"some", cut=True))
        with pytest.raises(OutcomeUnknownError, match="cut"):
            await gallery.big.read()


class TestContentData:
    @staticmethod
    async def rich(
        gallery: Gallery, packets: Any, body: bytes, content_type: str = f"{RICH}twilio.text"
    ) -> rxconvo.Message[rxconvo.Conversation]:
        """Return a message whose content is kept as *body*."""

        def asking(request: Any) -> PlainResponse:
            url = "https://media.invalid/x?signed"
            resource = {"sid": "ME2", "links": {"content_direct_temporary": url}}
            answer: PlainResponse = packets.plain_answer(200, body if request.url == url else resource)
            return answer

        gallery.office.asking = asking
        home = gallery.big.home
        medias = (
            Media("ME1", "body", None, "text/html", home=home),
            Media("ME2", "body", None, content_type, home=home),
        )
        return msgspec.structs.replace(gallery.message, content_sid="HX1", medias=medias)

    async def test_it_is_read(self, gallery: Gallery, packets: Any) -> None:
        message = await self.rich(gallery, packets, b'{"data":{"body":"hello world"}}')
        assert await message.get_content_data() == ContentDataText("hello world", '{"body":"hello world"}')
        assert [(request.url[-4:], set(request.headers)) for request in gallery.office.asked] == [
            ("/ME2", {"x-twilio-token"}),
            ("gned", set()),
        ]

    async def test_what_is_unknown_is_kept(self, gallery: Gallery, packets: Any) -> None:
        message = await self.rich(gallery, packets, b'{"data":{"x":1}}', f"{RICH}twilio.new.thing")
        assert await message.get_content_data() == ContentDataOther('{"x":1}')

    @pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"data":"' + b"x" * 2**20 + b'"}'])
    async def test_what_cannot_be_read_is_an_error(self, gallery: Gallery, packets: Any, body: bytes) -> None:
        message = await self.rich(gallery, packets, body)
        with pytest.raises(PayloadError):
            await message.get_content_data()

    async def test_where_there_is_none_nothing_is_asked(self, gallery: Gallery, packets: Any) -> None:
        message = await self.rich(gallery, packets, b"")
        for plain in (
            gallery.message,
            msgspec.structs.replace(message, content_sid=None),
            msgspec.structs.replace(message, medias=message.medias[:1]),
            msgspec.structs.replace(message, medias=()),
        ):
            assert await plain.get_content_data() is None
        assert gallery.asked() == []

    async def test_without_an_address_there_is_none(self, gallery: Gallery, packets: Any) -> None:
        message = await self.rich(gallery, packets, b"")
        gallery.office.asking = lambda _: packets.plain_answer(200, {"sid": "ME2"})
        assert await message.get_content_data() is None


VARIANTS: dict[str, tuple[dict[str, Any], str]] = {
    "twilio/text": ({"body": "hello {{1}}"}, "text"),
    "twilio/media": ({"body": "hello {{1}}", "media": ["https://example.test/{{1}}.png"]}, "media"),
    "twilio/location": ({"longitude": 1.5, "latitude": 2.5, "label": "{{1}}"}, "location"),
    "twilio/quick-reply": ({"body": "hello {{1}}", "actions": [{"title": "{{1}}", "id": "1"}]}, "quickReply"),
    "twilio/call-to-action": (
        {"body": "hello {{1}}", "actions": [{"type": "URL", "title": "{{1}}", "url": "https://example.test/{{1}}"}]},
        "callToAction",
    ),
    "twilio/list-picker": (
        {"body": "hello {{1}}", "button": "{{1}}", "items": [{"id": "1", "item": "{{1}}"}]},
        "listPicker",
    ),
    "twilio/card": ({"title": "{{1}}", "subtitle": "of {{1}}"}, "card"),
    "acme/hologram": ({"depth": "{{1}}"}, "other"),
}


@pytest.mark.parametrize("kind", VARIANTS)
async def test_a_message_made_from_a_template_has_its_content(room: Any, kind: str) -> None:
    variant, name = VARIANTS[kind]
    template = {"friendly_name": "greeting", "variables": '{"1":"world"}', "variants": {kind: variant}}
    (sid,) = (await room.world.service.control("templates", templates=[template]))["templates"]
    await room.mine.prepare_message().set_content_template(sid).build_and_send()
    await room.mine.prepare_message().set_content_template(sid, [ContentTemplateVariable("1", "moon")]).build_and_send()
    await settle()
    messages = (await room.theirs.get_messages(2)).items
    for message, word in zip(messages, ("world", "moon"), strict=True):
        assert message.content_sid == sid
        content = await message.get_content_data()
        assert content.type == name
        assert orjson.loads(content.raw_data) == orjson.loads(orjson.dumps(variant).replace(b"{{1}}", word.encode()))


class TestConstantMemory:
    """150 MB pass, a few pieces at a time."""

    SIZE = 150 * 2**20

    async def peak(self, work: Any) -> int:
        tracemalloc.start()
        try:
            await work
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    async def test_of_an_upload(self, gallery: Gallery, packets: Any, tmp_path: Path) -> None:
        path = tmp_path / "big"
        with path.open("wb") as file:
            file.truncate(self.SIZE)
        taken = 0

        @asynccontextmanager
        async def swallow(request: Any) -> AsyncIterator[PlainResponse]:
            nonlocal taken
            async for piece in request.body:
                taken += len(piece)
            yield packets.plain_answer(413, {"message": "enough"})

        gallery.room.ada._context.media._http = SimpleNamespace(exchange=swallow)

        async def work() -> None:
            with pytest.raises(RejectedError, match="enough"):
                await gallery.room.mine.send_message(SendMediaOptions("a/b", path))

        assert await self.peak(work()) < 2 * 2**20
        assert taken == self.SIZE

    async def test_of_a_download(self, gallery: Gallery, packets: Any, tmp_path: Path) -> None:
        piece = bytes(64 * 1024)

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(self.SIZE // len(piece)):
                yield piece

        gallery.office.asking = contents(PlainResponse(status=200, body=pieces()))
        target = tmp_path / "big"

        async def work() -> None:
            await gallery.big.download(target)

        assert await self.peak(work()) < 2 * 2**20
        assert target.stat().st_size == self.SIZE
        target.unlink()  # nobody needs it, and it is large
