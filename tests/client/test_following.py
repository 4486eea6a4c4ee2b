"""Users: found, followed up to a limit, unsubscribed, kept over reconnects; what fails is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import orjson
import pytest

import rxconvo
from rxconvo import UserSubscribed, UserUnsubscribed, UserUpdated
from rxconvo.errors import ArgumentError, ClosedError, NotFoundError, OutcomeUnknownError, RejectedError, SyncError
from rxconvo.testing import advance, settle
from rxconvo.testing.frames import FOLDER as FRAMES
from rxconvo.wire.packets import Packet, Reply, Request, Status


def paths(world: Any, identity: str = "ada") -> list[str]:
    return [request.http_request.path for request in world.line(identity).requests("GET")]


async def test_a_user_is_found_and_followed(world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    told: list[Any] = []
    ada.users.subscribe(told.append)
    user = await ada.get_user("bob")
    assert (user.identity, user.friendly_name, user.is_online, user.is_notifiable) == ("bob", "bob", True, False)
    assert told == [UserSubscribed(user)]
    assert user.is_subscribed
    await advance(1)
    await bob.user.update_friendly_name("Robert")
    await bob.user.update_attributes({"mood": "fine"})
    await settle()
    assert [(event.reasons, event.user.friendly_name) for event in told[1:]] == [
        (("friendlyName",), "Robert"),
        (("attributes",), "Robert"),
    ]
    await bob.shutdown()
    await settle()
    assert told[-1].reasons == ("reachabilityOnline",)
    assert told[-1].after.is_online is False


async def test_who_is_known_costs_no_request(world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    first = await ada.get_user("bob")
    asked = len(world.line("ada").sent)
    assert await ada.get_user("bob") is first
    assert await ada.get_user("ada") is ada.user
    assert await ada.get_subscribed_users() == [ada.user, first]
    assert not [packet for packet in world.line("ada").sent[asked:] if isinstance(packet, Request)]


async def test_nothing_is_asked_before_subscription(world: Any, ada: rxconvo.Client) -> None:
    asked = len(world.line("ada").sent)
    ada.get_user("bob")
    ada.get_subscribed_users()
    ada.user.unsubscribe()
    await settle()
    assert len(world.line("ada").sent) == asked


async def test_two_who_ask_at_once_get_the_same(world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    told: list[Any] = []
    ada.users.subscribe(told.append)
    one, other = await asyncio.gather(ada.get_user("bob"), ada.get_user("bob"))
    assert one is other
    assert told == [UserSubscribed(one)]


async def test_nobody_is_not_found(world: Any, ada: rxconvo.Client) -> None:
    with pytest.raises(NotFoundError) as error:
        await ada.get_user("nobody")
    assert error.value.status == 404
    assert await ada.get_subscribed_users() == [ada.user]


async def test_a_map_that_cannot_be_opened_is_told_and_leaves_nothing(
    world: Any, ada: rxconvo.Client, bob: rxconvo.Client
) -> None:
    errors: list[Any] = []
    ada.errors.subscribe(errors.append)

    def replying(packet: Packet) -> list[Packet] | None:
        if not isinstance(packet, Request) or "/Maps/" not in packet.http_request.path:
            return None
        return [Reply(packet.id, Status(200, "OK"), http_status=Status(404, "Not Found"), payload=b"{}")]

    world.line("ada").replying = replying
    with pytest.raises(SyncError) as error:
        await ada.get_user("bob")
    assert errors == [error.value]
    assert await ada.get_subscribed_users() == [ada.user]
    world.line("ada").replying = lambda _: None
    assert (await ada.get_user("bob")).identity == "bob"


async def test_who_gives_up_leaves_nothing(world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    told: list[Any] = []
    ada.users.subscribe(told.append)
    world.line("ada").replying = lambda packet: (
        [] if isinstance(packet, Request) and "/Maps/" in packet.http_request.path else None
    )
    asking = ada.get_user("bob").subscribe()
    await settle()
    asking.dispose()
    await settle()
    world.line("ada").replying = lambda _: None
    assert not ada._context.store.follows("bob")
    with pytest.raises(OutcomeUnknownError):
        world.line("ada").replying = lambda packet: (
            [] if isinstance(packet, Request) and "/Maps/" in packet.http_request.path else None
        )
        await ada.get_user("bob")
    assert told == []


class TestUnsubscribing:
    async def test_an_unsubscribed_user_is_heard_of_no_more(
        self, world: Any, ada: rxconvo.Client, bob: rxconvo.Client
    ) -> None:
        broker = world.service.server._core.broker
        before = sum(map(broker.count, broker.of("ada")))
        user = await ada.get_user("bob")
        told: list[Any] = []
        ada.users.subscribe(told.append)
        await user.unsubscribe()
        assert told == [UserUnsubscribed(user)]
        assert not user.is_subscribed
        await advance(1)
        assert sum(map(broker.count, broker.of("ada"))) == before
        await bob.user.update_friendly_name("Robert")
        await settle()
        assert len(told) == 1
        await user.unsubscribe()
        assert len(told) == 1
        again = await ada.get_user("bob")
        assert again.friendly_name == "Robert"

    async def test_the_own_user_is_followed_at_once_again(self, world: Any, ada: rxconvo.Client) -> None:
        told: list[Any] = []
        ada.users.subscribe(told.append)
        own = ada.user
        await own.unsubscribe()
        assert told == [UserUnsubscribed(own)]
        assert ada.user is own
        seen = [own.is_subscribed]
        await advance(1)
        assert told[1:] == [UserSubscribed(own)]
        assert [*seen, own.is_subscribed] == [False, True]
        await own.update_friendly_name("Ada")
        assert ada.user.friendly_name == "Ada"

    async def test_who_is_not_followed_cannot_be_changed(
        self, world: Any, ada: rxconvo.Client, bob: rxconvo.Client
    ) -> None:
        user = await ada.get_user("bob")
        with pytest.raises(RejectedError) as refused:
            await user.update_friendly_name("x")
        assert refused.value.status == 403
        await user.unsubscribe()
        asked = len(world.line("ada").sent_of(Request))
        with pytest.raises(ClosedError):
            await user.update_friendly_name("x")
        await settle()
        assert len(world.line("ada").requests("POST", "/Users/bob")) == 1
        assert len(world.line("ada").sent_of(Request)) >= asked

    async def test_what_was_not_answered_is_resumed_though_the_user_is_not_followed_any_more(
        self, world: Any, ada: rxconvo.Client, bob: rxconvo.Client
    ) -> None:
        user = await ada.get_user("bob")
        renaming, line = user.update_friendly_name("x"), world.line("ada")
        line.passing = lambda packet: not isinstance(packet, Reply)
        subscription = renaming.subscribe()
        await settle()
        subscription.dispose()
        line.passing = lambda _: True
        await user.unsubscribe()
        with pytest.raises(RejectedError):  # the service's answer
            await renaming
        with pytest.raises(ClosedError):
            await renaming


async def test_who_was_followed_first_goes_first(world: Any, service: rxconvo.Service) -> None:
    ada = await world.client("ada")
    for name in ("bob", "cy", "di"):
        await (await world.client(name)).shutdown()
    ada._context.store.configure("ada", channels="", user_info="", followed_users=2)
    told: list[str] = []
    ada.users.subscribe(lambda event: told.append(f"{type(event).__name__} {event.user.identity}"))
    for name in ("bob", "cy", "di"):
        await ada.get_user(name)
    assert told == ["UserSubscribed bob", "UserSubscribed cy", "UserSubscribed di", "UserUnsubscribed bob"]
    assert [user.identity for user in await ada.get_subscribed_users()] == ["ada", "cy", "di"]


async def test_the_service_names_how_many_are_followed(world: Any, packets: Any) -> None:
    await (await world.client("ada")).shutdown()
    (asked,) = world.line("ada").requests("GET", "/Configuration")
    (told,) = [packet for packet in world.line("ada").received if isinstance(packet, Reply) and packet.id == asked.id]
    configuration = orjson.loads(told.payload)
    configuration["options"] |= {"user_infos_to_subscribe": 1, "reachability_enabled": False}
    world.line("ada").replying = lambda packet: (
        [packets.answer(packet, 200, configuration)]
        if isinstance(packet, Request) and packet.http_request.path.endswith("/Configuration")
        else None
    )
    ada = await world.client("ada")
    assert not ada.reachability_enabled
    for name in ("bob", "cy"):
        await (await world.client(name)).shutdown()
        await ada.get_user(name)
    assert [user.identity for user in await ada.get_subscribed_users()] == ["ada", "cy"]


async def test_users_stay_followed_over_a_lost_connection(world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    await ada.get_user("bob")
    told: list[Any] = []
    ada.users.subscribe(told.append)
    world.line("ada").down()
    await bob.user.update_friendly_name("Robert")
    world.line("ada").up = True
    await advance(5)
    assert [(type(event), event.user.friendly_name) for event in told] == [(UserUpdated, "Robert")]
    await bob.user.update_friendly_name("Bob")
    await settle()
    assert told[-1].user.friendly_name == "Bob"


async def test_the_service_tells_whether_reachability_is_known(ada: rxconvo.Client) -> None:
    assert ada.reachability_enabled is True


@pytest.mark.parametrize("wrong", [None, "", 1, b"bob", "\ud800"])
async def test_a_wrong_identity_is_refused_at_once(world: Any, ada: rxconvo.Client, wrong: Any) -> None:
    asked = len(world.line("ada").sent)
    with pytest.raises(ArgumentError) as error:
        ada.get_user(wrong)
    assert error.value.field == "identity"
    await settle()
    assert len(world.line("ada").sent) == asked


class TestParticipants:
    async def test_a_participant_is_a_user(self, world: Any, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
        lunch = await ada.create_conversation()
        participant = await lunch.add("bob")
        (participant,) = await lunch.get_participants()
        user = await participant.get_user()
        assert (user.identity, user.is_subscribed) == ("bob", True)
        assert not [path for path in paths(world) if path.endswith("/Users/bob")]  # the roster names the info map
        assert await ada.get_user("bob") is user

    async def test_where_the_roster_does_not_name_the_map_it_is_asked_for(
        self, world: Any, ada: rxconvo.Client, bob: rxconvo.Client
    ) -> None:
        lunch = await ada.create_conversation()
        (added,) = [await lunch.add("bob")]
        assert added.user_info is None
        assert (await added.get_user()).identity == "bob"
        assert [path for path in paths(world) if path.endswith("/Users/bob")]

    @pytest.mark.parametrize("kind", ["sms", "whatsapp", "email", "fax"])
    async def test_those_of_other_channels_are_none(self, ada: rxconvo.Client, kind: str) -> None:
        lunch = await ada.create_conversation()
        stranger = rxconvo.Participant("MB1", type=kind, home=lunch._record.home)
        with pytest.raises(ArgumentError, match=kind):
            stranger.get_user()


async def test_what_is_asked_is_what_the_official_library_asks(
    world: Any, ada: rxconvo.Client, bob: rxconvo.Client
) -> None:
    def said(path: str, method: str, params: object) -> tuple[object, ...]:
        return method, "MP" if "/v3/Maps/" in path else path.rpartition("/")[2], params

    lines = (FRAMES / "11-user-and-reachability.jsonl").read_text().splitlines()
    headers = [frame["header"] for frame in map(json.loads, lines) if frame["conn"].startswith("alice")]
    https = [header["http_request"] for header in headers if "http_request" in header]
    start = len(world.line("ada").sent)
    await ada.get_user("bob")
    await advance(1)
    await (await ada.get_user("bob")).unsubscribe()
    await advance(1)
    ours = [packet.http_request for packet in world.line("ada").sent[start:] if isinstance(packet, Request)]
    assert [said(http.path, http.method, http.params) for http in ours] == [
        said(http["path"], http["method"], http["params"]) for http in https
    ]
