"""Addresses that carry their own proof: whoever has one may download one media, for a few minutes.

An address is somebody's, in whose place it downloads: when that one may not see the media any more, neither may it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rxconvo.types import Identity, Sid

__all__ = ["Signer"]

_MAX_DIGITS = 12


class Signer:
    """Signs addresses, and checks them.

    Args:
        secret: The service's own; the key that signs is derived from it, so that it is good for nothing else.
    """

    def __init__(self, secret: str) -> None:
        self._key = hmac.new(secret.encode(), b"rxconvo media download", hashlib.sha256).digest()

    def query(self, sid: Sid, identity: Identity, expires: int) -> str:
        """Return the query that allows to download a media.

        Args:
            sid: The media.
            identity: In whose place.
            expires: Until when, in seconds since the epoch.
        """
        signature = self._sign(sid, identity, str(expires))
        return urlencode({"Expires": expires, "Identity": identity, "Signature": signature})

    def identity(self, sid: Sid, query: Mapping[str, str], *, now: float) -> Identity | None:
        """Return in whose place a query asks for a media; None if it is not to be believed, or not any more.

        Args:
            sid: The media.
            query: The parameters.
            now: Seconds since the epoch.
        """
        expires, identity, signature = (query.get(name, "") for name in ("Expires", "Identity", "Signature"))
        if not (expires.isascii() and expires.isdigit() and len(expires) <= _MAX_DIGITS and now < int(expires)):
            return None
        good = hmac.compare_digest(_bytes_of(signature), self._sign(sid, identity, expires).encode())
        return identity if good else None

    def _sign(self, sid: Sid, identity: Identity, expires: str) -> str:
        return hmac.new(self._key, _bytes_of(f"{sid}\0{expires}\0{identity}"), hashlib.sha256).hexdigest()


def _bytes_of(text: str) -> bytes:
    """Return the bytes of any text, also of one that is none in UTF-8."""
    return text.encode("utf-8", "surrogatepass")
