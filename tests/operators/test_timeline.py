"""A window on a list: a snapshot, and then only what changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.subject import Subject

from rxconvo import Service
from rxconvo.errors import ArgumentError
from rxconvo.model import (
    Append,
    CaughtUp,
    DiffBatch,
    Discontinuity,
    Home,
    Insert,
    Message,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    MessageUpdated,
    Remove,
    Reset,
    Set,
    Topic,
)
from rxconvo.model.diffs import apply
from rxconvo.operators import apply_diffs, collect_list, timeline
from rxconvo.testing import advance
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

GAP = Discontinuity(Topic.MESSAGES, "CH1", "the service was restored")


def message(index: int, body: str = "") -> Message:
    return Message(sid=f"IM{index}", index=index, body=body)


def batch(*diffs: Any) -> DiffBatch[Message]:
    return DiffBatch(diffs)


A, B, B2, D = message(0), message(1), message(1, "changed"), message(3)
VALUES: dict[str, Any] = {
    "a": MessageAdded(A),
    "b": MessageAdded(B),
    "d": MessageAdded(D),
    "u": CaughtUp(),
    "g": GAP,
    "B": MessageUpdated(B, B2),
    "A": MessageUpdated(A, message(0, "late")),
    "R": Reset((A,)),
    "r": MessageRemoved(A, 0, Home()),
    "s": MessageRemoved(B, 1, Home()),
    "1": batch(Reset((A, B))),
    "2": batch(Remove(0), Append((D,))),
    "3": batch(Set(0, B2)),
    "4": batch(Reset(())),
    "5": batch(Append((A,))),
    "6": batch(Reset((A,))),
    "7": batch(Append((B,))),
    "8": batch(Insert(0, A)),
    "9": batch(Reset((B,))),
}


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(VALUES), timeline(2), diagrams(timeline))


@pytest.mark.parametrize(
    "messages,expected",
    [
        pytest.param("-u-a-#", "-4-5-#", id="it may be empty"),
        pytest.param("-ab-d-|", "------|", id="nothing before it is known"),
        pytest.param("-R-b-u-", "-6-7---", id="known all at once"),
        pytest.param("-bu-a-a-", "--9-8---", id="no batch without an effect"),
        pytest.param("-au-g-b-u-", "--6-----9-", id="begins anew"),
    ],
)
def test_other_ones(make_marbles: type[Marbles], messages: str, expected: str) -> None:
    marbles = make_marbles(VALUES)
    assert marbles.play(timeline(2), messages) == marbles.expect(expected)


def test_order() -> None:
    events: list[Any] = [
        Reset((message(0, "b"), message(1, "c"))),
        MessageAdded(message(2, "a")),
        MessageAdded(message(3, "d")),
    ]
    lists: list[str] = []

    def show(all_: tuple[Any, ...]) -> None:
        lists.append("".join(each.body for each in all_))

    newest = reactivex.from_(events).pipe(timeline(3, order=lambda each: each.body), apply_diffs())
    newest.subscribe(show)
    assert lists == ["bc", "abc", "bcd"]


def test_a_bad_limit() -> None:
    with pytest.raises(ArgumentError, match="limit must be an integer, 1 or more"):
        timeline(0)


EVENTS = st.lists(st.tuples(st.sampled_from("aaurgR"), st.integers(0, 7), st.sampled_from("xyz")), max_size=30)


@given(EVENTS, st.integers(1, 5), st.booleans())
def test_applied_it_is_the_list(events: list[tuple[str, int, str]], limit: int, sort: bool) -> None:
    order = (lambda each: (each.body, each.index)) if sort else None
    source: Subject[MessageEvent | Reset[Message] | CaughtUp] = Subject()
    batches: list[DiffBatch[Message]] = []
    lists: list[tuple[Message, ...]] = [()]
    source.pipe(timeline(limit, order=order)).subscribe(batches.append)
    source.pipe(collect_list(limit=limit, order=order)).subscribe(lists.append)
    source.on_next(CaughtUp())
    values: tuple[Message, ...] = ()
    for kind, index, body in events:
        seen = len(batches)
        match kind:
            case "a":
                source.on_next(MessageAdded(message(index, body)))
            case "u":
                source.on_next(MessageUpdated(None, message(index, body)))
            case "r":
                source.on_next(MessageRemoved(None, index, Home()))
            case "g":
                source.on_next(GAP)
                source.on_next(CaughtUp())
            case _:
                source.on_next(Reset(tuple(message(each, body) for each in range(index))))
        before = values
        for each in batches[seen:]:
            values = apply(values, each)
            assert len(values) <= limit
        assert values == lists[-1]
        if kind in "aur":
            assert len(batches) - seen == (values != before)
            assert all(len(each.diffs) <= 2 for each in batches[seen:])
    assert isinstance(batches[0].diffs[0], Reset)


def test_a_stream_without_history() -> None:
    source: Subject[MessageEvent | Reset[Message]] = Subject()
    batches: list[DiffBatch[Message]] = []
    source.pipe(ops.start_with(Reset(())), timeline(2)).subscribe(batches.append)
    source.on_next(MessageAdded(A))
    assert batches == [batch(Reset(())), batch(Append((A,)))]


async def test_that_of_a_conversation() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await (await ada.create_conversation()).join()
        for body in "abcd":
            await lunch.send_message(body)
        batches: list[DiffBatch[Message]] = []
        lists: list[str] = []
        newest = lunch.timeline(3)
        newest.subscribe(batches.append)
        newest.pipe(apply_diffs()).subscribe(lambda all_: lists.append("".join(each.body or "" for each in all_)))
        await advance(1.0)
        await lunch.send_message("e")
        page = await lunch.get_messages()
        await page.items[3].update_body("x")
        await page.items[0].update_body("y")
        await page.items[2].remove()
        assert [tuple(type(diff).__name__ for diff in each.diffs) for each in batches] == [
            ("Reset",),
            ("Remove", "Append"),
            ("Set",),
            ("Remove",),
        ]
        assert lists == ["bcd", "cde", "cxe", "xe"]
        with pytest.raises(ArgumentError, match="limit"):
            lunch.timeline(0)
