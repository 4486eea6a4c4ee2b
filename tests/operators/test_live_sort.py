"""Another order, in lists that tell their changes.

The laws are tested in `test_live.py`, with those of the other lists made of lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from reactivex.subject import Subject

from rxconvo.model import Append, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.operators import live_sort
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

VALUES: dict[str, DiffBatch[int]] = {
    "r": DiffBatch((Reset((3, 1)),)),
    "s": DiffBatch((Append((2,)),)),
    "t": DiffBatch((Remove(0),)),
    "x": DiffBatch((Reset((1, 3)),)),
    "y": DiffBatch((Insert(1, 2),)),
    "z": DiffBatch((Truncate(2),)),
    "u": DiffBatch((Set(0, 4),)),
    "U": DiffBatch((Set(1, 4),)),
    "v": DiffBatch((Set(0, 0),)),
    "V": DiffBatch((Truncate(1), Insert(0, 0))),
    "n": DiffBatch(()),
    "e": DiffBatch((Reset(()),)),
}


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(VALUES), live_sort(int), diagrams(live_sort))


@pytest.mark.parametrize(
    "diffs,expected", [("-r-#", "-x-#"), ("---|", "---|"), ("-n-n-", "-e---"), ("-r-u-v-", "-x-U-V-")]
)
def test_others(make_marbles: type[Marbles], diffs: str, expected: str) -> None:
    marbles = make_marbles(VALUES)
    assert marbles.play(live_sort(int), diffs) == marbles.expect(expected)


def test_what_is_alike_stays_in_the_order_of_the_source() -> None:
    source: Subject[DiffBatch[str]] = Subject()
    made: list[DiffBatch[str]] = []
    source.pipe(live_sort(len)).subscribe(made.append)
    source.on_next(DiffBatch((Reset(("bb", "a", "cc")),)))
    source.on_next(DiffBatch((Insert(2, "xx"), Insert(0, "yy"))))
    assert [batch.diffs for batch in made] == [(Reset(("a", "bb", "cc")),), (Insert(2, "xx"), Insert(1, "yy"))]
