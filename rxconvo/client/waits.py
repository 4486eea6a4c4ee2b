"""Futures that resolve when the state has become what somebody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from rxconvo.errors import RxconvoError

__all__ = ["Waits"]


class Waits:
    """Conditions over the state, each looked at again when what it depends on has changed.

    Each condition has a key, the sid of the conversation it is about (`""` for the client as a whole), so that a
    change of one conversation costs nothing to those who wait for another.
    """

    __slots__ = ("_failure", "_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._failure: Callable[[], Exception] | None = None
        self._loop = loop
        self._waiting: dict[str, list[tuple[Callable[[], bool], asyncio.Future[None]]]] = {}

    def __bool__(self) -> bool:
        """Tell whether anybody waits."""
        return bool(self._waiting)

    @property
    def keys(self) -> tuple[str, ...]:
        """What somebody waits for something about."""
        return tuple(self._waiting)

    def until(self, key: str, condition: Callable[[], bool]) -> asyncio.Future[None]:
        """Return a future that is done as soon as *condition* holds, which may be at once.

        An `RxconvoError` that *condition* raises ends the wait with it; cancelling the future ends the wait, too.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        if self._failure is not None:
            _fail(future, self._failure())
        elif not _settled(condition, future):
            self._waiting.setdefault(key, []).append((condition, future))
            future.add_done_callback(lambda done: self._forget(key) if done.cancelled() else None)
        return future

    async def pause(self, seconds: float) -> None:
        """Wait so long, and no longer than others wait for anything.

        Raises:
            Exception: Every wait has come to its end, as `fail` says.
        """
        end = self.until("", lambda: False)
        try:
            await asyncio.wait((end,), timeout=seconds)
            if end.done():
                end.result()
        finally:
            end.cancel()

    def recheck(self, keys: Iterable[str]) -> None:
        """Look again at the conditions under *keys*."""
        for key in keys:
            waiting = self._waiting.pop(key, None)
            if waiting is None:
                continue
            still = [entry for entry in waiting if not _settled(*entry)]
            if still:
                self._waiting[key] = still

    def _forget(self, key: str) -> None:
        """Drop what was cancelled, so that nothing is kept for somebody who has gone."""
        still = [entry for entry in self._waiting.pop(key, ()) if not entry[1].done()]
        if still:
            self._waiting[key] = still

    def fail(self, error: Callable[[], Exception]) -> None:
        """End every wait, also those to come, with a fresh *error*."""
        self._failure = error
        waiting, self._waiting = self._waiting, {}
        for entries in waiting.values():
            for _, future in entries:
                if not future.done():
                    _fail(future, error())


def _settled(condition: Callable[[], bool], future: asyncio.Future[None]) -> bool:
    if future.done():
        return True
    try:
        holds = condition()
    except RxconvoError as error:
        _fail(future, error)
        return True
    if holds:
        future.set_result(None)
    return holds


def _fail(future: asyncio.Future[None], error: Exception) -> None:
    future.set_exception(error)
    future.exception()  # seen: whoever waits still gets it, nobody is warned of the rest
