"""From lists to diffs, and back to the same lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable

from rxconvo.model import Append, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.operators import apply_diffs, to_diffs
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

Lists = st.lists(st.lists(st.integers(0, 6), max_size=8), max_size=8)


def collected(observable: Observable[Any]) -> list[Any]:
    seen: list[Any] = []
    observable.subscribe(seen.append)
    return seen


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    values = {
        "a": [1],
        "b": [1, 2],
        "c": [2],
        "r": DiffBatch((Reset((1,)),)),
        "s": DiffBatch((Append((2,)),)),
        "t": DiffBatch((Remove(0),)),
        "n": DiffBatch(()),
    }
    play_cases(lambda: make_marbles(values), to_diffs(), diagrams(to_diffs))


@pytest.mark.parametrize("lists,diffs", [("-a#", "-r#"), ("--|", "--|"), ("-#", "-#"), ("-a-b", "-r-s")])
def test_other_ends(make_marbles: type[Marbles], lists: str, diffs: str) -> None:
    values = {"a": [1], "b": [1, 2], "r": DiffBatch((Reset((1,)),)), "s": DiffBatch((Append((2,)),))}
    marbles = make_marbles(values)
    assert marbles.play(to_diffs(), lists) == marbles.expect(diffs)
    assert marbles.left == [next((at for at, mark in enumerate(lists) if mark in "|#"), 100.0)]


@given(Lists)
def test_apply_after_to_is_the_identity(lists: list[list[int]]) -> None:
    assert collected(reactivex.from_(lists).pipe(to_diffs(), apply_diffs())) == [tuple(each) for each in lists]


@given(Lists)
def test_so_it_is_where_the_same_thing_may_be_changed(lists: list[list[int]]) -> None:
    def remainder(value: int) -> int:
        return value % 3

    assert collected(reactivex.from_(lists).pipe(to_diffs(remainder), apply_diffs())) == [tuple(each) for each in lists]


@given(Lists)
def test_two_subscriptions_know_nothing_of_each_other(lists: list[list[int]]) -> None:
    diffs = reactivex.from_(lists).pipe(to_diffs())
    assert collected(diffs) == collected(diffs)


def test_only_what_differs_is_told() -> None:
    lists: list[Sequence[str]] = ["abcd", "abd", "xabd", "xadb", "xadb", "", "z"]
    assert [batch.diffs for batch in collected(reactivex.from_(lists).pipe(to_diffs()))] == [
        (Reset(("a", "b", "c", "d")),),
        (Remove(2),),
        (Insert(0, "x"),),
        (Truncate(3), Insert(2, "d")),
        (),
        (Truncate(0),),
        (Append(("z",)),),
    ]


def test_what_equal_means_can_be_said() -> None:
    lists = [[(1, "a"), (2, "b")], [(1, "A"), (2, "c")]]

    def number(pair: tuple[int, str]) -> int:
        return pair[0]

    diffs = to_diffs(number, eq=lambda one, other: one[1].lower() == other[1].lower())
    (_, batch) = collected(reactivex.from_(lists).pipe(diffs))
    assert batch.diffs == (Set(1, (2, "c")),)


def test_a_key_that_is_not_hashable_is_an_error() -> None:
    errors: list[Exception] = []
    reactivex.of([[1]]).pipe(to_diffs()).subscribe(on_error=errors.append)
    assert [type(error) for error in errors] == [TypeError]
