"""Tools for tests, ours and yours: virtual time, leak checks, ids that repeat, stand-ins.

The first two are applied by `rxconvo.testing.plugin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from rxconvo.testing.unread import PlainUnreadState

__all__ = [
    "EPOCH",
    "DeadlockError",
    "Held",
    "LeakError",
    "PlainUnreadState",
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


def __getattr__(name: str) -> object:
    """Load what needs reactivex when it is asked for: the plugin is part of every run of pytest."""
    if name != "PlainUnreadState":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rxconvo.testing.unread import PlainUnreadState  # noqa: PLC0415 - see above

    return PlainUnreadState
