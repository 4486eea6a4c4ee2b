from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.real_time]

Talking = Callable[[str], Awaitable[Any]]


async def test_two_clients_in_two_processes_talk_through_a_third(talking: Talking) -> None:
    ada, bob = await talking("ada"), await talking("bob")
    sid = await ada.ask("create")
    await ada.ask("add", identity="bob")
    assert await bob.ask("find", sid=sid) == "joined"

    await ada.ask("type")
    await bob.until(lambda seen: {"saw": "typing", "who": ["ada"]} in seen)
    first = await ada.ask("send", body="hello")
    await bob.until(lambda seen: {"saw": "added", "index": first, "body": "hello", "author": "ada"} in seen)
    await bob.until(lambda seen: {"saw": "typing", "who": []} in seen)
    second = await bob.ask("send", body="hi")
    await ada.until(lambda seen: {"saw": "added", "index": second, "body": "hi", "author": "bob"} in seen)

    assert await bob.ask("edit", index=second, body="hi ada") == "hi ada"
    await ada.until(lambda seen: any(line["saw"] == "updated" and line["body"] == "hi ada" for line in seen))
    assert await ada.ask("read", index=second) == 0
    await bob.until(lambda seen: {"saw": "read", "identity": "ada", "index": second} in seen)
    await bob.ask("remove", index=second)
    await ada.until(lambda seen: {"saw": "removed", "index": second} in seen)
    assert await ada.ask("messages") == await bob.ask("messages") == [[first, "hello"]]


async def test_a_public_conversation_is_joined_by_its_sid(talking: Talking) -> None:
    ada, eve = await talking("ada"), await talking("eve")
    public = await ada.ask("create", access="public")
    assert await eve.ask("find", sid=public, join=True) == "joined"
    await ada.until(lambda seen: {"saw": "joined", "identity": "eve"} in seen)
    index = await eve.ask("send", body="may I?")
    await ada.until(lambda seen: {"saw": "added", "index": index, "body": "may I?", "author": "eve"} in seen)

    private = await ada.ask("create")
    with pytest.raises(AssertionError, match="NotFoundError"):
        await eve.ask("find", sid=private, join=True)


async def test_a_killed_service_loses_nothing_that_it_acknowledged(service: Any, talking: Talking) -> None:
    ada, bob = await talking("ada"), await talking("bob")
    sid = await ada.ask("create")
    await ada.ask("add", identity="bob")
    await bob.ask("find", sid=sid)
    acknowledged: dict[int, str] = {}
    for round_ in range(4):
        bodies = [f"{who}-{round_}-{number}" for number in range(25) for who in ("ada", "bob")]
        sent = {body: (ada if body.startswith("ada") else bob).begin("send", body=body) for body in bodies}
        await asyncio.wait(sent.values(), return_when=asyncio.FIRST_COMPLETED)  # in the middle of sending
        await service.kill()
        await service.start()
        async with asyncio.timeout(20.0):
            for body, index in sent.items():
                acknowledged[await index] = body
    assert len(acknowledged) == 200

    for talker in (ada, bob):
        await talker.until(lambda seen: sum(line["saw"] == "added" for line in seen) >= 200)
        added = [(line["index"], line["body"]) for line in talker.of("added")]
        assert added == sorted(acknowledged.items())  # each once, in order, with the index it was acknowledged by
        assert await talker.ask("messages") == [list(pair) for pair in sorted(acknowledged.items())]
        assert {"saw": "state", "state": "connecting"} in talker.seen
    assert await service.stop() == 0
