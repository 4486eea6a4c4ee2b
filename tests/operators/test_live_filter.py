"""What fulfils a condition, in lists that tell their changes.

The laws are tested in `test_live.py`, with those of the other lists made of lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from rxconvo.model import Append, DiffBatch, Insert, Remove, Reset, Set
from rxconvo.operators import live_filter
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

VALUES: dict[str, DiffBatch[int]] = {
    "r": DiffBatch((Reset((1, 2)),)),
    "s": DiffBatch((Append((3,)),)),
    "t": DiffBatch((Insert(0, 4),)),
    "x": DiffBatch((Reset((2,)),)),
    "y": DiffBatch((Insert(0, 4),)),
    "u": DiffBatch((Set(0, 8),)),
    "U": DiffBatch((Insert(0, 8),)),
    "v": DiffBatch((Set(1, 6),)),
    "V": DiffBatch((Set(1, 6),)),
    "w": DiffBatch((Set(0, 1),)),
    "W": DiffBatch((Remove(0),)),
    "n": DiffBatch(()),
    "e": DiffBatch((Reset(()),)),
}


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(VALUES), live_filter(even), diagrams(live_filter))


@pytest.mark.parametrize(
    "diffs,expected", [("-r-#", "-x-#"), ("---|", "---|"), ("-n-n-", "-e---"), ("-r-u-v-w-", "-x-U-V-W-")]
)
def test_others(make_marbles: type[Marbles], diffs: str, expected: str) -> None:
    marbles = make_marbles(VALUES)
    assert marbles.play(live_filter(even), diffs) == marbles.expect(expected)


def even(value: int) -> bool:
    return value % 2 == 0
