"""One thing at a time, and nothing after the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex.disposable import Disposable
from reactivex.scheduler import ImmediateScheduler
from reactivex.subject import Subject

from rxconvo.operators._stage import Stage, folding, staged


def twice() -> Callable[[int], Iterable[int]]:
    return lambda value: (value, -value)


def broken() -> Callable[[int], Iterable[int]]:
    return lambda value: (1 // value,)


class Seen:
    """An observer that notes everything."""

    def __init__(self, observable: Observable[Any]) -> None:
        self.notes: list[Any] = []
        self.subscription = observable.subscribe(
            self.notes.append, lambda error: self.notes.append(type(error)), lambda: self.notes.append("|")
        )


def test_it_emits_what_the_work_returns_and_completes_with_its_source() -> None:
    assert Seen(reactivex.of(1, 2).pipe(folding(twice))).notes == [1, -1, 2, -2, "|"]


def test_what_the_work_raises_ends_it() -> None:
    source: Subject[int] = Subject()
    seen = Seen(source.pipe(folding(broken)))
    for value in (1, 0, 1):
        source.on_next(value)
    assert (seen.notes, source.observers) == ([1, ZeroDivisionError], [])


def test_errors_of_the_source_are_forwarded() -> None:
    source: Subject[int] = Subject()
    seen = Seen(source.pipe(folding(twice)))
    source.on_error(LookupError())
    assert (seen.notes, source.observers) == ([LookupError], [])


def test_what_comes_from_within_comes_after() -> None:
    source: Subject[int] = Subject()
    seen: list[int] = []

    def answer(value: int) -> None:
        if value == 1:
            source.on_next(2)
            source.on_completed()
        seen.append(value)

    source.pipe(folding(twice)).subscribe(answer, on_completed=lambda: seen.append(0))
    source.on_next(1)
    assert seen == [1, -1, 2, -2, 0]


def test_disposed_from_within_it_emits_nothing_more() -> None:
    source: Subject[int] = Subject()
    seen: list[int] = []

    def once(value: int) -> None:
        seen.append(value)
        source.on_next(2)
        subscription.dispose()

    subscription = source.pipe(folding(twice)).subscribe(once)
    source.on_next(1)
    assert (seen, source.observers) == ([1], [])


def test_an_observer_that_raises_does_not_lock_it() -> None:
    seen: list[int] = []

    def fail(value: int) -> None:
        seen.append(value)
        if value == 1:
            raise LookupError

    stage = Stage[int](reactivex.Observer(fail))
    with pytest.raises(LookupError):
        stage.run(lambda: (1,))
    stage.run(lambda: (2,))
    assert seen == [1, 2]


def test_what_waits_when_an_observer_raises_comes_before_what_comes_later() -> None:
    seen: list[int] = []

    def fail(value: int) -> None:
        seen.append(value)
        if value == 1:
            stage.run(twice(), 2)
            raise LookupError

    stage = Stage[int](reactivex.Observer(fail))
    with pytest.raises(LookupError):
        stage.run(twice(), 1)
    stage.run(twice(), 3)
    assert seen == [1, 2, -2, 3, -3]


def test_of_several_sources_the_first_to_fail_ends_it() -> None:
    one, two = Subject[int](), Subject[int]()

    def start(stage: Stage[int], source: Observable[int], _: object) -> None:
        stage.follow(source, lambda value: (value,), None, completed=stage.finish)
        stage.follow(two, lambda value: (10 * value,), None)

    seen = Seen(one.pipe(staged(start)))
    one.on_next(1)
    two.on_next(1)
    two.on_completed()
    one.on_next(2)
    assert seen.notes == [1, 10, 2]
    seen = Seen(one.pipe(staged(start)))
    assert len(one.observers) == 2
    one.on_error(LookupError())
    assert (seen.notes, one.observers) == ([LookupError], [])


def test_what_is_to_be_followed_after_the_end_is_not_even_subscribed() -> None:
    subscribed: list[str] = []

    def source(_: object, __: object = None) -> Disposable:
        subscribed.append("source")
        return Disposable()

    def start(stage: Stage[int], source: Observable[int], _: object) -> None:
        stage.follow(reactivex.throw(LookupError(), ImmediateScheduler()), lambda value: (value,), None)
        stage.follow(source, lambda value: (value,), None)

    seen = Seen(Observable[int](source).pipe(staged(start)))
    assert (seen.notes, subscribed) == ([LookupError], [])
