"""What is emitted, to whom, and that nothing stays with the emitter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops

from rxconvo import EventEmitter, Service
from rxconvo.operators import from_emitter
from rxconvo.testing import advance
from tests.operators.timing import Row, length_of, returning


async def test_the_diagrams_of_the_docstring(diagrams: Callable[..., list[str]]) -> None:
    rows = diagrams(from_emitter)
    for emitted, values in zip(rows[::2], rows[1::2], strict=True):
        row, emitter = Row(), EventEmitter()
        subscription = row.watch(from_emitter(emitter, "mark"))
        until = length_of(values)
        async for mark in returning(emitted + "|"):
            if row.seconds >= until:
                subscription.dispose()
            emitter.emit("mark", mark)
        await advance(1.0)
        subscription.dispose()
        assert str(row) == values.partition("!")[0].rstrip("-")
        assert emitter.listener_count("mark") == 0


@given(st.lists(st.lists(st.integers(), max_size=3), max_size=5), st.integers(0, 5))
def test_until_it_is_disposed(emissions: list[list[int]], at: int) -> None:
    emitter = EventEmitter()
    seen: list[Any] = []
    subscription = from_emitter(emitter, "event").subscribe(seen.append)
    for number, arguments in enumerate(emissions):
        if number == at:
            subscription.dispose()
        emitter.emit("event", *arguments)
        emitter.emit("other", "nothing")
    subscription.dispose()
    assert seen == [arguments[0] if len(arguments) == 1 else tuple(arguments) for arguments in emissions[:at]]
    assert emitter.event_names() == []


def test_disposed_from_within() -> None:
    emitter = EventEmitter()
    seen: list[Any] = []
    from_emitter(emitter, "event").pipe(ops.take(1)).subscribe(seen.append)
    for number in range(3):
        emitter.emit("event", number)
    assert (seen, emitter.event_names()) == ([0], [])


def test_two_subscribers_and_one_that_raises() -> None:
    emitter = EventEmitter()
    seen: list[Any] = []
    values = from_emitter(emitter, "event")
    values.subscribe(seen.append)
    values.subscribe(lambda _: _fail())
    with pytest.raises(ZeroDivisionError):
        emitter.emit("event", 1)
    assert seen == [1]
    assert emitter.listener_count("event") == 2  # as in Node, it stays


def _fail() -> None:
    raise ZeroDivisionError


def test_an_event_from_within_comes_at_once_as_with_any_listener() -> None:
    emitter = EventEmitter()
    seen: list[Any] = []

    def see(value: int) -> None:
        seen.append(value)
        if value:
            emitter.emit("event", 0)

    from_emitter(emitter, "event").subscribe(see)
    emitter.emit("event", 1)
    assert seen == [1, 0]


async def test_the_events_of_a_conversation() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await (await ada.create_conversation()).join()
        bodies: list[str] = []
        from_emitter(lunch, "messageAdded").subscribe(lambda message: bodies.append(message.body))
        await lunch.send_message("pizza?")
        assert bodies == ["pizza?"]
