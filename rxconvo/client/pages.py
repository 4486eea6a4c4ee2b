"""Lists of the service that come in pages.

Source: Conversations, requests in general (lists).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec

from rxconvo.errors import PayloadError

__all__ = ["Meta", "Paged", "all_pages"]


class Meta(msgspec.Struct, frozen=True):
    """Where a page is: how to ask for its neighbours."""

    next_token: str | None = None
    previous_token: str | None = None


class Paged(Protocol):
    """A page of a list."""

    @property
    def meta(self) -> Meta:
        """Where it is."""
        ...


P = TypeVar("P", bound=Paged)


async def all_pages(read: Callable[[str | None], Awaitable[P]]) -> list[P]:
    """Read all pages of a list.

    Args:
        read: Reads the page that a token names; None for the first.

    Raises:
        PayloadError: They go round in a circle.
    """
    pages = [await read(None)]
    asked: set[str] = set()
    while token := pages[-1].meta.next_token:
        if token in asked:
            raise PayloadError(f"the page {token} follows itself")
        asked.add(token)
        pages.append(await read(token))
    return pages
