"""Tools for tests, ours and yours: virtual time, worlds, lines that fail, leak checks, ids that repeat, stand-ins.

Virtual time and leak checks are applied by `rxconvo.testing.plugin`.
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
    from rxconvo.testing.lines import Line, MemoryLine, SocketLine, Way
    from rxconvo.testing.unread import PlainUnreadState
    from rxconvo.testing.world import QUICK, Kind, World, run

__all__ = [
    "DEADLINE",
    "EPOCH",
    "QUICK",
    "DeadlockError",
    "Held",
    "Kind",
    "LeakError",
    "Line",
    "Log",
    "MemoryLine",
    "PlainUnreadState",
    "RealLoop",
    "RecordingLoop",
    "SocketLine",
    "UnhandledError",
    "VirtualLoop",
    "VirtualTimeError",
    "Way",
    "World",
    "advance",
    "held",
    "leaks_since",
    "no_leaks",
    "no_unhandled",
    "run",
    "seeded_ids",
    "settle",
    "virtual_loop_factory",
]

# What needs clients, a service or reactivex is loaded when it is asked for: the plugin is part of every run of pytest.
_LATER = {
    **dict.fromkeys(("Line", "MemoryLine", "SocketLine", "Way"), "lines"),
    **dict.fromkeys(("QUICK", "Kind", "World", "run"), "world"),
    "PlainUnreadState": "unread",
}


def __getattr__(name: str) -> Any:
    """Load what is loaded on demand."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"rxconvo.testing.{_LATER[name]}"), name)
