"""Long lists, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from rxconvo.display import Card, Displayed, listed
from rxconvo.errors import RequestError
from rxconvo.streams.cold import Cold

__all__ = ["Paginator"]

T = TypeVar("T")


class Paginator(Displayed, Generic[T]):
    """One page of a list, and the way to its neighbours. It never changes.

    Args:
        items: What is on the page, in order.
        next_page: Makes the query for the next page; None on the last.
        prev_page: Makes the query for the previous page; None on the first.

    Attributes:
        items: What is on the page, in order.
    """

    __slots__ = ("_next_page", "_prev_page", "items")

    def __init__(
        self,
        items: Iterable[T],
        *,
        next_page: Callable[[], Cold[Paginator[T]]] | None = None,
        prev_page: Callable[[], Cold[Paginator[T]]] | None = None,
    ) -> None:
        self.items: tuple[T, ...] = tuple(items)
        self._next_page = next_page
        self._prev_page = prev_page

    def __repr__(self) -> str:
        return f"<Paginator {len(self.items)} items, next: {self.has_next_page}, previous: {self.has_prev_page}>"

    def __card__(self) -> Card:
        neighbours = ("one before" if self.has_prev_page else None, "one after" if self.has_next_page else None)
        return Card("Page", note=(f"items: {len(self.items)}", *neighbours), lines=listed(self.items))

    @property
    def has_next_page(self) -> bool:
        """Whether there is a page after this one."""
        return self._next_page is not None

    @property
    def has_prev_page(self) -> bool:
        """Whether there is a page before this one."""
        return self._prev_page is not None

    def next_page(self) -> Cold[Paginator[T]]:
        """Return the query for the next page.

        Raises:
            RequestError: This is the last one.
        """
        if self._next_page is None:
            raise RequestError("there is no next page")
        return self._next_page()

    def prev_page(self) -> Cold[Paginator[T]]:
        """Return the query for the previous page.

        Raises:
            RequestError: This is the first one.
        """
        if self._prev_page is None:
            raise RequestError("there is no previous page")
        return self._prev_page()
