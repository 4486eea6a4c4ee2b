"""Pseudonyms: the same text gets the same one within a recording, and nobody without the key can tell which."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from functools import lru_cache
from typing import Final

from rxconvo.types import JSON

__all__ = ["DEEPEST", "SHORTEST", "Pseudonyms"]

SHORTEST: Final = 8
"""Characters of the shortest pseudonym, so that two people with short names do not become one."""

DEEPEST: Final = 100
"""Levels of JSON that are kept: what is deeper is nobody's, and would end the thread's stack."""

_REMEMBERED: Final = 4096  # texts whose pseudonyms are kept at hand
_LONGEST: Final = 256  # characters of such a text


class Pseudonyms:
    """Makes pseudonyms.

    Args:
        key: At least 16 unguessable bytes, used for one recording and then forgotten.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(key).digest()
        self._known = lru_cache(_REMEMBERED)(self._make)

    def text(self, text: str) -> str:
        """Return what stands for a text: letters and digits, as many as it has, but not fewer than `SHORTEST`."""
        return self._known(text) if len(text) <= _LONGEST else self._make(text)

    def number(self, number: float) -> float:
        """Return what stands for a number: a whole one for a whole one, of as many digits."""
        digits = len(repr(abs(number)).replace(".", ""))
        drawn: int = int.from_bytes(self._draw(repr(number), 16))
        whole: int = drawn % int(10 ** min(digits, 15))
        return whole if isinstance(number, int) else whole / 100

    def value(self, value: JSON, depth: int = DEEPEST) -> JSON:
        """Return what stands for JSON of which nothing is known: its form stays, and which of it is equal to which.

        Args:
            value: The JSON.
            depth: How deep it may be; what lies deeper is left out.
        """
        match value:
            case dict() | list() if not depth:
                return None
            case dict():
                return {self.text(name): self.value(member, depth - 1) for name, member in value.items()}
            case list():
                return [self.value(member, depth - 1) for member in value]
            case str():
                return self.text(value)
            case bool() | None:
                return value
            case _:
                return self.number(value)

    def _make(self, text: str) -> str:
        if not text:
            return ""
        length = max(len(text), SHORTEST)
        return b32encode(self._draw(text, length * 5 // 8 + 1)).decode()[:length].lower()

    def _draw(self, text: str, length: int) -> bytes:
        return hashlib.shake_256(self._key + text.encode("utf-8", "surrogatepass")).digest(length)
