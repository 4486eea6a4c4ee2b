"""Tries fault plans until one breaks something, and makes that one small.

Example:
    from rxconvo.testing import FaultPlan, World, explore, play

    async def session(plan: FaultPlan) -> list[str]:
        async with World() as world:
            ada, bob = await world.clients("ada", "bob")
            lunch = await world.conversation(ada, bob)
            async with play(plan, world):
                index = await lunch.send_message("hello").retry(99)
            return [] if index == 0 else [f"sent as {index}"]

    def test_whatever_happens_it_is_sent_once() -> None:
        explore(session, range(1_000))  # raises a FaultError where something is wrong
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias

from rxconvo.errors import RxconvoError
from rxconvo.testing.faults import Fault, FaultPlan
from rxconvo.testing.world import run

__all__ = ["FaultError", "Scenario", "explore", "outcome", "shrink"]

Scenario: TypeAlias = Callable[[FaultPlan], Coroutine[Any, Any, Sequence[object]]]
"""Plays a plan and returns what is wrong then: nothing, or for example each `Violation`."""

_ATTEMPTS = 300


class FaultError(RxconvoError, AssertionError):
    """A fault plan breaks something.

    Attributes:
        plan: The plan as it was drawn.
        shrunk: The smallest one that was found to break something as well.
        found: What it breaks.
    """

    def __init__(self, plan: FaultPlan, shrunk: FaultPlan, found: Sequence[object]) -> None:
        self.plan = plan
        self.shrunk = shrunk
        self.found = list(found)
        seed = "a plan" if plan.seed is None else f"seed {plan.seed}"
        broken = "".join(f"\n  {each}" for each in self.found)
        fewer = f"{len(plan.faults)} faults, of which these are enough (FaultPlan.seeded makes all of them again)"
        super().__init__(f"{seed} breaks it:{broken}\n{fewer}:\n{shrunk}")


def explore(scenario: Scenario, seeds: Iterable[int], *, make: Callable[[int], FaultPlan] = FaultPlan.seeded) -> int:
    """Play the plans of some seeds, each on a virtual loop of its own.

    Args:
        scenario: What is played against them.
        seeds: Which; to replay one, it alone.
        make: Makes the plan of a seed.

    Returns:
        How many were played.

    Raises:
        FaultError: One breaks something, or does not come to an end.
    """
    played = 0
    for seed in seeds:
        plan = make(seed)
        if outcome(scenario, plan):
            shrunk = shrink(plan, lambda smaller: bool(outcome(scenario, smaller)))
            raise FaultError(plan, shrunk, outcome(scenario, shrunk))
        played += 1
    return played


def outcome(scenario: Scenario, plan: FaultPlan) -> Sequence[object]:
    """Play a plan on a virtual loop of its own.

    Args:
        scenario: What is played against it.
        plan: The plan.

    Returns:
        What is wrong then; an exception that ends the scenario is.
    """
    try:
        return run(lambda: scenario(plan))
    except Exception as error:  # noqa: BLE001 - whatever it is, that is what the plan has led to
        return [repr(error)]


def shrink(plan: FaultPlan, fails: Callable[[FaultPlan], bool]) -> FaultPlan:
    """Make a plan that breaks something as small as it can be: fewer faults, then smaller figures.

    Args:
        plan: A plan that breaks something.
        fails: Tells whether another one does as well.

    Returns:
        A plan that breaks something, and of whose neighbours none does. After 300 attempts it is what has been found.
    """
    attempts = _ATTEMPTS
    smaller = _smaller(plan)
    while attempts and (candidate := next(smaller, None)) is not None:
        attempts -= 1
        if fails(candidate):
            plan, smaller = candidate, _smaller(candidate)
    return plan


def _smaller(plan: FaultPlan) -> Iterator[FaultPlan]:
    """Yield the plans next to one that are simpler, the simplest first."""
    faults = plan.faults
    for position in range(len(faults)):
        yield replace(plan, faults=faults[:position] + faults[position + 1 :])
    for position, fault in enumerate(faults):
        for simpler in _simpler(fault):
            yield replace(plan, faults=(*faults[:position], simpler, *faults[position + 1 :]))


def _simpler(fault: Fault) -> Iterator[Fault]:
    """Yield faults like one with a smaller figure."""
    for name in (each.name for each in fields(fault)):
        value = getattr(fault, name)
        if isinstance(value, str) or not value:
            continue
        for less in (0, int(value / 2), round(value)):
            if abs(less) < abs(value) and not (name == "size" and less == 0):
                yield replace(fault, **{name: type(value)(less)})
