"""A performance from beginning to end: what it is given, what it tells, and that it is honest."""

from __future__ import annotations

import math
import sys

import msgspec
import pytest

from rxconvo.demo.audit import Verdict
from rxconvo.demo.board import Board
from rxconvo.demo.corpus import Corpus
from rxconvo.demo.run import Outcome, Performance, perform, perform_live
from rxconvo.errors import ArgumentError, MissingExtraError

GOOD = Verdict(sent=10, expected=20, observed=20, missing=0, repeated=0, unexpected=0, disordered=0)
OUTCOME = Outcome(
    performance=Performance(seconds=60.0, speed=5.0),
    windows=7,
    conversations=4,
    people=6,
    most=5,
    done={"Send": 10, "Typing": 31, "Read": 8, "Edit": 2},
    behind=0.1234,
    verdict=GOOD,
)


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_bad_arguments(value: float) -> None:
    with pytest.raises(ArgumentError, match="seconds"):
        Performance(seconds=value)
    with pytest.raises(ArgumentError, match="speed"):
        Performance(speed=value)


def test_the_summary_tells_what_was_played() -> None:
    lines = OUTCOME.summary().splitlines()
    assert lines == [
        "4 conversations of 6 people, 5 of them online at once, a websocket each",
        "7 stretches of 300 s of real chat side by side, 5 times as fast",
        "10 messages; derived: 31 typing signals, 8 reads, 2 edits, 0 removals",
        "on time: no message was sent more than 0.12 s late",
        "20 of 20 observations: each once, in order, by everybody who was there",
    ]


def test_the_summary_admits_that_it_was_late() -> None:
    late = msgspec.structs.replace(OUTCOME, behind=7.26)
    assert (
        "behind time: messages were up to 7.3 s late; this machine needs a lower speed, such as --speed 2.5"
        in late.summary()
    )
    assert "on time" not in late.summary()


@pytest.mark.parametrize("fault", ["missing", "repeated", "unexpected", "disordered"])
def test_the_summary_admits_what_went_wrong(fault: str) -> None:
    verdict = msgspec.structs.replace(GOOD, **{fault: 3})
    summary = msgspec.structs.replace(OUTCOME, verdict=verdict).summary()
    assert not verdict.passed
    assert "each once" not in summary
    assert f"3 {fault if fault != 'disordered' else 'observers out of order'}" in summary


async def test_the_live_view_names_what_it_lacks(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.live", None)
    with pytest.raises(MissingExtraError, match=r"rxconvo\[demo\]"):
        await perform_live(corpus, Performance())


@pytest.mark.e2e
@pytest.mark.real_time
async def test_a_short_performance_over_real_sockets(corpus: Corpus) -> None:
    drawings: list[tuple[float | None, int]] = []

    def draw(board: Board, elapsed: float | None) -> None:
        drawings.append((elapsed, len(board.online)))

    performance = Performance(seconds=0.6, speed=100.0, people=12)
    outcome = await perform(corpus, performance, draw=draw)
    assert outcome.verdict.passed
    assert outcome.verdict.sent == outcome.done["Send"] > 0
    assert outcome.verdict.observed == outcome.verdict.expected > outcome.verdict.sent
    assert 2 <= outcome.most <= 12
    assert outcome.windows > 1
    assert any(elapsed is not None and online > 0 for elapsed, online in drawings)
