"""Receipts, recipients and channel metadata: what control brings about, and what clients see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.server import Refusal

if TYPE_CHECKING:
    from tests.server.conftest import Peer, World

NOBODY = "MB" + "0" * 32


class Chat:
    """A conversation of ada with two telephones, and one message in it."""

    def __init__(self, world: World, ada: Peer, sid: str, phones: list[str], message: str) -> None:
        self.world, self.ada, self.sid, self.phones, self.message = world, ada, sid, phones, message
        self.control = world.server.control

    async def deliver(self, *statuses: str, **more: object) -> Any:
        found = await self.control(
            "delivery",
            conversation=self.sid,
            message=self.message,
            statuses=dict(zip(self.phones, statuses, strict=False)),
            **more,
        )
        return found["delivery"]

    async def receipts(self, **params: str) -> dict[str, Any]:
        response = await self.ada.get(self.world.path(self.sid, "Messages", self.message, "Receipts"), **params)
        assert response.status == 200
        page: dict[str, Any] = response.body
        return page

    async def item(self) -> dict[str, Any]:
        response = await self.ada.get(f"/v3/Lists/{self.sid}.messages/Items/0")
        data: dict[str, Any] = response.body["data"]
        return data


@pytest.fixture
async def chat(world: World) -> Chat:
    ada = await world.peer("ada")
    sid = await world.create(ada)
    await world.join(ada, sid)
    phones: list[str] = []
    for number in ("+15005550001", "+15005550002"):
        body = {"messaging_binding": {"address": number, "proxy_address": "+15005550006"}}
        phones.append((await ada.request("POST", world.path(sid, "Participants"), body)).body["sid"])
    message = (await world.send(ada, sid)).body["sid"]
    await ada.watch(sid)
    ada.forget()
    return Chat(world, ada, sid, phones, message)


@pytest.mark.parametrize(
    "statuses, amounts",
    [
        (["sent", "sent"], "all none none none none"),
        (["sent", "delivered"], "all some none none none"),
        (["read", "delivered"], "all all some none none"),
        (["read", "read"], "all all all none none"),
        (["failed", "read"], "some some some some none"),
        (["undelivered", "undelivered"], "none none none none all"),
        (["delivered"], "all all none none none"),
    ],
)
async def test_amounts_are_of_the_receipts(chat: Chat, statuses: list[str], amounts: str) -> None:
    names = ("sent", "delivered", "read", "failed", "undelivered")
    before = await chat.item()
    assert "delivery" not in before
    told = await chat.deliver(*statuses)
    assert told == {"total": len(statuses), **dict(zip(names, amounts.split(), strict=True))}
    assert await chat.item() == {**before, "delivery": told}
    assert [event for event, _ in chat.ada.events()] == ["list_item_updated"]


async def test_receipts_go_on_and_are_not_told_twice(chat: Chat) -> None:
    await chat.deliver("sent", "sent")
    (first, second) = (await chat.receipts())["delivery_receipts"]
    await chat.deliver("read")
    await chat.deliver("read")
    (again, _) = (await chat.receipts())["delivery_receipts"]
    assert again == {**first, "status": "read"}
    assert first["sid"] != second["sid"]
    assert [first["participant_sid"], second["participant_sid"]] == chat.phones
    assert [event for event, _ in chat.ada.events()] == ["list_item_updated"] * 2


async def test_an_error_is_told_of_those_who_got_nothing(chat: Chat) -> None:
    await chat.deliver("delivered", "failed", error_code=30003)
    codes = [receipt["error_code"] for receipt in (await chat.receipts())["delivery_receipts"]]
    assert codes == [None, 30003]
    await chat.deliver("sent", "sent")
    assert [receipt["error_code"] for receipt in (await chat.receipts())["delivery_receipts"]] == [None, None]


async def test_receipts_stay_when_their_participant_goes(chat: Chat) -> None:
    await chat.deliver("sent", "read")
    assert (await chat.ada.request("DELETE", chat.world.path(chat.sid, "Participants", chat.phones[1]))).status == 204
    assert (await chat.item())["delivery"]["total"] == len((await chat.receipts())["delivery_receipts"]) == 2
    assert (await chat.deliver("read", "failed"))["total"] == 2


async def test_an_edit_keeps_what_is_known(chat: Chat) -> None:
    delivery = await chat.deliver("sent")
    await chat.control("metadata", conversation=chat.sid, message=chat.message, metadata={"type": "x", "data": {}})
    await chat.ada.request("POST", chat.world.path(chat.sid, "Messages", chat.message), {"body": "new"})
    item = await chat.item()
    assert (item["text"], item["delivery"], item["channelMetadata"]) == ("new", delivery, True)


async def test_receipts_come_in_pages(chat: Chat) -> None:
    await chat.deliver("sent", "sent")
    first = await chat.receipts(PageSize="1")
    last = await chat.receipts(PageSize="1", PageToken=first["meta"]["next_token"])
    assert last["meta"]["next_token"] is None
    sids = [page["delivery_receipts"][0]["participant_sid"] for page in (first, last)]
    assert sids == chat.phones
    for params in ({"PageSize": "0"}, {"PageSize": "x"}, {"PageToken": "x"}, {"PageToken": "1.0"}, {"PageToken": "1"}):
        response = await chat.ada.get(chat.world.path(chat.sid, "Messages", chat.message, "Receipts"), **params)
        assert response.status == 400
        assert next(iter(params)) in response.body["message"]


async def test_a_message_that_nobody_told_of_has_no_receipts(chat: Chat) -> None:
    assert (await chat.receipts())["delivery_receipts"] == []


@pytest.mark.parametrize("rest", [("Messages", "IM" + "0" * 32, "Receipts"), ("Messages", "x", "ChannelMetadata")])
async def test_unknown_messages_have_nothing(chat: Chat, rest: tuple[str, ...]) -> None:
    response = await chat.ada.get(chat.world.path(chat.sid, *rest))
    assert (response.status, response.body["code"]) == (404, 20404)


async def test_recipients_are_of_a_message_or_of_all(chat: Chat) -> None:
    other = (await chat.world.send(chat.ada, chat.sid)).body["sid"]
    ann = {"message_sid": chat.message, "type": "email", "level": "to", "name": "Ann", "address": "ann@example.test"}
    raw = {"message_sid": other, "type": "pigeon", "ring": {"number": 7}}
    added = await chat.control("recipients", conversation=chat.sid, recipients=[ann, raw])
    assert added == {"recipients": 2}
    path = chat.world.path(chat.sid, "MessageRecipients")
    assert (await chat.ada.get(path)).body["message_recipients"] == [ann, raw]
    assert (await chat.ada.get(path, MessageSid=other)).body["message_recipients"] == [raw]
    first = (await chat.ada.get(path, PageSize="1")).body
    last = (await chat.ada.get(path, PageToken=first["meta"]["next_token"])).body
    assert (first["message_recipients"], last["message_recipients"]) == ([ann], [raw])
    assert (await chat.ada.get(path, MessageSid="IM" + "0" * 32)).status == 404


async def test_pages_are_turned_both_ways(chat: Chat) -> None:
    """The size is named once, as clients do, and something goes while pages are turned."""
    messages = [(await chat.world.send(chat.ada, chat.sid)).body["sid"] for _ in range(5)]
    recipients = [{"message_sid": message, "type": "email"} for message in messages]
    await chat.control("recipients", conversation=chat.sid, recipients=recipients)
    path = chat.world.path(chat.sid, "MessageRecipients")

    async def turn(**params: str) -> tuple[list[int], str | None, str | None]:
        body = (await chat.ada.get(path, **params)).body
        shown = [messages.index(each["message_sid"]) for each in body["message_recipients"]]
        return shown, body["meta"]["previous_token"], body["meta"]["next_token"]

    first, before_first, following = await turn(PageSize="2")
    assert (first, before_first) == ([0, 1], None)
    assert following is not None
    second, previous, following = await turn(PageToken=following)
    assert second == [2, 3]
    assert following is not None
    last, _, end = await turn(PageToken=following)
    assert (last, end) == ([4], None)
    assert previous is not None
    back, before_back, again = await turn(PageToken=previous)
    assert (back, before_back) == ([0, 1], None)
    assert again is not None
    await chat.ada.request("DELETE", chat.world.path(chat.sid, "Messages", messages[0]))
    assert (await turn(PageToken=again))[0] == [2, 3]
    assert (await turn(PageToken=previous))[0] == [1]


async def test_channel_metadata_is_there_or_not(chat: Chat) -> None:
    path = chat.world.path(chat.sid, "Messages", chat.message, "ChannelMetadata")
    none = await chat.ada.get(path)
    assert (none.status, none.body["status"], none.body["code"]) == (404, 404, 50530)
    assert "channelMetadata" not in await chat.item()
    metadata = {"type": "whatsapp", "data": {"context": {"forwarded": True}}}
    await chat.control("metadata", conversation=chat.sid, message=chat.message, metadata=metadata)
    assert (await chat.ada.get(path)).body == metadata
    assert (await chat.item())["channelMetadata"] is True
    await chat.control("metadata", conversation=chat.sid, message=chat.message, metadata={**metadata, "data": {}})
    assert (await chat.ada.get(path)).body == {"type": "whatsapp", "data": {}}
    assert [event for event, _ in chat.ada.events()] == ["list_item_updated"]


async def test_all_of_it_goes_with_the_message(chat: Chat) -> None:
    await chat.deliver("sent")
    await chat.control("recipients", conversation=chat.sid, recipients=[{"message_sid": chat.message, "type": "email"}])
    await chat.ada.request("DELETE", chat.world.path(chat.sid, "Messages", chat.message))
    path = chat.world.path(chat.sid, "MessageRecipients")
    assert (await chat.ada.get(path)).body["message_recipients"] == []
    with pytest.raises(Refusal, match="Message not found"):
        await chat.deliver("sent")


@pytest.mark.parametrize(
    "op, changes, status, named",
    [
        ("delivery", {"statuses": {}}, 400, "statuses must"),
        ("delivery", {"statuses": ["sent"]}, 400, "statuses must"),
        ("delivery", {"statuses": {"{phone}": "queued"}}, 400, "statuses.MB"),
        ("delivery", {"statuses": {"{phone}": 1}}, 400, "statuses.MB"),
        ("delivery", {"statuses": {"{phone}": "sent", NOBODY: "sent"}}, 404, f"statuses.{NOBODY}"),
        ("delivery", {"error_code": "30003"}, 400, "error_code"),
        ("delivery", {"error_code": -1}, 400, "error_code"),
        ("delivery", {"message": "IM" + "0" * 32}, 404, "Message"),
        ("delivery", {"message": 7}, 400, "message"),
        ("delivery", {"conversation": "CH" + "0" * 32}, 404, "Conversation"),
        ("delivery", {"conversation": None}, 400, "conversation"),
        ("recipients", {"recipients": {}}, 400, "recipients must"),
        ("recipients", {"recipients": [7]}, 400, "recipients[0]"),
        ("recipients", {"recipients": [{"type": "email"}]}, 400, "recipients[0].message_sid"),
        ("recipients", {"recipients": [{"type": "email", "message_sid": "x"}]}, 404, "recipients[0].message_sid"),
        ("recipients", {"recipients": [{"message_sid": "{message}"}]}, 400, "recipients[0].type"),
        (
            "recipients",
            {"recipients": [{"message_sid": "{message}", "type": "email", "adress": "ann@example.test"}]},
            400,
            "recipients[0].adress must be absent; the fields are address, ",
        ),
        (
            "recipients",
            {"recipients": [{"message_sid": "{message}", "type": "x", "more": "x" * 5000}]},
            400,
            "recipients[0] must",
        ),
        ("metadata", {"metadata": None}, 400, "metadata must"),
        ("metadata", {"metadata": {"type": "x"}}, 400, "metadata must"),
        ("metadata", {"metadata": {"type": "", "data": {}}}, 400, "metadata.type"),
        ("metadata", {"metadata": {"type": "x", "data": {"x": "x" * 17_000}}}, 400, "metadata must"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_changes(
    chat: Chat, op: str, changes: dict[str, Any], status: int, named: str
) -> None:
    right: dict[str, dict[str, Any]] = {
        "delivery": {"message": chat.message, "statuses": {chat.phones[0]: "sent"}},
        "recipients": {"recipients": [{"message_sid": chat.message, "type": "email"}]},
        "metadata": {"message": chat.message, "metadata": {"type": "x", "data": {}}},
    }
    filled = _filled(changes, {"phone": chat.phones[0], "message": chat.message})
    with pytest.raises(Refusal) as caught:
        await chat.control(op, **{"conversation": chat.sid, **right[op], **filled})
    assert caught.value.status == status
    assert caught.value.message.startswith(named)
    assert chat.ada.events() == []
    assert (await chat.receipts())["delivery_receipts"] == []
    assert (await chat.ada.get(chat.world.path(chat.sid, "MessageRecipients"))).body["message_recipients"] == []


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format_map(names)
    if isinstance(value, dict):
        return {_filled(key, names): _filled(each, names) for key, each in value.items()}
    return [_filled(each, names) for each in value] if isinstance(value, list) else value
