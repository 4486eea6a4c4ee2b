"""The page while real chat is played: its numbers are the service's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import rxconvo
from rxconvo import Client, Connecting, Message, current_scheduler
from rxconvo.demo import Disconnect, Leave, Timeline, load_corpus
from rxconvo.demo.board import Board
from rxconvo.demo.stage import Stage
from rxconvo.errors import MissingExtraError
from tests.browser.conftest import Office, Opening
from tests.browser.window import DEADLINE, Window

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.real_time]

PEOPLE = 16
LENGTH = 80.0  # seconds of the corpus
SPEED = 10.0

SHOWN = """
() => {
  const figure = (name) => Number(document.querySelector(`[data-figure=${name}]`).firstChild.data.replaceAll(",", ""));
  const counts = document.querySelector(".chart").dataset.counts ?? "";
  return {
    conversations: figure("conversations"),
    unread: figure("unread"),
    online: figure("online"),
    messages: counts.split(" ").reduce((sum, count) => sum + Number(count), 0),
    rows: Object.fromEntries([...document.querySelectorAll(".row")].map((row) => [row.dataset.sid, {
      unread: Number(row.querySelector(".badge").dataset.count),
      name: row.querySelector(".row-name").textContent,
    }])),
  };
}
"""

Told = dict[str, Any]


async def agree(window: Window, truth: Callable[[], Awaitable[Told]]) -> Told:
    """Wait until the page shows what is true, looking at each frame, and return it."""
    shown, known = None, await truth()
    try:
        async with asyncio.timeout(DEADLINE):
            while (shown := await window.run(SHOWN)) != known:
                await window.run("() => new Promise(requestAnimationFrame)")
                known = await truth()
    except TimeoutError:
        assert shown == known
    return known


async def test_its_numbers_are_the_services(office: Office, opening: Opening) -> None:
    try:
        corpus = load_corpus()
    except MissingExtraError as error:
        pytest.skip(str(error))
    (start, *_) = corpus.stretches(LENGTH)
    timeline = Timeline(corpus, start=start, end=start + LENGTH, max_people=PEOPLE)
    story = (action for action in timeline if not isinstance(action, Leave | Disconnect))  # it ends in the middle

    def enter(identity: str) -> Connecting:
        return rxconvo.connect(office.url, token=office.service.token(identity))

    sue = await office.enter("sue")
    heard: list[Message] = []
    sue.messages.added.subscribe(heard.append)
    board = Board(current_scheduler())
    stage = Stage(enter, audience=board, seats=PEOPLE, supervisor="sue")

    async def truth() -> Told:
        there = 0 if playing.done() else stage.online
        return {**await counted(sue), "online": 1 + there, "messages": len(heard)}

    window = await opening(office.link("sue"))
    await window.shows("[data-figure=online]")
    playing = asyncio.create_task(stage.play(story, start=start, speed=SPEED))
    for _ in range(3):
        async with asyncio.timeout(DEADLINE):
            await sue.messages.added.next()
        known = await agree(window, truth)
        assert known["messages"] > 0
        assert known["online"] > 2
    await playing
    board.close()
    last = await agree(window, truth)
    assert (last["conversations"], last["messages"]) == (len(timeline.spans), stage.audit.verdict().sent)


async def counted(client: Client) -> Told:
    """Ask the service: nothing was read yet, so that all messages of others are unread."""
    rows = {}
    for talk in (await client.get_subscribed_conversations()).items:
        rows[talk.sid] = {"unread": await talk.get_messages_count(), "name": talk.friendly_name or talk.unique_name}
    return {"conversations": len(rows), "unread": sum(row["unread"] for row in rows.values()), "rows": rows}
