"""Where access tokens come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeAlias

from rxconvo.errors import ArgumentError, DeniedError

__all__ = ["TokenProvider", "Tokens"]

TokenProvider: TypeAlias = Callable[[], Awaitable[str]]
"""An async callable that returns a fresh access token each time."""


class Tokens:
    """The token in force and where the next one comes from.

    Args:
        source: A token, or an async callable that is asked for one at the start and again before each expiry.
    """

    __slots__ = ("_current", "_provider")

    KIND: ClassVar[str] = "a non-empty string or an async callable returning one"

    def __init__(self, source: str | TokenProvider) -> None:
        self._provider: TokenProvider | None = None
        self._current: str | None = None
        if isinstance(source, str):
            self.replace(source)
        elif callable(source):
            self._provider = source
        else:
            raise ArgumentError("token", self.KIND, source)

    @property
    def renewable(self) -> bool:
        """Whether a fresh token can be had without the application's help."""
        return self._provider is not None

    @property
    def usable(self) -> bool:
        """Whether there is a token to connect with, or one can be had."""
        return self._current is not None or self._provider is not None

    async def current(self) -> str:
        """Return the token in force, asking for the first one.

        Raises:
            DeniedError: The token was spent and there is no provider.
        """
        if self._current is not None:
            return self._current
        if self._provider is None:
            raise DeniedError("the token was refused; update_token() takes another", terminal=True)
        return await self.renew()

    async def renew(self) -> str:
        """Ask the provider for a fresh token.

        Raises:
            ArgumentError: It returned something else.
        """
        if self._provider is None:
            raise DeniedError("there is no token provider", terminal=True)
        token = await self._provider()
        self.replace(token)
        return token

    def replace(self, token: str) -> None:
        """Put *token* in force.

        Raises:
            ArgumentError: It is no non-empty string.
        """
        if not token or type(token) is not str:
            raise ArgumentError("token", self.KIND)  # never show what was given: it may be most of a secret
        self._current = token

    def spend(self) -> None:
        """Forget the token in force: the service has refused it."""
        self._current = None
