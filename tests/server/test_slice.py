"""The first minutes of a client: in, open, subscribe, create, join, send."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.server.conftest import World


async def test_a_client_starts_creates_joins_and_sends(world: World) -> None:
    ada = await world.peer("ada")
    configuration = (await ada.get("/Client/v2/Configuration")).body
    assert configuration["identity"] == "ada"
    names = configuration["sync_objects"]
    channels = await ada.open("Maps", names["my_conversations"])
    info = (await ada.get(f"/v3/Maps/{names['my_user_info']}", Include="items")).body
    assert {item["key"]: item["data"] for item in info["items"]} == {
        "friendlyName": {"value": "ada"},
        "attributes": {"value": "{}"},
        "reachability": {"online": True, "notifiable": False},
    }
    found = await ada.establish((channels["sid"], "map", channels["last_event_id"]), (info["sid"], "map", 4))
    assert [payload["event_type"] for payload in found] == ["subscription_established"]
    sid = await world.create(ada, friendly_name="Lunch")
    await world.join(ada, sid)
    await ada.watch(sid)
    assert ada.events()[-4][0] == "map_item_added"
    ada.forget()
    response = await world.send(ada, sid, "hello")
    assert response.body["index"] == 0
    assert [event for event, _ in ada.events()] == ["list_item_added", "document_updated"]
    assert ada.log[-1] is response.packet
