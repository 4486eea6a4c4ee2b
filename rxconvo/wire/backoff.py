"""The payload by which a service says when to come back: `{"backoff_policy": {"reconnect_min_ms": 1000, ...}}`.

Source: Twilsock, init (429) and close from the server (308).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

__all__ = ["read_backoff", "read_retry_after", "write_backoff"]

_LONGEST = 24 * 60 * 60.0
_MAX_FACTOR = 5
_DIGITS = 9  # more than a day has in any case


class _Policy(msgspec.Struct, gc=False):
    reconnect_min_ms: float


class _Backoff(msgspec.Struct, gc=False):
    backoff_policy: _Policy


_decode = msgspec.json.Decoder(_Backoff).decode


def read_backoff(payload: bytes) -> float | None:
    """Return how many seconds to wait at least before the next attempt, at most a day.

    Args:
        payload: Payload of a refusal or a `close`; may hold anything.

    Returns:
        The delay, or None if the payload does not say.
    """
    try:
        delay = _decode(payload).backoff_policy.reconnect_min_ms / 1000.0
    except (ValueError, RecursionError):
        return None
    return min(delay, _LONGEST) if delay >= 0 else None


def read_retry_after(headers: Mapping[str, str], payload: bytes) -> float | None:
    """Return how many seconds to wait at least before a request is made again, at most a day.

    Args:
        headers: The HTTP headers of the answer; `Retry-After` counts, where it is a number of seconds.
        payload: Its payload, which counts where they do not say.

    Returns:
        The delay, or None if neither says.
    """
    for name, value in headers.items():
        if name.lower() == "retry-after" and value.isascii() and value.isdigit():
            return min(float(value[:_DIGITS]), _LONGEST)
    return read_backoff(payload)


def write_backoff(retry_after: float) -> bytes:
    """Return the payload that asks a client to wait.

    Args:
        retry_after: Least number of seconds. Clients spread themselves over up to five times as much.
    """
    shortest = round(retry_after * 1000)
    policy = {"reconnect_min_ms": shortest, "reconnect_max_ms": shortest * _MAX_FACTOR}
    return msgspec.json.encode({"backoff_policy": policy})
