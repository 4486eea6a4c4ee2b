"""What every transport promises, asked of each kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from rxconvo.errors import ConnectionError
from rxconvo.transport import Transport

Ends = tuple[Transport, Transport]
Connect = Callable[..., Awaitable[Ends]]


async def take(transport: Transport, count: int) -> list[bytes]:
    """Read until *count* messages are there."""
    taken: list[bytes] = []
    while len(taken) < count:
        batch = await transport.receive()
        assert batch
        taken += batch
    return taken


async def read_to_the_end(transport: Transport) -> list[bytes]:
    taken: list[bytes] = []
    while True:
        try:
            taken += await transport.receive()
        except ConnectionError:
            return taken


@pytest.mark.parametrize("writer", [0, 1])
async def test_messages_arrive_in_order_and_as_they_were(connect: Connect, writer: int) -> None:
    ends = await connect()
    messages = [bytes([n % 256]) * size for n, size in enumerate([0, 1, 125, 126, 65535, 65536, 300_000, 3])]
    reading = asyncio.create_task(take(ends[1 - writer], len(messages)))
    ends[writer].write(messages[:3])
    ends[writer].write(iter(messages[3:]))
    assert await reading == messages


async def test_both_directions_at_once(connect: Connect) -> None:
    client, server = await connect()
    client.write([b"to the server"])
    server.write([b"to the client"])
    assert (await take(server, 1), await take(client, 1)) == ([b"to the server"], [b"to the client"])


async def test_one_read_brings_all_that_has_arrived(connect: Connect) -> None:
    client, server = await connect()
    messages = [b"%d" % n for n in range(100)]
    client.write(messages)
    assert list(await server.receive()) == messages


async def test_writing_nothing_wakes_nobody(connect: Connect) -> None:
    client, server = await connect()
    client.write([])
    assert client.buffered == 0
    client.write([b"x"])
    assert list(await server.receive()) == [b"x"]


async def test_a_cancelled_read_loses_nothing(connect: Connect) -> None:
    client, server = await connect()
    for _ in range(3):
        reading = asyncio.create_task(server.receive())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    client.write([b"still here"])
    assert list(await server.receive()) == [b"still here"]
    reading = asyncio.create_task(server.receive())
    await asyncio.sleep(0)
    client.write([b"raced"])
    reading.cancel()  # while it may have been woken already
    try:
        taken = list(await reading)
    except asyncio.CancelledError:
        taken = await take(server, 1)
    assert taken == [b"raced"]


async def test_there_is_one_reader_at_a_time(connect: Connect) -> None:
    client, server = await connect()
    reading = asyncio.create_task(server.receive())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        await server.receive()
    client.write([b"for the first"])
    assert list(await reading) == [b"for the first"]


@pytest.mark.parametrize("closer", [0, 1])
async def test_close_lets_the_peer_read_what_was_written(connect: Connect, closer: int) -> None:
    ends = await connect()
    ends[closer].write([b"a", b"b"])
    closing = asyncio.create_task(ends[closer].close())
    assert await read_to_the_end(ends[1 - closer]) == [b"a", b"b"]
    await closing
    for end in ends:
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await end.receive()


@pytest.mark.parametrize("closer", [0, 1])
async def test_close_while_the_peer_is_writing_loses_nothing_written_here(connect: Connect, closer: int) -> None:
    ends = await connect()
    ends[closer].write([b"x" * 50_000] * 10)
    ends[1 - closer].write([b"y" * 50_000] * 4)
    await asyncio.sleep(0)
    closing = asyncio.create_task(ends[closer].close())
    assert await read_to_the_end(ends[1 - closer]) == [b"x" * 50_000] * 10
    await closing


@pytest.mark.parametrize("closer", [0, 1])
async def test_closing_wakes_the_own_reader(connect: Connect, closer: int) -> None:
    ends = await connect()
    reading = asyncio.create_task(ends[closer].receive())
    peer = asyncio.create_task(read_to_the_end(ends[1 - closer]))
    await asyncio.sleep(0)
    await ends[closer].close()
    with pytest.raises(ConnectionError):
        await reading
    assert await peer == []


async def test_closing_drops_what_was_not_read_here(connect: Connect) -> None:
    client, server = await connect()
    server.write([b"unread"])
    peer = asyncio.create_task(read_to_the_end(server))
    await client.close()
    with pytest.raises(ConnectionError):
        await client.receive()
    assert await peer == []


async def test_both_sides_may_close_and_close_again(connect: Connect) -> None:
    client, server = await connect()
    await asyncio.gather(client.close(), server.close(), client.close(4000))
    await client.close()
    client.abort()
    server.abort()


async def test_closing_does_not_wait_for_ever_for_a_peer_that_does_not_answer(connect: Connect) -> None:
    client, server = await connect()
    async with asyncio.timeout(10):
        await client.close()  # the server does not read
    with pytest.raises(ConnectionError):
        await client.receive()
    assert await read_to_the_end(server) == []


async def test_a_cancelled_close_can_be_repeated(connect: Connect) -> None:
    client, server = await connect()
    reading = asyncio.create_task(client.receive())
    await asyncio.sleep(0)
    closing = asyncio.create_task(client.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    peer = asyncio.create_task(read_to_the_end(server))
    await client.close()
    with pytest.raises(ConnectionError):
        await reading
    assert await peer == []


@pytest.mark.parametrize("cutter", [0, 1])
async def test_abort_ends_both_sides_at_once(connect: Connect, cutter: int) -> None:
    ends = await connect()
    reading = [asyncio.create_task(end.receive()) for end in ends]
    await asyncio.sleep(0)
    ends[cutter].abort()
    for read in reading:
        with pytest.raises(ConnectionError):
            await read
    assert [end.buffered for end in ends] == [0, 0]


async def test_abort_drops_what_was_not_read_here(connect: Connect) -> None:
    client, server = await connect()
    server.write([b"first", b"second"])
    assert await take(client, 2)
    server.write([b"third"])
    client.abort()
    with pytest.raises(ConnectionError):
        await client.receive()
    assert await read_to_the_end(server) == []


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_writing_after_the_end_is_dropped(connect: Connect, how: str) -> None:
    client, server = await connect()
    if how == "close":
        peer = asyncio.create_task(read_to_the_end(server))
        await client.close()
        await peer
    else:
        client.abort()
        assert await read_to_the_end(server) == []
    for end in (client, server):
        for _ in range(10):
            end.write([b"too late"])
        await end.drain()
        assert end.buffered == 0
    assert await read_to_the_end(server) == []


async def test_buffered_counts_what_has_not_left_and_drain_waits(connect: Connect) -> None:
    client, server = await connect(high_water=1000)
    await client.drain()
    message = b"x" * 100_000
    written = 0
    while client.buffered <= 1000:  # a socket's kernel takes some first
        client.write([message])
        written += 1
    draining = asyncio.create_task(client.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    assert await take(server, written) == [message] * written
    await draining
    assert client.buffered <= 1000


async def test_a_waiting_drain_ends_with_the_connection(connect: Connect) -> None:
    client, _server = await connect(high_water=1000)
    while client.buffered <= 1000:
        client.write([b"x" * 100_000])
    draining = asyncio.create_task(client.drain())
    await asyncio.sleep(0)
    client.abort()
    await draining


async def test_a_peer_that_does_not_read_is_cut_at_the_limit(connect: Connect) -> None:
    client, server = await connect(high_water=1000, max_buffered=200_000)
    for _ in range(1000):
        client.write([b"x" * 100_000])
        assert client.buffered <= 200_000
    with pytest.raises(ConnectionError, match="does not read"):
        await client.receive()
    await read_to_the_end(server)


@pytest.mark.parametrize("writer", [0, 1])
async def test_a_message_that_is_too_long_ends_the_connection(connect: Connect, writer: int) -> None:
    ends = await connect(max_message=1000)
    ends[writer].write([b"x" * 1000, b"y" * 1001, b"z"])
    assert await read_to_the_end(ends[1 - writer]) == [b"x" * 1000]
    assert await read_to_the_end(ends[writer]) == []
    for end in ends:
        end.write([b"too late"])
        await end.close()


async def test_the_representation_shows_the_state(connect: Connect) -> None:
    client, server = await connect()
    assert repr(client).endswith("buffered=0 open>")
    client.abort()
    assert "cut" in repr(client)
    assert await read_to_the_end(server) == []
