"""Attempts at mutations are told as they begin and end, and nothing else changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from itertools import count
from typing import Any

import pytest

from rxconvo.errors import ObserverError, RejectedError
from rxconvo.streams import Cold, Context, Followers, MutationAttempt, current_scheduler
from rxconvo.testing import settle

caller: ContextVar[str] = ContextVar("caller", default="nobody")


class Log:
    """An observer that keeps what it is told, and who was the caller."""

    def __init__(self, name: str = "") -> None:
        self.told: list[tuple[Any, ...]] = []
        self._name = name

    def __call__(self, attempt: MutationAttempt) -> Callable[[BaseException | None], None]:
        self.told.append(("begins", attempt.mutation_id, attempt.number, attempt.resumed, caller.get()))
        return lambda error: self.told.append(("ends", attempt.mutation_id, type(error).__name__, caller.get()))


@pytest.fixture
async def followers(faults: list[ObserverError]) -> Followers:
    return Followers(Context(current_scheduler(), faults.append))


@pytest.fixture
async def outcomes() -> list[Any]:
    return []


@pytest.fixture
async def cold(followers: Followers, outcomes: list[Any], faults: list[ObserverError]) -> Cold[Any]:
    ids = count(1)

    async def perform(_: str) -> Any:
        await asyncio.sleep(1)
        outcome = outcomes.pop(0) if outcomes else 7
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return Cold(
        perform,
        ids=lambda: f"id{next(ids)}",
        context=Context(current_scheduler(), faults.append),
        name="send_message",
        followers=followers,
        conversation_sid="CH1",
    )


async def test_an_attempt_is_told_in_full(cold: Cold[Any], followers: Followers) -> None:
    told: list[object] = []

    def observe(attempt: MutationAttempt) -> Callable[[BaseException | None], None]:
        told.append(attempt)
        return told.append

    followers.add(observe)
    assert await cold == 7
    assert told == [MutationAttempt("send_message", "id1", 1, resumed=False, conversation_sid="CH1"), None]


async def test_attempts_are_numbered_by_mutation(cold: Cold[Any], followers: Followers, outcomes: list[Any]) -> None:
    log = Log()
    followers.add(log)
    outcomes += [OSError(), OSError(), RejectedError(400, None, "no"), 7]
    for _ in range(4):
        cold.subscribe(on_error=lambda _: None)
        await asyncio.sleep(2)
    await cold.resume("before")
    assert [told[1:4] for told in log.told if told[0] == "begins"] == [
        ("id1", 1, False),
        ("id1", 2, True),
        ("id1", 3, True),
        ("id2", 1, False),
        ("before", 1, True),
    ]
    assert [told[2] for told in log.told if told[0] == "ends"] == [
        "OSError",
        "OSError",
        "RejectedError",
        "NoneType",
        "NoneType",
    ]


async def test_it_is_told_in_the_context_of_the_caller(cold: Cold[Any], followers: Followers) -> None:
    log = Log()
    followers.add(log)
    caller.set("awaits")
    await cold
    caller.set("subscribes")
    cold.subscribe()
    caller.set("other")
    await asyncio.sleep(2)
    assert [told[-1] for told in log.told] == ["awaits", "awaits", "subscribes", "subscribes"]


async def test_dispose_is_an_end(cold: Cold[Any], followers: Followers) -> None:
    log = Log()
    followers.add(log)
    subscription = cold.subscribe()
    await settle()
    subscription.dispose()
    await settle()
    assert log.told[-1][:3] == ("ends", "id1", "CancelledError")


async def test_who_follows_no_more_hears_of_the_end_of_what_has_begun(cold: Cold[Any], followers: Followers) -> None:
    log = Log()
    following = followers.add(log)
    cold.subscribe()
    await settle()
    following.dispose()
    following.dispose()
    assert not followers
    await asyncio.sleep(2)
    await cold
    assert [told[0] for told in log.told] == ["begins", "ends"]


async def test_what_an_observer_raises_is_reported_and_changes_nothing(
    cold: Cold[Any], followers: Followers, faults: list[ObserverError]
) -> None:
    def at_once(_: MutationAttempt) -> Any:
        raise ZeroDivisionError

    def at_the_end(_: MutationAttempt) -> Any:
        return at_once

    log = Log()
    for observer in (at_once, log, at_the_end, log):
        followers.add(observer)
    assert await cold == 7
    assert len(log.told) == 4
    assert [(fault.stream, type(fault.__cause__)) for fault in faults] == [("send_message", ZeroDivisionError)] * 2


async def test_without_observers_nothing_is_made(cold: Cold[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rxconvo.streams.cold.MutationAttempt", None)
    assert await cold == 7
