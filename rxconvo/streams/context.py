"""What all Observables of one client share: its scheduler, and where the faults of observers go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from rxconvo.errors import ObserverError
from rxconvo.streams.scheduler import LoopScheduler

__all__ = ["ISOLATED", "Context", "Report"]

Report: TypeAlias = Callable[[ObserverError], None]
"""Gets the fault of an observer. Must not raise."""

ISOLATED = (Exception, asyncio.CancelledError)
"""What an observer may raise without harm to the others. Anything else (`KeyboardInterrupt`, `SystemExit`) is meant
for the whole program; a `CancelledError` is not, since nobody cancels a callback."""


class Context:
    """What all Observables of one client share.

    Args:
        scheduler: The scheduler that chains get when `subscribe` is given none.
        report: Gets every fault of an observer.
    """

    __slots__ = ("_report", "_told", "scheduler")

    def __init__(self, scheduler: LoopScheduler, report: Report) -> None:
        self.scheduler = scheduler
        self._report = report
        self._told: tuple[BaseException, ...] = ()

    def failed(self, name: str, cause: BaseException, on_error: Callable[[Exception], None] | None) -> None:
        """Report that an observer raised, and end it through its own `on_error`.

        Args:
            name: The stream it observed.
            cause: What it raised.
            on_error: Its handler, which releases its chain; None if it has none or is disposed already.
        """
        error = ObserverError(name, cause)
        self._report(error)
        if on_error is None:
            return
        before, self._told = self._told, (cause, error)
        try:
            on_error(cause if isinstance(cause, Exception) else error)
        except ISOLATED as raised:
            self.unhandled(name, raised)
        finally:
            self._told = before

    def unhandled(self, name: str, error: BaseException) -> None:
        """Report an error that reached the end of a chain where nobody handles it.

        A chain without a handler brings back the very error that is being reported; that is no news.

        Args:
            name: The stream that the chain begins with.
            error: What nobody handled.
        """
        if not any(error is known for known in self._told):
            self._report(ObserverError(name, error))
