"""Push registrations: whose device may be notified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.server import Limits, ServerOptions

if TYPE_CHECKING:
    from tests.server.conftest import Peer, Response, World

PATH = "/v1/registrations"


def wanted(address: str = "phone", channel: str = "fcm", **more: object) -> dict[str, object]:
    body: dict[str, object] = {
        "endpoint_platform": "web",
        "channel_type": channel,
        "version": "3",
        "message_types": ["twilio.conversations.new_message"],
        "data": {"registration_id": address},
    }
    return body | more


async def register(peer: Peer, address: str = "phone", channel: str = "fcm", **more: object) -> Response:
    body = wanted(address, channel, **more)
    return await peer.request("POST", PATH, body, params={"productId": "ip_messaging"})


async def unregister(peer: Peer, sid: str = "", body: object = None) -> Response:
    path = f"{PATH}/{sid}" if sid else PATH
    return await peer.request("DELETE", path, body or {}, params={"productId": "ip_messaging"})


async def notifiable(world: World, peer: Peer, identity: str = "ada") -> bool:
    resource = (await peer.get(f"{world.api}/Users/{identity}")).body
    assert isinstance(resource["is_notifiable"], bool)
    return bool(resource["is_notifiable"])


async def test_a_user_is_notifiable_while_there_is_a_device(world: World) -> None:
    ada, bob = await world.peer("ada"), await world.peer("bob")
    name = (await bob.get(f"{world.api}/Users/ada")).body["sync_objects"]["user_info_map"]
    info = await bob.open("Maps", name)
    await bob.establish((info["sid"], "map", info["last_event_id"]))
    bob.forget()
    assert not await notifiable(world, bob)
    made = [(await register(ada, address)).body["id"] for address in ("phone", "tablet")]
    assert len(set(made)) == 2
    assert await notifiable(world, bob)
    assert (await unregister(ada, made[0])).status == 204
    assert await notifiable(world, bob)
    assert (await unregister(ada, body={"binding_type": "fcm", "address": "tablet"})).status == 204
    assert not await notifiable(world, bob)
    told = [event["item_data"] for note in bob.notifications() for event in note["events"]]
    assert told == [{"online": True, "notifiable": True}, {"online": True, "notifiable": False}]


async def test_a_device_that_is_registered_again_keeps_its_id(world: World) -> None:
    ada = await world.peer("ada")
    first, again, other = [await register(ada, channel=channel) for channel in ("fcm", "fcm", "apn")]
    assert (first.status, first.body) == (again.status, again.body)
    assert other.body != first.body


async def test_it_survives_the_connection(world: World) -> None:
    ada = await world.peer("ada")
    await register(ada)
    await ada.transport.close()
    bob = await world.peer("bob")
    resource = (await bob.get(f"{world.api}/Users/ada")).body
    assert (resource["is_online"], resource["is_notifiable"]) == (False, True)


async def test_a_device_that_is_not_there_is_forgotten_all_the_same(world: World) -> None:
    ada = await world.peer("ada")
    assert (await unregister(ada, body={"binding_type": "fcm", "address": "phone"})).status == 204


async def test_registrations_of_others_are_as_good_as_none(world: World) -> None:
    ada, eve = await world.peer("ada"), await world.peer("eve")
    sid = (await register(ada)).body["id"]
    other = await unregister(eve, sid)
    unknown = await unregister(eve, "RG" + "0" * 32)
    assert (other.status, other.packet.payload) == (unknown.status, unknown.packet.payload)
    assert other.status == 404
    assert (await unregister(eve, body={"binding_type": "fcm", "address": "phone"})).status == 204
    assert (await register(eve)).body["id"] != sid
    assert await notifiable(world, eve)


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"channel_type": "sms"}, "channel_type"),
        ({"channel_type": ["fcm"]}, "channel_type"),
        ({"data": {}}, "data.registration_id"),
        ({"data": "phone"}, "data.registration_id"),
        ({"data": {"registration_id": ""}}, "data.registration_id"),
        ({"data": {"registration_id": "x" * 4097}}, "data.registration_id"),
        ({"endpoint_platform": "x" * 129}, "endpoint_platform"),
        ({"version": 3}, "version"),
        ({"message_types": "all"}, "message_types"),
        ({"message_types": [1]}, "message_types"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_kept(world: World, changes: dict[str, Any], named: str) -> None:
    ada = await world.peer("ada")
    response = await register(ada, **changes)
    assert response.status == 400
    assert response.body["message"].startswith(named)
    assert not await notifiable(world, ada)


async def test_the_product_is_the_only_one(world: World) -> None:
    ada = await world.peer("ada")
    for response in (
        await ada.request("POST", PATH, wanted(), params={"productId": "data_sync"}),
        await ada.request("DELETE", PATH, {"binding_type": "fcm", "address": "phone"}),
        await ada.request("DELETE", f"{PATH}/RG1"),
    ):
        assert response.status == 400
        assert response.body["message"].startswith("productId")


@pytest.mark.parametrize(
    "body", [{"binding_type": "fcm"}, {"binding_type": "x", "address": "phone"}, [1], b"data_sync"]
)
async def test_the_removal_of_a_device_has_to_name_it(world: World, body: object) -> None:
    response = await unregister(await world.peer("ada"), body=body)
    assert response.status == 400


@pytest.mark.parametrize("options", [ServerOptions(limits=Limits(registrations=2))])
async def test_devices_are_counted(world: World) -> None:
    ada = await world.peer("ada")
    statuses = [(await register(ada, address)).status for address in ("a", "b", "c", "a")]
    assert statuses == [201, 201, 403, 201]
