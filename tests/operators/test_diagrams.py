"""Diagrams are read as they are written, and every operator's own is played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops

from rxconvo import operators

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles({"a": 1, "b": 2})


def documented() -> None:
    """Do something.

    Two rows and a legend:

        ticks:  -a--|
        twice:  -b--#     b is 2

    Args:
        none: At all.

            not:  -this-
    """


@pytest.mark.parametrize("name", operators.__all__)
def test_that_of_every_operator_is_played(name: str) -> None:
    tests = Path(__file__).with_name(f"test_{name}.py").read_text(encoding="utf-8")
    assert f"diagrams({name})" in tests


@pytest.mark.parametrize("name", operators.__all__)
def test_that_of_every_operator_shows_each_end_that_there_is(name: str, diagrams: Callable[..., list[str]]) -> None:
    marks = "".join(diagrams(getattr(operators, name)))
    missing = {mark for mark in "|#!" if mark not in marks}
    assert missing == {"from_emitter": {"|", "#"}, "isolate_errors": {"#"}}.get(name, set())


def test_the_rows_are_those_of_the_first_block(diagrams: Callable[..., list[str]]) -> None:
    assert diagrams(documented) == ["-a--|", "-b--#"]


def test_a_mark_is_a_second(marbles: Marbles) -> None:
    emitted = marbles.play(ops.delay(1.5), "-a-b|")
    assert emitted == [(2.5, "N", 1), (4.5, "N", 2), (5.5, "C", None)]
    assert marbles.left == [4.0]


def test_what_is_expected_is_read_alike(marbles: Marbles) -> None:
    assert marbles.play(reactivex.merge, "-a---#", "--b|") == marbles.expect("-ab--#")
    assert marbles.left == [5.0, 3.0]


def test_until_ends_it(marbles: Marbles) -> None:
    assert marbles.play(ops.as_observable(), "-a-b", until=2.0) == marbles.expect("-a")


def test_a_source_that_is_not_left_is_found(marbles: Marbles) -> None:
    def leaking(source: Observable[int]) -> Observable[int]:
        source.subscribe()
        return reactivex.never()

    with pytest.raises(AssertionError):
        marbles.play(leaking, "-a-b")
