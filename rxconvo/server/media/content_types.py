"""Content types: what is declared, what the bytes say, and what browsers are told.

The policy, in three lines:

- The type that was declared is kept and reported, as it is.
- Browsers are told that type only where it is inert (pictures, sound, film, fonts, plain text and data, PDF) and, for
  the types whose files begin with a known mark, the bytes bear it. All else, above all HTML, SVG, scripts and styles,
  they are told to be `application/octet-stream`.
- Whatever the type, downloads are attachments that are not to be sniffed, and a sandbox without any right.

Source: WHATWG MIME Sniffing, patterns; RFC 9110, section 8.3.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["HEAD", "OCTETS", "essence_of", "parameter_of", "parse_type", "served_type_of"]

HEAD: Final = 512
"""So many bytes of a file tell what it is."""

OCTETS: Final = "application/octet-stream"

_MAX_LENGTH = 255
_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_BLANKS = r"[ \t]*"
# Not with the blanks before it: a search would try them from each blank anew, which takes long where there are many.
_PARAMETER = rf';{_BLANKS}({_WORD})=("(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"|{_WORD})'
_TYPE = re.compile(rf"{_WORD}/{_WORD}(?:{_BLANKS}{_PARAMETER})*{_BLANKS};?", re.ASCII)
_PARAMETERS = re.compile(_PARAMETER, re.ASCII)
_ESCAPE = re.compile(r'\\(["\\])')  # no others, since browsers send the backslashes of a file's name as they are

_FAMILIES = ("image/", "audio/", "video/", "font/")
_INERT = frozenset(
    {
        "text/plain",
        "text/csv",
        "text/calendar",
        "text/vcard",
        "application/gzip",
        "application/json",
        "application/pdf",
        "application/rtf",
        "application/zip",
    }
)
_MARKS: Final = {
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/jpeg": rb"\xff\xd8\xff",
    "image/gif": rb"GIF8[79]a",
    "image/webp": rb"RIFF....WEBP",
    "image/bmp": rb"BM",
    "image/avif": rb"....ftypavi[fs]",
    "image/heic": rb"....ftyp(?:hei[cx]|mif1)",
    "image/tiff": rb"II\*\x00|MM\x00\*",
    "audio/mpeg": rb"ID3|\xff[\xe2-\xff]",
    "audio/ogg": rb"OggS",
    "audio/wav": rb"RIFF....WAVE",
    "audio/amr": rb"#!AMR",
    "video/mp4": rb"....ftyp",
    "video/webm": rb"\x1a\x45\xdf\xa3",
    "video/ogg": rb"OggS",
    "application/gzip": rb"\x1f\x8b",
    "application/pdf": rb"%PDF-",
    "application/rtf": rb"\{\\rtf",
    "application/zip": rb"PK(?:\x03\x04|\x05\x06)",
}
_PATTERNS = {name: re.compile(mark, re.DOTALL) for name, mark in _MARKS.items()}


def parse_type(declared: str) -> str | None:
    """Return a content type without blanks around it, None if it is none."""
    declared = declared.strip()
    good = declared.isascii() and len(declared) <= _MAX_LENGTH and _TYPE.fullmatch(declared) is not None
    return declared if good else None


def essence_of(content_type: str) -> str:
    """Return a content type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def parameter_of(value: str, name: str) -> str | None:
    """Return a parameter of a header's value, such as `boundary`, or None."""
    for found in _PARAMETERS.finditer(value):
        if found[1].lower() == name:
            return _ESCAPE.sub(r"\1", found[2][1:-1]) if found[2].startswith('"') else found[2]
    return None


def served_type_of(declared: str, head: bytes) -> str:
    """Decide as what type a file may be shown to browsers.

    Args:
        declared: Its type, as who uploaded it says.
        head: Its first bytes, `HEAD` of them if there are so many.
    """
    essence = essence_of(declared)
    inert = essence in _INERT or (essence.startswith(_FAMILIES) and not essence.endswith("+xml"))
    pattern = _PATTERNS.get(essence)
    return declared if inert and (pattern is None or pattern.match(head) is not None) else OCTETS
