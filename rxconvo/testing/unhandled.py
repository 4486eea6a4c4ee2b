"""Exceptions that only the event loop gets to see.

asyncio hands an exception that nobody can catch (of a callback, of a task that nobody awaited) to the loop's exception
handler, which logs it; the test that caused it passes all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from rxconvo.errors import RxconvoError

__all__ = ["UnhandledError", "no_unhandled"]


class UnhandledError(RxconvoError, AssertionError):
    """Something was reported to the loop's exception handler. `__cause__` is the first exception, if there was one.

    Attributes:
        contexts: The reports, as asyncio makes them.
    """

    def __init__(self, contexts: list[dict[str, Any]]) -> None:
        self.contexts = contexts
        exceptions = [context["exception"] for context in contexts if "exception" in context]
        self.__cause__ = exceptions[0] if exceptions else None
        reports = "".join(f"\n  {context['message']}: {context.get('exception')!r}" for context in contexts)
        super().__init__(f"reported to the event loop's exception handler:{reports}")


@contextmanager
def no_unhandled(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """Fail if an exception within the block reaches the loop's exception handler.

    It is still logged. Code that expects such reports sets a handler of its own, which then gets them instead.

    Args:
        loop: The loop to listen to.

    Raises:
        UnhandledError: On leaving the block, if there was such a report. Not if the block raised: then that counts.
    """
    __tracebackhide__ = True  # pytest then shows where the exception comes from
    contexts: list[dict[str, Any]] = []

    def note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        contexts.append(context)
        loop.default_exception_handler(context)

    previous = loop.get_exception_handler()
    loop.set_exception_handler(note)
    try:
        yield
    finally:
        loop.set_exception_handler(previous)
    if contexts:
        raise UnhandledError(contexts)
