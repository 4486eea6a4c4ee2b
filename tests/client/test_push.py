"""Push notifications: registering devices as the official library does, and publishing what these get."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import orjson
import pytest

import rxconvo
from rxconvo import Client, PushNotification
from rxconvo.errors import ArgumentError, ClosedError, RejectedError, RequestError
from rxconvo.testing import advance, settle
from rxconvo.testing.frames import FOLDER as FRAMES
from rxconvo.wire.packets import Packet, Reply, Request, Status


def is_about_devices(packet: Packet) -> bool:
    return isinstance(packet, Request) and packet.http_request.path.startswith("/v1/registrations")


def said(world: Any) -> list[tuple[str, str, Any]]:
    """List what was asked about devices: method, path, body."""
    return [
        (packet.http_request.method, packet.http_request.path, orjson.loads(packet.payload))
        for packet in world.line("ada").sent
        if is_about_devices(packet)
    ]


def methods(world: Any) -> list[str]:
    return [method for method, _, _ in said(world)]


class Refusing:
    """Refuses requests about devices, so many of them, or all; and notes when they came."""

    def __init__(self, world: Any, times: int = 10**6, *, status: int = 503) -> None:
        self.left = times
        self.at: list[float] = []
        self._status = status
        self._loop = asyncio.get_running_loop()
        world.line("ada").replying = self

    def __call__(self, packet: Packet) -> list[Packet] | None:
        if not is_about_devices(packet):
            return None
        self.at.append(self._loop.time())
        self.left -= 1
        if self.left < 0:
            return None
        return [Reply(packet.id, Status(200, "OK"), http_status=Status(self._status, "no"), payload=b"{}")]


async def test_what_is_said_is_what_the_official_library_says(world: Any, ada: Client) -> None:
    lines = (FRAMES / "19-push-registration.jsonl").read_text().splitlines()
    recorded = [frame for frame in map(json.loads, lines) if frame["dir"] == "c2s"]
    start = len(world.line("ada").sent)
    await ada.set_push_registration_id("fcm", "fake-device-token")
    await ada.unset_push_registration_id("fcm")
    await ada.remove_push_registrations("fcm", "fake-device-token")
    ours = [packet for packet in world.line("ada").sent[start:] if is_about_devices(packet)]
    theirs = [frame["header"]["http_request"] for frame in recorded]
    for packet, http, frame in zip(ours, theirs, recorded, strict=True):
        mine = packet.http_request
        assert (mine.host, mine.method, mine.params, mine.headers) == (
            http["host"],
            http["method"],
            http["params"],
            http["headers"],
        )
        assert mine.path.partition("/RG")[0] == http["path"].partition("/RG")[0]
        assert ("/RG" in mine.path) == ("/RG" in http["path"])
        assert packet.payload_type == frame["header"]["payload_type"]
        assert orjson.loads(packet.payload) == frame["payload"]


async def test_the_version_goes_with_the_channel(world: Any, ada: Client) -> None:
    await ada.set_push_registration_id("apn", "device")
    await ada.set_push_registration_id("fcm", "device")
    assert [(body["channel_type"], body["version"]) for _, _, body in said(world)] == [("apn", "4"), ("fcm", "3")]


async def test_who_has_a_device_can_be_notified(ada: Client) -> None:
    seen = [ada.user.is_notifiable]
    await ada.set_push_registration_id("fcm", "device")
    seen.append(ada.user.is_notifiable)
    await ada.unset_push_registration_id("fcm")
    seen.append(ada.user.is_notifiable)
    assert seen == [False, True, False]


async def test_nothing_happens_before_subscription(world: Any, ada: Client) -> None:
    ada.set_push_registration_id("fcm", "device")
    ada.unset_push_registration_id("fcm")
    ada.remove_push_registrations("fcm", "device")
    await settle()
    assert said(world) == []


async def test_the_same_device_again_costs_no_request(world: Any, ada: Client) -> None:
    await ada.set_push_registration_id("fcm", "device")
    await ada.set_push_registration_id("fcm", "device")
    assert methods(world) == ["POST"]


async def test_another_device_takes_its_place(world: Any, ada: Client) -> None:
    await ada.set_push_registration_id("fcm", "device")
    await ada.set_push_registration_id("fcm", "another")
    assert methods(world) == ["POST", "DELETE", "POST"]
    assert said(world)[2][2]["data"] == {"registration_id": "another"}
    await ada.unset_push_registration_id("fcm")
    assert said(world)[3][1] != said(world)[1][1]


async def test_without_a_device_there_is_nothing_to_remove(world: Any, ada: Client) -> None:
    await ada.unset_push_registration_id("fcm")
    assert said(world) == []


async def test_after_the_removal_of_all_a_device_is_registered_anew(world: Any, ada: Client) -> None:
    await ada.set_push_registration_id("fcm", "device")
    await ada.remove_push_registrations("fcm", "device")
    await ada.set_push_registration_id("fcm", "device")
    assert methods(world) == ["POST", "DELETE", "POST"]


async def test_the_removal_of_all_of_another_device_leaves_the_own_one(world: Any, ada: Client) -> None:
    await ada.set_push_registration_id("fcm", "device")
    await ada.remove_push_registrations("fcm", "another")
    await ada.unset_push_registration_id("fcm")
    assert methods(world) == ["POST", "DELETE", "DELETE"]
    assert ada.user.is_notifiable is False


async def test_a_device_that_another_client_has_removed_can_be_replaced(world: Any, ada: Client) -> None:
    await ada.set_push_registration_id("fcm", "device")
    elsewhere = await world.client("ada")
    await elsewhere.remove_push_registrations("fcm", "device")
    await ada.set_push_registration_id("fcm", "another")
    await ada.unset_push_registration_id("fcm")
    assert ada.user.is_notifiable is False


class TestFailures:
    @pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
    async def test_a_registration_is_tried_until_it_succeeds(self, world: Any, ada: Client, status: int) -> None:
        refusing = Refusing(world, 9, status=status)
        done: list[Any] = []
        ada.set_push_registration_id("fcm", "device").subscribe(done.append)
        await advance(700)
        assert done == [None]
        gaps = [round(later - earlier, 3) for earlier, later in zip(refusing.at, refusing.at[1:], strict=False)]
        assert gaps == [2, 4, 8, 16, 32, 64, 120, 120, 120]
        assert ada.user.is_notifiable is True

    async def test_delays_vary_by_a_fifth(self, world: Any) -> None:
        ada = await world.client("ada", chance=lambda: 0.0)
        refusing = Refusing(world, 2)
        await ada.set_push_registration_id("fcm", "device")
        gaps = [round(later - earlier, 3) for earlier, later in zip(refusing.at, refusing.at[1:], strict=False)]
        assert gaps == [1.6, 3.2]

    @pytest.mark.parametrize("action", ["unset", "remove", "replace"])
    async def test_a_removal_is_tried_three_times(self, world: Any, ada: Client, action: str) -> None:
        await ada.set_push_registration_id("fcm", "device")
        refusing = Refusing(world, status=400)
        with pytest.raises(RejectedError) as error:
            match action:
                case "unset":
                    await ada.unset_push_registration_id("fcm")
                case "remove":
                    await ada.remove_push_registrations("fcm", "device")
                case _:
                    await ada.set_push_registration_id("fcm", "another")
        assert error.value.status == 400
        assert methods(world) == ["POST", "DELETE", "DELETE", "DELETE"]
        refusing.left = 0
        await ada.unset_push_registration_id("fcm")  # it is still known what there is to remove
        assert methods(world)[4:] == ["DELETE"]

    async def test_a_call_while_another_runs_is_refused(self, world: Any, ada: Client) -> None:
        refusing = Refusing(world)
        done: list[Any] = []
        ada.set_push_registration_id("fcm", "device").subscribe(done.append)
        await advance(1)
        for other in (
            ada.set_push_registration_id("fcm", "another"),
            ada.unset_push_registration_id("fcm"),
            ada.remove_push_registrations("fcm", "device"),
        ):
            with pytest.raises(RequestError, match="already in progress"):
                await other
        assert methods(world) == ["POST"]
        refusing.left = 0
        await ada.set_push_registration_id("apn", "device")  # another channel is another matter
        await advance(2)
        assert done == [None]
        await ada.unset_push_registration_id("fcm")

    async def test_who_disposes_gives_up_and_may_begin_anew(self, world: Any, ada: Client) -> None:
        refusing = Refusing(world)
        ada.set_push_registration_id("fcm", "device").subscribe().dispose()
        trying = ada.set_push_registration_id("fcm", "device").subscribe()
        await advance(1)
        trying.dispose()
        await advance(300)
        assert len(refusing.at) <= 2
        refusing.left = 0
        await ada.set_push_registration_id("fcm", "device")
        assert ada.user.is_notifiable is True

    async def test_the_shutdown_ends_the_attempts(self, world: Any, ada: Client) -> None:
        Refusing(world)
        errors: list[Exception] = []
        ada.set_push_registration_id("fcm", "device").subscribe(on_error=errors.append)
        await advance(1)
        await ada.shutdown()
        await settle()
        assert [type(error) for error in errors] == [ClosedError]


WRONG_CHANNELS: list[Any] = ["", "twilsock", "FCM", None, 1, ["fcm"]]
WRONG_IDS: list[Any] = ["", None, 1, b"x", "\ud800"]
WRONG_PAYLOADS: list[Any] = [None, "x", [], {}, {"data": {}}, {"aps": {}}, {"data": {"twi_message_type": None}}]


@pytest.mark.parametrize(
    "call,field",
    [
        *((lambda ada, v=v: ada.set_push_registration_id(v, "x"), "channel_type") for v in WRONG_CHANNELS),
        *((lambda ada, v=v: ada.set_push_registration_id("fcm", v), "registration_id") for v in WRONG_IDS),
        *((lambda ada, v=v: ada.unset_push_registration_id(v), "channel_type") for v in WRONG_CHANNELS),
        *((lambda ada, v=v: ada.remove_push_registrations(v, "x"), "channel_type") for v in WRONG_CHANNELS),
        *((lambda ada, v=v: ada.remove_push_registrations("apn", v), "registration_id") for v in WRONG_IDS),
        *((lambda ada, v=v: ada.handle_push_notification(v), "payload") for v in WRONG_PAYLOADS),
        *((lambda ada, v=v: ada.parse_push_notification(v), "payload") for v in WRONG_PAYLOADS),
    ],
)
async def test_wrong_arguments_are_refused_at_once(world: Any, ada: Client, call: Any, field: str) -> None:
    sent = len(world.line("ada").sent)
    with pytest.raises(ArgumentError) as error:
        call(ada)
    assert error.value.field == field
    await settle()
    assert len(world.line("ada").sent) == sent


PAYLOAD = {"data": {"twi_message_type": PushNotification.NEW_MESSAGE, "twi_title": "Lunch", "message_index": 5}}


async def test_a_notification_is_published(world: Any, ada: Client) -> None:
    told: list[PushNotification] = []
    ada.push.subscribe(told.append)
    sent = len(world.line("ada").sent)
    handing = ada.handle_push_notification(PAYLOAD)
    assert told == []
    await handing
    assert told == [Client.parse_push_notification(PAYLOAD)]
    assert (told[0].title, told[0].data.message_index) == ("Lunch", 5)
    assert ada["push$"] is ada.push
    await settle()
    assert len(world.line("ada").sent) == sent


async def test_a_notification_can_be_read_with_a_client_too(ada: Client) -> None:
    assert ada.parse_push_notification(PAYLOAD) == rxconvo.parse_push_notification(PAYLOAD)
