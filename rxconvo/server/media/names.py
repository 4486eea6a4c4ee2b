"""Names of files: what is kept of them, and how they are told."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

__all__ = ["disposition_of", "tidy_name"]

_SEPARATORS = str.maketrans("\\", "/")
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Unicode's controls, formats (which turn the direction of text), surrogates, private characters, line separators."""


def tidy_name(name: str) -> str | None:
    """Return what is kept of a file's name: its last component, without anything invisible; None if that is nothing."""
    last = name.translate(_SEPARATORS).rpartition("/")[2]
    seen = "".join(each for each in last if unicodedata.category(each) not in _INVISIBLE).strip()
    return None if seen.strip(".") == "" else seen


def disposition_of(name: str | None) -> str:
    """Return the `Content-Disposition` of a download.

    Args:
        name: What to call the file; None leaves that to the other side.

    Source: RFC 6266; RFC 8187.
    """
    if name is None:
        return "attachment"
    plain = "".join(each if each.isascii() and each.isprintable() and each not in '"\\%' else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
