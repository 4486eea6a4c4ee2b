"""What checkers make of the operators about lists: mypy and pyright judge each `assert_type`, the run the rest."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, assert_type

import pytest
import reactivex
from reactivex import Observable

import rxconvo
from rxconvo import operators as chat
from rxconvo.model import DiffBatch, ListEvent

Message = rxconvo.Message[rxconvo.Conversation]
Participant = rxconvo.Participant[rxconvo.Conversation]


@pytest.fixture
async def client() -> AsyncGenerator[rxconvo.Client]:
    async with rxconvo.Service() as service, service.client("ada") as client:
        yield client


@pytest.fixture
async def lunch(client: rxconvo.Client) -> rxconvo.Conversation:
    return await (await client.create_conversation()).join()


def index_of(message: rxconvo.Message) -> int:
    return message.index


def noisy(message: rxconvo.Message) -> bool:
    return bool(message.body)


async def test_collected(client: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    assert_type(lunch.messages.pipe(chat.collect_list()), rxconvo.LoopObservable[tuple[Message, ...]])
    assert_type(lunch.participants.pipe(chat.collect_list()), rxconvo.LoopObservable[tuple[Participant, ...]])
    assert_type(
        client.conversations.pipe(chat.collect_list()), rxconvo.LoopObservable[tuple[rxconvo.Conversation, ...]]
    )
    assert_type(client.users.pipe(chat.collect_list()), rxconvo.LoopObservable[tuple[rxconvo.User, ...]])
    assert_type(lunch.messages.pipe(chat.collect_map()), rxconvo.LoopObservable[Mapping[Any, Message]])
    assert_type(lunch.messages.pipe(chat.collect_map(index_of)), rxconvo.LoopObservable[Mapping[int, Message]])
    assert_type(client.users.pipe(chat.collect_map()), rxconvo.LoopObservable[Mapping[Any, rxconvo.User]])


async def test_diffs_and_back(lunch: rxconvo.Conversation) -> None:
    batches = lunch.messages.pipe(chat.collect_list(), chat.to_diffs(index_of))
    assert_type(batches, rxconvo.LoopObservable[DiffBatch[Message]])
    assert_type(batches.pipe(chat.apply_diffs()), rxconvo.LoopObservable[tuple[Message, ...]])
    lists: Observable[list[int]] = reactivex.of([1], [1, 2])
    assert_type(lists.pipe(chat.to_diffs()), Observable[DiffBatch[int]])
    assert_type(lists.pipe(chat.to_diffs(), chat.apply_diffs()), Observable[tuple[int, ...]])


async def test_caught_up(lunch: rxconvo.Conversation) -> None:
    joined = lunch.messages.pipe(chat.catch_up(lunch))
    assert_type(joined, rxconvo.LoopObservable[rxconvo.MessageEvent[rxconvo.Conversation] | ListEvent[Message]])
    assert_type(joined.pipe(chat.collect_list()), rxconvo.LoopObservable[tuple[Message, ...]])
    lists = lunch.messages.pipe(chat.catch_up(lunch.get_messages, since=7, limit=50), chat.collect_list())
    assert_type(lists, rxconvo.LoopObservable[tuple[Message, ...]])


async def test_timelines(lunch: rxconvo.Conversation) -> None:
    assert_type(lunch.timeline(50), rxconvo.LoopObservable[DiffBatch[Message]])
    assert_type(
        lunch.messages.pipe(chat.catch_up(lunch), chat.timeline(50)), rxconvo.LoopObservable[DiffBatch[Message]]
    )
    assert_type(lunch.timeline().pipe(chat.apply_diffs()), rxconvo.LoopObservable[tuple[Message, ...]])


async def test_lists_made_of_lists(lunch: rxconvo.Conversation) -> None:
    newest = lunch.timeline(50)
    rules: Observable[Callable[[rxconvo.Message], bool]] = reactivex.never()
    counts: Observable[int] = reactivex.never()
    assert_type(newest.pipe(chat.live_filter(noisy), chat.tail(5)), rxconvo.LoopObservable[DiffBatch[Message]])
    assert_type(newest.pipe(chat.live_filter(rules), chat.head(counts)), rxconvo.LoopObservable[DiffBatch[Message]])
    assert_type(newest.pipe(chat.live_sort(index_of)), rxconvo.LoopObservable[DiffBatch[Message]])


async def test_by_key(lunch: rxconvo.Conversation) -> None:
    added = lunch.messages.added
    assert_type(added.pipe(chat.latest_by(index_of)), rxconvo.LoopObservable[Mapping[int, Message]])
    assert_type(added.pipe(chat.dedupe(index_of, window=5.0)), rxconvo.LoopObservable[Message])
    assert_type(added.pipe(chat.in_order(index_of, 2.0)), rxconvo.LoopObservable[Message])
