"""What holds for every operator about failures and buffers: whole release, no thread, each subscriber for itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex.subject import Subject

from rxconvo import operators as chat
from rxconvo.model import Outgoing
from rxconvo.streams import meters_of
from rxconvo.streams.scheduler import current_scheduler
from rxconvo.testing import VirtualLoop, advance, settle
from tests.operators.test_outbox import Kept

Operator = Callable[[Observable[Any]], Observable[Any]]


async def _found(value: object) -> object:
    await asyncio.sleep(0.5)
    return value


def _outbox() -> Operator:
    return chat.outbox(Kept(), lambda item: reactivex.timer(0.5).pipe(_constant(item)))


def _constant(item: Outgoing) -> Callable[[Observable[Any]], Observable[int]]:
    return lambda source: source.map(lambda _: len(item.id))


MAKE: dict[str, Callable[[], Operator]] = {
    "bounded_buffer": lambda: chat.bounded_buffer(5, "drop_oldest", every=0.5, name="place"),
    "enrich": lambda: chat.enrich(_found, timeout=2.0),
    "isolate_errors": lambda: chat.isolate_errors(lambda _: None),
    "optimistic": lambda: chat.optimistic("mine", reactivex.never()),
    "outbox": _outbox,
    "probe": lambda: chat.probe("place"),
    "retry_mutation": chat.retry_mutation,
}
VALUES: dict[str, list[Any]] = {"outbox": [Outgoing(str(number), "CH1") for number in range(10)]}

each = pytest.mark.parametrize("name", MAKE)


def values_for(name: str) -> list[Any]:
    return VALUES.get(name, list(range(10)))


@each
@given(pauses=st.lists(st.sampled_from([0.0, 0.25, 1.0]), max_size=10), at=st.integers(0, 10), wait=st.floats(0.0, 2.0))
def test_disposed_at_any_time_it_leaves_nothing(name: str, pauses: list[float], at: int, wait: float) -> None:
    async def run() -> None:
        source: Subject[Any] = Subject()
        seen: list[Any] = []
        threads = threading.active_count()
        subscription = source.pipe(MAKE[name]()).subscribe(seen.append)
        for value, pause in list(zip(values_for(name), pauses, strict=False))[:at]:
            source.on_next(value)
            await advance(pause)
        await advance(wait)
        subscription.dispose()
        before = list(seen)
        assert source.observers == []
        source.on_next(values_for(name)[-1])
        await advance(100.0)
        assert seen == before
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert threading.active_count() == threads

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


@each
async def test_disposed_by_its_observer_it_leaves_nothing(name: str) -> None:
    source: Subject[Any] = Subject()
    seen: list[Any] = []
    subscriptions: list[Any] = []

    def see(value: object) -> None:
        seen.append(value)
        for subscription in subscriptions:
            subscription.dispose()

    subscriptions.append(source.pipe(MAKE[name]()).subscribe(see))
    for value in values_for(name):
        source.on_next(value)
    await advance(100.0)
    assert source.observers == []
    assert len(seen) == (2 if name == "optimistic" else 1)  # what is pending is told before there is a subscription


@each
async def test_each_subscriber_has_all(name: str) -> None:
    source: Subject[Any] = Subject()
    made = [MAKE[name]() for _ in range(2)] if name == "outbox" else [MAKE[name]()] * 2  # a store is for one
    seen: list[list[Any]] = [[], []]
    subscriptions = [
        source.pipe(operator).subscribe(values.append) for operator, values in zip(made, seen, strict=True)
    ]
    for value in values_for(name)[:3]:
        source.on_next(value)
    await advance(10.0)
    assert seen[0] == seen[1] != []
    subscriptions[0].dispose()
    assert len(source.observers) == 1
    subscriptions[1].dispose()
    await settle()
    assert meters_of(current_scheduler()).reports() == ()


@each
async def test_an_error_of_the_source_releases_all(name: str) -> None:
    source: Subject[Any] = Subject()
    seen: list[Any] = []
    source.pipe(MAKE[name]()).subscribe(seen.append, seen.append, lambda: seen.append("|"))
    source.on_next(values_for(name)[0])
    source.on_error(LookupError("broken"))
    await advance(100.0)
    last = getattr(seen[-2], "error", None) if name == "optimistic" else seen[-1]  # where it is a value
    assert isinstance(last, LookupError)
    assert source.observers == []
