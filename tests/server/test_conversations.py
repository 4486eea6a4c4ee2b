"""Conversations, participants and messages: what is answered, what is told, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.testing.loop import advance, settle

if TYPE_CHECKING:
    from tests.server.conftest import Peer, World


async def both(world: World, **body: object) -> tuple[Peer, Peer, str]:
    """Make a conversation of ada's with bob in it, both of them watching everything."""
    ada, bob = await world.peer("ada"), await world.peer("bob")
    await ada.watch_channels()
    await bob.watch_channels()
    sid = await world.create(ada, **body)
    await world.join(ada, sid)
    await world.join(ada, sid, "bob")
    await ada.watch(sid)
    await bob.watch(sid)
    ada.forget()
    bob.forget()
    return ada, bob, sid


def told(peer: Peer) -> list[str]:
    return [event for event, _ in peer.events()]


async def document_of(peer: Peer, sid: str) -> dict[str, Any]:
    data: dict[str, Any] = (await peer.open("Documents", f"{sid}.channel"))["data"]
    return data


async def test_the_creator_sees_but_does_not_take_part(world: World) -> None:
    ada = await world.peer("ada")
    sid = await world.create(ada, friendly_name="Lunch", unique_name="lunch", attributes='{"a": 1}')
    resource = (await ada.get(world.path(sid))).body
    assert (resource["participants_count"], resource["messages_count"]) == (0, 0)
    assert "status" not in resource
    document = await document_of(ada, sid)
    assert document["attributes"] == '{"a": 1}'
    assert "lastMessage" not in document
    await ada.watch(sid)
    refused = await ada.request("POST", world.path(sid, "Messages"), {"body": "x"})
    assert (refused.status, refused.body["code"]) == (403, 50430)


async def test_creating_takes_nothing_as_a_default(world: World) -> None:
    ada = await world.peer("ada")
    document = await document_of(ada, await world.create(ada))
    assert (document["friendlyName"], document["uniqueName"], document["attributes"]) == (None, None, "{}")
    assert document["type"] == "private"


async def test_a_taken_unique_name_is_refused(world: World) -> None:
    ada = await world.peer("ada")
    first = await world.create(ada, unique_name="lunch")
    response = await ada.request("POST", f"{world.api}/Conversations", {"unique_name": "lunch"})
    assert (response.status, response.body["code"]) == (409, 50353)
    second = await world.create(ada, unique_name="dinner")
    response = await ada.request("POST", world.path(second), {"unique_name": "lunch"})
    assert (response.status, response.body["code"]) == (409, 50353)
    assert (await ada.request("POST", world.path(first), {"unique_name": "lunch"})).status == 200
    assert (await ada.request("POST", world.path(first), {"unique_name": ""})).body["unique_name"] is None
    assert (await ada.request("POST", world.path(second), {"unique_name": "lunch"})).status == 200


async def test_changing_is_told_in_one_event_before_the_answer(world: World) -> None:
    ada, bob, sid = await both(world, friendly_name="Lunch")
    await advance(5)
    response = await ada.request("POST", world.path(sid), {"friendly_name": "Dinner", "attributes": "[1]"})
    assert told(ada) == ["document_updated"]
    assert ada.log[-1] is response.packet
    await bob.catch_up()
    data = bob.notifications()[0]["events"][0]["document_data"]
    assert (data["friendlyName"], data["attributes"]) == ("Dinner", "[1]")
    assert data["dateUpdated"] > data["dateCreated"]


async def test_joining_and_adding(world: World) -> None:
    ada = await world.peer("ada")
    bob = await world.peer("bob")
    await ada.watch_channels()
    await bob.watch_channels()
    sid = await world.create(ada)
    await ada.watch(sid)
    ada.forget()
    await world.join(ada, sid)
    assert told(ada) == ["map_item_added", "map_item_added"]
    assert ada.events()[1][1] == sid  # the roster first, then the own list
    bob.forget()
    await world.join(ada, sid, "bob")
    await bob.catch_up()
    assert bob.events() == [("map_item_added", sid)]
    await bob.watch(sid)
    again = await ada.request("POST", world.path(sid, "Participants"), {"identity": "bob"})
    assert (again.status, again.body["code"]) == (409, 50433)


async def test_an_identity_never_seen_becomes_a_user(world: World) -> None:
    ada = await world.peer("ada")
    sid = await world.create(ada)
    await world.join(ada, sid, "someone/else")
    user = (await ada.get(f"{world.api}/Users/someone%2Felse")).body
    assert (user["friendly_name"], user["is_online"]) == ("someone/else", False)


async def test_participants_without_an_identity(world: World) -> None:
    ada, bob, sid = await both(world)
    binding = {"address": "+15005550001", "proxy_address": "+15005550006"}
    body = {"attributes": "{}", "messaging_binding": binding}
    response = await ada.request("POST", world.path(sid, "Participants"), body)
    assert response.body["messaging_binding"] == {"type": "sms", **binding}
    assert response.body["identity"] is None
    await bob.catch_up()
    item = bob.notifications()[0]["events"][0]["item_data"]
    assert (item["type"], item["bindings"]) == ("sms", {"sms": binding})
    again = await ada.request("POST", world.path(sid, "Participants"), body)
    assert (again.status, again.body["code"]) == (409, 50416)
    removed = await ada.request("DELETE", world.path(sid, "Participants", response.body["sid"]), b"{}")
    assert removed.status == 204
    assert (await ada.request("POST", world.path(sid, "Participants"), body)).status == 201


async def test_a_participant_is_addressed_by_its_sid(world: World) -> None:
    ada, bob, sid = await both(world)
    binding = {"address": "ann@example.test", "proxy_address": "lunch@example.test", "name": "Ann"}
    made = await ada.request("POST", world.path(sid, "Participants"), {"messaging_binding": binding})
    assert made.body["messaging_binding"] == {"type": "email", **binding, "level": "to"}
    here = world.path(sid, "Participants", made.body["sid"])
    changed = await bob.request("POST", here, {"attributes": '{"a":1}'})
    assert changed.body["attributes"] == '{"a":1}'
    assert changed.body["messaging_binding"] == made.body["messaging_binding"]
    await ada.request("DELETE", here)
    await bob.catch_up()
    key = made.body["sid"]
    assert bob.events() == [("map_item_added", key), ("map_item_updated", key), ("map_item_removed", key)]
    assert (await ada.request("DELETE", here)).body["code"] == 50432


@pytest.mark.parametrize(
    "address, kind",
    [("whatsapp:+1", "whatsapp"), ("ann@example.test", "email"), ("+1", "sms"), ("messenger:1", "messenger")],
)
async def test_the_address_tells_the_kind(world: World, address: str, kind: str) -> None:
    ada, _, sid = await both(world)
    binding = {"address": address, "proxy_address": "p", "name": "Ann", "level": "cc"}
    response = await ada.request("POST", world.path(sid, "Participants"), {"messaging_binding": binding})
    assert response.body["messaging_binding"] == {"type": kind, **binding}


async def test_attributes_of_a_participant(world: World) -> None:
    ada, bob, sid = await both(world)
    participant = (await bob.open("Maps", f"{sid}.roster"))["sid"]
    items = (await bob.get(f"/v3/Maps/{participant}/Items")).body["items"]
    key = next(item["key"] for item in items if item["data"]["identity"] == "ada")
    response = await bob.request("POST", world.path(sid, "Participants", key), {"attributes": '{"role":"host"}'})
    assert response.body["attributes"] == '{"role":"host"}'
    await ada.catch_up()
    assert ada.events() == [("map_item_updated", key)]


async def test_leaving_is_told_to_the_roster_first_and_nothing_after(world: World) -> None:
    ada, bob, sid = await both(world)
    response = await bob.request("DELETE", world.path(sid, "Participants", "bob"), b"{}")
    assert response.status == 204
    assert response.packet.payload == b""
    assert told(bob) == ["map_item_removed", "map_item_removed"]
    assert bob.events()[1][1] == sid
    bob.forget()
    await world.send(ada, sid)
    await settle()
    await bob.get("/Client/v2/Configuration")
    assert bob.notifications() == []
    assert (await bob.get(world.path(sid))).status == 404


async def test_removing_another(world: World) -> None:
    ada, bob, sid = await both(world)
    await ada.request("DELETE", world.path(sid, "Participants", "bob"), b"not json")
    assert told(ada) == ["map_item_removed"]
    await bob.catch_up()
    assert told(bob) == ["map_item_removed", "map_item_removed"]
    unknown = await ada.request("DELETE", world.path(sid, "Participants", "bob"))
    assert (unknown.status, unknown.body["code"]) == (404, 50432)


async def test_the_creator_keeps_sight_after_leaving(world: World) -> None:
    ada, bob, sid = await both(world)
    await ada.request("DELETE", world.path(sid, "Participants", "ada"))
    ada.forget()
    await world.send(bob, sid)
    await ada.catch_up()
    assert told(ada) == ["list_item_added", "document_updated"]
    await world.join(ada, sid)


async def test_joining_again_after_leaving(world: World) -> None:
    ada, bob, sid = await both(world)
    await bob.request("DELETE", world.path(sid, "Participants", "bob"))
    bob.forget()
    await world.join(ada, sid, "bob")
    await bob.catch_up()
    assert bob.events() == [("map_item_added", sid)]


async def test_deleting_removes_it_from_the_lists_first(world: World) -> None:
    ada, bob, sid = await both(world, unique_name="lunch")
    refused = await bob.request("DELETE", world.path(sid))
    assert (refused.status, refused.body["code"]) == (403, 50107)
    bob.forget()
    response = await ada.request("DELETE", world.path(sid), b"{}")
    assert response.status == 204
    expected = ["map_item_removed", "map_removed", "list_removed", "document_removed"]
    assert told(ada) == expected
    await bob.catch_up()
    assert told(bob) == expected
    assert world.server.subscriptions == 2
    assert (await ada.get(world.path(sid))).body["code"] == 50350
    assert (await ada.get(f"/v3/Documents/{sid}.channel")).body["code"] == 54100
    await world.create(bob, unique_name="lunch")


async def test_sending_keeps_the_last_message(world: World) -> None:
    ada, bob, sid = await both(world)
    await world.send(ada, sid, "one", attributes='{"k":1}', subject="s")
    response = await world.send(ada, sid, "two 😀")
    assert response.body["index"] == 1
    assert told(ada) == ["list_item_added", "document_updated"] * 2
    await bob.catch_up()
    item = bob.notifications()[0]["events"][0]
    assert item["item_index"] == 0
    assert item["item_data"]["author"] == "ada"
    assert (item["item_data"]["attributes"], item["item_data"]["subject"]) == ('{"k":1}', "s")
    assert (await document_of(bob, sid))["lastMessage"]["index"] == 1


async def test_editing_fields_one_by_one_loses_none(world: World) -> None:
    ada, bob, sid = await both(world)
    message = (await world.send(ada, sid, "one")).body["sid"]
    ada.forget()
    first = ada.post("POST", world.path(sid, "Messages", message), {"body": "two"})
    second = ada.post("POST", world.path(sid, "Messages", message), {"attributes": "[2]"})
    await ada.answer(first)
    response = await ada.answer(second)
    assert (response.body["body"], response.body["attributes"]) == ("two", "[2]")
    assert told(ada) == ["list_item_updated", "list_item_updated"]
    data = ada.notifications()[1]["events"][0]["item_data"]
    assert (data["text"], data["attributes"], data["lastUpdatedBy"]) == ("two", "[2]", "ada")
    refused = await bob.request("POST", world.path(sid, "Messages", message), {"body": "mine"})
    assert (refused.status, refused.body["code"]) == (403, 50107)
    assert (await bob.get(world.path(sid, "Messages", message))).body["body"] == "two"


async def test_removing_the_newest_moves_the_last_message_back(world: World) -> None:
    ada, bob, sid = await both(world)
    sids = [(await world.send(ada, sid, text)).body["sid"] for text in ("one", "two", "three")]
    refused = await bob.request("DELETE", world.path(sid, "Messages", sids[0]))
    assert refused.status == 403
    ada.forget()
    assert (await ada.request("DELETE", world.path(sid, "Messages", sids[0]), b"{}")).status == 204
    assert told(ada) == ["list_item_removed"]
    ada.forget()
    await ada.request("DELETE", world.path(sid, "Messages", sids[2]))
    assert told(ada) == ["list_item_removed", "document_updated"]
    assert (await document_of(ada, sid))["lastMessage"]["index"] == 1
    await ada.request("DELETE", world.path(sid, "Messages", sids[1]))
    assert (await document_of(ada, sid))["lastMessage"] is None
    gone = await ada.request("DELETE", world.path(sid, "Messages", sids[1]))
    assert (gone.status, gone.body["code"]) == (404, 20404)
    assert (await world.send(ada, sid)).body["index"] == 3


async def test_horizons_and_counts(world: World) -> None:
    ada, bob, sid = await both(world)
    for text in "abcde":
        await world.send(ada, sid, text)
    mine = f"{world.api}/Users/bob/Conversations/{sid}"
    assert (await bob.get(mine)).body["unread_messages_count"] is None
    bob.forget()
    response = await bob.request("POST", mine, {"last_read_message_index": 2})
    assert response.body["unread_messages_count"] == 2
    assert [event for event, _ in bob.events() if event.startswith("map")] == ["map_item_updated", "map_item_updated"]
    updates = [event for payload in bob.notifications() for event in payload["events"] if "item_key" in event]
    assert updates[0]["item_key"] == sid  # the own list first, then the roster
    assert updates[1]["item_data"]["lastConsumedMessageIndex"] == 2
    await ada.catch_up()
    ada.forget()
    response = await bob.request("POST", mine, {"last_read_message_index": None})
    assert response.body["unread_messages_count"] is None
    response = await bob.request("POST", mine, {"notification_level": "muted"})
    assert response.body["notification_level"] == "muted"
    await ada.catch_up()
    assert told(ada) == ["map_item_updated"]
    listed = (await bob.get(f"{world.api}/Users/bob/Conversations")).body["conversations"]
    assert [(each["conversation_sid"], each["notification_level"]) for each in listed] == [(sid, "muted")]
    refused = await bob.get(f"{world.api}/Users/ada/Conversations")
    assert refused.status == 403


async def test_the_list_of_conversations_is_paged(world: World) -> None:
    ada = await world.peer("ada")
    sids = sorted([await world.create(ada) for _ in range(5)])
    for sid in sids:
        await world.join(ada, sid)
    seen: list[str] = []
    params = {"PageSize": "2"}
    while True:
        page = (await ada.get(f"{world.api}/Users/ada/Conversations", **params)).body
        seen += [each["conversation_sid"] for each in page["conversations"]]
        token = page["meta"]["next_token"]
        if token is None:
            break
        params["PageToken"] = token
    assert seen == sids


async def test_lookup_by_unique_name_is_decoded_after_routing(world: World) -> None:
    ada = await world.peer("ada")
    sid = await world.create(ada, unique_name="a/b c%2F")
    found = await ada.get(f"{world.api}/Users/ada/Conversations/a%2Fb%20c%252F")
    assert (found.body["conversation_sid"], found.body["status"]) == (sid, "notParticipating")


async def test_a_public_conversation_can_be_looked_up_and_joined(world: World) -> None:
    ada, bob = await world.peer("ada"), await world.peer("bob")
    sid = await world.create(ada, access="public", unique_name="square")
    assert (await bob.get(f"{world.api}/Users/bob/Conversations/square")).body["conversation_sid"] == sid
    assert (await document_of(bob, sid))["type"] == "public"
    assert (await bob.get(f"/v3/Lists/{sid}.messages")).status == 404
    refused = await bob.request("POST", world.path(sid, "Participants"), {"identity": "eve"})
    assert (refused.status, refused.body["code"]) == (403, 50430)
    await world.join(bob, sid)
    await world.send(bob, sid)


async def test_users(world: World) -> None:
    ada, bob = await world.peer("ada"), await world.peer("bob")
    resource = (await ada.get(f"{world.api}/Users/bob")).body
    info = await ada.open("Maps", resource["sync_objects"]["user_info_map"])
    await ada.establish((info["sid"], "map", info["last_event_id"]))
    ada.forget()
    await bob.request("POST", f"{world.api}/Users/{resource['sid']}", {"friendly_name": "Bob B.", "attributes": "[]"})
    await ada.catch_up()
    assert ada.events() == [("map_item_updated", "friendlyName"), ("map_item_updated", "attributes")]
    assert (await ada.request("POST", f"{world.api}/Users/bob", {"friendly_name": "x"})).status == 403
    unknown = await ada.get(f"{world.api}/Users/nobody")
    assert (unknown.status, unknown.body["code"]) == (404, 50200)


async def test_presence_follows_the_first_and_the_last_connection(world: World) -> None:
    ada = await world.peer("ada")
    first, second = await world.peer("bob"), await world.peer("bob")
    info = (await ada.get(f"{world.api}/Users/bob")).body["sync_objects"]["user_info_map"]
    opened = await ada.open("Maps", info)
    await ada.establish((opened["sid"], "map", opened["last_event_id"]))
    ada.forget()
    first.transport.abort()
    await settle()
    assert (await ada.get(f"{world.api}/Users/bob")).body["is_online"] is True
    assert ada.notifications() == []
    second.transport.abort()
    await ada.catch_up()
    assert ada.notifications()[0]["events"][0]["item_data"] == {"online": False, "notifiable": False}


async def test_a_killed_process_leaves_nobody_online(world: World) -> None:
    await world.peer("bob")
    await advance(1)
    world.serve(world.options)  # another process on the same store; the first never said good-bye
    ada = await world.peer("ada")
    assert (await ada.get(f"{world.api}/Users/bob")).body["is_online"] is False
    assert (await ada.get(f"{world.api}/Users/ada")).body["is_online"] is True


async def test_typing_goes_to_the_others_who_are_there(world: World) -> None:
    ada, bob, sid = await both(world)
    desk = await world.peer("bob")
    await world.join(ada, sid, "carol")
    await bob.catch_up()
    bob.forget()
    ada.forget()
    response = await ada.request("POST", f"/v1/Instances/{world.keys.service_sid}/Typing", f"ChannelSid={sid}".encode())
    assert response.body == {"typing_timeout": 5}
    for peer in (bob, desk):
        await peer.catch_up()
        assert peer.notifications() == [{"channel_sid": sid, "identity": "ada", "typing_timeout": 6}]
    assert ada.notifications() == []


@pytest.mark.parametrize("form", [b"", b"\xff", b"ChannelSid", b"Other=1", b"ChannelSid=a&ChannelSid=b", b"&" * 100])
async def test_typing_nowhere_is_refused(world: World, form: bytes) -> None:
    ada = await world.peer("ada")
    response = await ada.request("POST", f"/v1/Instances/{world.keys.service_sid}/Typing", form)
    assert (response.status, response.body["code"]) == (400, 20400)


async def test_all_connections_of_an_identity_get_everything(world: World) -> None:
    ada, bob, sid = await both(world)
    desk = await world.peer("bob")
    await desk.watch(sid)
    desk.forget()
    await world.send(ada, sid)
    for peer in (bob, desk):
        await peer.catch_up()
        assert told(peer) == ["list_item_added", "document_updated"]
