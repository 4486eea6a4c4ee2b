"""That operators and their peers are measured at the same work."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import chain

import pytest
from reactivex import operators as ops

from benchmarks import javascript
from benchmarks.duel import Duel, Side, Sink, contender, piped, play, weigh
from benchmarks.duels_input import events, size_of
from benchmarks.harness import Scale
from benchmarks.operators import WITHOUT_RXJS, duels
from rxconvo import operators

TINY = list(duels(size_of(Scale.TINY)))
RXJS_MISSING = javascript.why_not()


def name_of(duel: Duel) -> str:
    return duel.ours.name


def test_every_operator_has_a_duel() -> None:
    assert {name_of(duel).partition(",")[0] for duel in TINY} == set(operators.__all__)


def test_what_has_no_peer_in_rxjs_has_a_reason() -> None:
    assert {name_of(duel) for duel in TINY if duel.rxjs is None} == WITHOUT_RXJS.keys()


async def seconds_of(duel: Duel) -> float:
    return await contender(duel, duel.ours)()


@pytest.mark.parametrize("duel", TINY, ids=name_of)
def test_each_side_comes_to_what_is_expected(duel: Duel) -> None:
    assert play(duel, duel.ours)[1] == duel.expected
    _, made = play(duel, duel.theirs)
    assert made == duel.expected if duel.flaw is None else duel.flaw(made)


@pytest.mark.parametrize("duel", [duel for duel in TINY if duel.weighed], ids=name_of)
def test_what_is_kept_of_keys_is_weighed(duel: Duel) -> None:
    assert weigh(duel, duel.ours) > 0
    assert weigh(duel, duel.theirs) > 0


def test_a_wrong_result_is_no_measurement() -> None:
    def numbers(sink: Sink) -> list[int]:
        return list(sink.kept)

    ours = Side("skip", piped(lambda: ops.skip(1)), numbers)
    duel = Duel(ours=ours, theirs=ours, bursts=[[1, 2], [3]], expected=[1, 2, 3])
    with pytest.raises(AssertionError, match=r"skip: \[2, 3\] instead of \[1, 2, 3\]"):
        asyncio.run(seconds_of(duel))
    assert asyncio.run(seconds_of(replace(duel, expected=[2, 3]))) > 0


def test_what_loses_something_is_told_of() -> None:
    told = {duel.ours.name: duel.flaw(play(duel, duel.theirs)[1]) for duel in duels(size_of(Scale.QUICK)) if duel.flaw}
    assert told.keys() == {"conflate, diffs", "catch_up"}
    assert not any(flaw.startswith("0") for flaw in told.values()), told


@pytest.mark.e2e
@pytest.mark.node
@pytest.mark.skipif(RXJS_MISSING is not None, reason=f"RxJS: {RXJS_MISSING}")
def test_rxjs_comes_to_the_same() -> None:
    size = size_of(Scale.TINY)
    given = {"bursts": [[event.key for event in burst] for burst in events(size)], "keys": size.keys}

    async def ask() -> dict[str, object]:
        async with javascript.javascript("operators.mjs", given) as rxjs:
            return {name_of(duel): (await rxjs.ask(name_of(duel)))["result"] for duel in TINY if duel.rxjs}

    assert asyncio.run(ask()) == {name_of(duel): duel.expected for duel in TINY if duel.rxjs}


def test_where_node_or_the_package_is_missing_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert javascript.why_not() == "node is not installed"


def test_the_input_is_always_the_same() -> None:
    size = size_of(Scale.TINY)
    assert events(size) == events(size)
    assert [event.number for event in chain.from_iterable(events(size))] == list(range(size.values))
