"""Lists the members of the official SDK: those it declares, and those it inherits from Node's events."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.parity.declarations import members

PACKAGE = Path(__file__).parent.parent / "interop" / "node_modules" / "@twilio" / "conversations"
DECLARATIONS = PACKAGE / "builds" / "lib.d.ts"

_UNDECLARED = ("links", "bindings", "_subscribe", "_subscribeStreams", "_unsubscribe")  # of conversations, at run time
_EVENTS = ("newListener", "removeListener (event)", "error")  # which the emitter itself knows
_INTERNAL = {"usingDomains", "init", "length", "name", "prototype", "constructor"}
_LOOK = """
const { ReplayEventEmitter } = require(require.resolve("@twilio/replay-event-emitter", { paths: [process.argv[1]] }));
const { Conversation } = require(process.argv[1]);
const events = require("events");
const of = (what) => Object.getOwnPropertyNames(what);
console.log(JSON.stringify({
  emitter: [...of(events.prototype), ...of(ReplayEventEmitter.prototype)],
  events: of(events),
  conversation: of(Conversation.prototype),
}));
"""


def missing() -> str | None:
    """Say what is missing to ask the SDK itself, or None."""
    if shutil.which("node") is None:
        return "needs Node.js"
    return None if DECLARATIONS.exists() else "needs `npm ci --prefix tests/interop`"


def read(declarations: str) -> list[str]:
    """Return all members, each as `Type` or `Type.member`.

    Args:
        declarations: The text of `lib.d.ts`.
    """
    look = subprocess.run(  # noqa: S603 - a fixed command
        ["node", "-e", _LOOK, str(PACKAGE)],  # noqa: S607 - whichever Node there is
        check=True,
        capture_output=True,
        text=True,
    )
    seen: dict[str, list[str]] = json.loads(look.stdout)
    # `links` is a field of each object, the others are on the prototype.
    assert {*_UNDECLARED[1:]} <= {*seen["conversation"]}
    return [
        *members(declarations),
        *(f"Conversation.{name}" for name in _UNDECLARED),
        "EventEmitter",
        *(f"EventEmitter.{name}" for name in dict.fromkeys(_public(seen["emitter"]))),
        *(f"EventEmitter.{name}" for name in _EVENTS),
        *(f"events.{name}" for name in _public(seen["events"])),
    ]


def _public(names: list[str]) -> list[str]:
    return [name for name in names if name not in _INTERNAL and not name.startswith(("_", "kMax"))]
