"""An observer that keeps what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

__all__ = ["DEADLINE", "Log"]

DEADLINE = 10.0
"""Seconds, of the loop's time, for anything that is waited for."""


class Log(list[Any]):
    """What an observer was told, in order. It is the observer: `stream.subscribe(log)`.

    Example:
        import rxconvo
        from rxconvo.testing import Log

        async with rxconvo.connect("memory:", identity="ada") as ada:
            lunch = await ada.create_conversation()
            await lunch.join()
            log = Log()
            lunch.messages.added.subscribe(log)
            await lunch.send_message("hello")
            await log.until(lambda log: len(log) == 1)
            print(log[0].body)  # -> hello
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[asyncio.Future[None]] = []

    def __call__(self, value: object) -> None:
        """Keep a value, and wake who waits for it."""
        self.append(value)
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def of(self, *kinds: type) -> list[Any]:
        """Return what is an instance of one of these.

        Args:
            kinds: Classes, for example `MessageAdded`.
        """
        return [value for value in self if isinstance(value, kinds)]

    async def until(self, holds: Callable[[Self], bool]) -> None:
        """Wait until what was told is so.

        Args:
            holds: Gets this log, whenever something was told; at first at once.

        Raises:
            TimeoutError: It is not so after `DEADLINE` seconds.
        """
        async with asyncio.timeout(DEADLINE):
            while not holds(self):
                waiter = asyncio.get_running_loop().create_future()
                self._waiting.append(waiter)
                await waiter
