"""What `connect` returns: a client to be, awaited or entered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from types import TracebackType

    from rxconvo.client.client import Client

__all__ = ["Connecting"]


class Connecting:
    """A connection about to be made: `await` it for the client, or use it as an async context manager.

    Entered, it shuts the client down at the end of the block. Nothing happens before either.
    """

    __slots__ = ("_clients", "_start")

    def __init__(self, start: Callable[[], Coroutine[Any, Any, Client]]) -> None:
        self._start = start
        self._clients: list[Client] = []  # entered, the innermost last

    def __await__(self) -> Generator[Any, Any, Client]:
        """Connect and return the client once it is ready.

        Raises:
            ArgumentError: What `token` names returns nothing that can be awaited, or that gives no token.
            ConnectionError: The service could not be reached in time, or refused the token (`DeniedError`).
            RequestError: The service refused to tell what a client starts from.
            SyncError: The own user or the list of conversations cannot be opened.
            StoreError: The store of an embedded service cannot be used, or is in use elsewhere (`StoreLockedError`).
        """
        return self._start().__await__()

    async def __aenter__(self) -> Client:
        """Connect and return the client once it is ready."""
        client = await self._start()
        self._clients.append(client)
        return client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Shut the client down."""
        await self._clients.pop().shutdown()
