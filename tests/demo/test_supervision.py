"""Somebody reads along: a dashboard for whoever has its link, and a play that is none the different for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import orjson
import pytest

from rxconvo import Client, Service
from rxconvo.demo.actions import Action, Connect, Disconnect, Join, Leave, Send
from rxconvo.demo.corpus import Corpus
from rxconvo.demo.run import Performance, perform
from rxconvo.demo.stage import Stage
from rxconvo.demo.supervision import SUPERVISOR, supervision

STORY: list[Action] = [
    Connect(0.0, "ada"),
    Join(0.0, "ada", "x"),
    Connect(0.0, "bob"),
    Join(0.0, "bob", "x"),
    Send(10.0, "ada", "x", 0, "hello"),
    Send(20.0, "bob", "x", 1, "hi"),
    Leave(60.0, "bob", "x"),
    Leave(61.0, "ada", "x"),
    Disconnect(61.0, "ada"),
]


class Nobody:
    """Watches nothing."""

    def meet(self, client: Client) -> None:
        pass

    def watch(self, name: str, conversation: object) -> None:
        pass


async def play(
    service: Service, meanwhile: Callable[[], Coroutine[Any, Any, None]], *, supervisor: str | None
) -> Stage:
    stage = Stage(
        service.client,
        audience=Nobody(),
        seats=10,
        titles={"x": "Ada & Bob"},
        names={"ada": "Ada Finch"},
        supervisor=supervisor,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(meanwhile())
        await stage.play(STORY, start=0.0, speed=1.0)
    return stage


async def test_a_supervisor_is_a_member_for_as_long_as_it_lasts(service: Service) -> None:
    seen: list[tuple[str | None, int]] = []

    async def look() -> None:
        async with service.client(SUPERVISOR) as supervisor:
            await asyncio.sleep(30)
            (conversation,) = (await supervisor.get_subscribed_conversations()).items
            seen.append((conversation.friendly_name, await conversation.get_participants_count()))
            assert (await supervisor.get_user("ada")).friendly_name == "Ada Finch"
            assert (await supervisor.get_user("bob")).friendly_name == "bob"
            await asyncio.sleep(40)
            seen.append((None, len((await supervisor.get_subscribed_conversations()).items)))

    stage = await play(service, look, supervisor=SUPERVISOR)
    assert seen == [("Ada & Bob", 3), (None, 0)]
    assert stage.audit.verdict().passed
    assert stage.audit.verdict().expected == 4


async def test_what_a_supervisor_writes_is_in_no_book(service: Service) -> None:
    async def interfere() -> None:
        async with service.client(SUPERVISOR) as supervisor:
            await asyncio.sleep(15)
            (conversation,) = (await supervisor.get_subscribed_conversations()).items
            await conversation.send_message("hear, hear")
            await asyncio.sleep(10)

    stage = await play(service, interfere, supervisor=SUPERVISOR)
    verdict = stage.audit.verdict()
    assert (verdict.sent, verdict.expected, verdict.observed, verdict.passed) == (2, 4, 4, True)


async def test_without_one_nobody_is_added(service: Service) -> None:
    async def look() -> None:
        async with service.client(SUPERVISOR) as supervisor:
            await asyncio.sleep(30)
            assert (await supervisor.get_subscribed_conversations()).items == ()

    assert (await play(service, look, supervisor=None)).audit.verdict().passed


@pytest.mark.e2e
async def test_the_link_lets_in_and_nothing_else_does(service: Service) -> None:
    url = (await service.listen()).url
    async with supervision(service, url, speed=5.0) as link, aiohttp.ClientSession() as http:
        page, _, secret = link.partition("#token=")
        assert len(link) <= 64
        for token, expected in ((secret, 200), (secret[:-1], 401), ("", 401), (service.token(SUPERVISOR), 401)):
            async with http.get(f"{page}api/overview", headers={"Authorization": f"Bearer {token}"}) as answer:
                assert answer.status == expected
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(page)


@pytest.mark.e2e
@pytest.mark.real_time
async def test_a_performance_that_is_looked_at_is_the_same(corpus: Corpus) -> None:
    links: asyncio.Queue[str] = asyncio.Queue()

    async def look() -> tuple[int, int, set[str]]:
        page, _, secret = (await links.get()).partition("#token=")
        most, names = 0, set[str]()
        headers = {"Authorization": f"Bearer {secret}"}
        async with (
            aiohttp.ClientSession(read_bufsize=2**22) as http,
            http.get(page + "api/overview", headers=headers) as r,
        ):
            topic = b""
            async for line in r.content:
                name, _, value = line.rstrip().partition(b": ")
                topic = value if name == b"event" else topic
                if (name, topic) == (b"data", b"vitals"):
                    most = max(most, orjson.loads(value)["conversations"])
                if (name, topic) == (b"data", b"rows"):
                    diffs = orjson.loads(value)["diffs"]
                    names |= {
                        row["name"] for diff in diffs for row in (diff.get("values") or [diff.get("value")]) if row
                    }
        return r.status, most, names

    looking = asyncio.create_task(look())
    outcome = await perform(corpus, Performance(seconds=2.0, speed=50.0, people=12), show_link=links.put_nowait)
    async with asyncio.timeout(10):
        status, most, names = await looking
    assert outcome.verdict.passed
    assert outcome.verdict.observed == outcome.verdict.expected > outcome.verdict.sent
    assert status == 200
    assert most > 1
    assert names
    assert all(" & " in name for name in names)
