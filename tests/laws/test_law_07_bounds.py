"""Every buffer has a limit and something that happens at it; a slow consumer costs bounded memory, and is told."""

from __future__ import annotations

import asyncio

import pytest

import rxconvo
from rxconvo.server.limits import Limits
from rxconvo.server.session import Session
from rxconvo.testing import Kind, Log, World, advance, settle

KEPT = 10
OUTBOUND = 200_000
LARGE = "x" * 30_000
NARROW = rxconvo.ServerOptions(limits=Limits(page_bytes=OUTBOUND // 4), max_outbound=OUTBOUND)


async def kept() -> list[str]:
    """Have more messages come than are kept, in every way, and tell how many there are more."""
    async with World() as world:
        ada, bob = await world.client("ada", kept_messages=KEPT), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        log = Log()
        mine.messages.subscribe(log)
        await mine.messages.opened
        for n in range(3 * KEPT):
            await his.send_message(f"{n}")
        found = _excess(mine, "sent")
        messages = await everything(mine)
        found += _excess(mine, "read")
        for message in messages:
            await his.update_message_body(message, f"{message.body} again")
        found += _excess(mine, "changed")
        world.lines["ada"].cut()
        for n in range(3 * KEPT):
            await his.send_message(f"{n}")
        await advance(5.0)
        found += _excess(mine, "missed")
        if len(log.of(rxconvo.MessageAdded)) != 6 * KEPT or len(log.of(rxconvo.MessageUpdated)) != 3 * KEPT:
            found.append("what is not kept is not told either")
        return found


async def everything(conversation: rxconvo.Conversation) -> list[rxconvo.Message]:
    """Read all messages, page by page."""
    page = await conversation.get_messages(100)
    found = [*page.items]
    while page.has_prev_page:
        page = await page.prev_page()
        found = [*page.items, *found]
    return found


def _excess(conversation: rxconvo.Conversation, how: str) -> list[str]:
    messages = conversation._record.message_list
    assert messages is not None
    assert messages.replica is not None
    held, known = len(messages), len(messages.replica._known)
    return [f"{held} messages and {known} ids held of those {how}"] if max(held, known) > KEPT else []


async def test_messages_are_kept_up_to_a_limit() -> None:
    assert await kept() == []


def test_a_thousand_messages_are_kept_unless_something_else_is_said() -> None:
    assert rxconvo.ClientOptions().kept_messages == 1000


async def test_pages_show_all_there_is_however_little_is_kept() -> None:
    async with World() as world:
        ada = await world.client("ada", kept_messages=KEPT)
        (mine,) = await world.talk(ada)
        for n in range(3 * KEPT):
            await mine.send_message(f"{n}")
        assert [message.index for message in await everything(mine)] == list(range(3 * KEPT))


async def test_of_a_message_that_is_not_kept_there_is_no_before() -> None:
    async with World() as world:
        ada = await world.client("ada", kept_messages=KEPT)
        (mine,) = await world.talk(ada)
        log = Log()
        mine.messages.subscribe(log)
        for n in range(2 * KEPT):
            await mine.send_message(f"{n}")
        first, last = log[0].message, log[-1].message
        await mine.update_message_body(last, "new")
        await mine.update_message_body(first, "new")
        assert [(event.before, event.after.index) for event in log[-2:]] == [(last, last.index), (None, first.index)]


async def test_a_consumer_that_falls_behind_gets_what_waits_and_is_told(world: World) -> None:
    ada = await world.client("ada")
    falling_behind = aiter(ada.push)
    keeping_up = Log()
    ada.push.subscribe(keeping_up)
    pushed = 0
    while len(ada.push.observers) == 2:
        ada.push.push(rxconvo.PushNotification("", badge=pushed))
        pushed += 1
    waiting = Log()
    with pytest.raises(rxconvo.SlowConsumerError) as raised:
        async for value in falling_behind:
            waiting(value)
    assert [each.badge for each in waiting] == list(range(raised.value.limit))
    assert pushed == raised.value.limit + 1
    assert [each.badge for each in keeping_up] == list(range(pushed))
    assert ada.connection_state.value == "connected"


async def test_requests_wait_for_the_connection_up_to_a_limit(world: World) -> None:
    ada, bob = await world.client("ada", max_queued=3), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    line = world.lines["ada"]
    line.refusing = True
    line.cut()
    await ada.connection_state.next()
    waiting = [asyncio.ensure_future(_send(mine, f"{n}")) for n in range(3)]
    await asyncio.sleep(0)
    too_many = mine.send_message("3")
    with pytest.raises(rxconvo.QueueFullError) as raised:
        await too_many
    assert raised.value.limit == 3
    line.refusing = False
    assert await asyncio.gather(*waiting) == [0, 1, 2]
    assert await too_many == 3
    assert [message.body for message in (await his.get_messages()).items] == ["0", "1", "2", "3"]


async def _send(conversation: rxconvo.Conversation, body: str) -> int:
    return await conversation.send_message(body)


async def test_a_request_waits_for_the_connection_up_to_a_time() -> None:
    async with World() as world:
        ada = await world.client("ada", queue_timeout=7.0)
        (mine,) = await world.talk(ada)
        world.lines["ada"].refusing = True
        world.lines["ada"].cut()
        await settle()
        started = asyncio.get_running_loop().time()
        with pytest.raises(rxconvo.OutcomeUnknownError):
            await mine.send_message("hello")
        assert asyncio.get_running_loop().time() - started == 7.0


async def slow_reader(world: World) -> list[str]:
    """Have a client stop to read, and tell what the service keeps for it, and whether others suffer."""
    ada, bob = await world.client("ada"), await world.client("bob")
    mine, his = await world.talk(ada, bob)
    log, states = Log(), Log()
    mine.messages.subscribe(log)
    await mine.messages.opened
    ada.connection_state.subscribe(states)
    line = world.lines["ada"]
    line.hold("down")
    found: list[str] = []
    sent = 0
    subscriptions = world.service.server.subscriptions
    while world.service.server.subscriptions == subscriptions and sent < 1000:
        await his.send_message(LARGE)
        sent += 1
        waiting = max(session._outgoing_size + session._transport.buffered for session in _sessions(world))
        if waiting > OUTBOUND + 2 * len(LARGE):
            found.append(f"{waiting} bytes wait for one that does not read")
    if sent == 1000:
        return [*found, "one that does not read is never dropped"]
    await his.send_message("last")
    line.cut()
    await log.until(lambda log: len(log) > sent)
    if [event.message.index for event in log] != list(range(sent + 1)):
        found.append("it sees something else afterwards")
    if "connecting" not in states:
        found.append("it is not told")
    if bob.connection_state.value != "connected" or world.lines["bob"].connections != 1:
        found.append("others suffer")
    return found


def _sessions(world: World) -> list[Session]:
    return list(world.service.server._sessions)


@pytest.mark.parametrize("kind", ["memory", pytest.param("websocket", marks=[pytest.mark.e2e, pytest.mark.real_time])])
async def test_one_that_does_not_read_costs_bounded_memory_and_is_dropped(kind: Kind) -> None:
    async with World(kind, options=NARROW) as world:
        assert await slow_reader(world) == []


async def test_a_service_that_does_not_read_costs_bounded_memory_and_is_told() -> None:
    async with World() as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        mine, his = await world.talk(ada, bob)
        errors = Log()
        ada.errors.subscribe(errors)
        line = world.memory_line("ada")
        line.max_buffered = OUTBOUND
        line.cut()
        assert [await ada.connection_state.next(), await ada.connection_state.next()] == ["connecting", "connected"]
        line.hold("up")
        sending = [asyncio.ensure_future(_persist(mine, LARGE))]
        await settle()  # the line takes what it was waiting for, and then no more
        sending += [asyncio.ensure_future(_persist(mine, LARGE)) for _ in range(11)]
        await errors.until(lambda errors: len(errors) == 2)  # the cut, and this
        line.release()
        line.max_buffered *= 100  # for the next connection, which gets all of them at once
        assert sorted(await asyncio.gather(*sending)) == list(range(12))
        assert await his.get_messages_count() == 12
        assert isinstance(errors[1], rxconvo.ConnectionError)


async def _persist(conversation: rxconvo.Conversation, body: str) -> int:
    return await conversation.send_message(body).retry(9)
