"""Tools for tests, ours and yours: client, service, lines and time are in the test's hand.

Begin with `World`, and with `diagrams`, which explains what marble diagrams say; with pytest, read `plugin`. Then:

- `World`: a service and its clients, in process or over aiohttp, over lines that can fail; marbles of what people do.
- `Marbles`: diagrams for any Observable.
- `FaultPlan`, `play`, `explore`: what goes wrong, drawn from seeds, replayed, made small. A `Scenario` for `explore` is
  an `async def` that gets a plan and returns a list of what is wrong. A `Fault` is one of `Cut`, `HalfOpen`, `Delay`,
  `Slice`, `Duplicate`, `Hold`, `Restart`, `Expire`, `Jump`.
- `Recorder`, `check`: what was done, acknowledged and seen, and whether it keeps the laws; `history` has the entries.
- `builders`: values and events; `frames`: what the official SDK was recorded to say.
- `VirtualLoop`, `advance`, `settle`: time. `QUICK` is for clients on real time, as `backoff=QUICK`.
- `no_leaks`, `no_unhandled`, `no_unplayed`, `no_observer_raises`: what `plugin` applies to tests.
  `observers_may_raise` is the exception from the last.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from rxconvo.testing.ids import seeded_ids
from rxconvo.testing.leaks import Held, LeakError, held, leaks_since, no_leaks
from rxconvo.testing.log import DEADLINE, Log
from rxconvo.testing.loop import (
    EPOCH,
    DeadlockError,
    VirtualLoop,
    VirtualTimeError,
    advance,
    settle,
    virtual_loop_factory,
)
from rxconvo.testing.timers import RealLoop, RecordingLoop
from rxconvo.testing.unhandled import UnhandledError, no_unhandled

if TYPE_CHECKING:
    from rxconvo.testing.expectations import Expectation, MarbleError
    from rxconvo.testing.exploring import FaultError, Scenario, explore, outcome, shrink
    from rxconvo.testing.faults import (
        Cut,
        Delay,
        Duplicate,
        Expire,
        Fault,
        FaultPlan,
        HalfOpen,
        Hold,
        Jump,
        Restart,
        Slice,
    )
    from rxconvo.testing.history import History, Violation, check
    from rxconvo.testing.lines import Line, MemoryLine, SocketLine, Way
    from rxconvo.testing.marbles import Marbles, Source, no_unplayed
    from rxconvo.testing.observers import UnheardError, no_observer_raises, observers_may_raise
    from rxconvo.testing.playing import play
    from rxconvo.testing.recorder import Recorder, persist
    from rxconvo.testing.unread import PlainUnreadState
    from rxconvo.testing.world import QUICK, TOKEN_TTL, Kind, World, run

__all__ = [
    "DEADLINE",
    "EPOCH",
    "QUICK",
    "TOKEN_TTL",
    "Cut",
    "DeadlockError",
    "Delay",
    "Duplicate",
    "Expectation",
    "Expire",
    "Fault",
    "FaultError",
    "FaultPlan",
    "HalfOpen",
    "Held",
    "History",
    "Hold",
    "Jump",
    "Kind",
    "LeakError",
    "Line",
    "Log",
    "MarbleError",
    "Marbles",
    "MemoryLine",
    "PlainUnreadState",
    "RealLoop",
    "Recorder",
    "RecordingLoop",
    "Restart",
    "Scenario",
    "Slice",
    "SocketLine",
    "Source",
    "UnhandledError",
    "UnheardError",
    "Violation",
    "VirtualLoop",
    "VirtualTimeError",
    "Way",
    "World",
    "advance",
    "check",
    "explore",
    "held",
    "leaks_since",
    "no_leaks",
    "no_observer_raises",
    "no_unhandled",
    "no_unplayed",
    "observers_may_raise",
    "outcome",
    "persist",
    "play",
    "run",
    "seeded_ids",
    "settle",
    "shrink",
    "virtual_loop_factory",
]

# What needs clients, a service or reactivex is loaded when it is asked for: the plugin is part of every run of pytest.
_LATER = {
    **dict.fromkeys(("Line", "MemoryLine", "SocketLine", "Way"), "lines"),
    **dict.fromkeys(("QUICK", "TOKEN_TTL", "Kind", "World", "run"), "world"),
    **dict.fromkeys(("FaultError", "Scenario", "explore", "outcome", "shrink"), "exploring"),
    **dict.fromkeys(("Cut", "Delay", "Duplicate", "Expire", "Fault", "FaultPlan"), "faults"),
    **dict.fromkeys(("HalfOpen", "Hold", "Jump", "Restart", "Slice"), "faults"),
    **dict.fromkeys(("History", "Violation", "check"), "history"),
    **dict.fromkeys(("Recorder", "persist"), "recorder"),
    **dict.fromkeys(("Expectation", "MarbleError"), "expectations"),
    **dict.fromkeys(("Marbles", "Source", "no_unplayed"), "marbles"),
    **dict.fromkeys(("UnheardError", "no_observer_raises", "observers_may_raise"), "observers"),
    "play": "playing",
    "PlainUnreadState": "unread",
}


def __getattr__(name: str) -> Any:
    """Load what is loaded on demand."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"rxconvo.testing.{_LATER[name]}"), name)
