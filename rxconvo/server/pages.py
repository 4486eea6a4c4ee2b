"""Pages of REST lists whose elements are numbered, to be turned both ways.

A token names an element and the size of pages: `7.50` is the page after element 7, `-7.50` the page before it. So a
client that names the size only once gets pages of that size, and what is added or removed meanwhile shifts nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
_TOKEN = re.compile(rf"(-?)([0-9]{{1,{MAX_DIGITS}}})\.([0-9]{{1,4}})", re.ASCII)


class Read(Protocol[T]):
    """Reads consecutive elements, in the order of their numbers."""

    def __call__(self, *, after: int, before: int | None, limit: int) -> list[T]:
        """Return at most *limit* elements: the first after a number, or the last before one, if that is given."""
        ...


@dataclass(frozen=True)
class _Token:
    """Where a page is, and how many elements it has at most."""

    after: int
    before: int | None
    size: int


def answer_page(
    call: Call, name: str, read: Read[T], *, number: Callable[[T], int], resource: Callable[[T], Fields]
) -> Answer:
    """Answer a page, as `PageSize` and `PageToken` of a request ask for it.

    Args:
        call: The request.
        name: What the elements are called.
        read: Reads elements.
        number: Gives an element's number, from 1.
        resource: Gives its resource.

    Raises:
        Refusal: 400: one of them makes no sense.
    """
    token = _token(call)
    size = min(call.whole_number("PageSize", least=1) or token.size, call.service.options.limits.page_items)
    found = read(after=token.after, before=token.before, limit=size + 1)  # one more than shown tells what comes
    more = len(found) > size
    if token.before is None:
        shown = found[:size]
        first, last = (number(shown[0]), number(shown[-1])) if shown else (token.after + 1, token.after)
        has_next, has_previous = more, token.after > 0
    else:
        shown = found[-size:]
        first, last = (number(shown[0]), number(shown[-1])) if shown else (token.before, token.before - 1)
        has_next, has_previous = True, more
    return ok(
        page_resource(
            name,
            [resource(each) for each in shown],
            after=f"{last}.{size}" if has_next else None,
            before=f"-{first}.{size}" if has_previous else None,
        )
    )


def _token(call: Call) -> _Token:
    """Read the token of a page; none, or an empty one, is that of the first."""
    text = call.query.get("PageToken")
    if not text:
        return _Token(0, None, _PAGE_SIZE)
    parts = _TOKEN.fullmatch(text)
    if parts is None or int(parts[3]) == 0:
        raise bad_request("PageToken", "the token of a page")
    number, size = int(parts[2]), int(parts[3])
    return _Token(0, number, size) if parts[1] else _Token(number, None, size)
