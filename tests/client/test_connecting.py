from __future__ import annotations

import asyncio

import pytest

import rxconvo
from rxconvo.client.connecting import Connecting


def counted(service: rxconvo.Service) -> tuple[Connecting, list[rxconvo.Client]]:
    """Return a connection to be made, and a list of the clients that it has made."""
    made: list[rxconvo.Client] = []

    async def start() -> rxconvo.Client:
        made.append(await service.client("ada"))
        return made[-1]

    return Connecting(start), made


async def test_awaiting_it_connects_and_leaves_the_end_to_the_caller(service: rxconvo.Service) -> None:
    connecting, made = counted(service)
    client = await connecting
    assert made == [client]
    assert client.connection_state.value == "connected"
    await client.shutdown()


async def test_entering_it_connects_and_shuts_down_at_the_end(service: rxconvo.Service) -> None:
    connecting, made = counted(service)
    async with connecting as client:
        assert made == [client]
        assert client.connection_state.value == "connected"
    assert client.connection_state.value == "disconnected"


async def test_an_exception_within_the_block_passes_after_the_shutdown(service: rxconvo.Service) -> None:
    connecting, made = counted(service)
    with pytest.raises(LookupError):
        async with connecting:
            raise LookupError
    assert made[0].connection_state.value == "disconnected"


async def test_nothing_happens_before_either(service: rxconvo.Service) -> None:
    _, made = counted(service)
    await asyncio.sleep(1)
    assert made == []


async def test_each_await_makes_a_client_of_its_own(service: rxconvo.Service) -> None:
    connecting, made = counted(service)
    clients = [await connecting, await connecting]
    assert clients[0] is not clients[1]
    for client in made:
        await client.shutdown()


async def test_each_entry_makes_a_client_of_its_own_and_ends_it(service: rxconvo.Service) -> None:
    connecting, made = counted(service)
    async with connecting as outer:
        async with connecting as inner:
            assert made == [outer, inner]
        assert (outer.connection_state.value, inner.connection_state.value) == ("connected", "disconnected")
    assert outer.connection_state.value == "disconnected"


async def test_a_client_may_be_entered_itself(service: rxconvo.Service) -> None:
    async with await service.client("ada") as client:
        assert client.identity == "ada"
    assert client.connection_state.value == "disconnected"


async def test_cancelling_leaves_nothing_behind(service: rxconvo.Service) -> None:
    starting = asyncio.ensure_future(service.client("ada"))
    await asyncio.sleep(0)
    starting.cancel()
    await asyncio.wait({starting})
    assert starting.cancelled()
    await asyncio.sleep(1)
    assert service.server.connections == 0
