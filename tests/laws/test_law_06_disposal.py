"""After the last dispose nothing is left, here or in the service; after the shutdown nothing at all."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from reactivex import operators as ops
from reactivex.abc import DisposableBase

import rxconvo
from rxconvo import operators as chat
from rxconvo.testing import Line, Log, World, advance, held, leaks_since, run

TIMES = 200
SCRIPTS = 40


@pytest.fixture(autouse=True)
def no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Log nothing: what is logged is kept until the test ends, and with each error the frames that it came through."""
    caplog.set_level(logging.CRITICAL, logger="rxconvo")


def ours() -> Counter[str]:
    """Count what there is of rxconvo's own."""
    gc.collect()
    names = (f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    return Counter(name for name in names if name.startswith("rxconvo."))


async def repeated(once: Callable[[], Awaitable[object]], *, times: int = TIMES) -> list[str]:
    """Do something again and again, and tell what is there afterwards and was not before."""
    for _ in range(3):  # what is made once is made now
        await once()
    before, entities = held(), ours()
    for _ in range(times):
        await once()
    found = [leak for leak in await leaks_since(before) if not leak.startswith("timer")]
    timers = [*held().timers.values()]  # those of the drivers that go on are other ones by now
    if len(timers) > len(before.timers):
        found += timers
    return [*found, *(f"{count} more {name}" for name, count in (ours() - entities).items())]


async def observe_and_stop(world: World, conversation: rxconvo.Conversation, client: rxconvo.Client) -> None:
    """Observe in many ways, see something, stop, and wait until that is settled."""
    log = Log()
    subscriptions = [
        conversation.messages.subscribe(log),
        conversation.messages.added.subscribe(lambda _: None),
        conversation.participants.pipe(ops.merge(conversation.updated), ops.debounce(0.1)).subscribe(lambda _: None),
        conversation.typing.pipe(chat.typing_indicator()).subscribe(lambda _: None),
        client.messages.pipe(ops.buffer_with_time(0.5)).subscribe(lambda _: None),
        client.typing.subscribe(lambda _: None),
        client.users.subscribe(lambda _: None),
        client.connection_state.subscribe(lambda _: None),
    ]
    heard: list[Any] = []
    for entity in (conversation, client, client.user):
        entity.on("messageAdded", heard.append).once("messageAdded", heard.append).on("updated", heard.append)
    following = asyncio.ensure_future(conversation.messages.next())
    await conversation.send_message("hello")
    event = await following
    assert isinstance(event, rxconvo.MessageAdded)
    event.message.on("updated", heard.append)
    for subscription in subscriptions:
        subscription.dispose()
    for listening in (conversation, client, client.user, event.message):
        listening.remove_all_listeners()
    assert len(heard) >= 4
    assert log[0].message.body == "hello"


def watched(client: rxconvo.Client) -> list[str]:
    """List the replicated objects that a client holds."""
    return sorted(replica.name for replica in client._context.session._keeper.registry)


async def left_behind(watch: str, *, times: int = TIMES) -> list[str]:
    """Observe and stop again and again, and tell what is left beyond what *watch* keeps."""
    async with World() as world:
        ada = await world.client("ada", watch=watch)
        (mine,) = await world.talk(ada)
        await advance(5.0)
        subscriptions, objects = world.service.server.subscriptions, watched(ada)

        async def once() -> None:
            await observe_and_stop(world, mine, ada)
            await advance(5.0)

        found = await repeated(once, times=times)
        if (world.service.server.subscriptions, watched(ada)) != (subscriptions, objects):
            found.append(f"{world.service.server.subscriptions} subscriptions, of {watched(ada)}")
        if mine._record.message_list is not None and watch != "all":
            found.append("messages are held that nobody observes")
        return found


@pytest.mark.parametrize("watch", ["documents", "all", "none"])
async def test_after_the_last_dispose_there_is_what_watch_keeps(watch: str) -> None:
    assert await left_behind(watch) == []


async def restless(seed: int) -> list[str]:
    """Subscribe and dispose at random over a line that fails, and tell what is left when all is disposed."""
    chance = random.Random(seed)
    async with World(seed=seed) as world:
        ada, bob = await world.client("ada"), await world.client("bob")
        mine, _ = await world.talk(ada, bob)
        await advance(5.0)
        subscriptions, objects = world.service.server.subscriptions, watched(ada)
        streams: list[rxconvo.HotStream[Any]] = [
            *(mine.messages, mine.participants, mine.typing, mine.updated, mine.messages.added),
            *(ada.messages, ada.participants, ada.typing),
        ]
        line, held = world.lines["ada"], list[DisposableBase]()
        tasks: list[asyncio.Future[object]] = []
        for _ in range(40):
            match chance.randrange(8):
                case 0 | 1 | 2:
                    held.append(chance.choice(streams).subscribe())
                case 3 | 4 if held:
                    held.pop(chance.randrange(len(held))).dispose()
                case 5:
                    tasks.append(asyncio.ensure_future(_outcome(chance.choice(streams), mine, chance.randrange(3))))
                case 6 if tasks:
                    tasks.pop(chance.randrange(len(tasks))).cancel()
                case 7:
                    chance.choice((line.cut, lambda: line.hold("down"), line.release, lambda: line.cut_after(2000)))()
                case _:
                    pass
            await advance(chance.choice((0.0, 0.01, 0.03, 2.0)))
        for subscription in held:
            subscription.dispose()
        for task in tasks:
            task.cancel()
        line.release()
        await advance(60.0)
        left = (world.service.server.subscriptions, watched(ada))
        return [] if left == (subscriptions, objects) else [f"seed {seed}: {left}, not {subscriptions} of {objects}"]


async def _outcome(stream: rxconvo.HotStream[Any], conversation: rxconvo.Conversation, what: int) -> object:
    try:
        match what:
            case 0:
                return await stream.next()
            case 1:
                await stream.opened
                return None
            case _:
                return await conversation.get_messages()
    except rxconvo.RxconvoError as error:
        return error


def violations(seeds: range) -> list[str]:
    """Be restless until one time something is left."""
    return next(filter(None, (run(lambda seed=seed: restless(seed)) for seed in seeds)), [])  # type: ignore[misc]


def test_whatever_is_subscribed_and_disposed_on_whatever_line_nothing_is_left() -> None:
    assert violations(range(SCRIPTS)) == []


async def test_over_sockets_too_the_service_is_told_of_the_end(world: World) -> None:
    ada = await world.client("ada")
    (mine,) = await world.talk(ada)
    await mine.updated.opened
    await eventually(lambda: world.service.server.subscriptions == 3)
    for _ in range(3):
        await observe_and_stop(world, mine, ada)
        await eventually(lambda: world.service.server.subscriptions == 3)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something is so that nobody tells of."""
    async with asyncio.timeout(10.0):
        while not holds():  # noqa: ASYNC110 - the service tells nobody
            await asyncio.sleep(0.005)


async def come_and_go(world: World, sid: str) -> None:
    """Connect, observe, lose the connection, observe again, and shut down without disposing."""
    async with world.visitor("ada") as (client, line):
        mine = await client.get_conversation_by_sid(sid)
        log = Log()
        mine.messages.subscribe(log)
        mine.typing.subscribe(log)
        client.participants.subscribe(log)
        mine.messages.pipe(ops.debounce(0.1)).subscribe(log)
        waiting = asyncio.ensure_future(mine.participants.next())
        await mine.send_message("hello")
        line.cut()
        await mine.send_message("hello again").retry(9)
        unanswered = asyncio.ensure_future(ask(mine))
    for task in (waiting, unanswered):
        try:
            await task
        except rxconvo.RxconvoError:
            continue


async def ask(conversation: rxconvo.Conversation) -> int:
    return await conversation.get_messages_count()


async def test_after_the_shutdown_there_is_nothing(world: World) -> None:
    async with world.visitor("ada") as (client, _):
        sid = (await world.talk(client))[0].sid
    del client

    async def once() -> None:
        await come_and_go(world, sid)
        await eventually(lambda: world.service.server.connections == 0)

    assert await repeated(once, times=TIMES) == []
    assert world.service.server.subscriptions == 0


async def test_a_service_that_ends_with_its_clients_leaves_nothing() -> None:
    async def once() -> None:
        async with rxconvo.connect("memory:", identity="ada") as ada:
            conversation = await ada.create_conversation()
            await conversation.join()
            conversation.messages.subscribe()
            await conversation.send_message("hello")

    assert await repeated(once, times=50) == []


def refuse(line: Line) -> None:
    line.refusing = True


async def test_a_start_that_fails_leaves_nothing(world: World) -> None:
    async def once() -> None:
        with pytest.raises(rxconvo.ConnectionError):
            async with world.visitor("ada", prepare=refuse, connect_timeout=0.02):
                pass

    assert await repeated(once, times=20) == []
