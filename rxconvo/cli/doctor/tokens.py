"""Access tokens: what one says, and what the service says to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import jwt

from rxconvo.cli.doctor.finding import Finding
from rxconvo.cli.text import one_line
from rxconvo.client import Environment
from rxconvo.errors import TokenError
from rxconvo.server import Authority, Keys
from rxconvo.server.auth import LEEWAY, MAX_TOKEN_BYTES

__all__ = ["check_against_keys", "check_token", "refusal"]

_ANOTHER: Final = "`rxconvo token IDENTITY --store …` beside the service's store prints one that fits"

_REFUSALS: Final = {
    20101: ("it is garbled", "copy it as a whole, without line breaks; " + _ANOTHER),
    20102: ("it is no access token of this kind", _ANOTHER),
    20103: ("it is of another account, or signed with a key that the service does not know", _ANOTHER),
    20104: ("it has expired", "make another: `rxconvo token IDENTITY`"),
    20105: ("it is not yet valid: it was made by a clock that is ahead", "set the clocks by NTP"),
    20106: ("it grants nothing here: it is for another service sid, or for nobody", _ANOTHER),
    20107: ("its signature is wrong: the secret of the key has changed, or it was tampered with", _ANOTHER),
}
"""What the codes of refusals mean, and what helps."""


def refusal(code: int | None, told: str) -> Finding:
    """Explain why a service refuses a token.

    Args:
        code: The refusal's code.
        told: What the service said.
    """
    meaning, advice = _REFUSALS.get(code or 0, (one_line(told), _ANOTHER))
    return Finding("fail", "token", f"refused: {meaning}{f' (code {code})' if code else ''}", advice)


def check_token(token: str, now: datetime) -> Iterator[Finding]:
    """Check what a token says by itself. Nobody can tell without its key whether that is true.

    Args:
        token: The token.
        now: What the service's clock shows.
    """
    claims = _claims(token)
    if claims is None:
        meaning, advice = _REFUSALS[20101]
        yield Finding("fail", "token", f"{meaning}: {_shape(token)}", advice)
        return
    grants = claims.get("grants")
    identity = cast("dict[str, Any]", grants).get("identity") if isinstance(grants, dict) else None
    who = f"for {one_line(str(identity))}" if identity else "for nobody"
    expires, starts = _instant(claims.get("exp")), _instant(claims.get("nbf", claims.get("iat")))
    if expires is None:
        yield Finding("fail", "token", f"{who}, without a time at which it expires", _ANOTHER)
    elif expires <= now:
        meaning, advice = _REFUSALS[20104]
        yield Finding(
            "fail", "token", f"{who}, expired {_span(now - expires)} ago ({expires:%Y-%m-%d %H:%M} UTC)", advice
        )
    elif starts is not None and starts > now + timedelta(seconds=LEEWAY):
        meaning, advice = _REFUSALS[20105]
        yield Finding("fail", "token", f"{who}, not yet valid for {_span(starts - now)}: made by a clock ahead", advice)
    elif not identity:
        yield Finding("fail", "token", who, _ANOTHER)
    else:
        yield Finding("ok", "token", f"{who}, for another {_span(expires - now)}")


def check_against_keys(token: str, keys: Keys) -> Iterator[Finding]:
    """Compare a token with the keys that are at hand, where these are not those that it needs.

    Args:
        token: The token.
        keys: The keys.
    """
    world = Environment()
    try:
        Authority(keys, wall=world.wall, ids=world.ids).verify(token)
    except TokenError as error:
        claims = _claims(token) or {}
        if error.code == 20103 and claims.get("sub") != keys.account_sid:
            told = f"of account {_sid(claims.get('sub'))}; the keys of --store are of {_sid(keys.account_sid)}"
        elif error.code == 20103:
            told = f"signed with key {_sid(claims.get('iss'))}; the key of --store is {_sid(keys.key_sid)}"
        elif error.code in {20106, 20107}:
            told = _REFUSALS[error.code][0]
        else:
            return  # what it says by itself was told already
        yield Finding("warn", "token", f"{told}: a service with that store refuses it", _ANOTHER)


def _claims(token: str) -> dict[str, Any] | None:
    if len(token) > MAX_TOKEN_BYTES:
        return None
    try:
        # PyJWT names a type of an optional dependency in its signature.
        return jwt.decode(token, options={"verify_signature": False})  # pyright: ignore[reportUnknownMemberType]
    except (jwt.PyJWTError, RecursionError, ValueError):
        return None


def _shape(token: str) -> str:
    parts = token.count(".") + 1
    if parts == 3:
        return "what it holds cannot be read"
    return f"it has {parts} part{'' if parts == 1 else 's'} instead of 3, {len(token):,} characters in all"


def _instant(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(cast("float", value)), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def _sid(value: object) -> str:
    text = one_line(str(value))
    return text if len(text) <= 12 else f"{text[:10]}…"
