"""Subscriptions: what is replayed, and that nothing falls between replay and live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rxconvo.errors import ArgumentError
from rxconvo.server import Limits, ServerOptions
from rxconvo.testing.loop import settle
from rxconvo.wire.codec import encode
from rxconvo.wire.packets import HttpRequest, Notification, Request

if TYPE_CHECKING:
    from tests.server.conftest import Peer, World


async def furnish(world: World, messages: int = 0) -> tuple[Peer, str, list[str]]:
    ada = await world.peer("ada")
    sid = await world.create(ada)
    await world.join(ada, sid)
    sids = [(await world.send(ada, sid, str(number))).body["sid"] for number in range(messages)]
    ada.forget()
    return ada, sid, sids


def told(notifications: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [
        (note["event_type"], event.get("item_index", event.get("item_key")))
        for note in notifications
        for event in note["events"]
    ]


async def test_the_replay_table(world: World) -> None:
    ada, sid, sids = await furnish(world, 4)
    messages = await ada.open("Lists", f"{sid}.messages")
    known = messages["last_event_id"]
    await ada.request("POST", world.path(sid, "Messages", sids[1]), {"body": "edited"})
    new = (await world.send(ada, sid, "new")).body["sid"]
    await ada.request("DELETE", world.path(sid, "Messages", sids[0]))
    brief = (await world.send(ada, sid, "brief")).body["sid"]
    await ada.request("DELETE", world.path(sid, "Messages", brief))
    await ada.request("POST", world.path(sid, "Messages", new), {"body": "newer"})
    notes = await ada.establish((messages["sid"], "list", known))
    assert told(notes) == [
        ("list_item_updated", 1),
        ("list_item_removed", 0),
        ("list_item_removed", 5),
        ("list_item_added", 4),
        ("subscription_established", None),
    ]
    assert all(note["correlation_id"] == 1760000000123 for note in notes)
    assert notes[-1]["events"][0]["last_event_id"] == (await ada.open("Lists", messages["sid"]))["last_event_id"]
    assert notes[3]["events"][0]["item_data"]["text"] == "newer"


async def test_documents_are_replayed_once_and_whole(world: World) -> None:
    ada, sid, _ = await furnish(world)
    document = await ada.open("Documents", f"{sid}.channel")
    for name in ("one", "two"):
        await ada.request("POST", world.path(sid), {"friendly_name": name})
    for last in (document["last_event_id"], -1, None):
        notes = await ada.establish((document["sid"], "document", last))
        assert [note["event_type"] for note in notes] == ["document_updated", "subscription_established"]
        assert notes[0]["events"][0]["document_data"]["friendlyName"] == "two"


async def test_nothing_is_replayed_for_null(world: World) -> None:
    ada, sid, _ = await furnish(world, 3)
    for collection, kind in ((f"Lists/{sid}.messages", "list"), (f"Maps/{sid}.roster", "map")):
        found = (await ada.get(f"/v3/{collection}")).body
        (note,) = await ada.establish((found["sid"], kind, None))
        assert note["events"][0] == {
            "object_sid": found["sid"],
            "object_type": kind,
            "replay_status": "completed",
            "last_event_id": found["last_event_id"],
        }


async def test_an_id_from_the_future_gets_the_true_one(world: World) -> None:
    ada, sid, _ = await furnish(world, 2)
    found = await ada.open("Lists", f"{sid}.messages")
    (note,) = await ada.establish((found["sid"], "list", 10**15))
    assert note["events"][0]["last_event_id"] == found["last_event_id"]


async def test_a_canceled_subscription_is_silent(world: World) -> None:
    ada, sid, _ = await furnish(world)
    found = await ada.open("Lists", f"{sid}.messages")
    await ada.establish((found["sid"], "list", 0))
    (note,) = await ada.establish((found["sid"], "list", None), ("ES" + "0" * 32, "list", None), action="cancel")
    assert note["event_type"] == "subscription_canceled"
    assert world.server.subscriptions == 0
    ada.forget()
    await world.send(ada, sid)
    assert ada.notifications() == []


async def test_wrong_kinds_and_unique_names_are_not_found(world: World) -> None:
    ada, sid, _ = await furnish(world)
    found = await ada.open("Lists", f"{sid}.messages")
    wanted = [(found["sid"], "map", 0), (found["unique_name"], "list", 0), ("TO1", "stream", None)]
    (note,) = await ada.establish(*wanted)
    assert note["event_type"] == "subscription_failed"
    assert [event["error"]["status"] for event in note["events"]] == [404, 404, 404]


async def test_establish_and_cancel_are_handled_in_order(world: World) -> None:
    ada, sid, _ = await furnish(world)
    found = await ada.open("Lists", f"{sid}.messages")

    def ask(action: str) -> str:
        request = {"object_sid": found["sid"], "object_type": "list", "last_event_id": 0}
        body = {"action": action, "correlation_id": 7, "requests": [request]}
        return ada.post("POST", "/v4/Subscriptions", body)

    for packet_id in [ask("establish"), ask("cancel"), ask("establish"), ask("establish"), ask("cancel")]:
        await ada.answer(packet_id)
    assert world.server.subscriptions == 0


class TestLongReplays:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(page_items=2, page_bytes=600))

    async def test_a_long_replay_comes_in_parts_and_whole(self, world: World) -> None:
        ada, sid, _ = await furnish(world, 7)
        messages = await ada.open("Lists", f"{sid}.messages")
        roster = await ada.open("Maps", f"{sid}.roster")
        notes = await ada.establish((messages["sid"], "list", 0), (roster["sid"], "map", 0))
        assert [key for event, key in told(notes) if event == "list_item_added"] == list(range(7))
        assert [event for event, _ in told(notes)].count("subscription_established") == 2
        assert world.server.subscriptions == 2

    async def test_what_happens_meanwhile_is_neither_lost_nor_told_before(self, world: World) -> None:
        ada, sid, sids = await furnish(world, 5)
        messages = await ada.open("Lists", f"{sid}.messages")
        bob = await world.peer("bob")
        await world.join(ada, sid, "bob")
        body = {"action": "establish", "correlation_id": 7, "requests": [_wanted(messages["sid"], 0)]}
        bob.post("POST", "/v4/Subscriptions", body)
        edit = ada.post("POST", world.path(sid, "Messages", sids[0]), {"body": "edited"})
        send = ada.post("POST", world.path(sid, "Messages"), {"body": "5"})
        await ada.answer(edit)
        await ada.answer(send)
        await settle()
        await bob.catch_up()
        state = replay(bob.notifications())
        assert state == {0: "edited", 1: "1", 2: "2", 3: "3", 4: "4", 5: "5"}
        assert [event for event, _ in told(bob.notifications())].count("subscription_established") == 1

    async def test_a_cancel_ends_a_replay_under_way(self, world: World) -> None:
        ada, sid, _ = await furnish(world, 20)
        messages = await ada.open("Lists", f"{sid}.messages")
        requests = [_wanted(messages["sid"], 0)]
        ada.post("POST", "/v4/Subscriptions", {"action": "establish", "correlation_id": 7, "requests": requests})
        cancel = ada.post("POST", "/v4/Subscriptions", {"action": "cancel", "correlation_id": 8, "requests": requests})
        await ada.answer(cancel)
        await settle()
        ada.forget()
        await ada.catch_up()
        assert ada.notifications() == []
        assert world.server.subscriptions == 0

    async def test_a_removal_ends_a_replay_under_way(self, world: World) -> None:
        ada, sid, _ = await furnish(world, 20)
        bob = await world.peer("bob")
        await world.join(ada, sid, "bob")
        messages = await ada.open("Lists", f"{sid}.messages")
        requests = [_wanted(messages["sid"], 0)]
        bob.post("POST", "/v4/Subscriptions", {"action": "establish", "correlation_id": 7, "requests": requests})
        ada.post("DELETE", world.path(sid, "Participants", "bob"))
        await settle()
        await bob.catch_up()
        assert len(told(bob.notifications())) < 20
        assert world.server.subscriptions == 0


def _wanted(sid: str, last_event_id: int | None) -> dict[str, Any]:
    return {"object_sid": sid, "object_type": "list", "last_event_id": last_event_id}


def replay(notifications: list[dict[str, Any]], state: dict[int, str] | None = None) -> dict[int, str]:
    """Apply events by the rule of ids, as any client does."""
    ids: dict[int, int] = {}
    state = {} if state is None else state
    for note in notifications:
        for event in note["events"]:
            if "item_index" not in event or event["id"] <= ids.get(event["item_index"], 0):
                continue
            ids[event["item_index"]] = event["id"]
            if note["event_type"] == "list_item_removed":
                state.pop(event["item_index"], None)
            else:
                state[event["item_index"]] = event["item_data"]["text"]
    return state


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.just(0)),
        st.tuples(st.sampled_from(["edit", "remove"]), st.integers(0, 8)),
        st.tuples(st.sampled_from(["subscribe", "null", "cancel", "cut", "settle"]), st.just(0)),
    ),
    max_size=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS, page_items=st.sampled_from([1, 2, 100]))
def test_any_interleaving_ends_in_the_state_of_the_service(
    actions: list[tuple[str, int]], page_items: int, run_in_world: Any
) -> None:
    async def scenario(world: World) -> None:
        ada, sid, sids = await furnish(world, 3)
        await world.join(ada, sid, "bob")
        bob = await world.peer("bob")
        messages = (await ada.open("Lists", f"{sid}.messages"))["sid"]
        notes: list[dict[str, Any]] = []
        sent = 3
        for action, number in actions:
            match action:
                case "send":
                    ada.post("POST", world.path(sid, "Messages"), {"body": str(sent)})
                    sent += 1
                case "edit" if number < len(sids):
                    ada.post("POST", world.path(sid, "Messages", sids[number]), {"body": f"edit {sent}"})
                case "remove" if number < len(sids):
                    ada.post("DELETE", world.path(sid, "Messages", sids[number]))
                case "subscribe" | "cancel":
                    requests = [_wanted(messages, newest(notes))]
                    verb = "establish" if action == "subscribe" else "cancel"
                    body = {"action": verb, "correlation_id": 7, "requests": requests}
                    bob.post("POST", "/v4/Subscriptions", body)
                case "cut":
                    bob.transport.abort()
                    notes += bob.notifications()
                    bob = await world.peer("bob")
                case _:
                    await settle()
        await ada.catch_up()
        await bob.catch_up()
        notes += bob.notifications()
        bob.forget()
        notes += await bob.establish((messages, "list", newest(notes)))
        assert replay(notes) == await truth(ada, sid)
        bob.forget()
        await world.send(ada, sid, "live")
        await bob.catch_up()
        live = bob.notifications()
        assert [event["item_data"]["text"] for note in live for event in note["events"]] == ["live"]

    run_in_world(scenario, ServerOptions(limits=Limits(page_items=page_items)))


def newest(notes: list[dict[str, Any]]) -> int:
    """Return the newest id a client knows for sure: that up to which it was told all."""
    ids = [
        event["last_event_id"]
        for note in notes
        if note["event_type"] == "subscription_established"
        for event in note["events"]
    ]
    return max(ids, default=0)


async def truth(peer: Peer, sid: str) -> dict[int, str]:
    items = (await peer.get(f"/v3/Lists/{sid}.messages/Items")).body["items"]
    meta = [(item["index"], item["data"]["text"]) for item in items]
    start = meta[-1][0] + 1 if meta else 0
    while items:
        items = (await peer.get(f"/v3/Lists/{sid}.messages/Items", From=str(start))).body["items"]
        meta += [(item["index"], item["data"]["text"]) for item in items]
        start = meta[-1][0] + 1
    return dict(meta)


class TestSmallBatches:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(batch=2))

    async def test_a_client_that_was_not_told_yet_may_ask_for_a_hundred_objects(self, world: World) -> None:
        ada = await world.peer("ada")
        answers = await ada.establish(*((f"ES{number:032x}", "list", 0) for number in range(100)))
        refused = [event for answer in answers for event in answer["events"]]
        assert [event["error"]["status"] for event in refused] == [404] * 100


def test_no_connection_is_dropped_for_a_page() -> None:
    with pytest.raises(ArgumentError, match="max_outbound must be at least four times"):
        ServerOptions(max_outbound=2**20)


class TestSlowReader:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(max_outbound=64 * 1024, limits=Limits(page_bytes=16 * 1024))

    async def test_a_stalled_reader_is_dropped_and_others_are_unharmed(self, world: World) -> None:
        ada, sid, _ = await furnish(world)
        stalled, bob = await world.peer("stalled"), await world.peer("bob")
        for peer in (stalled, bob):
            await world.join(ada, sid, peer.identity)
            await peer.watch(sid)
            peer.forget()
        for _ in range(10):
            await world.send(ada, sid, "x" * 16 * 1024)
            await bob.catch_up()
        assert world.server.connections == 2
        assert [event for event, _ in bob.events()] == ["list_item_added", "document_updated"] * 10
        assert stalled.transport._incoming.size <= 64 * 1024  # what it may still read
        await stalled.ended()
        assert "1013" in str(stalled.transport._incoming.ended)
        again = await world.peer("stalled")
        assert (await again.get(f"{world.api}/Users/stalled")).body["is_online"] is True


class TestGreedyReader:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(max_outbound=2**20, limits=Limits(page_bytes=2**18))

    async def test_much_is_asked_at_once_and_all_of_it_comes(self, world: World) -> None:
        ada, sid, _ = await furnish(world)
        for _ in range(5):
            await world.send(ada, sid, "x" * 30 * 1024)
        request = HttpRequest("host", f"/v3/Lists/{sid}.messages/Items", "GET")
        ada.transport.write([encode(Request(f"X{number}", request)) for number in range(100)])
        for number in range(100):
            assert len((await ada.reply(f"X{number}")).payload) > 150_000


async def test_a_change_is_encoded_once_for_all(world: World) -> None:
    ada, sid, _ = await furnish(world)
    peers = [await world.peer("ada") for _ in range(3)]
    for peer in peers:
        await peer.watch(sid)
        peer.forget()
    await world.send(ada, sid)
    packets = []
    for peer in peers:
        await peer.catch_up()
        packets.append([packet for packet in peer.log if isinstance(packet, Notification)])
    assert packets[0] == packets[1] == packets[2]
    assert orjson.loads(packets[0][0].payload)["event_type"] == "list_item_added"
