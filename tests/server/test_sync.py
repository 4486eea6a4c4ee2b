"""Reading replicated objects: descriptors, pages and their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.server.conftest import Peer, World


async def with_messages(world: World, count: int, **more: Any) -> tuple[Peer, str]:
    ada = await world.peer("ada")
    sid = await world.create(ada)
    await world.join(ada, sid)
    for number in range(count):
        await world.send(ada, sid, str(number), **more)
    return ada, sid


async def page(peer: Peer, path: str, **params: str) -> tuple[list[Any], bool, bool]:
    """Return the keys of a page, and whether there is more before and after."""
    body = (await peer.get(path, HideExpired="true", **params)).body
    keys = [item.get("index", item.get("key")) for item in body["items"]]
    meta = body["meta"]
    return keys, meta["previous_token"] is not None, meta["next_token"] is not None


@pytest.mark.parametrize(
    "params, keys, before, after",
    [
        ({}, [0, 1, 2, 3, 4], False, False),
        ({"PageSize": "2"}, [0, 1], False, True),
        ({"PageSize": "2", "Order": "desc"}, [4, 3], False, True),
        ({"From": "1", "PageSize": "2"}, [1, 2], True, True),
        ({"From": "3", "PageSize": "2", "Order": "desc"}, [3, 2], True, True),
        ({"From": "3", "PageSize": "10"}, [3, 4], True, False),
        ({"From": "1", "PageSize": "10", "Order": "desc"}, [1, 0], True, False),
        ({"From": "-7"}, [0, 1, 2, 3, 4], False, False),
        ({"From": "99"}, [], True, False),
        ({"From": "99", "Order": "desc"}, [4, 3, 2, 1, 0], False, False),
        ({"Index": "3"}, [3], False, False),
        ({"Index": "99"}, [], False, False),
    ],
)
async def test_pages_of_a_list(
    world: World, params: dict[str, str], keys: list[int], before: bool, after: bool
) -> None:
    ada, sid = await with_messages(world, 5)
    assert await page(ada, f"/v3/Lists/{sid}.messages/Items", **params) == (keys, before, after)


async def test_removed_items_do_not_appear(world: World) -> None:
    ada, sid = await with_messages(world, 3)
    item = (await ada.get(f"/v3/Lists/{sid}.messages/Items", Index="1")).body["items"][0]
    await ada.request("DELETE", world.path(sid, "Messages", item["data"]["sid"]))
    path = f"/v3/Lists/{sid}.messages/Items"
    assert await page(ada, path) == ([0, 2], False, False)
    assert await page(ada, path, Index="1") == ([], False, False)
    assert await page(ada, path, From="1", PageSize="1") == ([2], True, False)
    assert (await ada.get(f"{path}/1")).status == 404
    assert (await ada.get(f"{path}/2")).body["index"] == 2


async def test_pages_of_a_map(world: World) -> None:
    ada = await world.peer("ada")
    sid = await world.create(ada)
    keys = sorted([await world.join(ada, sid, identity) for identity in "abcde"])
    path = f"/v3/Maps/{sid}.roster/Items"
    assert await page(ada, path, PageSize="3") == (keys[:3], False, True)
    assert await page(ada, path, PageSize="3", From=keys[2]) == (keys[2:], True, False)
    assert await page(ada, path, PageSize="3", From="A") == (keys[:3], False, True)
    assert await page(ada, path, Key=keys[1]) == ([keys[1]], False, False)
    assert await page(ada, path, Key="nothing") == ([], False, False)
    item = (await ada.get(f"{path}/{keys[0]}")).body
    assert item["url"].endswith(keys[0])
    assert item["revision"] == str(item["last_event_id"])


async def test_a_page_has_at_most_a_hundred_items(world: World) -> None:
    ada, sid = await with_messages(world, 101)
    path = f"/v3/Lists/{sid}.messages/Items"
    for params in ({}, {"PageSize": "1000"}):
        keys, _, after = await page(ada, path, **params)
        assert (len(keys), after) == (100, True)


async def test_a_page_is_cut_at_a_mebibyte(world: World) -> None:
    ada, sid = await with_messages(world, 40, subject="s")
    for _ in range(40):
        await world.send(ada, sid, "x" * 32 * 1024)
    path = f"/v3/Lists/{sid}.messages/Items"
    response = await ada.get(path, Order="desc", PageSize="100")
    assert 900_000 < len(response.packet.payload) < 1_100_000
    assert response.body["meta"]["next_token"] is not None
    seen: list[int] = []
    params = {"Order": "desc"}
    while True:
        keys, _, after = await page(ada, path, **params)
        seen += keys[len(seen) > 0 :]
        if not after:
            break
        params["From"] = str(keys[-1])
    assert seen == list(range(79, -1, -1))


async def test_objects_have_two_names_and_two_addresses(world: World) -> None:
    ada, sid = await with_messages(world, 1)
    by_name = await ada.open("Lists", f"{sid}.messages")
    assert await ada.open("Lists", by_name["sid"]) == by_name
    service = world.keys.service_sid
    assert (await ada.get(f"/v3/Services/{service}/Lists/{by_name['sid']}")).body == by_name
    assert (await ada.get(f"/v3/Lists/{by_name['sid']}/Context")).body["data"] == {}
    assert (await ada.get(f"/v3/Maps/{by_name['sid']}")).body["code"] == 54200
    assert (await ada.get("/v3/Lists/unknown")).body["code"] == 54150
    assert (await ada.get("/v3/Documents/unknown")).body["code"] == 54100


async def test_names_are_percent_decoded(world: World) -> None:
    peer = await world.peer("a/b c%.ä")
    found = await peer.open("Maps", "a%2Fb%20c%25.%C3%A4.channels")
    assert found["unique_name"] == "a/b c%.ä.channels"


async def test_everybody_may_read_info_maps_and_nobody_others_lists(world: World) -> None:
    ada, bob = await world.peer("ada"), await world.peer("bob")
    info = (await bob.get(f"{world.api}/Users/ada")).body["sync_objects"]["user_info_map"]
    found = (await bob.get(f"/v3/Maps/{info}", Include="items")).body
    assert {item["key"] for item in found["items"]} == {"friendlyName", "attributes", "reachability"}
    assert (await bob.get("/v3/Maps/ada.channels")).status == 404
    assert (await ada.get("/v3/Maps/ada.channels")).status == 200


async def test_answers_come_after_the_events_of_what_they_show(world: World) -> None:
    ada, sid = await with_messages(world, 1)
    bob = await world.peer("bob")
    await world.join(ada, sid, "bob")
    await bob.watch(sid)
    bob.forget()
    ids = [ada.post("POST", world.path(sid, "Messages"), {"body": "x"}) for _ in range(3)]
    read = bob.post("GET", f"/v3/Lists/{sid}.messages/Items")
    for packet_id in ids:
        await ada.answer(packet_id)
    answer = await bob.answer(read)
    position = bob.log.index(answer.packet)
    told = {event["item_index"] for note in bob.notifications() for event in note["events"] if "item_index" in event}
    shown = {item["index"] for item in answer.body["items"]}
    assert position >= 2 * len(shown - {0})
    assert shown - {0} <= told
