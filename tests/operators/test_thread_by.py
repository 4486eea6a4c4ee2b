"""Threads that end."""

from __future__ import annotations

import gc
import math
import tracemalloc
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import GroupedObservable, Observable, compose
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.operators import thread_by
from rxconvo.operators._deadlines import deadlines_of
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles({**{mark: mark for mark in "abxy"}, "1": 1, "3": 3})


def initial(word: str) -> str | None:
    return word[0] if word else None


class Watcher:
    def watch(self, value: object) -> None:
        """Be kept by what may call this."""


def named(group: GroupedObservable[str, Any]) -> str:
    return {"a": "x", "b": "y"}[group.key]


def counted(group: Observable[Any]) -> Observable[int]:
    return group.pipe(ops.count())


def merged(group: Observable[Observable[str]]) -> Observable[str]:
    return group.pipe(ops.merge_all())


class Play:
    """A subscription that subscribes each group, and notes as `key:` that it began and as `key|` that it ended."""

    def __init__(self, **options: Any) -> None:
        self.scheduler = TestScheduler()
        self.source: Subject[str] = Subject()
        self.notes: list[str] = []
        self.groups: list[GroupedObservable[str, str]] = []
        self.inner: list[Any] = []
        operator = thread_by(initial, scheduler=self.scheduler, **options)
        self.outer = self.source.pipe(operator).subscribe(
            self._begin, lambda error: self.notes.append(repr(error)), lambda: self.notes.append("|")
        )

    def _begin(self, group: GroupedObservable[str, str]) -> None:
        key = group.key
        self.groups.append(group)
        self.notes.append(f"{key}:")
        self.inner.append(
            group.subscribe(
                self.notes.append, lambda _: self.notes.append(f"{key}#"), lambda: self.notes.append(f"{key}|")
            )
        )

    def feed(self, words: str) -> None:
        for word in words.split():
            self.source.on_next(word)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    rows = diagrams(thread_by)
    marks = {**{mark: mark for mark in "abxy"}, "1": 1, "3": 3}
    for row, operator in ((1, ops.map(named)), (2, ops.flat_map(counted))):
        cases = [each for start in range(0, len(rows), 3) for each in (rows[start], rows[start + row])]
        play_cases(lambda: make_marbles(marks), compose(thread_by(str, idle=3), operator), cases)


def test_an_error_ends_all_groups_first() -> None:
    play = Play()
    play.feed("ape bee")
    play.source.on_error(LookupError("broken"))
    assert play.notes == ["a:", "ape", "b:", "bee", "a#", "b#", "LookupError('broken')"]


def test_completion_ends_all_groups_first() -> None:
    play = Play()
    play.feed("ape bee")
    play.source.on_completed()
    assert play.notes == ["a:", "ape", "b:", "bee", "a|", "b|", "|"]


def test_what_is_in_no_thread_is_left_out() -> None:
    play = Play()
    play.source.on_next("")
    assert play.notes == []


def test_a_thread_that_is_idle_ends_and_another_may_begin() -> None:
    play = Play(idle=10.0)
    play.feed("ape")
    play.scheduler.advance_by(9.0)
    play.feed("ant")
    play.scheduler.advance_by(9.0)
    assert play.notes == ["a:", "ape", "ant"]
    play.scheduler.advance_by(1.0)
    play.feed("asp")
    assert play.notes == ["a:", "ape", "ant", "a|", "a:", "asp"]


def test_when_there_are_too_many_the_one_that_was_idle_for_longest_ends() -> None:
    play = Play(max_groups=2)
    play.feed("ape bee ant cat")
    assert play.notes == ["a:", "ape", "b:", "bee", "ant", "c:", "cat", "b|"]


def test_what_the_parent_raises_ends_it() -> None:
    source: Subject[int] = Subject()
    errors: list[Exception] = []

    def parent(_: int) -> str:
        raise LookupError("mine")

    source.pipe(thread_by(parent, scheduler=TestScheduler())).subscribe(on_error=errors.append)
    source.on_next(1)
    assert [repr(error) for error in errors] == ["LookupError('mine')"]
    assert source.observers == []


def test_a_group_goes_on_when_the_whole_is_disposed_and_the_source_is_left_with_the_last() -> None:
    play = Play(idle=10.0)
    play.feed("ape bee")
    play.outer.dispose()
    play.feed("ant cat")
    assert play.notes == ["a:", "ape", "b:", "bee", "ant"]
    play.inner[0].dispose()
    assert len(play.source.observers) == 1
    play.inner[1].dispose()
    assert play.source.observers == []
    assert len(deadlines_of(play.scheduler)) == 0


def test_who_leaves_a_group_is_forgotten_by_it_and_those_that_stay_are_not() -> None:
    play = Play()
    play.feed("ape")
    watcher = weakref.ref(kept := Watcher())
    play.groups[0].subscribe(kept.watch).dispose()
    del kept
    gc.collect()
    assert watcher() is None
    play.feed("ant")
    assert play.notes == ["a:", "ape", "ant"]


def test_who_takes_the_first_thread_alone_gets_all_of_it() -> None:
    scheduler = TestScheduler()
    source: Subject[str] = Subject()
    seen: list[str] = []
    operator = thread_by(initial, scheduler=scheduler)
    source.pipe(operator, ops.take(1), ops.merge_all()).subscribe(seen.append)
    for word in ("ape", "bee", "ant"):
        source.on_next(word)
    assert seen == ["ape", "ant"]


def test_who_comes_late_to_a_group_gets_what_is_to_come_or_its_end() -> None:
    play = Play(max_groups=1)
    play.feed("ape")
    late: list[str] = []

    def subscribe(group: Observable[str]) -> None:
        group.subscribe(late.append, lambda error: late.append(repr(error)), lambda: late.append("|"))

    subscribe(play.groups[0])
    play.feed("ant bee")
    assert late == ["ant", "|"]
    subscribe(play.groups[0])
    assert late == ["ant", "|", "|"]
    play.source.on_error(LookupError("broken"))
    subscribe(play.groups[1])
    assert late[3:] == ["LookupError('broken')"]


def test_a_group_is_one_object_and_can_be_piped_like_any_other() -> None:
    source: Subject[Observable[str]] = Subject()
    groups: list[Any] = []
    notes: list[str] = []
    threads = source.pipe(thread_by(lambda _: "a", scheduler=TestScheduler()), ops.do_action(groups.append))
    threads.pipe(ops.flat_map(merged)).subscribe(notes.append)
    source.on_next(reactivex.of("ape", "ant"))
    assert notes == ["ape", "ant"]
    (group,) = groups
    assert isinstance(group, GroupedObservable)
    assert group.underlying_observable is group


def test_a_value_from_within_is_not_lost() -> None:
    play = Play(max_groups=1)
    play.notes.clear()
    play.feed("ape")
    ended = play.groups[0].subscribe(on_completed=lambda: play.source.on_next("cow"))
    play.feed("cat")
    ended.dispose()
    assert play.notes == ["a:", "ape", "c:", "cat", "a|", "cow"]


@pytest.mark.parametrize("ours", [True, False])
def test_those_of_reactivex_stay_for_good(*, ours: bool) -> None:
    scheduler = TestScheduler()
    source: Subject[int] = Subject()
    watchers: list[weakref.ref[Watcher]] = []
    operator: Any = thread_by(lambda n: n, idle=1.0, scheduler=scheduler) if ours else ops.group_by(lambda n: n)

    def note(group: Any) -> None:
        watcher = Watcher()
        watchers.append(weakref.ref(watcher))
        group.subscribe(watcher.watch)

    with source.pipe(operator).subscribe(note):
        for number in range(50):
            source.on_next(number)
            scheduler.advance_by(2.0)
        gc.collect()
        assert sum(watcher() is not None for watcher in watchers) == (0 if ours else 50)


def test_bad_arguments() -> None:
    for idle in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="idle"):
            thread_by(str, idle=idle)
    with pytest.raises(ArgumentError, match="max_groups"):
        thread_by(str, max_groups=0)


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, 4.0, 9.0, 10.0, 11.0]), st.sampled_from("abcd")), max_size=40))
def test_groups_are_as_a_plain_model_says(steps: list[tuple[float, str]]) -> None:
    play = Play(idle=10.0, max_groups=3)
    expected: list[str] = []
    last: dict[str, float] = {}
    now = 0.0
    for pause, key in steps:
        if pause:
            # What is idle when a value comes in that very moment has ended before: its timer was due first.
            play.scheduler.advance_by(pause)
        now += pause
        for idle in [each for each, at in last.items() if at + 10.0 <= now]:
            del last[idle]
            expected.append(f"{idle}|")
        surplus = next(iter(last)) if key not in last and len(last) == 3 else None
        if key not in last:
            expected.append(f"{key}:")
        last.pop(key, None)
        last[key] = now
        expected.append(key)
        if surplus is not None:
            del last[surplus]
            expected.append(f"{surplus}|")
        play.source.on_next(key)
    assert play.notes == expected


def test_a_group_costs_little_memory() -> None:
    scheduler = TestScheduler()
    source: Subject[int] = Subject()
    numbers = list(range(1000, 2000))
    with source.pipe(thread_by(lambda number: number, idle=60.0, scheduler=scheduler)).subscribe():
        tracemalloc.start()
        try:
            for number in numbers:
                source.on_next(number)
            each = tracemalloc.get_traced_memory()[0] / len(numbers)
        finally:
            tracemalloc.stop()
    assert each < 256
