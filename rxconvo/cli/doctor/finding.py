"""What a check has found."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = ["Finding", "Status"]

Status: TypeAlias = Literal["ok", "warn", "fail"]


class Finding(msgspec.Struct, frozen=True):
    """What a check has found.

    Attributes:
        status: Whether that is as it should be.
        subject: What was looked at, a word or two.
        told: What there is to say of it.
        advice: What to do; empty where there is nothing to be done.
    """

    status: Status
    subject: str
    told: str
    advice: str = ""
