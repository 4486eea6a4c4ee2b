"""What a piece of code leaves behind: tasks, timers, open descriptors, threads.

What was there before is not looked at. The plugin puts every asynchronous test inside a block of `no_leaks`.

Example:
    import rxconvo
    from rxconvo.testing import no_leaks

    async with no_leaks():
        async with rxconvo.connect("memory:", identity="ada") as client:
            await client.create_conversation()
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rxconvo.errors import RxconvoError
from rxconvo.testing.describe import describe_task, describe_timer
from rxconvo.testing.loop import VirtualLoop
from rxconvo.testing.timers import RecordingLoop

__all__ = ["Held", "LeakError", "held", "leaks_since", "no_leaks"]

_DESCRIPTORS = Path("/proc/self/fd")
_PAUSE = 0.01


class LeakError(RxconvoError, AssertionError):
    """Something was left behind.

    Attributes:
        leaks: One line for each thing.
    """

    def __init__(self, leaks: list[str]) -> None:
        self.leaks = leaks
        super().__init__("left behind:" + "".join(f"\n  {leak}" for leak in leaks))


@dataclass(frozen=True, slots=True)
class Held:
    """What is held at one moment: each thing, and one line that tells what it is.

    Attributes:
        tasks: Unfinished tasks of the loop, but for the current one.
        timers: Timers of the loop that will still fire. Empty for a loop that is no `RecordingLoop`: it cannot tell.
        descriptors: Open descriptors of the process, by number and target. Empty where there is no `/proc`.
        threads: Threads of the process, but for those of asyncio's default executor, which end with the loop.
    """

    tasks: dict[asyncio.Task[object], str]
    timers: dict[asyncio.TimerHandle, str]
    descriptors: dict[tuple[int, str], str]
    threads: dict[threading.Thread, str]

    def since(self, before: Held) -> list[str]:
        """Tell what is held now and was not before.

        Args:
            before: The same loop's, from an earlier moment.

        Returns:
            One line for each thing, empty if there is none.
        """
        kinds = (
            (self.tasks, before.tasks),
            (self.timers, before.timers),
            (self.descriptors, before.descriptors),
            (self.threads, before.threads),
        )
        return [line for now, then in kinds for thing, line in now.items() if thing not in then]


def held() -> Held:
    """Take stock of the running loop and of the process.

    Returns:
        What is held now.
    """
    loop = asyncio.get_running_loop()
    timers = loop.timers() if isinstance(loop, RecordingLoop) else []
    return Held(
        tasks={task: describe_task(task) for task in asyncio.all_tasks() - {asyncio.current_task()}},
        timers={timer: describe_timer(timer, loop.time()) for timer in timers},
        descriptors={descriptor: "descriptor {} of {}".format(*descriptor) for descriptor in _descriptors()},
        threads={
            thread: f"thread {thread.name!r}"
            for thread in threading.enumerate()
            if not thread.name.startswith("asyncio_")
        },
    )


async def leaks_since(before: Held, *, grace: float = 1.0) -> list[str]:
    """Tell what is held now and was not before, once all that is about to end has ended.

    On a `VirtualLoop` that is what can end at this instant of virtual time; besides, sockets and threads get *grace*.

    Args:
        before: The running loop's, from an earlier moment.
        grace: Real seconds to wait at most. It is used only if there seem to be leaks.

    Returns:
        One line for each thing, empty if there is none.
    """
    loop = asyncio.get_running_loop()
    give_up_at = time.monotonic() + grace
    while True:
        if isinstance(loop, VirtualLoop):
            await loop.settle()
        now = held()
        leaks = now.since(before)
        if not leaks or time.monotonic() >= give_up_at:
            return leaks
        if not isinstance(loop, VirtualLoop):
            await asyncio.sleep(_PAUSE)
        elif now.tasks.keys() - before.tasks.keys() or now.timers.keys() - before.timers.keys():
            return leaks  # virtual time stands still, so these cannot end
        else:
            time.sleep(_PAUSE)  # noqa: ASYNC251 - so does the loop, while a thread takes its moment to end


@asynccontextmanager
async def no_leaks(*, grace: float = 1.0) -> AsyncGenerator[None]:
    """Fail unless the block gives back all that it takes.

    Args:
        grace: Real seconds that what is about to end may take to do so, as for `leaks_since`.

    Raises:
        LeakError: On leaving the block, if it left something behind. Not if it raised: then that counts.
    """
    before = held()
    yield
    if leaks := await leaks_since(before, grace=grace):
        raise LeakError(leaks)


def _descriptors() -> set[tuple[int, str]]:
    """List the open descriptors with what they lead to."""
    if not _DESCRIPTORS.is_dir():
        return set()
    found: set[tuple[int, str]] = set()
    for entry in _DESCRIPTORS.iterdir():
        try:
            found.add((int(entry.name), str(entry.readlink())))
        except FileNotFoundError:  # the listing's own
            continue
    return found
