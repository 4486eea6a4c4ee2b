from __future__ import annotations

from itertools import count

import pytest

from rxconvo.errors import ObserverError, RequestError
from rxconvo.streams import Cold, Context, Paginator, current_scheduler


@pytest.fixture
async def first(faults: list[ObserverError]) -> Paginator[int]:
    """The first of three pages of two numbers each."""
    context = Context(current_scheduler(), faults.append)
    ids = count()

    def page(number: int) -> Paginator[int]:
        def query(of: int) -> Cold[Paginator[int]]:
            async def perform(_: str) -> Paginator[int]:
                return page(of)

            return Cold(perform, ids=lambda: str(next(ids)), context=context, name="get_numbers")

        return Paginator(
            [2 * number, 2 * number + 1],
            next_page=(lambda: query(number + 1)) if number < 2 else None,
            prev_page=(lambda: query(number - 1)) if number > 0 else None,
        )

    return page(0)


async def test_pages_lead_to_their_neighbours(first: Paginator[int]) -> None:
    assert first.items == (0, 1)
    assert first.has_next_page
    assert not first.has_prev_page
    second = await first.next_page()
    third = await second.next_page()
    assert second.items + third.items == (2, 3, 4, 5)
    assert not third.has_next_page
    assert (await (await third.prev_page()).prev_page()).items == (0, 1)
    assert first.items == (0, 1)


async def test_beyond_the_ends_there_is_nothing(first: Paginator[int]) -> None:
    with pytest.raises(RequestError, match="previous"):
        first.prev_page()
    last = await (await first.next_page()).next_page()
    with pytest.raises(RequestError, match="next"):
        last.next_page()


async def test_a_page_does_not_change() -> None:
    numbers = [1, 2]
    page = Paginator(numbers)
    numbers.append(3)
    assert page.items == (1, 2)
    assert repr(page) == "<Paginator 2 items, next: False, previous: False>"
