"""Putting tokens in force: those that the application gives, and those that the provider has before one ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from rxconvo.errors import ConnectionError

if TYPE_CHECKING:
    from rxconvo.client.tokens import Tokens
    from rxconvo.types import Clock

__all__ = ["Renewal"]

_PAUSE: Final = 10.0  # seconds; a token that ends within minutes is announced to end as soon as it is in force


class Renewal:
    """Replaces the token in force, and tells who waits for it what the service thinks of the new one.

    Args:
        tokens: Where tokens come from.
        use: Makes use of the token that is now in force; tells whether it was sent, so that an answer will come.
        report: Takes a failure of the provider.
        clock: The loop's clock.
    """

    def __init__(
        self, tokens: Tokens, *, use: Callable[[str], bool], report: Callable[[ConnectionError], None], clock: Clock
    ) -> None:
        self._tokens = tokens
        self._use = use
        self._report = report
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None
        self._asked = -_PAUSE  # when the provider was asked last because a token was about to expire

    async def update(self, token: str) -> None:
        """Put *token* in force, and wait until the service has taken it or there is no connection to ask it on.

        Where another token is in force and there is no connection, there is nothing to wait for.

        Raises:
            ConnectionError: The service did not take it.
        """
        if token != self._tokens.in_force:
            spent = self._tokens.in_force is None
            self._tokens.replace(token)
            sent = self._use(token)
            if not (sent or spent):
                return
        elif not self._waiting:
            return
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(future)
        await future

    def settle(self, error: ConnectionError | None = None) -> None:
        """Tell who waits that the token was taken, or will be used on the next connection, or why not."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)

    def begin(self) -> None:
        """Have the provider, if there is one, hand out the next token: the one in force is about to expire."""
        if self._tokens.renewable and (self._task is None or self._task.done()):
            self._task = self._loop.create_task(self._renew(), name="rxconvo token renewal")

    def close(self) -> None:
        """Ask the provider no more, and tell who waits that there will be no connection."""
        if self._task is not None:
            self._task.cancel()
        self.settle(ConnectionError("the client was shut down", terminal=True))

    async def _renew(self) -> None:
        """Ask the provider for the next token, but not all the time where tokens are short-lived."""
        await asyncio.sleep(self._asked + _PAUSE - self._clock())
        self._asked = self._clock()
        try:
            token = await self._tokens.renew()
        except ConnectionError as error:
            self._report(error)
        else:
            self._tokens.replace(token)
            self._use(token)
