"""Lists made of lists are, after each batch and each parameter, what they would be if they were made anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable, Observer
from reactivex.subject import Subject

from rxconvo.errors import ArgumentError
from rxconvo.model import Append, Diff, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.model.diffs import apply
from rxconvo.operators import head, live_filter, live_sort, tail
from rxconvo.testing import builders

Operator = Callable[[Any], Callable[[Observable[DiffBatch[int]]], Observable[DiffBatch[int]]]]
Model = Callable[[Sequence[int], Any], Sequence[int]]


def divisible(by: int) -> Callable[[int], bool]:
    return lambda value: value % by == 0


def modulo(by: int) -> Callable[[int], int]:
    return lambda value: value % by


def kept(values: Sequence[int], predicate: Callable[[int], bool]) -> list[int]:
    return [value for value in values if predicate(value)]


def ordered(values: Sequence[int], order: Callable[[int], int]) -> list[int]:
    return sorted(values, key=order)


def first(values: Sequence[int], count: int) -> Sequence[int]:
    return values[:count]


def last(values: Sequence[int], count: int) -> Sequence[int]:
    return values[max(0, len(values) - count) :]


def note(ends: list[Any], error: Exception) -> None:
    ends.append(type(error))


SMALL = st.integers(0, 6)
DIVISORS = st.integers(1, 4)
CASES = [
    pytest.param(live_filter, kept, DIVISORS.map(divisible), id="filter"),
    pytest.param(live_sort, ordered, DIVISORS.map(modulo), id="sort"),
    pytest.param(head, first, SMALL, id="head"),
    pytest.param(tail, last, SMALL, id="tail"),
]


def batches(data: st.DataObject, length: int) -> DiffBatch[int]:
    """Draw a batch that fits a list of some length."""
    diffs: list[Diff[int]] = []
    for _ in range(data.draw(st.integers(0, 3))):
        place, value = data.draw(st.integers(0, length)), data.draw(st.integers(0, 20))
        kinds: list[Diff[int]] = [
            Insert(place, value),
            Append(tuple(data.draw(st.lists(st.integers(0, 20), max_size=3)))),
            Truncate(place),
            Reset((value, place)),
        ]
        if place < length:
            kinds += [Set(place, value), Set(place, value), Remove(place), Remove(place)]
        diff = data.draw(st.sampled_from(kinds))
        diffs.append(diff)
        length = len(apply((0,) * length, DiffBatch((diff,))))
    return DiffBatch(tuple(diffs))


@pytest.mark.parametrize("operator,model,parameters", CASES)
class TestLaws:
    @given(st.data())
    def test_it_is_as_if_made_anew(
        self, operator: Operator, model: Model, parameters: st.SearchStrategy[Any], data: st.DataObject
    ) -> None:
        parameter = data.draw(parameters)
        source: Subject[DiffBatch[int]] = Subject()
        made: list[DiffBatch[int]] = []
        source.pipe(operator(parameter)).subscribe(made.append)
        values: tuple[int, ...] = ()
        seen: tuple[int, ...] = ()
        for number in range(data.draw(st.integers(1, 10))):
            batch = batches(data, len(values))
            values = apply(values, batch)
            count = len(made)
            source.on_next(batch)
            assert len(made) - count <= 1
            for each in made[count:]:
                assert each.diffs
                assert number or each == DiffBatch((Reset(tuple(model(values, parameter))),))
                seen = apply(seen, each)
            assert seen == tuple(model(values, parameter))
        assert made

    @given(st.data())
    def test_so_it_is_with_a_stream_of_parameters(
        self, operator: Operator, model: Model, parameters: st.SearchStrategy[Any], data: st.DataObject
    ) -> None:
        source: Subject[DiffBatch[int]] = Subject()
        changing: Subject[Any] = Subject()
        made: list[DiffBatch[int]] = []
        source.pipe(operator(changing)).subscribe(made.append)
        values: tuple[int, ...] | None = None
        parameter: Any = None
        seen: tuple[int, ...] = ()
        for step in data.draw(st.lists(st.booleans(), max_size=12)):
            count = len(made)
            if step:
                batch = batches(data, len(values or ()))
                values = apply(values or (), batch)
                source.on_next(batch)
            else:
                parameter = data.draw(parameters)
                changing.on_next(parameter)
            if values is None or parameter is None:
                assert not made
                continue
            for each in made[count:]:
                seen = apply(seen, each)
            assert seen == tuple(model(values, parameter))
            assert isinstance(made[0].diffs[0], Reset)

    def test_it_ends_with_its_source_and_releases_both(
        self, operator: Operator, model: Model, parameters: st.SearchStrategy[Any]
    ) -> None:
        for end in ("complete", "fail", "parameter fails", "parameter is wrong", "dispose", "batch is wrong"):
            source: Subject[DiffBatch[int]] = Subject()
            changing: Subject[Any] = Subject()
            ends: list[Any] = []
            notes = Observer[Any](None, partial(note, ends), partial(ends.append, "|"))
            subscription = source.pipe(operator(changing)).subscribe(notes)
            source.on_next(DiffBatch((Append((1,)),)))
            assert (len(source.observers), len(changing.observers)) == (1, 1)
            match end:
                case "complete":
                    source.on_completed()
                    assert ends == ["|"]
                case "fail":
                    source.on_error(LookupError())
                    assert ends == [LookupError]
                case "parameter fails":
                    changing.on_error(LookupError())
                    assert ends == [LookupError]
                case "parameter is wrong":
                    changing.on_next("x")
                    assert len(ends) == 1
                case "batch is wrong":
                    source.on_next(DiffBatch((Remove(7),)))
                    assert ends == [ArgumentError]
                case _:
                    subscription.dispose()
                    assert not ends
            assert (source.observers, changing.observers) == ([], []), end

    def test_the_stream_of_parameters_may_end(
        self, operator: Operator, model: Model, parameters: st.SearchStrategy[Any]
    ) -> None:
        source: Subject[DiffBatch[int]] = Subject()
        changing: Subject[Any] = Subject()
        made: list[DiffBatch[int]] = []
        source.pipe(operator(changing)).subscribe(made.append)
        changing.on_next(3 if operator in (head, tail) else divisible(1))
        changing.on_completed()
        source.on_next(DiffBatch((Append((1, 2)),)))
        assert made == [DiffBatch((Reset((1, 2)),))]

    def test_two_observers_know_nothing_of_each_other(
        self, operator: Operator, model: Model, parameters: st.SearchStrategy[Any]
    ) -> None:
        source: Subject[DiffBatch[int]] = Subject()
        view = source.pipe(operator(3 if operator in (head, tail) else divisible(1)))
        one, two = list[DiffBatch[int]](), list[DiffBatch[int]]()
        view.subscribe(one.append)
        source.on_next(DiffBatch((Append((1,)),)))
        view.subscribe(two.append)
        source.on_next(DiffBatch((Reset((1, 2)),)))
        assert len(one) == 2
        assert two == one[1:] == [DiffBatch((Reset((1, 2)),))]


def test_another_parameter_touches_no_more_than_it_must() -> None:
    source: Subject[DiffBatch[int]] = Subject()
    counts: Subject[int] = Subject()
    made: list[DiffBatch[int]] = []
    source.pipe(tail(counts)).subscribe(made.append)
    source.on_next(DiffBatch((Reset((1, 1, 1, 2)),)))
    for count in (2, 3, 3, 2):
        counts.on_next(count)
    assert [batch.diffs for batch in made] == [(Reset((1, 2)),), (Insert(0, 1),), (Remove(0),)]


@pytest.mark.parametrize(
    "operator",
    [head(2), tail(2), live_filter(bool), live_sort(str)],
    ids=["head", "tail", "filter", "sort"],
)
@pytest.mark.parametrize("value", [builders.message_added(), (1, 2)], ids=["event", "list"])
def test_what_is_no_batch_is_named(operator: Any, value: object) -> None:
    source, errors = Subject[Any](), list[Exception]()
    source.pipe(operator).subscribe(print, errors.append)
    source.on_next(value)
    (error,) = errors
    assert isinstance(error, ArgumentError)
    assert str(error).startswith("source must be a stream of diffs, as `timeline` and `to_diffs` make it, not ")
    assert source.observers == []
