"""Scripts of calls of an emitter: made by chance, and run under ours. `node.mjs` runs them under Node's.

A script is plain JSON. What running it shows is its trace, a list of plain JSON as well.
"""

from __future__ import annotations

import asyncio
import random
import warnings
from collections.abc import Awaitable, Callable
from itertools import accumulate
from typing import Any, TextIO

from rxconvo.abort import AbortController, AbortSignal
from rxconvo.emitter import (
    EventEmitter,
    EventName,
    Listener,
    MaxListenersExceededWarning,
    OnceListener,
    Symbol,
    on,
    once,
    set_max_listeners,
)
from rxconvo.errors import AbortError, ArgumentError, UnhandledEventError
from rxconvo.streams.aiter import Iteration
from rxconvo.testing import settle

Script = dict[str, Any]
Trace = list[Any]

DEPTH = 3
FUEL = 150

EVENTS = ["a", "b", "error", "newListener", "removeListener", "symbol", "monitor"]
LABELS = ["f", "g", "h", "i"]
VALUES = [1, "x", None, {"error": "e"}]
ADDING = ["on", "add_listener", "once", "prepend_listener", "prepend_once_listener"]
REMOVING = ["off", "remove_listener"]
RAW = ["remove_raw", "add_raw", "call_raw"]


def random_event(chance: random.Random) -> str:
    return chance.choices(EVENTS, [6, 3, 3, 2, 2, 1, 1])[0]


def random_call(chance: random.Random) -> list[Any]:
    """Make a call: a method's name and its arguments."""
    event, label = random_event(chance), chance.choice(LABELS)
    calls: dict[str, tuple[float, list[Any]]] = {
        "add": (12, [chance.choice(ADDING), event, label]),
        "emit": (9, ["emit", event, chance.choices(VALUES, k=chance.randrange(3))]),
        "remove": (5, [chance.choice(REMOVING), event, label]),
        "remove all of one": (1.2, ["remove_all_listeners", event]),
        "remove all": (0.8, ["remove_all_listeners"]),
        "raw": (2, [chance.choice(RAW), event, chance.randrange(3)]),
        "limit": (0.8, [chance.choice(["set_max_listeners", "set_default"]), chance.choice([0, 1, 2, 1.5, 3])]),
        "get limit": (0.2, ["get_max_listeners"]),
        "no listener": (0.2, [chance.choice([*ADDING, *REMOVING]), event, None]),
        "no limit": (0.1, ["set_max_listeners", -1]),
    }
    return chosen(chance, calls)


def chosen(chance: random.Random, weighed: dict[str, tuple[float, list[Any]]]) -> list[Any]:
    weights = [weight for weight, _ in weighed.values()]
    return chance.choices(list(weighed.values()), weights)[0][1]


def random_calls(chance: random.Random) -> Script:
    """Make a script for `run_calls`: listeners with what they do, and calls."""
    listeners = {
        label: {
            "calls": [random_call(chance) for _ in range(chance.choice([0, 0, 1, 1, 2, 3]))],
            "careful": chance.random() < 0.5,
            "raises": chance.random() < 0.1,
        }
        for label in LABELS
    }
    return {"listeners": listeners, "calls": [random_call(chance) for _ in range(chance.randrange(2, 20))]}


def random_steps(chance: random.Random) -> Script:
    """Make a script for `run_steps`: what an emitter does with rejections, and what is done with it step by step."""
    return {
        "captures": chance.random() < 0.4,
        "captures_all": chance.random() < 0.2,
        "handles": chance.random() < 0.5,
        "steps": [random_step(chance) for _ in range(chance.randrange(2, 25))],
    }


def random_step(chance: random.Random) -> list[Any]:
    event = chance.choices(["a", "b", "error", "symbol", "monitor"], [6, 3, 2, 1, 1])[0]
    signal = chance.choice([None, None, 0, 1])
    steps: dict[str, tuple[float, list[Any]]] = {
        "emit": (12, ["emit", event, chance.choices([1, "x", {"error": "e"}], k=chance.randrange(1, 3))]),
        "listen": (4, ["listen", event, chance.choice(LABELS), chance.random() < 0.6]),
        "note": (2, ["note", chance.choice([event, event, "newListener", "removeListener"])]),
        "remove": (0.8, ["remove_all_listeners", event]),
        "abort": (0.8, ["abort", chance.randrange(2), chance.choice([None, "why"])]),
        "once": (4, ["once", event, signal]),
        "iterate": (4, ["iterate", event, signal, chance.choice([[], [], ["b"], ["symbol", "b"]])]),
        "next": (8, ["next", chance.randrange(3)]),
        "close": (0.8, ["close", chance.randrange(3)]),
    }
    return chosen(chance, steps)


class World:
    """What both kinds of scripts have: an emitter, names for all that can show up in a trace, and the trace."""

    def __init__(self, emitter: EventEmitter) -> None:
        self.emitter = emitter
        self.trace: Trace = []
        self.labels: dict[Listener, str] = {}
        self.symbols: dict[str, Symbol] = {"symbol": Symbol("symbol"), "monitor": EventEmitter.error_monitor}

    def event(self, name: str) -> EventName:
        return self.symbols.get(name, name)

    def value(self, value: Any) -> Any:
        return Exception(value["error"]) if isinstance(value, dict) else value

    def shown(self, value: Any) -> Any:
        match value:
            case Exception():
                return self.fault(value)
            case Symbol():
                return next(name for name, symbol in self.symbols.items() if symbol is value)
            case OnceListener(listener=listener):
                return f"once {self.shown(listener)}"
            case _:
                return self.labels.get(value, "inner") if callable(value) else value

    def fault(self, error: BaseException) -> list[Any]:
        match error:
            case UnhandledEventError(context=context):
                return ["unhandled", self.shown(context)]
            case ArgumentError():
                return ["argument"]
            case AbortError(reason=reason):
                return ["aborted", self.shown(reason)]
            case _:
                return ["error", str(error)]


class Calls(World):
    """A script of calls, and what has become of it so far."""

    def __init__(self, script: Script, emitter: EventEmitter) -> None:
        super().__init__(emitter)
        self.fuel = FUEL
        self.depth = 0
        self.listeners = {label: self.listener(label, each) for label, each in script["listeners"].items()}
        self.labels = {listener: label for label, listener in self.listeners.items()}
        self.calls: list[list[Any]] = script["calls"]

    def run(self) -> Trace:
        limit = EventEmitter.default_max_listeners
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = self.warned
            try:
                for call in self.calls:
                    self.attempt(call)
                    self.state()
            finally:
                EventEmitter.default_max_listeners = limit
        return self.trace

    def warned(  # noqa: PLR0917 - as `warnings` has it
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        assert isinstance(message, MaxListenersExceededWarning)
        is_it = message.emitter is self.emitter
        self.trace.append(["warning", category.__name__, is_it, self.shown(message.type), message.count])

    def listener(self, label: str, does: dict[str, Any]) -> Listener:
        def listener(*args: Any) -> None:
            self.trace.append(["called", label, [self.shown(value) for value in args]])
            if self.depth < DEPTH and self.fuel > 0:
                self.depth += 1
                try:
                    for call in does["calls"]:
                        self.fuel -= 1
                        if does["careful"]:
                            self.attempt(call)
                        else:
                            self.perform(call)
                finally:
                    self.depth -= 1
            if does["raises"]:
                raise Exception(f"of {label}")  # noqa: TRY002 - any will do

        return listener

    def attempt(self, call: list[Any]) -> None:
        try:
            result = self.perform(call)
        except Exception as error:  # noqa: BLE001 - it is part of the trace
            self.trace.append(["raised", self.fault(error)])
        else:
            self.trace.append(["returned", "emitter" if result is self.emitter else result])

    def perform(self, call: list[Any]) -> Any:
        emitter, (name, *args) = self.emitter, call
        match name:
            case "emit":
                return emitter.emit(self.event(args[0]), *map(self.value, args[1]))
            case "remove_all_listeners":
                return emitter.remove_all_listeners(*map(self.event, args))
            case "get_max_listeners" | "set_max_listeners":
                return getattr(emitter, name)(*args)
            case "set_default":
                return set_max_listeners(args[0])
            case "remove_raw" | "add_raw" | "call_raw":
                return self.perform_raw(name, self.event(args[0]), args[1])
            case _:
                return getattr(emitter, name)(self.event(args[0]), self.listeners.get(args[1]))

    def perform_raw(self, name: str, event: EventName, index: int) -> Any:
        raw = self.emitter.raw_listeners(event)[index : index + 1]
        if not raw:
            return None
        if name == "call_raw":
            raw[0]("raw")
            return None
        return self.emitter.on(event, raw[0]) if name == "add_raw" else self.emitter.remove_listener(event, raw[0])

    def state(self) -> None:
        emitter = self.emitter
        state = [
            [
                self.shown(event),
                [self.shown(listener) for listener in emitter.listeners(event)],
                [self.shown(listener) for listener in emitter.raw_listeners(event)],
                emitter.listener_count(event),
                [emitter.listener_count(event, listener) for listener in self.listeners.values()],
            ]
            for event in emitter.event_names()
        ]
        self.trace.append(["state", state])


def run_calls(script: Script, make: Callable[[], EventEmitter] = EventEmitter) -> Trace:
    """Run a script under our emitter.

    Args:
        script: The script.
        make: Makes the emitter.
    """
    return Calls(script, make()).run()


class Steps(World):
    """A script of what takes time, and what has become of it so far."""

    def __init__(self, script: Script, make: Callable[..., EventEmitter]) -> None:
        trace: Trace = []

        class Handling(EventEmitter):
            pass

        def handle(emitter: EventEmitter, error: Exception, event: EventName, *args: Any) -> None:
            trace.append(["handled", self.fault(error), self.shown(event), [self.shown(value) for value in args]])

        setattr(Handling, EventEmitter.capture_rejection_symbol, handle)
        EventEmitter.capture_rejections = script["captures_all"]
        try:
            super().__init__((Handling if script["handles"] else make)(capture_rejections=script["captures"]))
        finally:
            EventEmitter.capture_rejections = False
        self.emitter.set_max_listeners(0)
        self.trace = trace
        self.steps: list[list[Any]] = script["steps"]
        self.controllers = [AbortController(), AbortController()]
        self.iterations: list[tuple[Iteration[Any], list[str]]] = []
        self.waits = 0
        self.tasks: set[asyncio.Future[Any]] = set()

    async def run(self) -> Trace:
        loop = asyncio.get_running_loop()
        before = loop.get_exception_handler()
        loop.set_exception_handler(
            lambda _, context: self.trace.append(["unhandled", self.fault(context["exception"])])
        )
        try:
            for step in self.steps:
                try:
                    self.perform(step)
                except Exception as error:  # noqa: BLE001 - it is part of the trace
                    self.trace.append(["raised", self.fault(error)])
                await settle()
                self.trace.append(
                    [
                        "state",
                        [
                            [self.shown(event), self.emitter.listener_count(event)]
                            for event in self.emitter.event_names()
                        ],
                    ],
                )
            return self.trace.copy()  # without what cleaning up adds
        finally:
            loop.set_exception_handler(before)
            for task in self.tasks:
                task.cancel()
            await settle()

    def signal(self, number: int | None) -> AbortSignal | None:
        return None if number is None else self.controllers[number].signal

    def settled(self, kind: str, awaitable: Awaitable[Any]) -> None:
        number, self.waits = self.waits, self.waits + 1

        def settle(future: asyncio.Future[Any]) -> None:
            self.tasks.discard(future)
            if not future.cancelled():
                error = future.exception()
                self.trace.append([kind, number, self.seen(future.result()) if error is None else self.fault(error)])

        future = asyncio.ensure_future(awaitable)
        self.tasks.add(future)
        future.add_done_callback(settle)

    def seen(self, result: Any) -> Any:
        return result if result == "done" else [self.shown(value) for value in result]

    async def next(self, iteration: Iteration[Any], state: list[str]) -> Any:
        try:
            return await anext(iteration, "done")
        finally:
            state[:] = ["idle"]

    def listener(self, label: str, *, raises: bool) -> Listener:
        async def listener(*args: Any) -> None:
            await asyncio.sleep(0)
            self.trace.append(["called", label, [self.shown(value) for value in args]])
            if raises:
                raise Exception(f"of {label}")  # noqa: TRY002 - any will do

        return listener

    def note(self, event: str) -> Listener:
        return lambda *args: self.trace.append(["noted", event, [self.shown(value) for value in args]])

    def perform(self, step: list[Any]) -> None:
        name, *args = step
        match name:
            case "emit":
                self.trace.append(["emitted", self.emitter.emit(self.event(args[0]), *map(self.value, args[1]))])
            case "listen":
                self.emitter.on(self.event(args[0]), self.listener(args[1], raises=args[2]))
            case "note":
                self.emitter.on(self.event(args[0]), self.note(args[0]))
            case "remove_all_listeners":
                self.emitter.remove_all_listeners(self.event(args[0]))
            case "abort":
                self.controllers[args[0]].abort(args[1])
            case "once":
                self.settled("once", once(self.emitter, self.event(args[0]), signal=self.signal(args[1])))
            case "iterate":
                event, close = self.event(args[0]), map(self.event, args[2])
                self.iterations.append((on(self.emitter, event, signal=self.signal(args[1]), close=close), ["idle"]))
            case _:
                self.perform_on_iteration(name, *self.iterations[args[0] : args[0] + 1])

    def perform_on_iteration(self, name: str, each: tuple[Iteration[Any], list[str]] | None = None) -> None:
        if each is None or each[1] != ["idle"]:
            return
        iteration, state = each
        if name == "next":
            state[:] = ["waiting"]
            self.settled("next", self.next(iteration, state))
        else:
            state[:] = ["closed"]
            self.tasks.add(asyncio.ensure_future(iteration.aclose()))


async def run_steps(script: Script, make: Callable[..., EventEmitter] = EventEmitter) -> Trace:
    """Run a script of what takes time under our emitter.

    Args:
        script: The script.
        make: Makes the emitter.
    """
    return await Steps(script, make).run()


def by_kind(trace: Trace) -> Trace:
    """Sort what happens within each step by its kind.

    What does not happen at once happens on promises and microtasks there, on futures and tasks here. Its order is the
    same among its like, but not among all.
    """
    steps = [0, *accumulate(int(entry[0] == "state") for entry in trace)]
    return [entry for _, entry in sorted(zip(steps, trace, strict=False), key=lambda each: (each[0], each[1][0]))]
