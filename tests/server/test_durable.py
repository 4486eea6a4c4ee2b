"""The service on a file: a thread that commits, and what is there after a restart."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rxconvo.server import ServerOptions
from rxconvo.server.storage.sqlite import open_store
from rxconvo.testing.ids import seeded_ids
from rxconvo.wire import Notification

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.server.conftest import World

    Opener = Callable[[], AbstractAsyncContextManager[World]]

pytestmark = pytest.mark.real_time


@pytest.fixture
def open_world(tmp_path: Path, make_world: type[World]) -> Opener:
    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[World]:
        url = f"sqlite:{tmp_path / 'store.db'}"
        store = await open_store(url, ids=seeded_ids(url), at="2026-01-31T12:00:00.000Z")
        world = make_world(store, ServerOptions())
        try:
            yield world
        finally:
            await world.close()
            await store.close()

    return opened


async def test_what_was_acknowledged_is_there_after_a_restart(open_world: Opener) -> None:
    async with open_world() as world:
        ada, bob = await world.peer("ada"), await world.peer("bob")
        sid = await world.create(ada, unique_name="lunch")
        for peer in (ada, bob):
            await world.join(ada, sid, peer.identity)
            await peer.watch(sid)
        bob.forget()
        ids = [
            (peer, peer.post("POST", world.path(sid, "Messages"), {"body": str(number)}))
            for number in range(100)
            for peer in (ada, bob)
        ]
        answers = [await peer.answer(packet_id) for peer, packet_id in ids]
        indices = [answer.body["index"] for answer in answers]
        assert sorted(indices) == list(range(200))
        await bob.catch_up()
        told = [
            event["item_index"] for note in bob.notifications() for event in note["events"] if "item_index" in event
        ]
        assert told == list(range(200))
        first = await world.connect().init(world.server.mint("ada"))
    async with open_world() as world:
        ada = await world.peer("ada")
        again = await world.connect().init(world.server.mint("ada"), first.continuation_token)
        assert again.epoch == first.epoch
        found = (await ada.get(f"{world.api}/Users/ada/Conversations/lunch")).body
        assert (found["conversation_sid"], found["messages_count"]) == (sid, 200)
        assert (await ada.get(f"{world.api}/Users/bob")).body["is_online"] is False


async def test_events_come_before_answers_on_a_thread_too(open_world: Opener) -> None:
    async with open_world() as world:
        ada = await world.peer("ada")
        sid = await world.create(ada)
        await world.join(ada, sid)
        await ada.watch(sid)
        ada.forget()
        ids = [ada.post("POST", world.path(sid, "Messages"), {"body": str(number)}) for number in range(50)]
        for count, packet_id in enumerate(ids, 1):
            answer = await ada.answer(packet_id)
            told = [packet for packet in ada.log[: ada.log.index(answer.packet)] if isinstance(packet, Notification)]
            assert len(told) >= 2 * count  # list and document, of this message and all before


async def test_what_control_and_devices_brought_about_is_there_after_a_restart(open_world: Opener) -> None:
    product = {"productId": "ip_messaging"}
    registration = {
        "endpoint_platform": "web",
        "channel_type": "fcm",
        "version": "3",
        "message_types": [],
        "data": {"registration_id": "phone"},
    }
    template = {"sid": "HX1", "variants": {"twilio/text": {"body": "hello"}}}
    async with open_world() as world:
        ada = await world.peer("ada")
        sid = await world.create(ada)
        participant = await world.join(ada, sid)
        message = (await world.send(ada, sid)).body["sid"]
        about = {"conversation": sid, "message": message}
        await ada.request("POST", "/v1/registrations", registration, params=dict(product))
        control = world.server.control
        await control("templates", templates=[template])
        await control("delivery", **about, statuses={participant: "read"})
        await control("recipients", conversation=sid, recipients=[{"message_sid": message, "type": "email"}])
        await control("metadata", **about, metadata={"type": "x", "data": {}})
        await control("state", conversation=sid, state="closed")
        await control("bindings", conversation=sid, bindings={"sms": {"address": "+1500"}})
        await control("conflict")
        key = {"X-Twilio-Mutation-Id": "m1"}
        conflict = await ada.request("POST", f"{world.api}/Conversations", {}, headers=key)
        assert conflict.status == 202
    async with open_world() as world:
        ada = await world.peer("ada")
        assert (await ada.get(f"{world.api}/Users/ada")).body["is_notifiable"] is True
        assert [each["sid"] for each in (await ada.get("/Client/v2/ContentTemplates")).body["templates"]] == ["HX1"]
        receipts = (await ada.get(world.path(sid, "Messages", message, "Receipts"))).body["delivery_receipts"]
        assert [each["status"] for each in receipts] == ["read"]
        assert len((await ada.get(world.path(sid, "MessageRecipients"))).body["message_recipients"]) == 1
        metadata = await ada.get(world.path(sid, "Messages", message, "ChannelMetadata"))
        assert metadata.body == {"type": "x", "data": {}}
        found = (await ada.get(world.path(sid))).body
        assert (found["state"], found["bindings"]) == ("closed", {"sms": {"address": "+1500"}})
        mutation = await ada.get(f"{world.api}/Mutations/m1")
        assert (await ada.get(world.path(mutation.body["sid"]))).status == 200
