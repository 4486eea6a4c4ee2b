"""What is more than text: files, e-mails, templates, other channels."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

import rxconvo
from rxconvo import SendMediaOptions
from rxconvo.errors import NotFoundError
from rxconvo.testing import Log
from tests.surface.acts.play import Play
from tests.surface.stage import Stage

__all__ = ["deliver", "post", "write_from_templates"]


async def post(at: Stage, play: Play) -> None:
    """Files and e-mails go there and back."""
    see, lunch = at.see, play.lunch
    builder = see(lunch).prepare_message()
    assert see(builder).set_body("look") is builder
    assert see(builder).set_subject("files") is builder
    assert see(builder).set_attributes({"k": 3}) is builder
    assert see(builder).add_media(SendMediaOptions("text/plain", "a note", "note.txt")) is builder
    assert see(builder).set_email_body("text/plain", SendMediaOptions(None, "plain")) is builder
    assert see(builder).set_email_history("text/html", SendMediaOptions(None, "<p>before</p>")) is builder
    unsent = see(builder).build()
    assert (see(unsent).body, see(unsent).subject, see(unsent).attributes) == ("look", "files", {"k": 3})
    assert [category for category, _ in see(unsent).media] == ["media", "body", "history"]
    assert (see(unsent).content_sid, see(unsent).content_variables) == (None, ())
    progress = Log()
    see(unsent).progress.subscribe(progress)
    assert await see(unsent).send() == 6
    assert (see(progress[-1]).transferred, see(progress[-1]).total) == (13, 13)
    assert (see(progress[-1]).part, see(progress[-1]).parts) == (2, 3)
    message = await at.hear("Conversation theirs", "messageAdded", lambda one: one.index == 6)
    note = see(message).media
    assert (see(message).attached_media, message.type) == ((note,), "media")
    assert see(message).get_media_by_categories("media", "body") == message.medias[:2]
    seen = see(note)
    assert (seen.filename, seen.content_type, seen.size, seen.category) == ("note.txt", "text/plain", 6, "media")
    assert (seen.temporary_url, seen.sid[:2]) == (None, "ME")
    body, history = see(message).get_email_body(), see(message).get_email_history("text/html")
    assert (body.size, history.size, message.get_email_body("text/html")) == (5, 13, None)
    assert await seen.read() == b"a note"
    assert (await seen.download(at.folder / "note.txt")).transferred == 6
    assert (at.folder / "note.txt").read_text() == "a note"
    urls = [
        await seen.get_content_temporary_url(),
        (await see(message).get_temporary_content_urls_for_attached_media())[note.sid],
        (await see(message).get_temporary_content_urls_for_media([body, note]))[note.sid],
        (await see(message).get_temporary_content_urls_for_media_sids([note.sid]))[note.sid],
        (await see(message).attach_temporary_urls_for([note]))[0].temporary_url,
        (await see(play.bob).get_temporary_content_urls_for_media([note]))[note.sid],
        (await see(play.bob).get_temporary_content_urls_for_media_sids([note.sid]))[note.sid],
    ]
    async with aiohttp.ClientSession() as session:
        for url in urls:
            async with session.get(str(url)) as response:
                assert await response.read() == b"a note"
    with pytest.raises(NotFoundError):
        await play.bob.get_temporary_content_urls_for_media_sids(["ME" + "0" * 32])


async def deliver(at: Stage, play: Play) -> None:
    """Messages arrive on other channels, more or less."""
    see, lunch, phone = at.see, play.lunch, play.phone
    (message,) = (await lunch.get_messages(1)).items
    at.listen(message, "delivered")
    where = {"conversation": lunch.sid, "message": message.sid}
    assert await see(message).get_channel_metadata() is None
    await at.service.control("delivery", **where, statuses={phone.sid: "undelivered"}, error_code=30003)
    update = await at.hear("Message delivered", "updated", lambda update: "deliveryReceipt" in update.reasons)
    total = see(see(update.after).aggregated_delivery_receipt)
    assert (total.total, total.sent, total.delivered, total.read) == (1, "none", "none", "none")
    assert (total.undelivered, total.failed) == ("all", "none")
    (receipt,) = await see(message).get_detailed_delivery_receipts()
    one = see(receipt)
    assert (one.message_sid, one.conversation_sid, one.participant_sid) == (message.sid, lunch.sid, phone.sid)
    assert (one.status, one.error_code, one.sid[:2]) == ("undelivered", 30003, "DY")
    assert one.channel_message_sid is not None
    at.raw(receipt)
    await at.service.control("metadata", **where, metadata={"type": "whatsapp", "data": {"a": 1}})
    flagged = (await lunch.get_messages(1)).items[0]
    assert see(flagged).has_channel_metadata
    metadata = await see(flagged).get_channel_metadata()
    assert metadata is not None
    assert (see(metadata).type, see(metadata).data) == ("whatsapp", {"a": 1})
    at.raw(metadata)
    known: dict[str, Any] = {"type": "email", "level": "to", "name": "Ann", "address": "ann@example.test"}
    recipients = [known | {"message_sid": message.sid}, {"type": "pigeon", "message_sid": message.sid}]
    await at.service.control("recipients", conversation=lunch.sid, recipients=recipients)
    ann, pigeon = await see(message).get_message_recipients()
    assert isinstance(ann, rxconvo.EmailRecipientDescriptor)
    assert isinstance(pigeon, rxconvo.UnknownRecipientDescriptor)
    assert (see(ann).type, see(ann).level, see(ann).name) == ("email", "to", "Ann")
    assert (see(ann).address, see(ann).message_sid) == ("ann@example.test", message.sid)
    assert (see(pigeon).type, see(pigeon).message_sid, "pigeon" in see(pigeon).raw_data) == (
        *("pigeon", message.sid),
        True,
    )
    first = await see(lunch).get_message_recipients(1)
    assert first.items == (ann,)
    assert (await first.next_page()).items == (pigeon,)


async def write_from_templates(at: Stage, play: Play) -> None:
    """A message is made from a template; its content is that with the variables filled in."""
    see, lunch = at.see, play.lunch
    template = {
        "friendly_name": "greeting",
        "variables": {"1": "world"},
        "variants": {"twilio/text": {"body": "hello {{1}}"}},
    }
    await at.service.control("templates", templates=[template])
    (greeting,) = await see(play.ada).get_content_templates()
    assert (see(greeting).sid[:2], see(greeting).friendly_name) == ("HX", "greeting")
    assert see(greeting).contents == tuple(see(greeting).variants.items())
    at.raw(greeting)
    (variable,) = see(greeting).variables
    assert (see(variable).name, see(variable).value) == ("1", "world")
    variable = see(variable).copy_with_value("bob")
    builder = lunch.prepare_message()
    assert see(builder).set_content_template(greeting.sid, [variable]) is builder
    index = await see(builder).build_and_send()
    message = await at.hear("Conversation lunch", "messageAdded", lambda one: one.index == index)
    assert see(message).content_sid == greeting.sid
    content = await see(message).get_content_data()
    assert (see(content).type, see(content).body) == ("text", "hello bob")
    assert "hello bob" in see(content).raw_data
