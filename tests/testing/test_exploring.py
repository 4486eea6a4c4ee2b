"""Plans are drawn, replayed and made small, and what they break is told."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from rxconvo.errors import ArgumentError
from rxconvo.testing import (
    Cut,
    Delay,
    Duplicate,
    Expire,
    FaultError,
    FaultPlan,
    HalfOpen,
    Hold,
    Jump,
    Restart,
    Slice,
    World,
    advance,
    explore,
    outcome,
    persist,
    play,
    shrink,
)


def test_the_same_seed_is_the_same_plan() -> None:
    plans = [FaultPlan.seeded(seed) for seed in range(300)]
    assert plans == [FaultPlan.seeded(seed) for seed in range(300)]
    assert len(set(plans)) == 300
    kinds = {type(fault) for plan in plans for fault in plan.faults}
    assert kinds == {Cut, HalfOpen, Delay, Slice, Duplicate, Hold, Restart, Expire, Jump}
    assert {len(plan.faults) for plan in plans} == {1, 2, 3, 4, 5}


def test_a_plan_is_printed_as_the_code_that_makes_it() -> None:
    for seed in range(50):
        plan = FaultPlan.seeded(seed)
        assert eval(str(plan)).faults == plan.faults  # noqa: S307 - our own
    assert eval(str(FaultPlan())) == FaultPlan()  # noqa: S307


def test_a_plan_is_made_as_small_as_it_can_be() -> None:
    plan = FaultPlan((Delay("ada"), Cut("bob", 4711, "up", at=3.21, down=2.0), Jump(-100.0), Cut("ada", 12)), seed=3)

    def fails(candidate: FaultPlan) -> bool:
        return any(isinstance(fault, Cut) and fault.line == "bob" and fault.after > 100 for fault in candidate.faults)

    assert shrink(plan, fails) == FaultPlan((Cut("bob", 147, "up"),), seed=3)


def test_shrinking_ends() -> None:
    plan = FaultPlan.seeded(4)
    assert shrink(plan, lambda _: True) == FaultPlan((), seed=4)
    assert shrink(plan, lambda _: False) == plan


async def breaks_at_a_cut(plan: FaultPlan) -> list[str]:
    return ["broken"] if any(isinstance(fault, Cut) for fault in plan.faults) else []


async def raises(_: FaultPlan) -> list[str]:
    raise LookupError("oops")


def test_what_breaks_is_told_with_seed_and_plan() -> None:
    seed = next(seed for seed in range(99) if any(isinstance(fault, Cut) for fault in FaultPlan.seeded(seed).faults))
    with pytest.raises(FaultError) as caught:
        explore(breaks_at_a_cut, range(99))
    error = caught.value
    assert (error.plan, error.found) == (FaultPlan.seeded(seed), ["broken"])
    assert len(error.shrunk.faults) == 1
    assert str(error).startswith(f"seed {seed} breaks it:\n  broken\n")
    assert str(error).endswith(str(error.shrunk))


def test_what_breaks_nothing_is_counted() -> None:
    assert explore(breaks_at_a_cut, range(5), make=lambda seed: FaultPlan((Jump(1.0),), seed)) == 5


def test_an_exception_is_an_outcome() -> None:
    (error,) = outcome(raises, FaultPlan())
    assert isinstance(error, LookupError)


def test_an_exception_is_the_cause_and_needs_no_fault() -> None:
    with pytest.raises(FaultError) as caught:
        explore(raises, [7])
    assert isinstance(caught.value.__cause__, LookupError)
    assert str(caught.value) == (
        "seed 7 breaks it:\n  LookupError('oops')\n"
        "it fails without any fault: the scenario itself is wrong, or what it plays:\nFaultPlan()"
    )


async def returns_true(_: FaultPlan) -> Any:
    return True


async def returns_text(_: FaultPlan) -> Any:
    return "oops"


async def returns_nothing(_: FaultPlan) -> Any:
    return None


def is_synchronous(_: FaultPlan) -> Any:
    return []


@pytest.mark.parametrize("scenario", [returns_true, returns_text, returns_nothing, is_synchronous])
def test_what_is_no_scenario_is_no_finding(scenario: Any) -> None:
    with pytest.raises(ArgumentError, match="scenario must be"):
        explore(scenario, range(3))


async def only_carol(plan: FaultPlan) -> list[str]:
    async with World() as world:
        await world.client("carol")
        async with play(plan, world):
            pass
    return []


def test_a_plan_for_other_lines_is_no_finding() -> None:
    with pytest.raises(ArgumentError, match=r"line must be one of this world \('carol'\), not "):
        explore(only_carol, range(3))


async def test_exploring_is_not_for_within_a_loop() -> None:
    with pytest.raises(RuntimeError, match="use a plain `def test_"):
        explore(breaks_at_a_cut, range(3))


SIDEWAYS: Any = "sideways"
ANYTHING: Any = 3
NO_TUPLE: Any = Cut("ada")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Cut("ada", way=SIDEWAYS),
        lambda: Cut("ada", after=-1),
        lambda: Cut("ada", at=float("nan")),
        lambda: Cut(ANYTHING),
        lambda: HalfOpen(""),
        lambda: Delay("ada", by=-1.0),
        lambda: Slice("ada", size=0),
        lambda: Duplicate("ada", frame=-1),
        lambda: Hold("ada", lasting=-1.0),
        lambda: Restart(down=-1.0),
        lambda: Expire(at=-1.0),
        lambda: Jump(float("inf")),
        lambda: Jump(1.0, at=-1.0),
        lambda: FaultPlan(NO_TUPLE),
        lambda: FaultPlan((ANYTHING,)),
        lambda: FaultPlan.seeded(1, most=0),
        lambda: FaultPlan.seeded(1, lines=()),
        lambda: FaultPlan.seeded(1, lines="ada"),
        lambda: FaultPlan.seeded(1, within=-1.0),
        lambda: FaultPlan.seeded(1, size=0),
    ],
)
def test_faults_that_make_no_sense_are_refused(make: Any) -> None:
    with pytest.raises(ArgumentError):
        make()


ALL = (
    Cut("bob", 10, "down", at=1.0, down=1.0),
    HalfOpen("bob", "up", at=3.0, lasting=1.0),
    Delay("bob", "down", at=5.0, lasting=1.0, by=0.5),
    Slice("bob", "up", at=7.0, lasting=1.0),
    Duplicate("bob", "down", 1, at=9.0),
    Hold("bob", "up", 0, at=10.0, lasting=1.0),
    Restart(at=12.0, down=1.0),
    Expire(at=14.0),
    Jump(by=-60.0, at=15.0),
)


async def test_every_fault_befalls_and_is_over() -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        async with play(FaultPlan(ALL), world):
            for second in range(20):
                await advance(1.0)
                await persist(his.send_typing())
                assert await persist(mine.send_message(f"{second}")) == second
        assert world.skew.total_seconds() == 3600 - 60
        connections = world.lines["bob"].connections
        await his.send_message("at last")
        assert world.lines["bob"].connections == connections >= 4


async def test_a_fault_on_no_line_is_an_error() -> None:
    async with World() as world:
        await world.client("ada")
        with pytest.raises(ArgumentError, match=r"line must be one of this world \('ada'\), not 'eve'"):
            async with play(FaultPlan((Cut("eve"),)), world):
                pass


def test_every_field_says_what_it_is() -> None:
    for fault in ALL:
        for field in fields(fault):
            assert f"{field.name}: " in (type(fault).__doc__ or "")
