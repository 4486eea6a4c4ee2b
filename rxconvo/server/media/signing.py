"""Addresses that carry their own proof: whoever has one may download one media, for a few minutes."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rxconvo.types import Sid

__all__ = ["Signer"]

_MAX_DIGITS = 12


class Signer:
    """Signs addresses, and checks them.

    Args:
        secret: The service's own; the key that signs is derived from it, so that it is good for nothing else.
    """

    def __init__(self, secret: str) -> None:
        self._key = hmac.new(secret.encode(), b"rxconvo media download", hashlib.sha256).digest()

    def query(self, sid: Sid, expires: int) -> str:
        """Return the query that allows to download a media.

        Args:
            sid: The media.
            expires: Until when, in seconds since the epoch.
        """
        return urlencode({"Expires": expires, "Signature": self._sign(sid, str(expires))})

    def allows(self, sid: Sid, query: Mapping[str, str], *, now: float) -> bool:
        """Tell whether a query allows to download a media.

        Args:
            sid: The media.
            query: The parameters.
            now: Seconds since the epoch.
        """
        expires, signature = query.get("Expires", ""), query.get("Signature", "")
        good = hmac.compare_digest(_bytes_of(signature), self._sign(sid, expires).encode())
        return good and expires.isascii() and expires.isdigit() and len(expires) <= _MAX_DIGITS and now < int(expires)

    def _sign(self, sid: Sid, expires: str) -> str:
        return hmac.new(self._key, _bytes_of(f"{sid}\0{expires}"), hashlib.sha256).hexdigest()


def _bytes_of(text: str) -> bytes:
    """Return the bytes of any text, also of one that is none in UTF-8."""
    return text.encode("utf-8", "surrogatepass")
