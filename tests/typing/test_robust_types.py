"""What checkers make of the operators about failures: mypy and pyright judge each `assert_type`, the run the rest."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Never, assert_type

import pytest
import reactivex
from reactivex import Observable

import rxconvo
from rxconvo import operators as chat
from rxconvo.client.outbox_store import SqliteOutbox
from rxconvo.model import Enriched, Outgoing, RetryPolicy, SendState
from rxconvo.streams import Iteration

Message = rxconvo.Message[rxconvo.Conversation]


@pytest.fixture
async def lunch() -> AsyncGenerator[rxconvo.Conversation]:
    async with rxconvo.Service() as service, service.client("ada") as client:
        yield await (await client.create_conversation()).join()


async def mood(message: rxconvo.Message) -> str:
    return "happy" if "!" in (message.body or "") else "neutral"


def author(message: Message) -> Observable[rxconvo.Participant[rxconvo.Conversation]]:
    return message.get_participant()


async def numbers() -> AsyncIterator[int]:
    yield 1


async def test_mutations(lunch: rxconvo.Conversation) -> None:
    sending = lunch.send_message("hello")
    retried = assert_type(sending.pipe(chat.retry_mutation(RetryPolicy(attempts=3))), rxconvo.LoopObservable[int])
    shown = retried.pipe(chat.optimistic("hello", lunch.messages))
    assert_type(shown, rxconvo.LoopObservable[SendState[str, Message]])
    caught_up = lunch.messages.pipe(chat.catch_up(lunch))
    assert_type(
        retried.pipe(chat.optimistic(1, caught_up, timeout=5.0)), rxconvo.LoopObservable[SendState[int, Message]]
    )


async def test_enriched(lunch: rxconvo.Conversation) -> None:
    assert_type(lunch.messages.added.pipe(chat.enrich(mood)), rxconvo.LoopObservable[Enriched[Message, str]])
    assert_type(
        lunch.messages.added.pipe(chat.enrich(author, max_concurrent=2)),
        rxconvo.LoopObservable[Enriched[Message, rxconvo.Participant[rxconvo.Conversation]]],
    )


async def test_what_changes_no_type(lunch: rxconvo.Conversation) -> None:
    added = lunch.messages.added
    assert_type(added.pipe(chat.probe("lunch")), rxconvo.LoopObservable[Message])
    assert_type(added.pipe(chat.isolate_errors(print)), rxconvo.LoopObservable[Message])
    assert_type(added.pipe(chat.bounded_buffer(5, "drop_oldest")), rxconvo.LoopObservable[Message])


async def test_iterators(lunch: rxconvo.Conversation) -> None:
    messages = lunch.messages.added.pipe(chat.to_async_iter(100, "drop_oldest"))
    assert_type(messages, Iteration[Message])
    await messages.aclose()
    assert_type(chat.from_async_iter(numbers), Observable[int])
    assert_type(chat.from_async_iter(numbers()), Observable[int])


async def test_outgoing(lunch: rxconvo.Conversation) -> None:
    items: Observable[Outgoing] = reactivex.empty()
    with SqliteOutbox() as store:
        states = items.pipe(chat.outbox(store, lambda item: lunch.send_message(item.payload)))
        assert_type(states, Observable[SendState[Outgoing, Never]])
