"""How commands that take their time are run, and how they end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

__all__ = ["INTERRUPTED", "run", "until_stopped"]

T = TypeVar("T")

INTERRUPTED: Final = 130
"""The exit code of what SIGINT has ended, by convention."""

_NOBODY_READS: Final = 141
"""That of what SIGPIPE has ended."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run what a command does, to its end or to Ctrl-C, and say nothing of it if nobody reads any more.

    Args:
        work: What it does.

    Raises:
        SystemExit: 130, it was interrupted; 141, who has read its output is gone.
    """
    try:
        result = asyncio.run(work)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Python flushes once more at exit: that is to fail nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_NOBODY_READS)
    return result


async def until_stopped() -> None:
    """Wait for SIGINT or SIGTERM, which are the ordinary end then."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stopped.set)
    try:
        await stopped.wait()
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
