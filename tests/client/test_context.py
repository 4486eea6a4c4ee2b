"""What the handles of a client share."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest

from rxconvo.client.context import Context
from rxconvo.errors import ClosedError, OutcomeUnknownError, SyncError
from rxconvo.testing import advance, settle

if TYPE_CHECKING:
    from tests.client.conftest import World


@pytest.fixture
async def context(world: World) -> Context:
    return (await world.client("ada", echo_timeout=2.0, queue_timeout=5.0))._context


async def test_a_configuration_is_there_once_the_client_is_ready(world: World, context: Context) -> None:
    assert context.configuration.identity == "ada"
    with pytest.raises(ClosedError):
        _ = world.make("bob")._context.configuration


async def test_each_mutation_gets_an_id_of_its_own_and_a_repetition_the_same(context: Context) -> None:
    ids: list[str] = []

    async def fail(mutation_id: str) -> None:
        ids.append(mutation_id)
        raise OutcomeUnknownError("lost")

    first, second = context.cold("first", fail), context.cold("second", fail)
    for cold in (first, second, first):
        with pytest.raises(OutcomeUnknownError):
            await cold
    assert ids[0] == ids[2] != ids[1]
    assert all(str(uuid.UUID(each)) == each for each in ids)


async def test_a_query_reads_anew_each_time(context: Context) -> None:
    count = 0

    async def read() -> int:
        nonlocal count
        count += 1
        return count

    query = context.query("count", read)
    assert [await query, await query] == [1, 2]


async def test_later_is_later(context: Context) -> None:
    done: list[float] = []
    loop = asyncio.get_running_loop()
    start = loop.time()
    context.later(2.0, lambda: done.append(loop.time() - start))
    await advance(1.9)
    assert done == []
    await advance(0.2)
    assert done == pytest.approx([2.0])
    assert context._timers == set()


async def test_what_is_to_be_done_later_is_not_done_after_the_end(context: Context) -> None:
    done: list[int] = []
    context.later(2.0, lambda: done.append(1))
    context.close()
    await advance(3)
    assert done == []


async def test_after_the_end_nothing_is_put_off_any_more(world: World) -> None:
    client = await world.client("ada")
    await client.shutdown()
    done: list[int] = []
    client._context.later(2.0, lambda: done.append(1))
    await advance(3)
    assert done == []


async def test_openings_are_waited_for_no_longer_than_a_request_may_wait(context: Context) -> None:
    openings = [asyncio.get_running_loop().create_future() for _ in range(2)]
    openings[0].set_result(None)
    waiting = asyncio.ensure_future(context.settled(openings))
    await advance(4.9)
    assert not waiting.done()
    await advance(0.2)
    with pytest.raises(OutcomeUnknownError, match="not sent"):
        waiting.result()
    assert not openings[1].cancelled()  # others may wait for it


async def test_an_opening_that_fails_is_not_waited_for(context: Context) -> None:
    opening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(context.settled([opening]))
    await settle()
    opening.set_exception(SyncError("CH1", 403, None, "refused"))
    await waiting
    assert isinstance(opening.exception(), SyncError)


async def test_where_nothing_is_being_opened_nothing_is_waited_for(context: Context) -> None:
    before = asyncio.get_running_loop().time()
    await context.settled([])
    assert asyncio.get_running_loop().time() == before


async def test_who_is_cancelled_while_waiting_for_an_opening_leaves_it_to_the_others(context: Context) -> None:
    opening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting, other = (asyncio.ensure_future(context.settled([opening])) for _ in range(2))
    await settle()
    waiting.cancel()
    await settle()
    opening.set_result(None)
    await other
    assert waiting.cancelled()


async def test_an_echo_that_is_there_is_not_waited_for(context: Context) -> None:
    before = asyncio.get_running_loop().time()
    await context.echoed("CH1", lambda: True)
    assert asyncio.get_running_loop().time() == before


async def test_an_echo_is_waited_for_at_most_so_long(context: Context) -> None:
    before = asyncio.get_running_loop().time()
    await context.echoed("CH1", lambda: False)
    assert asyncio.get_running_loop().time() - before == pytest.approx(2.0)
    await settle()
    assert not context.driver.waits


async def test_an_echo_ends_the_wait(context: Context) -> None:
    heard = False
    waiting = asyncio.ensure_future(context.echoed("CH1", lambda: heard))
    await settle()
    heard = True
    context.driver.waits.recheck(["CH1"])
    await settle()
    assert waiting.done()


async def test_the_end_of_the_client_ends_the_wait_for_an_echo(context: Context) -> None:
    waiting = asyncio.ensure_future(context.echoed("CH1", lambda: False))
    await settle()
    context.driver.waits.fail(lambda: ClosedError("over"))
    await settle()
    assert waiting.done()
