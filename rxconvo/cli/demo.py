"""`rxconvo demo`: the main job."""

from __future__ import annotations

import asyncio
import os
import sys

from rxconvo.demo import load_corpus
from rxconvo.demo.run import Outcome, Performance, perform, perform_live

__all__ = ["Performance", "play"]

_PLAIN = {"dumb", "unknown"}
"""Terminals that only print."""


def play(performance: Performance, *, headless: bool) -> Outcome:
    """Play real chat.

    Args:
        performance: How much of it, and how fast.
        headless: Draw nothing. Nothing is drawn either where the output is no terminal, or one that cannot.

    Raises:
        MissingExtraError: The corpus is not installed.
    """
    corpus = load_corpus()
    drawn = not headless and sys.stdout.isatty() and os.environ.get("TERM") not in _PLAIN
    return asyncio.run((perform_live if drawn else perform)(corpus, performance))
