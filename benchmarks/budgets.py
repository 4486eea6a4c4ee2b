"""What the figures should come to. An aim, not a gate: a miss is printed."""

from __future__ import annotations

from typing import Final

from benchmarks.harness import Budget, Unit

__all__ = ["BUDGETS"]

_KB: Final = 1024

BUDGETS: Final = {
    "frame": Budget(1.6),
    "flatness": Budget(1.15),
    "socket": Budget(3.6),
    "typing event": Budget(0.10),
    "idle indicator": Budget(0.1 * _KB, Unit.BYTES),
    "subscribe": Budget(0.30),
    "next": Budget(1.25),
    "idle handle": Budget(0.2 * _KB, Unit.BYTES),
    "idle conversation": Budget(1.5 * _KB, Unit.BYTES),
    "idle websocket": Budget(16 * _KB, Unit.BYTES),
    "rows": Budget(15, least=True),
    "sends": Budget(4, least=True),
    "import": Budget(1.10),
}
"""By the names that the measurements know them by."""
