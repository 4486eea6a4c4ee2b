"""What all operators about lists have in common: order, ends, and nothing that is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
import reactivex
from reactivex import Observable
from reactivex.disposable import SingleAssignmentDisposable
from reactivex.scheduler import ImmediateScheduler
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.model import Append, CaughtUp, DiffBatch, Message, MessageAdded
from rxconvo.operators import (
    apply_diffs,
    catch_up,
    collect_list,
    collect_map,
    dedupe,
    head,
    in_order,
    latest_by,
    live_filter,
    live_sort,
    tail,
    timeline,
    to_diffs,
)
from rxconvo.operators._deadlines import deadlines_of

Operator = Callable[[Observable[Any]], Observable[Any]]


class NoPage:
    """A page without messages."""

    items: tuple[Message, ...] = ()
    has_prev_page = False

    def prev_page(self) -> Observable[NoPage]:
        raise AssertionError("there is none")


def empty() -> Observable[NoPage]:
    return reactivex.just(NoPage(), ImmediateScheduler.singleton())


def added(number: int) -> object:
    return MessageAdded(Message(sid=f"IM{number}", index=number))


def batch(number: int) -> object:
    return DiffBatch((Append((number,)),))


def caught_up_first(number: int) -> object:
    return CaughtUp() if not number else added(number)


def itself(number: int) -> object:
    return number


def up_to(number: int) -> object:
    return list(range(number + 1))


# Each with what makes a value of its source, of which each is emitted somehow.
CASES: dict[str, tuple[Callable[[TestScheduler], Any], Callable[[int], object]]] = {
    "apply_diffs": (lambda _: apply_diffs(), batch),
    "catch_up": (lambda clock: catch_up(empty, scheduler=clock), added),
    "collect_list": (lambda _: collect_list(), added),
    "collect_map": (lambda _: collect_map(), added),
    "dedupe": (lambda clock: dedupe(window=5.0, scheduler=clock), itself),
    "head": (lambda _: head(9), batch),
    "in_order": (lambda clock: in_order(int, 5.0, first=0, scheduler=clock), itself),
    "latest_by": (lambda clock: latest_by(int, ttl=5.0, scheduler=clock), itself),
    "live_filter": (lambda _: live_filter(lambda _: True), batch),
    "live_sort": (lambda _: live_sort(int), batch),
    "tail": (lambda _: tail(9), batch),
    "timeline": (lambda _: timeline(), caught_up_first),
    "to_diffs": (lambda _: to_diffs(), up_to),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Operator, Callable[[int], object], TestScheduler]:
    make, value = CASES[request.param]
    clock = TestScheduler()
    return cast("Operator", make(clock)), value, clock


def plain(operator: Operator, value: Callable[[int], object]) -> list[Any]:
    """Return what four values lead to, without anything special."""
    source: Subject[Any] = Subject()
    seen: list[Any] = []
    with source.pipe(operator).subscribe(seen.append):
        for number in range(4):
            source.on_next(value(number))
    return seen


def test_it_subscribes_once_and_not_before_it_is_subscribed(case: Any) -> None:
    operator, _, _ = case
    source: Subject[Any] = Subject()
    made = source.pipe(operator)
    assert source.observers == []
    with made.subscribe():
        assert len(source.observers) == 1
    assert source.observers == []


@pytest.mark.parametrize("values", [0, 1, 3])
def test_it_ends_with_its_source(case: Any, values: int) -> None:
    operator, value, clock = case
    for error in (None, LookupError()):
        source: Subject[Any] = Subject()
        ends: list[Any] = []
        source.pipe(operator).subscribe(on_error=ends.append, on_completed=lambda to=ends: to.append(None))
        for number in range(values):
            source.on_next(value(number))
        if error is None:
            source.on_completed()
        else:
            source.on_error(error)
        assert ends == [error]
        assert (source.observers, len(deadlines_of(clock))) == ([], 0)


@pytest.mark.parametrize("values", range(5))
def test_disposed_at_any_moment_it_leaves_nothing_and_says_nothing(case: Any, values: int) -> None:
    operator, value, clock = case
    source: Subject[Any] = Subject()
    seen: list[Any] = []
    subscription = source.pipe(operator).subscribe(seen.append, seen.append, lambda: seen.append("|"))
    for number in range(values):
        source.on_next(value(number))
    subscription.dispose()
    count = len(seen)
    assert (source.observers, len(deadlines_of(clock))) == ([], 0)
    source.on_next(value(values))
    clock.advance_by(100.0)
    source.on_completed()
    assert len(seen) == count


@pytest.mark.parametrize("last", range(1, 4))
def test_its_observer_may_dispose_it(case: Any, last: int) -> None:
    operator, value, clock = case
    source: Subject[Any] = Subject()
    seen: list[Any] = []
    subscription = SingleAssignmentDisposable()

    def take(one: object) -> None:
        seen.append(one)
        if len(seen) == last:
            subscription.dispose()

    subscription.disposable = source.pipe(operator).subscribe(take)
    for number in range(4):
        source.on_next(value(number))
    assert seen == plain(operator, value)[:last]
    assert (source.observers, len(deadlines_of(clock))) == ([], 0)


def test_what_its_observer_causes_comes_after(case: Any) -> None:
    operator, value, _ = case
    source: Subject[Any] = Subject()
    seen: list[Any] = []
    left = [1, 2, 3]

    def take(one: object) -> None:
        if left:
            source.on_next(value(left.pop(0)))
        seen.append(one)

    source.pipe(operator).subscribe(take)
    if len(left) == 3:
        source.on_next(value(0))
        assert seen == plain(operator, value)
    else:  # it emits by itself
        assert len(seen) == len(plain(operator, value)) - 1
    assert left == []


def test_two_observers_know_nothing_of_each_other(case: Any) -> None:
    operator, value, _ = case
    source: Subject[Any] = Subject()
    made = source.pipe(operator)
    two: list[Any] = []
    with made.subscribe():
        source.on_next(value(0))
        with made.subscribe(two.append):
            for number in range(4):
                source.on_next(value(number))
    assert two == plain(operator, value)


def test_one_that_raises_is_not_locked_out_and_harms_no_other(case: Any) -> None:
    operator, value, clock = case
    source: Subject[Any] = Subject()
    made = source.pipe(operator)
    seen: list[Any] = []
    others: list[Any] = []

    def fail(one: object) -> None:
        seen.append(one)
        if len(seen) == 2:
            raise LookupError

    with made.subscribe(others.append), made.subscribe(fail):
        for number in range(4):
            if len(seen) == 1:
                with pytest.raises(LookupError):
                    source.on_next(value(number))
            else:
                source.on_next(value(number))
    assert seen == others == plain(operator, value)
    assert (source.observers, len(deadlines_of(clock))) == ([], 0)
