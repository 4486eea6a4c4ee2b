"""How commands that take their time are run, and how they end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from rxconvo.cli.failure import INTERRUPTED

__all__ = ["run", "stopping", "together"]

T = TypeVar("T")

_STOPS: Final = (signal.SIGINT, signal.SIGTERM)

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


@contextmanager
def stopping(stopped: asyncio.Event) -> Generator[None]:
    """Have SIGINT and SIGTERM set an event, as the ordinary end.

    Args:
        stopped: The event.
    """
    loop = asyncio.get_running_loop()
    for number in _STOPS:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield
    finally:
        for number in _STOPS:
            loop.remove_signal_handler(number)


async def together(*work: Coroutine[Any, Any, T]) -> list[T]:
    """Run several things at once, and return their results; the first that fails ends all.

    Args:
        work: They.

    Raises:
        BaseException: What the first one has raised.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
