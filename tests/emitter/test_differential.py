"""Scripts by chance, run under Node's own `events` and under our emitter: the traces are the same."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from rxconvo.emitter import EventEmitter, EventName, Listener, OnceListener
from tests.emitter.scripts import Script, Trace, by_kind, random_calls, random_steps, run_calls, run_steps

pytestmark = pytest.mark.node

SEED = 20
CALLS = 1500
STEPS = 500
MUTANTS = 300  # so many of them find any mutant

Traces = list[tuple[Script, Trace]]


@pytest.fixture(scope="module")
def under_node() -> dict[str, Traces]:
    """Run all scripts under Node, in one process. Return them with their traces, by kind."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node to compare with")
    chance = random.Random(SEED)
    scripts = {
        "calls": [random_calls(chance) for _ in range(CALLS)],
        "steps": [random_steps(chance) for _ in range(STEPS)],
    }
    result = subprocess.run(  # noqa: S603 - our own program
        [node, str(Path(__file__).with_name("node.mjs"))],
        input=json.dumps(scripts),
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=120,
    )
    traces = json.loads(result.stdout)
    return {kind: list(zip(scripts[kind], traces[kind], strict=True)) for kind in scripts}


def first_difference(theirs: Trace, ours: Trace) -> tuple[int, Any, Any] | None:
    """Return where two traces part; None if they do not.

    Where Node trips over a gap that `remove_all_listeners` has found in its list, its trace ends.
    """
    if theirs[-1] == ["gap"]:
        theirs = theirs[:-1]
        ours = ours[: len(theirs)]
    end = ["end"]
    for index in range(max(len(theirs), len(ours))):
        their, our = [*theirs, end][index], [*ours, end][index]
        if their != our:
            return index, their, our
    return None


def explained(script: Script, difference: tuple[int, Any, Any]) -> str:
    index, theirs, ours = difference
    return f"{json.dumps(script)}\nentry {index}: {theirs} under Node, {ours} under ours"


def differences(traces: Traces, make: Callable[[], EventEmitter] = EventEmitter) -> list[str]:
    """Run scripts of calls under our emitter. Return where that differs from Node, the shortest script first."""
    pairs = [(script, first_difference(theirs, run_calls(script, make))) for script, theirs in traces]
    return sorted((explained(script, found) for script, found in pairs if found), key=len)


async def differences_in_time(traces: Traces, make: Callable[..., EventEmitter] = EventEmitter) -> list[str]:
    """Do as `differences` with scripts of what takes time."""
    pairs = [
        (script, first_difference(by_kind(theirs), by_kind(await run_steps(script, make)))) for script, theirs in traces
    ]
    return sorted((explained(script, found) for script, found in pairs if found), key=len)


def test_calls_do_what_they_do_under_node(under_node: dict[str, Traces]) -> None:
    assert not (found := differences(under_node["calls"])), f"{len(found)} scripts differ, as {found[0]}"


async def test_waiting_and_coroutines_do_what_they_do_under_node(under_node: dict[str, Traces]) -> None:
    assert not (found := await differences_in_time(under_node["steps"])), f"{len(found)} scripts differ, as {found[0]}"


def test_the_scripts_come_by_everything(under_node: dict[str, Traces]) -> None:
    kinds = Counter(entry[0] for kind in under_node for _, trace in under_node[kind] for entry in trace)
    wanted = {"called", "returned", "raised", "warning", "emitted", "noted", "handled", "unhandled", "once", "next"}
    assert {kind for kind in wanted if kinds[kind] < 20} == set()
    gaps = sum(trace[-1] == ["gap"] for _, trace in under_node["calls"])
    assert gaps < CALLS / 100


class OfTheLiveList(EventEmitter):
    """Calls listeners only if nobody has removed them meanwhile."""

    def _call(self, listener: Listener, event: EventName, args: tuple[Any, ...]) -> None:
        if listener in self.raw_listeners(event):
            super()._call(listener, event, args)


class NewListenerAfterwards(EventEmitter):
    """Emits `newListener` when the listener is there."""

    def _add(self, event: EventName, listener: Listener, *, is_first: bool) -> Self:
        added = self.raw_listeners("newListener")
        super()._add(event, listener, is_first=is_first)
        if added:
            super().emit("newListener", event, listener)
        return self

    def emit(self, event: EventName, /, *args: Any) -> bool:
        is_before = len(args) == 2 and callable(args[1])
        return not (event == "newListener" and is_before) and super().emit(event, *args)


class RemovesTheFirst(EventEmitter):
    """Removes the listener that was added first."""

    def remove_listener(self, event: EventName, listener: Listener) -> Self:
        same = [each for each in self.raw_listeners(event) if listener in (each, getattr(each, "listener", None))]
        return super().remove_listener(event, same[0] if same else listener)


class TellsTheWrapper(EventEmitter):
    """Emits `removeListener` with what `once` has added."""

    def emit(self, event: EventName, /, *args: Any) -> bool:
        if event == "removeListener" and len(args) == 2:
            args = (args[0], OnceListener(self, event, args[1]))
        return super().emit(event, *args)


class TheMonitorHandles(EventEmitter):
    """Takes a listener of `error_monitor` for one of `error`."""

    def emit(self, event: EventName, /, *args: Any) -> bool:
        try:
            return super().emit(event, *args)
        except BaseException:
            if event == "error" and not self.listener_count("error") and self.listener_count(self.error_monitor):
                return True
            raise


class StaysOnce(EventEmitter):
    """Keeps the listeners of `once`."""

    def once(self, event: EventName, listener: Listener) -> Self:
        return self.on(event, listener)


class NeverWarns(EventEmitter):
    """Knows no leaks."""

    def get_max_listeners(self) -> float:
        return 0


class Appends(EventEmitter):
    """Prepends at the end."""

    def prepend_listener(self, event: EventName, listener: Listener) -> Self:
        return self.on(event, listener)


class NeverCaptures(EventEmitter):
    """Captures no rejections."""

    def __init__(self, *, capture_rejections: bool = False) -> None:
        super().__init__()
        self._captures = False


@pytest.mark.parametrize(
    "mutant",
    [
        OfTheLiveList,
        NewListenerAfterwards,
        RemovesTheFirst,
        TellsTheWrapper,
        TheMonitorHandles,
        StaysOnce,
        NeverWarns,
        Appends,
    ],
)
def test_an_emitter_that_is_different_is_found(under_node: dict[str, Traces], mutant: type[EventEmitter]) -> None:
    assert differences(under_node["calls"][:MUTANTS], mutant)


@pytest.mark.parametrize("mutant", [NeverCaptures, TheMonitorHandles])
async def test_an_emitter_that_takes_its_time_differently_is_found(
    under_node: dict[str, Traces], mutant: type[EventEmitter]
) -> None:
    assert await differences_in_time(under_node["steps"][:MUTANTS], mutant)
