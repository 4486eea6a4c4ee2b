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

    sent: list[list[object]] = []
    for me, one, other in (("ada", ada, bob), ("bob", bob, ada)):
        await one.ask("type")
        await other.until(lambda seen, me=me: {"saw": "typing", "who": [me]} in seen)
        index = await one.ask("send", body="hello")
        added = {"saw": "added", "index": index, "body": "hello", "author": me}
        await other.until(lambda seen, added=added: added in seen)
        await other.until(lambda seen: [line for line in seen if line["saw"] == "typing"][-1]["who"] == [])

        body = f"hello from {me}"
        assert await one.ask("edit", index=index, body=body) == body
        updated = {"saw": "updated", "index": index, "body": body}
        await other.until(lambda seen, updated=updated: any(updated.items() <= line.items() for line in seen))
        sent.append([index, body])

    for me, one, other in (("ada", ada, bob), ("bob", bob, ada)):
        index = sent[-1][0]
        assert await one.ask("read", index=index) == 0, "nothing is left unread"
        read = {"saw": "read", "identity": me, "index": index}
        await other.until(lambda seen, read=read: read in seen)

    assert await ada.ask("messages") == await bob.ask("messages") == sent
    for one, other in ((ada, bob), (bob, ada)):
        index, _ = sent.pop(0)
        await one.ask("remove", index=index)
        await other.until(lambda seen, index=index: {"saw": "removed", "index": index} in seen)
    assert await ada.ask("messages") == await bob.ask("messages") == []


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
    for round_ in range(3):
        bodies = [f"{who}-{round_}-{number}" for number in range(25) for who in ("ada", "bob")]
        sent = {body: (ada if body.startswith("ada") else bob).begin("send", body=body) for body in bodies}
        await asyncio.wait(sent.values(), return_when=asyncio.FIRST_COMPLETED)  # in the middle of sending
        await service.kill()
        await service.start()
        async with asyncio.timeout(20.0):
            for body, index in sent.items():
                acknowledged[await index] = body
    assert len(acknowledged) == 150

    for talker in (ada, bob):
        await talker.until(lambda seen: sum(line["saw"] == "added" for line in seen) >= 150)
        added = [(line["index"], line["body"]) for line in talker.of("added")]
        assert added == sorted(acknowledged.items())  # each once, in order, with the index it was acknowledged by
        assert await talker.ask("messages") == [list(pair) for pair in sorted(acknowledged.items())]
        states = [line["state"] for line in talker.of("state")]
        assert "connecting" in states, "the connection was lost"
        assert states[-1] == "connected", "and came back"
        assert talker.of("Discontinuity") == []
    last = await bob.ask("send", body="still here")
    await ada.until(lambda seen: {"saw": "added", "index": last, "body": "still here", "author": "bob"} in seen)
    assert await service.stop() == 0
