"""`rxconvo demo`: the main job."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

from rxconvo.demo import load_corpus
from rxconvo.demo.run import Outcome, Performance, perform, perform_live

__all__ = ["Performance", "play"]

_PLAIN = {"dumb", "unknown"}
"""Terminals that only print."""


def play(
    performance: Performance, *, headless: bool, dashboard: bool = False, announce: Callable[[str], None] = print
) -> Outcome:
    """Play real chat.

    Args:
        performance: How much of it, and how fast.
        headless: Draw nothing. Nothing is drawn either where the output is no terminal, or one that cannot.
        dashboard: Whether to offer a dashboard, the link of which is drawn as well.
        announce: Gets a line with that link where nothing is drawn.

    Raises:
        MissingExtraError: The corpus is not installed.
    """
    corpus = load_corpus()
    drawn = not headless and sys.stdout.isatty() and os.environ.get("TERM") not in _PLAIN
    if drawn:
        return asyncio.run(perform_live(corpus, performance, dashboard=dashboard))

    def tell(link: str) -> None:
        announce(f"in the browser: {link}")

    return asyncio.run(perform(corpus, performance, show_link=tell if dashboard else None))
