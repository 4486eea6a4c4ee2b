"""Who is let in: a token leads to the one client that all pages of its identity share.

A token is verified by connecting with it, before anything is done for whoever shows it. What it says of itself is
believed only then, and only to know when it ends.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, TypeAlias, cast

import orjson
from msgspec import Struct

from rxconvo import Client, Connecting, Environment
from rxconvo.errors import ArgumentError, DeniedError
from rxconvo.integrations.dashboard.seat import Seat
from rxconvo.types import Identity, WallClock

__all__ = ["Access", "Connect", "FullError", "NoTokenError", "OverError", "RefusedError"]

Connect: TypeAlias = Callable[[str], Connecting]
"""Connects with a token, to any upstream."""

_MAX_TOKEN: Final = 8 * 1024


class RefusedError(Exception):
    """Whoever asks is not let in: the service refuses the token, or its time is over."""


class NoTokenError(RefusedError):
    """Whoever asks shows no token."""


class OverError(Exception):
    """What is shared has ended, as the token of whoever came first has; whoever has another one comes in again."""


class FullError(Exception):
    """There is no room for one more, for now."""


class _User(Struct, frozen=True):
    """Whom a token is of. Services that have nothing to do with each other may have users of the same name.

    Attributes:
        identity: The name.
        account: The account that the token is of; None where it does not say.
        service: The service of that account; None where it does not say.
    """

    identity: Identity
    account: str | None
    service: str | None


class _Pass(Struct, frozen=True):
    """A token that was verified.

    Attributes:
        user: Whom it is of.
        seat: Where it leads to.
        expires_at: Unix time; None where it does not say.
    """

    user: _User
    seat: Seat
    expires_at: float | None


class Access:
    """The clients of those who are let in, by user.

    Args:
        connect: Connects with a token.
        max_clients: Users at once.
        max_tokens: Tokens that are remembered; of more, the one that was not used for longest is verified anew.
        max_attempts: Tokens that are verified at the same time.
        linger: Seconds that a client is kept after its last page.
        wall: The time of day, for the ends of tokens.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        max_clients: int = 100,
        max_tokens: int = 1_000,
        max_attempts: int = 8,
        linger: float = 10.0,
        wall: WallClock | None = None,
    ) -> None:
        self._connect = connect
        self._max_clients = max_clients
        self._max_tokens = max_tokens
        self._max_attempts = max_attempts
        self._linger = linger
        self._wall = wall or Environment().wall
        self._passes: OrderedDict[bytes, _Pass] = OrderedDict()  # by the token's hash, least recently used first
        self._seats: dict[_User, Seat] = {}
        self._attempts: dict[bytes, asyncio.Task[_Pass]] = {}
        self._goodbyes: set[asyncio.Task[None]] = set()

    @property
    def identities(self) -> frozenset[Identity]:
        """Whose clients there are."""
        return frozenset(user.identity for user in self._seats)

    @asynccontextmanager
    async def enter(self, token: str | None) -> AsyncGenerator[Seat]:
        """Let somebody in for the length of a block. It is ended where the token ends, or the client does.

        Args:
            token: What they show; None where that is nothing.

        Returns:
            What they share with all other pages of the same user.

        Raises:
            NoTokenError: They show none.
            RefusedError: They are not let in, or their time is over.
            OverError: The client they share has ended, for example with the token of whoever came first.
            FullError: There are too many of them.
            RxconvoError: The service cannot be reached, or does not answer.
        """
        if not token:
            raise NoTokenError
        if not token.isascii() or len(token) > _MAX_TOKEN:
            raise RefusedError
        found = await self._verified(token)
        seat = found.seat
        limit = asyncio.timeout(None if found.expires_at is None else found.expires_at - self._wall().timestamp())
        end = limit.when()
        try:
            async with limit:
                seat.enter(limit)
                yield seat
        except TimeoutError:
            if not limit.expired():
                raise
            raise RefusedError if limit.when() == end else OverError from None
        finally:
            seat.leave(limit)

    async def close(self) -> None:
        """Send everybody away, and shut all clients down. May be called again."""
        for attempt in self._attempts.values():
            attempt.cancel()
        for user, seat in list(self._seats.items()):
            self._let_go(user, seat)
        await asyncio.gather(*self._attempts.values(), *self._goodbyes, return_exceptions=True)

    async def _verified(self, token: str) -> _Pass:
        digest = hashlib.sha256(token.encode()).digest()
        known = self._passes.get(digest)
        if known is not None and self._holds(known):
            self._passes.move_to_end(digest)
            return known
        attempt = self._attempts.get(digest)
        if attempt is None:
            if len(self._attempts) >= self._max_attempts:
                raise FullError
            attempt = asyncio.create_task(self._verify(digest, token), name="rxconvo dashboard sign-in")
            self._attempts[digest] = attempt
            attempt.add_done_callback(partial(self._tried, digest))
        return await asyncio.shield(attempt)  # which others may wait for, too

    def _tried(self, digest: bytes, attempt: asyncio.Task[_Pass]) -> None:
        del self._attempts[digest]
        if not attempt.cancelled():
            attempt.exception()  # looked at: whoever asked may be gone

    def _holds(self, known: _Pass) -> bool:
        in_time = known.expires_at is None or known.expires_at > self._wall().timestamp()
        return in_time and self._seats.get(known.user) is known.seat

    async def _verify(self, digest: bytes, token: str) -> _Pass:
        try:
            client = await self._connect(token)
        except (DeniedError, ArgumentError):
            raise RefusedError from None
        claims = _claims_of(token)
        user = _user_of(client.identity, claims)
        seat = self._seats.get(user)
        if seat is None:
            seat = await self._sit_down(user, client)
        else:
            await client.shutdown()
        found = self._passes[digest] = _Pass(user, seat, _end_of(claims))
        if len(self._passes) > self._max_tokens:
            self._passes.popitem(last=False)
        return found

    async def _sit_down(self, user: _User, client: Client) -> Seat:
        if len(self._seats) >= self._max_clients:
            idle = next((idle for idle, seat in self._seats.items() if not seat.taken), None)
            if idle is None:
                await client.shutdown()
                raise FullError
            self._let_go(idle, self._seats[idle])
        seat = Seat(client, linger=self._linger, over=partial(self._let_go, user))
        self._seats[user] = seat
        return seat

    def _let_go(self, user: _User, seat: Seat) -> None:
        """Send away all who share a client, and shut it down."""
        if self._seats.get(user) is not seat:
            return
        del self._seats[user]
        for digest in [digest for digest, known in self._passes.items() if known.seat is seat]:
            del self._passes[digest]
        goodbye = asyncio.create_task(seat.close(), name="rxconvo dashboard goodbye")
        self._goodbyes.add(goodbye)
        goodbye.add_done_callback(self._goodbyes.discard)


def _claims_of(token: str) -> Mapping[str, object]:
    """Return what a token says that the service has taken; nothing where it is none of the usual kind."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return _object(claims)


def _user_of(identity: Identity, claims: Mapping[str, object]) -> _User:
    """Return whom a token is of.

    Source: Tokens: `sub` is the account, and the grant `chat` (once `ip_messaging`) names the service.
    """
    grants = _object(claims.get("grants"))
    grant = _object(grants.get("chat") or grants.get("ip_messaging"))
    return _User(identity, _text(claims.get("sub")), _text(grant.get("service_sid")))


def _end_of(claims: Mapping[str, object]) -> float | None:
    """Return when a token ends, in Unix time; None where it does not say."""
    end = claims.get("exp")
    return float(end) if isinstance(end, int | float) and not isinstance(end, bool) else None


def _object(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
