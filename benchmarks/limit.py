"""The least that any Python client does with a frame, in which costs are counted.

LIMIT is to split a frame and to parse the JSON of its header and of its payload, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import process_time
from typing import Any, Final

import orjson

from benchmarks.harness import Contender
from benchmarks.upstream import Traffic

__all__ = ["LIMIT", "limit_of", "parse"]

LIMIT: Final = "LIMIT"
"""What it is called in the table."""

_FRAMES: Final = 2000


def parse(frame: bytes) -> Any:
    """Return the payload of a frame, having parsed its header as well."""
    _, header, payload = frame.split(b"\r\n", 2)
    orjson.loads(header)
    return orjson.loads(payload)


def limit_of(frames: Sequence[bytes] | None = None) -> Contender:
    """Return what measures LIMIT: seconds a frame.

    Args:
        frames: The frames; usual ones if None.
    """
    known = Traffic(100).frames(_FRAMES) if frames is None else frames

    async def run() -> float:
        start = process_time()
        _parse_all(known)
        return (process_time() - start) / len(known)

    return run


def _parse_all(frames: Iterable[bytes]) -> None:
    for frame in frames:
        parse(frame)
