"""From diffs to lists. That it is the inverse of `to_diffs` is tested there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex.subject import Subject

from rxconvo.errors import ArgumentError
from rxconvo.model import Append, DiffBatch, Remove, Reset
from rxconvo.operators import apply_diffs
from rxconvo.testing import builders
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

VALUES = {
    "r": DiffBatch((Reset((1,)),)),
    "s": DiffBatch((Append((2,)),)),
    "t": DiffBatch((Remove(0),)),
    "a": (1,),
    "b": (1, 2),
    "c": (2,),
    "d": (2, 2),
    "n": DiffBatch(()),
}


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(VALUES), apply_diffs(), diagrams(apply_diffs))


def test_the_list_before_the_first_batch_is_empty_and_an_error_is_forwarded(make_marbles: type[Marbles]) -> None:
    marbles = make_marbles(VALUES)
    assert marbles.play(apply_diffs(), "-s-s-t-n#") == marbles.expect("-c-d-c-c#")
    assert marbles.left == [8.0]


def test_a_batch_that_does_not_fit_is_an_error() -> None:
    source: Subject[DiffBatch[int]] = Subject()
    seen: list[Any] = []
    source.pipe(apply_diffs()).subscribe(seen.append, lambda error: seen.append(type(error)))
    source.on_next(DiffBatch((Append((1,)),)))
    source.on_next(DiffBatch((Remove(1),)))
    assert (seen, source.observers) == ([(1,), ArgumentError], [])


def test_lists_that_were_emitted_never_change() -> None:
    batches: list[DiffBatch[int]] = [DiffBatch((Append((1,)),)), DiffBatch((Append((2,)), Remove(0)))]
    seen: list[tuple[int, ...]] = []
    reactivex.from_(batches).pipe(apply_diffs()).subscribe(seen.append)
    assert seen == [(1,), (2,)]


@pytest.mark.parametrize("value", [(1, 2), builders.message_added(), None])
def test_what_is_no_batch_is_named(value: Any) -> None:
    errors: list[Exception] = []
    reactivex.of(value).pipe(apply_diffs()).subscribe(print, errors.append)
    (error,) = errors
    assert isinstance(error, ArgumentError)
    assert str(error).startswith("source must be a stream of diffs, as `timeline` and `to_diffs` make it, not ")
