"""Media over real sockets: the same as in process, and 150 MB in constant memory on both sides."""

from __future__ import annotations

import asyncio
import shutil
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import rxconvo
from rxconvo import SendMediaOptions, TransferProgress
from rxconvo.errors import OutcomeUnknownError
from rxconvo.server.web import Listener

pytestmark = [pytest.mark.e2e, pytest.mark.real_time]

DEADLINE = 60.0
SIZE = 150 * 2**20


@pytest.fixture(autouse=True)
def clean(tmp_path: Path) -> Iterator[None]:
    """Keep nothing that large."""
    yield
    shutil.rmtree(tmp_path)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[rxconvo.Service]:
    async with rxconvo.Service(f"sqlite:{tmp_path / 'store.db'}") as service:
        yield service


@pytest.fixture
async def listener(service: rxconvo.Service) -> Listener:
    return await service.listen()


@pytest.fixture
async def ada(service: rxconvo.Service, listener: Listener) -> AsyncIterator[rxconvo.Client]:
    async with rxconvo.connect(listener.url, token=service.token("ada")) as client:
        yield client


@pytest.fixture
async def lunch(ada: rxconvo.Client) -> rxconvo.Conversation:
    return await (await ada.create_conversation()).join()


def content(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.write(b"begin")
        file.truncate(size - 3)
        file.seek(0, 2)
        file.write(b"end")
    return path


async def newest(conversation: rxconvo.Conversation) -> rxconvo.Media:
    media = (await conversation.get_messages(1)).items[-1].media
    assert media is not None
    return media


async def test_a_file_goes_there_and_back(lunch: rxconvo.Conversation, tmp_path: Path) -> None:
    source = content(tmp_path / "größe.bin", 2**20)
    unsent = lunch.prepare_message().add_media(SendMediaOptions("application/octet-stream", source)).build()
    seen: list[TransferProgress] = []
    unsent.progress.subscribe(seen.append)
    async with asyncio.timeout(DEADLINE):
        await unsent.send()
        media = await newest(lunch)
        assert (media.filename, media.size) == ("größe.bin", 2**20)
        assert await media.download(tmp_path / "copy") == TransferProgress(2**20, 2**20)
    assert seen[0] == TransferProgress(0, 2**20)
    assert seen[-1] == TransferProgress(2**20, 2**20)
    assert [one.transferred for one in seen] == sorted(one.transferred for one in seen)
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


async def test_all_that_messages_and_clients_offer(
    service: rxconvo.Service, ada: rxconvo.Client, lunch: rxconvo.Conversation
) -> None:
    template = {"friendly_name": "x", "variables": '{"1":"you"}', "variants": {"twilio/text": {"body": "hi {{1}}"}}}
    made: Any = await service.control("templates", templates=[template])
    (template_sid,) = made["templates"]
    builder = (
        lunch.prepare_message()
        .set_body("see")
        .set_subject("look")
        .set_attributes({"a": 1})
        .set_email_body("text/html", SendMediaOptions(None, "<p>"))
        .set_email_history("text/plain", SendMediaOptions(None, "before"))
        .set_content_template(template_sid, [rxconvo.ContentTemplateVariable("1", "all")])
        .add_media(SendMediaOptions("text/plain", "note", "note.txt"))
    )
    async with asyncio.timeout(DEADLINE):
        assert await builder.build_and_send() == 0
        message = (await lunch.get_messages(1)).items[0]
        page, past, note = message.get_email_body("text/html"), message.get_email_history(), message.media
        assert (message.body, message.subject, message.attributes) == ("see", "look", {"a": 1})
        assert page is not None
        assert past is not None
        assert note is not None
        assert message.attached_media == message.get_media_by_categories("media") == (note,)
        assert [await media.read() for media in (page, past, note)] == [b"<p>", b"before", b"note"]
        content = await message.get_content_data()
        assert isinstance(content, rxconvo.ContentDataText)
        assert content.body == "hi all"
        assert await note.get_content_temporary_url()
        for urls in (
            await message.get_temporary_content_urls_for_attached_media(),
            await message.get_temporary_content_urls_for_media([note]),
            await message.get_temporary_content_urls_for_media_sids([note.sid]),
            await ada.get_temporary_content_urls_for_media([note]),
            await ada.get_temporary_content_urls_for_media_sids([note.sid]),
        ):
            assert urls.keys() == {note.sid}
        assert [bool(media.temporary_url) for media in await message.attach_temporary_urls_for([page, past])] == [
            True,
            True,
        ]


async def test_anybody_may_fetch_the_address_for_a_while(lunch: rxconvo.Conversation) -> None:
    async with asyncio.timeout(DEADLINE):
        await lunch.send_message(SendMediaOptions("text/plain", "a note", "note.txt"))
        media = await newest(lunch)
        urls = await lunch.get_temporary_content_urls([media.sid])
        async with aiohttp.ClientSession() as session, session.get(urls[media.sid]) as response:
            assert (response.status, await response.read()) == (200, b"a note")


async def test_pieces_of_unknown_length_go_as_they_come(lunch: rxconvo.Conversation) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(3):
            await asyncio.sleep(0)
            yield bytes([number]) * 100_000

    async with asyncio.timeout(DEADLINE):
        await lunch.send_message(SendMediaOptions("application/octet-stream", pieces))
        assert await (await newest(lunch)).read() == b"".join(bytes([number]) * 100_000 for number in range(3))


async def test_dispose_breaks_an_upload_off_and_it_can_be_resumed(lunch: rxconvo.Conversation) -> None:
    going = asyncio.Event()
    stopped = asyncio.Event()
    endless = True

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"begin"
            while endless:
                yield bytes(64 * 1024)
                going.set()
                await asyncio.sleep(0)
        finally:
            stopped.set()

    unsent = lunch.prepare_message().add_media(SendMediaOptions("application/octet-stream", pieces)).build()
    async with asyncio.timeout(DEADLINE):
        subscription = unsent.send().subscribe()
        await going.wait()
        subscription.dispose()
        await stopped.wait()
        assert await lunch.get_messages_count() == 0
        endless = False
        assert await unsent.send() == 0
        assert await (await newest(lunch)).read() == b"begin"


async def test_a_service_that_ends_is_an_unknown_outcome(listener: Listener, lunch: rxconvo.Conversation) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"begin"
        await listener.close()
        while True:
            yield bytes(64 * 1024)
            await asyncio.sleep(0)

    async with asyncio.timeout(DEADLINE):
        with pytest.raises(OutcomeUnknownError):
            await lunch.send_message(SendMediaOptions("application/octet-stream", pieces))


async def test_150_mb_go_there_and_back_in_constant_memory(lunch: rxconvo.Conversation, tmp_path: Path) -> None:
    source = content(tmp_path / "big", SIZE)
    tracemalloc.start()
    try:
        async with asyncio.timeout(DEADLINE):
            await lunch.send_message(SendMediaOptions("application/octet-stream", source))
            await (await newest(lunch)).download(tmp_path / "copy")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20
    with (tmp_path / "copy").open("rb") as file:
        assert file.read(5) == b"begin"
        file.seek(-3, 2)
        assert (file.tell(), file.read()) == (SIZE - 3, b"end")
