"""Pages of REST lists whose elements are numbered: the token of a page is the number of the last element before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from rxconvo.server.call import MAX_DIGITS, ok
from rxconvo.server.refusals import bad_request
from rxconvo.server.resources import Fields, page_resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from rxconvo.server.call import Answer, Call

__all__ = ["answer_page"]

T = TypeVar("T")
_PAGE_SIZE = 50


class Read(Protocol[T]):
    """Reads a page of elements."""

    def __call__(self, *, after: int, limit: int) -> list[T]:
        """Return at most *limit* elements whose number is above *after*."""
        ...


def answer_page(
    call: Call, name: str, read: Read[T], *, number: Callable[[T], int], resource: Callable[[T], Fields]
) -> Answer:
    """Answer a page, as `PageSize` and `PageToken` of a request ask for it.

    Args:
        call: The request.
        name: What the elements are called.
        read: Reads elements.
        number: Gives an element's number.
        resource: Gives its resource.

    Raises:
        Refusal: 400: one of them makes no sense.
    """
    size = min(call.whole_number("PageSize", least=1) or _PAGE_SIZE, call.service.options.limits.page_items)
    found = read(after=_after(call), limit=size + 1)  # one more than shown tells whether there is a next page
    shown = found[:size]
    following = str(number(shown[-1])) if len(found) > size else None
    return ok(page_resource(name, [resource(each) for each in shown], after=following, before=None))


def _after(call: Call) -> int:
    """Read the token of a page; none, or an empty one, is that of the first."""
    token = call.query.get("PageToken", "") or "0"
    if not token.isascii() or not token.isdigit() or len(token) > MAX_DIGITS:
        raise bad_request("PageToken", "the token of a page")
    return int(token)
