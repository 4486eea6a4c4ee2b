"""Chains as a chat page, a title bar and a service desk have them: typed without a cast, over a service in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject, Subject

import rxconvo
from rxconvo import operators as chat
from rxconvo.client.outbox_store import SqliteOutbox
from rxconvo.model import Outgoing


class Chat(NamedTuple):
    """Ada and Bob in one conversation, and it as each of them sees it."""

    ada: rxconvo.Client
    bob: rxconvo.Client
    lunch: rxconvo.Conversation
    theirs: rxconvo.Conversation


@pytest.fixture
async def talk() -> AsyncGenerator[Chat]:
    async with rxconvo.Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        lunch = await (await ada.create_conversation()).join()
        await lunch.add("bob")
        yield Chat(ada, bob, lunch, await bob.get_conversation_by_sid(lunch.sid))


def containing(text: str) -> Callable[[rxconvo.Message], bool]:
    return lambda message: text in (message.body or "")


def bodies(messages: Sequence[rxconvo.Message[Any]]) -> list[str | None]:
    return [message.body for message in messages]


async def test_who_is_typing(talk: Chat) -> None:
    texts: list[str] = []
    talk.lunch.typing.pipe(chat.typing_indicator(exclude="ada"), chat.typing_text(str.title)).subscribe(texts.append)
    await talk.lunch.typing.opened
    keys: Subject[str] = Subject()
    keys.pipe(chat.send_typing(talk.theirs)).subscribe()
    for key in "pizza":
        keys.on_next(key)
    await asyncio.sleep(1)
    await talk.theirs.send_message("pizza?")
    await asyncio.sleep(1)
    assert texts == ["Bob is typing", ""]


async def test_a_title_with_the_total(talk: Chat) -> None:
    titles: list[str] = []
    joined = await talk.ada.get_subscribed_conversations()
    total = talk.ada.messages.pipe(chat.unread_total(joined.items, talk.ada.conversations))
    total.pipe(ops.map(lambda unread: f"({unread}) chat" if unread else "chat")).subscribe(titles.append)
    view: Subject[int] = Subject()
    view.pipe(chat.auto_mark_read(talk.lunch)).subscribe()
    await asyncio.sleep(1)
    await talk.theirs.send_message("pizza?")
    await talk.theirs.send_message("sushi!")
    await asyncio.sleep(1)
    view.on_next(1)
    await asyncio.sleep(2)
    assert titles == ["chat", "(1) chat", "(2) chat", "chat"]


async def test_a_list_that_is_searched(talk: Chat) -> None:
    search: BehaviorSubject[str] = BehaviorSubject("")
    shown: list[list[str | None]] = []
    found = talk.lunch.timeline(50).pipe(chat.live_filter(search.pipe(ops.map(containing))), chat.conflate(10.0))
    found.pipe(chat.apply_diffs(), ops.map(bodies)).subscribe(shown.append)
    await talk.theirs.send_message("pizza?")
    await talk.theirs.send_message("sushi!")
    await asyncio.sleep(1)
    search.on_next("!")
    await asyncio.sleep(1)
    search.on_next("")
    await asyncio.sleep(1)
    assert shown[-3:] == [["pizza?", "sushi!"], ["sushi!"], ["pizza?", "sushi!"]]


async def test_a_board_of_what_is_due(talk: Chat) -> None:
    board: list[list[str]] = []
    states = talk.ada.messages.added.pipe(chat.sla(60.0, answerer="ada"), chat.latest_by(lambda state: state.key))
    states.subscribe(lambda latest: board.append([state.status for state in latest.values()]))
    await talk.theirs.send_message("pizza?")
    await asyncio.sleep(70)
    await talk.lunch.send_message("yes!")
    await asyncio.sleep(1)
    assert board == [["ok"], ["warn"], ["breach"], ["ok"]]


async def test_who_is_there(talk: Chat) -> None:
    people: list[dict[str, str]] = []
    talk.ada.users.pipe(chat.presence(5.0)).subscribe(lambda shown: people.append(dict(shown)))
    counts: list[dict[str, int]] = []
    occupancy = talk.lunch.participants.pipe(chat.occupancy(talk.lunch.get_participants()))
    occupancy.subscribe(lambda count: counts.append(dict(count)))
    await talk.ada.get_user("bob")
    await asyncio.sleep(1)
    await talk.bob.shutdown()
    await asyncio.sleep(30)
    assert people[0] == {"bob": "online"}
    assert people[1:] == [{"bob": "offline"}]
    assert counts == [{"chat": 2}]


async def test_what_is_sent_offline_is_seen_after_a_restart(talk: Chat, tmp_path: Path) -> None:
    seen: list[str | None] = []
    talk.theirs.messages.added.subscribe(lambda message: seen.append(message.body))

    def send(item: Outgoing) -> Observable[int]:
        found = talk.ada.get_conversation_by_sid(item.conversation_sid)
        return found.flat_map(lambda lunch: lunch.send_message(item.payload).resume(item.id))

    written: Observable[Outgoing] = reactivex.of(Outgoing("5f" * 16, talk.lunch.sid, "pizza?"))
    with SqliteOutbox(tmp_path / "outbox.db") as store:
        written.pipe(chat.outbox(store, send, connection=reactivex.never())).subscribe().dispose()
    nothing: Observable[Outgoing] = reactivex.empty()
    with SqliteOutbox(tmp_path / "outbox.db") as store:
        await nothing.pipe(chat.outbox(store, send, connection=talk.ada.connection_state))
    await asyncio.sleep(1)
    assert seen == ["pizza?"]
