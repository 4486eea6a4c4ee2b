"""Operators that chat needs, for `pipe`."""

from __future__ import annotations

from rxconvo.operators.typing_indicator import typing_indicator

__all__ = ["typing_indicator"]
