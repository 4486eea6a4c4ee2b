"""Operators that chat needs, for `pipe`."""

from __future__ import annotations

from rxconvo.operators.typing_indicator import typing_indicator
from rxconvo.operators.typing_text import typing_text
from rxconvo.operators.unread_badge import unread_badge

__all__ = [
    "typing_indicator",
    "typing_text",
    "unread_badge",
]
