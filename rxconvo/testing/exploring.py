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

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias, cast

from rxconvo.errors import ArgumentError, RxconvoError
from rxconvo.testing.faults import Fault, FaultPlan
from rxconvo.testing.playing import LineError
from rxconvo.testing.world import run

__all__ = ["FaultError", "Scenario", "explore", "outcome", "shrink"]

Scenario: TypeAlias = Callable[[FaultPlan], Coroutine[Any, Any, Sequence[object]]]
"""A coroutine function that plays a plan and returns a list of what is wrong then: empty, or each `Violation`."""

_ATTEMPTS = 300


class FaultError(RxconvoError, AssertionError):
    """A fault plan breaks something. `__cause__` is the exception that ended the scenario, if one did.

    Attributes:
        plan: The plan as it was drawn.
        shrunk: The smallest one that was found to break something as well.
        found: What it breaks.
    """

    def __init__(self, plan: FaultPlan, shrunk: FaultPlan, found: Sequence[object]) -> None:
        self.plan = plan
        self.shrunk = shrunk
        self.found = list(found)
        self.__cause__ = next((each for each in self.found if isinstance(each, BaseException)), None)
        seed = "a plan" if plan.seed is None else f"seed {plan.seed}"
        broken = "".join(f"\n  {repr(each) if isinstance(each, BaseException) else each}" for each in self.found)
        if shrunk.faults:
            fewer = f"{len(plan.faults)} faults, of which these are enough (FaultPlan.seeded makes all of them again)"
        else:
            fewer = "it fails without any fault: the scenario itself is wrong, or what it plays"
        super().__init__(f"{seed} breaks it:{broken}\n{fewer}:\n{shrunk}")


def explore(scenario: Scenario, seeds: Iterable[int], *, make: Callable[[int], FaultPlan] = FaultPlan.seeded) -> int:
    """Play the plans of some seeds, each on a virtual loop of its own.

    Args:
        scenario: What is played against them: a coroutine function, called for each plan.
        seeds: Which; to replay one, it alone.
        make: Makes the plan of a seed.

    Returns:
        How many were played.

    Raises:
        FaultError: One breaks something, or does not come to an end.
        ArgumentError: The scenario is no coroutine function, does not return a list, or has no line that a plan names.
        RuntimeError: A loop is running: that is for a plain `def`.
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
        What is wrong then; an exception that ends the scenario is, too.

    Raises:
        ArgumentError: As for `explore`.
        RuntimeError: Likewise.
    """
    if _is_loop_running():
        raise RuntimeError("each plan is played on a loop of its own, so not within another: use a plain `def test_…`")
    playing: object = scenario(plan)  # which only makes the coroutine
    if not inspect.iscoroutine(playing):
        raise ArgumentError("scenario", "a coroutine function, `async def`", scenario)
    try:
        found: object = run(lambda: playing)
    except LineError:
        raise  # nothing that went wrong
    except Exception as error:  # noqa: BLE001 - whatever it is, that is what the plan has led to
        return [error]
    if not isinstance(found, list | tuple):
        raise ArgumentError("scenario", "what returns a list of what is wrong, an empty one where nothing is", found)
    return cast("Sequence[object]", found)


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


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


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
