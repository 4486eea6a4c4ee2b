"""The embedded service as an object."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import rxconvo
from rxconvo.errors import ArgumentError, ClosedError
from rxconvo.server import Refusal
from rxconvo.testing import settle

DEADLINE = 20.0  # seconds


async def test_two_clients_of_one_service_meet() -> None:
    async with rxconvo.Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        conversation = await ada.create_conversation()
        await conversation.join()
        await conversation.add("bob")
        theirs = await bob.get_conversation_by_sid(conversation.sid)
        added = theirs.messages.added.next()
        await conversation.send_message("hello")
        assert (await added).body == "hello"


async def test_what_no_client_can_bring_about_reaches_the_clients() -> None:
    async with rxconvo.Service() as service, service.client("ada") as ada:
        lunch = await ada.create_conversation()
        await lunch.join()
        (participant,) = await lunch.get_participants()
        added = lunch.messages.added.next()
        await lunch.send_message("hello")
        message = await added
        updated = lunch.messages.updated.next()
        told = {"conversation": lunch.sid, "message": message.sid}
        await service.control("delivery", **told, statuses={participant.sid: "read"})
        receipt = (await updated).after.aggregated_delivery_receipt
        assert receipt is not None
        assert (receipt.total, receipt.read, receipt.failed) == (1, "all", "none")
        changed = lunch.updated.next()
        await service.control("state", conversation=lunch.sid, state="inactive")
        assert "state" in (await changed).reasons


async def test_a_client_that_was_sent_away_comes_back() -> None:
    async with rxconvo.Service() as service, service.client("ada") as ada:
        assert await service.control("close", identity="ada", code=308, status="OFFLOAD") == {"closed": 1}
        await settle()
        conversation = await ada.create_conversation(friendly_name="after")
        assert conversation.friendly_name == "after"


async def test_a_client_fetches_what_a_mutation_came_to() -> None:
    async with rxconvo.Service() as service, service.client("ada") as ada:
        await service.control("conflict")
        conversation = await ada.create_conversation(friendly_name="lunch")
        assert conversation.friendly_name == "lunch"
        await conversation.join()
        await service.control("conflict")
        assert await conversation.send_message("hello") == 0


async def test_control_names_what_is_wrong() -> None:
    async with rxconvo.Service() as service:
        with pytest.raises(Refusal, match="state must be one of"):
            await service.control("state", conversation="lunch", state="open")
        with pytest.raises(ArgumentError, match="host"):
            await service.listen("10.0.0.1", control=True)
    with pytest.raises(ClosedError):
        _ = service.control


async def test_it_is_gone_with_its_context() -> None:
    async with rxconvo.Service("memory:team") as service:
        assert service.server.connections == 0
    for use in (lambda: service.server, lambda: service.token("ada")):
        with pytest.raises(ClosedError):
            use()
    with pytest.raises(ClosedError):
        await service.connect()
    with pytest.raises(ClosedError):
        await service.listen()


async def test_starting_and_closing_twice_is_harmless() -> None:
    service = rxconvo.Service()
    server = (await service.start()).server
    assert (await service.start()).server is server
    await service.close()
    await service.close()
    assert (await service.start()).server is not server
    await service.close()


@pytest.mark.real_time
async def test_starting_twice_at_once_takes_the_store_once(tmp_path: Path) -> None:
    service = rxconvo.Service(f"sqlite:{tmp_path}/chat.db")
    await asyncio.gather(service.start(), service.start())
    server = service.server
    await service.close()
    async with rxconvo.Service(service.url) as fresh:
        assert fresh.server is not server


async def test_services_that_name_the_same_store_are_one() -> None:
    async with rxconvo.Service("memory:team") as one, rxconvo.Service("memory:team") as other:
        assert one.server is other.server
        async with one.client("ada") as ada:
            conversation = await ada.create_conversation(access="public")
            await one.close()
            async with other.client("bob") as bob:
                assert (await bob.get_conversation_by_sid(conversation.sid)).sid == conversation.sid


@pytest.mark.parametrize("identity", ["", None, 5, "a" * 257, "a\nb"])
async def test_what_is_no_identity_is_refused_at_once(service: rxconvo.Service, identity: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        service.client(identity)
    assert caught.value.field == "identity"


@pytest.mark.parametrize("ttl", [0, -1, 86_401, float("nan")])
async def test_a_token_lasts_up_to_a_day(service: rxconvo.Service, ttl: float) -> None:
    with pytest.raises(ArgumentError) as caught:
        service.token("ada", ttl=ttl)
    assert caught.value.field == "ttl"


async def test_its_representation_tells_where_it_keeps_things_and_who_is_there(service: rxconvo.Service) -> None:
    assert repr(rxconvo.Service("memory:team")) == "<Service memory:team stopped>"
    async with service.client("ada"):
        assert repr(service) == "<Service memory: 1 connections>"


async def test_closing_it_ends_its_clients_connections(service: rxconvo.Service) -> None:
    async with service.client("ada") as ada:
        await service.close()
        await settle()
        assert ada.connection_state.value == "connecting"


@pytest.mark.real_time
async def test_it_serves_sockets_and_the_process_at_once(service: rxconvo.Service) -> None:
    async with asyncio.timeout(DEADLINE):
        listener = await service.listen()
        async with (
            service.client("ada") as ada,
            rxconvo.connect(listener.url, token=service.token("bob")) as bob,
        ):
            conversation = await ada.create_conversation()
            await conversation.join()
            await conversation.add("bob")
            theirs = await bob.get_conversation_by_sid(conversation.sid)
            await theirs.messages.opened
            added = theirs.messages.added.next()
            await conversation.send_message("hello")
            assert (await added).body == "hello"


@pytest.mark.real_time
async def test_listeners_close_with_it() -> None:
    async with asyncio.timeout(DEADLINE):
        async with rxconvo.Service() as service:
            listeners = [await service.listen() for _ in range(2)]
            assert listeners[0].url != listeners[1].url
            token = service.token("ada")
        for listener in listeners:
            with pytest.raises(rxconvo.ConnectionError):
                await rxconvo.connect(listener.url, token=token, connect_timeout=0.2)


@pytest.mark.real_time
async def test_a_port_that_is_taken_is_told(service: rxconvo.Service) -> None:
    listener = await service.listen()
    port = int(listener.url.split(":")[2].partition("/")[0])
    with pytest.raises(OSError, match="in use"):
        await service.listen(port=port)
