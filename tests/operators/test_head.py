"""The beginning of lists that tell their changes.

The laws are tested in `test_live.py`, with those of the other lists made of lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from rxconvo.errors import ArgumentError
from rxconvo.model import Append, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.operators import head
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

VALUES: dict[str, DiffBatch[int]] = {
    "r": DiffBatch((Reset((1, 2, 3)),)),
    "s": DiffBatch((Append((4,)),)),
    "t": DiffBatch((Remove(0),)),
    "x": DiffBatch((Reset((1, 2)),)),
    "v": DiffBatch((Set(2, 4),)),
    "y": DiffBatch((Remove(0), Append((3,)))),
    "u": DiffBatch((Insert(0, 0),)),
    "U": DiffBatch((Truncate(1), Insert(0, 0))),
    "z": DiffBatch((Set(0, 1),)),
    "n": DiffBatch(()),
    "e": DiffBatch((Reset(()),)),
}


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(VALUES), head(2), diagrams(head))


@pytest.mark.parametrize(
    "diffs,expected", [("-r-#", "-x-#"), ("---|", "---|"), ("-n-n-", "-e---"), ("-r-u-v-", "-x-U---")]
)
def test_others(make_marbles: type[Marbles], diffs: str, expected: str) -> None:
    marbles = make_marbles(VALUES)
    assert marbles.play(head(2), diffs) == marbles.expect(expected)


@pytest.mark.parametrize("count", [-1, 1.5, True, None])
def test_bad_numbers(count: int) -> None:
    with pytest.raises(ArgumentError, match="count must be an integer, 0 or more"):
        head(count)
