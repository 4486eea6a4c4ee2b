"""What a task or a timer is, in one line, for messages that must lead to the culprit."""

from __future__ import annotations

import asyncio
from pathlib import PurePath
from types import CoroutineType
from typing import Any

__all__ = ["describe_task", "describe_timer"]


def describe_task(task: asyncio.Task[Any]) -> str:
    """Tell a task's name and where it waits, from its outermost coroutine inwards.

    Args:
        task: A task of any loop.

    Returns:
        For example `task 'Task-3': run (driver.py:88) > get (queues.py:158)`.
    """
    places: list[str] = []
    awaited: object = task.get_coro()
    while isinstance(awaited, CoroutineType) and awaited.cr_frame is not None:
        code = awaited.cr_frame.f_code
        places.append(f"{code.co_qualname} ({PurePath(code.co_filename).name}:{awaited.cr_frame.f_lineno})")
        awaited = awaited.cr_await
    return f"task {task.get_name()!r}: {' > '.join(places) or 'at its end'}"


def describe_timer(timer: asyncio.TimerHandle, now: float) -> str:
    """Tell when a timer will fire and what it will call.

    Args:
        timer: A pending timer.
        now: Time of its loop, seconds.

    Returns:
        For example `timer in 30.0 s: <TimerHandle when=30.0 Client.ping() at client.py:12>`.
    """
    return f"timer in {timer.when() - now} s: {timer!r}"
