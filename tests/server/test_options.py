"""Settings that cannot work are refused when they are made."""

from __future__ import annotations

import pytest

from rxconvo.errors import ArgumentError
from rxconvo.server import ServerOptions


@pytest.mark.parametrize("url", ["https://media.example", "http://127.0.0.1:8080", "https://example.com/chat/media"])
def test_media_are_where_an_address_says(url: str) -> None:
    assert ServerOptions(media_url=url).media_url == url


@pytest.mark.parametrize(
    "url",
    ["", "media.example", "/media", "ftp://media.example", "https://", "https://a/", "https://a?b", "http://[::1"],
)
def test_what_is_no_address_to_put_paths_after_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError, match="media_url"):
        ServerOptions(media_url=url)
