"""The client: what it knows, what it finds, what it does, and what is left of it after its end."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import rxconvo
from rxconvo.errors import (
    ArgumentError,
    ClosedError,
    DetachedError,
    NotFoundError,
    OutcomeUnknownError,
    RejectedError,
)
from rxconvo.testing import advance, settle
from rxconvo.wire.packets import Notification, Packet, Reply, Request, Status

if TYPE_CHECKING:
    from tests.client.conftest import World


async def joined(client: rxconvo.Client, **properties: Any) -> rxconvo.Conversation:
    conversation = await client.create_conversation(**properties)
    await conversation.join()
    return conversation


# -- conversations


async def test_a_created_conversation_has_its_properties_at_once(ada: rxconvo.Client) -> None:
    conversation = await ada.create_conversation(
        friendly_name="Stand-up", unique_name="standup", attributes={"floor": 3}, access="private"
    )
    assert (conversation.friendly_name, conversation.unique_name) == ("Stand-up", "standup")
    assert (conversation.attributes, conversation.created_by) == ({"floor": 3}, "ada")
    assert conversation.status == "notParticipating"


async def test_a_plain_conversation_has_empty_attributes_and_no_names(ada: rxconvo.Client) -> None:
    conversation = await ada.create_conversation()
    assert (conversation.friendly_name, conversation.unique_name, conversation.attributes) == (None, None, {})


async def test_an_empty_unique_name_is_none(ada: rxconvo.Client) -> None:
    assert (await ada.create_conversation(unique_name="")).unique_name is None


async def test_each_subscription_creates_one(ada: rxconvo.Client) -> None:
    creation = ada.create_conversation()
    first, second = await creation, await creation
    assert first.sid != second.sid


async def test_a_unique_name_that_is_taken_is_refused(ada: rxconvo.Client) -> None:
    await ada.create_conversation(unique_name="standup")
    with pytest.raises(RejectedError) as caught:
        await ada.create_conversation(unique_name="standup")
    assert (caught.value.status, caught.value.code) == (409, 50353)


@pytest.mark.parametrize(
    "arguments, field",
    [
        ({"friendly_name": 5}, "friendly_name"),
        ({"friendly_name": "a" * 257}, "friendly_name"),
        ({"unique_name": "a" * 257}, "unique_name"),
        ({"unique_name": 5}, "unique_name"),
        ({"attributes": {1, 2}}, "attributes"),
        ({"attributes": "a" * 20_000}, "attributes"),
        ({"access": "secret"}, "access"),
    ],
)
async def test_a_bad_property_is_named_before_anything_is_sent(
    world: World, ada: rxconvo.Client, arguments: dict[str, Any], field: str
) -> None:
    world.line("ada").sent.clear()
    with pytest.raises(ArgumentError) as caught:
        ada.create_conversation(**arguments)
    assert caught.value.field == field
    await settle()
    assert world.line("ada").sent == []


async def test_a_conversation_has_one_handle_however_it_is_found(ada: rxconvo.Client) -> None:
    conversation = await joined(ada, unique_name="standup")
    assert await ada.get_conversation_by_sid(conversation.sid) is conversation
    assert await ada.get_conversation_by_unique_name("standup") is conversation
    assert ada.find_conversation(conversation.sid) is conversation
    assert (await ada.get_subscribed_conversations()).items == (conversation,)


async def test_a_public_conversation_is_found_by_its_sid(ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    sid = (await ada.create_conversation(friendly_name="Lobby", access="public")).sid
    assert bob.find_conversation(sid) is None
    lobby = await bob.get_conversation_by_sid(sid)
    assert (lobby.friendly_name, lobby.status) == ("Lobby", "notParticipating")
    await lobby.join()
    assert lobby.status == "joined"


async def test_a_private_conversation_of_others_is_as_if_there_were_none(
    ada: rxconvo.Client, bob: rxconvo.Client
) -> None:
    sid = (await ada.create_conversation(unique_name="secret")).sid
    refusals: list[NotFoundError] = []
    for search in (
        bob.get_conversation_by_sid(sid),
        bob.get_conversation_by_sid(sid[:-4] + "0000"),
        bob.get_conversation_by_unique_name("secret"),
        bob.get_conversation_by_unique_name("none"),
    ):
        with pytest.raises(NotFoundError) as caught:
            await search
        refusals.append(caught.value)
    assert {(refusal.status, refusal.code) for refusal in refusals} == {(404, 50350)}


@pytest.mark.parametrize("key", ["", None, 5])
@pytest.mark.parametrize("method, field", [("by_sid", "sid"), ("by_unique_name", "unique_name")])
async def test_a_key_is_a_text(ada: rxconvo.Client, method: str, field: str, key: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        getattr(ada, f"get_conversation_{method}")(key)
    assert caught.value.field == field


@pytest.mark.parametrize("name", ["stand up", "a/b", "a?b=c&d", "%41", "é", "..", "a#b"])
async def test_any_unique_name_can_be_looked_up(ada: rxconvo.Client, name: str) -> None:
    conversation = await joined(ada, unique_name=name)
    assert (await ada.get_conversation_by_unique_name(name)).sid == conversation.sid


async def test_joined_conversations_come_in_pages_by_sid(ada: rxconvo.Client) -> None:
    sids = sorted([(await joined(ada)).sid for _ in range(101)])
    await ada.create_conversation()  # not joined
    first = await ada.get_subscribed_conversations()
    assert (first.has_prev_page, first.has_next_page) == (False, True)
    second = await first.next_page()
    third = await second.next_page()
    assert not third.has_next_page
    pages = [[conversation.sid for conversation in page.items] for page in (first, second, third)]
    assert [sid for page in pages for sid in page] == sids
    assert [len(page) for page in pages] == [50, 50, 1]
    assert [each.sid for each in (await third.prev_page()).items] == pages[1]


async def test_a_conversation_that_was_left_is_in_no_page(ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    await conversation.leave()
    page = await ada.get_subscribed_conversations()
    assert (page.items, page.has_next_page, page.has_prev_page) == ((), False, False)


async def test_a_deleted_conversation_is_not_known_any_more(ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    await conversation.delete()
    await settle()
    assert ada.find_conversation(conversation.sid) is None
    with pytest.raises(NotFoundError):
        await ada.get_conversation_by_sid(conversation.sid)


# -- the own user


async def test_the_own_user_is_known_from_the_start(ada: rxconvo.Client) -> None:
    assert ada.identity == ada.user.identity == "ada"


async def test_a_renamed_user_has_its_new_name_and_is_told_once(ada: rxconvo.Client) -> None:
    events: list[Any] = []
    ada.users.subscribe(events.append)
    user = await ada.user.update_friendly_name("Ada L.")
    assert (user.friendly_name, ada.user.friendly_name) == ("Ada L.", "Ada L.")
    await settle()
    assert [(type(event), event.after.friendly_name) for event in events] == [(rxconvo.UserUpdated, "Ada L.")]


async def test_a_users_attributes_are_replaced(ada: rxconvo.Client) -> None:
    user = await ada.user.update_attributes({"team": ["blue"]})
    assert user.attributes == ada.user.attributes == {"team": ["blue"]}


async def test_a_change_that_was_answered_before_it_was_told_is_waited_for_a_moment(
    world: World, ada: rxconvo.Client
) -> None:
    held: list[Packet] = []

    def hold(packet: Packet) -> bool:
        if isinstance(packet, Notification):
            held.append(packet)
        return not isinstance(packet, Notification)

    world.line("ada").passing = hold
    renaming = asyncio.ensure_future(ada.user.update_friendly_name("Ada L."))
    await advance(0.5)
    assert not renaming.done()
    world.line("ada").passing = lambda _: True
    world.line("ada").tell(*held)
    await settle()
    assert renaming.result() == ada.user
    assert ada.user.friendly_name == "Ada L."


async def test_a_change_that_is_never_told_is_emitted_all_the_same(world: World) -> None:
    ada = await world.client("ada", echo_timeout=2.0)
    world.line("ada").passing = lambda packet: not isinstance(packet, Notification)
    renaming = asyncio.ensure_future(ada.user.update_friendly_name("Ada L."))
    await advance(1.9)
    assert not renaming.done()
    await advance(0.2)
    assert renaming.result().identity == "ada"


@pytest.mark.parametrize("name", [None, 5, "a" * 257])
async def test_a_bad_name_is_refused_at_once(ada: rxconvo.Client, name: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        ada.user.update_friendly_name(name)
    assert caught.value.field == "friendly_name"


# -- the end


async def test_shutting_down_completes_every_stream_and_errors_last(ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    completed: list[str] = []
    names = ("messages", "participants", "typing", "updated", "removed")
    streams = {f"own {name}": getattr(conversation, name) for name in names}
    more = ("conversations", "users", "connection_state", "tokens", "push", "errors")
    streams |= {name: getattr(ada, name) for name in (*names, *more)}
    for name, stream in streams.items():
        stream.subscribe(on_completed=lambda name=name: completed.append(name))
    await ada.shutdown()
    assert sorted(completed) == sorted(streams)
    assert completed[-1] == "errors"


async def test_streams_of_a_client_that_ended_are_complete(ada: rxconvo.Client) -> None:
    await ada.shutdown()
    completed: list[str] = []
    seen: list[str] = []
    for name in ("messages", "conversations", "users", "tokens", "errors"):
        getattr(ada, name).subscribe(on_completed=lambda name=name: completed.append(name))
    ada.connection_state.subscribe(seen.append, on_completed=lambda: completed.append("connection_state"))
    assert len(completed) == 6
    assert seen == ["disconnected"]
    with pytest.raises(ClosedError):
        await ada.messages.next()


async def test_shutting_down_twice_and_at_once_is_harmless(world: World, ada: rxconvo.Client) -> None:
    await asyncio.gather(ada.shutdown(), ada.shutdown())
    await ada.shutdown()
    await settle()
    assert world.service.server.connections == 0


async def test_a_shutdown_goes_on_when_who_awaits_it_is_cancelled(world: World, ada: rxconvo.Client) -> None:
    waiting = asyncio.ensure_future(ada.shutdown())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    await settle()
    assert ada.connection_state.value == "disconnected"
    assert world.service.server.connections == 0


async def test_an_observer_may_shut_the_client_down(ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    endings: list[asyncio.Future[None]] = []
    conversation.messages.added.subscribe(lambda _: endings.append(asyncio.ensure_future(ada.shutdown())))
    sending = conversation.send_message("the last one").subscribe(on_error=lambda _: None)
    await advance(1)
    assert all(ending.done() for ending in endings)
    assert len(endings) == 1
    assert ada.connection_state.value == "disconnected"
    sending.dispose()


async def test_mutations_that_wait_are_told_of_the_end(world: World, ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    world.line("ada").passing = lambda packet: not isinstance(packet, Reply)
    errors: list[Exception] = []
    conversation.send_message("hi").subscribe(on_error=errors.append)
    ada.create_conversation().subscribe(on_error=errors.append)
    ada.get_conversation_by_sid("CH" + 32 * "0").subscribe(on_error=errors.append)
    await settle()
    await ada.shutdown()
    await settle()
    assert [type(error) for error in errors] == [OutcomeUnknownError] * 3


async def test_who_asks_after_the_end_is_told_so(world: World, ada: rxconvo.Client) -> None:
    for _ in range(51):
        await joined(ada)
    page = await ada.get_subscribed_conversations()
    [first, *_] = page.items
    await ada.shutdown()
    world.line("ada").sent.clear()
    for late in (
        ada.create_conversation(),
        ada.get_conversation_by_sid(first.sid),
        ada.get_conversation_by_unique_name("standup"),
        ada.get_subscribed_conversations(),
        page.next_page(),
    ):
        with pytest.raises(ClosedError, match="shut down"):
            await late
    assert world.line("ada").sent == []


async def test_openings_that_wait_are_told_of_the_end(world: World, ada: rxconvo.Client) -> None:
    conversation = await joined(ada)
    world.line("ada").down()
    await settle()
    opening = asyncio.ensure_future(conversation.messages.wait_until_open())
    await settle()
    await ada.shutdown()
    with pytest.raises(ClosedError):
        await opening


@pytest.mark.parametrize("watch", ["documents", "all", "none"])
async def test_nothing_of_it_is_left_in_the_service(world: World, watch: str) -> None:
    client = await world.client("ada", watch=watch)
    conversation = await joined(client)
    conversation.messages.subscribe()
    client.typing.subscribe()
    await settle()
    assert world.service.server.subscriptions > 0
    await client.shutdown()
    await settle()
    assert world.service.server.subscriptions == 0
    assert world.service.server.connections == 0


async def test_its_closers_are_awaited_last_the_newest_first(ada: rxconvo.Client) -> None:
    calls: list[tuple[int, str]] = []

    def closer(number: int) -> Any:
        async def close() -> None:
            calls.append((number, ada.connection_state.value))

        return close

    ada.on_shutdown(closer(1))
    ada.on_shutdown(closer(2))
    await ada.shutdown()
    await ada.shutdown()
    assert calls == [(2, "disconnected"), (1, "disconnected")]


async def test_values_outlive_it_but_cannot_act(service: rxconvo.Service) -> None:
    async with service.client("ada") as ada:
        conversation = await joined(ada)
        await conversation.send_message("hello")
        [message] = (await conversation.get_messages()).items
        user = ada.user
    del ada, conversation
    gc.collect()
    assert (message.body, user.identity) == ("hello", "ada")
    with pytest.raises(DetachedError):
        message.update_body("too late")
    with pytest.raises(DetachedError):
        user.update_friendly_name("too late")


async def test_a_client_that_ended_is_not_kept(service: rxconvo.Service) -> None:
    async with service.client("ada") as ada:
        conversation = await joined(ada)
        conversation.messages.subscribe()
        await conversation.messages.opened
    gone: list[weakref.ref[Any]] = [weakref.ref(ada), weakref.ref(conversation)]
    del ada, conversation
    gc.collect()
    assert [each() for each in gone] == [None, None]


@pytest.mark.parametrize("part", ["/ContentTemplates", "/Conversations"])
async def test_shutdown_ends_what_is_tried_time_and_again(world: World, part: str) -> None:
    ada = await world.client("ada")

    def replying(packet: Packet) -> list[Packet] | None:
        if not isinstance(packet, Request) or part not in packet.http_request.path:
            return None
        return [Reply(packet.id, Status(200, "OK"), http_status=Status(503, "Service Unavailable"), payload=b"{}")]

    world.line("ada").replying = replying
    cold = ada.get_content_templates() if "Templates" in part else ada.peek_conversation_by_sid("CH1")
    failed: list[Exception] = []
    cold.subscribe(on_error=failed.append)
    await settle()
    await ada.shutdown()
    await settle()
    assert [type(error) for error in failed] == [ClosedError]
