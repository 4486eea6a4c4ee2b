"""The service is killed and comes back: the page tells so, waits, and goes on."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

import rxconvo
from tests.browser.conftest import Office, Opening, start_talk
from tests.browser.window import DEADLINE

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.real_time]

LOST = r"ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|status of 503"
"""What Chromium tells on the console of requests that nobody answers."""

UNANSWERED = """
() => {
  const ask = window.fetch;
  window.fetch = (path, options) => (path.endsWith("/messages") ? new Promise(() => {}) : ask(path, options));
}
"""
"""What is sent is never answered, as long as the page is there."""

NOTHING_YET = """event: rows
data: {"diffs": [{"op": "reset", "values": []}]}

event: vitals
data: {"identity": "sue", "connection": "%s", "conversations": %d, "unread": 0, "per_minute": [0, 0], "bucket": 10,
data:  "response": null, "sla": {"ok": 0, "warn": 0, "breach": 0}, "online": 1}

"""
"""The beginning of a feed in which no conversation has come."""


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Served:
    """`rxconvo serve --dashboard sue`, which can be killed and started again on the same ports and store."""

    def __init__(self, store: str) -> None:
        self._store = store
        self._ports = free_ports(2)
        self._process: Process | None = None
        self.url = self.link = ""

    async def start(self) -> None:
        port, page = map(str, self._ports)
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "rxconvo", "serve", "--port", port, "--store", self._store),
            *("--dashboard", "sue", "--dashboard-port", page),
            stdout=PIPE,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            lines = [(await self._process.stdout.readline()).decode() for _ in range(2)]
        self.url = re.findall(r"ws://\S+", lines[0])[0]
        self.link = re.findall(r"http://127\.0\.0\.1:\d+/#token=\S+", lines[1])[0]

    async def end(self) -> None:
        """Kill it, unless it is dead already."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGKILL)
        async with asyncio.timeout(DEADLINE):
            await process.communicate()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncGenerator[Served]:
    """A running service with a dashboard."""
    served = Served(f"sqlite:{tmp_path / 'chat.db'}")
    await served.start()
    yield served
    await served.end()


async def test_a_killed_service_is_survived(served: Served, opening: Opening) -> None:
    window = await opening(served.link)
    window.tolerate(LOST)
    token = served.link.partition("#token=")[2]
    async with rxconvo.connect(served.url, token=token) as sue:
        talk = await start_talk(sue, "lunch")
        await talk.send_message("before")
    await window.choose("lunch")
    await window.shows(".message .text", "before")
    await window.hides("#banner")

    await served.end()
    await window.shows("#banner")
    await window.shows("#banner-text", re.compile(r"Connection lost\. Trying again (in \d+ s|now)\."))
    await window.shows(".state", "not connected")
    await window.shows("#announcer", "Connection lost. What is shown may be out of date.")
    await window.shows(".message .text", "before")
    await window.say("meanwhile")
    await window.shows(".fate span", "Not sent. There is no connection.")

    await served.start()
    # Sooner than the countdown, unless it has just come to its end.
    retry = window.find("#banner-retry")
    if await retry.is_visible():
        await retry.dispatch_event("click")
    await window.hides("#banner")
    await window.shows(".state", "connected")
    await window.find(".fate button", "Try again").click()
    await window.counts(".message[data-state]", 0)
    await window.say("after")
    async with rxconvo.connect(served.url, token=token) as sue:
        talk = await sue.get_conversation_by_sid(talk.sid)
        await window.shows(".message[data-index='2'] .text", "after")
        assert [message.body for message in (await talk.get_messages()).items] == ["before", "meanwhile", "after"]
        await talk.send_message("and live again")
        await window.shows(".message[data-index='3'] .text", "and live again")


async def test_what_may_not_have_been_sent_is_there_when_the_page_is_loaded_anew(
    office: Office, opening: Opening
) -> None:
    ada = await office.enter("ada")
    talk = await start_talk(ada, "lunch", "sue")
    window = await opening(office.link("sue"))
    window.tolerate("ERR_FAILED")
    await window.choose("lunch")
    await window.page.route("**/messages", lambda route: route.abort())
    await window.say("pizza?")
    await window.shows(".fate span", "The dashboard does not answer. It may have been sent or not.")
    await window.page.unroute("**/messages")
    await window.run(UNANSWERED)
    await window.say("sushi!")
    await window.shows(window.find(".message[data-state=sending]", "sushi!"))

    await window.page.reload()
    await window.shows(
        window.find(".message", "pizza?").locator(".fate span"),
        "The dashboard does not answer. It may have been sent or not.",
    )
    await window.shows(
        window.find(".message", "sushi!").locator(".fate span"),
        "The page was left before there was an answer. It may have been sent or not.",
    )
    for body in ("pizza?", "sushi!"):
        await window.find(".message", body).get_by_role("button", name="Try again").click()
    await window.counts(".message[data-state]", 0)
    assert [message.body for message in (await talk.get_messages()).items] == ["pizza?", "sushi!"]
    await window.page.reload()
    await window.counts(".message", 2)

    # Nothing of it is for somebody else in the same tab.
    await window.page.route("**/messages", lambda route: route.abort())
    await window.say("just for us")
    await window.shows(".fate")
    await talk.add("eve")
    await window.run("(token) => { location.hash = 'token=' + token }", office.service.token("eve"))
    await window.shows(".me-name", "eve")
    await window.choose("lunch")
    await window.counts(".message", 2)
    await window.holds("() => sessionStorage.getItem('rxconvo.outbox') === null")


@pytest.mark.parametrize("connection, count", [("connecting", 0), ("connected", 1)])
async def test_there_are_no_conversations_only_where_that_is_known(
    office: Office, opening: Opening, connection: str, count: int
) -> None:
    window = await opening(office.page.url)
    told = NOTHING_YET % (connection, count)
    await window.page.route("**/api/overview", lambda route: route.fulfill(content_type="text/event-stream", body=told))
    await window.find("#gate-token").fill(office.service.token("sue"))
    await window.press("Enter")
    await window.shows(".me-name", "sue")
    await window.hides("#rows-empty")
    await window.has("#rows", "aria-busy", "true")
    await window.page.unroute("**/api/overview")
    await window.shows("#rows-empty h2", "No conversations yet")


async def test_the_dashboard_is_there_but_the_service_is_not(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    talk = await start_talk(ada, "lunch", "sue")
    window = await opening(office.link("sue"))
    window.tolerate("status of 503")
    await window.choose("lunch")
    await window.shows(".state", "connected")
    port = office.listener.port
    await office.listener.close()
    await window.shows("#banner-text", "The service does not answer; the dashboard is connecting to it again.")
    await window.hides("#banner-retry")
    await window.shows(".state", "connecting")
    await talk.send_message("meanwhile")
    await office.service.listen(port=port)
    await window.shows(".message .text", "meanwhile")
    await window.hides("#banner")
    await window.shows(".state", "connected")


async def test_what_was_missed_meanwhile_is_there_afterwards(served: Served, opening: Opening) -> None:
    window = await opening(served.link)
    window.tolerate(LOST)
    await window.shows("#rows-empty h2")
    token = served.link.partition("#token=")[2]
    await window.page.context.set_offline(offline=True)  # the service is well, but the cable is cut
    async with rxconvo.connect(served.url, token=token) as sue:
        for name in ("breakfast", "lunch"):
            await (await start_talk(sue, name)).send_message("hello")
    await window.page.context.set_offline(offline=False)
    await window.counts(".row", 2)
    await window.shows(".row >> nth=0 >> .row-name", "lunch")
    await window.hides("#banner")
