"""Batches of diffs, applied to lists."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.errors import ArgumentError
from rxconvo.model import Append, Diff, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.model.diffs import apply


@pytest.mark.parametrize(
    "diff,expected",
    [
        (Append((7, 8)), (1, 2, 3, 7, 8)),
        (Insert(0, 7), (7, 1, 2, 3)),
        (Insert(3, 7), (1, 2, 3, 7)),
        (Set(1, 7), (1, 7, 3)),
        (Remove(1), (1, 3)),
        (Truncate(1), (1,)),
        (Truncate(3), (1, 2, 3)),
        (Reset((7,)), (7,)),
    ],
)
def test_each_kind(diff: Diff[int], expected: tuple[int, ...]) -> None:
    before = [1, 2, 3]
    assert apply(before, DiffBatch((diff,))) == expected
    assert before == [1, 2, 3]


def test_those_of_a_batch_one_after_the_other() -> None:
    batch = DiffBatch((Remove(0), Append((4,)), Insert(1, 5), Set(3, 6), Truncate(4), Remove(0)))
    assert apply((1, 2, 3), batch) == (5, 3, 6)
    assert apply((1, 2, 3), DiffBatch(())) == (1, 2, 3)


@pytest.mark.parametrize(
    "diff", [Insert(4, 7), Insert(-1, 7), Set(3, 7), Set(-1, 7), Remove(3), Remove(-1), Truncate(4)]
)
def test_a_place_outside_the_list_is_an_error(diff: Diff[int]) -> None:
    with pytest.raises(ArgumentError, match="batch must be one of this list"):
        apply((1, 2, 3), DiffBatch((diff,)))


@given(st.lists(st.integers()), st.data())
def test_it_does_what_the_methods_of_a_list_do(values: list[int], data: st.DataObject) -> None:
    model = list(values)
    diffs: list[Diff[int]] = []
    for _ in range(data.draw(st.integers(0, 8))):
        place = data.draw(st.integers(0, len(model)))
        kinds: list[tuple[Diff[int], Any]] = [
            (Insert(place, -1), lambda at: model.insert(at, -1)),
            (Truncate(place), lambda at: model.__delitem__(slice(at, None))),
            (Append((-2, -3)), lambda _: model.extend((-2, -3))),
            (Reset((-4,)), lambda _: model.__setitem__(slice(None), [-4])),
        ]
        if place < len(model):
            kinds += [(Set(place, -5), lambda at: model.__setitem__(at, -5)), (Remove(place), model.__delitem__)]
        diff, change = data.draw(st.sampled_from(kinds))
        diffs.append(diff)
        change(place)
    assert apply(values, DiffBatch(tuple(diffs))) == tuple(model)


def test_they_can_be_told_apart_and_are_frozen() -> None:
    assert len({Append((1,)), Reset((1,)), Insert(0, 1), Set(0, 1), Remove(0), Truncate(0)}) == 6
    with pytest.raises(AttributeError):
        Remove(0).index = 1  # type: ignore[misc]
