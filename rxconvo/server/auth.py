"""Access tokens: minting them, and every check before one is believed."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, TypeGuard

import jwt
import orjson

from rxconvo.errors import ArgumentError, TokenError
from rxconvo.types import Identity, Ids, JSONInput, Sid, WallClock

if TYPE_CHECKING:
    from rxconvo.server.keys import Keys

__all__ = ["LEEWAY", "MAX_LIFETIME", "MAX_TOKEN_BYTES", "Authority", "Grant", "check_grant", "is_identity"]

MAX_TOKEN_BYTES = 8 * 1024
"""A longer token is refused before anything of it is parsed."""

MAX_LIFETIME = 24 * 3600
"""Seconds between a token's issue and its end, at most."""

LEEWAY = 5
"""Seconds by which the clocks of issuer and service may differ."""

_LEAST_LIFE = 1
"""Seconds that a new token holds at least: its times are whole seconds, of which the first may be over already."""

_CONTENT_TYPE = "twilio-fpa;v=1"
_ALGORITHM = "HS256"
_PARTS = 3
_JWS = jwt.PyJWS()


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a verified token says.

    Attributes:
        identity: The user.
        expires_at: When it ends, in seconds since the epoch.
        key_sid: The key that signed it.
        token_id: Its `jti`, or None.
    """

    identity: Identity
    expires_at: float
    key_sid: Sid
    token_id: str | None


class Authority:
    """Issues and checks the access tokens of one service.

    Args:
        keys: Whose tokens count.
        wall: The time of day.
        ids: Makes the ids of minted tokens.

    Source: access token, shape and checks; RFC 8725.
    """

    def __init__(self, keys: Keys, *, wall: WallClock, ids: Ids) -> None:
        self._keys = keys
        self._wall = wall
        self._ids = ids

    def now(self) -> float:
        """Return the time of day in seconds since the epoch."""
        return self._wall().timestamp()

    def mint(self, identity: Identity, ttl: float = 3600.0) -> str:
        """Issue a token.

        Args:
            identity: The user it is for: 1 to 256 characters, no control characters.
            ttl: Seconds until it ends: more than 0, at most 24 hours; fractions are rounded up. It holds
                for a second at least.

        Raises:
            ArgumentError: One of them is not so.
        """
        check_grant(identity, ttl)
        now = self.now()
        issued = int(now)
        claims: dict[str, JSONInput] = {
            "jti": f"{self._keys.key_sid}-{self._ids()}",
            "iss": self._keys.key_sid,
            "sub": self._keys.account_sid,
            "iat": issued,
            "nbf": issued,
            "exp": max(ceil(now + _LEAST_LIFE), issued + ceil(ttl)),
            "grants": {"identity": identity, "chat": {"service_sid": self._keys.service_sid}},
        }
        headers = {"cty": _CONTENT_TYPE}
        # PyJWT names a type of an optional dependency in its signatures, here and in `_check_signature`.
        return jwt.encode(claims, self._keys.secret, _ALGORITHM, headers)  # pyright: ignore[reportUnknownMemberType]

    def verify(self, token: object) -> Grant:
        """Check a token in full.

        Args:
            token: What the client sent; anything but text is refused.

        Raises:
            TokenError: It is refused; the code says why.
        """
        if not isinstance(token, str) or not token.isascii() or len(token) > MAX_TOKEN_BYTES:
            raise TokenError(20101, "Invalid Access Token")
        self._check_header(token)
        claims = _claims(token)
        issuer = claims.get("iss")
        secret = self._keys.secret_of(issuer) if isinstance(issuer, str) else None
        if secret is None or not isinstance(issuer, str) or claims.get("sub") != self._keys.account_sid:
            raise TokenError(20103, "Invalid Access Token issuer/subject")
        _check_signature(token, secret)
        expires_at = self._check_times(claims)
        token_id = claims.get("jti")
        if token_id is not None and (not isinstance(token_id, str) or token_id in self._keys.revoked):
            raise TokenError(20101, "Invalid Access Token")
        return Grant(identity=self._granted(claims), expires_at=expires_at, key_sid=issuer, token_id=token_id)

    @staticmethod
    def _check_header(token: str) -> None:
        """Refuse what is no token of this kind, before its content is looked at."""
        if token.count(".") != _PARTS - 1:
            raise TokenError(20101, "Invalid Access Token")
        header = _decoded(token.split(".", 1)[0])
        fits = (header.get("typ"), header.get("alg"), header.get("cty")) == ("JWT", _ALGORITHM, _CONTENT_TYPE)
        if not fits or "crit" in header or "b64" in header:
            raise TokenError(20102, "Invalid Access Token header")

    def _check_times(self, claims: dict[str, object]) -> int:
        """Check the token's life, and return its end in seconds since the epoch."""
        now = self.now()
        expires_at, *starts = (claims.get(name) for name in ("exp", "iat", "nbf"))
        if not _is_instant(expires_at):
            raise TokenError(20101, "Invalid Access Token: exp must be a whole number of seconds")
        issued: list[float] = []
        for start in starts:
            if start is None:
                continue
            if not _is_instant(start):
                raise TokenError(20101, "Invalid Access Token: iat and nbf must be whole numbers of seconds")
            if start > now + LEEWAY:
                raise TokenError(20105, "Access Token not yet valid")
            issued.append(start)
        if expires_at <= now:
            raise TokenError(20104, "Access Token expired")
        if expires_at - min(issued, default=now) > MAX_LIFETIME + (0 if issued else LEEWAY):
            raise TokenError(20104, "Access Token expires too far in the future: at most 24 hours after its issue")
        return expires_at

    def _granted(self, claims: dict[str, object]) -> Identity:
        """Check the grants, and return whom they are for."""
        grants = claims.get("grants")
        if not _is_object(grants):
            raise TokenError(20106, "Invalid Access Token grants", status=403)
        chat = grants.get("chat", grants.get("ip_messaging"))
        identity = grants.get("identity")
        if not _is_object(chat) or chat.get("service_sid") != self._keys.service_sid or not is_identity(identity):
            raise TokenError(20106, "Invalid Access Token grants", status=403)
        return identity


def check_grant(identity: Identity, ttl: float) -> None:
    """Check what a token is to be issued for.

    Args:
        identity: See `Authority.mint`.
        ttl: See `Authority.mint`.

    Raises:
        ArgumentError: One of them is out of range.
    """
    if not is_identity(identity):
        raise ArgumentError("identity", "1 to 256 characters without control characters", identity)
    if not 0 < ttl <= MAX_LIFETIME:
        raise ArgumentError("ttl", f"more than 0 and at most {MAX_LIFETIME} seconds", ttl)


def is_identity(value: object) -> TypeGuard[Identity]:
    """Tell whether something can name a user: 1 to 256 characters, none of them a control or a lone surrogate."""
    return isinstance(value, str) and 1 <= len(value) <= 256 and all(map(_is_printable, value))


def _is_printable(character: str) -> bool:
    """Tell whether a character is none of Unicode's controls (Cc) and surrogates (Cs)."""
    code = ord(character)
    return not (code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000)


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_instant(value: object) -> TypeGuard[int]:
    """Tell whether a claim is a whole number of seconds; a boolean is an `int` only in Python."""
    return isinstance(value, int) and not isinstance(value, bool)


def _decoded(part: str) -> dict[str, object]:
    """Decode one part of a token, strictly."""
    try:
        value: object = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        raise TokenError(20101, "Invalid Access Token") from None
    if not _is_object(value):
        raise TokenError(20101, "Invalid Access Token")
    return value


def _claims(token: str) -> dict[str, object]:
    """Decode the claims. They choose the key, so they are believed only once the signature was checked."""
    return _decoded(token.split(".")[1])


def _check_signature(token: str, secret: str) -> None:
    """Compare the signature, in constant time."""
    try:
        _JWS.decode(token, secret, algorithms=[_ALGORITHM])  # pyright: ignore[reportUnknownMemberType]
    except jwt.InvalidSignatureError:
        raise TokenError(20107, "Invalid Access Token signature") from None
    except (jwt.PyJWTError, RecursionError):
        raise TokenError(20101, "Invalid Access Token") from None
