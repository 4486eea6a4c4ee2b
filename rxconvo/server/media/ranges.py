"""Parts of a media: the `Range` of a request."""

from __future__ import annotations

import re

__all__ = ["UNSATISFIABLE", "part_of"]

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)

UNSATISFIABLE = range(0)
"""A part that is nothing."""


def part_of(header: str | None, size: int) -> range | None:
    """Return which bytes are asked for.

    Args:
        header: Value of the `Range` header, or None.
        size: Size of the whole.

    Returns:
        Their positions; None for the whole, which is also the answer to several ranges at once and to what is no range;
        `UNSATISFIABLE` where there is nothing at these positions.

    Source: RFC 9110, section 14.
    """
    found = _RANGE.fullmatch(header.strip()) if header is not None else None
    if found is None or found[0].endswith("=-"):
        return None
    first, last = found[1], found[2]
    if not first:
        part = range(max(0, size - int(last)), size)
    elif last and int(last) < int(first):
        return None
    else:
        part = range(int(first), min(size, int(last) + 1) if last else size)
    return part or UNSATISFIABLE
