from __future__ import annotations

import asyncio

import pytest

from rxconvo.errors import ObserverError
from rxconvo.streams import Delivery, StateStream
from rxconvo.testing import settle


def fail(*_: object) -> None:
    raise ZeroDivisionError("on purpose")


@pytest.fixture
async def state(delivery: Delivery) -> StateStream[str]:
    return StateStream(delivery, "connection_state", "connecting")


async def test_a_new_observer_gets_the_state_now_and_then_each_change(state: StateStream[str]) -> None:
    early: list[str] = []
    late: list[str] = []
    state.subscribe(early.append)
    state.push("connected")
    state.push("connected")
    state.subscribe(late.append)
    state.push("disconnected")
    assert early == ["connecting", "connected", "disconnected"]
    assert late == ["connected", "disconnected"]
    assert state.value == "disconnected"


async def test_who_comes_during_a_change_gets_it_once(state: StateStream[str]) -> None:
    late: list[str] = []

    def on_next(value: str) -> None:
        if value == "connected":
            state.push("disconnected")
            state.subscribe(late.append)

    state.subscribe(on_next)
    state.push("connected")
    assert late == ["connected", "disconnected"]


async def test_who_comes_late_gets_the_last_state_and_the_completion(state: StateStream[str]) -> None:
    state.push("disconnected")
    state.complete()
    seen: list[str] = []
    state.subscribe(seen.append, on_completed=lambda: seen.append("|"))
    assert seen == ["disconnected", "|"]


async def test_next_is_the_next_change(state: StateStream[str]) -> None:
    waiting = asyncio.create_task(state.next())
    await settle()
    assert not waiting.done()
    state.push("connecting")
    await settle()
    assert not waiting.done()
    state.push("connected")
    assert await waiting == "connected"


async def test_async_for_begins_with_the_state_now(state: StateStream[str]) -> None:
    values = aiter(state)
    state.push("connected")
    state.complete()
    assert [value async for value in values] == ["connecting", "connected"]


async def test_it_is_opened_at_once(state: StateStream[str]) -> None:
    await state.opened


async def test_in_chains_it_begins_with_the_state_now(state: StateStream[str]) -> None:
    seen: list[str] = []
    with state.filter(lambda value: value != "connecting").start_with("unknown").subscribe(seen.append):
        state.push("connected")
    assert await state.first() == "connected"
    assert seen == ["unknown", "connected"]
    assert not state.observers


@pytest.mark.parametrize("complete", [True, False])
async def test_one_that_raises_at_once_is_reported_and_ended(
    state: StateStream[str], faults: list[ObserverError], complete: bool
) -> None:
    if complete:
        state.complete()
    ended: list[object] = []
    state.subscribe(fail, ended.append, lambda: ended.append("|"))
    assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError]
    assert [type(error) for error in ended] == [ZeroDivisionError]
    assert not state.observed
