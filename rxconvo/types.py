"""Names for the plain types that pass between all layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import TypeAlias

__all__ = ["JSON", "Clock", "FilePath", "Identity", "Ids", "JSONInput", "Sid", "WallClock"]

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"
"""What decoding JSON gives."""

JSONInput: TypeAlias = "Mapping[str, JSONInput] | Sequence[JSONInput] | str | int | float | bool | None"
"""What may be encoded as JSON: as `JSON`, but any mapping and sequence, which makes it covariant."""

Sid: TypeAlias = str
"""Two letters and 32 hexadecimal digits, for example `CH0123…`. Opaque."""

Identity: TypeAlias = str
"""Who a user is: 1 to 256 characters."""

Clock: TypeAlias = Callable[[], float]
"""Seconds of a monotonic clock, as `loop.time`."""

WallClock: TypeAlias = Callable[[], datetime]
"""The time of day, aware, UTC."""

Ids: TypeAlias = Callable[[], str]
"""A source of unique ids: 32 hexadecimal digits a call."""

FilePath: TypeAlias = "str | PathLike[str]"
"""Where a file is."""
