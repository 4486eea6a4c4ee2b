"""Marbles play in virtual time, and tell what differs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import Disposable

from rxconvo.errors import ArgumentError
from rxconvo.testing import MarbleError, Marbles, no_unplayed, run
from rxconvo.testing.diagrams import Span


@pytest.fixture
async def marbles() -> Marbles:
    return Marbles()


async def test_what_is_expected_is_seen(marbles: Marbles) -> None:
    source = marbles.hot("a-b--c|")
    marbles.expect(source.pipe(ops.delay(1.5))).to_be("1.5s a-b--c|")
    await marbles.flush()


async def test_values_stand_for_names(marbles: Marbles) -> None:
    source = marbles.hot("a-b|", {"a": 1, "b": 2})
    marbles.expect(source.pipe(ops.map(str))).to_be("x-y|", {"x": "1", "y": "2"})
    await marbles.flush()


async def test_a_difference_is_told_on_two_lines(marbles: Marbles) -> None:
    source = marbles.hot("-a--b|", {"a": 1, "b": [2]})
    marbles.expect(source).to_be("-a-b-|", {"a": 1, "b": 2})
    with pytest.raises(MarbleError) as caught:
        await marbles.flush()
    assert str(caught.value) == ("\nexpected  -a-b-|\nseen      -a--1|\n             ^\n  1 is [2]\n  a is 1\n  b is 2")


async def test_true_is_not_one(marbles: Marbles) -> None:
    marbles.expect(marbles.cold("a|", {"a": True})).to_be("a|", {"a": 1})
    with pytest.raises(MarbleError, match="1 is True"):
        await marbles.flush()


@pytest.mark.parametrize("seen", ["-a", "-a-|", "--|", "-b|", "-(ab)|", "-a#"])
async def test_whatever_else_is_seen_is_told(marbles: Marbles, seen: str) -> None:
    marbles.expect(marbles.hot(seen)).to_be("-a|---")
    with pytest.raises(MarbleError):
        await marbles.flush()


async def test_what_is_not_seen_in_time_is_told(marbles: Marbles) -> None:
    marbles.expect(reactivex.never()).to_be("1h |")
    with pytest.raises(MarbleError, match=r"expected  - 3599s \|\nseen      - 3599s -"):
        await marbles.flush()


async def test_errors_are_compared_as_far_as_wanted() -> None:
    for expected in (None, LookupError, KeyError("x")):
        marbles = Marbles()
        marbles.expect(marbles.cold("-#", error=KeyError("x"))).to_be("-#", error=expected)
        await marbles.flush()
    for wrong in (ValueError, KeyError("y")):
        marbles = Marbles()
        marbles.expect(marbles.cold("-#", error=KeyError("x"))).to_be("-#", error=wrong)
        with pytest.raises(MarbleError, match="# is KeyError"):
            await marbles.flush()


async def test_a_cold_one_begins_for_each_observer(marbles: Marbles) -> None:
    source = marbles.cold("a-b|")
    marbles.expect(source).to_be("a-b|")
    marbles.expect(source, "--^").to_be("--a-b|")
    marbles.expect_spans(source, "^--!", "--^--!")
    await marbles.flush()


async def test_a_hot_one_goes_on_without_them(marbles: Marbles) -> None:
    source = marbles.hot("abcdef|")
    marbles.expect(source, "--^-!").to_be("--cd")
    marbles.expect_spans(source, "--^-!")
    await marbles.flush()
    assert source.spans == [Span(2.0, 4.0)]


async def test_a_span_that_is_not_so_is_told(marbles: Marbles) -> None:
    source = marbles.hot("a-b-|")
    marbles.expect(source.pipe(ops.take(1))).to_be("(a|)")
    marbles.expect_spans(source, "^--!")
    with pytest.raises(MarbleError, match=r"expected  \^--- 2s !\nseen      \(\^!\) 2s -"):
        await marbles.flush()


async def test_a_subscription_that_nobody_expects_is_told(marbles: Marbles) -> None:
    source = marbles.hot("a|")
    marbles.expect(source).to_be("a|")
    marbles.expect_spans(source)
    with pytest.raises(MarbleError, match="subscribed 1 times, expected 0"):
        await marbles.flush()


async def test_what_still_runs_is_disposed_in_the_end(marbles: Marbles) -> None:
    ended: list[str] = []
    marbles.expect(Observable(lambda *_: Disposable(lambda: ended.append("yes")))).to_be("---")
    await marbles.flush()
    assert ended == ["yes"]
    assert not marbles.pending


async def test_acts_are_done_and_awaited(marbles: Marbles) -> None:
    source: reactivex.Subject[str] = reactivex.Subject()

    async def later() -> None:
        await asyncio.sleep(2.0)
        source.on_next("l")

    marbles.act("-n 1h l", n=lambda: source.on_next("n"), l=later)
    marbles.expect(source).to_be("-n 1h -- l")
    await marbles.flush()


async def test_what_an_act_raises_is_raised(marbles: Marbles) -> None:
    async def fail() -> None:
        raise LookupError("no")

    marbles.act("-f-", f=fail)
    with pytest.raises(LookupError, match="no"):
        await marbles.flush()


async def test_an_act_without_a_meaning_is_refused(marbles: Marbles) -> None:
    with pytest.raises(KeyError):
        marbles.act("-x-")
    assert not marbles.pending


async def test_an_act_that_is_in_no_diagram_is_refused(marbles: Marbles) -> None:
    with pytest.raises(ArgumentError, match="acts must be those of the diagram '-x-', not 'y'"):
        marbles.act("-x-", x=print, y=print)


async def test_an_act_that_cannot_be_called_is_refused_at_once(marbles: Marbles) -> None:
    with pytest.raises(ArgumentError, match="x must be a callable, as `ada"):
        marbles.act("-x-", x=reactivex.never())  # type: ignore[arg-type]


@pytest.mark.parametrize("tick", [0, -1, "x", None, float("nan"), True])
async def test_a_tick_takes_time(tick: Any) -> None:
    with pytest.raises(ArgumentError, match="tick must be more than 0 seconds"):
        Marbles(tick=tick)


async def test_what_is_dropped_is_not_played(marbles: Marbles) -> None:
    marbles.act("-x", x=lambda: 1 / 0)
    expectation = marbles.expect(marbles.hot("a|"))
    marbles.drop()
    await marbles.flush()
    assert expectation.seen == []
    with pytest.raises(MarbleError):
        expectation.to_be("a|")


UNPLAYED: dict[str, Callable[[Marbles], object]] = {
    "hot('-a-')": lambda marbles: marbles.hot("-a-"),
    "act('-a')": lambda marbles: marbles.act("-a", a=print),
    "expect()": lambda marbles: marbles.expect(reactivex.never()).to_be("-"),
    "expect('-^')": lambda marbles: marbles.expect(reactivex.never(), "-^"),
    "expect_spans('^-!', '^')": lambda marbles: marbles.expect_spans(marbles.cold("a"), "^-!", "^"),
}


@pytest.mark.parametrize("said", UNPLAYED)
async def test_what_is_never_played_is_told(said: str) -> None:
    with pytest.raises(MarbleError) as caught, no_unplayed():
        marbles = Marbles()
        UNPLAYED[said](marbles)
    assert str(caught.value) == f"never played, as `flush` was not awaited: {said}"
    marbles.drop()


async def test_what_is_played_or_dropped_is_settled() -> None:
    with no_unplayed():
        marbles = Marbles()
        marbles.expect(marbles.hot("a|")).to_be("a|")
        await marbles.flush()
        marbles.hot("a")
        marbles.drop()


async def test_an_expectation_that_came_to_nothing_is_told() -> None:
    with pytest.raises(MarbleError, match="an `expect` to which nothing was said"), no_unplayed():
        marbles = Marbles()
        marbles.expect(marbles.hot("a|"))
        await marbles.flush()
    with no_unplayed():
        marbles = Marbles()
        expectation = marbles.expect(marbles.hot("a|"))
        await marbles.flush()
        assert expectation.seen


async def test_a_failure_of_the_block_itself_counts() -> None:
    with pytest.raises(LookupError), no_unplayed():
        Marbles().hot("a")
        raise LookupError


def test_run_tells_it_as_well() -> None:
    async def scenario() -> None:
        marbles = Marbles()
        marbles.expect(marbles.hot("-a|")).to_be("--b")

    with pytest.raises(MarbleError, match="never played"):
        run(scenario)


async def test_until_ends_it(marbles: Marbles) -> None:
    expectation = marbles.expect(marbles.hot("abcd|"))
    await marbles.flush(until=1.5)
    assert [value for _, _, value in expectation.seen] == ["a", "b"]


async def test_no_thread_and_no_time_pass(marbles: Marbles) -> None:
    loop = asyncio.get_running_loop()
    marbles.expect(marbles.hot("a 1d b|").pipe(ops.debounce(3600.0))).to_be("1h a 23h 1s (b|)")
    await marbles.flush()
    assert loop.time() < 2 * 86400
