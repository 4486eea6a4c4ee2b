"""Tools for tests, ours and yours: virtual time, leak checks, ids that repeat. Applied by `rxconvo.testing.plugin`."""

from __future__ import annotations

from rxconvo.testing.ids import seeded_ids
from rxconvo.testing.leaks import Held, LeakError, held, leaks_since, no_leaks
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

__all__ = [
    "EPOCH",
    "DeadlockError",
    "Held",
    "LeakError",
    "RealLoop",
    "RecordingLoop",
    "UnhandledError",
    "VirtualLoop",
    "VirtualTimeError",
    "advance",
    "held",
    "leaks_since",
    "no_leaks",
    "no_unhandled",
    "seeded_ids",
    "settle",
    "virtual_loop_factory",
]
