"""What checkers make of the operators that have to do with time: mypy and pyright judge, the run does the rest."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime, time
from typing import assert_type

import pytest
from reactivex import GroupedObservable, Observable
from reactivex import operators as ops
from reactivex.subject import Subject

import rxconvo
from rxconvo import operators as chat
from rxconvo.model import DiffBatch, OpeningHours, ResponseSample, Session, SlaState

Message = rxconvo.Message[rxconvo.Conversation]


@pytest.fixture
async def client() -> AsyncGenerator[rxconvo.Client]:
    async with rxconvo.Service() as service, service.client("ada") as client:
        yield client


@pytest.fixture
async def lunch(client: rxconvo.Client) -> rxconvo.Conversation:
    conversation = await client.create_conversation()
    return await conversation.join()


def index_of(message: rxconvo.Message) -> int:
    return message.index


def parent_of(message: rxconvo.Message) -> str | None:
    return message.subject


def author_of(message: rxconvo.Message) -> str:
    return message.author or ""


def date_of(message: rxconvo.Message) -> datetime | None:
    return message.date_updated


def is_guest(participant: rxconvo.Participant) -> bool:
    return participant.identity is None


def by_bob(message: rxconvo.Message) -> bool:
    return message.author == "bob"


def items_of(session: Session[Message]) -> tuple[Message, ...]:
    return session.items


def sid_of(removed: rxconvo.ConversationRemoved) -> str:
    return removed.conversation_sid


async def test_what_lets_values_through_keeps_their_type(lunch: rxconvo.Conversation) -> None:
    added = lunch.messages.added
    assert_type(added.pipe(chat.debounce(0.3, leading=True, max_wait=1.0)), rxconvo.LoopObservable[Message])
    assert_type(added.pipe(chat.audit(0.3)), rxconvo.LoopObservable[Message])
    batches: Subject[DiffBatch[int]] = Subject()
    assert_type(batches.pipe(chat.conflate(10.0)), Observable[DiffBatch[int]])


async def test_figures(lunch: rxconvo.Conversation) -> None:
    added = lunch.messages.added
    assert_type(added.pipe(chat.rate(60.0)), rxconvo.LoopObservable[float])
    assert_type(added.pipe(ops.map(index_of), ops.map(float), chat.ewma(60.0)), rxconvo.LoopObservable[float])
    assert_type(added.pipe(chat.windowed_count(60.0, by=author_of)), rxconvo.LoopObservable[Mapping[str, int]])


async def test_stretches_and_threads(client: rxconvo.Client) -> None:
    added = client.messages.added
    assert_type(added.pipe(chat.sessionize(60.0)), rxconvo.LoopObservable[Session[Message]])
    assert_type(
        added.pipe(chat.sessionize(60.0, by=author_of, at=date_of), ops.map(items_of)),
        rxconvo.LoopObservable[tuple[Message, ...]],
    )
    threads = added.pipe(chat.thread_by(parent_of, idle=60.0))
    assert_type(threads, rxconvo.LoopObservable[GroupedObservable[str, Message]])


async def test_the_desk(client: rxconvo.Client) -> None:
    added = client.messages.added
    samples = added.pipe(chat.response_time(asker="ada", answerer={"bob", "eve"}))
    assert_type(samples, rxconvo.LoopObservable[ResponseSample[Message]])
    assert_type(added.pipe(chat.response_time(answerer=by_bob)), rxconvo.LoopObservable[ResponseSample[Message]])
    promise = chat.sla(
        600.0, 3600.0, answerer=by_bob, hours=OpeningHours(time(9), time(17)), closed=client.removed.map(sid_of)
    )
    assert_type(added.pipe(promise), rxconvo.LoopObservable[SlaState])
    assert_type(added.pipe(chat.sla(600.0, answerer="bob")), rxconvo.LoopObservable[SlaState])


async def test_people(client: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    assert_type(client.users.pipe(chat.presence(10.0, away_after=300.0)), rxconvo.LoopObservable[Mapping[str, str]])
    people = lunch.participants
    assert_type(people.pipe(chat.occupancy()), rxconvo.LoopObservable[Mapping[str, int]])
    assert_type(people.pipe(chat.occupancy(lunch.get_participants())), rxconvo.LoopObservable[Mapping[str, int]])
    assert_type(people.pipe(chat.occupancy(by=is_guest)), rxconvo.LoopObservable[Mapping[bool, int]])
