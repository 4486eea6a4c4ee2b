"""That each measurement still measures; how fast anything is depends on the machine and is nothing to be tested."""

from __future__ import annotations

import asyncio
from math import isfinite

import pytest

from benchmarks.__main__ import MEASUREMENTS
from benchmarks.budgets import BUDGETS
from benchmarks.harness import Budget, Row, Scale, Timings, Unit, race
from benchmarks.table import table


@pytest.mark.e2e
@pytest.mark.parametrize("name", list(MEASUREMENTS))
def test_every_measurement_measures_and_checks_its_own_work(name: str) -> None:
    rows = asyncio.run(MEASUREMENTS[name](Scale.TINY))
    assert rows
    assert all(isfinite(figure) and figure > 0 for row in rows for figure in (row.ours, row.theirs, row.ratio))


def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []

    async def ours() -> float:
        turns.append("ours")
        return 100.0 if len(turns) <= 2 else 6.0

    async def theirs() -> float:
        turns.append("theirs")
        return 3.0

    timings = asyncio.run(race(2, {"ours": ours, "theirs": theirs}))
    assert turns == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert timings.rounds == {"ours": [6.0, 6.0], "theirs": [3.0, 3.0]}


def test_the_ratio_is_the_median_over_the_rounds_and_not_the_ratio_of_medians() -> None:
    row = Timings({"ours": [1.0, 10.0, 100.0], "theirs": [1.0, 1.0, 1000.0]}).row("it", "ours", "theirs")
    assert (row.ours, row.theirs, row.ratio) == (10.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "budget,ours,ratio,met",
    [
        (Budget(2.0), 9.0, 2.0, True),
        (Budget(2.0), 9.0, 2.1, False),
        (Budget(2.0, least=True), 9.0, 1.9, False),
        (Budget(8.0, Unit.BYTES), 9.0, 1.0, False),
        (Budget(9.0, Unit.BYTES), 9.0, 99.0, True),
        (None, 9.0, 1.0, None),
    ],
)
def test_a_budget_bounds_the_ratio_or_our_own_figure(
    budget: Budget | None, ours: float, ratio: float, met: bool | None
) -> None:
    row = Row(what="it", ours=ours, peer="that", theirs=1.0, ratio=ratio, budget=budget)
    assert row.met is met


@pytest.mark.parametrize(
    "unit,value,text",
    [
        (Unit.SECONDS, 2.5e-6, "2.50 us"),
        (Unit.SECONDS, 0.125, "125 ms"),
        (Unit.BYTES, 1536.0, "1.50 KB"),
        (Unit.PER_SECOND, 12345.6, "12,346/s"),
        (Unit.TIMES, 0.1, "0.10x"),
    ],
)
def test_figures_are_written_with_the_prefix_that_suits_them(unit: Unit, value: float, text: str) -> None:
    assert unit.write(value) == text


def test_the_table_shows_what_was_missed() -> None:
    row = Row(what="it", ours=3e-6, peer="that", theirs=1e-6, ratio=3.0, budget=BUDGETS["frame"])
    head, _, line = table([row]).splitlines()
    assert head.split() == ["measured", "ours", "against", "theirs", "ratio", "budget"]
    assert line.split() == ["it", "3.00", "us", "that", "1.00", "us", "3.00x", "<=", "1.60x", "MISSED"]
