from __future__ import annotations

import msgspec
import pytest

from rxconvo.client.pages import Meta, all_pages
from rxconvo.errors import PayloadError


class Page(msgspec.Struct, frozen=True):
    number: int
    meta: Meta


async def read(following: dict[str | None, str | None], asked: list[str | None], token: str | None) -> Page:
    asked.append(token)
    return Page(len(asked), Meta(following[token]))


async def test_each_page_is_asked_for_by_the_token_of_the_one_before() -> None:
    asked: list[str | None] = []
    pages = await all_pages(lambda token: read({None: "b", "b": "c", "c": None}, asked, token))
    assert [page.number for page in pages] == [1, 2, 3]
    assert asked == [None, "b", "c"]


async def test_an_empty_token_ends_it() -> None:
    asked: list[str | None] = []
    assert len(await all_pages(lambda token: read({None: ""}, asked, token))) == 1


async def test_a_circle_is_an_error() -> None:
    asked: list[str | None] = []
    with pytest.raises(PayloadError):
        await all_pages(lambda token: read({None: "b", "b": "c", "c": "b"}, asked, token))
    assert asked == [None, "b", "c"]
