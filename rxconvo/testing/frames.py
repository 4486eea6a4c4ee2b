"""Recorded frames: what the official SDK and a service have really said to each other, scenario by scenario.

Example:
    from rxconvo.testing.frames import names, recorded
    from rxconvo.wire import decode

    print(names()[6])  # -> 07-typing
    frame = recorded("07-typing")[0]
    print(frame.connection, frame.way)  # -> alice#7 up
    print(decode(frame.encode()).http_request.method)  # -> POST
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from rxconvo.errors import ArgumentError
from rxconvo.testing.lines import Way

__all__ = ["FOLDER", "Frame", "names", "recorded"]

FOLDER: Final = Path(__file__).parent / "recorded"
"""Where they are, one file for each scenario: a JSON object a line with `t`, `conn`, `dir`, `header`, `payload`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One recorded message.

    Attributes:
        at: Seconds after the start of its scenario.
        connection: Whose, and which one: `alice#7`.
        way: `up` is from the client to the service.
        header: Its header.
        payload: Its payload: decoded where it was JSON, None where there was none.
    """

    at: float
    connection: str
    way: Way
    header: dict[str, Any]
    payload: Any

    def encode(self) -> bytes:
        """Return it as one websocket message. Blanks in the JSON may have been others."""
        payload = b""
        if self.payload is not None:
            payload = self.payload.encode() if isinstance(self.payload, str) else orjson.dumps(self.payload)
        header = orjson.dumps({**self.header, "payload_size": len(payload)})
        return b"TWILSOCK V3.0 %d\r\n%b\r\n%b" % (len(header), header, payload)


def names() -> list[str]:
    """Return the names of the scenarios, in order: `01-init-and-shutdown` and so on."""
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def recorded(name: str) -> list[Frame]:
    """Return the frames of a scenario, in order.

    Args:
        name: One of `names`.

    Raises:
        ArgumentError: There is none of this name.
    """
    if name not in names():
        raise ArgumentError("name", "one of names()", name)
    lines = map(msgspec.json.decode, (FOLDER / f"{name}.jsonl").read_bytes().splitlines())
    return [
        Frame(line["t"], line["conn"], "up" if line["dir"] == "c2s" else "down", line["header"], line["payload"])
        for line in lines
    ]
