"""Whatever somebody has written as text that a terminal prints, and does not obey."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["json_line", "one_line", "printable"]

_SPACES: Final = re.compile(r"[^\S\r\n]")

_UNSEEN: Final = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What JSON lets stand, and terminals obey or do not show: C1 controls, directions of writing, invisible letters."""


def printable(text: str) -> str:
    """Return a text without what could steer a terminal or hide in it; line breaks stay, and all spaces are plain."""
    return "\n".join(
        "".join(filter(str.isprintable, _SPACES.sub(" ", line.expandtabs(4)))) for line in text.splitlines()
    )


def one_line(text: str) -> str:
    """Return a text as one line of plain text, whatever is in it."""
    return " ".join(printable(text).split())


def json_line(encoded: bytes) -> str:
    r"""Return JSON in which whatever could steer a terminal stands as `\uXXXX`."""
    return _UNSEEN.sub(_escaped, encoded.decode())


def _escaped(unseen: re.Match[str]) -> str:
    """Return a character as JSON escapes it: in UTF-16, of which what is rare takes two units."""
    units = unseen[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
