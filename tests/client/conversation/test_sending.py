"""Sending files and messages made step by step: what is refused, what goes out, what happens where something fails."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

import rxconvo
from rxconvo import ContentTemplateVariable, SendEmailOptions, SendMediaOptions, TransferProgress
from rxconvo.errors import ArgumentError, ConnectionError, OutcomeUnknownError, RejectedError
from rxconvo.model import limits
from rxconvo.testing import settle
from rxconvo.testing.frames import FOLDER as FRAMES
from rxconvo.wire.packets import Request

NOTE = SendMediaOptions("text/plain", "hello, world", "note.txt")
BIG = SendMediaOptions("application/octet-stream", bytes(range(256)) * 1024)  # four pieces
VARIABLE = ContentTemplateVariable("1", "world")
PAGE = SendMediaOptions(None, "<p>", "page.html")

WRONG: dict[str, tuple[Any, str]] = {
    "content type": (lambda room: room.mine.send_message(SendMediaOptions(None, "x")), "content_type"),
    "empty file": (lambda room: room.mine.send_message(SendMediaOptions("a/b", b"")), "media"),
    "file too large": (
        lambda room: room.mine.send_message(SendMediaOptions("a/b", bytearray(150 * 2**20 + 1))),
        "media",
    ),
    "file with attributes": (lambda room: room.mine.send_message(NOTE, {1: 2}), "attributes"),
    "file with long attributes": (
        lambda room: room.mine.send_message(NOTE, "x" * limits.MAX_ATTRIBUTES),
        "attributes",
    ),
    "bytes": (lambda room: room.mine.send_message(b"x"), "message"),
    "a dict": (lambda room: room.mine.send_message({"content_type": "a/b", "media": "x"}), "message"),
    "email options": (lambda room: room.mine.send_message("x", {}, "subject"), "email_options"),
    "email options as a dict": (lambda room: room.mine.send_message("x", {}, {"subject": "s"}), "email_options"),
    "empty subject": (lambda room: room.mine.send_message("x", {}, SendEmailOptions("")), "subject"),
    "subject of a file": (lambda room: room.mine.send_message(NOTE, subject="x" * 257), "subject"),
    "subject twice": (lambda room: room.mine.send_message("x", {}, SendEmailOptions("a"), subject="a"), "subject"),
    "builder: body": (lambda room: room.mine.prepare_message().set_body(None), "body"),
    "builder: long body": (lambda room: room.mine.prepare_message().set_body("x" * (limits.MAX_BODY + 1)), "body"),
    "builder: subject": (lambda room: room.mine.prepare_message().set_subject(1), "subject"),
    "builder: empty subject": (lambda room: room.mine.prepare_message().set_subject(""), "subject"),
    "builder: attributes": (lambda room: room.mine.prepare_message().set_attributes({1}), "attributes"),
    "builder: email body": (lambda room: room.mine.prepare_message().set_email_body("text/plain", "x"), "body"),
    "builder: email body's type": (lambda room: room.mine.prepare_message().set_email_body("", PAGE), "content_type"),
    "builder: email history": (
        lambda room: room.mine.prepare_message().set_email_history("text/plain", b"x"),
        "history",
    ),
    "builder: email history's type": (
        lambda room: room.mine.prepare_message().set_email_history(None, PAGE),
        "content_type",
    ),
    "builder: template": (lambda room: room.mine.prepare_message().set_content_template(""), "content_sid"),
    "builder: template's type": (lambda room: room.mine.prepare_message().set_content_template(1), "content_sid"),
    "builder: variables": (
        lambda room: room.mine.prepare_message().set_content_template("HX1", VARIABLE),
        "content_variables",
    ),
    "builder: one variable": (
        lambda room: room.mine.prepare_message().set_content_template("HX1", [VARIABLE, ("2", "x")]),
        "content_variables",
    ),
    "builder: a variable's value": (
        lambda room: room.mine.prepare_message().set_content_template("HX1", [ContentTemplateVariable("2", 1)]),  # type: ignore[arg-type]
        "content_variables",
    ),
    "builder: media": (lambda room: room.mine.prepare_message().add_media("x"), "media"),
    "builder: media's type": (lambda room: room.mine.prepare_message().add_media(PAGE), "content_type"),
    "builder: empty media": (
        lambda room: room.mine.prepare_message().add_media(SendMediaOptions("a/b", "")),
        "media",
    ),
    "build: format of a body": (
        lambda room: room.mine.prepare_message().set_email_body("text/rtf", PAGE).build(),
        "email_body",
    ),
    "build: format of a history": (
        lambda room: room.mine.prepare_message().set_email_history("text/rtf", PAGE).build_and_send(),
        "email_history",
    ),
    "build: too many": (lambda room: with_media(room, *[NOTE] * 11).build(), "media"),
    "build: too large": (
        lambda room: with_media(room, *[SendMediaOptions("a/b", bytes(80 * 2**20))] * 2).build(),
        "media",
    ),
}


def with_media(room: Any, *media: SendMediaOptions) -> rxconvo.MessageBuilder:
    builder: rxconvo.MessageBuilder = room.mine.prepare_message()
    for options in media:
        builder.add_media(options)
    return builder


@pytest.fixture
def office(room: Any) -> Any:
    """What carries ada's uploads."""
    return room.world.post("ada")


def posted(room: Any) -> list[dict[str, Any]]:
    """Take what ada's client has said of messages."""
    return [
        orjson.loads(request.payload)
        for request in room.requests()
        if request.http_request.method == "POST" and request.http_request.path.endswith("/Messages")
    ]


async def newest(room: Any) -> rxconvo.Message[rxconvo.Conversation]:
    """Return the newest message as bob sees it."""
    page: Any = await room.theirs.get_messages(1)
    message: rxconvo.Message[rxconvo.Conversation] = page.items[-1]
    return message


async def count(room: Any) -> int:
    found: int = await room.mine.get_messages_count()
    return found


class TestArguments:
    @pytest.mark.parametrize("name", WRONG)
    async def test_what_is_wrong_is_refused_and_nothing_is_sent(self, room: Any, office: Any, name: str) -> None:
        call, field = WRONG[name]
        sent = len(room.line.sent)
        with pytest.raises(ArgumentError) as raised:
            call(room)
        assert raised.value.field == field
        await settle()
        assert len(room.line.sent) == sent
        assert office.asked == []

    async def test_nothing_happens_before_it_is_subscribed(self, room: Any, office: Any) -> None:
        room.mine.send_message(NOTE)
        with_media(room, NOTE).build().send()
        with_media(room, NOTE).build_and_send()
        await settle()
        assert room.said() == office.asked == []


class TestWhatGoesOut:
    async def test_a_file(self, room: Any, office: Any) -> None:
        index = await room.mine.send_message(NOTE, {"a": 1})
        (upload,) = office.asked
        path, _, query = upload.url.partition("?")
        assert path.startswith("http://rxconvo.invalid/v1/Services/IS")
        assert path.endswith("/Media")
        assert (upload.method, query) == ("POST", "Category=media&Filename=note.txt")
        assert set(upload.headers) == {"x-twilio-token", "content-type"}
        assert upload.headers["content-type"] == "text/plain"
        assert (upload.length, office.bodies) == (12, [b"hello, world"])
        message = await newest(room)
        assert posted(room) == [{"media_sids": [message.medias[0].sid], "attributes": '{"a":1}'}]
        assert (message.index, message.type, message.body, message.attributes) == (index, "media", None, {"a": 1})
        assert [(media.filename, media.content_type, media.size) for media in message.medias] == [
            ("note.txt", "text/plain", 12)
        ]

    async def test_observers_have_seen_it_when_the_index_comes(self, room: Any) -> None:
        told: list[Any] = []
        room.mine.messages.added.subscribe(told.append)
        await room.mine.messages.opened
        release = room.hold()
        results: list[tuple[int, int]] = []
        room.mine.send_message(NOTE).subscribe(lambda index: results.append((index, len(told))))
        await settle()
        assert results == []
        release()
        await settle()
        assert results == [(1, 1)]

    async def test_a_subject_goes_with_a_file(self, room: Any) -> None:
        await room.mine.send_message(NOTE, subject="look")
        assert posted(room)[0]["subject"] == (await newest(room)).subject == "look"

    async def test_the_subject_may_come_as_the_official_sdk_takes_it(self, room: Any) -> None:
        await room.mine.send_message("hi", {}, SendEmailOptions("look"))
        await room.mine.send_message("hi", None, SendEmailOptions())
        assert posted(room) == [
            {"body": "hi", "attributes": "{}", "subject": "look"},
            {"body": "hi", "attributes": "{}"},
        ]

    async def test_a_query_is_encoded_as_a_form(self, room: Any, office: Any) -> None:
        await room.mine.send_message(SendMediaOptions("text/plain", "x", "a b&c/ü.txt"))
        assert office.asked[0].url.partition("?")[2] == "Category=media&Filename=a+b%26c%2F%C3%BC.txt"

    async def test_all_that_a_builder_takes(self, room: Any, office: Any) -> None:
        builder = (
            room.mine.prepare_message()
            .set_body("see the file")
            .set_subject("look")
            .set_attributes({"a": 1})
            .set_email_history("text/plain", SendMediaOptions("text/plain", "before"))
            .set_email_body("text/html", PAGE)
            .set_email_body("text/plain", SendMediaOptions(None, "former"))
            .set_email_body("text/plain", SendMediaOptions(None, "plain"))
            .add_media(NOTE)
            .add_media(BIG)
        )
        unsent = builder.build()
        assert (unsent.body, unsent.subject, unsent.attributes) == ("see the file", "look", {"a": 1})
        assert [category for category, _ in unsent.media] == ["media", "media", "body", "body", "history"]
        assert (unsent.content_sid, unsent.content_variables) == (None, ())
        assert await unsent.send() == 1
        uploads = [request.url.partition("?")[2] for request in office.asked]
        assert uploads == [
            "Category=media&Filename=note.txt",
            "Category=media",
            "Category=body&Filename=page.html",
            "Category=body",
            "Category=history",
        ]
        assert [request.headers["content-type"] for request in office.asked] == [
            "text/plain",
            "application/octet-stream",
            "text/html",
            "text/plain",
            "text/plain",
        ]
        assert [bytes(body) for body in office.bodies] == [b"hello, world", BIG.media, b"<p>", b"plain", b"before"]
        message = await newest(room)
        assert posted(room) == [
            {
                "body": "see the file",
                "subject": "look",
                "media_sids": [media.sid for media in message.medias],
                "attributes": '{"a":1}',
            }
        ]
        assert [media.category for media in message.medias] == ["media", "media", "body", "body", "history"]

    async def test_the_request_is_the_recorded_one(self, room: Any) -> None:
        frames = map(orjson.loads, (FRAMES / "06-media-message.jsonl").read_bytes().splitlines())
        frame = next(frame for frame in frames if frame["header"]["method"] == "message")
        recorded = frame["header"]["http_request"]
        room.requests()
        await with_media(room, NOTE).set_body("see the file").build_and_send()
        (request,) = room.requests()
        http, body = request.http_request, orjson.loads(request.payload)

        def shape(path: str) -> str:
            return re.sub(r"(IS|CH)[0-9a-f]{32}", r"\1", path)

        assert (http.host, http.method, shape(http.path)) == (
            recorded["host"],
            recorded["method"],
            shape(recorded["path"]),
        )
        assert http.params == recorded["params"]
        assert http.headers.keys() == recorded["headers"].keys()
        assert http.headers["Content-Type"] == recorded["headers"]["Content-Type"]
        assert {**body, "media_sids": None} == {**frame["payload"], "media_sids": None}
        assert [sid[:2] for sid in body["media_sids"]] == ["ME"]

    async def test_a_builder_always_speaks_of_media(self, room: Any) -> None:
        await room.mine.prepare_message().set_body("hi").build_and_send()
        assert posted(room) == [{"body": "hi", "media_sids": [], "attributes": "{}"}]

    async def test_a_content_template(self, room: Any) -> None:
        sending = room.mine.prepare_message().set_content_template("HX1", [VARIABLE]).build_and_send()
        with pytest.raises(RejectedError):  # there is none
            await sending
        assert posted(room) == [
            {"media_sids": [], "attributes": "{}", "content_sid": "HX1", "content_variables": '{"1":"world"}'}
        ]

    async def test_building_twice_gives_the_same_message_twice(self, room: Any, office: Any) -> None:
        builder = with_media(room, NOTE).set_email_body("text/html", PAGE)
        first, second = builder.build(), builder.set_body("more").build()
        assert len(first.media) == len(second.media) == 2
        assert (first.body, second.body) == (None, "more")

    async def test_uploads_go_one_after_the_other(self, room: Any, office: Any) -> None:
        most = 0

        async def moving(piece: bytes) -> None:
            nonlocal most
            most = max(most, office.begun)
            await asyncio.sleep(1)

        office.moving = moving
        await with_media(room, BIG, NOTE, NOTE).build_and_send()
        assert most == 1

    async def test_the_file_is_opened_when_it_is_sent(self, room: Any, tmp_path: Path) -> None:
        path = tmp_path / "note.txt"
        sending = room.mine.send_message(SendMediaOptions("text/plain", path))
        path.write_bytes(b"late")
        await sending
        media = (await newest(room)).medias[0]
        assert (media.filename, await media.read()) == ("note.txt", b"late")

    async def test_a_callable_is_called_for_each_attempt(self, room: Any, office: Any) -> None:
        calls = 0

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal calls
            calls += 1
            yield b"one"
            yield b""
            yield b"two"

        moved: list[bytes] = []

        async def moving(piece: bytes) -> None:
            moved.append(piece)

        office.moving = moving
        sending = room.mine.send_message(SendMediaOptions("text/plain", pieces))
        assert (await sending, await sending, calls) == (1, 2, 2)
        assert moved[:2] == [b"one", b"two"]  # empty pieces would end some bodies
        assert office.asked[0].length is None
        assert await (await newest(room)).medias[0].read() == b"onetwo"

    async def test_each_upload_has_the_newest_token(self, room: Any, office: Any) -> None:
        await room.mine.send_message(NOTE)
        fresh = room.world.service.token("ada", ttl=1000)
        await room.ada.update_token(fresh)
        await room.mine.send_message(NOTE)
        first, second = (request.headers["x-twilio-token"] for request in office.asked)
        assert first != second == fresh


class TestProgress:
    async def test_it_is_told_for_each_part(self, room: Any) -> None:
        seen: list[TransferProgress] = []
        unsent = with_media(room, NOTE, BIG).build()
        unsent.progress.subscribe(seen.append)
        await unsent.send()
        size, piece = 256 * 1024, 64 * 1024
        assert seen == [
            TransferProgress(0, 12, 0, 2),
            TransferProgress(12, 12, 0, 2),
            *(TransferProgress(done, size, 1, 2) for done in range(0, size + 1, piece)),
        ]

    async def test_it_goes_on_when_it_is_sent_again_and_completes_with_the_client(self, room: Any) -> None:
        seen: list[object] = []
        unsent = with_media(room, NOTE).build()
        unsent.progress.subscribe(seen.append, on_completed=lambda: seen.append("over"))
        await unsent.send()
        await unsent.send()
        assert len(seen) == 4
        await room.ada.shutdown()
        assert seen[4:] == ["over"]

    async def test_an_observer_that_raises_harms_no_upload(self, room: Any) -> None:
        def wrong(_: object) -> None:
            raise ValueError("mine")

        faults: list[object] = []
        room.ada.errors.subscribe(faults.append)
        unsent = with_media(room, NOTE).build()
        unsent.progress.subscribe(wrong)
        assert await unsent.send() == 1
        assert len(faults) == 1


class TestFailures:
    async def test_a_resumed_message_is_one_message_and_uploads_nothing_again(
        self, room: Any, office: Any, lose: Any
    ) -> None:
        for seen in (False, True):
            before, asked = await count(room), len(office.asked)
            lose(room.line, seen=seen)
            sending = with_media(room, NOTE, BIG).build_and_send()
            with pytest.raises(OutcomeUnknownError):
                await sending
            await settle()
            await sending
            assert await count(room) == before + 1
            assert len(office.asked) == asked + 2
            first, *others = posted(room)
            assert all(other == first for other in others)

    async def test_retry_sends_it_once(self, room: Any, office: Any, lose: Any) -> None:
        lose(room.line, seen=True)
        assert await with_media(room, NOTE).build_and_send().retry(3) == 1
        assert (await count(room), len(office.asked)) == (2, 1)

    async def test_an_upload_that_was_lost_is_made_again_those_before_it_are_not(self, room: Any, office: Any) -> None:
        def asking(request: Any) -> None:
            if len(office.asked) == 2:
                raise ConnectionError("the line is down")

        office.asking = asking
        unsent = with_media(room, NOTE, BIG).build()
        with pytest.raises(OutcomeUnknownError, match="the line is down"):
            await unsent.send()
        assert room.said() == []
        assert await unsent.send() == 1
        assert [request.headers["content-type"] for request in office.asked] == [
            "text/plain",
            "application/octet-stream",
            "application/octet-stream",
        ]
        assert [media.size for media in (await newest(room)).medias] == [12, 256 * 1024]

    async def test_a_connection_lost_on_the_way_is_an_unknown_outcome(self, room: Any, office: Any) -> None:
        async def moving(piece: bytes) -> None:
            if len(office.bodies[-1]) >= 64 * 1024:
                raise ConnectionError("cut")

        office.moving = moving
        sending = room.mine.send_message(BIG)
        with pytest.raises(OutcomeUnknownError, match="cut"):
            await sending
        office.moving = None
        assert await sending == 1

    @pytest.mark.parametrize("status,kind", [(401, RejectedError), (413, RejectedError), (404, rxconvo.NotFoundError)])
    async def test_a_refused_upload_is_an_answer(
        self, room: Any, office: Any, packets: Any, status: int, kind: type[RejectedError]
    ) -> None:
        refusals = [packets.plain_answer(status, {"code": 20101, "message": "no"})]
        office.asking = lambda _: refusals.pop() if refusals and len(office.asked) == 2 else None
        unsent = with_media(room, NOTE, NOTE).build()
        with pytest.raises(kind, match="no") as raised:
            await unsent.send()
        assert (raised.value.status, raised.value.code) == (status, 20101)
        assert room.said() == []
        assert await unsent.send() == 1  # another message: all of it anew
        assert len(office.asked) == 4

    @pytest.mark.parametrize("status", [302, 429, 500, 503])
    async def test_any_other_status_is_an_unknown_outcome(
        self, room: Any, office: Any, packets: Any, status: int
    ) -> None:
        office.asking = lambda _: packets.plain_answer(status, b"<html>")
        with pytest.raises(OutcomeUnknownError, match=str(status)):
            await room.mine.send_message(NOTE)
        assert room.said() == []

    async def test_a_refused_message_uploads_anew_the_next_time(self, room: Any, office: Any, packets: Any) -> None:
        def replying(packet: Any) -> Any:
            if not isinstance(packet, Request) or not packet.http_request.path.endswith("/Messages"):
                return None
            room.line.replying = lambda _: None
            return [packets.answer(packet, 403, {"code": 50430, "message": "no"})]

        room.line.replying = replying
        sending = room.mine.send_message(NOTE)
        with pytest.raises(RejectedError, match="no"):
            await sending
        assert await sending == 1
        assert len(office.asked) == 2
        first, second = posted(room)
        assert first["media_sids"] != second["media_sids"]

    async def test_the_closures_remember_nothing_of_what_was_answered(
        self, room: Any, office: Any, packets: Any
    ) -> None:
        sending: Any = room.mine.send_message(NOTE)
        remembered: Any = sending._perform
        for name in ("perform", "perform", "uploaded"):
            remembered = inspect.getclosurevars(remembered).nonlocals[name]
        office.asking = lambda _: packets.plain_answer(503)
        with pytest.raises(OutcomeUnknownError):
            await sending
        assert len(remembered) == 1
        office.asking = lambda _: packets.plain_answer(413)
        with pytest.raises(RejectedError):
            await sending
        office.asking = lambda _: None
        await sending
        assert remembered == {}

    async def test_a_file_that_is_gone_is_its_own_error(self, room: Any, office: Any, tmp_path: Path) -> None:
        path = tmp_path / "note.txt"
        sending = room.mine.send_message(SendMediaOptions("text/plain", path))
        with pytest.raises(FileNotFoundError):
            await sending
        path.write_bytes(b"here")
        assert await sending == 1

    async def test_what_a_callable_raises_comes_through(self, room: Any, office: Any) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield b"x"
            raise ValueError("mine")

        async def wrong() -> AsyncIterator[Any]:
            yield "text"

        with pytest.raises(ValueError, match="mine"):
            await room.mine.send_message(SendMediaOptions("text/plain", broken))
        with pytest.raises(ArgumentError, match="async iterable of bytes"):
            await room.mine.send_message(SendMediaOptions("text/plain", wrong))
        assert room.said() == []
        assert office.begun == 0

    async def test_an_unreadable_answer_is_an_error(self, room: Any, office: Any, packets: Any) -> None:
        office.asking = lambda _: packets.plain_answer(201, b"{}")
        with pytest.raises(rxconvo.PayloadError):
            await room.mine.send_message(NOTE)


class TestCancelling:
    async def test_dispose_breaks_an_upload_off(self, room: Any, office: Any) -> None:
        async def moving(piece: bytes) -> None:
            await asyncio.sleep(1)

        office.moving = moving
        unsent = with_media(room, BIG, NOTE).build()
        told: list[object] = []
        subscription = unsent.send().subscribe(told.append, told.append)
        await asyncio.sleep(1.5)
        assert (office.begun, len(office.bodies[0])) == (1, 64 * 1024)
        subscription.dispose()
        await settle()
        assert (office.begun, told, room.said()) == (0, [], [])
        office.moving = None
        assert await unsent.send() == 1
        assert len(office.asked) == 3

    async def test_what_was_uploaded_before_a_dispose_is_not_uploaded_again(self, room: Any, office: Any) -> None:
        async def moving(piece: bytes) -> None:
            if len(office.asked) == 2:
                await asyncio.sleep(1)

        office.moving = moving
        unsent = with_media(room, NOTE, BIG).build()
        subscription = unsent.send().subscribe()
        await asyncio.sleep(0.5)
        subscription.dispose()
        assert await unsent.send() == 1
        assert [len(body) for body in office.bodies] == [12, 0, 256 * 1024]

    async def test_the_shutdown_breaks_uploads_off(self, room: Any, office: Any) -> None:
        async def moving(piece: bytes) -> None:
            await asyncio.sleep(1)

        office.moving = moving
        told: list[object] = []
        room.mine.send_message(BIG).subscribe(told.append, told.append)
        await asyncio.sleep(1.5)
        await room.ada.shutdown()
        assert office.begun == 0
        await settle()
        (error,) = told
        assert isinstance(error, OutcomeUnknownError)
        assert "shut down" in str(error)

    async def test_after_the_shutdown_nothing_is_uploaded(self, room: Any, office: Any) -> None:
        sending = room.mine.send_message(NOTE)
        await room.ada.shutdown()
        with pytest.raises(rxconvo.ClosedError):
            await sending
        assert office.asked == []

    async def test_two_sendings_at_once_are_two_messages(self, room: Any, office: Any) -> None:
        sending = room.mine.send_message(NOTE)
        indices: list[int] = []
        sending.subscribe(indices.append)
        sending.subscribe(indices.append)
        await settle()
        assert sorted(indices) == [1, 2]
        assert len(office.asked) == 2
