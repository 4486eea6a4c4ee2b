"""The files of the page: a fixed table, made once. What is not in it does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from msgspec import Struct

__all__ = ["Asset", "load_assets"]

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Asset(Struct, frozen=True):
    """A file of the page.

    Attributes:
        content: What is in it.
        content_type: What it is.
    """

    content: bytes
    content_type: str


def load_assets() -> Mapping[str, Asset]:
    """Read the files of the page, by name; those of other kinds are left out."""
    folder = files("rxconvo.integrations.dashboard") / "page"
    return MappingProxyType(
        {
            file.name: Asset(file.read_bytes(), content_type)
            for file in folder.iterdir()
            if (content_type := _TYPES.get(file.name[file.name.rfind(".") :])) is not None
        }
    )
