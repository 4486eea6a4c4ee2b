"""How commands that take their time are run, and how they end."""

from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import stat
import sys
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from rxconvo.cli.failure import INTERRUPTED

__all__ = ["run", "stopping", "together", "while_read"]

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


async def while_read(work: Coroutine[Any, Any, T]) -> T:
    """Do what only the output is for, and end it once nobody reads that, also where there is nothing to write.

    Args:
        work: It.

    Raises:
        BrokenPipeError: Stdout is a pipe whose reader is gone.
    """
    pipe = _stdout_pipe()
    if pipe is None:
        return await work
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    gone = False

    def look() -> None:
        nonlocal gone
        loop.remove_reader(pipe)
        if _is_unread(pipe):  # else it is one that can be read from as well, and has just something in it
            gone = True
            task.cancel()

    loop.add_reader(pipe, look)  # of a pipe's writing end, this tells its end
    try:
        return await task
    except asyncio.CancelledError:
        if not gone:
            raise
        raise BrokenPipeError from None
    finally:
        loop.remove_reader(pipe)


def _stdout_pipe() -> int | None:
    """Return the number of stdout where that is a pipe."""
    try:
        number = sys.stdout.fileno()
    except io.UnsupportedOperation:  # somebody has put something else in its place
        return None
    return number if stat.S_ISFIFO(os.fstat(number).st_mode) else None


def _is_unread(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, 0)
    return bool(poll.poll(0))  # POLLERR, which is told unasked


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
