"""What survives, what is told, and what is left when nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject

from rxconvo import Conversation, Message, Service
from rxconvo.operators import isolate_errors

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


def strict(value: str) -> str:
    if value == "b":
        raise LookupError(value)
    return value


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    rows = diagrams(isolate_errors)
    for values, emitted, errors in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        marbles = make_marbles({mark: mark for mark in "abcx"})
        told: list[float] = []

        def sink(_: Exception, marbles: Marbles = marbles, told: list[float] = told) -> None:
            told.append(marbles.scheduler.to_seconds(marbles.scheduler.now) - 100.0)

        def compose(source: Observable[str], sink: Callable[[Exception], None] = sink) -> Observable[str]:
            return source.pipe(ops.map(strict), isolate_errors(sink))

        until = float(emitted.index("!")) if "!" in emitted else 50.0
        assert marbles.play(compose, values, until=until) == marbles.expect(emitted.partition("!")[0])
        assert told == [float(second) for second, mark in enumerate(errors) if mark == "x"]


@given(st.text(alphabet="abc", max_size=20))
def test_each_other_value_passes(values: str) -> None:
    source: Subject[str] = Subject()
    seen: list[str] = []
    errors: list[Exception] = []
    subscription = source.pipe(ops.map(strict), isolate_errors(errors.append)).subscribe(seen.append)
    for value in values:
        source.on_next(value)
    assert "".join(seen) == values.replace("b", "")
    assert len(errors) == values.count("b")
    assert len(source.observers) == 1
    subscription.dispose()
    assert source.observers == []


def test_without_it_the_first_ends_everything() -> None:
    source, other = Subject[str](), Subject[str]()
    seen: list[Any] = []
    reactivex.merge(source.pipe(ops.map(strict)), other).subscribe(seen.append, lambda _: seen.append("#"))
    for value in "abc":
        source.on_next(value)
    other.on_next("z")
    assert seen == ["a", "#"]


def test_in_a_merge_the_others_go_on() -> None:
    source, other = Subject[str](), Subject[str]()
    seen: list[Any] = []
    reactivex.merge(source.pipe(ops.map(strict), isolate_errors(lambda _: None)), other).subscribe(seen.append)
    for value in "abc":
        source.on_next(value)
    other.on_next("z")
    assert seen == ["a", "c", "z"]


def test_a_source_that_is_broken_ends_it() -> None:
    errors: list[Exception] = []
    seen: list[Any] = []
    broken: Observable[int] = reactivex.throw(LookupError("broken"))
    broken.pipe(isolate_errors(errors.append)).subscribe(seen.append, seen.append)
    assert [type(one) for one in seen] == [LookupError]
    assert errors == []


def test_a_source_that_breaks_for_good_ends_it_after_it_was_told() -> None:
    source: Subject[int] = Subject()
    errors: list[Exception] = []
    seen: list[Any] = []
    source.pipe(isolate_errors(errors.append)).subscribe(seen.append, seen.append)
    error = LookupError("broken")
    source.on_error(error)
    assert (errors, seen) == ([error], [error])


def test_a_sink_that_raises_ends_it() -> None:
    source: Subject[str] = Subject()
    seen: list[Any] = []
    source.pipe(ops.map(strict), isolate_errors(_raise)).subscribe(seen.append, seen.append)
    source.on_next("b")
    assert [type(one) for one in seen] == [ZeroDivisionError]
    assert source.observers == []


def _raise(_: Exception) -> None:
    raise ZeroDivisionError


def test_disposed_by_its_sink() -> None:
    source: Subject[str] = Subject()
    subscription = source.pipe(ops.map(strict), isolate_errors(lambda _: subscription.dispose())).subscribe()
    source.on_next("b")
    assert source.observers == []


def test_two_subscribers() -> None:
    source: Subject[str] = Subject()
    errors: list[Exception] = []
    isolated = source.pipe(ops.map(strict), isolate_errors(errors.append))
    seen: list[str] = []
    first, _ = isolated.subscribe(seen.append), isolated.subscribe(seen.append)
    for value in "ba":
        source.on_next(value)
    first.dispose()
    source.on_next("c")
    assert (seen, len(errors)) == (["a", "a", "c"], 2)


async def test_on_the_stream_of_a_conversation() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await (await ada.create_conversation()).join()
        seen: list[int] = []
        errors: list[Exception] = []
        lunch.messages.added.pipe(ops.map(_number), isolate_errors(errors.append)).subscribe(seen.append)
        for body in ("1", "two", "3"):
            await lunch.send_message(body)
        assert (seen, len(errors)) == ([1, 3], 1)


def _number(message: Message[Conversation]) -> int:
    return int(message.body or "")


async def test_on_a_stream_the_first_that_fails_ends_the_chain_without_it() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await (await ada.create_conversation()).join()
        seen: list[Any] = []
        lunch.messages.added.pipe(ops.map(_number)).subscribe(seen.append, lambda _: seen.append("#"))
        for body in ("1", "two", "3"):
            await lunch.send_message(body)
        assert seen == [1, "#"]


@pytest.mark.parametrize("times", [1, 5000])
def test_many_failures_in_a_row_are_no_recursion(times: int) -> None:
    source: Subject[str] = Subject()
    errors: list[Exception] = []
    source.pipe(ops.map(strict), isolate_errors(errors.append)).subscribe()
    for _ in range(times):
        source.on_next("b")
    assert len(errors) == times
