from __future__ import annotations

import pytest
from reactivex.disposable import Disposable

from rxconvo.errors import ObserverError
from rxconvo.streams import Context, current_scheduler
from rxconvo.streams.guard import Guard, callbacks, ignore


@pytest.fixture
async def context(faults: list[ObserverError]) -> Context:
    return Context(current_scheduler(), faults.append)


class Collector(list[int]):
    """An observer that is false as long as it has seen nothing."""

    __call__ = list.append


def test_an_observer_need_not_be_true() -> None:
    collector = Collector()
    assert not collector
    assert callbacks(collector, None, None)[0] is collector
    assert callbacks(None, None, None)[0] is ignore


async def test_it_passes_everything_on_until_the_end(context: Context, faults: list[ObserverError]) -> None:
    seen: list[object] = []
    guard: Guard[int] = Guard(context, "numbers", seen.append, seen.append, lambda: seen.append("|"))
    guard.attach(Disposable())
    guard.on_next(1)
    guard.on_completed()
    guard.on_next(2)
    guard.on_completed()
    guard.on_error(ValueError("late"))
    assert seen == [1, "|"]
    assert not faults


async def test_its_repr_tells_what_it_is(context: Context) -> None:
    guard: Guard[int] = Guard(context, "numbers of CH1", ignore, None, None)
    assert repr(guard) == "<Subscription to numbers of CH1>"
    guard.dispose()
    assert repr(guard) == "<Subscription to numbers of CH1, ended>"


async def test_what_ended_before_it_was_attached_is_disposed(context: Context) -> None:
    guard: Guard[int] = Guard(context, "numbers", ignore, None, None)
    guard.on_completed()
    subscription = Disposable()
    guard.attach(subscription)
    assert subscription.is_disposed


async def test_an_error_without_a_handler_is_raised_while_subscribing_and_reported_later(
    context: Context, faults: list[ObserverError]
) -> None:
    error = ValueError("boom")
    with pytest.raises(ValueError, match="boom"):
        Guard[int](context, "numbers", ignore, None, None).on_error(error)
    assert not faults
    guard: Guard[int] = Guard(context, "numbers", ignore, None, None)
    guard.attach(Disposable())
    guard.on_error(error)
    assert [fault.__cause__ for fault in faults] == [error]


async def test_one_that_raises_is_reported_ended_and_disposed(context: Context, faults: list[ObserverError]) -> None:
    handled: list[Exception] = []
    seen: list[int] = []

    def bad(value: int) -> None:
        seen.append(value)
        raise ValueError("boom")

    guard: Guard[int] = Guard(context, "numbers", bad, handled.append, None)
    subscription = Disposable()
    guard.attach(subscription)
    guard.on_next(1)
    guard.on_next(2)
    assert seen == [1]
    assert subscription.is_disposed
    assert [fault.__cause__ for fault in faults] == handled
    guard.dispose()


async def test_disposing_silences_it(context: Context) -> None:
    seen: list[object] = []
    guard: Guard[int] = Guard(context, "numbers", seen.append, seen.append, lambda: seen.append("|"))
    subscription = Disposable()
    guard.attach(subscription)
    guard.dispose()
    guard.on_next(1)
    guard.on_error(ValueError("late"))
    guard.on_completed()
    assert not seen
    assert subscription.is_disposed
