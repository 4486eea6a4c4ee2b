"""The connection of a client that plays a recording: a transport without a wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from rxconvo.errors import ConnectionError

__all__ = ["Line"]


class Line:
    """One connection. A `Transport`.

    Args:
        take: Gets each message of the client.
        gone: Told once, when it has ended.
    """

    def __init__(self, take: Callable[[Line, bytes], None], gone: Callable[[Line], None]) -> None:
        self._take = take
        self._gone = gone
        self._inbox: list[bytes] = []
        self._ended: str | None = None
        self._reader: asyncio.Future[None] | None = None

    @property
    def buffered(self) -> int:
        """Nothing: what is written is taken at once."""
        return 0

    @property
    def quiet(self) -> bool:
        """Whether the client has taken everything and waits for more, or has gone."""
        return self._ended is not None or (not self._inbox and self._reader is not None and not self._reader.done())

    async def receive(self) -> Sequence[bytes]:
        """Take what has arrived. See `Transport.receive`."""
        while not self._inbox:
            if self._ended is not None:
                raise ConnectionError(self._ended)
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        taken, self._inbox = self._inbox, []
        return taken

    def write(self, messages: Iterable[bytes]) -> None:
        """Take messages of the client. See `Transport.write`."""
        for message in messages:
            if self._ended is None:
                self._take(self, message)

    async def drain(self) -> None:
        """Do nothing: nothing is buffered."""

    async def close(self, code: int = 1000) -> None:
        """End it. See `Transport.close`."""
        self.end(f"the connection was closed here (code {code})")

    def abort(self) -> None:
        """End it. See `Transport.abort`."""
        self.end("the connection was cut")

    def tell(self, messages: Iterable[bytes]) -> None:
        """Send messages to the client."""
        if self._ended is None:
            self._inbox.extend(messages)
            self._wake()

    def end(self, reason: str) -> None:
        """End it, for the reason that reading raises once all was read."""
        if self._ended is None:
            self._ended = reason
            self._wake()
            self._gone(self)

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
