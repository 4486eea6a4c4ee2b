"""What became of messages on other channels: receipts, recipients, metadata."""

from __future__ import annotations

import json
from typing import Any

import pytest

import rxconvo
from rxconvo import ChannelMetadata, EmailRecipientDescriptor, MessageUpdated, Paginator, UnknownRecipientDescriptor
from rxconvo.errors import ArgumentError, ClosedError, NotFoundError, OutcomeUnknownError
from rxconvo.testing import settle
from rxconvo.testing.frames import FOLDER as FRAMES
from rxconvo.wire.packets import Packet, Request

ANN = {"type": "email", "level": "to", "name": "Ann", "address": "ann@example.test"}


def asked(room: Any, part: str) -> list[Any]:
    """List what ada's client has asked for of that kind."""
    return [packet.http_request for packet in room.line.sent_of(Request) if part in packet.http_request.path]


def control(room: Any, op: str, **fields: Any) -> Any:
    return room.world.service.server.control(op, conversation=room.mine.sid, **fields)


def answering(room: Any, part: str, *answers: Any) -> None:
    """Answer what is asked for with that part in its path in the service's place; the last answer holds on."""
    left = list(answers)

    def replying(packet: Packet) -> list[Packet] | None:
        if not isinstance(packet, Request) or part not in packet.http_request.path:
            return None
        status, body = left.pop(0) if len(left) > 1 else left[0]
        return [room.packets.answer(packet, status, body)]

    room.line.replying = replying


@pytest.fixture
async def held(room: Any, packets: Any) -> Any:
    """The room, with ada's message as it is held while her messages are watched."""
    room.packets = packets
    await room.watch()
    (room.message,) = (await room.mine.get_messages()).items
    room.events.clear()
    return room


class TestReceipts:
    async def test_receipts_are_read(self, held: Any) -> None:
        phone = await held.mine.add_non_chat_participant("+15005550006", "+15005550001")
        await control(held, "delivery", message=held.message.sid, statuses={phone.sid: "delivered"})
        (receipt,) = await held.message.get_detailed_delivery_receipts()
        assert (receipt.message_sid, receipt.conversation_sid) == (held.message.sid, held.mine.sid)
        assert (receipt.participant_sid, receipt.status, receipt.error_code) == (phone.sid, "delivered", 0)
        assert receipt.channel_message_sid is not None
        assert receipt.date_created is not None
        assert receipt.date_updated is not None

    async def test_the_aggregate_comes_with_the_message(self, held: Any) -> None:
        phones = [await held.mine.add_non_chat_participant("+15005550006", f"+1500555000{n}") for n in (1, 2)]
        held.events.clear()
        statuses = {phones[0].sid: "read", phones[1].sid: "failed"}
        await control(held, "delivery", message=held.message.sid, statuses=statuses, error_code=30008)
        await settle()
        (event,) = held.events
        assert isinstance(event, MessageUpdated)
        assert event.reasons == ("deliveryReceipt",)
        receipt = event.after.aggregated_delivery_receipt
        assert receipt is not None
        assert (receipt.total, receipt.sent, receipt.delivered, receipt.read) == (2, "some", "some", "some")
        assert (receipt.undelivered, receipt.failed) == ("none", "some")
        detailed = await event.after.get_detailed_delivery_receipts()
        assert sorted((each.status, each.error_code) for each in detailed) == [("failed", 30008), ("read", 0)]

    async def test_it_is_asked_for_as_the_official_library_does(self, held: Any) -> None:
        lines = (FRAMES / "18-delivery-receipts.jsonl").read_text().splitlines()
        headers = [json.loads(line)["header"] for line in lines]
        (theirs,) = [
            header["http_request"] for header in headers if header.get("http_request", {}).get("method") == "GET"
        ]
        assert await held.message.get_detailed_delivery_receipts() == []
        (ours,) = asked(held, "/Receipts")
        assert (ours.host, ours.method, ours.params, ours.headers) == (
            theirs["host"],
            theirs["method"],
            theirs["params"],
            theirs["headers"],
        )
        assert ours.path.split("/")[5:][0::2] == theirs["path"].split("/")[5:][0::2]

    async def test_all_pages_are_read(self, held: Any) -> None:
        receipt = {"sid": "DY1", "message_sid": "IM1", "conversation_sid": "CH1"}
        answering(
            held,
            "/Receipts",
            (200, {"delivery_receipts": [receipt], "meta": {"next_token": "a b"}}),
            (200, {"delivery_receipts": [{**receipt, "sid": "DY2"}], "meta": {"next_token": None}}),
        )
        receipts = await held.message.get_detailed_delivery_receipts()
        assert [each.sid for each in receipts] == ["DY1", "DY2"]
        assert [each.status for each in receipts] == ["queued", "queued"]
        assert [http.params for http in asked(held, "/Receipts")] == [{}, {"PageToken": "a%20b"}]

    async def test_a_message_that_is_gone_has_none(self, held: Any) -> None:
        await held.message.remove()
        with pytest.raises(NotFoundError):
            await held.message.get_detailed_delivery_receipts()


class TestRecipients:
    async def test_recipients_of_a_message_are_read_once(self, held: Any) -> None:
        sid = held.message.sid
        await control(held, "recipients", recipients=[{"message_sid": sid, **ANN}])
        recipients = await held.message.get_message_recipients()
        assert recipients == [EmailRecipientDescriptor(sid, "to", "Ann", "ann@example.test")]
        recipients.clear()
        assert len(await held.message.get_message_recipients()) == 1
        (http,) = asked(held, "/MessageRecipients")
        assert http.params == {"MessageSid": sid}
        assert http.headers == {"Content-Type": "application/json; charset=utf-8"}

    async def test_none_are_not_kept(self, held: Any) -> None:
        assert await held.message.get_message_recipients() == []
        await control(held, "recipients", recipients=[{"message_sid": held.message.sid, **ANN}])
        assert len(await held.message.get_message_recipients()) == 1

    async def test_recipients_of_a_conversation_come_in_pages(self, held: Any) -> None:
        sid = held.message.sid
        names = ["Ann", "Ben", "Cy"]
        await control(held, "recipients", recipients=[{"message_sid": sid, **ANN, "name": name} for name in names])
        page: Paginator[Any] = await held.mine.get_message_recipients(2)
        assert [recipient.name for recipient in page.items] == ["Ann", "Ben"]
        assert (page.has_prev_page, page.has_next_page) == (False, True)
        following = await page.next_page()
        assert [recipient.name for recipient in following.items] == ["Cy"]
        assert (following.has_prev_page, following.has_next_page) == (True, False)
        assert [recipient.name for recipient in (await following.prev_page()).items] == ["Ann", "Ben"]
        assert [list(http.params) for http in asked(held, "/MessageRecipients")] == [
            ["PageSize"],
            ["PageToken"],
            ["PageToken"],
        ]

    async def test_without_a_size_none_is_asked_for(self, held: Any) -> None:
        assert (await held.mine.get_message_recipients()).items == ()
        assert [http.params for http in asked(held, "/MessageRecipients")] == [{}]

    async def test_those_of_an_unknown_kind_are_handed_over(self, held: Any) -> None:
        fax = {"message_sid": "IM1", "type": "fax", "number": 5}
        answering(held, "/MessageRecipients", (200, {"message_recipients": [fax], "meta": {}}))
        (recipient,) = await held.message.get_message_recipients()
        assert isinstance(recipient, UnknownRecipientDescriptor)
        assert json.loads(recipient.raw_data) == fax

    @pytest.mark.parametrize("size", [0, -1, 101, 1.5, "10", True])
    async def test_a_wrong_size_is_refused_at_once(self, held: Any, size: Any) -> None:
        with pytest.raises(ArgumentError) as error:
            held.mine.get_message_recipients(size)
        assert error.value.field == "page_size"
        assert asked(held, "/MessageRecipients") == []


class TestMetadata:
    async def test_metadata_are_read_once(self, held: Any) -> None:
        told = {"type": "whatsapp", "data": {"context": {"id": 5}}}
        await control(held, "metadata", message=held.message.sid, metadata=told)
        (message,) = (await held.mine.get_messages()).items
        assert message.has_channel_metadata
        metadata = await message.get_channel_metadata()
        assert isinstance(metadata, ChannelMetadata)
        assert (metadata.type, metadata.data) == ("whatsapp", {"context": {"id": 5}})
        assert await message.get_channel_metadata() is metadata
        assert len(asked(held, "/ChannelMetadata")) == 1

    async def test_nothing_is_asked_where_there_are_none(self, held: Any) -> None:
        assert await held.message.get_channel_metadata() is None
        assert asked(held, "/ChannelMetadata") == []

    @pytest.fixture
    def flagged(self, held: Any) -> Any:
        """A message that is said to have metadata."""
        message = held.message
        return rxconvo.Message(message.sid, message.index, has_channel_metadata=True, home=message.home)

    async def test_that_there_are_none_is_believed_at_once_and_kept(self, held: Any, flagged: Any) -> None:
        answering(held, "/ChannelMetadata", (404, {"status": 404, "code": 50530, "message": "none"}))
        started = held.now
        assert await flagged.get_channel_metadata() is None
        assert await flagged.get_channel_metadata() is None
        assert held.now == started
        assert len(asked(held, "/ChannelMetadata")) == 1

    @pytest.mark.parametrize(
        "answer,kind",
        [((404, {"status": 404, "code": 20404}), NotFoundError), ((503, {}), OutcomeUnknownError)],
    )
    async def test_other_failures_are_tried_again(self, held: Any, flagged: Any, answer: Any, kind: Any) -> None:
        answering(held, "/ChannelMetadata", answer)
        started = held.now
        with pytest.raises(kind):
            await flagged.get_channel_metadata()
        assert len(asked(held, "/ChannelMetadata")) == 6
        assert held.now == pytest.approx(started + 1.55)


async def test_a_conversation_that_is_gone_is_not_asked(held: Any) -> None:
    await held.mine.leave()
    sent = len(held.line.sent_of(Request))
    for query in (held.mine.get_message_recipients(), held.mine.get_message_delivery_receipts(held.message)):
        with pytest.raises(ClosedError):
            await query
    assert len(held.line.sent_of(Request)) == sent


async def test_nothing_is_asked_before_subscription(held: Any) -> None:
    sent = len(held.line.sent)
    held.message.get_detailed_delivery_receipts()
    held.message.get_message_recipients()
    held.message.get_channel_metadata()
    held.mine.get_message_recipients()
    await settle()
    assert len(held.line.sent) == sent
