"""Where access tokens come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Final, TypeAlias

from rxconvo.errors import ArgumentError, ConnectionError, DeniedError

__all__ = ["TokenProvider", "Tokens", "check_token"]

TokenProvider: TypeAlias = Callable[[], Awaitable[str]]
"""An async callable that returns a fresh access token each time."""


_MAX_TOKEN: Final = 8 * 1024
_KIND: Final = f"a non-empty ASCII string of at most {_MAX_TOKEN} characters"
_SOURCE: Final = "a string, or an async callable (one whose result can be awaited)"


class Tokens:
    """The token in force and where the next one comes from.

    Args:
        source: A token, or an async callable that is asked for one at the start and again before each expiry.

    Attributes:
        in_force: The token in force, or None.
    """

    __slots__ = ("_provider", "in_force")

    def __init__(self, source: str | TokenProvider) -> None:
        self._provider: TokenProvider | None = None
        self.in_force: str | None = None
        if callable(source):
            self._provider = source
        else:
            self.replace(source)

    @property
    def renewable(self) -> bool:
        """Whether a fresh token can be had without the application's help."""
        return self._provider is not None

    @property
    def usable(self) -> bool:
        """Whether there is a token to connect with, or one can be had."""
        return self.in_force is not None or self.renewable

    async def current(self) -> str:
        """Return the token in force, asking for one where there is none.

        Raises:
            DeniedError: The token was spent and there is no provider.
            ConnectionError: The provider failed.
        """
        if self.in_force is None:
            token = await self.renew()
            if self.in_force is None:  # the application may have put another one in force meanwhile
                self.in_force = token
        return self.in_force

    async def renew(self) -> str:
        """Ask the provider for a fresh token, which is not in force yet.

        Raises:
            DeniedError: There is no provider.
            ConnectionError: The provider failed; because of an `ArgumentError` if it is none, or returned no token.
        """
        if self._provider is None:
            raise DeniedError("the token was refused; update_token() takes another", terminal=True)
        try:
            return await _provided(self._provider)
        except Exception as error:  # the application's provider may raise anything
            raise ConnectionError(f"the token provider failed: {error!r}") from error

    def replace(self, token: str) -> None:
        """Put *token* in force.

        Raises:
            ArgumentError: It is no token.
        """
        self.in_force = check_token(token)

    def spend(self) -> None:
        """Forget the token in force: the service has refused it."""
        self.in_force = None


def check_token(token: object) -> str:
    """Check that something can be sent as a token. What it says is the service's affair.

    Returns:
        The token.

    Raises:
        ArgumentError: It is no non-empty ASCII string, or too long.
    """
    if not isinstance(token, str) or not token.isascii() or not 0 < len(token) <= _MAX_TOKEN:
        raise ArgumentError("token", _KIND)  # never show what was given: it may be most of a secret
    return token


async def _provided(provider: Callable[[], object]) -> str:
    """Return a token of a provider, which may be anything that can be called."""
    provided = provider()
    if not isawaitable(provided):
        raise ArgumentError("token", _SOURCE)
    return check_token(await provided)
